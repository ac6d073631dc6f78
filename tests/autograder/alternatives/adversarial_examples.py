"""Right solutions of 14-adversarial-examples, each written as somebody might who does not think like the reference."""

import copy
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# The gradient


def loss_gradient__image_by_image(network, images, labels):
    training = network.training
    network.eval()
    found = []
    for image, label in zip(images, labels):
        x = image[None].clone().requires_grad_(True)
        loss = nn.CrossEntropyLoss()(network(x), label[None])
        found.append(torch.autograd.grad(loss, x)[0][0])
    network.train(training)
    return torch.stack(found)


def loss_gradient__mean_times_number(network, images, labels):
    mode, _ = network.training, network.train(False)
    x = images.detach().clone()
    x.requires_grad = True
    loss = F.cross_entropy(network(x), labels) * len(images)
    (slope,) = torch.autograd.grad(loss, [x])
    network.train(mode)
    return slope


def loss_gradient__log_softmax_by_hand(network, images, labels):
    was_training = network.training
    network.eval()
    x = images.clone().requires_grad_()
    scores = network(x)
    losses = torch.logsumexp(scores, dim=1) - scores[range(len(labels)), labels]
    gradient = torch.autograd.grad(losses, x, grad_outputs=torch.ones_like(losses))[0]
    if was_training:
        network.train()
    return gradient


def loss_gradient__backward_to_the_pixels_only(network, images, labels):
    modes = {module: module.training for module in network.modules()}
    network.eval()
    x = nn.Parameter(images.clone())
    F.nll_loss(network(x).log_softmax(-1), labels, reduction="none").sum().backward(inputs=[x])
    for module, mode in modes.items():
        module.training = mode
    return x.grad.detach()


def loss_gradient__functional(network, images, labels):
    mode = network.training
    network.eval()

    def loss(x, y):
        return F.cross_entropy(network(x[None]), y[None])

    gradients = torch.stack([torch.func.grad(loss)(x, y) for x, y in zip(images, labels)])
    network.train(mode)
    return gradients.detach()


# Directions


def steepest_direction__numpy(gradients, norm):
    g = gradients.numpy()
    if norm == np.inf:
        return np.sign(g)
    lengths = np.sqrt((g**2).sum(axis=(1, 2, 3), keepdims=True))
    return np.divide(g, lengths, out=np.zeros_like(g), where=lengths > 0)


def steepest_direction__normalize(gradients, norm):
    if math.isinf(norm):
        return (gradients > 0).to(gradients) - (gradients < 0).to(gradients)
    return F.normalize(gradients.flatten(1), dim=1).view_as(gradients)


def steepest_direction__image_by_image(gradients, norm):
    if norm == float("inf"):
        return torch.sign(gradients)
    return torch.stack([g if g.norm() == 0 else g / g.norm() for g in gradients])


def steepest_direction__a_tiny_number_added(gradients, norm):
    if norm == 2:
        return gradients / (gradients.square().sum((1, 2, 3), keepdim=True).sqrt() + 1e-12)
    return gradients.sign()


def steepest_direction__nan_to_zero(gradients, norm):
    size = gradients.abs() if norm == torch.inf else torch.linalg.vector_norm(gradients, dim=(1, 2, 3), keepdim=True)
    return torch.nan_to_num(gradients / size, nan=0.0)


# One step


def fast_gradient_sign__in_one_expression(network, images, labels, epsilon):
    step = epsilon * loss_gradient__mean_times_number(network, images, labels).sign()
    return torch.clip(images + step, 0, 1)


def fast_gradient_sign__numpy(network, images, labels, epsilon):
    step = epsilon * np.sign(loss_gradient__image_by_image(network, images, labels).numpy())
    return np.clip(images.numpy() + step, 0.0, 1.0)


def fast_gradient_sign__where(network, images, labels, epsilon):
    gradient = loss_gradient__log_softmax_by_hand(network, images, labels)
    brighter, darker = (images + epsilon).clamp(max=1), (images - epsilon).clamp(min=0)
    return torch.where(gradient > 0, brighter, torch.where(gradient < 0, darker, images))


