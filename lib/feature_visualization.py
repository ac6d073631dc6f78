"""Which image does a class, a channel or a neuron like best? Start from almost nothing and climb.

The gradient by the weights trains a network; the gradient by the pixels shows what it has learned:

    x ← r( x + η · d/dx [ S_c(x) − λ ‖x‖² ] )        (Simonyan et al. 2014, eq. 1; r: Yosinski et al. 2015, eq. 2)

With r, what makes the image look more like a photograph, done after each step. `visualize` climbs in other
coordinates, the parameters θ of an image x(θ), and shows the network another copy of it in each step.

Olah, Mordvintsev and Schubert 2017, "Feature Visualization".
"""

import torch


def penalized_score(network, offsets, class_index, decay):
    """The score of a class, less a price for every pixel that is not gray.

    network:     an nn.Module from images to class scores (N, K) before softmax.
    offsets:     (N, 3, H, W), what is added to middle gray: the network sees 0.5 + offset.
    class_index: int.
    decay:       λ, what a squared offset costs.
    returns:     (N,), S_c − λ ‖offset‖², each image by itself; differentiable.

    Simonyan, Vedaldi, Zisserman 2014, "Deep Inside Convolutional Networks", eq. 1.
    """
    scores = network(0.5 + offsets)[:, class_index]
    return scores - decay * offsets.square().sum(dim=(1, 2, 3))


def gradient_ascent(objective, start, steps, step_size, regularize):
    """Go uphill: add a multiple of the gradient, make the image more regular, and again.

    objective:  a function from images (N, 3, H, W) to N values, one for each image, to be made
                large.
    start:      (N, 3, H, W); stays as it is.
    steps:      int.
    step_size:  η, what the gradient is multiplied with.
    regularize: a function (images, gradients) -> images, called after each step with the new
                images and the gradients that led to them.
    returns:    (N, 3, H, W), detached from the graph. Each image climbs for itself: whoever else
                is in the batch makes no difference.

    Yosinski et al. 2015, "Understanding Neural Networks Through Deep Visualization", eq. 2.
    """
    images = start.detach().clone()
    for _ in range(steps):
        images.requires_grad_()
        (gradients,) = torch.autograd.grad(objective(images).sum(), images)
        images = regularize(images.detach() + step_size * gradients, gradients)
    return images


def visualize(objective, image_of, start, transform, steps, learning_rate):
    """Climb in the parameters of an image, with Adam, and show another copy of it in each step.

    objective:     a function from images (N, 3, H, W) to N values to be made large.
    image_of:      a function from parameters to images, differentiable.
    start:         the parameters to begin with, a tensor of any shape; stays as it is.
    transform:     a function from images to images, differentiable, called once in each step; the
                   objective sees only what it returns. It may move them at random.
    steps:         a list of ints, ascending: after which steps the images are kept.
    learning_rate: of torch.optim.Adam, whose other settings stay as they are.
    returns:       (len(steps), N, 3, H, W), the images after so many steps, as `image_of` makes
                   them, not transformed; detached from the graph.

    Olah, Mordvintsev, Schubert 2017, "Feature Visualization".
    """
    parameters = start.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([parameters], lr=learning_rate)
    kept = []
    for step in range(1, steps[-1] + 1):
        optimizer.zero_grad()
        values = objective(transform(image_of(parameters)))
        (-values.sum()).backward()
        optimizer.step()
        if step in steps:
            kept.append(image_of(parameters).detach().clone())
    return torch.stack(kept)
