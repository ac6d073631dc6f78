import math
from functools import partial

import torch
from torch import nn

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import embedding_training
from lib.batch_all import batch_all_loss


def _network(g, inputs, dimensions, norm=True):
    """Layers whose weights come from the generator; batch norm tells training from use."""
    layers = [nn.Flatten(), nn.Linear(inputs, 12), nn.BatchNorm1d(12), nn.Softplus(), nn.Linear(12, dimensions)]
    network = nn.Sequential(*(layers if norm else [layers[0], layers[1], layers[3], layers[4]])).double()
    for parameter in network.parameters():
        if parameter.dim() > 1:
            parameter.data = normal(g, *parameter.shape).double() / parameter.shape[1] ** 0.5
    for layer in network:
        if isinstance(layer, nn.Linear):
            layer.bias.data.zero_()
    return network.train()


def _characters(g, classes, samples, side):
    """Rows (classes · samples, 1, side, side): what tells classes apart is weak, and covered by strong common noise."""
    means = normal(g, classes, side * side // 2).double().repeat_interleave(samples, dim=0)
    signal = means + 0.4 * normal(g, *means.shape).double()
    noise = 3 * normal(g, classes * samples, side * side - side * side // 2).double()
    return torch.cat([signal, noise], dim=1).view(-1, 1, side, side)


def _training(steps, rate, classes=6, samples=4, side=4, unseen=5, norm=True, mode="train"):
    """Classes to train on, batches, and characters of other classes in an order that only the judge can know."""

    def inputs(g):
        network = getattr(_network(g, side * side, 6, norm), mode)()
        images = _characters(g, classes, samples, side)
        labels = torch.arange(classes).repeat_interleave(samples)
        batches = [_batch(g, classes, samples) for _ in range(steps)]
        new = _characters(g, unseen, 6, side)[_order(images, unseen * 6)]
        return network, images, labels, batches, partial(batch_all_loss, margin=0.5), rate, new

    return inputs


def _batch(g, classes, samples):
    chosen = torch.randperm(classes, generator=g)[: max(2, classes // 2)]
    rows = (chosen[:, None] * samples + torch.arange(samples)).flatten()
    return rows[torch.randperm(len(rows), generator=g)]


def _order(images, count):
    seed = int(images.abs().sum().item() * 1e6) % 2**31
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))


def _recall(found, labels):
    distances = torch.cdist(found, found).fill_diagonal_(torch.inf)
    return (labels[distances.argmin(dim=1)] == labels).double().mean().item()


def _finds(share):
    """What the embeddings of new classes must achieve: a Recall@1 above a share."""
    return partial(_measure, share)


def _measure(share, inputs, answer):
    found = torch.as_tensor(answer).detach().double()
    count = len(inputs[-1])
    if found.dim() != 2 or len(found) != count or not found.isfinite().all():
        return {"shape": list(found.shape)}
    labels = torch.arange(count // 6).repeat_interleave(6)[_order(inputs[1], count)]
    return {"shape": list(found.shape), f"Recall@1 of new classes above {share}": _recall(found, labels) > share}


def _loop(zero=True, decay=True, sign=1, fresh=False, first=False, mode="eval", kind=torch.optim.Adam, start="train",
          whole=False, shifted=False, early=0, within=None, late=False, steps=None, scale=None):  # fmt: skip
    """The loop with one thing wrong."""

    def wrong(network, images, labels, batches, loss, rate, unseen):
        rate = scale or rate
        optimizer = kind(network.parameters(), lr=rate)
        if start:
            getattr(network, start)()
        for step, batch in enumerate(batches[:steps]):
            batch = batches[0] if first else batch
            now = rate * (1 + math.cos(math.pi * (step + early) / len(batches))) / 2 if decay else rate
            if fresh:
                optimizer = kind(network.parameters(), lr=now)
            optimizer.param_groups[0]["lr"] = now
            if zero:
                optimizer.zero_grad()
            rows = torch.arange(len(labels)) if whole else batch
            names = labels[: len(rows)] if shifted else labels[rows]
            (sign * loss(network(images[rows]), names)).backward()
            if late:
                optimizer.zero_grad()
            optimizer.step()
            if within:
                getattr(network, within)()
        getattr(network, mode)()
        with torch.no_grad():
            return network(unseen)

    return wrong


def _untrained(network, images, labels, batches, loss, rate, unseen):
    with torch.no_grad():
        return network.eval()(unseen)


def _embeddings_of_training(network, images, labels, batches, loss, rate, unseen):
    embedding_training.train_embedding(network, images, labels, batches, loss, rate, unseen)
    with torch.no_grad():
        return network.eval()(images)


def _attached(network, images, labels, batches, loss, rate, unseen):
    embedding_training.train_embedding(network, images, labels, batches, loss, rate, unseen)
    return network(unseen)


EXERCISE = Exercise(
    embedding_training.train_embedding,
    cases=(
        Case("one step", _training(1, 0.05, 4, 2, 2, 2), observe=observe_results.of_tensors),
        Case("four steps, number by number", _training(4, 0.03), observe=observe_results.of_tensors),
        Case("a network without batch norm", _training(3, 0.03, norm=False)),
        Case("a network that comes in eval mode", _training(3, 0.03, mode="eval")),
        Case("100 steps, measured on new classes", _training(100, 0.03, 40, 4, 6, 12), measure=_finds(0.4)),
    ),
    mistakes=(
        Mistake("left in train mode", _loop(mode="train"),
                "the network is still in training mode when it embeds the unseen images. Batch norm then uses the "
                "statistics of that very batch, so an image's embedding depends on its company."),
        Mistake("in eval mode from the start", _loop(start="eval"),
                "the network is in eval mode while it trains. Batch norm then never sees the statistics of your data; "
                "change the mode before the loop and after it."),
        Mistake("in the mode that it came in", _loop(start=None),
                "you train the network in the mode in which it comes, and once it comes in eval mode. Whoever had it "
                "before may have left it so: set the mode yourself before the loop."),
        Mistake("in eval mode from the second batch", _loop(within="eval"),
                "the first step is right, and from then on the network is in eval mode: in effect the mode is changed "
                "inside the loop. That belongs after it."),
        Mistake("one step only", _loop(steps=1),
                "in effect only the first batch is used: the function ends inside its loop. Embed the unseen images "
                "when all steps are done."),
        Mistake("cleared before the step", _loop(late=True),
                "the gradients are cleared after they were computed and before they were used, so no step changes a "
                "weight. Clear before backward, or after the step."),
        Mistake("Adam's own rate", _loop(scale=1e-3),
                "your first step has a rate of 0.001, as Adam has it if nobody says otherwise. `rate` says otherwise."),
        Mistake("AdamW", _loop(kind=torch.optim.AdamW),
                "your optimizer also shrinks the weights a little in each step: that is AdamW. Plain Adam is asked."),
        Mistake("gradients pile up", _loop(zero=False),
                "nobody clears the gradients, so every step goes along the sum of all that came before."),
        Mistake("an optimizer for each batch", _loop(fresh=True),
                "a new optimizer for each batch has no memory of the earlier gradients. Make one, before the loop."),
        Mistake("the rate is constant", _loop(decay=False),
                "the learning rate does not fall. It follows half a cosine from `rate` down to zero."),
        Mistake("the rate falls too early", _loop(early=1),
                "the rate falls before the first step, so your first step has the rate of the second, and the last one "
                "has none. The first has the full rate."),
        Mistake("away from the minimum", _loop(sign=-1),
                "your loss grows: equals are pushed apart. The optimizer goes downhill by itself; leave the sign."),
        Mistake("always the first batch", _loop(first=True),
                "all steps use the first batch. What tells those few classes apart will not tell others apart."),
        Mistake("all data in each step", _loop(whole=True),
                "each step takes all the training data. The batches say which rows belong to a step."),
        Mistake("labels of other rows", _loop(shifted=True),
                "images and labels are not of the same rows: you take the images of the batch and the first labels of "
                "the data."),
        Mistake("gradient descent without Adam", _loop(kind=torch.optim.SGD),
                "these are plain gradient steps. Asked is Adam, which scales the step of each weight."),
        Mistake("embeddings on a graph", _attached,
                "the embeddings are right, but they still hang on a graph: every layer's results stay in memory with "
                "them, and `numpy()` refuses them."),
        Mistake("training images embedded", _embeddings_of_training,
                "you return embeddings of the training images. They say nothing of what was learned: embed the unseen "
                "ones."),
        Mistake("nothing learned", _untrained,
                "your embeddings are those of the untrained network. Were its own parameters given to the optimizer, "
                "and does the loop step?"),
    ),
    points=3,
    success="No class that it will be asked about took part in this.",
    tolerance=1e-3,
)  # fmt: skip
