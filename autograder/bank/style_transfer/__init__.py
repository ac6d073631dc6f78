"""The exercises of 09-style-transfer, one file each, in the notebook's order."""

from autograder.bank.style_transfer import (
    coarse_to_fine,
    content_loss,
    keep_colors,
    loss_module,
    match_colors,
    mixed_target,
    optimize_pixels,
    style_loss,
    transfer_loss,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        content_loss,
        style_loss,
        loss_module,
        transfer_loss,
        optimize_pixels,
        coarse_to_fine,
        mixed_target,
        keep_colors,
        match_colors,
    )
)
