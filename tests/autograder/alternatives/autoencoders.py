"""Right solutions of 11-autoencoders, each written as somebody might who does not think like the reference."""

import math

import numpy as np
import scipy.linalg
import torch
from torch import nn
from torch.nn import functional as F

# Spaces


def principal_angles__scipy(first, second):
    return np.rad2deg(scipy.linalg.subspace_angles(first.double().numpy(), second.double().numpy()))[::-1].copy()


def principal_angles__singular_vectors(first, second):
    bases = [torch.linalg.svd(x.double(), full_matrices=False).U for x in (first, second)]
    cosines = torch.linalg.svd(bases[0].T.matmul(bases[1])).S
    return torch.rad2deg(torch.acos(torch.minimum(cosines, torch.ones_like(cosines))))


def principal_angles__numpy(first, second):
    a, b = (np.linalg.qr(x.numpy().astype(np.float64))[0] for x in (first, second))
    return [math.degrees(math.acos(min(1.0, value))) for value in np.linalg.svd(a.T @ b, compute_uv=False)]


def principal_angles__eigenvalues_of_projections(first, second):
    """The squared cosines are the eigenvalues of one projection seen in a basis of the other space."""

    def gram_schmidt(columns):
        basis = []
        for column in columns.double().T:
            for _ in range(2):
                for other in basis:
                    column = column - (column @ other) * other
            basis.append(column / column.norm())
        return torch.stack(basis, dim=1)

    a, b = gram_schmidt(first), gram_schmidt(second)
    a, b = (a, b) if a.shape[1] <= b.shape[1] else (b, a)
    squares = torch.linalg.eigvalsh(a.T @ b @ b.T @ a).clamp(0, 1).flip(0)
    return torch.atan2((1 - squares).sqrt(), squares.sqrt()) * 180 / math.pi


def train_linear_autoencoder__parameters(samples, encoder, decoder, steps, rate):
    down, up = nn.Parameter(encoder.detach().clone()), nn.Parameter(decoder.detach().clone())
    x = samples - samples.mean(0, keepdim=True)
    adam = torch.optim.Adam([{"params": [down]}, {"params": [up]}], lr=rate)
    for n in range(steps):
        for group in adam.param_groups:
            group["lr"] = rate * (1 + math.cos(math.pi * n / steps)) / 2
        loss = F.mse_loss(x @ down @ up, x)
        adam.zero_grad(set_to_none=False)
        loss.backward()
        adam.step()
    return [down.data, up.data]


