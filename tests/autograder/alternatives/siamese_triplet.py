"""Right solutions of 12-siamese-triplet, each written as somebody might who does not think like the reference."""

import math
from collections import Counter
from itertools import product

import numpy as np
import torch
from torch.nn import functional as F

# Distances


def squared_distances__differences(first, second):
    return ((first[:, None, :] - second[None, :, :]) ** 2).sum(-1)


def squared_distances__cdist(first, second):
    return torch.cdist(first, second, compute_mode="donot_use_mm_for_euclid_dist") ** 2


def squared_distances__einsum_in_double(first, second):
    a, b = first.double(), second.double()
    lengths = torch.einsum("nd,nd->n", a, a)[:, None] + torch.einsum("md,md->m", b, b)
    return torch.relu(lengths - 2 * torch.einsum("nd,md->nm", a, b)).to(first.dtype)


def squared_distances__one_row_at_a_time(first, second):
    return torch.stack([(second - row).pow(2).sum(dim=1) for row in first])


def squared_distances__one_dimension_at_a_time(first, second):
    total = first.new_zeros(len(first), len(second))
    for a, b in zip(first.T, second.T):
        total = total + (a[:, None] - b) ** 2
    return total


# Pairs


def contrastive_loss__weights(first, second, same, margin):
    squared = ((first - second) ** 2).sum(dim=1)
    y = same.to(squared.dtype)
    return y * squared + (1 - y) * F.relu(margin * margin - squared)


def contrastive_loss__filled_in(first, second, same, margin):
    squared = (first - second).pow(2).sum(-1)
    loss = (margin**2 - squared).clamp(min=0)
    loss[same] = squared[same]
    return loss


def contrastive_loss__loop(first, second, same, margin):
    losses = []
    for a, b, equal in zip(first, second, same.tolist()):
        squared = torch.dot(a - b, a - b)
        losses.append(squared if equal else torch.clamp(margin**2 - squared, min=0))
    return torch.stack(losses)


def contrastive_loss__norm_whose_slope_at_zero_is_zero(first, second, same, margin):
    distance = torch.linalg.vector_norm(first - second, dim=1)
    return torch.where(same, distance**2, F.relu(margin**2 - distance**2))


def hadsell_loss__norm(first, second, same, margin):
    distance = torch.linalg.vector_norm(first - second, dim=1)
    return torch.where(same, distance**2, F.relu(margin - distance) ** 2)


def hadsell_loss__a_little_added(first, second, same, margin):
    squared = (first - second).square().sum(dim=1)
    return torch.where(same, squared, (margin - (squared + 1e-10).sqrt()).clamp(min=0) ** 2)


def hadsell_loss__root_only_where_it_is_safe(first, second, same, margin):
    squared = (first - second).pow(2).sum(dim=1)
    zero = squared == 0
    distance = torch.where(zero, torch.ones_like(squared), squared).sqrt() * (~zero)
    y = same.to(squared.dtype)
    return y * squared + (1 - y) * torch.relu(margin - distance).pow(2)


def hadsell_loss__loop(first, second, same, margin):
    losses = []
    for a, b, equal in zip(first, second, same.tolist()):
        squared = ((a - b) ** 2).sum()
        if equal:
            losses.append(squared)
        elif squared.item() == 0:
            losses.append(squared * 0 + margin**2)
        else:
            losses.append(torch.clamp(margin - squared.sqrt(), min=0) ** 2)
    return torch.stack(losses)


# Triplets


def triplet_loss__expanded(anchors, positives, negatives, margin):
    """‖a − p‖² − ‖a − n‖² without ‖a‖², which cancels."""
    difference = (positives**2 - negatives**2 - 2 * anchors * (positives - negatives)).sum(dim=1)
    return torch.relu(difference + margin)


def triplet_loss__einsum(anchors, positives, negatives, margin):
    to_positive, to_negative = anchors - positives, anchors - negatives
    near = torch.einsum("td,td->t", to_positive, to_positive)
    return F.relu(margin + near - torch.einsum("td,td->t", to_negative, to_negative))


