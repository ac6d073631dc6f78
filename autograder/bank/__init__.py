"""The exercises of the course, assignment by assignment. Trusted: at grading no student's process sees this."""

from difflib import get_close_matches
from functools import cache
from importlib import import_module

# Assignment -> (module of this package, modules of lib under examination).
ASSIGNMENTS = {
    "01-filter-visualization": (
        "filter_visualization",
        (
            "lib.filters",
            "lib.capture",
            "lib.receptive_field",
            "lib.patches",
            "lib.tuning",
            "lib.neighbors",
            "lib.activations",
            "lib.top_patches",
        ),
    ),
    "02-deconvnet-guided-backprop": (
        "deconvnet_guided_backprop",
        ("lib.saliency", "lib.deconvnet", "lib.randomization", "lib.guided_backprop"),
    ),
    "03-grad-cam": ("grad_cam", ("lib.grad_cam",)),
    "04-occlusion": ("occlusion", ("lib.occlusion", "lib.faithfulness")),
    "05-feature-visualization": (
        "feature_visualization",
        (
            "lib.feature_visualization",
            "lib.image_regularizers",
            "lib.transformations",
            "lib.fourier_image",
            "lib.objectives",
        ),
    ),
    "06-deepdream": ("deepdream", ("lib.deepdream", "lib.guided_dream")),
    "07-feature-inversion": ("feature_inversion", ("lib.total_variation_norm", "lib.feature_inversion")),
    "08-texture-synthesis": (
        "texture_synthesis",
        ("lib.gram_matrix", "lib.texture_synthesis", "lib.patch_distance", "lib.texture"),
    ),
    "09-style-transfer": ("style_transfer", ("lib.style_transfer", "lib.color_transfer")),
    "10-fast-style-transfer": (
        "fast_style_transfer",
        ("lib.fast_style_transfer", "lib.conditional_instance_norm"),
    ),
    "11-autoencoders": (
        "autoencoders",
        (
            "lib.linear_autoencoder",
            "lib.autoencoder",
            "lib.interpolation",
            "lib.transposed_convolution",
            "lib.corruption",
            "lib.sparse_code",
            "lib.variational_autoencoder",
        ),
    ),
    "12-siamese-triplet": (
        "siamese_triplet",
        (
            "lib.pairwise_distances",
            "lib.contrastive",
            "lib.triplet",
            "lib.mining",
            "lib.embedding_training",
            "lib.retrieval",
            "lib.verification",
            "lib.proxy_nca",
        ),
    ),
    "13-correspondence": (
        "correspondence",
        ("lib.stereo_matching", "lib.optical_flow", "lib.correlation"),
    ),
    "14-adversarial-examples": (
        "adversarial_examples",
        (
            "lib.gradient_attacks",
            "lib.fooling_image",
            "lib.robust_accuracy",
            "lib.adversarial_training",
            "lib.gradient_masking",
        ),
    ),
    "15-interpretable-cnn": (
        "interpretable_cnn",
        ("lib.part_templates", "lib.interpretable_filters", "lib.mutual_information_loss", "lib.part_localization"),
    ),
}


@cache
def exercises(assignment):
    """The exercises of an assignment, in the notebook's order."""
    module, _ = ASSIGNMENTS[assignment]
    return import_module(f"autograder.bank.{module}").EXERCISES


def examined(assignment):
    """The modules of `lib` that an assignment examines; importing them at grading is forbidden."""
    return ASSIGNMENTS[assignment][1]


@cache
def _by_name():
    return {exercise.name: exercise for assignment in ASSIGNMENTS for exercise in exercises(assignment)}


def exercise(name):
    """The exercise of that name. Raises ValueError, with near names, if there is none."""
    if name not in _by_name():
        near = get_close_matches(name, _by_name(), n=2, cutoff=0.5)
        raise ValueError(
            f"there is no exercise called {name!r}; "
            + (f"did you mean {' or '.join(near)}?" if near else "keep the name that the notebook gives")
        )
    return _by_name()[name]
