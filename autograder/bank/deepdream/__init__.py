"""The exercises of 06-deepdream, one file each, in the notebook's order."""

from autograder.bank.deepdream import (
    deep_dream,
    dream_objective,
    dream_step,
    guided_objective,
    jittered_gradient,
    next_octave,
    octave_sizes,
    smoothed_gradient,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        dream_objective,
        jittered_gradient,
        smoothed_gradient,
        dream_step,
        octave_sizes,
        next_octave,
        deep_dream,
        guided_objective,
    )
)
