"""Learning by repair: an autoencoder that sees a damaged image and is asked for the whole one.

    L = Σ_n ‖x_n − g(f(x̃_n))‖²,    x̃_n a damaged copy of x_n

A code as wide as the image could simply copy it. Damage forbids that: to fill in what is missing, one has to know what
images look like. The damage is drawn anew each time, and the target is always the image as it was.

Vincent, Larochelle, Lajoie, Bengio, Manzagol 2010, "Stacked Denoising Autoencoders", sections 3 and 4.
"""

import torch


def corrupt(images, share, deviation, generator):
    """Images with noise on every pixel, and some pixels lost.

    images:    (N, C, H, W) in [0, 1].
    share:     the probability that a value is lost, each for itself, in each image anew.
    deviation: the standard deviation of normal noise that is added to every value.
    generator: a torch.Generator, from which noise and losses are drawn.
    returns:   (N, C, H, W) in [0, 1]: the noise is added, the values are brought back into the
               range, and those that are lost become 0. The others are not scaled up.

    Vincent et al. 2010, section 3.1.
    """
    noise = torch.randn(images.shape, generator=generator, dtype=images.dtype, device=generator.device)
    draws = torch.rand(images.shape, generator=generator, device=generator.device)
    noisy = (images + deviation * noise.to(images.device)).clamp(0, 1)
    return noisy * (draws >= share).to(images)


def denoising_loss(autoencode, images, damaged):
    """How far the repaired images are from what they were.

    autoencode: a function from images (N, C, H, W) to reconstructions of the same shape.
    images:     (N, C, H, W), whole.
    damaged:    (N, C, H, W), the same after some damage.
    returns:    (N,), for each image the mean squared difference over its pixels.

    Vincent et al. 2010, section 3.
    """
    return (autoencode(damaged) - images).square().mean(dim=(1, 2, 3))
