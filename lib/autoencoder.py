"""Through a narrow door: a network whose goal is to give back what it was given.

    h = f(x),    x̂ = g(h),    f, g = argmin Σ_n ‖x_n − g(f(x_n))‖²

With several layers and something nonlinear between them, the codes h lie on a curved sheet in the space of images, not
on a flat one as with principal components. The code itself is linear, so that it may have either sign; the last
layer of g ends in a sigmoid, because pixels are between 0 and 1.

Hinton, Salakhutdinov 2006, "Reducing the Dimensionality of Data with Neural Networks".
Masci, Meier, Cireşan, Schmidhuber 2011, "Stacked Convolutional Auto-Encoders".
Dosovitskiy, Springenberg, Brox 2015, "Learning to Generate Chairs with Convolutional Neural Networks", for unpooling.
"""

from torch.nn import functional as F


def encode(images, layers):
    """Images to codes, by a stack of fully connected layers.

    images:  (N, C, H, W).
    layers:  a list of pairs: a weight (outputs, inputs), as in `nn.Linear`, and a bias (outputs,). The first takes
             the C · H · W pixels of an image, in the order in which they are stored.
    returns: (N, K), K the outputs of the last layer. A ReLU follows every layer but the last: the
             code is linear.

    Hinton and Salakhutdinov 2006, figure 1.
    """
    x = images.flatten(1)
    for number, (weight, bias) in enumerate(layers):
        x = F.linear(x if number == 0 else x.relu(), weight, bias)
    return x


def decode(codes, layers, shape):
    """Codes to images, by a stack of fully connected layers.

    codes:   (N, K).
    layers:  a list of pairs, as for `encode`. The last gives the C · H · W pixels of an image.
    shape:   (C, H, W).
    returns: (N, C, H, W) between 0 and 1. A ReLU follows every layer but the last; there it is a sigmoid.

    Hinton and Salakhutdinov 2006, figure 1.
    """
    x = codes
    for number, (weight, bias) in enumerate(layers):
        x = F.linear(x if number == 0 else x.relu(), weight, bias)
    return x.sigmoid().unflatten(1, tuple(shape))


def unpool_to_corners(maps, factor):
    """A larger map in which each value stands alone: in a corner of its own square, with zeros beside it.

    maps:    (N, C, h, w).
    factor:  int, the side of a square.
    returns: (N, C, factor · h, factor · w). The value is at the upper left of its square.

    Dosovitskiy et al. 2015, section 3 and figure 2.
    """
    larger = maps.new_zeros(*maps.shape[:2], factor * maps.shape[2], factor * maps.shape[3])
    larger[:, :, ::factor, ::factor] = maps
    return larger


def convolutional_autoencoder(images, encoder, decoder):
    """Images to small maps and back, by convolutions only.

    images:  (N, C, H, W), H and W multiples of 2 to the power of the number of encoder layers.
    encoder: a list of pairs: a kernel (outputs, inputs, K, K), K odd, and a bias (outputs,). Each
             convolves with a stride of 2 and zeros around, K // 2 wide, so that sides are halved.
             A ReLU follows every layer but the last.
    decoder: a list of such pairs. Each first doubles the sides by `unpool_to_corners` and then
             convolves with a stride of 1 and zeros around, K // 2 wide. A ReLU follows every
             layer but the last; there it is a sigmoid.
    returns: codes (N, D, h, w), what the encoder gives, and reconstructions (N, C, H, W).

    Masci et al. 2011; Dosovitskiy et al. 2015, "Learning to Generate Chairs", section 3, for the way up.
    """
    x = images
    for number, (kernel, bias) in enumerate(encoder):
        x = F.conv2d(x if number == 0 else x.relu(), kernel, bias, stride=2, padding=kernel.shape[-1] // 2)
    codes = x
    for number, (kernel, bias) in enumerate(decoder):
        larger = unpool_to_corners(x if number == 0 else x.relu(), 2)
        x = F.conv2d(larger, kernel, bias, padding=kernel.shape[-1] // 2)
    return codes, x.sigmoid()
