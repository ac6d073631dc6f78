"""What is to be made large: a neuron, a channel, a layer, a class; more of one and less of another; and variety.

    neuron a_c(y, x)   channel mean a_c   layer mean a²   logit S_k   probability softmax(S)_k
    direction          mean_yx Σ_c w_c a_c(y, x)              −1 on a channel: its negative; two ones: both at once
    diversity          −Σ_n Σ_{m≠n} cos(G_n, G_m)             with G the Gram matrix of one image's channels

All give one value for each image of a batch, to be made large.

Olah, Mordvintsev and Schubert 2017, "Feature Visualization".
"""

import torch
from torch.nn import functional as F


def objective_value(output, kind, index):
    """What a layer's output is worth to the one who climbs.

    output:  (N, C, H, W), a layer's activations; or (N, K), class scores before softmax.
    kind:    "neuron": the activation of channel index[n] at row H // 2, column W // 2;
             "channel": the mean of channel index[n] over positions;
             "layer": the mean of all squared activations, whatever the index;
             "logit": the score of class index[n]; "probability": its softmax.
    index:   (N,) integers, a channel or class for each image of the batch.
    returns: (N,), differentiable.

    Raises ValueError for another kind.

    Olah et al. 2017, section "Optimization objectives".
    """
    if kind == "layer":
        return output.square().mean(dim=(1, 2, 3))
    if kind == "probability":
        output = output.softmax(dim=1)
    elif kind not in ("neuron", "channel", "logit"):
        raise ValueError(f"the kind is neuron, channel, layer, logit or probability, not {kind!r}")
    chosen = output[torch.arange(len(output)), index]
    if kind == "channel":
        return chosen.mean(dim=(1, 2))
    if kind == "neuron":
        return chosen[:, chosen.shape[1] // 2, chosen.shape[2] // 2]
    return chosen


def direction_objective(maps, weights):
    """How far a layer goes in a direction of its channels: more of this one, less of that one.

    maps:    (N, C, H, W), a layer's activations.
    weights: (N, C), for each image how much each channel counts, of either sign.
    returns: (N,): the weighted sum over the channels, averaged over the positions; differentiable.

    Olah et al. 2017, sections "Optimization objectives" and "Interaction between neurons".
    """
    return torch.einsum("nchw,nc->n", maps, weights) / maps[0, 0].numel()


def diversity(maps):
    """How little the images of a batch are alike, in which channels of a layer occur together.

    maps:    (N, C, H, W), a layer's activations for N images of one channel or class; N is 2 or more.
    returns: a number, to be made large: minus the sum, over all pairs of different images in both
             orders, of the cosine of the angle between their Gram matrices. An image's Gram matrix
             (C, C) holds the sum over positions of channel i times channel j. Differentiable.

    Olah et al. 2017, section "Diversity" and its appendix.
    """
    grams = torch.einsum("nihw,njhw->nij", maps, maps)
    grams = F.normalize(grams.flatten(1), dim=1)
    cosines = grams @ grams.T
    return cosines.trace() - cosines.sum()
