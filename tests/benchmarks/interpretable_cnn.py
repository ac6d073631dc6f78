"""The loss of 64 interpretable filters on 32 maps of 14 × 14, and its gradient, against the sum template by template.

The peer takes the formula as it stands: for each of the 197 templates the score of each map, its exponential, and the
partition function; then the sum over templates of p(T) times the sum over images. Both are differentiated by autograd.
"""

from functools import partial

import torch

from lib.mutual_information_loss import mutual_information_loss, template_scores
from lib.part_templates import template_bank


def with_gradient(loss, maps):
    """The losses of the filters and the gradient of their sum by the maps."""
    maps = maps.clone().requires_grad_()
    losses = loss(maps)
    losses.sum().backward()
    return losses.detach(), maps.grad


def together(templates, maps):
    return mutual_information_loss(template_scores(maps, templates))


def template_by_template(templates, maps):
    given = []
    for template in templates:
        grown = (maps * template).sum(dim=(2, 3)).exp()
        given.append(grown / grown.sum(dim=0))
    any_template = sum(given) / len(given)
    return -sum((one * (one / any_template).log()).sum(dim=0) for one in given) / len(given)


def run(measure):
    maps = torch.randn(32, 64, 14, 14, generator=torch.Generator().manual_seed(0)).relu()
    templates = 20 * template_bank(14)
    measure(
        "interpretable filters, loss and gradient", "a loop over the templates",
        partial(with_gradient, partial(together, templates), maps),
        partial(with_gradient, partial(template_by_template, templates), maps),
        lambda a, b: all(torch.allclose(x, y, rtol=1e-3, atol=1e-7) for x, y in zip(a, b)),
        details=", 64 filters, 32 maps of 14 × 14, 197 templates",
    )  # fmt: skip
