"""Two ways around a defense that only hides the gradient.

Rounding has the slope 0 almost everywhere, and a saturated softmax has it in floating-point numbers: the attack finds
no direction, and the accuracy looks robust. Nothing has become harder to fool.

    r(x) forward, as if r(x) = x backward       the slope that rounding hides      (Athalye et al. 2018, section 4.1)
    m = z_y − max over k ≠ y of z_k             a loss that no softmax saturates   (Carlini and Wagner 2017, f₆)

Athalye, Carlini, Wagner 2018, "Obfuscated Gradients Give a False Sense of Security"; Bengio, Léonard, Courville 2013,
"Estimating or Propagating Gradients Through Stochastic Neurons", for the straight-through estimator.
"""

import torch


def quantize_straight_through(images, levels):
    """Images in few levels, with the gradient of images in all.

    images:  (N, C, H, W) in [0, 1].
    levels:  int, at least 2: how many values are left, equally far apart, 0 and 1 among them.
    returns: (N, C, H, W), each value rounded to the nearest level. Its gradient is that of the
             identity: what comes back from above is handed on as it is.

    Athalye et al. 2018, section 4.1 (BPDA).
    """
    rounded = (images * (levels - 1)).round() / (levels - 1)
    return images + (rounded - images).detach()


def logit_margin(scores, labels):
    """By how much the right class wins.

    scores:  (N, K), before softmax, of any sign.
    labels:  (N,) integers.
    returns: (N,), the score of the label less the largest of all other scores. Negative where
             the network is wrong.

    Carlini and Wagner 2017, "Towards Evaluating the Robustness of Neural Networks", f₆ with κ = 0, before its maximum
    with 0.
    """
    column = labels[:, None]
    others = scores.scatter(1, column, -torch.inf).amax(dim=1)
    return scores.gather(1, column)[:, 0] - others
