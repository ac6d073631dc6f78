"""The exercises of 05-feature-visualization, one file each, in the notebook's order."""

from autograder.bank.feature_visualization import (
    clip_pixels,
    correlated_colors,
    direction_objective,
    diversity,
    fourier_image,
    gaussian_blur,
    gradient_ascent,
    objective_value,
    penalized_score,
    total_variation,
    transform,
    visualize,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        penalized_score,
        gradient_ascent,
        gaussian_blur,
        clip_pixels,
        total_variation,
        transform,
        fourier_image,
        correlated_colors,
        visualize,
        objective_value,
        direction_objective,
        diversity,
    )
)
