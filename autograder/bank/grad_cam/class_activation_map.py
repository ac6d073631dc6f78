import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform, whole
from lib import grad_cam


def _head(n, channels, height, width, classes=5, dtype=torch.float32):
    def inputs(g):
        chosen = int(whole(g, 0, classes - 1, 1))
        return uniform(g, n, channels, height, width, dtype=dtype), normal(g, classes, channels, dtype=dtype), chosen

    return inputs


def _by_hand_head(g):
    features = torch.tensor([[[[1.0, 0.0], [2.0, 0.0]], [[0.0, 3.0], [1.0, 0.0]]]])
    return features, torch.tensor([[1.0, 1.0], [2.0, -1.0], [0.0, 5.0]]), 1


def _cam_with_relu(features, weight, class_index):
    return grad_cam.class_activation_map(features, weight, class_index).relu()


def _cam_of_column(features, weight, class_index):
    return torch.einsum("nchw,c->nhw", features, weight[:, class_index][: features.shape[1]])


def _cam_mean(features, weight, class_index):
    return grad_cam.class_activation_map(features, weight, class_index) / features.shape[1]


def _cam_of_pooled(features, weight, class_index):
    pooled = features.mean(dim=(2, 3), keepdim=True) * torch.ones_like(features)
    return grad_cam.class_activation_map(pooled, weight, class_index)


def _cam_all_classes(features, weight, class_index):
    return torch.einsum("nchw,kc->nkhw", features, weight).amax(dim=1)


EXERCISE = Exercise(
    grad_cam.class_activation_map,
    cases=(
        Case("two channels by hand", _by_hand_head, random=False),
        Case("one image", _head(1, 4, 3, 3)),
        Case("a batch of 3, taller than wide", _head(3, 6, 7, 4)),
        Case("as many classes as channels", _head(2, 5, 4, 4)),
        Case("double precision", _head(1, 3, 2, 5, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("ReLU in CAM", _cam_with_relu,
                "your map has lost everything below zero. CAM keeps both signs: its mean has to be the class "
                "score. The ReLU comes with Grad-CAM, some exercises from here."),
        Mistake("column of the weight", _cam_of_column,
                "you took a column of `weight`. PyTorch keeps one row per class: `weight` is (classes, channels)."),
        Mistake("mean over channels", _cam_mean,
                "you averaged over the channels. The linear layer adds its inputs up; so does the map."),
        Mistake("pooled before weighting", _cam_of_pooled,
                "your map is the same at every position, because you averaged over the positions first. "
                "That average is what the head does; CAM asks what each position brought to it."),
        Mistake("maximum over classes", _cam_all_classes,
                "you took the strongest class at each position. The map is about the one class `class_index`, "
                "also where another class is stronger."),
    ),
    points=1,
    success="The mean of this map is the class score without its bias: the score is spread out over the image "
    "and nothing is lost.",
)  # fmt: skip