def fast_gradient_sign__difference_kept_in_range(network, images, labels, epsilon):
    change = epsilon * steepest_direction__nan_to_zero(loss_gradient__functional(network, images, labels), torch.inf)
    return images + torch.maximum(torch.minimum(change, 1 - images), -images)


# The ball


def project__bounds(candidates, images, epsilon, norm):
    if norm == torch.inf:
        low, high = (images - epsilon).clamp(min=0), (images + epsilon).clamp(max=1)
        return torch.minimum(torch.maximum(candidates, low), high)
    change = candidates - images
    length = torch.linalg.vector_norm(change, dim=(1, 2, 3), keepdim=True)
    inside = torch.where(length > epsilon, change * epsilon / length, change)
    return torch.clip(images + inside, 0, 1)


def project__image_by_image(candidates, images, epsilon, norm):
    found = []
    for candidate, image in zip(candidates, images):
        change = candidate - image
        if norm == 2 and change.norm() > epsilon:
            change = change / change.norm() * epsilon
        elif norm != 2:
            change = torch.clamp(change, min=-epsilon, max=epsilon)
        found.append((image + change).clamp(0, 1))
    return torch.stack(found)


def project__renorm(candidates, images, epsilon, norm):
    change = candidates - images
    if norm == 2:
        change = change.renorm(p=2, dim=0, maxnorm=epsilon)
    else:
        change = change.maximum(torch.tensor(-epsilon)).minimum(torch.tensor(epsilon))
    return (change + images).clip(min=0, max=1)


def project__numpy(candidates, images, epsilon, norm):
    change = candidates.numpy().astype(np.float64) - images.numpy()
    if np.isinf(norm):
        change = np.clip(change, -epsilon, epsilon)
    else:
        length = np.sqrt(np.square(change).reshape(len(change), -1).sum(1))
        change = change * np.minimum(1, epsilon / np.maximum(length, 1e-12))[:, None, None, None]
    return np.clip(images.numpy() + change, 0, 1)


# Random starts


def random_start__uniform_in_place(images, epsilon, generator):
    noise = torch.empty_like(images).uniform_(-epsilon, epsilon, generator=generator)
    return torch.clip(images + noise, 0, 1)


def random_start__value_by_value(images, epsilon, generator):
    found = images.clone().flatten()
    for place in range(len(found)):
        found[place] += epsilon * (2 * torch.rand((), generator=generator) - 1)
    return found.clamp(0, 1).view_as(images)


def random_start__between_the_bounds(images, epsilon, generator):
    share = torch.rand(images.shape, generator=generator)
    return torch.lerp(images - epsilon, images + epsilon, share).clamp(0, 1)


def random_start__flat(images, epsilon, generator):
    noise = torch.rand(images.numel(), generator=generator).mul(2).sub(1).mul(epsilon)
    return (images + noise.reshape(images.shape)).clamp_(0, 1)


def random_start__numpy_seeded_by_the_generator(images, epsilon, generator):
    seed = int(torch.randint(0, 2**31 - 1, (1,), generator=generator))
    noise = np.random.default_rng(seed).uniform(-epsilon, epsilon, size=tuple(images.shape))
    return np.clip(images.numpy() + noise, 0, 1)


# Many steps


def projected_gradient_descent__the_change_is_what_moves(
    network, images, labels, epsilon, step_size, steps, norm, start
):
    change = start - images
    for _ in range(steps):
        gradient = loss_gradient__log_softmax_by_hand(network, images + change, labels)
        change = change + step_size * steepest_direction__nan_to_zero(gradient, norm)
        change = project__bounds(images + change, images, epsilon, norm) - images
    return images + change


