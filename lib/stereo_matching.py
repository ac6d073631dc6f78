"""Depth from two eyes: every pixel looks for its match along its own row, and a network learns what a match looks like.

Two cameras side by side see a point of the scene in the same row, and the right one sees it d pixels further to the
left. The nearer the point, the larger its disparity d.

    f(p)         a few 3 × 3 convolutions without padding, ReLU between them, scaled to length 1
    s(p, q)    = f(p) · f(q)                                         the same f for both pictures: siamese
    S[d, y, x] = s(left patch at (y, x), right patch at (y, x − d))  similarity for each candidate d
    loss       = max(0, margin + S[rival] − S[match])                the match must win by a margin
    D[y, x]    = argmax_d S[d, y, x]                                 the winner takes it all

and D[y, x] counts only where the right picture, asked in turn, agrees.

Žbontar and LeCun 2016, "Stereo Matching by Training a Convolutional Neural Network to Compare Image Patches": their
fast architecture. Han et al. 2015, "MatchNet", learns the comparison as well.
"""

import torch
from torch.nn import functional as F


def dense_descriptors(images, weights):
    """What one small network says of every patch of the pictures.

    images:  (N, 3, H, W). With L convolutions a patch has 2 · L + 1 pixels a side.
    weights: a list of L pairs (kernel, bias), of shapes (D, C, 3, 3) and (D,).
    returns: (N, D, H − 2 · L, W − 2 · L): the convolutions one after the other, nothing padded, a
             ReLU after each but the last; then, at each position, the vector of the D channels is
             divided by its length. A vector of zeros stays zero.

    Žbontar and LeCun 2016, section 3.2.
    """
    features = images
    for kernel, bias in weights[:-1]:
        features = F.conv2d(features, kernel, bias).relu()
    features = F.conv2d(features, *weights[-1])
    return F.normalize(features, dim=1)


def patch_similarity(first, second, weights):
    """How similar two patches are to the network, pair by pair.

    first, second: (N, 3, S, S), S = 2 · L + 1 for L convolutions.
    weights: as in `dense_descriptors`; one network for both.
    returns: (N,), the cosine of the angle between the two descriptors of each pair.

    Žbontar and LeCun 2016, section 3.2.
    """
    products = dense_descriptors(first, weights) * dense_descriptors(second, weights)
    return products.sum(dim=(1, 2, 3))


def scan_line_similarities(left, right, largest):
    """How similar each pixel of the left picture is to its candidates in the same row of the right one.

    left, right: (N, D, H, W), descriptors of the two pictures.
    largest: int; the candidates are the disparities 0, 1, ..., largest.
    returns: (N, largest + 1, H, W): element [n, d, y, x] is the sum over the channels of
             left[n, :, y, x] times right[n, :, y, x − d]. Where x − d is outside of the picture
             there is no candidate: −∞.
    """
    images, _, height, width = left.shape
    found = left.new_full((images, largest + 1, height, width), -torch.inf)
    for d in range(min(largest + 1, width)):
        found[:, d, :, d:] = (left[..., d:] * right[..., : width - d]).sum(dim=1)
    return found


def matching_loss(similarities, truth, margin):
    """How far the true match is from winning.

    similarities: (N, D, H, W), for each pixel how similar its candidates 0 ... D − 1 are; −∞ where
                  there is no candidate.
    truth:        (N, H, W) int64, the candidate that is the true match, or −1 where nobody knows.
    margin:       by how much the match must be more similar than any rival.
    returns:      (N, H, W): 0 where it is, otherwise what is missing to that. The rival is the most
                  similar candidate that differs from the truth by more than one. 0 where the truth is
                  unknown.

    After Žbontar and LeCun 2016, section 3.2, who draw the rival at random.
    """
    candidate = torch.arange(similarities.shape[1], device=truth.device).view(1, -1, 1, 1)
    near = (candidate - truth[:, None]).abs() <= 1
    rival = similarities.masked_fill(near, -torch.inf).amax(dim=1)
    match = similarities.gather(1, truth.clamp(min=0)[:, None])[:, 0]
    missing = (margin + rival - match).clamp(min=0)
    return torch.where(truth >= 0, missing, 0)


def train_descriptors(weights, batches, largest, margin, rate):
    """Teach the network to find matches, one batch of stereo pairs a step, by Adam.

    weights: as in `dense_descriptors`, where training begins; stays as it is.
    batches: a list of (left, right, truth), one element for each step: two batches of pictures
             (N, 3, H + 2 · L, W + 2 · L), and (N, H, W) int64, the true disparity of each patch of
             the left picture, or −1.
    largest: int; the candidates are 0, 1, ..., largest, as in `scan_line_similarities`.
    margin:  as in `matching_loss`. Each step goes down its mean over all pixels of the batch.
    rate:    the learning rate of the first step. From there it falls along half a cosine:
             step n = 0, 1, ... of the S steps has rate · (1 + cos(π n / S)) / 2.
    returns: the trained weights, a list of pairs (kernel, bias), new tensors without a graph.
    """
    trained = [(kernel.clone().requires_grad_(), bias.clone().requires_grad_()) for kernel, bias in weights]
    optimizer = torch.optim.Adam([value for pair in trained for value in pair], lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(batches))
    for left, right, truth in batches:
        descriptors = dense_descriptors(left, trained), dense_descriptors(right, trained)
        similarities = scan_line_similarities(*descriptors, largest)
        optimizer.zero_grad()
        matching_loss(similarities, truth, margin).mean().backward()
        optimizer.step()
        schedule.step()
    return [(kernel.detach(), bias.detach()) for kernel, bias in trained]


def left_right_check(left, right, tolerance):
    """Where the two pictures agree on the disparity.

    left:      (N, H, W) int64, for each pixel of the left picture its disparity d ≥ 0: its match is in the
               same row of the right picture, in column x − d.
    right:     (N, H, W) int64, for each pixel of the right picture its disparity: its match is in
               column x + d of the left one.
    tolerance: int, pixels.
    returns:   (N, H, W) bool, for the pixels of the left picture: whether the disparity that the right
               picture has at the match differs by no more than the tolerance. False where the match is
               outside of the picture.

    Žbontar and LeCun 2016, section 4.3.
    """
    column = torch.arange(left.shape[2], device=left.device) - left
    back = right.gather(2, column.clamp(min=0))
    return (column >= 0) & ((left - back).abs() <= tolerance)
