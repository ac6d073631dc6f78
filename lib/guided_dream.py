"""Dreams that are told what to dream of: the features of another picture, a guide.

At each position p of the dreamed image a layer holds a vector a_p of C activations, and at each position q of the
guide a vector g_q. Every position of the dream takes from the guide what fits it best, and climbs towards that:

    L = Σ_p max_q a_p · g_q,    so    ∂L/∂a_p = g_q of the best q

Nothing is said about where: flowers of the guide appear wherever the photograph is a little like a flower.

Mordvintsev, Olah, Tyka 2015, the notebook published with "Inceptionism", section "Controlling dreams".
"""

import torch


def guided_objective(activations, guide):
    """How well each position of an image agrees with the place of a guide that suits it best.

    activations: (1, C, H, W), a layer's activations for the image, part of a graph or not.
    guide:       (1, C, h, w), the same layer's activations for the guide, of any size.
    returns:     one number, a tensor without axes: for each position of the image, the largest
                 dot product of its C activations with those of any position of the guide;
                 summed over the positions of the image.

    Mordvintsev et al. 2015, `objective_guide` in their notebook.
    """
    products = torch.einsum("cp,cq->pq", activations[0].flatten(1), guide[0].flatten(1))
    return products.amax(dim=1).sum()
