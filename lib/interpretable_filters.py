"""Filters that keep to one place: each map is multiplied by the template of its own maximum.

    μ̂ = argmax_{ij} x_ij            x_masked = max(x ∘ T_μ̂, 0)            (Zhang et al. 2018, section 3)

What is far from the strongest response of a filter is noise to it, and is taken away before the next layer sees it.
The template is chosen anew for each filter and image, and the choice has no gradient.

A filter belongs to the category whose images excite it most. Of all others it should say: not here.

Zhang, Wu, Zhu 2018, "Interpretable Convolutional Neural Networks".
"""

import torch


def mask_maps(maps, templates):
    """Each map times the template of its strongest position, and nothing negative.

    maps:      (N, C, n, n), after a ReLU.
    templates: (n² + 1, n, n); number row · n + column has its maximum at (row, column).
    returns:   (N, C, n, n): x ∘ T, where T is the template of the largest value of that map (of
               the first of them, row by row, if there are several), with negative values set to 0.

    Zhang et al. 2018, section 3.
    """
    strongest = maps.flatten(2).argmax(dim=2)
    return (maps * templates[strongest]).relu()


def filter_categories(maps, labels, categories):
    """For each filter the category whose images excite it most.

    maps:       (N, C, n, n), after a ReLU.
    labels:     (N,) integers from 0 to categories − 1. Some may have more images than others,
                and each has at least one.
    categories: int, how many there are.
    returns:    (C,) integers: the category with the largest mean, over its images, of the sum of
                the filter's map.

    Zhang et al. 2018, section 3.
    """
    sums = maps.sum(dim=(2, 3))
    means = [sums[labels == category].mean(dim=0) for category in range(categories)]
    return torch.stack(means).argmax(dim=0)
