import torch
from torch import nn

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal
from lib import fast_style_transfer


def _layer(g, channels, dtype=torch.float32):
    """A 3 × 3 convolution and an instance normalization, as in the network."""
    convolution = nn.Conv2d(channels, channels, 3, padding=1, dtype=dtype)
    convolution.weight.data = normal(g, channels, channels, 3, 3, dtype=dtype) / channels**0.5
    convolution.bias.data = normal(g, channels, dtype=dtype)
    return nn.Sequential(convolution, nn.GroupNorm(channels, channels, dtype=dtype)).eval().requires_grad_(False)


def _affine(weight, bias):
    convolution = nn.Conv2d(1, 1, 1)
    convolution.weight.data.fill_(weight)
    convolution.bias.data.fill_(bias)
    return convolution.requires_grad_(False)


def _by_hand(g):
    return torch.tensor([[[[1.0, -2.0]]]]), _affine(3, 1), _affine(-2, 1)


def _block(images, channels, height, width, dtype=torch.float32):
    def inputs(g):
        features = normal(g, images, channels, height, width, dtype=dtype)
        return features, _layer(g, channels, dtype), _layer(g, channels, dtype)

    return inputs


def _name_reused(x, first, second):
    x = first(x).relu()
    return x + second(x)


EXERCISE = Exercise(
    fast_style_transfer.residual_block,
    cases=(
        Case("two positions by hand", _by_hand, random=False),
        Case("one image", _block(1, 4, 4, 5)),
        Case("a batch of 3", _block(3, 2, 5, 3)),
        Case("its gradient", _block(2, 3, 4, 4, torch.float64), observe=with_gradient),
    ),
    mistakes=(
        Mistake("a ReLU after the sum", lambda x, first, second: (x + second(first(x).relu())).relu(),
                "a ReLU follows your sum. Older residual blocks have one there; here it would cut off whatever is "
                "negative on the way through, block after block."),
        Mistake("a ReLU before the sum", lambda x, first, second: x + second(first(x).relu()).relu(),
                "a ReLU follows the second function. Then a block could only ever add, and never take anything away."),
        Mistake("nothing added", lambda x, first, second: second(first(x).relu()),
                "what went in is not in what comes out. A residual block changes its input; it does not replace it."),
        Mistake("no ReLU at all", lambda x, first, second: x + second(first(x)),
                "nothing happens between the two functions. Two convolutions with no ReLU between them are hardly more "
                "than one."),
        Mistake("a ReLU first of all", lambda x, first, second: x + second(first(x.relu()).relu()),
                "the first function gets the features without their negative values. It should see all of them."),
        Mistake("the first function twice", lambda x, first, second: x + first(first(x).relu()),
                "the second function is never called: the first one is, twice."),
        Mistake("the wrong one first", lambda x, first, second: x + first(second(x).relu()),
                "the two functions are called in the wrong order."),
        Mistake("added after the first", lambda x, first, second: second((x + first(x)).relu()),
                "the sum comes in the middle. What goes in is added at the very end, to what both functions made."),
        Mistake("the middle added in place of the input", _name_reused,
                "what you add at the end is what came out of the ReLU, no longer the features that went in. Did a name "
                "get a new value on the way?"),
    ),
    points=1,
    success="With functions that give nothing, the block does nothing. That is why many of them can be stacked.",
)  # fmt: skip
