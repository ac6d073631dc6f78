"""The two small FlowNets: shapes, what they can see, and that they learn a motion."""

from functools import partial

import pytest
import torch

from lib import flow_network as fn
from lib.correlation import correlation
from lib.datasets import flow as data
from lib.optical_flow import end_point_error, resize_flow

CORRELATE = partial(correlation, radius=3)


@pytest.mark.parametrize("correlate", [None, CORRELATE], ids=["stacked", "correlated"])
def test_flows_come_at_three_sizes_and_depend_on_both_pictures(correlate, device):
    network = fn.FlowNetwork(correlate, generator=torch.Generator().manual_seed(0)).to(device)
    first, second = torch.rand(2, 3, 3, 32, 48, device=device)
    flows = network(first, second)
    assert [tuple(flow.shape) for flow in flows] == [(3, 2, 4, 6), (3, 2, 8, 12), (3, 2, 16, 24)]
    for changed in ((first.flip(0), second), (first, second.flip(0))):
        assert not any(torch.allclose(one, two) for one, two in zip(flows, network(*changed)))
    alone = network(first[:1], second[:1])
    torch.testing.assert_close(alone[-1], flows[-1][:1], atol=1e-5, rtol=1e-4)


def test_a_finer_flow_starts_from_the_coarser_one_with_arrows_twice_as_long():
    network = fn.FlowNetwork(None, generator=torch.Generator().manual_seed(0))
    for layer in (network.flow4, network.flow2):
        layer.weight.data.zero_()
    coarse, finer, finest = network(*torch.rand(2, 1, 3, 32, 48))
    torch.testing.assert_close(finer, resize_flow(coarse, (8, 12)))
    torch.testing.assert_close(finest, resize_flow(finer, (16, 24)))


def test_the_loss_is_the_weighted_sum_of_end_point_errors_in_pixels_of_the_full_size(device):
    truth = torch.tensor([6.0, 0.0], device=device).view(1, 2, 1, 1).expand(2, 2, 16, 16)
    perfect = [resize_flow(truth, (side, side)) for side in (2, 4, 8)]
    assert fn.flow_loss(perfect, truth).item() == pytest.approx(0, abs=0.01)
    none = [torch.zeros_like(flow) for flow in perfect]
    assert fn.flow_loss(none, truth).item() == pytest.approx(6 * (0.3 + 0.5 + 1.0), rel=1e-4)
    assert fn.flow_loss([*none[:2], perfect[2]], truth).item() == pytest.approx(6 * 0.8, abs=0.01)


def test_one_seed_gives_one_network():
    one, two, other = (fn.FlowNetwork(None, generator=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(one.deep[0][0].weight, two.deep[0][0].weight)
    assert not torch.equal(one.deep[0][0].weight, other.deep[0][0].weight)


def test_a_common_motion_is_learned_and_found_in_pictures_that_were_not_seen():
    """Whole pictures moved by one of nine vectors, a small network, two hundred steps: well below no motion's error."""
    generator = torch.Generator().manual_seed(0)

    def moved(count, photographs):
        whole = data.cut(count, 44, generator, photographs)
        by = 4 * torch.randint(-1, 2, (count, 2), generator=generator)
        second = torch.stack([one[:, 6 - y : 38 - y, 6 - x : 38 - x] for one, (x, y) in zip(whole, by.tolist())])
        return whole[..., 6:38, 6:38], second, by[:, :, None, None].expand(-1, 2, 32, 32).float()

    batches = [moved(8, fn.LEARNED_FROM) for _ in range(200)]
    network = fn.FlowNetwork(CORRELATE, channels=(8, 16, 24), generator=torch.Generator().manual_seed(0))
    history = fn.train(network, batches, 5e-3)
    first, second, truth = moved(32, fn.HELD_OUT)
    with torch.no_grad():
        flow = resize_flow(network(first, second)[-1], (32, 32))
    rest = end_point_error(torch.zeros_like(truth), truth).mean()
    assert end_point_error(flow, truth).mean() < 0.7 * rest
    assert sum(history[-20:]) < 0.7 * sum(history[:20])


def test_held_out_photographs_are_held_out():
    assert not set(fn.HELD_OUT) & set(fn.LEARNED_FROM)
    assert set(fn.HELD_OUT) | set(fn.LEARNED_FROM) == set(data.PHOTOGRAPHS)
