"""Does a picture depend on what the network has learned? Draw its weights anew, layer by layer from the top.

A method that explains a trained network has to give another picture for an untrained one. How much another, a
rank correlation says: 1 for two maps that put all pixels in the same order of importance, 0 for unrelated ones.

Adebayo et al. 2018, "Sanity Checks for Saliency Maps", section 3 (cascading randomization).
"""

import copy

import torch
from scipy.stats import rankdata


def rank_correlation(one, other):
    """Spearman's rank correlation: do two maps put their pixels in the same order?

    one, other: maps of the same shape, any number of axes.
    returns:    a float in [-1, 1]: the correlation (Pearson's) between the ranks of the values.
                Equal values share the mean of their ranks. NaN if one map is the same everywhere.

    Adebayo et al. 2018, "Sanity Checks for Saliency Maps", section 3.
    """
    ranks = [torch.from_numpy(rankdata(values.detach().cpu().flatten())) for values in (one, other)]
    return torch.corrcoef(torch.stack(ranks))[0, 1].item()


def randomized_layers(network, names, generator):
    """A copy of a network in which some layers have learned nothing.

    network:   an nn.Module; stays as it is.
    names:     a list of names of layers with a weight and a bias, as in `named_modules()`.
    generator: a torch.Generator; layer by layer, in the order of `names`, the new weight is
               torch.randn(weight.shape, generator=generator) times the standard deviation of
               the old one (`weight.std()`).
    returns:   the copy; the biases of those layers are zero, all else is as before.

    Adebayo et al. 2018, "Sanity Checks for Saliency Maps", section 3.
    """
    fresh = copy.deepcopy(network)
    with torch.no_grad():
        for name in names:
            layer = fresh.get_submodule(name)
            noise = torch.randn(layer.weight.shape, generator=generator).to(layer.weight)
            layer.weight.copy_(noise * layer.weight.std())
            layer.bias.zero_()
    return fresh
