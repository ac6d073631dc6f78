"""An autoencoder without any nonlinearity, and how near its span is to that of the principal components.

    h = E⊤(x − m),    x̂ = m + D⊤h,    (E, D) = argmin Σ_n ‖x_n − x̂_n‖²

m is the mean of the samples. With K numbers in h, the best that any E and D can do is the projection on the K
directions of largest variance. Many pairs do that: E may turn and stretch the code as long as D undoes it. So what can
be compared with the principal components is not D itself but the space that its rows span, by angles.

Baldi, Hornik 1989, "Neural Networks and Principal Component Analysis".
Björck, Golub 1973, "Numerical Methods for Computing Angles Between Linear Subspaces", theorem 1.
"""

import torch


def principal_angles(first, second):
    """How far two spaces are turned against each other, in degrees.

    first:   (D, K), its columns span the first space; they are linearly independent, of any length and at any angle.
    second:  (D, L), the same for the second.
    returns: (min(K, L),) from 0 to 90, ascending. The first is the smallest angle between a direction of the one
             space and a direction of the other; the next is the smallest among the directions at right angles to
             those two, and so on. All are zero if one space contains the other.

    Björck and Golub 1973, theorem 1.
    """
    bases = [torch.linalg.qr(columns.double()).Q for columns in (first, second)]
    cosines = torch.linalg.svdvals(bases[0].T @ bases[1])
    return cosines.clamp(max=1).acos().rad2deg()


def train_linear_autoencoder(samples, encoder, decoder, steps, rate):
    """Learn to give samples back through a few numbers, by Adam.

    samples: (N, D). Every step sees all of them, less their mean.
    encoder: (D, K), where training begins; the codes are (samples − mean) @ encoder.
    decoder: (K, D); the reconstructions, less the mean, are codes @ decoder. Both stay as they are.
    steps:   int.
    rate:    the learning rate of the first step. From there it falls along half a cosine:
             step n = 0, 1, ... has rate · (1 + cos(π n / steps)) / 2.
    returns: the trained (encoder, decoder), new tensors without a graph. The loss is the mean
             squared difference over all N · D numbers.

    Baldi and Hornik 1989.
    """
    centered = samples - samples.mean(dim=0)
    trained = [matrix.clone().requires_grad_() for matrix in (encoder, decoder)]
    optimizer = torch.optim.Adam(trained, lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        (centered @ trained[0] @ trained[1] - centered).square().mean().backward()
        optimizer.step()
        schedule.step()
    return tuple(matrix.detach() for matrix in trained)