def projected_gradient_descent__while(network, images, labels, epsilon, step_size, steps, norm, start):
    x, done = start.clone(), 0
    while done < steps:
        g = loss_gradient__image_by_image(network, x, labels)
        x = x + step_size * steepest_direction__image_by_image(g, norm)
        x = project__image_by_image(x, images, epsilon, norm)
        done += 1
    return x


def projected_gradient_descent__two_loops(network, images, labels, epsilon, step_size, steps, norm, start):
    x = start.detach().clone()
    if norm == torch.inf:
        for _ in range(steps):
            x += step_size * loss_gradient__mean_times_number(network, x, labels).sign()
            x = torch.max(torch.min(x, images + epsilon), images - epsilon).clamp(0, 1)
        return x
    for _ in range(steps):
        x += step_size * steepest_direction__normalize(loss_gradient__functional(network, x, labels), 2)
        x = project__renorm(x, images, epsilon, 2)
    return x


def projected_gradient_descent__recursive(network, images, labels, epsilon, step_size, steps, norm, start):
    if steps == 0:
        return start
    slope = loss_gradient__backward_to_the_pixels_only(network, start, labels)
    moved = project__bounds(start + step_size * steepest_direction__normalize(slope, norm), images, epsilon, norm)
    return projected_gradient_descent__recursive(network, images, labels, epsilon, step_size, steps - 1, norm, moved)


# Targets


def targeted_step__log_probability_uphill(network, attacked, images, targets, epsilon, step_size):
    training = network.training
    network.eval()
    x = attacked.clone().requires_grad_()
    chosen = network(x).log_softmax(1).gather(1, targets[:, None]).sum()
    (slope,) = torch.autograd.grad(chosen, x)
    network.train(training)
    return project__bounds(attacked + step_size * slope.sign(), images, epsilon, torch.inf)


def targeted_step__minus_inside(network, attacked, images, targets, epsilon, step_size):
    direction = steepest_direction__nan_to_zero(-loss_gradient__functional(network, attacked, targets), torch.inf)
    return project__image_by_image(attacked + step_size * direction, images, epsilon, torch.inf)


def targeted_step__change_clamped(network, attacked, images, targets, epsilon, step_size):
    slope = loss_gradient__mean_times_number(network, attacked, targets)
    change = (attacked - step_size * slope.sign() - images).clamp(-epsilon, epsilon)
    return (images + change).clamp(0, 1)


def targeted_step__numpy(network, attacked, images, targets, epsilon, step_size):
    slope = loss_gradient__image_by_image(network, attacked, targets).numpy()
    moved = attacked.numpy() - step_size * np.sign(slope)
    original = images.numpy()
    return np.clip(np.clip(moved, original - epsilon, original + epsilon), 0, 1)


# Fooling images


def fooling_image__loss_downhill(network, start, target, step_length, steps):
    images, labels = start, torch.full((len(start),), target)
    for _ in range(steps):
        slope = loss_gradient__log_softmax_by_hand(network, images, labels)
        images = (images - step_length * steepest_direction__nan_to_zero(slope, 2)).clamp(0, 1)
    return images


def fooling_image__probability_itself(network, start, target, step_length, steps):
    images = start.clone()
    for _ in range(steps):
        images = images.detach().requires_grad_()
        (slope,) = torch.autograd.grad(network(images).softmax(dim=1)[:, target].sum(), images)
        step = F.normalize(slope.flatten(1), dim=1, eps=1e-30).view_as(images)
        images = torch.clip(images.detach() + step_length * step, 0, 1)
    return images


def fooling_image__image_by_image(network, start, target, step_length, steps):
    found = []
    for image in start.split(1):
        for _ in range(steps):
            x = image.clone().requires_grad_()
            (slope,) = torch.autograd.grad(F.log_softmax(network(x), dim=-1)[0, target], x)
            if slope.norm() > 0:
                image = (image + slope * (step_length / slope.norm())).clamp(0, 1)
        found.append(image)
    return torch.cat(found)


