"""The loss that makes a filter one of parts: how much does a map say about the place of its part?

Among the maps x of one filter for all images, a template T finds those that fit it. If each image fits one template and
no other, then the template tells the image: their mutual information is large. The loss is its negative:

    p(x | T) = exp(tr(x·T)) / Z_T,   Z_T = Σ_x exp(tr(x·T)),   p(x) = Σ_T p(T) p(x | T)
    loss_f   = −MI(X; T) = −Σ_T p(T) Σ_x p(x | T) log(p(x | T) / p(x))

tr(x·T) stands for Σ_ij x_ij T_ij. With the paper's α = n² / (1 + n²), p(T) is the same for all n² + 1 templates.

Zhang, Wu, Zhu 2018, "Interpretable Convolutional Neural Networks", section 3.
"""

import math

import torch
from torch.nn import functional as F


def template_scores(maps, templates):
    """How well each map fits each template: the sum of their products, position by position.

    maps:      (N, C, n, n).
    templates: (K, n, n).
    returns:   (N, C, K); element [i, c, k] is the sum over rows and columns of map c of image i
               times template k.

    Zhang et al. 2018, section 3, there written tr(x · T).
    """
    return torch.einsum("ncij,kij->nck", maps, templates)


def mutual_information_loss(scores):
    """The negative mutual information of images and templates, for each filter.

    scores:  (N, C, K), how well N maps of C filters fit K templates. Every template is as
             probable as any other: p(T) = 1 / K.
    returns: (C,), −Σ_T p(T) Σ_x p(x | T) log(p(x | T) / p(x)) in nats, where p(x) is the sum
             over the templates of p(T) p(x | T). From −log N to 0; finite for scores of any size.

    Zhang et al. 2018, section 3, the loss of a filter.
    """
    log_given = scores.log_softmax(dim=0)
    log_any = log_given.logsumexp(dim=2, keepdim=True) - math.log(scores.shape[2])
    information = log_given.exp() * (log_given - log_any)
    return -information.sum(dim=0).mean(dim=1)


def target_gradient(maps, templates, targets):
    """Where each map should rise and fall, by its own target template alone.

    maps:      (N, C, n, n).
    templates: (K, n, n), each as probable as any other: p(T) = 1 / K.
    targets:   (N, C) integers, for each map the number of its template T̂.
    returns:   (N, C, n, n), what takes the place of the gradient of the loss by the maps:
               −p(T̂) p(x | T̂) log(p(x | T̂) / p(x)) · T̂, without a graph. The probabilities are
               those of `mutual_information_loss`: p(x | T) over the N images of one filter.

    Zhang et al. 2018, section 3, the approximate gradient; here with the sign of the loss.
    """
    maps = maps.detach()
    log_given = torch.einsum("ncij,kij->nck", maps, templates).log_softmax(dim=0)
    log_any = log_given.logsumexp(dim=2) - math.log(len(templates))
    log_target = log_given.gather(2, targets[:, :, None])[:, :, 0]
    strength = log_target.exp() * (log_target - log_any) / len(templates)
    return -strength[:, :, None, None] * templates[targets]


def interpretable_loss(class_scores, labels, filter_losses, weight):
    """What an interpretable network is trained on: right classes, and filters of parts.

    class_scores:  (N, K), before softmax.
    labels:        (N,) integers.
    filter_losses: (C,), the negative mutual information of each filter.
    weight:        a number λ.
    returns:       one number: the mean cross-entropy of the classes plus λ times the mean of the
                   filters' losses.
    """
    return F.cross_entropy(class_scores, labels) + weight * filter_losses.mean()
