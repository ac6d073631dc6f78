"""What answers must achieve, for cases that ask for a goal and not for a number. Trusted code: the judge calls it."""

from functools import partial

import torch


def loss_below(share):
    """An image in [0, 1] whose loss is below a share of that at the start. Inputs begin with loss and start image."""
    return partial(_measure, share)


def _measure(share, inputs, answer):
    loss, start = inputs[:2]
    image = torch.as_tensor(answer).detach()
    if image.shape != start.shape:
        return {"shape": list(image.shape)}
    reached = bool(loss(image.to(start).clamp(0, 1)) < share * loss(start))
    return {
        "shape": list(image.shape),
        "every pixel from 0 to 1": bool(((image >= -1e-6) & (image <= 1 + 1e-6)).all()),
        f"the loss is below {100 * share:.3g}% of that at the start": reached,
    }