def triplet_loss__maximum(anchors, positives, negatives, margin):
    cost = margin + ((anchors - positives) ** 2).sum(1) - ((anchors - negatives) ** 2).sum(1)
    return torch.where(cost > 0, cost, torch.zeros_like(cost))


def triplet_loss__mse(anchors, positives, negatives, margin):
    near = F.mse_loss(anchors, positives, reduction="none").sum(dim=-1)
    far = F.mse_loss(anchors, negatives, reduction="none").sum(dim=-1)
    return torch.clamp_min(near - far + margin, 0)


def hardest_triplets__loops(squared, labels):
    found, count = [], len(labels)
    for a in range(count):
        positives = [p for p in range(count) if p != a and labels[p] == labels[a]]
        negatives = [n for n in range(count) if labels[n] != labels[a]]
        if positives and negatives:
            farthest = max(positives, key=lambda p: squared[a, p].item())
            found.append([a, farthest, min(negatives, key=lambda n: squared[a, n].item())])
    return torch.tensor(found, dtype=torch.long).view(-1, 3)


def hardest_triplets__numpy(squared, labels):
    table, names = squared.numpy(), labels.numpy()
    same = names[:, None] == names[None]
    positive = same & ~np.eye(len(names), dtype=bool)
    rows = np.flatnonzero(positive.any(1) & (~same).any(1))
    far, near = np.where(positive, table, -np.inf).argmax(1), np.where(same, np.inf, table).argmin(1)
    return np.stack([rows, far[rows], near[rows]], axis=1)


def hardest_triplets__large_numbers_for_masks(squared, labels):
    big = squared.max() + 1
    same = (labels.unsqueeze(0) == labels.unsqueeze(1)).to(squared.dtype)
    positive = same - torch.eye(len(labels), dtype=squared.dtype)
    farthest = (squared * positive - big * (1 - positive)).max(dim=1).indices
    nearest = (squared + 2 * big * same).min(dim=1).indices
    keep = (positive.sum(1) > 0) & (same.sum(1) < len(labels))
    return torch.stack([torch.arange(len(labels)), farthest, nearest], dim=1)[keep]


def hardest_triplets__sorted(squared, labels):
    found = []
    for anchor, order in enumerate(squared.argsort(dim=1).tolist()):
        others = [j for j in order if j != anchor]
        mine = [j for j in others if labels[j] == labels[anchor]]
        foreign = [j for j in others if labels[j] != labels[anchor]]
        if mine and foreign:
            found.append((anchor, mine[-1], foreign[0]))
    return np.array(found, dtype=np.int64).reshape(-1, 3)


def semi_hard_triplets__loops(squared, labels, margin):
    found, count = [], len(labels)
    for a, p in product(range(count), range(count)):
        if a == p or labels[a] != labels[p]:
            continue
        near = squared[a, p]
        fit = [n for n in range(count) if labels[n] != labels[a] and near < squared[a, n] < near + margin]
        if fit:
            found.append([a, p, min(fit, key=lambda n: squared[a, n].item())])
    return torch.tensor(found, dtype=torch.long).reshape(-1, 3)


def semi_hard_triplets__a_cube(squared, labels, margin):
    """All N³ triplets at once; fine for small batches."""
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    near, far = squared[:, :, None], squared[:, None, :]
    valid = positive[:, :, None] & ~same[:, None, :] & (far > near) & (far < near + margin)
    costs = torch.where(valid, far.expand_as(valid), torch.full_like(valid, torch.inf, dtype=squared.dtype))
    best, negative = costs.min(dim=2)
    a, p = torch.nonzero(best.isfinite(), as_tuple=True)
    return torch.stack([a, p, negative[a, p]], dim=1)


def semi_hard_triplets__numpy(squared, labels, margin):
    table, names, found = squared.numpy(), labels.numpy(), []
    for a in range(len(names)):
        order = [n for n in table[a].argsort() if names[n] != names[a]]
        for p in np.flatnonzero(names == names[a]):
            later = [n for n in order if table[a, n] > table[a, p]]
            if p != a and later and table[a, later[0]] < table[a, p] + margin:
                found.append((a, p, later[0]))
    return np.array(found, dtype=np.int64).reshape(-1, 3)


