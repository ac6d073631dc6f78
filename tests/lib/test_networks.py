from collections import Counter
from urllib.error import URLError

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torchvision import models
from torchvision.transforms.functional import normalize

from lib import images, networks
from lib.efficientnet_lite0 import EfficientNetLite0, SameConv2d, load_weights

CATS = {"tabby", "tiger cat", "Persian cat", "Siamese cat", "Egyptian cat"}
DOWNLOADED = ["googlenet", "resnet50", "squeezenet1_1", "alexnet", "vgg16"]


@pytest.mark.parametrize(
    "picture, names", [("cat", CATS), ("coffee", {"espresso"}), ("motorcycle", {"moped"})]
)
def test_efficientnet_recognizes_the_sample_pictures(efficientnet, device, picture, names):
    [classes] = networks.top_classes(efficientnet, images.sample(picture, 224).to(device), k=1)
    assert classes[0][0] in names


def test_efficientnet_sees_the_same_in_the_normalization_it_was_trained_with(efficientnet, device, cat):
    bare = load_weights(EfficientNetLite0()).eval().to(device)
    theirs = ((255 * cat - 127) / 128).requires_grad_()
    ours = cat.clone().requires_grad_()
    torch.testing.assert_close(efficientnet(ours), bare(theirs), rtol=1e-4, atol=1e-4)

    (by_pixel,) = torch.autograd.grad(efficientnet(ours)[0, 285], ours)
    (by_normalized,) = torch.autograd.grad(bare(theirs)[0, 285], theirs)
    scale = by_pixel.abs().max().item()
    torch.testing.assert_close(by_pixel, by_normalized * 255 / 128, rtol=1e-3, atol=1e-4 * scale)


def test_efficientnet_has_the_published_number_of_parameters(efficientnet):
    assert round(sum(p.numel() for p in efficientnet.parameters()) / 1e6, 2) == 4.65


def test_layers_keep_their_names_and_normalization_comes_first(efficientnet):
    assert [name for name, _ in efficientnet.named_children()] == [
        "normalize", "stem", "blocks", "head", "pool", "flatten", "classifier",
    ]  # fmt: skip
    names = {name for name, _ in efficientnet.named_modules()}
    assert {"stem.conv", "blocks.0.depthwise.relu", "blocks.15.project.norm", "head.relu"} <= names
    assert isinstance(efficientnet, EfficientNetLite0)


def test_same_convolution_pads_odd_rows_and_columns_at_the_bottom_and_the_right():
    layer = SameConv2d(1, 1, 3, stride=2, bias=False)
    nn.init.zeros_(layer.weight)
    layer.weight.data[0, 0, 0, 0] = 1  # reads the upper left corner of each window
    ramp = torch.arange(1.0, 17).view(1, 1, 4, 4)
    assert layer(ramp).tolist() == [[[[1, 3], [9, 11]]]]  # 4 / 2 windows need 5 pixels: one more, at the end
    odd = torch.arange(1.0, 26).view(1, 1, 5, 5)
    assert layer(odd).tolist() == [[[[0, 0, 0], [0, 7, 9], [0, 17, 19]]]]  # 3 windows need 7: one each side


