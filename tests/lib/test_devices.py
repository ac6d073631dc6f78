"""All that exercises ask for, and what makes images, on another device than the CPU.

Where there is a GPU, its values must be the CPU's. Where there is none, PyTorch's "meta" device stands in for it:
tensors with shapes and no numbers, which refuse to meet tensors of the CPU as those of a GPU do.
"""

from copy import deepcopy
from functools import partial

import pytest
import torch

from autograder import bank
from autograder.toys import uniform
from lib import images as pictures
from lib import (
    masked_gram,
    matting_laplacian,
    networks,
    picture_descent,
    sample_colors,
    style_features,
    style_transfer,
    texture,
)

EXERCISES = [exercise for name in bank.ASSIGNMENTS for exercise in bank.exercises(name)]
STYLE = ["normalize", "relu1", "relu2"]
# What PyTorch says where numbers decide how to go on, or where it can do something with numbers only.
NO_NUMBERS = ("no data", "Could not run", "on meta tensors", "Meta kernel", "register_meta", "data-independent")


def moved(value, device):
    """A copy on a device: of tensors, of networks, of other objects that hold tensors, and of all that holds these."""
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if isinstance(value, torch.nn.Module):
        return deepcopy(value).to(device)
    if isinstance(value, dict):
        return {key: moved(part, device) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(moved(part, device) for part in value)
    if isinstance(value, partial):
        return partial(value.func, *moved(value.args, device), **moved(value.keywords, device))
    if hasattr(value, "__dict__") and not isinstance(value, type) and not hasattr(value, "__code__"):
        value = deepcopy(value)
        vars(value).update(moved(vars(value), device))
    return value


def tensors(value):
    if isinstance(value, torch.nn.Module):
        value = value.state_dict()
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [tensor for part in value for tensor in tensors(part)]
    return [value] if isinstance(value, torch.Tensor) else []


def on_meta(function, inputs):
    """The devices of what a function gives, places and single numbers left out; skips where it needs numbers."""
    try:
        made = tensors(function(*moved(inputs, "meta")))
        return {tensor.device.type for tensor in made if tensor.ndim and tensor.is_floating_point()}
    except (RuntimeError, NotImplementedError) as error:
        if any(words in str(error) for words in NO_NUMBERS):
            pytest.skip("needs numbers, or an operation that meta lacks")
        raise


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_reference_works_where_its_inputs_are(exercise):
    inputs = exercise.questions()[1].inputs()
    if not tensors(inputs):
        pytest.skip("takes no tensors")
    assert on_meta(exercise.reference, inputs) <= {"meta"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_reference_gives_the_same_values_on_a_gpu(exercise):
    for question in exercise.questions(b"secret"):
        answer = question.case.observe(exercise.reference, moved(question.inputs(), "cuda"))
        assert exercise.difference(question, moved(answer, "cpu")) is None, question.name


def zfnet():
    return networks.load("zfnet")


def image(size=64):
    return uniform(torch.Generator().manual_seed(0), 1, 3, size, size)


def masks():
    left = (torch.arange(64) < 32).float().expand(1, 1, 64, 64)
    return torch.cat([left, 1 - left], dim=1)


def targets():
    """Two paintings' Gram matrices and weights."""
    return [({"relu1": image(4)[0]}, {"relu1": 0.5})] * 2


MAKERS = {
    "descend": (picture_descent.descend, lambda: (lambda x: (x - 0.3).square().sum(dim=(1, 2, 3)), image(), 5)),
    "stylize": (
        lambda *inputs: style_transfer.stylize(*inputs, (["relu3"], STYLE), 0.05, (3, 3)),
        lambda: (zfnet(), image(), image()),
    ),
    "texture": (
        lambda network, sample: texture.texture(
            network, sample, STYLE, (64, 64), (2, 2), torch.Generator().manual_seed(0)),
        lambda: (zfnet(), image()),
    ),
    "doodle": (
        lambda network, *inputs: masked_gram.doodle(
            network, *inputs, STYLE, (2, 2), generator=torch.Generator().manual_seed(0)),
        lambda: (zfnet(), image(), masks(), masks().flip(3)),
    ),
    "style targets of several paintings": (style_features.stacked, lambda: (targets(),)),
    "matting Laplacian": (
        lambda picture: matting_laplacian.photorealism_loss(picture, matting_laplacian.matting_laplacian(picture)),
        lambda: (image(12),),
    ),
    "color box": (lambda x: sample_colors.to_coordinates(x, sample_colors.color_box(x)), lambda: (image(),)),
    "resize": (lambda x: pictures.resize(x, (40, 30)), lambda: (image(),)),
}  # fmt: skip


@pytest.mark.parametrize("name", MAKERS)
def test_what_makes_images_works_where_its_inputs_are(name):
    function, inputs = MAKERS[name]
    assert on_meta(function, inputs()) <= {"meta"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("name", MAKERS)
def test_what_makes_images_makes_the_same_on_a_gpu(name):
    function, inputs = MAKERS[name]
    for mine, other in zip(tensors(function(*moved(inputs(), "cuda"))), tensors(function(*inputs()))):
        torch.testing.assert_close(mine.cpu(), other, atol=1e-4, rtol=1e-4)
