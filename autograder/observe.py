"""What is looked at when a student's function is called. Runs in the student's process; holds no secrets.

An observer takes a function and the tuple of its inputs and returns an answer.
"""

from collections import OrderedDict


def call(function, inputs):
    """What the function returns."""
    return function(*inputs)


def on_network(function, inputs):
    """What the function returns, and the state in which it leaves the network (its first argument)."""
    network = inputs[0]
    training = network.training
    answer = function(*inputs)
    hooks = sum(len(found) for module in network.modules() for found in _hooks(module))
    tensors = answer if isinstance(answer, (tuple, list)) else [answer]
    return {
        "answer": answer,
        "hooks left on the network": hooks,
        "mode of the network changed": network.training != training,
        "result still attached to the graph": any(getattr(t, "requires_grad", False) for t in tensors),
    }


def counting_passes(function, inputs):
    """As `on_network`, and how often images went through the network, its first argument."""
    passes = []
    counter = inputs[0].register_forward_pre_hook(lambda module, images: passes.append(1))
    try:
        seen = on_network(function, inputs)
    finally:
        counter.remove()
    seen["hooks left on the network"] -= 1  # the counter itself
    return seen | {"forward passes": len(passes)}


def _hooks(module):
    return [value for key, value in vars(module).items() if key.endswith("_hooks") and isinstance(value, OrderedDict)]
