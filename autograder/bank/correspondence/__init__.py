"""The exercises of 13-correspondence, one file each, in the notebook's order."""

from autograder.bank.correspondence import (
    correlation,
    dense_descriptors,
    end_point_error,
    left_right_check,
    matching_loss,
    patch_similarity,
    resize_flow,
    scan_line_similarities,
    train_descriptors,
    warp,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        dense_descriptors,
        patch_similarity,
        scan_line_similarities,
        matching_loss,
        train_descriptors,
        left_right_check,
        end_point_error,
        warp,
        correlation,
        resize_flow,
    )
)
