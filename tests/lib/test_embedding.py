import torch

from lib.embedding import backbone, balanced_batches, embedded


def test_embeddings_have_length_one(device):
    network = backbone(16, channels=(4, 6, 8)).to(device)
    found = embedded(network, torch.rand(7, 1, 28, 28, device=device), size=3)
    assert found.shape == (7, 16) and not found.requires_grad
    torch.testing.assert_close(found.norm(dim=1), torch.ones(7, device=device))


def test_a_seed_gives_weights_and_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    one, other, different = (backbone(8, seed, (2, 3, 4)).state_dict() for seed in (0, 0, 1))
    drawn = torch.rand(3)
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(3))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not torch.equal(one["0.weight"], different["0.weight"])


def test_parts_do_not_matter_and_the_mode_stays():
    network, images = backbone(8, channels=(2, 3, 4)), torch.rand(10, 1, 28, 28)
    torch.testing.assert_close(embedded(network, images, 3), embedded(network, images, 10))
    assert network.training
    assert not embedded(network.eval(), images).requires_grad and not network.training


def test_batches_hold_some_classes_with_as_many_samples_of_each():
    labels = torch.arange(60) % 10
    batches = balanced_batches(labels, 4, 3, 20, torch.Generator().manual_seed(0))
    for batch in batches:
        assert labels[batch].unique(return_counts=True)[1].tolist() == [3, 3, 3, 3]
        assert len(batch.unique()) == 12
    assert len(torch.cat(batches).unique()) > 50


def test_few_classes_and_few_samples_are_enough():
    labels = torch.tensor([3, 3, 8])
    (batch,) = balanced_batches(labels, 5, 4, 1)
    assert labels[batch].bincount()[[3, 8]].tolist() == [4, 4]
