"""Following a patch through a video, and learning from it what stays the same.

Nobody has labeled the video. But a patch of one frame can be found again in the next, because little changes in
between; and from there in the frame after that. At the end of the track the patch may have turned, grown, or got
another light, and is still the same thing: a pair of positives for a siamese network.

    track        at each step the place whose patch has the highest normalized correlation with the last one
    keep         a track only if, followed back from its end, it comes home
    positives    the first patch of a track and its last;  negatives: patches of other tracks

Wang and Gupta 2015, "Unsupervised Learning of Visual Representations using Videos"; Kalal et al. 2010,
"Forward-Backward Error", for the way back.
"""

from copy import deepcopy

import torch
from torch import nn
from torch.nn import functional as F


def patches_at(frame, centers, size):
    """Square patches of a picture.

    frame:   (3, H, W).  centers: (P, 2) int64, x and y.  size: odd.
    returns: (P, 3, size, size). Beyond the border the picture's last pixels go on.
    """
    reach = size // 2
    padded = F.pad(frame[None], (reach,) * 4, mode="replicate")[0]
    steps = torch.arange(size, device=frame.device)
    rows = centers[:, 1, None, None] + steps[:, None]
    columns = centers[:, 0, None, None] + steps
    return padded[:, rows, columns].transpose(0, 1)


def follow(frames, centers, size, reach):
    """Where patches of the first frame are in all others.

    frames:  (T, 3, H, W).
    centers: (P, 2) int64, x and y in the first frame.
    size:    odd, pixels of a patch's side.
    reach:   how far a patch may go from frame to frame, in pixels and each direction.
    returns: (T, P, 2) int64: from each frame to the next, the place within reach, and within the picture, whose patch
             has the highest normalized correlation with the patch of the frame before.
    """
    height, width = frames.shape[2:]
    steps = torch.arange(-reach, reach + 1, device=frames.device)
    moves = torch.cartesian_prod(steps, steps)
    moves = moves[moves.abs().sum(dim=1).argsort(stable=True)]  # of equals, the nearest
    track = [centers]
    for before, after in zip(frames, frames[1:]):
        candidates = track[-1][:, None] + moves
        inside = ((candidates >= 0) & (candidates < candidates.new_tensor([width, height]))).all(dim=2)
        candidates = candidates.clamp(min=0).minimum(candidates.new_tensor([width - 1, height - 1]))
        old = _normalized(patches_at(before, track[-1], size))
        new = _normalized(patches_at(after, candidates.flatten(0, 1), size)).unflatten(0, candidates.shape[:2])
        found = torch.einsum("pk,pmk->pm", old, new).masked_fill(~inside, -torch.inf).argmax(dim=1)
        track.append(candidates[torch.arange(len(found), device=found.device), found])
    return torch.stack(track)


def kept(frames, track, size, reach, tolerance=1.5):
    """Which tracks come home when they are followed back.

    track:   (T, P, 2), as from `follow`.
    returns: (P,) bool: whether the way back, from the last frame's place to the first frame, ends within `tolerance`
             pixels of where the track began.
    """
    back = follow(frames.flip(0), track[-1], size, reach)[-1]
    return (back - track[0]).double().norm(dim=1) <= tolerance


