"""The exercises of 08-texture-synthesis, one file each, in the notebook's order."""

from autograder.bank.texture_synthesis import (
    gram_matrix,
    layer_loss,
    minimize_with_adam,
    minimize_with_lbfgs,
    nearest_patch_distance,
    shuffle_positions,
    spatial_average,
    texture_loss,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        gram_matrix,
        shuffle_positions,
        layer_loss,
        texture_loss,
        minimize_with_adam,
        minimize_with_lbfgs,
        spatial_average,
        nearest_patch_distance,
    )
)
