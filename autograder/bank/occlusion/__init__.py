"""The exercises of 04-occlusion, one file each, in the notebook's order."""

from autograder.bank.occlusion import (
    area_under_curve,
    average_overlaps,
    deletion_and_insertion,
    label_map,
    occlude,
    occluded_probabilities,
    occluder_positions,
    replace_hottest,
    sensitivity_map,
    strongest_channel,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        occluder_positions,
        occlude,
        occluded_probabilities,
        average_overlaps,
        sensitivity_map,
        label_map,
        strongest_channel,
        replace_hottest,
        deletion_and_insertion,
        area_under_curve,
    )
)
