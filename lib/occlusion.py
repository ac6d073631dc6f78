"""What does the network need to see? Cover a part of the image, ask again, and move on.

The probability of a class falls where something was covered that the network needed:

    drop(position) = p_c(image) − p_c(image with a gray square at that position)

Squares that overlap give a pixel several drops; the map shows their mean. Nothing is asked of the network but
its outputs: no gradients, no layers. The price is one forward pass for each position.

Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", section 4.2 and figure 7.
"""

import torch

from lib.activations import activations


def occluder_positions(image, size, stride):
    """Where a square has to be put, one place after the other, to cover every pixel.

    image:   (1, 3, H, W).
    size:    pixels of the square's side, at most H and W.
    stride:  pixels from one place to the next, at most `size`.
    returns: (P, 2) integers, top and left of each place, row by row from the top left. The
             last place of each row and column is moved back so that the square ends at the
             border. No place comes twice.

    Zeiler and Fergus 2014, section 4.2.
    """

    def starts(length):
        last = max(length - size, 0)
        return torch.tensor([*range(0, last, stride), last])

    return torch.cartesian_prod(starts(image.shape[2]), starts(image.shape[3]))


def occlude(image, positions, size):
    """Copies of an image, each with one gray square.

    image:     (1, 3, H, W) in [0, 1]; stays as it is.
    positions: (P, 2) integers, top and left of each square.
    size:      pixels of the square's side.
    returns:   (P, 3, H, W); copy p is 0.5 in all colors inside square p and
               the image elsewhere.

    Zeiler and Fergus 2014, section 4.2.
    """
    copies = image.repeat(len(positions), 1, 1, 1)
    for copy, (top, left) in zip(copies, positions.tolist()):
        copy[:, top : top + size, left : left + size] = 0.5
    return copies


def occluded_probabilities(network, image, positions, size, batch_size):
    """What the network thinks of the image, for each place of the occluder.

    network:    an nn.Module from images to class scores (N, K) before softmax.
    image:      (1, 3, H, W) in [0, 1].
    positions:  (P, 2) integers, top and left of each square of `size` pixels.
    batch_size: int, how many copies go through the network at once. The last batch may be
                smaller; no pass is made that is not needed.
    returns:    (P, K), the probabilities of all classes, without a graph.
    """
    probabilities = []
    with torch.inference_mode():
        for places in positions.split(batch_size):
            copies = occlude(image, places, size)
            # Channels last in memory is faster on a CPU and changes no value.
            scores = network(copies.to(memory_format=torch.channels_last))
            probabilities.append(scores.softmax(dim=1))
    return torch.cat(probabilities)


def average_overlaps(values, positions, size, height, width):
    """One value per place of the occluder as a map: where squares overlap, their mean.

    values:        (P,), one for each place.
    positions:     (P, 2) integers, top and left of each square of `size` pixels.
    height, width: pixels of the map.
    returns:       (height, width); a pixel that no square covered is 0.
    """
    total, count = values.new_zeros(2, height, width)
    for value, (top, left) in zip(values, positions.tolist()):
        square = slice(top, top + size), slice(left, left + size)
        total[square] += value
        count[square] += 1
    return total / count.clamp(min=1)


def sensitivity_map(network, image, class_index, size, stride, batch_size):
    """How much of a class's probability is lost where the image is covered.

    network:     an nn.Module from images to class scores (N, K) before softmax.
    image:       (1, 3, H, W) in [0, 1].
    class_index: int.
    size, stride, batch_size: as above.
    returns:     (H, W) in [-1, 1], without a graph. Positive: the class needs what is
                 there. Negative: it gains when that is covered.

    Zeiler and Fergus 2014, figure 7 (d), which shows the probability itself.
    """
    positions = occluder_positions(image, size, stride)
    with torch.no_grad():
        before = network(image).softmax(dim=1)[0, class_index]
    table = occluded_probabilities(network, image, positions, size, batch_size)
    drops = before - table[:, class_index]
    return average_overlaps(drops, positions, size, *image.shape[2:])


def label_map(probabilities, positions):
    """What the network calls the image for each place of the occluder.

    probabilities: (P, K), one row for each place.
    positions:     (P, 2) integers, top and left, row by row.
    returns:       (rows, columns) integers, the most probable class at each place.

    Zeiler and Fergus 2014, figure 7 (e).
    """
    rows = len(positions[:, 0].unique())
    return probabilities.argmax(dim=1).view(rows, -1)


def strongest_channel(network, layer, image, positions, size, batch_size):
    """The channel that an image excites most, and what is left of it under each occluder.

    network:   an nn.Module that takes images (N, 3, H, W).
    layer:     the name of a convolutional layer, as in `network.named_modules()`.
    image:     (1, 3, H, W) in [0, 1].
    positions, size, batch_size: as above.
    returns:   (channel, totals): an int, the channel whose activations add up to most in the
               image without occluder; and (P,), what that same channel adds up to for each
               place.

    Zeiler and Fergus 2014, figure 7 (b).
    """
    maps = activations(network, image, [layer])[layer]
    channel = maps.sum(dim=(0, 2, 3)).argmax().item()
    totals = []
    for places in positions.split(batch_size):
        maps = activations(network, occlude(image, places, size), [layer])[layer]
        totals.append(maps[:, channel].sum(dim=(1, 2)))
    return channel, torch.cat(totals)
