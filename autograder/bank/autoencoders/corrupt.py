import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform
from lib import corruption


def _images(n, side, share, deviation, low=0.4, high=0.6, dtype=torch.float32):
    def inputs(g):
        images = low + (high - low) * uniform(g, n, 1, side, side, dtype=dtype)
        return images, share, deviation, torch.Generator().manual_seed(int(torch.randint(2**31, (), generator=g)))

    return inputs


def _unscathed(g):
    return torch.tensor([[[[0.0, 0.25], [0.5, 1.0]]]]), 0.0, 0.0, torch.Generator().manual_seed(0)


def _all_lost(g):
    return 0.5 + 0.5 * uniform(g, 2, 1, 3, 3), 1.0, 0.1, torch.Generator().manual_seed(1)


def _damage(inputs, answer):
    """Whether losses and noise are as asked, within five standard errors."""
    images, share, deviation, _ = inputs
    damaged = torch.as_tensor(answer).detach().to(images)
    if damaged.shape != images.shape:
        return {"shape": list(damaged.shape)}
    lost = damaged == 0
    if share == 1:
        return {"everything is lost, so everything is 0": bool(lost.all())}
    room = 5 * (share * (1 - share) / lost.numel()) ** 0.5
    change = (damaged - images)[~lost]
    error = deviation / len(change) ** 0.5
    agree = 1 - 2 * share * (1 - share)
    pairs = (lost[0] == lost[1]).double().mean()
    return {
        "every value from 0 to 1": bool(((damaged >= 0) & (damaged <= 1)).all()),
        "the share of values that are 0 is as asked": bool(abs(lost.double().mean() - share) <= room),
        "the others keep their gray, but for noise that goes both ways": bool(abs(change.mean()) <= 5 * error + 1e-6),
        "the noise has the deviation that was asked for": bool(abs(change.std() - deviation) <= 5 * error + 1e-6),
        "each image loses other values": bool(abs(pairs - agree) <= 5 * (0.25 / lost[0].numel()) ** 0.5),
    }


def _in_range(inputs, answer):
    """For black, white and much noise: the range, and that what is left is left."""
    images, share, *_ = inputs
    damaged = torch.as_tensor(answer).detach().to(images)
    inside = bool(((damaged >= 0) & (damaged <= 1)).all())
    return {"shape": list(damaged.shape), "every value from 0 to 1": inside,
            "noise on it": bool((damaged != images).double().mean() > 0.2)}  # fmt: skip


def _with(lost=lambda draws, share: draws < share, shape=lambda x: x.shape, keep=lambda share: 1.0, before=False,
          clamp=True, width=lambda d: d, draw=torch.randn, fill=0.0):  # fmt: skip
    def wrong(images, share, deviation, generator):
        noise = draw(images.shape, generator=generator, dtype=images.dtype)
        gone = lost(torch.rand(shape(images), generator=generator), share).expand_as(images)
        if before:
            return (torch.where(gone, 0, images) + deviation * noise).clamp(0, 1)
        noisy = images + width(deviation) * noise
        return torch.where(gone, fill, noisy.clamp(0, 1) if clamp else noisy) / keep(share)

    return wrong


def _losses_first(images, share, deviation, generator):
    kept = torch.rand(images.shape, generator=generator) >= share
    noise = torch.randn(images.shape, generator=generator, dtype=images.dtype)
    return (images * kept + deviation * noise).clamp(0, 1)


EXERCISE = Exercise(
    corruption.corrupt,
    cases=(
        Case("no damage at all, by hand", _unscathed, random=False),
        Case("values lost, no noise", _images(4, 40, 0.3, 0.0), measure=_damage),
        Case("noise, nothing lost", _images(3, 40, 0.0, 0.05), measure=_damage),
        Case("both, on many images", _images(6, 30, 0.6, 0.04), measure=_damage),
        Case("everything lost", _all_lost, measure=_damage),
        Case("double precision", _images(3, 32, 0.2, 0.03, dtype=torch.float64), measure=_damage),
        Case("much noise on black and white", _images(2, 20, 0.1, 2.0, low=0.0, high=1.0), measure=_in_range),
    ),
    mistakes=(
        Mistake("the same values lost in all images", _with(shape=lambda x: x.shape[1:]),
                "all images of a batch lose the same values. The damage is to be drawn for each image anew, or the "
                "network could learn to do without those places."),
        Mistake("the share is kept", _with(lost=lambda draws, share: draws >= share),
                "the share that you were given is what you keep. It is what gets lost."),
        Mistake("the others scaled up", _with(keep=lambda share: 1 - share),
                "you scaled up what is left, as dropout does inside a network. Here the damage is part of the "
                "picture: a pixel that survives keeps its gray."),
        Mistake("noise on what is lost", _with(before=True),
                "the noise came last, so the lost values are not 0 but noise. First the noise, then the losses."),
        Mistake("losses first, then noise on everything", _losses_first,
                "you lose values first and add noise to all of them afterwards, so nothing is black any more. What is "
                "lost gets no noise."),
        Mistake("never brought back into the range", _with(clamp=False),
                "some values are below 0 or above 1. No picture has them: bring them back before some are lost."),
        Mistake("variance taken for deviation", _with(width=lambda d: d**0.5),
                "your noise is too strong: you took its deviation for a variance."),
        Mistake("noise in one direction", _with(draw=torch.rand),
                "your noise is never negative, so it makes pictures brighter. Normal noise goes both ways alike."),
        Mistake("lost values become gray", _with(fill=0.5),
                "what is lost becomes gray in yours. Here it is 0, black."),
        Mistake("no noise", _with(width=lambda d: 0.0),
                "values get lost, but there is no noise on the others."),
    ),
    points=1,
    success="As many different damaged copies as you like, of one whole image.",
)  # fmt: skip
