"""The exercises of 03-grad-cam, one file each, in the notebook's order."""

from autograder.bank.grad_cam import (
    channel_weights,
    class_activation_map,
    grad_cam,
    guided_grad_cam,
    heat_map,
    important_channels,
    overlay,
    pointing_game,
    score_gradients,
    weighted_map,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        class_activation_map,
        score_gradients,
        channel_weights,
        weighted_map,
        grad_cam,
        heat_map,
        overlay,
        guided_grad_cam,
        important_channels,
        pointing_game,
    )
)
