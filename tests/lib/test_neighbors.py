import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from lib.neighbors import nearest_neighbors


def test_neighbors_told_by_hand(device):
    features = torch.tensor([[0.0], [1], [3], [7]], device=device)
    assert nearest_neighbors(features, 2).tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]


@given(st.integers(0, 999), st.integers(3, 40), st.integers(1, 2))
def test_agrees_with_scikit_learn(seed, n, k):
    features = np.random.default_rng(seed).normal(size=(n, 6))
    found = nearest_neighbors(torch.from_numpy(features), k)
    expected = NearestNeighbors(n_neighbors=k).fit(features).kneighbors(return_distance=False)
    assert np.array_equal(found, expected)


def test_an_equal_row_is_a_neighbor_and_the_row_itself_is_not():
    features = torch.tensor([[1.0, 2], [5, 5], [1, 2]])
    assert nearest_neighbors(features, 1)[:, 0].tolist()[::2] == [2, 0]
    everything = nearest_neighbors(torch.randn(30, 3), 29)
    assert all(number not in row for number, row in enumerate(everything.tolist()))


def test_lengths_count():
    """Same direction, other length: far. Other direction, similar length: near."""
    features = torch.tensor([[1.0, 0], [9, 0], [0.8, 0.6]])
    assert nearest_neighbors(features, 1)[0] == 2


def test_more_neighbors_than_there_are_is_an_error():
    with pytest.raises(RuntimeError):
        nearest_neighbors(torch.randn(3, 2), 4)