def semi_hard_triplets__search_sorted(squared, labels, margin):
    rows = []
    for a in range(len(labels)):
        others = torch.nonzero(labels != labels[a])[:, 0]
        if not len(others):
            continue
        distances, order = squared[a, others].sort()
        for p in torch.nonzero(labels == labels[a])[:, 0].tolist():
            place = torch.searchsorted(distances, squared[a, p], right=True)
            if p != a and place < len(distances) and distances[place] < squared[a, p] + margin:
                rows.append(torch.tensor([a, p, others[order[place]]]))
    return torch.stack(rows) if rows else torch.empty(0, 3, dtype=torch.long)


# Training


def train_embedding__rate_by_hand(network, images, labels, batches, loss, rate, unseen):
    optimizer = torch.optim.Adam(network.parameters())
    network.train()
    for step, batch in enumerate(batches):
        optimizer.param_groups[0]["lr"] = 0.5 * rate * (1 + math.cos(math.pi * step / len(batches)))
        value = loss(network(images[batch]), labels[batch])
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()
    with torch.inference_mode():
        return network.eval()(unseen).clone()


def train_embedding__lambda_schedule(network, images, labels, batches, loss, rate, unseen):
    optimizer = torch.optim.Adam(list(network.parameters()), lr=rate)
    wave = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: (1 + math.cos(math.pi * n / len(batches))) / 2)
    for rows in batches:
        network.train()
        optimizer.zero_grad()
        loss(network(images.index_select(0, rows)), labels.index_select(0, rows)).backward()
        optimizer.step()
        wave.step()
    network.eval()
    return network(unseen).detach()


def train_embedding__adam_by_hand(network, images, labels, batches, loss, rate, unseen):
    weights = list(network.parameters())
    means, squares = ([torch.zeros_like(weight) for weight in weights] for _ in range(2))
    network.train(True)
    for n, batch in enumerate(batches):
        gradients = torch.autograd.grad(loss(network(images[batch]), labels[batch]), weights)
        step = rate * (1 + math.cos(math.pi * n / len(batches))) / 2
        with torch.no_grad():
            for weight, gradient, mean, square in zip(weights, gradients, means, squares):
                mean.mul_(0.9).add_(0.1 * gradient)
                square.mul_(0.999).add_(0.001 * gradient**2)
                size = (square / (1 - 0.999 ** (n + 1))).sqrt() + 1e-8
                weight -= step * mean / (1 - 0.9 ** (n + 1)) / size
    network.train(False)
    with torch.no_grad():
        return network(unseen)


def train_embedding__embedded_one_by_one(network, images, labels, batches, loss, rate, unseen):
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=len(batches))
    network.train()
    while batches:
        batch, *batches = batches
        loss(network(images[batch]), labels[batch]).backward()
        optimizer.step()
        network.zero_grad()
        schedule.step()
    network.eval()
    with torch.no_grad():
        return torch.cat([network(image[None]) for image in unseen]).numpy()


# Retrieval


def recall_at_k__loops(squared, labels, ks):
    count, found = len(labels), []
    for k in ks:
        hits = 0
        for query in range(count):
            order = sorted((j for j in range(count) if j != query), key=lambda j: squared[query, j].item())
            hits += any(labels[j] == labels[query] for j in order[:k])
        found.append(hits / count)
    return found


def recall_at_k__rank_of_the_first_hit(squared, labels, ks):
    table = squared.numpy().astype(float)
    np.fill_diagonal(table, np.inf)
    names = labels.numpy()
    hits = names[table.argsort(1)] == names[:, None]
    hits[:, -1] = False
    return np.array([(hits.argmax(1) < k).mean() for k in ks])


def recall_at_k__count_what_is_nearer(squared, labels, ks):
    same = (labels[:, None] == labels) & ~torch.eye(len(labels), dtype=torch.bool)
    first = squared.masked_fill(~same, torch.inf).min(dim=1, keepdim=True).values
    nearer = ((squared < first) & (labels[:, None] != labels)).sum(dim=1)
    return torch.tensor([(nearer < k).double().mean().item() for k in ks])


