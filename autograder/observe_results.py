"""More to look at than what a function returns: gradients, refusals, layers put back, new networks.

Like `autograder.observe`: runs in the student's process and holds no secrets.
"""

from copy import deepcopy

import torch

from autograder.observe import on_network


def with_gradient(function, inputs):
    """What the function makes of its first argument, and what gradient that gets back from a fixed one above.

    The first argument is a tensor; or several of them in a dict or list, which get a list of gradients; or a network,
    whose weights get them.
    """
    return _with_gradients(function, inputs[:1], inputs[1:])


def with_gradients(function, inputs):
    """The same for all arguments: a list of gradients, zero where a tensor is not used."""
    return _with_gradients(function, inputs, ())


def _with_gradients(function, watched, others):
    leaves = []
    y = function(*_watched(watched, leaves), *others)
    made = [part for part in _parts(y) if _attached(part)]
    if not made:
        return {"answer": y, "gradient": None}
    generator = torch.Generator().manual_seed(0)
    upstream = [torch.randn(part.shape, generator=generator, dtype=part.dtype) for part in made]
    found = torch.autograd.grad(made, leaves, upstream, allow_unused=True)
    if len(leaves) > 1:
        found = [torch.zeros_like(leaf) if gradient is None else gradient for leaf, gradient in zip(leaves, found)]
    return {"answer": y, "gradient": found if len(leaves) > 1 else found[0]}


def _watched(value, leaves):
    """A copy in which real tensors, and the weights of networks, ask for gradients; these are added to `leaves`."""
    if isinstance(value, torch.nn.Module):
        network = deepcopy(value).requires_grad_()
        leaves += network.parameters()
        return network
    if isinstance(value, dict):
        return {key: _watched(part, leaves) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_watched(part, leaves) for part in value)
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        leaves.append(value.detach().clone().requires_grad_())
        return leaves[-1]
    return value


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