def lively(frame, count, size, apart, generator=None):
    """Places of a picture that can be followed: where a patch varies much in its weakest direction.

    frame:   (3, H, W).  size: of a patch.  apart: pixels between any two places, in one direction at least.
    returns: (P, 2) int64, x and y, P ≤ count, in random order. Shi and Tomasi 1994, "Good Features to Track".
    """
    gray = frame.mean(dim=0)
    across, down = torch.zeros_like(gray), torch.zeros_like(gray)
    across[:, 1:-1], down[1:-1] = gray[:, 2:] - gray[:, :-2], gray[2:] - gray[:-2]
    products = torch.stack([across * across, across * down, down * down])[None]
    xx, xy, yy = F.avg_pool2d(products, size, 1, size // 2, count_include_pad=False)[0]
    weakest = (xx + yy) / 2 - (((xx - yy) / 2) ** 2 + xy**2).sqrt()
    margin = size // 2
    weakest[:margin], weakest[-margin:], weakest[:, :margin], weakest[:, -margin:] = 0, 0, 0, 0
    peaks = weakest == F.max_pool2d(weakest[None], 2 * apart + 1, 1, apart)[0]
    y, x = (peaks & (weakest > 1e-5)).nonzero(as_tuple=True)
    best = weakest[y, x].argsort(descending=True)[:count]
    best = best[torch.randperm(len(best), generator=generator).to(best.device)]
    return torch.stack([x[best], y[best]], dim=1)


def patches_of_tracks(videos, count=40, size=21, small=15, reach=5, generator=None):
    """The patches along every track that came home.

    videos:  a list of frames (T, 3, H, W).
    count:   tracks begun in each video, or fewer where there are no more corners.
    size:    odd, of the patches that are returned.
    small:   odd, of those that are followed, in gray.
    returns: (T, P, 3, size, size).
    """
    found = []
    for frames in videos:
        gray = frames.mean(dim=1, keepdim=True)
        track = follow(gray, lively(frames[0], count, size, 6, generator), small, reach)
        track = track[:, kept(gray, track, small, reach)]
        found.append(torch.stack([patches_at(frame, centers, size) for frame, centers in zip(frames, track)]))
    return torch.cat(found, dim=1)


def raw_pixels(patches):
    """Patches (P, 3, S, S) as vectors of length 1, their mean taken off: a product is the normalized correlation."""
    return _normalized(patches)


def encoder(generator=None):
    """An untrained network from patches (P, 3, 21, 21) to descriptors (P, 64) of length 1."""
    network = nn.Sequential(
        nn.Conv2d(3, 24, 5, 2), nn.ReLU(), nn.Conv2d(24, 48, 3, 2), nn.ReLU(),
        nn.Conv2d(48, 64, 4), nn.Flatten(), Unit(),
    )  # fmt: skip
    for layer in network:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, generator=generator)
            nn.init.zeros_(layer.bias)
    return network


class Unit(nn.Module):
    """Vectors (N, D) divided by their lengths."""

    def forward(self, vectors):
        return F.normalize(vectors, dim=1)


def train(network, tracks, steps, batch=96, margin=0.3, rate=2e-3, generator=None):
    """A trained copy of the network: two moments of a track have to be more similar than two tracks.

    tracks:  (T, P, 3, S, S), as from `patches_of_tracks`. Of each track in a batch the network sees one patch of the
             first half of its frames and one of the second, mirrored and with their colors exchanged alike.
    returns: the copy, in eval mode. Each step goes down the mean of max(0, margin + rival − match), where the rival
             is the most similar of the other tracks' later patches.
    """
    network = deepcopy(network).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    moments, count = tracks.shape[:2]
    for _ in range(steps):
        chosen = torch.randperm(count, generator=generator)[:batch]
        early = torch.randint(0, moments // 2, chosen.shape, generator=generator)
        late = torch.randint(moments // 2, moments, chosen.shape, generator=generator)
        colors = torch.randperm(3, generator=generator)
        pair = [tracks[moment, chosen][:, colors] for moment in (early, late)]
        for axis in (2, 3):
            if torch.rand((), generator=generator) < 0.5:
                pair = [patches.flip(axis) for patches in pair]
        one, two = (network(patches - 0.45) for patches in pair)
        similarities = one @ two.T
        itself = torch.eye(len(chosen), dtype=torch.bool, device=one.device)
        rival = similarities.masked_fill(itself, -torch.inf).amax(dim=1)
        loss = (margin + rival - similarities.diagonal()).clamp(min=0).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def things(videos, size=21):
    """The things of `lib.datasets.videos`, as they look in the first frame and in the last.

    returns: (asked, answers), both (P, 3, size, size); only things whose middle is in the picture both times.
    """
    asked, answers = [], []
    for video in videos:
        ends = video.centers[[0, -1]].round().long()
        limit = ends.new_tensor([video.frames.shape[3], video.frames.shape[2]])
        inside = ((ends >= 0) & (ends < limit)).all(dim=2).all(dim=0)
        asked.append(patches_at(video.frames[0], ends[0, inside], size))
        answers.append(patches_at(video.frames[-1], ends[1, inside], size))
    return torch.cat(asked), torch.cat(answers)


@torch.no_grad()
def found_again(encode, asked, answers):
    """The share of patches whose most similar answer is their own.

    encode: a function from patches to descriptors of length 1.  asked, answers: (P, 3, S, S).
    """
    similarities = encode(asked - 0.45) @ encode(answers - 0.45).T
    return (similarities.argmax(dim=1) == torch.arange(len(asked), device=asked.device)).double().mean().item()


def _normalized(patches):
    flat = patches.flatten(1)
    return F.normalize(flat - flat.mean(dim=1, keepdim=True), dim=1)
