"""Small changes of an image that make a network wrong, by the gradient of its loss.

Training goes down the loss by the weights. An attack goes up the loss by the pixels, and stays within reach ε:

    x' = clip( x + ε · sign ∂L/∂x )                             one step          (Goodfellow et al. 2015, section 4)
    x ← clip( Π( x + η · direction ) ),   ‖x − x₀‖ ≤ ε          many steps        (Madry et al. 2018, section 2.1)

Π is the nearest point of the ball around the original image, in the largest change of a pixel (norm ∞) or in the length
of all changes together (norm 2). Images are in [0, 1] and the network normalizes by itself, so ε is in units of pixels:
4/255 is four gray levels.

Szegedy et al. 2014, "Intriguing Properties of Neural Networks"; Goodfellow, Shlens, Szegedy 2015, "Explaining and
Harnessing Adversarial Examples"; Kurakin, Goodfellow, Bengio 2017, "Adversarial Examples in the Physical World";
Madry et al. 2018, "Towards Deep Learning Models Resistant to Adversarial Attacks".
"""

import torch
from torch.nn import functional as F


def loss_gradient(network, images, labels):
    """How the loss of each image changes with its pixels.

    network: an nn.Module from images to class scores (N, K) before softmax. It is asked in eval
             mode, and left in the mode it was in; its weights get no gradients.
    images:  (N, C, H, W) in [0, 1].
    labels:  (N,) integers.
    returns: (N, C, H, W), the gradient of each image's own cross-entropy, detached from the
             graph. Whoever else is in the batch makes no difference.

    Goodfellow et al. 2015, section 4: ∇ₓ J(θ, x, y).
    """
    training = network.training
    network.eval()
    try:
        with torch.enable_grad():
            pixels = images.detach().requires_grad_()
            loss = F.cross_entropy(network(pixels), labels, reduction="sum")
            (gradient,) = torch.autograd.grad(loss, pixels)
    finally:
        network.train(training)
    return gradient


def steepest_direction(gradients, norm):
    """Of all changes of size 1, the one that raises a linear function most.

    gradients: (N, C, H, W), the slope of each image's function.
    norm:      what size means: torch.inf for the largest change of a value, 2 for the length of
               all changes of an image together.
    returns:   (N, C, H, W), of size 1 for each image. Where a slope is 0, a change of that value
               is 0; where all of an image's slopes are, so is its direction.

    Raises ValueError for another norm.
    """
    if norm == torch.inf:
        return gradients.sign()
    if norm != 2:
        raise ValueError(f"the norm is {norm!r}; choose torch.inf or 2")
    lengths = gradients.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
    return gradients / lengths.clamp(min=torch.finfo(gradients.dtype).tiny)


def fast_gradient_sign(network, images, labels, epsilon):
    """One step up the loss, each pixel by ε.

    network: an nn.Module from images to class scores (N, K) before softmax.
    images:  (N, C, H, W) in [0, 1].
    labels:  (N,) integers, the right classes.
    epsilon: how far a value may be changed, in units of pixels: 4/255 is four gray levels.
    returns: (N, C, H, W) in [0, 1].

    Goodfellow et al. 2015, section 4.
    """
    direction = steepest_direction(loss_gradient(network, images, labels), torch.inf)
    return (images + epsilon * direction).clamp(0, 1)


def project(candidates, images, epsilon, norm):
    """The nearest point within reach of each image, then the nearest colors to that.

    candidates: (N, C, H, W), wherever a step has led.
    images:     (N, C, H, W) in [0, 1], the originals.
    epsilon:    how far from its original a result may be.
    norm:       how far is measured: torch.inf for the largest difference of a value, 2 for the
                length of all differences of an image together.
    returns:    (N, C, H, W) in [0, 1], at most ε from `images`. First the ball, then the colors.
                A candidate within reach and range stays as it is.

    Raises ValueError for another norm.
    """
    changes = candidates - images
    if norm == torch.inf:
        changes = changes.clamp(-epsilon, epsilon)
    elif norm == 2:
        lengths = changes.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
        changes = changes * (epsilon / lengths.clamp(min=1e-12)).clamp(max=1)
    else:
        raise ValueError(f"the norm is {norm!r}; choose torch.inf or 2")
    return (images + changes).clamp(0, 1)


def random_start(images, epsilon, generator):
    """Images with every value changed at random, within reach.

    images:    (N, C, H, W) in [0, 1].
    epsilon:   the largest change of a value.
    generator: a torch.Generator on the images' device; all randomness comes from it.
    returns:   (N, C, H, W) in [0, 1]. Each value has a change of its own, uniform between −ε and
               ε; what leaves the range is cut off.

    Madry et al. 2018, section 2.1.
    """
    noise = torch.rand(images.shape, generator=generator, dtype=images.dtype, device=images.device)
    return (images + epsilon * (2 * noise - 1)).clamp(0, 1)


def projected_gradient_descent(network, images, labels, epsilon, step_size, steps, norm, start):
    """Many small steps up the loss, each followed by a step back within reach.

    network:   an nn.Module from images to class scores (N, K) before softmax.
    images:    (N, C, H, W) in [0, 1], the originals.
    labels:    (N,) integers, the right classes.
    epsilon:   how far from its original an image may be.
    step_size: the size of a step before it is projected, in the same units.
    steps:     int.
    norm:      torch.inf or 2; what sizes are measured by.
    start:     (N, C, H, W), where to begin, within reach: `images` themselves (I-FGSM), or a
               random start.
    returns:   (N, C, H, W) in [0, 1], at most ε from `images`, on the way as well as in the end.

    Kurakin et al. 2017, section 2.2; Madry et al. 2018, section 2.1.
    """
    attacked = start
    for _ in range(steps):
        direction = steepest_direction(loss_gradient(network, attacked, labels), norm)
        attacked = project(attacked + step_size * direction, images, epsilon, norm)
    return attacked


def targeted_step(network, attacked, images, targets, epsilon, step_size):
    """One step toward a class of one's choice, within reach in the largest change of a value.

    network:   an nn.Module from images to class scores (N, K) before softmax.
    attacked:  (N, C, H, W) in [0, 1], what earlier steps have made of the images.
    images:    (N, C, H, W) in [0, 1], the originals.
    targets:   (N,) integers, the classes to be seen.
    epsilon:   the largest difference of a value from its original.
    step_size: how far each value goes in this step.
    returns:   (N, C, H, W) in [0, 1], within reach of `images`.

    Kurakin et al. 2017, section 2.3.
    """
    direction = steepest_direction(loss_gradient(network, attacked, targets), torch.inf)
    return project(attacked - step_size * direction, images, epsilon, torch.inf)