def fooling_image__margin_over_the_sum(network, start, target, step_length, steps):
    images = start.detach().clone()
    for _ in range(steps):
        with torch.enable_grad():
            x = images.clone().requires_grad_()
            scores = network(x)
            value = scores[:, target] - torch.logsumexp(scores, dim=1)
            (slope,) = torch.autograd.grad(value, x, torch.ones_like(value))
        length = slope.pow(2).sum(dim=(1, 2, 3), keepdim=True).sqrt()
        images = torch.clamp(images + step_length * slope / (length + 1e-20), 0, 1)
    return images.numpy()


def fooling_image__length_by_itself(network, start, target, step_length, steps):
    images = start.detach()
    for _ in range(steps):
        pixels = images.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(network(pixels).log_softmax(dim=1)[:, target].sum(), pixels)
        lengths = gradient.flatten(1).norm(dim=1).clamp(min=1e-30).view(-1, 1, 1, 1)
        images = (images + step_length * gradient / lengths).clamp(0, 1)
    return images


# Robust accuracy


def robust_accuracy__a_set_of_survivors(network, images, labels, attack, epsilons):
    def right(batch):
        with torch.no_grad():
            return {i for i, (z, y) in enumerate(zip(network(batch), labels)) if z.argmax() == y}

    survivors, shares = right(images), []
    for epsilon in epsilons:
        survivors &= right(attack(network, images, labels, epsilon))
        shares.append(len(survivors) / len(images))
    return shares


def robust_accuracy__cumulative_product(network, images, labels, attack, epsilons):
    batches = [images] + [attack(network, images, labels, epsilon) for epsilon in epsilons]
    right = torch.stack([(network(batch).argmax(1) == labels).float() for batch in batches])
    return right.cumprod(dim=0)[1:].mean(dim=1)


def robust_accuracy__first_break(network, images, labels, attack, epsilons):
    with torch.no_grad():
        wrong = [network(images).argmax(1) != labels]
        wrong += [network(attack(network, images, labels, epsilon)).argmax(1) != labels for epsilon in epsilons]
    broken = torch.stack(wrong).cummax(dim=0).values[1:]
    return 1 - broken.double().mean(dim=1)


def robust_accuracy__numpy(network, images, labels, attack, epsilons):
    truth = labels.numpy()
    standing = network(images).detach().numpy().argmax(1) == truth
    shares = np.zeros(len(epsilons))
    for place, epsilon in enumerate(epsilons):
        standing = np.logical_and(
            standing, network(attack(network, images, labels, epsilon)).detach().numpy().argmax(1) == truth
        )
        shares[place] = standing.mean()
    return shares


def robust_accuracy__attack_on_those_that_stand(network, images, labels, attack, epsilons):
    with torch.no_grad():
        standing = (network(images).argmax(dim=1) == labels).nonzero()[:, 0]
    shares = []
    for epsilon in epsilons:
        attacked = attack(network, images[standing], labels[standing], epsilon)
        with torch.no_grad():
            standing = standing[network(attacked).argmax(dim=1) == labels[standing]]
        shares.append(len(standing) / len(images))
    return torch.tensor(shares)


# Training


def train_adversarially__gradients_by_hand(network, images, labels, batches, attack, rate):
    learner = copy.deepcopy(network)
    learner.train()
    weights = list(learner.parameters())
    optimizer = torch.optim.Adam(weights, lr=rate)
    for rows in batches:
        x, y = images[rows], labels[rows]
        x = attack(learner, x, y).detach()
        loss = F.cross_entropy(learner(x), y)
        for weight, gradient in zip(weights, torch.autograd.grad(loss, weights)):
            weight.grad = gradient
        optimizer.step()
    learner.eval()
    return learner


