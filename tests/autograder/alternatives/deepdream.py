"""Right solutions of 06-deepdream, each written as somebody might who does not think like the reference."""

import math

import numpy as np
import torch
from scipy.ndimage import uniform_filter
from torch.nn import functional as F

from lib.images import resize

# The objective


def dream_objective__half_of_a_power(activations):
    return 0.5 * (activations**2).sum()


def dream_objective__dot_product(activations):
    flat = activations.flatten()
    return torch.dot(flat, flat) / 2


def dream_objective__mean_squared_error(activations):
    return F.mse_loss(activations, torch.zeros_like(activations), reduction="sum") * 0.5


def dream_objective__handed_back_as_in_the_paper(activations):
    """The value of half the squares; the gradient handed over as a constant."""
    inner = (activations * activations.detach()).sum()
    return inner - inner.detach() / 2


def dream_objective__einsum(activations):
    letters = "abcd"[: activations.dim()]
    return torch.einsum(f"{letters},{letters}->", activations, activations).mul(0.5)


# The gradient of a rolled image


def jittered_gradient__backward(objective, image, shift):
    x = torch.roll(image, shifts=(shift[0], shift[1]), dims=(2, 3)).clone().detach()
    x.requires_grad = True
    objective(x).backward()
    return torch.roll(x.grad, shifts=(-shift[0], -shift[1]), dims=(2, 3))


def jittered_gradient__grad_and_roll_back(objective, image, shift):
    down, right = shift
    rolled = image.roll(down, 2).roll(right, 3).requires_grad_()
    gradient = torch.autograd.grad(objective(rolled).squeeze(), rolled)[0]
    return gradient.roll(-down, -2).roll(-right, -1)


def jittered_gradient__by_indices(objective, image, shift):
    height, width = image.shape[-2:]
    rows = (torch.arange(height) - shift[0]) % height
    columns = (torch.arange(width) - shift[1]) % width
    pixels = image.clone().requires_grad_(True)
    objective(pixels[:, :, rows][:, :, :, columns]).sum().backward()
    return pixels.grad


def jittered_gradient__functional(objective, image, shift):
    def score(pixels):
        return objective(pixels.roll(shift, (-2, -1))).sum()

    return torch.func.grad(score)(image)


def jittered_gradient__numpy_rolls(objective, image, shift):
    rolled = torch.from_numpy(np.roll(image.numpy(), shift, axis=(2, 3)).copy()).requires_grad_()
    (gradient,) = torch.autograd.grad([objective(rolled).sum()], [rolled])
    return np.roll(gradient.numpy(), [-s for s in shift], axis=(2, 3))


# The gradient, smoothed


