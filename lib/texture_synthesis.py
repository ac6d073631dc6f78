"""From noise to an image that minimizes a loss: the pixels are the parameters.

    x ← x − step(∂L/∂x),    x in [0, 1]

Two optimizers. Adam takes one gradient a step, may see another loss in each step (a rolled image, say), and forgets
slowly. L-BFGS estimates the curvature from the gradients that it has seen, so the loss must stay the same function,
and nobody may touch the pixels in between.

Gatys, Ecker, Bethge 2015, "Texture Synthesis Using Convolutional Neural Networks", section 3, use L-BFGS.
Kingma and Ba 2015, "Adam"; Loshchilov and Hutter 2017, "SGDR", eq. 5, for the cosine.
"""

import torch


def minimize_with_adam(loss, start, steps, rate):
    """Change an image step by step so that its loss falls, by Adam.

    loss:    a function from images (N, 3, H, W) to one number, a tensor.
    start:   (N, 3, H, W) in [0, 1]; stays as it is.
    steps:   int, how often the gradient is taken.
    rate:    the learning rate of the first step, in units of pixel values. From there it falls
             along half a cosine: step n = 0, 1, ... has rate · (1 + cos(π n / steps)) / 2.
    returns: (N, 3, H, W) in [0, 1], without a graph. Pixels that leave the range are brought
             back after each step.
    """
    pixels = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([pixels], lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(pixels).backward()
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach()


def minimize_with_lbfgs(loss, start, steps):
    """Change an image so that its loss falls, by L-BFGS.

    loss:    a function from images (N, 3, H, W) to one number, a tensor.
    start:   (N, 3, H, W) in [0, 1]; stays as it is.
    steps:   int, the iterations of L-BFGS, all in one go. It stops for no other reason:
             both tolerances are 0. Each looks for a step that satisfies the strong Wolfe
             conditions, which may take several evaluations of the loss.
    returns: (N, 3, H, W) in [0, 1], without a graph. The pixels are free until the end, and
             brought into the range once.

    Gatys et al. 2015, section 3.
    """
    pixels = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [pixels],
        max_iter=steps,
        max_eval=25 * steps,
        history_size=20,
        tolerance_grad=0,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    def closure():
        optimizer.zero_grad()
        value = loss(pixels)
        value.backward()
        return value

    optimizer.step(closure)
    return pixels.detach().clamp(0, 1)
