"""The exercises of 14-adversarial-examples, one file each, in the notebook's order."""

from autograder.bank.adversarial_examples import (
    fast_gradient_sign,
    fooling_image,
    logit_margin,
    loss_gradient,
    project,
    projected_gradient_descent,
    quantize_straight_through,
    random_start,
    robust_accuracy,
    steepest_direction,
    targeted_step,
    train_adversarially,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        loss_gradient,
        steepest_direction,
        fast_gradient_sign,
        project,
        projected_gradient_descent,
        random_start,
        targeted_step,
        fooling_image,
        robust_accuracy,
        train_adversarially,
        quantize_straight_through,
        logit_margin,
    )
)
