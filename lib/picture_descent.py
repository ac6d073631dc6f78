"""Fewer steps to the same picture: L-BFGS that knows what it works on.

    x ← clip(x − t H g)             g: the gradient;  H: an estimate of the inverse of the curvature;  t: 1, or less

As in plain L-BFGS, H is made of the last steps and of what they did to the gradient. Three things are different:

    waves       where H knows nothing yet, it takes larger steps along long waves than along short ones, by a power of
                their frequency: a loss that looks through the filters of a network is flatter there
    bounds      after each step all values are brought back to [0, 1]; what is at the border and would leave stays there
    pictures    each image of a batch has its own H and its own t: it goes its way as if it were alone

A step that does not make the loss smaller is taken back, and tried again at a third of its length.

Nocedal and Wright 2006, "Numerical Optimization", algorithm 7.4.
"""

import torch

POWER = 0.6  # how much less short waves are moved than long ones


def descend(loss, start, evaluations, first=0.03, history=16):
    """Images with a smaller loss.

    loss:        a function from images (N, 3, H, W) to (N,), the same in each call.
    start:       (N, 3, H, W) in [0, 1]; stays as it is.
    evaluations: int, how often the loss and its gradient are computed.
    first:       how far pixels move in the first step, the root of their mean square.
    history:     int, of how many steps H is made.
    returns:     (N, 3, H, W) in [0, 1], without a graph; for each image the best that was seen.
    """
    weights = wave_weights(start)
    value, gradient = _evaluate(loss, start)
    images, steps, length, size = start, [], torch.ones_like(value), first / _root_mean_square(wave(gradient, weights))
    for _ in range(evaluations - 1):
        free = ((images > 0) | (gradient < 0)) & ((images < 1) | (gradient > 0))
        direction = free * _direction(free * gradient, steps, size, weights)
        trial = (images - length * direction).clamp(0, 1)
        trial_value, trial_gradient = _evaluate(loss, trial)
        move, change = trial - images, trial_gradient - gradient
        better = trial_value <= value + 1e-4 * _dot(gradient, move)
        curvature = _dot(move, change)
        useful = better & (curvature > 1e-8 * _dot(change, change))
        steps = [*steps, (move, change, torch.where(useful, 1 / curvature, 0))][-history:]
        size = torch.where(useful, curvature / _dot(change, wave(change, weights)), size)
        images, gradient = torch.where(better, trial, images), torch.where(better, trial_gradient, gradient)
        value, length = torch.where(better, trial_value, value), torch.where(better, 1, length / 3)
    return images


def wave_weights(images):
    """How far each wave of images (N, C, H, W) is moved where nothing is known: (H, W // 2 + 1), 1 on average."""
    height, width = images.shape[2:]
    down = torch.fft.fftfreq(height, device=images.device, dtype=images.dtype)[:, None]
    across = torch.fft.rfftfreq(width, device=images.device, dtype=images.dtype)
    frequency = (down**2 + across**2).sqrt().clamp(min=1 / max(height, width))
    weights = frequency**-POWER
    return weights / weights.mean()


def wave(images, weights):
    """Images (N, C, H, W), each of their waves times its weight."""
    return torch.fft.irfft2(torch.fft.rfft2(images) * weights, s=images.shape[2:])


def _direction(gradient, steps, size, weights):
    """H g by the recursion of two loops. A step whose last entry is 0 for an image leaves that image alone."""
    shares = []
    for move, change, inverse in reversed(steps):
        shares.append(inverse * _dot(move, gradient))
        gradient = torch.addcmul(gradient, shares[-1], change, value=-1)
    direction = size * wave(gradient, weights)
    for (move, change, inverse), share in zip(steps, reversed(shares)):
        direction = torch.addcmul(direction, share - inverse * _dot(change, direction), move)
    return direction


def _evaluate(loss, images):
    images = images.detach().requires_grad_()
    values = loss(images)
    (gradient,) = torch.autograd.grad(values.sum(), images)
    return values.detach().view(-1, 1, 1, 1), gradient


def _dot(one, other):
    """The inner product of each image with its counterpart, (N, 1, 1, 1)."""
    return (one * other).sum(dim=(1, 2, 3), keepdim=True)


def _root_mean_square(images):
    return images.square().mean(dim=(1, 2, 3), keepdim=True).sqrt().clamp(min=1e-20)
