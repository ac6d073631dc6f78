"""The exercises of 15-interpretable-cnn, one file each, in the notebook's order."""

from autograder.bank.interpretable_cnn import (
    filter_categories,
    interpretable_loss,
    location_instability,
    mask_maps,
    mutual_information_loss,
    part_localization,
    part_template,
    target_gradient,
    template_bank,
    template_scores,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        part_template,
        template_bank,
        mask_maps,
        template_scores,
        mutual_information_loss,
        filter_categories,
        target_gradient,
        interpretable_loss,
        location_instability,
        part_localization,
    )
)
