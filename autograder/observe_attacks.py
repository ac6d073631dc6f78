"""More to look at than what a function returns: the network that it attacks, its random numbers, a network it trained.

Like `autograder.observe`: runs in the student's process and holds no secrets.
"""

import torch


def attacking(function, inputs):
    """What the function returns, and what it has done to the network, its first argument, on the way."""
    modules = list(inputs[0].modules())
    modes = [module.training for module in modules]
    answer = function(*inputs)
    return {
        "mode of the network changed": [module.training for module in modules] != modes,
        "weights of the network have gradients": any(weight.grad is not None for weight in inputs[0].parameters()),
        "result still attached to the graph": isinstance(answer, torch.Tensor) and answer.requires_grad,
        "answer": answer,
    }


def drawing(function, inputs):
    """What the function draws with the generator, its last input, and whether all its randomness comes from there."""
    *others, generator = inputs
    seed = generator.initial_seed()

    def again(number):
        return function(*others, torch.Generator().manual_seed(number))

    torch.manual_seed(1)
    answer, before = function(*others, generator), again(seed)
    torch.manual_seed(2)
    same, other = again(seed), again(seed + 1)
    return {
        "answer": answer,
        "same numbers for the same seed": _equal(before, same),
        "other numbers for another seed": not _equal(same, other),
    }


def trained_network(function, inputs):
    """The weights of the network that the function returns, its mode, and whether the one that was given changed."""
    given = inputs[0]
    training, before = given.training, {name: value.clone() for name, value in given.state_dict().items()}
    made = function(*inputs)
    if not isinstance(made, torch.nn.Module):
        return {"answer": made}
    after = given.state_dict()
    changed = any(not torch.equal(value, before[name]) for name, value in after.items())
    return {
        "the network that was given changed": changed or given.training != training,
        "the trained network is in training mode": made.training,
        "answer": {name: value.clone() for name, value in made.state_dict().items()},
    }


def _equal(one, other):
    return torch.as_tensor(one).tolist() == torch.as_tensor(other).tolist()
