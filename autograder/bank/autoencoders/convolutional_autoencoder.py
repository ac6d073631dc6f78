import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradients
from autograder.toys import normal, uniform
from lib import autoencoder


def _kernels(g, channels, size, dtype):
    return [
        (normal(g, outputs, inputs, size, size, dtype=dtype) / inputs**0.5 / size * 2, normal(g, outputs, dtype=dtype))
        for inputs, outputs in zip(channels, channels[1:])
    ]


def _images(n, down, up, side, size=3, dtype=torch.float32):
    """Images, and layers through these numbers of channels down to the code and up again."""

    def inputs(g):
        images = uniform(g, n, down[0], *side, dtype=dtype)
        return images, _kernels(g, down, size, dtype), _kernels(g, up, size, dtype)

    return inputs


def _by_hand(g):
    images = torch.arange(1.0, 17).view(1, 1, 4, 4) / 16
    down, up = torch.tensor([[[[1.0]]]]), torch.tensor([[[[4.0]]]])
    return images, [(down, torch.tensor([-0.5]))], [(up, torch.tensor([-1.0]))]


def _repeated(x):
    return F.interpolate(x, scale_factor=2, mode="nearest")


def _corners(x):
    return autoencoder.unpool_to_corners(x, 2)


def _network(code=lambda x: x, last=lambda x: x.sigmoid(), larger=_corners, bias=True, ends=True,
             between=lambda x: x.relu(), pool=False):  # fmt: skip
    def wrong(images, encoder, decoder):
        x = images
        for number, (kernel, shift) in enumerate(encoder):
            x, border = x if number == 0 else between(x), kernel.shape[-1] // 2
            if pool:
                x = F.max_pool2d(F.conv2d(x, kernel, shift, padding=border), 2)
            else:
                x = F.conv2d(x, kernel, shift if bias else None, stride=2, padding=border)
        codes = code(x)
        x = codes
        for number, (kernel, shift) in enumerate(decoder):
            x = larger(x if number == 0 else between(x))
            x = F.conv2d(x, kernel, shift if bias else None, padding=kernel.shape[-1] // 2)
        return (codes, last(x)) if ends else last(x)

    return wrong


def _through_a_relu(images, encoder, decoder):
    """The codes are right; on their way to the decoder they lose what is negative."""
    codes, _ = autoencoder.convolutional_autoencoder(images, encoder, decoder)
    return codes, autoencoder.convolutional_autoencoder(codes.relu(), [], decoder)[1]


def _copied(images, *layers):
    copies = [[(kernel.detach(), bias.detach()) for kernel, bias in part] for part in layers]
    return autoencoder.convolutional_autoencoder(images, *copies)


def _codes_held_fast(images, encoder, decoder):
    """The codes as they are, and a decoder that gets them without their graph."""
    codes, _ = autoencoder.convolutional_autoencoder(images, encoder, [])
    return codes, autoencoder.convolutional_autoencoder(codes.detach(), [], decoder)[1]


EXERCISE = Exercise(
    autoencoder.convolutional_autoencoder,
    cases=(
        Case("4 × 4 pixels and kernels of one weight by hand", _by_hand, random=False),
        Case("one layer each way, and all gradients", _images(2, (1, 3), (3, 1), (4, 6)), observe=with_gradients),
        Case("three layers each way", _images(2, (1, 3, 4, 2), (2, 5, 3, 1), (8, 16))),
        Case("colors, kernels of 5 × 5", _images(3, (3, 4, 2), (2, 4, 3), (8, 4), size=5)),
        Case("double precision", _images(1, (1, 2, 2), (2, 2, 1), (8, 8), dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("a ReLU on the code", _network(code=lambda x: x.relu()),
                "your code maps are never negative. The encoder's last layer has no ReLU behind it, for the same "
                "reason as in exercise 3."),
        Mistake("a ReLU before the decoder", _through_a_relu,
                "the codes that you return are right, but the decoder gets them without their negative values. What "
                "comes out of the encoder goes into the decoder as it is."),
        Mistake("no ReLU at all", _network(between=lambda x: x),
                "nothing nonlinear happens between your convolutions, so they could as well be one."),
        Mistake("no sigmoid", _network(last=lambda x: x),
                "your reconstructions leave the range from 0 to 1. A sigmoid follows the very last convolution."),
        Mistake("a ReLU before the sigmoid", _network(last=lambda x: x.relu().sigmoid()),
                "a ReLU comes before your sigmoid, so no pixel can be darker than one half."),
        Mistake("squares in place of corners", _network(larger=_repeated),
                "you doubled the maps by repeating each value. That is resizing; here each value stands alone in a "
                "corner, as in exercise 8."),
        Mistake("pooled", _network(pool=True),
                "you halved the maps by pooling. Here the convolution itself takes only every second position."),
        Mistake("biases left out", _network(bias=False),
                "your convolutions have no biases. Each layer is a pair, and the second of it is one number for each"
                " channel that comes out."),
        Mistake("reconstructions only", _network(ends=False),
                "you return the reconstructions alone. Whoever wants to look at the code needs it too: first the "
                "codes, then the reconstructions."),
        Mistake("reconstruction first", lambda *inputs: autoencoder.convolutional_autoencoder(*inputs)[::-1],
                "both parts are right, but the codes come first."),
        Mistake("kernels copied into modules", _copied,
                "the values are right, but the kernels that you were given get no gradient, since your layers hold "
                "copies. Convolve with the given ones: `F.conv2d` takes a kernel."),
        Mistake("the decoder's end of the graph only", _codes_held_fast,
                "the values are right, but the graph ends at the codes: the decoder would learn, the encoder never. "
                "Nothing may be detached between the two."),
    ),
    points=2,
    builds_on=("unpool_to_corners",),
    success="The same few kernels everywhere: a stroke is learned once, not once for each place.",
)  # fmt: skip
