"""No pairs, no triplets, no mining: one learned vector stands for each class, its proxy.

    L = −log  exp(−‖x − p_y‖²) / Σ_{z ≠ y} exp(−‖x − p_z‖²)

y is the class of x. A batch of N samples meets all C proxies, N · C distances, and every one of them counts in every
step. The positive proxy is not in the denominator, so this is no softmax, and the loss can be negative.

Movshovitz-Attias et al. 2017, "No Fuss Distance Metric Learning using Proxies", eq. 4; Goldberger et al. 2004,
"Neighbourhood Components Analysis". The paper's vectors have a fixed length; here the caller sees to that.
"""

import torch


def proxy_nca_loss(squared, labels):
    """The loss of each sample.

    squared: (N, C), the squared distances of N samples to the proxies of C classes, C at least 2.
    labels:  (N,) integers, columns of `squared`.
    returns: (N,): the squared distance to the proxy of the own class, plus the logarithm of the
             sum over all other proxies of exp(−squared distance). Finite, also where distances
             are in the thousands.

    Movshovitz-Attias et al. 2017, eq. 4.
    """
    own = torch.arange(squared.shape[1], device=squared.device) == labels[:, None]
    return squared[own] + (-squared).masked_fill(own, -torch.inf).logsumexp(dim=1)
