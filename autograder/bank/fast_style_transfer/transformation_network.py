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


def _built(relu=torch.relu, down=(2, 2), last=torch.sigmoid, bias=True, norm_first=True, norms=True, blocks=None,
           after_block=None, up=2, up_relu=torch.relu, residual=True, same=False):
    """The network with one thing wrong."""

    def wrong(images, weights, norm):
        def normalized(x, name):
            return norm(x, name) if norms else x

        def step(name, x, stride=1, then=relu):
            x = convolve(x, weights[f"{name}.weight"], stride)
            return then(normalized(x, name)) if norm_first else normalized(then(x), name)

        x = step("enter", images)
        for name, stride in zip(("down1", "down2"), down):
            x = step(name, x, stride)
        found = sorted({name.split(".")[0] for name in weights if name.startswith("residual")})
        for block in found[:blocks]:
            block = found[0] if same else block
            y = step(f"{block}.second", step(f"{block}.first", x), then=lambda y: y)
            x = x + y if residual else y
            x = after_block(x) if after_block else x
        for name in ("up1", "up2"):
            enlarged = F.interpolate(x, scale_factor=up, mode="nearest")
            x = step(name, enlarged, then=up_relu)
        x = convolve(x, weights["leave.weight"], 1)
        return last(x + weights["leave.bias"][:, None, None] if bias else x)

    return wrong


def _same(x):
    return x


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
        Mistake("no ReLU on the way down and up", _built(relu=_same, up_relu=_same),
                "a ReLU is missing after the convolutions. Without it all of them together can do little more than "
                "one."),
        Mistake("no ReLU on the way up", _built(up_relu=_same),
                "up1 and up2 need a ReLU too, after their normalization."),
        Mistake("ReLU before the normalization", _built(norm_first=False),
                "the ReLU comes before the normalization. It is convolution, normalization, ReLU: so the shift decides "
                "how much of a channel gets through."),
        Mistake("never normalized", _built(norms=False),
                "the normalization is never called. It follows every convolution but the last."),
        Mistake("one residual block", _built(blocks=1),
                "only one residual block is used, however many there are. The names in the weights say how many."),
        Mistake("the first block again and again", _built(same=True),
                "every residual block uses the weights of the first one. Each has its own."),
        Mistake("no residual blocks", _built(blocks=0),
                "the residual blocks are missing. They come between the way down and the way up."),
        Mistake("blocks that replace", _built(residual=False),
                "the blocks' input is not added to what they make. Call your `residual_block`."),
        Mistake("a ReLU after each block", _built(after_block=torch.relu),
                "a ReLU follows each residual block. There is none after the sum."),
        Mistake("not enlarged", _built(up=1),
                "the picture comes out at a quarter of its size. On the way up the features are enlarged by 2, twice."),
    ),
    points=3,
    builds_on=("residual_block", "resize_convolve"),
    success="That is the whole painter. It has only not seen a painting yet.",
)  # fmt: skip
