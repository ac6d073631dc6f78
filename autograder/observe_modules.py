"""More to look at than what a function returns: modules that it makes, and how it treats a network and its pixels.

Like `autograder.observe`: runs in the student's process and holds no secrets.
"""

import torch
from torch import nn


def as_module(function, inputs):
    """What the loss module that the function makes gives for fixed features of its target's shape, and what it holds.

    The target is the second of the inputs.
    """
    target = inputs[1].detach()
    module = function(*inputs)
    if not isinstance(module, nn.Module):
        return {"what comes back is an nn.Module": False, "answer": module}
    noise = torch.randn(target.shape, generator=torch.Generator().manual_seed(0)).to(target)
    features = noise.clone().requires_grad_()
    answer = module(features)
    trainable = sum(parameter.requires_grad for parameter in module.parameters())
    seen = {
        "what comes back is an nn.Module": True,
        "tensors to train in the module": trainable,
        "still attached to the target's graph": _attached(module, noise),
        "answer": answer.detach() if isinstance(answer, torch.Tensor) else answer,
        "gradient by the features": None,
    }
    if isinstance(answer, torch.Tensor) and answer.requires_grad:
        (seen["gradient by the features"],) = torch.autograd.grad(answer.sum(), features, allow_unused=True)
    return seen | {"moves to another type as a whole": _moves(module, noise)}


def _attached(module, features):
    answer = module(features)
    return isinstance(answer, torch.Tensor) and answer.requires_grad


def _moves(module, features):
    """Whether the module gives bfloat16 after it was moved there; a target left behind would give float32."""
    try:
        with torch.no_grad():
            answer = module.to(torch.bfloat16)(features.to(torch.bfloat16))
    except RuntimeError:  # two types that do not go together
        return False
    return answer.dtype == torch.bfloat16


def optimizing(function, inputs):
    """What an optimizer of images makes of its inputs (network, objective, start, ...), and what it does on the way.

    Whether the network saw pixels beyond [0, 1], whether its weights got gradients or changed, and whether the
    result still hangs in a graph.
    """
    network = inputs[0]
    before = [parameter.detach().clone() for parameter in network.parameters()]
    lowest_and_highest = []

    def watch(module, arguments):
        lowest_and_highest.extend([arguments[0].min().item(), arguments[0].max().item()])

    handle = network.register_forward_pre_hook(watch)
    try:
        answer = function(*inputs)
    finally:
        handle.remove()
    after = list(network.parameters())
    beyond = any(not -1e-6 <= value <= 1 + 1e-6 for value in lowest_and_highest)
    return {
        "weights of the network changed": any(not torch.equal(a, b) for a, b in zip(before, after)),
        "weights of the network have gradients": any(parameter.grad is not None for parameter in after),
        "pixels left the range on the way": beyond,
        "result still attached to the graph": isinstance(answer, torch.Tensor) and answer.requires_grad,
        "answer": answer,
    }
