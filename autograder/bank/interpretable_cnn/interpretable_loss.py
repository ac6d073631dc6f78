import torch
from torch.nn import functional as F

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform, whole
from lib import mutual_information_loss


def _inputs(images, classes, filters, weight, dtype=torch.float32):
    def inputs(g):
        scores, labels = 2 * normal(g, images, classes, dtype=dtype), whole(g, 0, classes - 1, images)
        return scores, labels, -0.2 - uniform(g, filters, dtype=dtype), weight

    return inputs


def _by_hand(g):
    return torch.zeros(2, 2), torch.tensor([0, 1]), torch.tensor([-1.0, -3.0]), 0.5


def _sign(scores, labels, filters, weight):
    return F.cross_entropy(scores, labels) - weight * filters.mean()


def _weight_on_classes(scores, labels, filters, weight):
    return weight * F.cross_entropy(scores, labels) + filters.mean()


EXERCISE = Exercise(
    mutual_information_loss.interpretable_loss,
    cases=(
        Case("two images and two filters by hand", _by_hand, random=False),
        Case("five images, three filters", _inputs(5, 4, 3, 0.3), observe=observe_results.with_gradient),
        Case("one image, one filter", _inputs(1, 3, 1, 2.5)),
        Case("a weight of zero", _inputs(4, 3, 6, 0.0)),
        Case("double precision", _inputs(7, 5, 8, 10.0, torch.float64)),
    ),
    mistakes=(
        Mistake("loss of the filters added with the wrong sign", _sign,
                "the filters' losses are subtracted. They are losses already, negative information: what is made small "
                "together with the cross-entropy is their sum."),
        Mistake("filters summed", lambda s, y, f, w: F.cross_entropy(s, y) + w * f.sum(),
                "you added up the filters. With the mean, the weight means the same for a layer of 32 filters and for "
                "one of 512."),
        Mistake("images summed", lambda s, y, f, w: F.cross_entropy(s, y, reduction="sum") + w * f.mean(),
                "you added up the cross-entropies of the images. With the mean, the weight means the same for every "
                "size of a batch."),
        Mistake("softmax twice", lambda s, y, f, w: F.cross_entropy(s.softmax(dim=1), y) + w * f.mean(),
                "a softmax is applied twice: the cross-entropy of PyTorch contains one. It takes scores."),
        Mistake("weight on the classes", _weight_on_classes,
                "the weight stands before the cross-entropy. It says how much the filters count beside the classes."),
        Mistake("weight left out", lambda s, y, f, w: F.cross_entropy(s, y) + f.mean(),
                "the weight is not used. Without it nobody can say how much a part is worth in points of accuracy."),
        Mistake("classes left out", lambda s, y, f, w: w * f.mean(),
                "only the filters are left. A network that is not asked for classes has no reason to look at animals "
                "at all."),
    ),
    points=1,
    builds_on=(),
    success="Two goals in one number. The optimizer will not tell you which of them it gave up.",
)  # fmt: skip
