import torch
from torch import nn

from lib.batch_all import batch_all_loss
from lib.embedding_training import train_embedding


def setting(device="cpu"):
    """Classes are told by two coordinates; six others are loud noise."""
    labels = torch.arange(40).repeat_interleave(6)
    images = torch.cat([torch.randn(40, 2)[labels] + 0.1 * torch.randn(240, 2), 3 * torch.randn(240, 6)], dim=1)
    batches = [torch.randperm(120)[:48] for _ in range(60)]
    network = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4)).to(device)
    return network, images.to(device), labels.to(device), batches


def recall(found, labels):
    far = torch.cdist(found, found).fill_diagonal_(torch.inf)
    return (labels[far.argmin(dim=1)] == labels).float().mean().item()


def test_classes_that_were_not_trained_on_come_together(device):
    network, images, labels, batches = setting(device)
    before = recall(images[120:], labels[120:])
    found = train_embedding(network, images[:120], labels[:120], batches, batch_all_loss, 0.05, images[120:])
    assert recall(found, labels[120:]) > before + 0.3
    assert not found.requires_grad and not network.training


def test_the_rate_falls_along_half_a_cosine():
    network, images, labels, batches = setting()
    rates = []
    weight = network[0].weight

    def loss(embeddings, names):
        rates.append(weight.detach().clone())
        return embeddings.sum() * 0 + weight.sum()  # a constant gradient: each step has the length of its rate

    train_embedding(network, images, labels, batches[:11], loss, 0.1, images[:2])
    steps = [(a - b).mean().item() for a, b in zip(rates, [*rates[1:], weight.detach()])]
    expected = 0.05 * (1 + torch.cos(torch.pi * torch.arange(11) / 11))
    torch.testing.assert_close(torch.tensor(steps), expected, atol=1e-4, rtol=1e-3)


def test_a_batch_gives_its_own_rows_and_labels():
    network, images, labels, batches = setting()
    seen = []
    train_embedding(
        network, images, labels, batches[:3], lambda e, names: seen.append(names) or e.square().mean(), 0.1, images[:4]
    )
    assert all(torch.equal(names, labels[batch]) for names, batch in zip(seen, batches, strict=False))