def recall_at_k__without_the_diagonal(squared, labels, ks):
    count = len(labels)
    off = ~torch.eye(count, dtype=torch.bool)
    others = torch.arange(count).expand(count, count)[off].view(count, count - 1)
    order = squared[off].view(count, count - 1).argsort(dim=1)
    found = labels[others.gather(1, order)].eq(labels[:, None])
    return [found[:, :k].sum(dim=1).gt(0).float().mean() for k in ks]


def mean_average_precision_at_r__loops(squared, labels):
    count, total = len(labels), 0.0
    for query in range(count):
        order = sorted((j for j in range(count) if j != query), key=lambda j: squared[query, j].item())
        r = sum(int(labels[j] == labels[query]) for j in order)
        hits, value = 0, 0.0
        for place, j in enumerate(order[:r], 1):
            if labels[j] == labels[query]:
                hits += 1
                value += hits / place
        total += value / r
    return total / count


def mean_average_precision_at_r__numpy(squared, labels):
    table, names = squared.numpy().astype(float), labels.numpy()
    np.fill_diagonal(table, np.inf)
    found = []
    for query, row in enumerate(table):
        r = int((names == names[query]).sum()) - 1
        hits = (names[np.argsort(row)[:r]] == names[query]).astype(float)
        found.append(float((np.cumsum(hits) / np.arange(1, r + 1) * hits).sum() / r))
    return np.mean(found)


def mean_average_precision_at_r__class_by_class(squared, labels):
    ranking = squared + torch.diag(torch.full((len(labels),), torch.inf, dtype=squared.dtype))
    values = []
    for name in labels.unique():
        queries = torch.nonzero(labels == name)[:, 0]
        r = len(queries) - 1
        hits = (labels[ranking[queries].sort(dim=1).indices[:, :r]] == name).double()
        values.append((hits * hits.cumsum(1) / torch.arange(1, r + 1)).sum(dim=1) / r)
    return torch.cat(values).mean()


def mean_average_precision_at_r__products(squared, labels):
    """Precision at each place as a product with a triangle of ones."""
    count = len(labels)
    order = squared.clone().fill_diagonal_(float("inf")).argsort(dim=1)
    hits = labels[order].eq(labels[:, None]).double()
    hits[:, count - 1] = 0
    ranks = torch.arange(count).double()
    r = hits.sum(dim=1)
    hits = hits * (ranks < r[:, None])
    precision = hits @ torch.ones(count, count).double().triu() / (ranks + 1)
    return ((precision * hits).sum(dim=1) / r).mean().item()


def normalized_mutual_information__counters(labels, clusters):
    a, b = labels.tolist(), clusters.tolist()

    def entropy(items):
        return -sum(n / len(items) * math.log(n / len(items)) for n in Counter(items).values())

    h = entropy(a) + entropy(b)
    return 2 * (h - entropy(list(zip(a, b)))) / h if h else 1.0


def normalized_mutual_information__scikit_learn(labels, clusters):
    from sklearn.metrics import normalized_mutual_info_score

    return normalized_mutual_info_score(labels.numpy(), clusters.numpy())


def normalized_mutual_information__direct_sum(labels, clusters):
    count, shared, h = len(labels), 0.0, 0.0
    for y in labels.unique():
        for c in clusters.unique():
            both = ((labels == y) & (clusters == c)).sum().item() / count
            apart = (labels == y).double().mean().item() * (clusters == c).double().mean().item()
            shared += both * math.log(both / apart) if both else 0
    for names in (labels, clusters):
        p = names.unique(return_counts=True)[1].double() / count
        h -= (p * p.log()).sum().item()
    return 2 * shared / h if h > 0 else 1.0


