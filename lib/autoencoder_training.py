"""What autoencoders need besides themselves: weights to start from, a loop to learn by, principal components to beat.

A network is a list of layers, a layer a pair of weight and bias.

He, Zhang, Ren, Sun 2015, "Delving Deep into Rectifiers", eq. 10, for the size of first weights.
"""

import torch


def dense_layers(sizes, generator, last=0.0):
    """Fully connected layers of random weights, [(weight (outputs, inputs), bias (outputs,)), ...].

    sizes: numbers of units, the inputs first; one layer between each and the next.
    last:  the last layer's biases; the others are 0. Where a sigmoid follows, −2 gives dark pictures to start from.
    """
    pairs = zip(sizes, sizes[1:])
    return _ended([_layer((outputs, inputs), (2 / inputs) ** 0.5, generator) for inputs, outputs in pairs], last)


def kernels(channels, size, generator, gain=1.0, last=0.0):
    """Convolution layers of random weights, [(kernel (outputs, inputs, size, size), bias (outputs,)), ...].

    channels: numbers of channels, the inputs first.
    gain:     2 for layers that follow an unpooling by 2, where three of four inputs are zero.
    last:     as for `dense_layers`.
    """
    pairs = zip(channels, channels[1:])
    layers = [_layer((out, into, size, size), gain * (2 / into) ** 0.5 / size, generator) for into, out in pairs]
    return _ended(layers, last)


def learn(loss, layers, images, steps, batch, rate, generator):
    """Layers trained on random batches of images, by Adam with a rate that falls along half a cosine.

    loss:    a function from layers and the numbers (batch,) of the chosen images to a tensor whose mean is to fall.
    layers:  where training begins; stays as it is.
    images:  int, how many images there are to choose from.
    returns: the trained layers, new tensors without a graph.
    """
    trained = [tuple(part.clone().requires_grad_() for part in layer) for layer in layers]
    optimizer = torch.optim.Adam([part for layer in trained for part in layer], lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        chosen = torch.randint(images, (batch,), generator=generator, device=generator.device)
        optimizer.zero_grad()
        loss(trained, chosen).mean().backward()
        optimizer.step()
        schedule.step()
    return [tuple(part.detach() for part in layer) for layer in trained]


def principal_components(samples, count):
    """The mean (D,) of samples (N, D) and the `count` directions of largest variance, (count, D), as unit rows.

    Raises ValueError if there are fewer samples or numbers than that.
    """
    if count > min(samples.shape):
        raise ValueError(f"{tuple(samples.shape)} samples have no {count} components; ask for {min(samples.shape)}")
    mean = samples.mean(dim=0)
    return mean, torch.linalg.svd(samples - mean, full_matrices=False).Vh[:count]


def _layer(shape, deviation, generator):
    weight = deviation * torch.randn(shape, generator=generator, device=generator.device)
    return weight, weight.new_zeros(shape[0])


def _ended(layers, last):
    *before, (weight, bias) = layers
    return [*before, (weight, bias + last)]