@pytest.mark.parametrize("kernel", [1, 3, 4, 5, (3, 1), (1, 5)])
@pytest.mark.parametrize("stride", [1, 2, (1, 2)])
@pytest.mark.parametrize("size", [(9, 8), (8, 9), (7, 7)])
def test_same_convolution_gives_what_a_convolution_of_the_padded_image_gives(kernel, stride, size):
    layer = SameConv2d(2, 4, kernel, stride, groups=2).double()
    image = torch.rand(1, 2, *size, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    # Zeros all around, more than enough; then the window is where TensorFlow has it.
    steps = [-(-side // step) for side, step in zip(size, layer.stride)]
    before = [max((n - 1) * step + k - side, 0) // 2
              for n, step, k, side in zip(steps, layer.stride, layer.kernel_size, size)]  # fmt: skip
    around = F.pad(image, (8, 8, 8, 8))[:, :, 8 - before[0] :, 8 - before[1] :]
    expected = F.conv2d(around, layer.weight, layer.bias, layer.stride, groups=2)[:, :, : steps[0], : steps[1]]
    torch.testing.assert_close(layer(image), expected)


def test_same_convolution_tells_height_from_width():
    layer = SameConv2d(1, 1, (3, 1), stride=(2, 1), bias=False)
    nn.init.ones_(layer.weight)
    assert layer(torch.ones(1, 1, 4, 3)).tolist() == [[[[3, 3, 3], [2, 2, 2]]]]


def test_networks_come_ready_to_look_at(efficientnet):
    assert not any(module.training for module in efficientnet.modules())
    assert not any(parameter.requires_grad for parameter in efficientnet.parameters())


@pytest.mark.parametrize("place", ["cpu", "meta"])  # meta is a device that every machine has
def test_networks_are_loaded_onto_the_device_asked_for(place):
    network = networks.load("efficientnet-lite0", place)
    assert {tensor.device.type for tensor in [*network.parameters(), *network.buffers()]} == {place}


@pytest.mark.parametrize("name", DOWNLOADED)
def test_a_torchvision_network_gives_torchvisions_scores_and_counts_every_relu(untrained, name):
    """With random weights: what is examined is the change that `load` makes, not what was learned."""
    original, network = untrained(name)
    pictures = torch.rand(2, 3, 67, 65, generator=torch.Generator().manual_seed(1))
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # as torchvision's documentation states
    relus = [module for module in network.modules() if isinstance(module, nn.ReLU)]
    calls = Counter()
    for relu in relus:
        relu.register_forward_hook(lambda module, inputs, output: calls.update([module]))
    with torch.no_grad(), _Operations() as operations:
        scores = network(pictures)

    with torch.no_grad():
        expected = original(normalize(pictures, mean, std))
    contrast = (expected[0] - expected[1]).abs().max().item()
    torch.testing.assert_close(scores, expected, rtol=0, atol=0.01 * contrast)

    assert calls == {relu: 1 for relu in relus}
    assert operations["relu"] == len(relus)  # so none is functional
    assert operations["relu_"] == 0 and not any(relu.inplace for relu in relus)
    assert next(network.named_children())[0] == "normalize"
    assert set(dict(original.named_modules())) <= set(dict(network.named_modules()))
    assert network.state_dict().keys() == original.state_dict().keys()


class _Operations(TorchDispatchMode, Counter):
    """Counts what PyTorch really computes, by name."""

    def __init__(self):
        TorchDispatchMode.__init__(self)
        Counter.__init__(self)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self[function.overloadpacket.__name__] += 1
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", ["googlenet", "squeezenet1_1"])
def test_nothing_but_the_first_child_changes_the_pixels(untrained, name):
    """googlenet's trained form changes its input once more, inside its forward."""
    _, network = untrained(name)
    seen = {}
    first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    network.normalize.register_forward_hook(lambda module, inputs, output: seen.update(normalized=output))
    first.register_forward_hook(lambda module, inputs, output: seen.update(convolved=inputs[0]))
    network(torch.rand(1, 3, 64, 64))
    assert torch.equal(seen["normalized"], seen["convolved"])


def test_an_unknown_network_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError) as error:
        networks.load("resnet51")
    message = str(error.value)
    assert "'resnet51'" in message and "\n" not in message
    assert all(name in message for name in [*DOWNLOADED, "vgg19", "zfnet", "efficientnet-lite0"])


@pytest.mark.parametrize("trouble", [URLError("no route to host"), ConnectionResetError("reset by peer")])
def test_an_impossible_download_is_one_sentence_with_the_remedy(monkeypatch, tmp_path, trouble):
    def refuse(*args, **kwargs):
        raise trouble

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.urlopen", refuse)
    with pytest.raises(RuntimeError) as error:
        networks.load("squeezenet1_1")
    message = str(error.value)
    assert "squeezenet1_1" in message and str(trouble) in message and "\n" not in message
    assert models.SqueezeNet1_1_Weights.IMAGENET1K_V1.url in message and str(tmp_path) in message
    assert "efficientnet-lite0" in message
    assert error.value.__suppress_context__ and not error.value.__cause__  # no traceback of torchvision's


def test_class_names_are_imagenets_in_the_order_of_the_scores():
    names = networks.class_names()
    assert list(names) == models.ResNet50_Weights.IMAGENET1K_V1.meta["categories"]
    assert len(set(names)) == 1000
    assert (names[0], names[281], names[967], names[999]) == ("tench", "tabby", "espresso", "toilet tissue")


def test_class_index_is_the_position_among_the_scores():
    assert networks.class_index("espresso") == 967
    assert [networks.class_index(name) for name in networks.class_names()] == list(range(1000))


def test_an_unknown_class_name_is_refused_with_near_ones():
    with pytest.raises(ValueError, match="'tiger ca' is not .* did you mean tiger cat"):
        networks.class_index("tiger ca")
    with pytest.raises(ValueError, match="did you mean espresso"):
        networks.class_index("Espresso")
    with pytest.raises(ValueError, match="class_names"):
        networks.class_index("cappuccino")


def test_top_classes_are_the_most_probable_of_each_image():
    probabilities = torch.full((2, 1000), 0.1 / 997)
    probabilities[0, [281, 282, 285]] = torch.tensor([0.2, 0.6, 0.1])
    probabilities[1, [967, 968, 504]] = torch.tensor([0.5, 0.3, 0.1])
    weight = nn.Parameter(probabilities.log())

    def network(pictures):
        return weight + 3  # a softmax does not see what is added to all scores

    first, second = networks.top_classes(network, torch.zeros(2, 3, 1, 1), k=2)
    assert [name for name, _ in first] == ["tiger cat", "tabby"]
    assert [name for name, _ in second] == ["espresso", "cup"]
    assert [p for _, p in first + second] == pytest.approx([0.6, 0.2, 0.5, 0.3], rel=1e-4)
