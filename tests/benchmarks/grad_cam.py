"""Grad-CAM of a batch, against Captum's LayerGradCam and against pytorch-grad-cam."""

import numpy as np
import torch
from captum.attr import LayerGradCam
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from lib import images, networks
from lib.grad_cam import grad_cam, heat_map


def run(measure):
    network = networks.load("efficientnet-lite0")
    batch = torch.cat([images.sample(name, 224) for name in ("cat", "coffee", "rocket", "motorcycle")])
    layer, chosen = network.get_submodule("head.relu"), networks.class_index("espresso")
    captum = LayerGradCam(network, layer)

    def theirs():
        return captum.attribute(batch.requires_grad_(), target=chosen, relu_attributions=True)[:, 0].detach()

    # Captum sums over positions where the paper takes the mean, and clips after; up to that factor they agree.
    def equal(a, b):
        return torch.allclose(a / a.amax(), b / b.amax(), atol=1e-4)

    measure("grad-cam", "Captum", lambda: grad_cam(network, "head.relu", batch.detach(), chosen), theirs, equal,
            details=", 4 images of 224 pixels")  # fmt: skip

    targets = [ClassifierOutputTarget(chosen)] * len(batch)
    with GradCAM(model=network, target_layers=[layer]) as peer:
        measure(
            "grad-cam-heat-map", "pytorch-grad-cam",
            lambda: heat_map(grad_cam(network, "head.relu", batch.detach(), chosen), (224, 224)),
            lambda: torch.from_numpy(peer(input_tensor=batch.detach().requires_grad_(), targets=targets)),
            # It moves each map's minimum to zero as well, before it resizes.
            lambda a, b: np.corrcoef(a.flatten(), b.flatten())[0, 1] > 0.99,
            details=", 4 images of 224 pixels",
        )  # fmt: skip
