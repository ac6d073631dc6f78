import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import uniform
from lib import total_variation_norm as reference


def _by_hand(g):
    return torch.tensor([[[[0.0, 3, 3], [4, 0, 0], [4, 1, 0]]]]), 1


def _images(n, height, width, beta, dtype=torch.float32):
    return lambda g: (uniform(g, n, 3, height, width, dtype=dtype), beta)


def _flat_in_part(g):
    images = uniform(g, 2, 3, 6, 7)
    images[:, :, :3, :3] = 0.5
    return images, 1


def _steps(images):
    """Squared differences to the right and down, where a pixel has both neighbors."""
    corner = images[..., :-1, :-1]
    return (images[..., :-1, 1:] - corner) ** 2, (images[..., 1:, :-1] - corner) ** 2


def _power(squares, exponent):
    flat = squares == 0
    return torch.where(flat, 0, torch.where(flat, 1, squares) ** exponent)


def _from(combine):
    def wrong(images, beta):
        return combine(*_steps(images), beta).flatten(1).sum(dim=1)

    return wrong


def _each_color_and_image(images, beta):
    turned = images.permute(0, 2, 3, 1)  # as if the channels came last
    return reference.total_variation_norm(turned, beta)


def _along_images_and_colors(images, beta):
    down, across = images.diff(dim=0) ** 2, images.diff(dim=1) ** 2
    return down.sum() ** (beta / 2) + _power(across, beta / 2).flatten(1).sum(dim=1)


def _whole_sum_to_the_power(images, beta):
    across, down = _steps(images)
    return _power((across + down).flatten(1).sum(dim=1), beta / 2)


def _all_differences(images, beta):
    across, down = images.diff(dim=3) ** 2, images.diff(dim=2) ** 2
    return _power(across, beta / 2).flatten(1).sum(dim=1) + _power(down, beta / 2).flatten(1).sum(dim=1)


def _padded(images, beta):
    across = torch.nn.functional.pad(images.diff(dim=3) ** 2, (0, 1, 0, 0))
    down = torch.nn.functional.pad(images.diff(dim=2) ** 2, (0, 0, 0, 1))
    return _power(across + down, beta / 2).flatten(1).sum(dim=1)


def _left_and_upper(images, beta):
    corner = images[..., 1:, 1:]
    across, down = corner - images[..., 1:, :-1], corner - images[..., :-1, 1:]
    return _power(across**2 + down**2, beta / 2).flatten(1).sum(dim=1)


def _cropped_apart(images, beta):
    across, down = images.diff(dim=3)[..., 1:, :], images.diff(dim=2)[..., :-1]
    return _power(across**2 + down**2, beta / 2).flatten(1).sum(dim=1)


def _around_the_border(images, beta):
    across, down = images.roll(-1, dims=3) - images, images.roll(-1, dims=2) - images
    return _power(across**2 + down**2, beta / 2).flatten(1).sum(dim=1)


def _infinite_slope(images, beta):
    across, down = _steps(images)
    return ((across + down) ** (beta / 2)).flatten(1).sum(dim=1)


EXERCISE = Exercise(
    reference.total_variation_norm,
    cases=(
        Case("3 × 3 pixels by hand, β = 1", _by_hand, random=False),
        Case("a batch of 3, β = 2", _images(3, 5, 5, 2)),
        Case("wider than tall, β = 1", _images(2, 4, 8, 1)),
        Case("taller than wide, β = 1.5", _images(1, 9, 5, 1.5)),
        Case("β = 3, double precision", _images(2, 5, 6, 3, torch.float64)),
        Case("a flat corner, β = 1, with its gradient", _flat_in_part, observe=with_gradient),
    ),
    mistakes=(
        Mistake("half of beta forgotten", _from(lambda across, down, beta: _power(across + down, beta)),
                "you raised the sum of the two squares to the power β. The squares are there already: what has the "
                "power β is the length of the step, the root of that sum, so the sum itself gets β/2."),
        Mistake("colors taken for columns", _each_color_and_image,
                "your differences run along the wrong axes. An image batch is (N, C, H, W): neighbors are found along "
                "the last two, and a color has no neighbor."),
        Mistake("along images and colors", _along_images_and_colors,
                "you took differences between images and between colors, axes 0 and 1. Roughness is between "
                "neighboring pixels."),
        Mistake("across and down apart", _from(lambda across, down, beta: _power(across, beta / 2)
                + _power(down, beta / 2)),
                "you raised the two differences to the power one by one. Then a slanted edge costs more than a level "
                "one; add the squares first, as Pythagoras does."),
        Mistake("every difference for itself", _all_differences,
                "you summed over all differences across and all differences down, each for itself. The norm joins the "
                "two at each pixel first, and only at pixels that have both neighbors."),
        Mistake("colors joined under the root",
                _from(lambda across, down, beta: _power((across + down).sum(dim=1), beta / 2)),
                "you added the colors before the power. Each color has a step of its own; add them up after it."),
        Mistake("border counted", _padded,
                "you gave pixels of the last row and column a neighbor that differs by nothing. The sum is over the "
                "(H − 1) × (W − 1) pixels that really have both."),
        Mistake("left and upper neighbors", _left_and_upper,
                "your pairs are in effect those of the neighbors on the left and above. The norm joins those on the "
                "right and below, so the pixels without both are in the last row and column, not in the first."),
        Mistake("cropped on two sides", _cropped_apart,
                "you join a step across with a step down that starts at another pixel. All differences across are "
                "there, of H rows, and the row that has to go is the last."),
        Mistake("around the border", _around_the_border,
                "your last column is compared with the first, or the last row with the first. An image does not go "
                "on behind its border: those pixels have no neighbor there."),
        Mistake("power of the whole sum", _whole_sum_to_the_power,
                "you added up everything and raised the sum to the power. The power belongs to each pixel; only then "
                "does β decide between one large step and many small ones."),
        Mistake("mean instead of sum",
                _from(lambda across, down, beta: _power(across + down, beta / 2) / across[0].numel()),
                "this is the mean over pixels and colors. The norm is the sum; scaling it is the next exercise."),
        Mistake("one number for the batch", lambda images, beta: reference.total_variation_norm(images, beta).sum(),
                "you added up the images as well. Each image of a batch has a norm of its own: N numbers."),
        Mistake("infinite slope at zero", _infinite_slope,
                "the values are right, but where the image is flat your gradient is NaN: a power below one has an "
                "infinite slope at zero. One such pixel and the whole optimization is lost, so keep exact zeros away "
                "from the power."),
    ),
    points=2,
    success="A number for what the eye calls noise, and a gradient that survives flat sky.",
    tolerance=1e-3,  # room for a small number under the root
)  # fmt: skip
