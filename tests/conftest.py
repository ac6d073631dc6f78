"""Fixtures that more than one test file uses. One thread each, so that several runs can share a machine."""

import os
from copy import deepcopy

import pytest
import torch
from hypothesis import settings
from torchvision import models

from lib import images, networks

os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")  # look for GPUs without starting CUDA
# Property tests try the same examples in every run; HYPOTHESIS_PROFILE=explore tries many new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def same_random_numbers():
    """Every test starts from the same state, whichever ran before it."""
    torch.manual_seed(0)


@pytest.fixture(scope="session", params=["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"])
def device(request):
    """Each device of this machine in turn."""
    return torch.device(request.param)


@pytest.fixture(scope="session")
def efficientnet(device):
    """EfficientNet-Lite0 with its trained weights. Tests leave it as it is."""
    return networks.load("efficientnet-lite0", device)


@pytest.fixture(scope="session")
def cat(device):
    """The cat, small and of odd and unequal sides, so that a confusion of height and width shows."""
    return images.sample("cat", 131)[..., :97].to(device)


@pytest.fixture
def untrained(monkeypatch):
    """untrained(name): torchvision's own network with random weights, and what `networks.load` makes of it.

    No download: `models.get_model` is told to build the network that the trained weights would go into.
    """
    get_model = models.get_model

    def build(name):
        originals = []

        def without_weights(name, weights):
            options = {}
            if name == "googlenet":  # as torchvision builds it when it is given weights
                options = {"aux_logits": False, "transform_input": True, "init_weights": False}
            network = get_model(name, weights=None, **options)
            for module in network.modules():
                if isinstance(module, torch.nn.Conv2d):  # large enough for the scores to depend on the image
                    torch.nn.init.kaiming_normal_(module.weight)
                if isinstance(module, torch.nn.BatchNorm2d):  # as after training: not zero and one
                    module.running_mean.normal_(std=0.1)
                    module.running_var.uniform_(0.5, 2)
            originals.append(deepcopy(network).eval())
            return network

        monkeypatch.setattr(models, "get_model", without_weights)
        network = networks.load(name)
        return originals[0], network

    return build
