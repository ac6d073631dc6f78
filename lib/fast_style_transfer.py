"""One network for one style: it learns once, and from then on stylizes any photograph in a single pass.

Style transfer by optimization looks for the pixels y of one picture. Here y = T_W(x) is what a network makes of the
photograph x, and the weights W are looked for:

    W* = argmin_W  E_x [ Σ_l w_l ‖φ_l(T_W(x)) − φ_l(x)‖² / (C_l H_l W_l)            content      (eq. 1 and 2)
                       + Σ_l v_l ‖G_l(T_W(x)) − G_l(s)‖²_F ]                        style s      (eq. 3 and 4)

φ is a frozen network, G_l = φ_l φ_lᵀ / (C_l H_l W_l) its Gram matrices. Hundreds of steps are paid once, not for each
picture.

Johnson, Alahi, Fei-Fei 2016, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution".
Ulyanov, Vedaldi, Lempitsky 2016, "Instance Normalization: The Missing Ingredient for Fast Stylization".
Odena, Dumoulin, Olah 2016, "Deconvolution and Checkerboard Artifacts", for resizing before convolving.
"""

from functools import partial

import torch
from torch.nn import functional as F

from lib.transformation_layers import convolve, load, normalized_by, tables


def instance_norm(features, scale, shift, epsilon):
    """Each channel of each image with a mean and a deviation of its own choice.

    features: (N, C, H, W).
    scale:    (C,), the same for all images, or (N, C), a row for each; γ in the paper.
    shift:    like `scale`; β.
    epsilon:  a small number, added to the variance before its root is taken.
    returns:  (N, C, H, W). Over the positions of one channel of one image, the values are
              brought to mean 0 and variance 1, multiplied by the scale, and shifted. The variance
              is the mean of the squared deviations. In training and in use the same is done:
              nothing is remembered from one call to the next.

    Ulyanov et al. 2016, eq. 4.
    """
    mean = features.mean(dim=(2, 3), keepdim=True)
    variance = features.var(dim=(2, 3), correction=0, keepdim=True)
    factor = scale[..., None, None] / (variance + epsilon).sqrt()
    return features * factor + (shift[..., None, None] - mean * factor)


def residual_block(features, first, second):
    """What is there, and what two convolutions want to change about it.

    features: (N, C, H, W).
    first:    a function from features to features of the same shape: a convolution and its
              normalization. A ReLU follows.
    second:   another one. No ReLU follows, neither before nor after the sum.
    returns:  (N, C, H, W).

    Johnson et al. 2016, supplement, section 1; He et al. 2016, "Deep Residual Learning", eq. 1.
    """
    return features + second(first(features).relu())


def resize_convolve(features, weight, factor):
    """Features at a higher resolution: enlarged first, then convolved.

    features: (N, C, H, W).
    weight:   (D, C, K, K), K odd.
    factor:   int. Each value becomes a square of factor × factor equal values.
    returns:  (N, D, factor · H, factor · W). The border is mirrored, as in `convolve`.

    Odena et al. 2016.
    """
    enlarged = F.interpolate(features, scale_factor=factor, mode="nearest")
    return convolve(enlarged, weight, stride=1)


def transformation_network(images, weights, norm):
    """Photographs in, paintings out: down to a quarter of the size, five blocks or so, and up again.

    images:  (N, 3, H, W) in [0, 1], H and W multiples of 4.
    weights: a dict as from `lib.transformation_layers.initial_weights`; "NAME.weight" is the
             kernel of NAME, and `leave` has a "leave.bias" (3,) too. How many residual blocks
             there are, the names say: residual0, residual1, ...
    norm:    a function from features and the NAME of the convolution that made them to normalized
             features. It follows every convolution but `leave`.
    returns: (N, 3, H, W) between 0 and 1: enter, down1 and down2 (stride 2), the residual blocks,
             up1 and up2 (factor 2), leave. A ReLU follows enter, down1, down2, up1 and up2; a
             sigmoid follows leave, after its bias.

    Johnson et al. 2016, supplement, table 1.
    """

    def step(name, x, stride=1):
        return norm(convolve(x, weights[f"{name}.weight"], stride), name)

    x = step("enter", images).relu()
    for name in ("down1", "down2"):
        x = step(name, x, stride=2).relu()
    blocks = {name.split(".")[0] for name in weights if name.startswith("residual")}
    for number in range(len(blocks)):
        x = residual_block(x, *(partial(step, f"residual{number}.{half}") for half in ("first", "second")))
    for name in ("up1", "up2"):
        x = norm(resize_convolve(x, weights[f"{name}.weight"], 2), name).relu()
    x = convolve(x, weights["leave.weight"], 1) + weights["leave.bias"][:, None, None]
    return x.sigmoid()


