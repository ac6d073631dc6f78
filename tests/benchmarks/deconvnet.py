"""Saliency, guided backpropagation, deconvolution and integrated gradients, each against Captum's."""

import warnings

import torch
from captum.attr import Deconvolution, GuidedBackprop, IntegratedGradients, NoiseTunnel, Saliency

from lib import images, networks
from lib.guided_backprop import guided_backprop
from lib.integrated_gradients import integrated_gradients
from lib.saliency import gradients_by_rule, pixel_gradients, saliency_map, smooth_grad


def _equal(a, b):
    return torch.allclose(a, b, rtol=1e-3, atol=1e-4 * b.abs().max().item())


def run(measure):
    warnings.filterwarnings("ignore", message=".*backward hooks.*")
    efficientnet, zf = networks.load("efficientnet-lite0"), networks.load("zfnet")
    batch = torch.cat([images.sample(name, 224) for name in ("cat", "coffee", "rocket", "motorcycle")])
    one, target, details = batch[:1], networks.class_index("espresso"), ", 4 images of 224 pixels"

    def theirs(method, **options):
        return method.attribute(batch.clone().requires_grad_(), target=target, **options).detach()

    measure("saliency", "Captum", lambda: saliency_map(pixel_gradients(efficientnet, batch, target)),
            lambda: theirs(Saliency(efficientnet)).amax(dim=1), _equal, details=details)  # fmt: skip
    # The rule as students write it has a pass over memory for each condition; `lib.guided_backprop` saves some of them.
    measure("guided-backprop", "Captum", lambda: guided_backprop(zf, batch, target),
            lambda: theirs(GuidedBackprop(zf)), _equal, repeats=9, details=details)  # fmt: skip
    # zfnet, because Captum guides nn.ReLU only and EfficientNet-Lite0 has ReLU6.
    for rule, method in (("guided", GuidedBackprop(zf)), ("deconvnet", Deconvolution(zf))):
        measure(f"{rule}-rule", "Captum", lambda rule=rule: gradients_by_rule(zf, batch, target, rule),
                lambda method=method: theirs(method), _equal, details=details)  # fmt: skip

    black = torch.zeros_like(one)
    integrated = IntegratedGradients(zf)
    measure(
        "integrated-gradients", "Captum", lambda: integrated_gradients(zf, one, target, black, 20),
        lambda: integrated.attribute(
            one, black, target=target, n_steps=20, method="riemann_middle", internal_batch_size=1
        ).detach(),
        _equal, repeats=3, details=", 20 steps",
    )  # fmt: skip

    spread = 0.15 * (one.max() - one.min()).item()
    tunnel = NoiseTunnel(Saliency(zf))

    def smoothed():
        torch.manual_seed(0)  # Captum draws from the global state, ours from a generator: the same numbers
        options = {"nt_samples": 20, "nt_samples_batch_size": 1, "stdevs": spread, "abs": False}
        return saliency_map(tunnel.attribute(one, target=target, **options).detach())

    measure(
        "smooth-grad", "Captum", lambda: smooth_grad(zf, one, target, 20, 0.15, torch.Generator().manual_seed(0)),
        smoothed, _equal, repeats=3, details=", 20 samples",
    )  # fmt: skip
