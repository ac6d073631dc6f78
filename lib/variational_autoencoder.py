"""An autoencoder whose codes fill the space, so that any point of it can be decoded.

    q(z|x) = N(μ(x), σ²(x)),    z = μ + σ ε,  ε ~ N(0, 1)                           the reparametrization
    −ELBO  = E_ε[−log p(x|z)] + KL(q(z|x) ‖ N(0, 1))                                (eq. 7)
    KL     = ½ Σ_j (μ_j² + σ_j² − log σ_j² − 1)                                     (appendix B)

The encoder gives not a point but a cloud. The first term wants clouds small and apart, the KL term wants each of them
to be the same standard one; where they meet, neighbors decode alike and no hole is left. The pixels are taken as
probabilities of white, so −log p is the binary cross-entropy.

Kingma, Welling 2014, "Auto-Encoding Variational Bayes".
"""

import torch
from torch.nn import functional as F


def gaussian_kl(mean, log_variance):
    """How much the cloud of each image differs from the standard one: the Kullback–Leibler divergence, in nats.

    mean:         (N, K), μ.
    log_variance: (N, K), the natural logarithm of σ².
    returns:      (N,): KL(N(μ, σ²) ‖ N(0, 1)), summed over the K independent numbers of a code. It is
                  never negative, and 0 only for μ = 0 and σ = 1.

    Kingma and Welling 2014, appendix B, which has its negative.
    """
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(dim=1)


def reparametrize(mean, log_variance, noise):
    """A point of each cloud, (N, K), as a function of its mean and its width through which gradients flow.

    mean, log_variance: (N, K).  noise: (N, K), drawn from the standard normal distribution.
    """
    return mean + (log_variance / 2).exp() * noise


def negative_elbo(images, means, log_variances, noise, decode):
    """Cost in nats of sending each image through its cloud, (N,): cross-entropy of the pixels plus the KL divergence.

    images: (N, C, H, W) in [0, 1].  means, log_variances, noise: (N, K).
    decode: a function from codes (N, K) to images between 0 and 1.

    Kingma and Welling 2014, eq. 7, with one sample of z for each image.
    """
    decoded = decode(reparametrize(means, log_variances, noise))
    cross_entropy = F.binary_cross_entropy(decoded, images, reduction="none").flatten(1).sum(dim=1)
    return cross_entropy + gaussian_kl(means, log_variances)


def sample(decode, count, size, generator):
    """Images of nothing in particular: `count` codes of `size` numbers from the standard normal, decoded."""
    return decode(torch.randn(count, size, generator=generator, device=generator.device))
