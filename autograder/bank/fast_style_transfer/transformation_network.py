from functools import partial

import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal, uniform
from lib import fast_style_transfer
from lib.transformation_layers import batch_norm, convolve, initial_weights, normalized_by


def _network(images, height, width, blocks=2, channels=(2, 3, 4), dtype=torch.float32):
    """Photographs, and a small network all of whose numbers matter."""

    def inputs(g):
        weights = initial_weights(g, channels, blocks)
        for name, value in weights.items():
            if not name.endswith("weight"):
                value += 0.5 * normal(g, *value.shape)
        weights["leave.weight"] *= 10
        weights = {name: value.to(dtype) for name, value in weights.items()}
        return uniform(g, images, 3, height, width, dtype=dtype), weights, normalized_by(batch_norm, weights)

    return inputs


def _smallest(g):
    return _network(1, 20, 20, channels=(1, 1, 1), blocks=1)(torch.Generator().manual_seed(0))


def _same(x):
    return x


def _built(then=torch.relu, up_then=torch.relu, first=_same, in_blocks=(_same, _same), last=torch.sigmoid, bias=True,
           norms=True, chosen=lambda blocks: blocks, block=fast_style_transfer.residual_block, up=2):
    """The network with one thing wrong. `in_blocks` is what comes before and after the norm in the halves of a block;
    outside of them that is `first` and `then`, on the way up `first` and `up_then`."""

    def wrong(images, weights, norm):
        def step(name, x, stride=1, first=first, then=then):
            x = first(convolve(x, weights[f"{name}.weight"], stride))
            return then(norm(x, name) if norms else x)

        x = step("enter", images)
        for name in ("down1", "down2"):
            x = step(name, x, 2)
        for number in chosen([*range(sum(name.endswith("first.weight") for name in weights))]):
            names = [f"residual{number}.{half}" for half in ("first", "second")]
            x = block(x, *(partial(step, name, first=in_blocks[0], then=in_blocks[1]) for name in names))
        for name in ("up1", "up2"):
            x = step(name, F.interpolate(x, scale_factor=up, mode="nearest"), then=up_then)
        x = convolve(x, weights["leave.weight"], 1)
        return last(x + weights["leave.bias"][:, None, None] if bias else x)

    return wrong


def _replacing(x, first, second):
    return second(first(x).relu())


def _relu_behind(x, first, second):
    return fast_style_transfer.residual_block(x, first, second).relu()


EXERCISE = Exercise(
    fast_style_transfer.transformation_network,
    cases=(
        Case("the smallest network", _smallest, random=False),
        Case("wider than tall", _network(1, 20, 24)),
        Case("a batch of 2, three residual blocks", _network(2, 24, 20, blocks=3)),
        Case("no residual block", _network(1, 20, 20, blocks=0)),
        Case("double precision, and its gradient", _network(1, 20, 20, dtype=torch.float64), observe=with_gradient),
    ),
    mistakes=(
        Mistake("no sigmoid", _built(last=_same),
                "what comes out is not between 0 and 1. After the last convolution a sigmoid makes it a picture."),
        Mistake("tanh", _built(last=lambda x: 0.5 + 0.5 * x.tanh()),
                "you end with a tanh that is moved into the range. It is twice as steep as the sigmoid asked for, so "
                "shipped weights would give other colors."),
        Mistake("cut off at 0 and 1", _built(last=lambda x: x.clamp(0, 1)),
                "you cut off at 0 and 1. Beyond the range the gradient is then zero, and the network stops learning "
                "there."),
        Mistake("bias left out", _built(bias=False),
                "the last convolution's bias is missing. No normalization follows that would make it useless."),
        Mistake("a ReLU after the last convolution", _built(last=lambda x: x.relu().sigmoid()),
                "a ReLU comes before the sigmoid. Then no color can ever be darker than middle gray."),
        Mistake("no ReLU on the way down and up", _built(then=_same, up_then=_same),
                "outside of the residual blocks there is no ReLU. Without one, convolutions in a row can do little "
                "more than a single one."),
        Mistake("no ReLU on the way down", _built(then=_same),
                "a ReLU is missing on the way down: enter, down1 and down2 need one, behind their normalization."),
        Mistake("no ReLU on the way up", _built(up_then=_same),
                "up1 and up2 need a ReLU too, after their normalization."),
        Mistake("a second ReLU in each block", _built(in_blocks=(_same, torch.relu)),
                "the second half of each residual block ends in a ReLU, in effect, so a block can only ever add. What "
                "you hand to `residual_block` is a convolution with its normalization, and no more."),
        Mistake("ReLU before the normalization", _built(first=torch.relu, then=_same, up_then=_same),
                "the ReLU comes before the normalization. It is convolution, normalization, ReLU: so the shift decides "
                "how much of a channel gets through."),
        Mistake("ReLU before the normalization, in the blocks too",
                _built(first=torch.relu, then=_same, up_then=_same, in_blocks=(torch.relu, _same)),
                "every normalization has a ReLU before it, in the halves of the residual blocks too. Outside the ReLU "
                "comes behind the normalization, and in the blocks `residual_block` sees to it."),
        Mistake("never normalized", _built(norms=False),
                "the normalization is never called. It follows every convolution but the last."),
        Mistake("one residual block", _built(chosen=lambda blocks: blocks[:1]),
                "only one residual block is used, however many there are. The names in the weights say how many."),
        Mistake("the first block again and again", _built(chosen=lambda blocks: blocks[:1] * len(blocks)),
                "every residual block uses the weights of the first one. Each has its own."),
        Mistake("blocks in another order", _built(chosen=lambda blocks: blocks[::-1]),
                "the residual blocks do not come in the order of their numbers. A set, by the way, has no order."),
        Mistake("no residual blocks", _built(chosen=lambda blocks: []),
                "the residual blocks are missing. They come between the way down and the way up."),
        Mistake("blocks that replace", _built(block=_replacing),
                "the blocks' input is not added to what they make. Call your `residual_block`."),
        Mistake("a ReLU after each block", _built(block=_relu_behind),
                "a ReLU follows each residual block. There is none after the sum."),
        Mistake("not enlarged", _built(up=1),
                "the picture comes out at a quarter of its size. On the way up the features are enlarged by 2, twice."),
    ),
    points=3,
    builds_on=("residual_block", "resize_convolve"),
    success="That is the whole painter. It has only not seen a painting yet.",
)  # fmt: skip
