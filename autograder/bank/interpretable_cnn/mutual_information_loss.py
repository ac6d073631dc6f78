import math

import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import mutual_information_loss


def _scores(images, channels, templates, dtype=torch.float32, scale=1.0):
    return lambda g: (scale * normal(g, images, channels, templates, dtype=dtype),)


def _by_hand(g):
    """The first and third template find the first image in three of four cases, the second finds the other."""
    third = math.log(3)
    return (torch.tensor([[[third, 0.0, third]], [[0.0, third, 0.0]]]),)


def _diagonal(g):
    shuffled = torch.randperm(6, generator=g)
    return ((800 + 400 * uniform(g, 1)) * torch.eye(6)[shuffled][:, None] - 300,)


def _parts(scores):
    given = scores.log_softmax(dim=0)
    return given, given.logsumexp(dim=2, keepdim=True) - math.log(scores.shape[2])


def _other_way(whole, summed):
    """The wrong answer with a softmax over the templates, averaged over `whole` and summed over `summed` afterwards."""

    def wrong(scores):
        given = scores.log_softmax(dim=2)
        compared = given - given.logsumexp(dim=whole, keepdim=True) + math.log(scores.shape[whole])
        return -(given.exp() * compared).sum(dim=summed, keepdim=True).mean(dim=(0, 2))

    return wrong


def _entropy(scores):
    given, _ = _parts(scores)
    return (given.exp() * given).sum(dim=0).mean(dim=1)


def _uniform_images(scores):
    given, _ = _parts(scores)
    return -(given.exp() * (given + math.log(len(scores)))).sum(dim=0).mean(dim=1)


def _unstable(scores):
    grown = scores.exp()
    given = grown / grown.sum(dim=0)
    return -(given * (given / given.mean(dim=2, keepdim=True)).log()).sum(dim=0).mean(dim=1)


def _all_together(scores):
    joint = scores.permute(1, 0, 2).flatten(1).softmax(dim=1).view(scores.shape[1], len(scores), -1)
    apart = joint.sum(dim=1, keepdim=True) * joint.sum(dim=2, keepdim=True)
    return -(joint * (joint / apart).log()).sum(dim=(1, 2))


def _sum_of_logs(scores):
    given, _ = _parts(scores)
    return -(given.exp() * (given - given.mean(dim=2, keepdim=True))).sum(dim=0).mean(dim=1)


def _summed(scores):
    return mutual_information_loss.mutual_information_loss(scores) * scores.shape[2]


EXERCISE = Exercise(
    mutual_information_loss.mutual_information_loss,
    cases=(
        Case("two images and two templates by hand", _by_hand, random=False),
        Case("five images", _scores(5, 3, 4), observe=observe_results.with_gradient),
        Case("one image only", _scores(1, 2, 5)),
        Case("each image fits a template of its own, with huge scores", _diagonal),
        Case("images that all fit equally", lambda g: (uniform(g, 1, 2, 5).repeat(4, 1, 1),)),
        Case("double precision", _scores(6, 2, 10, torch.float64, 3.0), observe=observe_results.with_gradient),
    ),
    mistakes=(
        Mistake("wrong sign", lambda s: -mutual_information_loss.mutual_information_loss(s),
                "the sign is wrong: yours is the mutual information itself. A loss is made small, and the information "
                "is to become large; added like this, it would make filters that know nothing of places."),
        Mistake("probabilities over the templates", _other_way(0, 2),
                "your probabilities add up to 1 over the templates. p(x | T) is about images: for one template, the "
                "numbers of all N images add up to 1."),
        Mistake("softmax over the templates, the rest as asked", _other_way(2, 0),
                "your softmax makes the templates of one image compete: that is p(T | x). In p(x | T) the template is "
                "given, and the images compete."),
        Mistake("softmax over the templates, added up there too", _other_way(2, 2),
                "your softmax and your inner sum both run over the templates. The question of the game is which image "
                "it was, so both belong to the images."),
        Mistake("softmax over the templates, p(x) over the images", _other_way(0, 0),
                "two axes are exchanged: your softmax runs over the templates, and your p(x) is a mean over the "
                "images. p(x | T) shares one unit among images; p(x) goes over all templates."),
        Mistake("entropy in place of information", _entropy,
                "you left p(x) out, so what you have is the entropy of the images given a template. Information "
                "compares it with what is known without a template."),
        Mistake("images taken as equally probable", _uniform_images,
                "you took 1 / N for p(x). An image that fits many templates is more probable than one that fits none; "
                "p(x) follows from p(x | T) by adding over the templates."),
        Mistake("logarithms averaged", _sum_of_logs,
                "you averaged the logarithms of p(x | T) to get that of p(x). Average the probabilities first, and "
                "take the logarithm after."),
        Mistake("overflow", _unstable,
                "with large scores you have numbers that are not finite: the exponential overflows. Stay with "
                "logarithms as long as you can."),
        Mistake("one partition function for all templates", _all_together,
                "you divided by one sum over images and templates together. Each template has its own Z: given T, the "
                "images share one unit among them, whatever the other templates say."),
        Mistake("not weighted by p(T)", _summed,
                "you added up the templates as if each were certain. Each has the probability 1 / K."),
        Mistake("bits", lambda s: mutual_information_loss.mutual_information_loss(s) / math.log(2),
                "you measure in bits, with a logarithm to the base 2. Asked are nats, with the natural one."),
        Mistake("filters averaged", lambda s: mutual_information_loss.mutual_information_loss(s).mean(),
                "you have one number for all filters. Each has a loss of its own: (C,)."),
    ),
    points=3,
    success="Zero says that the maps tell nothing of the place; −log N, that each image has a template of its own.",
)  # fmt: skip
