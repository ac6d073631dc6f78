"""What makes a texture, for a network: which features occur together, wherever that is.

A layer of C channels holds C numbers at each of its M positions: F, of shape C × M. A texture stays the same when its
parts change places, so its description must not depend on the order of the columns of F:

    G_ij = Σ_k F_ik F_jk                            the Gram matrix, C × C             (Gatys et al. 2015, eq. 1)
    E_l  = Σ_ij (G_ij − Ĝ_ij)² / (4 C² M²)          from the sample's G to the image's Ĝ (eq. 2)
    L    = Σ_l w_l E_l                              over several layers                (eq. 3)

G is a plain sum. Its size grows with the image, and the constants of E_l are there to make up for that.

Gatys, Ecker, Bethge 2015, "Texture Synthesis Using Convolutional Neural Networks", whose N_l is C here.
"""


def gram_matrix(features):
    """How often the channels of a layer are strong together, summed over positions.

    features: (N, C, H, W), what a layer gives for N images.
    returns:  (N, C, C), one matrix for each image; element [n, i, j] is the sum over all
              positions of channel i times channel j. It is not divided by anything.

    Gatys et al. 2015, "Texture Synthesis Using Convolutional Neural Networks", eq. 1.
    """
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2)


def shuffle_positions(features, order):
    """The same feature vectors at other places.

    features: (N, C, H, W).
    order:    (H · W,) integers, each of 0 ... H · W − 1 once. Positions are counted row by row,
              as one reads.
    returns:  (N, C, H, W); position k holds what position order[k] of `features` holds, in all
              channels and all images alike.
    """
    flat = features.flatten(2)
    return flat[:, :, order].view_as(features)


def layer_loss(gram, target, positions):
    """How far the Gram matrices of a layer are from those of the sample.

    gram:      (N, C, C), of the images that are being made.
    target:    (N, C, C), of the samples; or (1, C, C), one for all.
    positions: int, H · W of the layer.
    returns:   (N,): for each image, the sum of the squared differences, divided by
               4 · C² · positions².

    Gatys et al. 2015, eq. 2, where C is called N and the number of positions M.
    """
    channels = gram.shape[1]
    squares = (gram - target).square().sum(dim=(1, 2))
    return squares / (4 * channels**2 * positions**2)


def texture_loss(features, targets, weights):
    """The losses of several layers, weighted and added.

    features: a dict from the name of a layer to (N, C, H, W), what it gives for the images.
    targets:  a dict from the name of a layer to (N, C, C) or (1, C, C), the samples' Gram
              matrices. It says which layers count; `features` may hold others as well.
    weights:  a dict from the name of each of these layers to its weight w, a number or (N,).
    returns:  (N,): for each image, the sum over the layers of w · E.

    Gatys et al. 2015, eq. 3.
    """
    total = 0
    for name, target in targets.items():
        maps = features[name]
        positions = maps.shape[2] * maps.shape[3]
        total = total + weights[name] * layer_loss(gram_matrix(maps), target, positions)
    return total


def spatial_average(features):
    """How strong each channel is on average: the simplest statistic that forgets the positions.

    features: (N, C, H, W).
    returns:  (N, C), the mean over the positions.
    """
    return features.mean(dim=(2, 3))
