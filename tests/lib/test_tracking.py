"""Oracles: videos whose motion is known, loops, and networks that only tracks have taught."""

import torch

from lib import images, tracking
from lib.datasets import videos
from lib.flow_network import LEARNED_FROM


def moving(shifts):
    """A photograph that moves by whole pixels: frames that begin at each of the places (x, y) in it."""
    whole = images.resize(images.sample("gravel"), 120)[0]
    return torch.stack([whole[:, y : y + 60, x : x + 80] for x, y in shifts])


def test_patches_are_what_lies_around_their_centers(device):
    frame = torch.rand(3, 9, 11, device=device)
    centers = torch.tensor([[4, 3], [0, 8]], device=device)
    found = tracking.patches_at(frame, centers, 5)
    assert found.shape == (2, 3, 5, 5)
    assert torch.equal(found[0], frame[:, 1:6, 2:7])
    assert torch.equal(found[:, :, 2, 2], frame[:, centers[:, 1], centers[:, 0]].T)
    assert torch.equal(found[1, :, 4, 0], frame[:, 8, 0])


def test_a_moving_photograph_is_followed_exactly(device):
    shifts = [(20, 10), (22, 9), (25, 11), (24, 14)]
    frames = moving(shifts).to(device)
    start = tracking.lively(frames[0], 30, 11, 5)
    start = start[((start > 12) & (start < 45)).all(dim=1)]
    track = tracking.follow(frames, start, 11, 4)
    assert len(start) >= 3
    for moment, (x, y) in enumerate(shifts):
        expected = start + torch.tensor([20 - x, 10 - y], device=device)
        assert torch.equal(track[moment], expected)
    assert tracking.kept(frames, track, 11, 4).all()


def test_a_track_that_was_lost_does_not_come_home():
    frames = moving([(20, 10), (22, 10), (24, 10), (26, 10)])
    start = tracking.lively(frames[0], 12, 11, 5)
    assert len(start) >= 8
    frames[1:3] = torch.rand(2, 3, 60, 80)  # nothing to be seen for two moments
    lost = tracking.follow(frames, start, 11, 4)
    assert tracking.kept(frames, lost, 11, 4).double().mean() < 0.4


def test_lively_places_are_corners_and_apart():
    frame = torch.zeros(3, 60, 60)
    frame[:, 20:40, 15:45] = 1
    found = tracking.lively(frame, 10, 7, 5)
    corners = torch.tensor([[15, 20], [45, 20], [15, 40], [45, 40]])
    assert len(found) >= 4
    far = (found[:, None] - corners).abs().amax(dim=2)
    assert (far.amin(dim=0) <= 4).all() and (far.amin(dim=1) <= 4).all()
    assert len(tracking.lively(torch.full((3, 30, 30), 0.5), 10, 7, 5)) == 0


def test_tracks_teach_what_they_know_about_patches_of_their_own():
    generator = torch.Generator().manual_seed(0)
    watched = [videos.video(6, 96, 3, generator, LEARNED_FROM).frames for _ in range(5)]
    tracks = tracking.patches_of_tracks(watched, generator=generator)
    assert tracks.shape[0] == 6 and tracks.shape[1] > 10 and tracks.shape[2:] == (3, 21, 21)
    start = tracking.encoder(torch.Generator().manual_seed(0))
    before = [value.clone() for value in start.parameters()]
    trained = tracking.train(start, tracks, steps=25, batch=32, generator=generator)
    share = [tracking.found_again(network, tracks[0], tracks[-1]) for network in (start.eval(), trained)]
    assert share[1] > share[0] and share[1] > 0.6
    assert all(torch.equal(one, two) for one, two in zip(before, start.parameters()))


def test_things_are_asked_only_where_they_can_be_seen():
    made = [videos.video(4, 64, 3, torch.Generator().manual_seed(0)) for _ in range(1)]
    asked, answers = tracking.things(made)
    assert asked.shape == answers.shape == (3, 3, 21, 21)
    outside = made[0]._replace(centers=made[0].centers + torch.tensor([200.0, 0.0]))
    assert len(tracking.things([outside])[0]) == 0


def test_everything_is_found_again_among_itself():
    patches = torch.rand(12, 3, 21, 21)
    assert tracking.found_again(tracking.raw_pixels, patches, patches) == 1
    assert tracking.found_again(tracking.raw_pixels, patches, patches.roll(1, dims=0)) == 0
