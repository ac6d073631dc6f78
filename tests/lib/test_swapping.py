import pytest
import torch
from torch import nn

from lib.swapping import swapped


def network():
    relu = nn.ReLU()
    return nn.Sequential(nn.Identity(), relu, nn.Sequential(relu, nn.Tanh()))


def test_functions_take_the_place_of_layers_at_any_depth_and_under_every_name():
    made, x = network(), torch.tensor([-1.0, 2])
    with swapped(made, {"1": lambda x: x + 1, "2.1": torch.abs}):
        assert made(x).tolist() == [1, 4]  # the shared ReLU is swapped twice
    assert torch.equal(made(x), torch.tanh(x.relu()))


def test_the_very_same_layers_are_back_after_an_exception():
    made = network()
    before = dict(made.named_modules(remove_duplicate=False))
    with pytest.raises(KeyError), swapped(made, {"1": torch.abs}):
        raise KeyError
    after = dict(made.named_modules(remove_duplicate=False))
    assert list(before) == list(after) and all(before[name] is after[name] for name in before)


def test_an_unknown_layer_is_named_with_its_neighbors():
    made = nn.Sequential()
    made.add_module("relu1", nn.ReLU())
    with pytest.raises(ValueError, match="no layer called 'relu2'.*relu1"), swapped(made, {"relu2": torch.abs}):
        pass
    assert isinstance(made.relu1, nn.ReLU)
