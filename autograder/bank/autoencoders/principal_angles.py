import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import linear_autoencoder


def _by_hand(g):
    """The x-y plane, and one that is turned by 45 degrees about x."""
    return torch.tensor([[1.0, 0], [0, 1], [0, 0]]), torch.tensor([[1.0, 0], [0, 1], [0, 1]])


def _spaces(size, first, second, dtype=torch.float64):
    return lambda g: (normal(g, size, first, dtype=dtype), normal(g, size, second, dtype=dtype))


def _long_and_slanted(g):
    first = normal(g, 5, 2).double()
    first = first @ torch.tensor([[30.0, 4], [0, 0.1]]).double()
    return first, normal(g, 5, 2).double()


def _one_shared(g):
    """Two spaces of three directions each, one of which they share."""
    shared = normal(g, 6, 1).double()
    own = [normal(g, 6, 2).double() for _ in range(2)]
    return tuple(torch.cat([shared, columns], dim=1) for columns in own)


def _orthonormal(columns):
    return torch.linalg.qr(columns.double()).Q


def _unit(columns):
    return columns / columns.norm(dim=0)


def _angles(first, second, values=torch.linalg.svdvals):
    return values(first.double().T @ second.double()).clamp(max=1).acos().rad2deg()


def _as_rows(first, second):
    return _angles(_orthonormal(first.T), _orthonormal(second.T))


def _column_by_column(first, second):
    count = min(first.shape[1], second.shape[1])
    cosines = (_unit(first)[:, :count] * _unit(second)[:, :count]).sum(dim=0)
    return cosines.abs().clamp(max=1).acos().rad2deg().sort().values


def _best_pairs(first, second):
    cosines = (_orthonormal(first).T @ _orthonormal(second)).abs()
    cosines = cosines if cosines.shape[0] <= cosines.shape[1] else cosines.T
    return cosines.amax(dim=1).clamp(max=1).acos().rad2deg().sort().values


EXERCISE = Exercise(
    linear_autoencoder.principal_angles,
    cases=(
        Case("two planes by hand", _by_hand, random=False),
        Case("two planes of 5 numbers", _spaces(5, 2, 2)),
        Case("long and slanted columns", _long_and_slanted),
        Case("three directions against two", _spaces(6, 3, 2)),
        Case("two directions against four", _spaces(9, 2, 4)),
        Case("one direction in common", _one_shared),
        Case("single precision", _spaces(7, 3, 3, torch.float32)),
    ),
    mistakes=(
        Mistake("columns taken as they are", _angles,
                "your columns have their own lengths and angles when you multiply them. A space has many bases; only"
                " with orthonormal ones do the singular values become cosines."),
        Mistake("columns only scaled to length 1", lambda first, second: _angles(_unit(first), _unit(second)),
                "you scaled the columns to length 1, but they still lean on each other. A basis must be orthogonal "
                "as well."),
        Mistake("in radians", lambda *spaces: linear_autoencoder.principal_angles(*spaces).deg2rad(),
                "your angles are in radians; asked are degrees, with a right angle at 90."),
        Mistake("cosines", lambda *spaces: linear_autoencoder.principal_angles(*spaces).deg2rad().cos(),
                "these are the cosines of the angles. Take the angles themselves."),
        Mistake("descending", lambda *spaces: linear_autoencoder.principal_angles(*spaces).flip(0),
                "your angles are in the other order. The smallest comes first: it belongs to the largest cosine."),
        Mistake("column by column", _column_by_column,
                "you compared the first column with the first, the second with the second. Two bases of one and the "
                "same space may have no column in common, and yet no angle is between them."),
        Mistake("the best partner among the columns", _best_pairs,
                "you looked for each basis vector's best partner among those of the other basis. The best directions"
                " are mixtures of basis vectors, and the singular values find them."),
        Mistake("the largest only", lambda *spaces: linear_autoencoder.principal_angles(*spaces)[-1],
                "you have one angle only. There are as many as the smaller of the two spaces has dimensions."),
        Mistake("sines taken for cosines", lambda *spaces: 90 - linear_autoencoder.principal_angles(*spaces).flip(0),
                "your angles are 90 degrees minus the right ones. The singular values are cosines: a singular value "
                "of 1 is a direction that both spaces share."),
    ),
    points=2,
    tolerance=1e-3,
    success="Now you can ask whether two networks have learned the same space, though no weight of theirs agrees.",
)  # fmt: skip
