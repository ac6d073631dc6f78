import math

import numpy as np
import torch
from scipy.linalg import subspace_angles

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import linear_autoencoder


def _training(samples, size, codes, steps, rate, offset=1.0):
    """Samples with a few strong directions and a mean that is not zero, and matrices that know nothing."""

    def inputs(g):
        turn = torch.linalg.qr(normal(g, size, size))[0].double()
        spread = torch.where(torch.arange(size) < codes, 2.0 - 0.2 * torch.arange(size), 0.3).double()
        drawn = normal(g, samples, size).double() * spread @ turn + offset * normal(g, size).double()
        encoder, decoder = (0.3 * normal(g, *shape).double() for shape in ((size, codes), (codes, size)))
        return drawn, encoder, decoder, steps, rate

    return inputs


def _like_principal_components(inputs, answer):
    """How near the trained decoder is to the principal components, and how good both matrices are on new samples."""
    samples, encoder, decoder, *_ = inputs
    trained = [torch.as_tensor(part).detach().to(samples) for part in answer]
    if [part.shape for part in trained] != [encoder.shape, decoder.shape]:
        return {"shapes": [list(part.shape) for part in trained]}
    centered = samples - samples.mean(dim=0)
    best = torch.linalg.svd(centered, full_matrices=False).Vh[: len(decoder)]
    angles = np.rad2deg(subspace_angles(trained[1].T.numpy(), best.T.numpy()))
    noise = torch.randn(50, len(samples), generator=torch.Generator().manual_seed(5)).to(samples)
    unseen = noise @ centered / len(samples) ** 0.5
    mine, least = ((unseen @ a @ b - unseen).square().sum() for a, b in (trained, (best.T, best)))
    return {
        "every angle to the principal components is below 1 degree": bool((angles < 1).all()),
        "on new samples hardly worse than principal components": bool(mine < 1.02 * least),
    }


def _loop(center=lambda x: x - x.mean(dim=0), code=lambda h: h, zero=True, decay=True, sign=1, fresh=False, only=None,
          kind=torch.optim.Adam, tied=False):  # fmt: skip
    """The loop with one thing wrong."""

    def wrong(samples, encoder, decoder, steps, rate):
        centered = center(samples)
        trained = [matrix.clone().requires_grad_() for matrix in (encoder, decoder)]
        learning = trained if only is None else trained[only : only + 1]
        optimizer = kind(learning, lr=rate)
        for step in range(steps):
            now = rate * (1 + math.cos(math.pi * step / steps)) / 2 if decay else rate
            if fresh:
                optimizer = kind(learning, lr=now)
            optimizer.param_groups[0]["lr"] = now
            if zero:
                optimizer.zero_grad()
            up = trained[0].T if tied else trained[1]
            made = code(centered @ trained[0]) @ up
            (sign * (made - centered).square().mean()).backward()
            optimizer.step()
        return trained[0].detach(), (trained[0].T if tied else trained[1]).detach()

    return wrong


def _attached(samples, encoder, decoder, steps, rate):
    trained = linear_autoencoder.train_linear_autoencoder(samples, encoder, decoder, steps, rate)
    return tuple(matrix.clone().requires_grad_() for matrix in trained)


EXERCISE = Exercise(
    linear_autoencoder.train_linear_autoencoder,
    cases=(
        Case("one step", _training(3, 2, 1, 1, 0.1), observe=observe_results.of_tensors),
        Case("four steps, number by number", _training(6, 4, 2, 4, 0.05), observe=observe_results.of_tensors),
        Case("400 steps, 8 numbers through 2", _training(60, 8, 2, 400, 0.05), measure=_like_principal_components),
        Case("400 steps, 12 numbers through 3, a large mean", _training(100, 12, 3, 400, 0.05, offset=5.0),
             measure=_like_principal_components),
    ),
    mistakes=(
        Mistake("mean left in", _loop(center=lambda x: x),
                "the mean of the samples is still in them. Your code then spends a direction on saying where the "
                "cloud is, instead of how it spreads; principal components are counted from the mean."),
        Mistake("every sample centered by itself", _loop(center=lambda x: x - x.mean(dim=1, keepdim=True)),
                "you took off each sample's own mean, over its numbers. The mean sample is an average over samples."),
        Mistake("one mean for all numbers", _loop(center=lambda x: x - x.mean()),
                "you took off one mean, that of all numbers together. Each of the D numbers has its own, over the "
                "samples."),
        Mistake("standardized", _loop(center=lambda x: (x - x.mean(dim=0)) / x.std(dim=0)),
                "you also divided by the standard deviations. Then every number counts alike, and the directions of "
                "largest variance are others."),
        Mistake("a ReLU on the code", _loop(code=lambda h: h.relu()),
                "your codes are never negative. This autoencoder is linear: nothing is between the two products."),
        Mistake("one matrix, used twice", _loop(tied=True),
                "your decoder is the encoder, transposed. Here the two are free; that the solution may be chosen so "
                "is a result, not an assumption."),
        Mistake("only the decoder learns", _loop(only=1),
                "the encoder is what it was. Both matrices belong to the optimizer."),
        Mistake("gradients add up", _loop(zero=False),
                "the gradients of all steps add up, because they are never cleared. Every step needs the gradient of"
                " where it stands now."),
        Mistake("rate stays the same", _loop(decay=False),
                "the rate stays what it is. It has to fall along half a cosine; the last tenth of a degree is found "
                "with small steps."),
        Mistake("plain gradient descent", _loop(kind=torch.optim.SGD),
                "these are steps of plain gradient descent. Asked for is Adam; near the start the gradients here are"
                " tiny, and it does not mind."),
        Mistake("uphill", _loop(sign=-1),
                "the reconstructions get worse: you climb. What is minimized is the difference itself."),
        Mistake("matrices that still learn", _attached,
                "both matrices are right, but they still hang on the graph of the training. Hand them out without "
                "it."),
        Mistake("the start comes back", lambda samples, *start: (start[0].clone(), start[1].clone()),
                "what comes back are the two matrices of the start. Return those that the optimizer moved."),
    ),
    points=3,
    success="It has found the principal components by trial and error. Nobody told it about eigenvectors.",
)  # fmt: skip
