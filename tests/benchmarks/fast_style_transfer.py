"""One pass of a shipped network at 256 pixels, against 300 steps of optimization of the loss that it was trained with.

Against zfnet as the loss network all 300 steps are taken. Against vgg19, the paper's kind of network, a few steps are
timed and multiplied; its weights are random, which changes no time. Both sides use as many threads as PyTorch is given,
and the precision, float32 or bfloat16, that takes them less time here.
"""

from functools import partial
from time import perf_counter

import torch
from torchvision import models

from lib import images, networks
from lib.fast_style_transfer import perceptual_loss, transformation_network
from lib.feature_maps import feature_maps
from lib.paintings import painting
from lib.style_features import content_targets, style_features, style_targets
from lib.texture_synthesis import minimize_with_adam
from lib.training.fast_style import native_norm
from lib.transformation_layers import load, normalized_by

VGG_STEPS = 4


def run(measure):
    photograph, style = images.sample("china", 256), painting("night", 256, 256)
    weights = {name: value.contiguous() for name, value in load("night").items()}
    norm = normalized_by(native_norm, weights)
    zfnet = networks.load("zfnet")
    grams, style_weights = style_targets(zfnet, style)
    aims, content_weights = content_targets(zfnet, photograph, 5.0)

    @torch.inference_mode()
    def one_pass():
        return transformation_network(photograph, weights, norm)

    def loss(picture):
        return perceptual_loss(style_features(zfnet, picture), aims, grams, content_weights, style_weights).sum()

    # vgg19 with the layers of Johnson et al.; its ReLUs must not work in place where their outputs are kept.
    vgg = models.vgg19(weights=None).features.eval().requires_grad_(False)
    for module in vgg:
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False
    layers = ["3", "8", "17", "26"]
    with torch.no_grad():
        targets = feature_maps(vgg, style, layers)
        content = {"17": feature_maps(vgg, photograph, ["17"])["17"]}
        vgg_grams = {name: m.flatten(2) @ m.flatten(2).transpose(1, 2) / m[0].numel() for name, m in targets.items()}

    def vgg_loss(picture):
        ones = dict.fromkeys(layers, 1.0)
        return perceptual_loss(feature_maps(vgg, picture, layers), content, vgg_grams, {"17": 1.0}, ones).sum()

    def seconds(function):
        started = perf_counter()
        function()
        return perf_counter() - started

    def low(function):
        """The same in mixed precision."""

        def run(*inputs):
            with torch.autocast("cpu", torch.bfloat16):
                return function(*inputs)

        return run

    passes = one_pass, low(one_pass)
    for function in passes:
        function()
    fast = min(seconds(function) for function in passes * 10)
    minimize_with_adam(vgg_loss, photograph, 1, 0.03)
    both = [partial(minimize_with_adam, way(vgg_loss), photograph, VGG_STEPS, 0.03) for way in (lambda f: f, low)]
    few = min(seconds(function) for function in both)
    both = [partial(minimize_with_adam, way(loss), photograph, 300, 0.05) for way in (lambda f: f, low)]
    slow = min(seconds(function) for function in both)
    fast = min(fast, *(seconds(function) for function in passes * 10))  # before and after, on an equally busy machine
    rows = (
        ("vgg19", 300 / VGG_STEPS * few, f"scaled from {VGG_STEPS} steps, random weights"),
        ("zfnet", slow, "all steps taken"),
    )
    for name, steps, how in rows:
        print(
            f"fast style transfer: {steps / fast:.0f} times 300 steps on {name} "
            f"({1000 * fast:.0f} ms against {steps:.1f} s at 256 pixels, {how})",
            flush=True,
        )
