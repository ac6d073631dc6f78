"""The exercises of 07-feature-inversion, one file each, in the notebook's order."""

from autograder.bank.feature_inversion import (
    errors_by_layer,
    invert,
    peak_signal_noise_ratio,
    pixel_spread,
    relative_feature_loss,
    relative_roughness,
    total_variation_norm,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        total_variation_norm,
        relative_roughness,
        relative_feature_loss,
        invert,
        peak_signal_noise_ratio,
        errors_by_layer,
        pixel_spread,
    )
)
