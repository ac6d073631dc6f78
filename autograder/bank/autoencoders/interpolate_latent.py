import torch
from torch import nn

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import interpolation


def _dense(g, inputs, outputs, dtype, *more):
    linear = nn.Linear(inputs, outputs, dtype=dtype)
    linear.weight.data, linear.bias.data = (
        normal(g, *part.shape, dtype=dtype) for part in (linear.weight, linear.bias)
    )
    return [linear, *more]


def _flat(shape, codes, count, dtype=torch.float32):
    """Codes with one axis; neither way is linear."""

    def inputs(g):
        pixels = torch.Size(shape).numel()
        encode = nn.Sequential(nn.Flatten(), *_dense(g, pixels, codes, dtype, nn.Tanh()))
        decode = nn.Sequential(*_dense(g, codes, pixels, dtype, nn.Sigmoid()), nn.Unflatten(1, shape))
        first, second = (uniform(g, 1, *shape, dtype=dtype) for _ in range(2))
        return encode.requires_grad_(False), decode.requires_grad_(False), first, second, count

    return inputs


def _maps(channels, side, count):
    """Codes that are maps."""

    def inputs(g):
        down, up = nn.Conv2d(1, channels, 2, stride=2), nn.ConvTranspose2d(channels, 1, 2, stride=2)
        for layer in (down, up):
            layer.weight.data, layer.bias.data = normal(g, *layer.weight.shape), normal(g, *layer.bias.shape)
        encode, decode = nn.Sequential(down, nn.Softplus()), nn.Sequential(up, nn.Sigmoid())
        first, second = (uniform(g, 1, 1, *side) for _ in range(2))
        return encode.requires_grad_(False), decode.requires_grad_(False), first, second, count

    return inputs


def _by_hand(g):
    doubled = nn.Conv2d(1, 1, 1, bias=False)
    doubled.weight.data.fill_(2.0)
    first, second = torch.tensor([[[[0.0, 1]]]]), torch.tensor([[[[1.0, 1]]]])
    return doubled.requires_grad_(False), nn.Sigmoid(), first, second, 3


def _with(shares=lambda count: torch.linspace(0, 1, count), ends=lambda f, a, b: (f(a), f(b)),
          decoded=lambda decode, h: decode(h)):  # fmt: skip
    def wrong(encode, decode, first, second, count):
        start, end = ends(encode, first, second)
        share = shares(count).to(start).view(-1, *[1] * (start.dim() - 1))
        return decoded(decode, (1 - share) * start + share * end)

    return wrong


def _blended_after(encode, decode, first, second, count):
    return _with(ends=lambda f, a, b: (decode(f(a)), decode(f(b))), decoded=lambda d, h: h)(
        encode, decode, first, second, count
    )


def _true_ends(encode, decode, first, second, count):
    made = interpolation.interpolate_latent(encode, decode, first, second, count)
    return torch.cat([first, made[1:-1], second])


EXERCISE = Exercise(
    interpolation.interpolate_latent,
    cases=(
        Case("two pixels, three images, by hand (encode doubles, decode is a sigmoid)", _by_hand, random=False),
        Case("codes of two numbers, five images", _flat((1, 3, 4), 2, 5)),
        Case("both ends only", _flat((1, 2, 2), 3, 2)),
        Case("colors, eight images", _flat((3, 3, 2), 4, 8)),
        Case("codes that are maps", _maps(3, (4, 6), 4)),
        Case("double precision", _flat((1, 3, 3), 2, 6, torch.float64)),
    ),
    mistakes=(
        Mistake("pixels blended", _with(ends=lambda f, a, b: (a, b), decoded=lambda d, h: h),
                "you blended the images themselves. The line runs through the codes; between two codes may lie "
                "something that is neither image."),
        Mistake("pixels blended, then through the network",
                lambda encode, decode, *more: _with(ends=lambda f, a, b: (a, b), decoded=lambda d, h: d(encode(h)))(
                    encode, decode, *more),
                "you blended the images and sent the blends through the network. Encode first: the mixing happens "
                "between encoder and decoder."),
        Mistake("pixels blended, then decoded",
                lambda encode, decode, *more: _with(ends=lambda f, a, b: (a, b))(encode, decode, *more),
                "the decoder got a blend of images. It reads codes: both ends have to be encoded before they are "
                "mixed."),
        Mistake("reconstructions blended", _blended_after,
                "you decoded both ends and blended the pictures. Mix before you decode."),
        Mistake("not decoded", _with(decoded=lambda d, h: h),
                "what comes back are codes. Decode them: asked are images."),
        Mistake("from the second to the first", _with(shares=lambda count: torch.linspace(1, 0, count)),
                "your line runs from the second image to the first."),
        Mistake("last end missing", _with(shares=lambda count: torch.arange(count) / count),
                "the second image is never reached. Both ends belong to the line; between `count` images there are "
                "`count` − 1 steps."),
        Mistake("both ends missing", _with(shares=lambda count: torch.arange(1, count + 1) / (count + 1)),
                "your images all lie strictly between the two. The first and the last should be the ends themselves."),
        Mistake("the images themselves at the ends", _true_ends,
                "at the ends you put the images themselves. Put their reconstructions there: then every picture has "
                "gone through the same door, and the step to the neighbor tells something."),
    ),
    points=1,
    success="A walk between two images. Look whether it leads through other ones.",
)  # fmt: skip
