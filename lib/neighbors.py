"""Which pictures does a network find alike? Those whose features lie close together.

The last layer before the class scores describes an image by a vector. Two images that the network describes
alike are neighbors there, however different their pixels are.

Krizhevsky, Sutskever, Hinton 2012, "ImageNet Classification with Deep Convolutional Neural Networks", figure 4.
"""

import torch


def nearest_neighbors(features, k):
    """For each vector, the k others that are nearest to it.

    features: (N, D), one row for each image.
    k:        int, less than N.
    returns:  (N, k) integers, the rows of the nearest others by Euclidean distance, the nearest
              first. A row is never among its own neighbors; an equal row may be.

    Krizhevsky et al. 2012, "ImageNet Classification with Deep Convolutional Neural Networks",
    section 6.1.
    """
    distances = torch.cdist(features, features)
    distances.fill_diagonal_(torch.inf)
    return distances.topk(k, largest=False).indices
