"""How rough is an image? The total variation, raised to a power.

    R(x) = Σ over positions and colors of ((x[i, j+1] − x[i, j])² + (x[i+1, j] − x[i, j])²)^(β/2)

β = 1 is the total variation of Rudin, Osher and Fatemi: a step costs as much as a slope between the same two values, so
edges may stay sharp. With β = 2 one large difference costs more than many small ones: edges blur, and spikes go.

Mahendran and Vedaldi 2015, "Understanding Deep Image Representations by Inverting Them".
"""

import torch


def total_variation_norm(images, beta):
    """TV^β of each image.

    images:  (N, C, H, W), with H and W of at least 2.
    beta:    a number above 0, most often 1 or 2.
    returns: (N,): the sum of ((Δx)² + (Δy)²)^(β/2) over all colors and over those (H − 1) × (W − 1)
             pixels that have a neighbor on the right and one below. Δx and Δy are the differences to
             these two. Differentiable; where both are zero, so is the gradient, whatever β is.

    Mahendran and Vedaldi 2015: R_{V^β}, discrete.
    """
    corner = images[..., :-1, :-1]
    across, down = images[..., :-1, 1:] - corner, images[..., 1:, :-1] - corner
    squares = across**2 + down**2
    flat = squares == 0
    # A power below one has an infinite slope at zero, and infinity times zero is NaN: keep zeros out of it.
    powers = torch.where(flat, 1, squares) ** (beta / 2)
    return torch.where(flat, 0, powers).flatten(1).sum(dim=1)


def relative_roughness(images, beta, step):
    """TV^β without units: 1 for an image in which all neighbors differ by `step`.

    images:  (N, C, H, W), with H and W of at least 2.
    beta:    a number above 0.
    step:    what difference between neighbors is called typical, such as 0.1 for photographs of
             100 to 200 pixels in [0, 1].
    returns: (N,): TV^β divided by what it would be if (Δx)² + (Δy)² were step² everywhere: at all
             colors and all (H − 1) × (W − 1) pixels. Differentiable.

    Mahendran and Vedaldi 2016, "Visualizing Deep Convolutional Neural Networks Using Natural
    Pre-images", where step is V.
    """
    colors, height, width = images.shape[1:]
    count = colors * (height - 1) * (width - 1)
    return total_variation_norm(images, beta) / (count * step**beta)
