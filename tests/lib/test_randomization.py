import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from lib import networks
from lib.randomization import randomized_layers, rank_correlation

MAPS = arrays(np.float32, (2, 5, 6), elements=st.integers(-3, 3).map(float))


@given(MAPS)
def test_it_is_scipys_spearman_with_ties(maps):
    one, other = torch.from_numpy(maps)
    found = rank_correlation(one, other)
    if len(one.unique()) == 1 or len(other.unique()) == 1:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(spearmanr(one.flatten(), other.flatten()).statistic)


def test_only_the_order_counts():
    one = torch.randn(2, 3, 4)
    assert rank_correlation(one, (3 * one).exp()) == pytest.approx(1)
    assert rank_correlation(one, -one.exp()) == pytest.approx(-1)


def test_named_layers_forget_and_the_others_do_not():
    network = networks.load("zfnet")
    before = {name: value.clone() for name, value in network.state_dict().items()}
    names = ["classifier", "conv5"]
    made = randomized_layers(network, names, torch.Generator().manual_seed(0))
    for name, value in made.state_dict().items():
        changed = name.rsplit(".", 1)[0] in names
        assert torch.equal(value, before[name]) != changed
        if changed and name.endswith("bias"):
            assert not value.any()
        elif changed:
            assert value.std().item() == pytest.approx(before[name].std().item(), rel=0.02)
            assert abs(torch.corrcoef(torch.stack([value.flatten(), before[name].flatten()]))[0, 1]) < 0.02
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(parameter.requires_grad for parameter in made.parameters()) and not made.training


def test_a_longer_list_begins_with_the_same_weights_and_a_seed_repeats_them():
    network = networks.load("zfnet")
    one, more = (
        randomized_layers(network, names, torch.Generator().manual_seed(3))
        for names in (["classifier"], ["classifier", "conv5"])
    )
    assert torch.equal(one.classifier.weight, more.classifier.weight)
    assert not torch.equal(one.conv5.weight, more.conv5.weight)


def test_global_random_numbers_are_left_alone():
    network, state = networks.load("zfnet"), torch.get_rng_state()
    randomized_layers(network, ["conv1"], torch.Generator().manual_seed(0))
    assert torch.equal(state, torch.get_rng_state())
