"""The exercises of 10-fast-style-transfer, one file each, in the notebook's order."""

from autograder.bank.fast_style_transfer import (
    conditional_instance_norm,
    instance_norm,
    mix_style_rows,
    perceptual_loss,
    residual_block,
    resize_convolve,
    stability_loss,
    train_network,
    transformation_network,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        instance_norm,
        residual_block,
        resize_convolve,
        transformation_network,
        perceptual_loss,
        train_network,
        stability_loss,
        conditional_instance_norm,
        mix_style_rows,
    )
)
