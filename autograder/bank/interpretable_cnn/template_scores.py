import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import mutual_information_loss


def _inputs(images, channels, size, templates, dtype=torch.float32):
    def inputs(g):
        maps = normal(g, images, channels, size, size, dtype=dtype).relu()
        return maps, normal(g, templates, size, size, dtype=dtype)

    return inputs


def _by_hand(g):
    templates = torch.tensor([[[1.0, 0.0], [5.0, 0.0]], [[0.0, 1.0], [1.0, -1.0]]])
    return torch.tensor([[[[1.0, 2.0], [0.0, 3.0]]]]), templates


def _turned(g):
    return normal(g, 2, 3, 4, 4).transpose(2, 3), normal(g, 5, 4, 4).transpose(1, 2)


EXERCISE = Exercise(
    mutual_information_loss.template_scores,
    cases=(
        Case("one map and two templates by hand", _by_hand, random=False),
        Case("a batch of 3", _inputs(3, 2, 3, 10), observe=observe_results.with_gradient),
        Case("one image, one channel, one template", _inputs(1, 1, 5, 1)),
        Case("tensors that are not contiguous in memory", _turned),
        Case("double precision", _inputs(2, 4, 4, 17, torch.float64)),
    ),
    mistakes=(
        Mistake("trace of the matrix product", lambda x, t: torch.einsum("ncij,kji->nck", x, t),
                "you multiplied matrices and took the trace, as the paper's letters say. That compares each position "
                "with its mirror image across the diagonal; meant is row with row and column with column."),
        Mistake("diagonal only", lambda x, t: torch.einsum("ncii,kii->nck", x, t),
                "you added up the products on the diagonal only. Every position of the map counts."),
        Mistake("averaged over the positions", lambda x, t: torch.einsum("ncij,kij->nck", x, t) / t[0].numel(),
                "you took the mean over the positions. The templates hold a 1 / n² already, in their τ; here it is the "
                "sum."),
        Mistake("channels summed too", lambda x, t: torch.einsum("ncij,kij->nk", x, t),
                "you added up the filters. Each filter of an image is compared with the templates by itself: "
                "(N, C, K)."),
        Mistake("largest product", lambda x, t: (x[:, :, None] * t).amax(dim=(3, 4)),
                "you took the largest product. A template has an opinion on all positions, above all on those where "
                "there should be nothing."),
        Mistake("cosine", lambda x, t: torch.cosine_similarity(x.flatten(2)[:, :, None], t.flatten(1), dim=3),
                "you divided by the lengths. How strongly a filter responds is part of the answer: a weak map fits "
                "no template well."),
    ),
    points=1,
    success="A map has become n² + 1 numbers: how well it answers each wish.",
)  # fmt: skip
