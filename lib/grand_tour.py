"""A grand tour: look at a cloud of points in D dimensions from all sides, as if walking around it.

A view is a plane, given by two orthonormal directions, an array (D, 2). Between two views the plane turns along the
shortest way: each pair of principal directions by its own angle θ, at a constant speed.

    UᵀF₀ᵀF₁V = diag(cos θ),    F(t) = (G₀ cos tθ + H sin tθ) Uᵀ,    G₀ = F₀U,  G₁ = F₁V,  H = (G₁ − G₀ cos θ) / sin θ

Every picture is a linear projection: straight stays straight, nothing is torn apart that is near, as t-SNE may do.

Asimov 1985, "The Grand Tour: A Tool for Viewing Multidimensional Data"; Buja et al. 2005, "Computational Methods for
High-Dimensional Rotations in Data Visualization", section 2.
"""

import torch


def random_view(dimensions, generator=None):
    """Two orthonormal directions, (D, 2), uniform over all planes."""
    if dimensions < 2:
        raise ValueError(f"a plane needs at least 2 dimensions, not {dimensions}")
    return torch.linalg.qr(torch.randn(dimensions, 2, generator=generator))[0]


def way_between(first, second, steps):
    """Views (steps, D, 2) from `first` (D, 2), which is the first of them, to just before the plane of `second`.

    Within the last plane the axes are turned as the way brings them, so that nothing spins.
    """
    left, cosines, right = torch.linalg.svd(first.T @ second)
    start, end = first @ left, second @ right.T
    across = end - start * cosines
    lengths = across.norm(dim=0)
    angles = torch.atan2(lengths, cosines)  # not acos, which is rough where planes nearly coincide
    across = across / lengths.clamp(min=1e-12)
    times = torch.arange(steps, device=first.device, dtype=first.dtype)[:, None, None] / steps
    return (start * (times * angles).cos() + across * (times * angles).sin()) @ left.T


def tour(dimensions, stops, steps, generator=None):
    """Views (stops · steps, D, 2) along a way through random planes."""
    view, views = random_view(dimensions, generator), []
    for _ in range(stops):
        goal = random_view(dimensions, generator)
        views.append(way_between(view, goal, steps))
        view = _arrived(view, goal)
    return torch.cat(views)


def _arrived(first, second):
    left, _, right = torch.linalg.svd(first.T @ second)
    return second @ right.T @ left.T
