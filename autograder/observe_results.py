"""More to look at than what a function returns: gradients, refusals, layers put back, new networks.

Like `autograder.observe`: runs in the student's process and holds no secrets.
"""

import torch

from autograder.observe import on_network


def with_gradient(function, inputs):
    """What the function makes of its first argument, and what gradient that gets back from a fixed one above."""
    x = inputs[0].detach().clone().requires_grad_()
    y = function(x, *inputs[1:])
    gradient = None
    if isinstance(y, torch.Tensor) and y.requires_grad:
        upstream = torch.randn(y.shape, generator=torch.Generator().manual_seed(0), dtype=y.dtype)
        (gradient,) = torch.autograd.grad(y, x, upstream, allow_unused=True)
        y = y.detach()
    return {"answer": y, "gradient": gradient}


def of_tensors(function, inputs):
    """The tensors that the function returns, in a dict or list of whatever depth, and whether one hangs on a graph."""
    answer = function(*inputs)
    return {"answer": answer, "result still attached to the graph": any(map(_attached, _parts(answer)))}


def keeping_layers(function, inputs):
    """As `observe.on_network`, and whether the network has the same layers afterwards."""
    before = list(inputs[0].modules())
    seen = on_network(function, inputs)
    return seen | {"layers changed": not _same(before, inputs[0])}


def refusing(function, inputs):
    """Whether the function refuses these inputs with a ValueError, and whether the network has the same layers."""
    before = list(inputs[0].modules())
    try:
        answer, refused = function(*inputs), False
    except ValueError:
        answer, refused = None, True
    seen = {"refused with a ValueError": refused, "layers changed": not _same(before, inputs[0])}
    return seen | {"answer": answer}


def new_network(function, inputs):
    """The weights of the network that the function returns, and whether the network that it was given changed."""
    before = {name: value.clone() for name, value in inputs[0].state_dict().items()}
    made = function(*inputs)
    if not isinstance(made, torch.nn.Module):
        return {"answer": made}
    changed = any(not torch.equal(value, before[name]) for name, value in inputs[0].state_dict().items())
    return {
        "the network that was given changed": changed,
        "answer": {name: value.clone() for name, value in made.state_dict().items()},
    }


def _parts(value):
    """What is in a dict, list or tuple, and in those within; else the value itself."""
    if not isinstance(value, (dict, list, tuple)):
        return [value]
    return [part for item in (value.values() if isinstance(value, dict) else value) for part in _parts(item)]


def _attached(value):
    return bool(getattr(value, "requires_grad", False))


def _same(before, network):
    after = list(network.modules())
    return len(before) == len(after) and all(one is other for one, other in zip(before, after))
