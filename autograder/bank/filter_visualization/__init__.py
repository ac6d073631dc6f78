"""The exercises of 01-filter-visualization, one file each, in the notebook's order."""

from autograder.bank.filter_visualization import (
    capture,
    cut_patches,
    filters_as_images,
    gratings,
    nearest_neighbors,
    preferred_angle,
    receptive_field,
    strongest_places,
    tuning_curve,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        filters_as_images,
        capture,
        receptive_field,
        strongest_places,
        cut_patches,
        gratings,
        tuning_curve,
        preferred_angle,
        nearest_neighbors,
    )
)