def perceptual_loss(features, contents, grams, content_weights, style_weights):
    """How far stylized pictures are from their photographs, and from the style.

    features: a dict from the name of a layer to (N, C, H, W), what it gives for the pictures.
    contents: a dict from the name of a layer to (N, C, H, W), what it gives for the photographs.
    grams:    a dict from the name of a layer to (1, C, C), one style for all, or (N, C, C):
              the style's Gram matrices, sums over the positions divided by C · H · W.
    content_weights: a dict from each layer whose content counts to its weight, a number or (N,).
    style_weights:   the same for the style. All dicts may hold layers that do not count.
    returns:  (N,), one loss for each picture: over the layers of the content, the weighted means
              of the squared differences; over the layers of the style, the weighted sums of the
              squared differences of the Gram matrices.

    Johnson et al. 2016, eq. 2 to 4.
    """
    total = 0
    for name, weight in content_weights.items():
        total = total + weight * (features[name] - contents[name]).square().mean(dim=(1, 2, 3))
    for name, weight in style_weights.items():
        flat = features[name].flatten(2)
        gram = flat @ flat.transpose(1, 2) / features[name][0].numel()
        total = total + weight * (gram - grams[name]).square().sum(dim=(1, 2))
    return total


def train_network(stylize, weights, batches, loss, rate):
    """Teach a transformation network, one batch of photographs a step, by Adam.

    stylize: a function from a dict of weights and images (N, 3, H, W) to images.
    weights: a dict from name to tensor, where training begins; stays as it is.
    batches: a list of images (N, 3, H, W), one element for each step.
    loss:    a function from stylized pictures and their photographs to (N,). Each step
             goes down its mean.
    rate:    the learning rate of the first step. From there it falls along half a cosine:
             step n = 0, 1, ... of the S steps has rate · (1 + cos(π n / S)) / 2.
    returns: a dict of the trained weights, new tensors without a graph.
    """
    trained = {name: value.clone().requires_grad_() for name, value in weights.items()}
    optimizer = torch.optim.Adam(trained.values(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(batches))
    for photographs in batches:
        optimizer.zero_grad()
        loss(stylize(trained, photographs), photographs).mean().backward()
        optimizer.step()
        schedule.step()
    return {name: value.detach() for name, value in trained.items()}


def stability_loss(stylize, images, noise):
    """How much the painting changes when the photograph hardly does.

    stylize: a function from images (N, 3, H, W) to images of the same shape.
    images:  (N, 3, H, W) in [0, 1].
    noise:   (N, 3, H, W), small numbers of either sign.
    returns: (N,), the mean squared difference between the painting of each photograph and that
             of the same photograph with the noise added and then brought back into [0, 1].

    Ruder et al. 2016 and Huang et al. 2017 do so along the motion of a video; noise stands for it here.
    """
    noisy = (images + noise).clamp(0, 1)
    return (stylize(noisy) - stylize(images)).square().mean(dim=(1, 2, 3))


def stylize(images, name, mixture=None):
    """Photographs of any size in a shipped style.

    images:  (N, 3, H, W) in [0, 1], H and W at least 32.
    name:    as for `lib.transformation_layers.load`.
    mixture: for "all", (N, S), how much of each of `lib.transformation_layers.STYLES` each image gets.
    returns: (N, 3, H, W) in [0, 1]. Sides that are no multiples of 4 are filled up by a mirror and cut off again.

    Raises ValueError if "all" is asked for without a mixture, or another with one.
    """
    weights = {key: value.to(images) for key, value in load(name).items()}
    if (name == "all") != (mixture is not None):
        raise ValueError('the network "all" needs a mixture of its styles, and the others know one style only')
    if mixture is not None:
        weights |= {key: mixture.to(images) @ table for key, table in tables(weights).items()}
    height, width = images.shape[2:]
    filled = F.pad(images, [0, -width % 4, 0, -height % 4], mode="reflect")
    norm = normalized_by(partial(instance_norm, epsilon=1e-5), weights)
    with torch.no_grad():
        return transformation_network(filled, weights, norm)[..., :height, :width]