def train_adversarially__adam_by_hand(network, images, labels, batches, attack, rate):
    learner = copy.deepcopy(network).train()
    moments = [(torch.zeros_like(w), torch.zeros_like(w)) for w in learner.parameters()]
    for step, rows in enumerate(batches, start=1):
        attacked = attack(learner, images[rows], labels[rows])
        learner.zero_grad()
        nn.CrossEntropyLoss()(learner(attacked), labels[rows]).backward()
        with torch.no_grad():
            for weight, (first, second) in zip(learner.parameters(), moments):
                first.mul_(0.9).add_(0.1 * weight.grad)
                second.mul_(0.999).add_(0.001 * weight.grad**2)
                root = (second / (1 - 0.999**step)).sqrt() + 1e-8
                weight -= rate * first / (1 - 0.9**step) / root
    return learner.eval()


def train_adversarially__mode_set_in_each_step(network, images, labels, batches, attack, rate):
    learner = copy.deepcopy(network).eval()
    optimizer = torch.optim.Adam(learner.parameters(), rate)
    for rows in batches:
        learner.eval()
        attacked = attack(learner, images.index_select(0, rows), labels[rows])
        learner.train()
        optimizer.zero_grad(set_to_none=False)
        F.nll_loss(learner(attacked).log_softmax(1), labels[rows]).backward()
        optimizer.step()
    learner.eval()
    return learner


def train_adversarially__closure(network, images, labels, batches, attack, rate):
    learner = copy.deepcopy(network)
    learner.train()
    optimizer = torch.optim.Adam(learner.parameters(), lr=rate, foreach=False)
    for rows in batches:
        attacked = attack(learner, images[rows], labels[rows])

        def closure(attacked=attacked, rows=rows):
            optimizer.zero_grad()
            loss = F.cross_entropy(learner(attacked), labels[rows], reduction="sum") / len(rows)
            loss.backward()
            return loss

        optimizer.step(closure)
    return learner.train(False)


# Around defenses


class _Rounding(torch.autograd.Function):
    @staticmethod
    def forward(context, images, levels):
        return torch.round(images * (levels - 1)) / (levels - 1)

    @staticmethod
    def backward(context, upstream):
        return upstream, None


def quantize_straight_through__autograd_function(images, levels):
    return _Rounding.apply(images, levels)


def quantize_straight_through__rounded_plus_nothing(images, levels):
    rounded = (images.detach() * (levels - 1)).round() / (levels - 1)
    return rounded + images - images.detach()


def quantize_straight_through__nearest_of_a_list(images, levels):
    values = torch.linspace(0, 1, levels, dtype=images.dtype)
    nearest = values[(images[..., None] - values).abs().argmin(dim=-1)]
    return images + (nearest - images).detach()


def quantize_straight_through__floor_of_a_half_more(images, levels):
    gaps = levels - 1
    with torch.no_grad():
        off = torch.floor(images * gaps + 0.5) / gaps - images
    return images + off


def quantize_straight_through__scaled_way_back(images, levels):
    scaled = images * (levels - 1)
    return (scaled + (scaled.round() - scaled).detach()) / (levels - 1)


def logit_margin__infinity_in_a_copy(scores, labels):
    rows = torch.arange(len(scores))
    others = scores.clone()
    others[rows, labels] = -float("inf")
    return scores[rows, labels] - others.max(dim=1).values


def logit_margin__masked_fill(scores, labels):
    own = F.one_hot(labels, scores.shape[1]).bool()
    return scores[own] - scores.masked_fill(own, -torch.inf).amax(1)


def logit_margin__class_by_class(scores, labels):
    found = []
    for row, label in zip(scores, labels.tolist()):
        others = [row[k] for k in range(len(row)) if k != label]
        found.append(row[label] - torch.stack(others).max())
    return torch.stack(found)


def logit_margin__second_best_where_it_leads(scores, labels):
    best = scores.topk(2, dim=1)
    rival = torch.where(best.indices[:, 0] == labels, best.values[:, 1], best.values[:, 0])
    return scores.gather(1, labels.unsqueeze(1)).squeeze(1) - rival


def logit_margin__columns_left_out(scores, labels):
    keep = torch.arange(scores.shape[1]) != labels[:, None]
    others = scores[keep].view(len(scores), -1)
    return scores[~keep] - others.sort(dim=1, descending=True).values[:, 0]