def smoothed_gradient__padded_and_counted(gradient, widths):
    total = gradient.clone()
    ones = torch.ones_like(gradient)
    for width in widths:
        pad = [width // 2] * 4
        sums, counts = (F.avg_pool2d(F.pad(x, pad), width, 1) for x in (gradient, ones))
        total = total + sums / counts
    size = total.abs().flatten(1).mean(1)
    return total / torch.where(size > 0, size, torch.ones_like(size))[:, None, None, None]


def smoothed_gradient__convolution(gradient, widths):
    parts = [gradient]
    for width in widths:
        box = torch.ones(3, 1, width, width, dtype=gradient.dtype)
        sums = F.conv2d(gradient, box, padding=width // 2, groups=3)
        parts.append(sums / F.conv2d(torch.ones_like(gradient), box, padding=width // 2, groups=3))
    total = torch.stack(parts).sum(0)
    scale = total.abs().mean((1, 2, 3), keepdim=True)
    return torch.nan_to_num(total / scale)


def smoothed_gradient__numpy(gradient, widths):
    images = gradient.numpy()
    total = images.astype(np.float64)
    for width in widths:
        sums = uniform_filter(images.astype(np.float64), (0, 0, width, width), mode="constant")
        total = total + sums / uniform_filter(np.ones(images.shape), (0, 0, width, width), mode="constant")
    return np.stack([image / max(np.abs(image).mean(), 1e-30) for image in total])


def smoothed_gradient__pixel_windows(gradient, widths):
    height, width = gradient.shape[2:]
    total = gradient.double().clone()
    for box in widths:
        half = box // 2
        for y in range(height):
            for x in range(width):
                window = gradient[:, :, max(y - half, 0) : y + half + 1, max(x - half, 0) : x + half + 1]
                total[:, :, y, x] += window.mean(dim=(2, 3))
    for image in total:
        if image.any():
            image /= image.abs().mean()
    return total


def smoothed_gradient__image_by_image(gradient, widths):
    made = []
    for one in gradient:
        blurs = [F.avg_pool2d(one[None], w, 1, (w - 1) // 2, count_include_pad=False)[0] for w in widths]
        one = sum(blurs, one)
        made.append(one * (one.numel() / one.abs().sum()) if one.abs().sum() else one)
    return torch.stack(made)


# One step


def dream_step__in_place_on_a_copy(objective, image, shift, step_size, widths):
    made = image.clone()
    made += step_size * smoothed_gradient__convolution(jittered_gradient__backward(objective, image, shift), widths)
    return made.clamp_(0, 1)


def dream_step__rolled_as_in_the_paper(objective, image, shift, step_size, widths):
    """The image is rolled, changed and rolled back; the gradient is smoothed in its own place."""
    gradient = jittered_gradient__by_indices(objective, image, shift)
    step = step_size * smoothed_gradient__padded_and_counted(gradient, widths)
    return (image.roll(shift, (2, 3)) + step.roll(shift, (2, 3))).clip(0, 1).roll([-s for s in shift], (2, 3))


def dream_step__minimum_and_maximum(objective, image, shift, step_size, widths):
    gradient = smoothed_gradient__image_by_image(jittered_gradient__functional(objective, image, shift), widths)
    made = torch.add(image, gradient, alpha=step_size)
    return torch.minimum(torch.maximum(made, torch.zeros(())), torch.ones(()))


def dream_step__numpy(objective, image, shift, step_size, widths):
    gradient = torch.from_numpy(jittered_gradient__numpy_rolls(objective, image, shift))
    return np.clip(image.numpy() + step_size * smoothed_gradient__numpy(gradient, widths), 0, 1)


def dream_step__descent_of_the_negative(objective, image, shift, step_size, widths):
    gradient = jittered_gradient__grad_and_roll_back(lambda x: -objective(x), image, shift)
    return torch.clamp(image - step_size * smoothed_gradient__convolution(gradient, widths), min=0, max=1)


# Octaves


def octave_sizes__reversed(photograph, octaves, scale):
    height, width = photograph.shape[-2:]
    sizes = []
    for k in range(octaves):
        sizes.append((round(height / scale**k), round(width / scale**k)))
    sizes.reverse()
    return sizes


def octave_sizes__inserted_in_front(photograph, octaves, scale):
    height, width = photograph.shape[-2:]
    sizes, factor = [], 1.0
    while len(sizes) < octaves:
        sizes.insert(0, [round(height * factor), round(width * factor)])
        factor /= scale
    return sizes


def octave_sizes__tensor(photograph, octaves, scale):
    height, width = photograph.shape[-2:]
    powers = torch.arange(octaves - 1, -1, -1, dtype=torch.float64)
    return (torch.tensor([height, width]) / scale ** powers[:, None]).round().long()


def octave_sizes__numpy(photograph, octaves, scale):
    height, width = photograph.shape[-2:]
    factors = np.power(float(scale), np.arange(1 - octaves, 1))
    return [tuple(np.rint(np.array([height, width]) * factor).astype(int)) for factor in factors]


def octave_sizes__half_added(photograph, octaves, scale):
    height, width = photograph.shape[-2:]
    return [tuple(math.floor(n / scale ** (octaves - 1 - k) + 0.5) for n in (height, width)) for k in range(octaves)]


# Detail


def next_octave__functional(dream, photograph, size):
    def to(image, size):
        return F.interpolate(image, size, mode="bilinear", antialias=True, align_corners=False)

    return to(photograph, tuple(size)) + to(dream - to(photograph, tuple(dream.shape[2:])), tuple(size))


def next_octave__detail_subtracted(dream, photograph, size):
    lost = resize(photograph, tuple(dream.shape[2:])) - dream
    return resize(photograph, size) - resize(lost, size)


def next_octave__dream_enlarged_and_sharpened(dream, photograph, size):
    """The enlarged dream, and what the photograph at the dream's size lacks at the new one."""
    small = resize(photograph, (dream.shape[2], dream.shape[3]))
    return resize(dream, size) + (resize(photograph, size) - resize(small, size))


def next_octave__batch(dream, photograph, size):
    height, width = dream.shape[-2:]
    both = torch.cat([dream, resize(photograph, (height, width))])
    large_dream, large_photograph = resize(both, size)[:, None]
    return resize(photograph, size).add(large_dream).sub(large_photograph)


# The dream


def deep_dream__detail_kept(objective, photograph, scale, shifts, step_size, widths):
    detail = None
    for size, steps in zip(octave_sizes__reversed(photograph, len(shifts), scale), shifts):
        base = resize(photograph, size)
        dream = base if detail is None else base + resize(detail, size)
        for down, right in steps:
            dream = dream_step__in_place_on_a_copy(objective, dream, (int(down), int(right)), step_size, widths)
        detail = dream - base
    return photograph + detail


def deep_dream__all_photographs_first(objective, photograph, scale, shifts, step_size, widths):
    pyramid = [resize(photograph, s) for s in octave_sizes__half_added(photograph, len(shifts), scale)]
    detail = torch.zeros_like(pyramid[0])
    for base, steps in zip(pyramid, shifts):
        dream = base + resize(detail, tuple(base.shape[2:]))
        for shift in steps:
            dream = dream_step__minimum_and_maximum(objective, dream, tuple(shift.tolist()), step_size, widths)
        detail = dream - base
    return dream


def deep_dream__recursive(objective, photograph, scale, shifts, step_size, widths):
    size = octave_sizes__inserted_in_front(photograph, len(shifts), scale)[-1]

    def at(size, below):
        base = resize(photograph, tuple(size))
        if not below:
            return base
        sizes = octave_sizes__inserted_in_front(photograph, len(shifts), scale)
        made = at(sizes[len(below) - 2], below[:-1]) if len(below) > 1 else base
        dream = next_octave__functional(made, photograph, size)
        for shift in below[-1].tolist():
            dream = dream_step__rolled_as_in_the_paper(objective, dream, shift, step_size, widths)
        return dream

    return at(size, shifts)


def deep_dream__counting_octaves(objective, photograph, scale, shifts, step_size, widths):
    height, width = photograph.shape[2:]
    dream = photograph
    for octave in range(len(shifts)):
        shrink = scale ** (len(shifts) - octave - 1)
        size = (round(height / shrink), round(width / shrink))
        dream = next_octave__detail_subtracted(dream, photograph, size)
        for n in range(len(shifts[octave])):
            shift = (shifts[octave][n, 0].item(), shifts[octave][n, 1].item())
            dream = dream_step__descent_of_the_negative(objective, dream, shift, step_size, widths)
    return dream


# The guide


def guided_objective__matrix_product(activations, guide):
    own, other = activations.flatten(2)[0], guide.flatten(2)[0]
    return (own.T @ other).max(dim=1).values.sum()


def guided_objective__chosen_features(activations, guide):
    own, other = activations.reshape(activations.shape[1], -1), guide.reshape(guide.shape[1], -1)
    chosen = other[:, (own.detach().T @ other).argmax(dim=1)]
    return (own * chosen).sum()


def guided_objective__position_by_position(activations, guide):
    _, _, height, width = activations.shape
    places = guide[0].flatten(1)
    total = 0
    for y in range(height):
        for x in range(width):
            total = total + (activations[0, :, y, x] @ places).max()
    return total


def guided_objective__one_by_one_convolution(activations, guide):
    filters = guide[0].flatten(1).T[:, :, None, None]
    return F.conv2d(activations, filters).amax(dim=1).sum()


def guided_objective__feature_by_feature(activations, guide):
    best = None
    for feature in guide[0].flatten(1).unbind(1):
        match = (activations * feature.view(1, -1, 1, 1)).sum(1)
        best = match if best is None else torch.maximum(best, match)
    return best.sum()
