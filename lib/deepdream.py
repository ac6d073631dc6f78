"""DeepDream: ask a network what it sees in a photograph, and change the photograph until there is more of it.

The dream climbs half the sum of the squares of a layer's activations a, by changing the pixels:

    L = ½ Σ a²,    so    ∂L/∂a = a

Each channel is pushed as hard as it already responds. So whatever is faintly there grows, and nobody says what it
shall be. Three things make a picture of it: every step looks at the image rolled by another shift (jitter), the
gradient is smoothed and brought to one size, and all is done at several sizes of the image, from small to large
(octaves), where what was dreamed at one size is carried up to the next.

Mordvintsev, Olah, Tyka 2015, "Inceptionism: Going Deeper into Neural Networks", and the notebook published with it.
Neither numbers its equations. One difference: the smoothed gradient, which that notebook does not have.
"""

import torch
from torch.nn import functional as F

from lib.images import resize


def dream_objective(activations):
    """What a dream climbs: half the sum of the squares of a layer's activations.

    activations: any shape, part of a graph or not.
    returns:     one number, a tensor without axes. Its gradient by the activations is the
                 activations themselves.

    Mordvintsev et al. 2015, whose notebook hands the activations back as their own gradient.
    """
    return activations.square().sum() / 2


def jittered_gradient(objective, image, shift):
    """The gradient of an objective by the pixels of an image, taken while the image is rolled.

    objective: a function from an image (1, 3, H, W) to one number.
    image:     (1, 3, H, W) in [0, 1]; stays as it is.
    shift:     (down, right), two ints, pixels of either sign. What leaves the image at one side
               comes in again at the other.
    returns:   (1, 3, H, W), without a graph, in the image's own place: rolled back.

    Mordvintsev et al. 2015, who roll the image and roll it back after the step.
    """
    with torch.enable_grad():
        pixels = image.detach().requires_grad_()
        rolled = pixels.roll(tuple(shift), dims=(2, 3))
        # By `pixels`, not by `rolled`: so the way back through the roll is part of the derivative.
        (gradient,) = torch.autograd.grad(objective(rolled).sum(), pixels)
    return gradient


def smoothed_gradient(gradient, widths):
    """A gradient with its coarse parts strengthened, brought to one size.

    gradient: (N, 3, H, W), of either sign.
    widths:   a tuple of odd ints; for each, the mean over a box of width × width pixels is added
              to the gradient. At the border it is the mean of those pixels of the box that exist.
              A width that comes twice counts twice.
    returns:  (N, 3, H, W): gradient plus all its box blurs, divided by the mean absolute value
              of that sum, for each image by itself. All zeros for a gradient of zeros.

    The division is that of Mordvintsev et al. 2015; the blurs stand in for a Laplacian pyramid.
    """
    total = gradient.clone()
    for width in set(widths):
        blurred = F.avg_pool2d(gradient, width, stride=1, padding=width // 2, count_include_pad=False)
        total += widths.count(width) * blurred
    return total / total.abs().mean(dim=(1, 2, 3), keepdim=True).clamp(min=1e-30)


def dream_step(objective, image, shift, step_size, widths):
    """One step uphill.

    objective: a function from an image (1, 3, H, W) to one number.
    image:     (1, 3, H, W) in [0, 1]; stays as it is.
    shift:     (down, right), two ints: where the image is rolled to while it is looked at.
    step_size: by how much a color changes in this step, on average, on the scale of [0, 1].
    widths:    a tuple of odd ints, the boxes that smooth the gradient.
    returns:   (1, 3, H, W) in [0, 1], without a graph.

    Mordvintsev et al. 2015, `make_step` in their notebook.
    """
    gradient = smoothed_gradient(jittered_gradient(objective, image, shift), widths)
    return (image + step_size * gradient).clamp(0, 1)


def octave_sizes(photograph, octaves, scale):
    """The sizes at which a photograph is dreamed on, from the smallest to its own.

    photograph: (1, 3, H, W).
    octaves:    int, how many sizes.
    scale:      how much larger each is than the one before, 1.4 for example.
    returns:    a list of (height, width), ints, as many as `octaves`. The last is (H, W). Each
                length is the photograph's own divided by a power of `scale` and rounded to the
                nearest whole number.

    Mordvintsev et al. 2015, `deepdream` in their notebook.
    """
    height, width = photograph.shape[2:]
    return [(round(height / scale**k), round(width / scale**k)) for k in reversed(range(octaves))]


def next_octave(dream, photograph, size):
    """Where the dream goes on at another size: the photograph at that size, and what was dreamed so far.

    dream:      (1, 3, h, w), the dream at the size where it is now.
    photograph: (1, 3, H, W), at its full size.
    size:       (height, width), two ints, the size at which the dream goes on.
    returns:    (1, 3, height, width): the photograph at the new size, plus the detail at the new
                size. The detail is what the dream has and the photograph at the dream's size
                has not. Everything is resized by `resize` of lib.images.

    Mordvintsev et al. 2015, `deepdream` in their notebook.
    """
    detail = dream - resize(photograph, dream.shape[2:])
    return resize(photograph, size) + resize(detail, size)


def deep_dream(objective, photograph, scale, shifts, step_size, widths):
    """The whole dream: some steps at each size, from the smallest up, with the detail carried along.

    objective:  a function from an image (1, 3, h, w) of any size to one number.
    photograph: (1, 3, H, W) in [0, 1]; stays as it is.
    scale:      how much larger each octave is than the one before.
    shifts:     a list with one tensor for each octave, the smallest octave first; a tensor (steps, 2)
                of ints holds the shift (down, right) of each step.
    step_size, widths: as in `dream_step`.
    returns:    (1, 3, H, W) in [0, 1], without a graph.

    Mordvintsev et al. 2015, `deepdream` in their notebook.
    """
    sizes = octave_sizes(photograph, len(shifts), scale)
    dream = resize(photograph, sizes[0])
    for size, steps in zip(sizes, shifts):
        dream = next_octave(dream, photograph, size)
        for shift in steps.tolist():
            dream = dream_step(objective, dream, shift, step_size, widths)
    return dream
