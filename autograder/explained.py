"""What PyTorch's commonest exceptions mean in an exercise.

PyTorch says what went wrong; here stands what one has usually done.
"""

import re

EXPLAINED = {
    r"backward through the graph a second time": (
        "Part of this graph belongs to a step that is over. Was a tensor replaced on the way, as in "
        "`x = x.clamp(0, 1)`? Change it in place, within `torch.no_grad()`; and compute anew in each step what depends "
        "on it."
    ),
    r"leaf Variable that requires grad is being used in an in-place operation": (
        "A tensor that is being optimized may change in place only where nobody records: within `torch.no_grad()`."
    ),
    r"modified by an inplace operation": (
        "The way back needs values that have been overwritten. Make a new tensor where you now change one in place."
    ),
    r"does not require grad and does not have a grad_fn": (
        "No graph leads from here to what should get a gradient. Either nobody asked for one (`requires_grad_()`), or "
        "it was cut off on the way: by `detach`, `item`, `torch.tensor`, numpy or `no_grad`."
    ),
    r"not have been used in the graph": (
        "What you take the gradient of does not depend on this tensor. Was it copied, or made anew, in between?"
    ),
    r"grad can be implicitly created only for scalar outputs": (
        "A gradient is taken of one number, and here there are several, one for each image, say. Their sum is one "
        "number, and gives each image its own gradient."
    ),
    r"Can't call numpy\(\) on Tensor that requires grad": (
        "Numpy carries no gradient. If one has to come back through your answer, stay with PyTorch's functions; "
        "otherwise `detach()` first."
    ),
    r"float\(\) argument must be .* not 'NoneType'": (
        "A function that was to give a number gives nothing. The closure of L-BFGS, for one, has to return the loss."
    ),
    r"'Tensor' object is not callable": (
        "Here a function is asked for, and a tensor came. To hand a function over, write its name without parentheses."
    ),
    r"Boolean value of Tensor with more than one value": (
        "`if` wants one answer, and a tensor has many. `torch.where` decides for each number; `any()` or `all()` for "
        "all of them together."
    ),
    r"cannot be converted to Scalar|only one element tensors": (
        "Only a tensor of one number is a number. Which of them is meant, or their sum, or their mean?"
    ),
    r"have the same dtype|expected scalar type|Input type .* should be the same|Found dtype": (
        "Two types of numbers meet. Make new tensors in the type of those that you were given: `x.new_tensor(...)`, "
        "`torch.zeros_like(x)`, `.to(x)`."
    ),
    r"view size is not compatible": (
        "`view` wants numbers that lie side by side in memory, and after `transpose` or `permute` they do not. "
        "`reshape` copies where it has to."
    ),
    r"must match the size of tensor b|must match the existing size": (
        "Shapes are laid over each other from their last axis on; an axis of 1 fits any other. `keepdim=True`, or "
        "`[:, None]`, puts one where it is needed."
    ),
}


def explanation(message):
    """What an exception's message usually means here, or nothing.

    message: the exception in a line, its class first.
    returns: one or two sentences, or "" where PyTorch's own words have to do.
    """
    return next((words for pattern, words in EXPLAINED.items() if re.search(pattern, message)), "")