def normalized_mutual_information__one_hot(labels, clusters):
    rows, columns = (F.one_hot(x.unique(return_inverse=True)[1]).double() for x in (labels, clusters))
    joint = rows.T @ columns / len(labels)
    parts = [torch.special.entr(p).sum() for p in (joint.sum(1), joint.sum(0), joint)]
    if float(parts[0] + parts[1]) == 0:
        return 1.0
    return (parts[0] + parts[1] - parts[2]) / ((parts[0] + parts[1]) / 2)


# Verification


def verification_rates__loop(squared, same, thresholds):
    accept, reject = [], []
    for threshold in thresholds.tolist():
        accept.append((squared[~same] <= threshold).float().mean().item())
        reject.append((squared[same] > threshold).float().mean().item())
    return accept, reject


def verification_rates__sorted(squared, same, thresholds):
    impostors, genuine = squared[~same].sort().values, squared[same].sort().values
    accept = torch.searchsorted(impostors, thresholds, right=True).double() / len(impostors)
    return accept, 1 - torch.searchsorted(genuine, thresholds, right=True).double() / len(genuine)


def verification_rates__products(squared, same, thresholds):
    accepted = (squared[None] <= thresholds[:, None]).double()
    y = same.double()
    return accepted @ (1 - y) / (1 - y).sum(), (1 - accepted) @ y / y.sum()


def verification_rates__numpy(squared, same, thresholds):
    d, y = squared.numpy(), same.numpy()
    accept = np.array([np.count_nonzero(d[~y] <= t) for t in thresholds.numpy()]) / np.count_nonzero(~y)
    return accept, np.array([np.count_nonzero(d[y] > t) for t in thresholds.numpy()]) / np.count_nonzero(y)


def equal_error_rate__loop(squared, same):
    best = 1.0
    for threshold in squared.tolist():
        accept = (squared[~same] <= threshold).double().mean().item()
        reject = (squared[same] > threshold).double().mean().item()
        best = min(best, max(accept, reject))
    return best


def equal_error_rate__scikit_learn(squared, same):
    from sklearn.metrics import roc_curve

    accept, right, _ = roc_curve(same.numpy(), -squared.numpy(), drop_intermediate=False)
    return np.maximum(accept, 1 - right).min()


def equal_error_rate__all_distances(squared, same):
    accepted = squared[None, :] <= squared[:, None]
    accept = (accepted & ~same).sum(dim=1) / (~same).sum()
    reject = (~accepted & same).sum(dim=1) / same.sum()
    return torch.stack([accept, reject]).amax(dim=0).amin()


def equal_error_rate__cumulative(squared, same):
    values, order = squared.sort()
    y = same[order].double()
    accept, reject = (1 - y).cumsum(0) / (1 - y).sum(), 1 - y.cumsum(0) / y.sum()
    last = torch.cat([values[1:] != values[:-1], torch.tensor([True])])  # the last of equal distances
    return torch.maximum(accept, reject)[last].min()


# Proxies


def proxy_nca_loss__shifted_by_hand(squared, labels):
    rows = torch.arange(len(labels))
    others = squared.clone()
    others[rows, labels] = torch.inf
    least = others.min(dim=1, keepdim=True).values.detach()
    return squared[rows, labels] - least[:, 0] + torch.exp(least - others).sum(dim=1).log()


def proxy_nca_loss__loop(squared, labels):
    losses = []
    for row, label in zip(squared, labels.tolist()):
        others = torch.cat([row[:label], row[label + 1 :]])
        losses.append(row[label] + torch.logsumexp(-others, dim=0))
    return torch.stack(losses)


def proxy_nca_loss__gather_and_one_hot(squared, labels):
    own = F.one_hot(labels, squared.shape[1]).bool()
    rest = squared[~own].view(len(labels), -1)
    return squared.gather(1, labels[:, None])[:, 0] + torch.logsumexp(-rest, dim=1)


def proxy_nca_loss__log_softmax_of_the_others(squared, labels):
    """logsumexp(x) = x_0 − log_softmax(x)_0."""
    own = labels[:, None] == torch.arange(squared.shape[1])
    rest = -squared[~own].reshape(len(labels), -1)
    return squared[own] + rest[:, 0] - F.log_softmax(rest, dim=1)[:, 0]
