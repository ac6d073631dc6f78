"""The exercises of 02-deconvnet-guided-backprop, one file each, in the notebook's order."""

from autograder.bank.deconvnet_guided_backprop import (
    deconvnet,
    gradients_by_rule,
    layer_down,
    pixel_gradients,
    randomized_layers,
    rank_correlation,
    rectify,
    relu_backward,
    saliency_map,
    smooth_grad,
    strongest_activation,
    unpool,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        pixel_gradients,
        saliency_map,
        smooth_grad,
        relu_backward,
        rectify,
        gradients_by_rule,
        unpool,
        strongest_activation,
        layer_down,
        deconvnet,
        rank_correlation,
        randomized_layers,
    )
)
