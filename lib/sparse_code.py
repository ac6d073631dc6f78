"""A wide code of which only little is used at a time.

    L = ‖x − x̂‖² / M + λ₁ Σ_j |h_j| + λ₂ Σ_j h_j²        M pixels, code h

A code wider than the image need not learn anything: it can copy. Charge for it, and it has to choose. λ₁ pulls every
number down equally hard, however small it is already, so most arrive at zero and few stay large; λ₂ pulls large numbers
hard and small ones hardly, so all get smaller and none gets to zero.

Olshausen, Field 1996, "Emergence of Simple-Cell Receptive Field Properties by Learning a Sparse Code for Natural
Images", eq. 2 to 4.
Ng 2011, "Sparse Autoencoder", lecture notes, for the form as an autoencoder.
"""


def sparse_loss(images, reconstructions, codes, l1, l2):
    """How far reconstructions are from the images, plus what their codes cost.

    images:          (N, C, H, W).
    reconstructions: (N, C, H, W).
    codes:           (N, K).
    l1:              the price of a unit of magnitude, λ₁.
    l2:              the price of a unit of square, λ₂.
    returns:         (N,): for each image the mean squared difference over its pixels, plus l1 times the sum
                     of the magnitudes of its code, plus l2 times the sum of the squares.
    """
    error = (reconstructions - images).square().flatten(1).mean(dim=1)
    return error + l1 * codes.abs().sum(dim=1) + l2 * codes.square().sum(dim=1)