def train_linear_autoencoder__linear_layers(samples, encoder, decoder, steps, rate):
    size, codes = encoder.shape
    network = nn.Sequential(nn.Linear(size, codes, bias=False), nn.Linear(codes, size, bias=False)).to(samples)
    with torch.no_grad():
        network[0].weight.copy_(encoder.T)
        network[1].weight.copy_(decoder.T)
    adam = torch.optim.Adam(network.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(adam, lambda n: 0.5 + 0.5 * math.cos(math.pi * n / steps))
    mean = torch.mean(samples, 0)
    for _ in range(steps):
        adam.zero_grad()
        torch.mean((network(samples - mean) - (samples - mean)) ** 2).backward()
        adam.step()
        schedule.step()
    return tuple(layer.weight.T.detach() for layer in network)


def train_linear_autoencoder__mean_added_back(samples, encoder, decoder, steps, rate):
    mean = samples.mean(dim=0)
    pair = [torch.tensor(matrix.numpy(), requires_grad=True) for matrix in (encoder, decoder)]
    adam = torch.optim.AdamW(pair, lr=rate, weight_decay=0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, T_max=steps)
    for _ in range(steps):
        made = mean + torch.einsum("nd,dk,ke->ne", samples - mean, *pair)
        gradients = torch.autograd.grad((made - samples).pow(2).sum() / samples.numel(), pair)
        for matrix, gradient in zip(pair, gradients):
            matrix.grad = gradient
        adam.step()
        schedule.step()
    return tuple(matrix.detach().numpy() for matrix in pair)


def train_linear_autoencoder__adam_by_hand(samples, encoder, decoder, steps, rate):
    x = samples - samples.mean(dim=0)
    pair = [encoder.clone(), decoder.clone()]
    first, second = ([torch.zeros_like(matrix) for matrix in pair] for _ in range(2))
    for n in range(steps):
        codes = x @ pair[0]
        error = 2 * (codes @ pair[1] - x) / x.numel()
        for i, gradient in enumerate((x.T @ (error @ pair[1].T), codes.T @ error)):
            first[i] = 0.9 * first[i] + 0.1 * gradient
            second[i] = 0.999 * second[i] + 0.001 * gradient**2
            root = (second[i] / (1 - 0.999 ** (n + 1))).sqrt() + 1e-8
            pair[i] = pair[i] - rate * math.cos(math.pi * n / steps / 2) ** 2 * first[i] / (1 - 0.9 ** (n + 1)) / root
    return tuple(pair)


# Deep


def _stack_of_modules(layers):
    """Linear layers with a ReLU between, and the tensors to call them with: the given ones, not copies."""
    linear = [nn.Linear(*weight.shape[::-1], dtype=weight.dtype) for weight, _ in layers]
    stack = nn.Sequential(*[part for layer in linear for part in (layer, nn.ReLU())][:-1])
    tensors = {}
    for number, (weight, bias) in enumerate(layers):
        tensors |= {f"{2 * number}.weight": weight, f"{2 * number}.bias": bias}
    return stack, tensors


def encode__modules(images, layers):
    return torch.func.functional_call(*_stack_of_modules(layers), (nn.Flatten()(images),))


def encode__columns(images, layers):
    x = images.flatten(1).T
    for weight, bias in layers[:-1]:
        x = F.threshold(weight @ x + bias[:, None], 0, 0)
    return (layers[-1][0] @ x + layers[-1][1][:, None]).T


def encode__image_by_image(images, layers):
    codes = []
    for image in images:
        x = image.reshape(-1)
        for number, (weight, bias) in enumerate(layers, start=1):
            x = weight @ x + bias
            x = torch.where(x > 0, x, 0) if number < len(layers) else x
        codes.append(x)
    return torch.stack(codes)


def encode__recursive(images, layers):
    *before, (weight, bias) = layers
    x = torch.relu(encode__recursive(images, before)) if before else images.reshape(len(images), -1)
    return torch.addmm(bias, x, weight.t())


def decode__modules(codes, layers, shape):
    made = torch.func.functional_call(*_stack_of_modules(layers), (codes,))
    return nn.Unflatten(1, shape)(nn.Sigmoid()(made))


def decode__exponentials(codes, layers, shape):
    x = codes
    for weight, bias in layers[:-1]:
        x = torch.matmul(x, weight.T) + bias
        x = x * (x > 0)
    x = torch.matmul(x, layers[-1][0].T) + layers[-1][1]
    return (1 / (1 + (-x).exp())).reshape(-1, *shape)


def decode__last_layer_apart(codes, layers, shape):
    *hidden, last = layers
    for weight, bias in hidden:
        codes = (codes @ weight.T + bias).clamp(min=0)
    return torch.special.expit(F.linear(codes, *last)).view(len(codes), *shape)


def decode__half_a_tanh(codes, layers, shape):
    x = codes
    while layers:
        (weight, bias), *layers = layers
        x = torch.einsum("nk,dk->nd", x, weight) + bias
        x = F.relu(x) if layers else (torch.tanh(x / 2) + 1) / 2
    return x.reshape(codes.shape[0], *shape)


def interpolate_latent__one_by_one(encode, decode, first, second, count):
    start, end = encode(first), encode(second)
    return torch.cat([decode(start + (end - start) * n / (count - 1)) for n in range(count)])


def interpolate_latent__both_at_once(encode, decode, first, second, count):
    start, end = encode(torch.cat([first, second]))
    share = torch.arange(count).to(start) / (count - 1)
    return decode(torch.stack([(1 - t) * start + t * end for t in share]))


def interpolate_latent__flattened(encode, decode, first, second, count):
    start, end = encode(first), encode(second)
    mixture = torch.tensor([[1 - n / (count - 1), n / (count - 1)] for n in range(count)]).to(start)
    codes = mixture @ torch.cat([start.flatten(1), end.flatten(1)])
    return decode(codes.view(count, *start.shape[1:])).detach().numpy()


def interpolate_latent__numpy(encode, decode, first, second, count):
    ends = [encode(image)[0].numpy() for image in (first, second)]
    return decode(torch.from_numpy(np.linspace(*ends, count).astype(ends[0].dtype)))


# Convolutions and their transposes


def convolution_matrix__loops(kernel, height, width):
    rows, columns = kernel.shape
    across = width - columns + 1
    matrix = torch.zeros((height - rows + 1) * across, height * width, dtype=kernel.dtype)
    for n in range(len(matrix)):
        for k in range(rows):
            for m in range(columns):
                matrix[n, (n // across + k) * width + n % across + m] = kernel[k, m]
    return matrix


def convolution_matrix__placed_kernels(kernel, height, width):
    rows, columns = kernel.shape
    made = []
    for top in range(height - rows + 1):
        for left in range(width - columns + 1):
            image = kernel.new_zeros(height, width)
            image[top : top + rows, left : left + columns] = kernel
            made.append(image.flatten())
    return torch.stack(made)


def convolution_matrix__jacobian(kernel, height, width):
    def convolve(pixels):
        return F.conv2d(pixels.view(1, 1, height, width), kernel[None, None]).flatten()

    return torch.autograd.functional.jacobian(convolve, kernel.new_zeros(height * width))


def convolution_matrix__numpy_blocks(kernel, height, width):
    """Blocks of small Toeplitz matrices, one for each row of the kernel, side by side."""
    rows, columns = kernel.shape
    across, down = width - columns + 1, height - rows + 1
    matrix = np.zeros((down, across, height, width), dtype=kernel.numpy().dtype)
    for k in range(rows):
        band = sum(np.eye(across, width, m) * kernel[k, m].item() for m in range(columns))
        for top in range(down):
            matrix[top, :, top + k] = band
    return matrix.reshape(down * across, height * width)


def transposed_convolution__pytorch(maps, weight, stride):
    return F.conv_transpose2d(maps, weight, stride=stride)


def transposed_convolution__position_by_position(maps, weight, stride):
    n, _, height, width = maps.shape
    _, outputs, rows, columns = weight.shape
    size = (height - 1) * stride + rows, (width - 1) * stride + columns
    larger = torch.zeros(n, outputs, *size, dtype=maps.dtype)
    for y in range(height):
        for x in range(width):
            stamp = torch.tensordot(maps[:, :, y, x], weight, dims=1)
            larger[:, :, y * stride : y * stride + rows, x * stride : x * stride + columns] += stamp
    return larger


def transposed_convolution__spread_and_convolve(maps, weight, stride):
    rows, columns = weight.shape[2:]
    spread = maps.new_zeros(*maps.shape[:2], *((side - 1) * stride + 1 for side in maps.shape[2:]))
    spread[..., ::stride, ::stride] = maps
    return F.conv2d(spread, weight.flip(2, 3).transpose(0, 1), padding=0) if rows == columns == 1 else F.conv2d(
        F.pad(spread, (columns - 1, columns - 1, rows - 1, rows - 1)), weight.flip(2, 3).transpose(0, 1)
    )  # fmt: skip


def transposed_convolution__fold(maps, weight, stride):
    n, _, height, width = maps.shape
    rows, columns = weight.shape[2:]
    size = (height - 1) * stride + rows, (width - 1) * stride + columns
    stamps = weight.flatten(1).T @ maps.flatten(2)
    return F.fold(stamps, size, (rows, columns), stride=stride)


def transposed_convolution__gradient_of_a_convolution(maps, weight, stride):
    n, _, height, width = maps.shape
    size = (n, weight.shape[1], (height - 1) * stride + weight.shape[2], (width - 1) * stride + weight.shape[3])
    return torch.nn.grad.conv2d_input(size, weight, maps, stride)


def unpool_to_corners__kronecker(maps, factor):
    corner = torch.zeros(1, 1, factor, factor, dtype=maps.dtype)
    corner[..., 0, 0] = 1
    return torch.kron(maps, corner)


def unpool_to_corners__pad_and_shuffle(maps, factor):
    n, channels, height, width = maps.shape
    spread = F.pad(maps[:, :, None], (0, 0, 0, 0, 0, factor**2 - 1)).flatten(1, 2)
    return F.pixel_shuffle(spread, factor)


def unpool_to_corners__transposed_convolution(maps, factor):
    channels = maps.shape[1]
    stamp = torch.zeros(channels, 1, factor, factor, dtype=maps.dtype)
    stamp[:, :, 0, 0] = 1
    return F.conv_transpose2d(maps, stamp, stride=factor, groups=channels)


def unpool_to_corners__masked_squares(maps, factor):
    squares = maps.repeat_interleave(factor, dim=2).repeat_interleave(factor, dim=3)
    rows, columns = (torch.arange(side) % factor == 0 for side in squares.shape[2:])
    return torch.where(rows[:, None] & columns, squares, torch.zeros_like(squares))


def unpool_to_corners__stacked(maps, factor):
    zeros = [torch.zeros_like(maps)] * (factor - 1)
    wide = torch.stack([maps, *zeros], dim=4).flatten(3)
    empty = [torch.zeros_like(wide)] * (factor - 1)
    return torch.stack([wide, *empty], dim=3).flatten(2, 3)


def _larger(x):
    made = x.new_zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
    made[..., 0::2, 0::2] = x
    return made


def convolutional_autoencoder__modules(images, encoder, decoder):
    def layer(x, kernel, bias, stride):
        outputs, inputs, size, _ = kernel.shape
        module = nn.Conv2d(inputs, outputs, size, stride, size // 2).to(kernel)
        return torch.func.functional_call(module, {"weight": kernel, "bias": bias}, (x,))

    codes = layer(images, *encoder[0], 2)
    for pair in encoder[1:]:
        codes = layer(codes.relu(), *pair, 2)
    x = layer(_larger(codes), *decoder[0], 1)
    for pair in decoder[1:]:
        x = layer(_larger(x.relu()), *pair, 1)
    return codes, x.sigmoid()


def convolutional_autoencoder__every_second_position(images, encoder, decoder):
    x = images
    for number, (kernel, bias) in enumerate(encoder):
        x = F.conv2d(x, kernel, padding="same")[..., ::2, ::2] + bias[:, None, None]
        if number != len(encoder) - 1:
            x = x.clamp(min=0)
    codes = x
    for number, (kernel, bias) in enumerate(decoder):
        x = F.conv2d(_larger(x), kernel, padding="same") + bias[:, None, None]
        x = x.clamp(min=0) if number != len(decoder) - 1 else 1 / (1 + torch.exp(-x))
    return [codes, x]


def convolutional_autoencoder__transposed(images, encoder, decoder):
    """Unpooling to corners and convolving is one transposed convolution with the kernel turned over."""
    x = images
    for kernel, bias in encoder[:-1]:
        x = F.relu(F.conv2d(x, kernel, bias, 2, kernel.shape[2] // 2))
    codes = x = F.conv2d(x, *encoder[-1], 2, encoder[-1][0].shape[2] // 2)
    for n, (kernel, bias) in enumerate(decoder):
        turned = kernel.flip(2, 3).transpose(0, 1)
        x = F.conv_transpose2d(F.relu(x) if n else x, turned, bias, 2, kernel.shape[2] // 2, output_padding=1)
    return codes, F.sigmoid(x)


def convolutional_autoencoder__unfold(images, encoder, decoder):
    def convolve(x, kernel, bias, stride):
        size = kernel.shape[2]
        sides = [-(-side // stride) for side in x.shape[2:]]
        columns = F.unfold(x, size, padding=size // 2, stride=stride)
        return (kernel.flatten(1) @ columns + bias[:, None]).unflatten(2, sides)

    x = images
    for n, pair in enumerate(encoder):
        x = convolve(x.relu() if n > 0 else x, *pair, 2)
    codes = x
    for n, pair in enumerate(decoder):
        x = convolve(_larger(x.relu() if n > 0 else x), *pair, 1)
    return codes, x.sigmoid()


# Damage, prices, clouds


def corrupt__numpy(images, share, deviation, generator):
    random = np.random.default_rng(int(torch.randint(2**40, (), generator=generator)))
    noisy = np.clip(images.numpy() + random.normal(0, deviation, images.shape), 0, 1)
    noisy[random.random(images.shape) < share] = 0
    return noisy


def corrupt__bernoulli(images, share, deviation, generator):
    kept = torch.bernoulli(torch.full_like(images, 1 - share), generator=generator)
    noise = torch.empty_like(images).normal_(0, max(deviation, 1e-30), generator=generator)
    return torch.clip(images + noise, 0, 1) * kept


def corrupt__image_by_image(images, share, deviation, generator):
    damaged = []
    for image in images:
        lost = torch.rand(image.shape, generator=generator) < share
        noise = torch.randn(image.shape, generator=generator)
        damaged.append((image + deviation * noise).clamp(0, 1).masked_fill(lost, 0))
    return torch.stack(damaged)


def corrupt__indexed(images, share, deviation, generator):
    damaged = images + torch.normal(torch.zeros_like(images), deviation, generator=generator)
    damaged = damaged.minimum(torch.ones_like(images)).maximum(torch.zeros_like(images))
    damaged[torch.rand(images.shape, generator=generator) >= 1 - share] = 0.0
    return damaged


def denoising_loss__by_pytorch(autoencode, images, damaged):
    return F.mse_loss(autoencode(damaged), images, reduction="none").mean(dim=(1, 2, 3))


def denoising_loss__image_by_image(autoencode, images, damaged):
    repaired = [autoencode(one[None])[0] for one in damaged]
    return torch.stack([((a - b) ** 2).sum() / a.numel() for a, b in zip(images, repaired)])


def denoising_loss__norms(autoencode, images, damaged):
    difference = (images - autoencode(damaged)).flatten(1)
    return difference.norm(dim=1) ** 2 / difference.shape[1]


def denoising_loss__expanded(autoencode, images, damaged):
    repaired = autoencode(damaged)
    return (repaired * repaired - 2 * repaired * images + images * images).flatten(1).mean(1)


def sparse_loss__norms(images, reconstructions, codes, l1, l2):
    error = F.mse_loss(images, reconstructions, reduction="none").mean((1, 2, 3))
    return error + l1 * codes.norm(p=1, dim=1) + l2 * torch.linalg.vector_norm(codes, dim=1) ** 2


def sparse_loss__price_by_price(images, reconstructions, codes, l1, l2):
    error = torch.stack([F.mse_loss(y, x) for x, y in zip(images, reconstructions)])
    return error + (l1 * codes.abs() + l2 * codes * codes).sum(dim=1)


def sparse_loss__number_by_number(images, reconstructions, codes, l1, l2):
    losses = []
    for x, y, h in zip(images, reconstructions, codes):
        price = sum(l1 * max(value, -value) + l2 * value * value for value in h)
        losses.append(((x - y) ** 2).sum() / x.numel() + price)
    return torch.stack(losses)


def sparse_loss__einsum(images, reconstructions, codes, l1, l2):
    difference = reconstructions - images
    error = torch.einsum("nchw,nchw->n", difference, difference) / images[0].numel()
    return error + torch.einsum("nk,nk->n", codes, l1 * codes.sign() + l2 * codes)


def gaussian_kl__distributions(mean, log_variance):
    cloud = torch.distributions.Normal(mean, (log_variance / 2).exp())
    standard = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    return torch.distributions.kl_divergence(cloud, standard).sum(dim=1)


def gaussian_kl__as_in_the_paper(mean, log_variance):
    return -torch.sum(1 + log_variance - mean**2 - torch.exp(log_variance), dim=1) / 2


def gaussian_kl__deviations(mean, log_variance):
    sigma = torch.exp(0.5 * log_variance)
    return (0.5 * (mean * mean + sigma * sigma) - sigma.log() - 0.5).sum(-1)


def gaussian_kl__number_by_number(mean, log_variance):
    total = torch.zeros(len(mean), dtype=mean.dtype)
    for m, v in zip(mean.T, log_variance.T):
        total = total + 0.5 * (m.pow(2) + torch.expm1(v) - v)
    return total
