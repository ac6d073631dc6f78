import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform
from lib import patch_distance


def _images(image, sample, size, stride, dtype=torch.float32):
    def inputs(g):
        return uniform(g, 1, 3, *image, dtype=dtype), uniform(g, 1, 3, *sample, dtype=dtype), size, stride

    return inputs


def _by_hand(g):
    image = torch.tensor([0.0, 0.5, 1.0]).expand(1, 3, 1, 3)
    return image.clone(), torch.tensor([0.4, 0.9]).expand(1, 3, 1, 2).clone(), 1, 1


def _partly_copied(g):
    image, sample = uniform(g, 1, 3, 8, 8), uniform(g, 1, 3, 9, 7)
    image[..., :4, :] = sample[..., 3:7, :].repeat(1, 1, 1, 2)[..., 1:9]
    return image, sample, 4, 2


def _pairs(image, sample, size, stride, sample_stride=1):
    patches, library = F.unfold(image, size, stride=stride)[0].T, F.unfold(sample, size, stride=sample_stride)[0].T
    return patches[:, None].double() - library[None].double()


def _from(measure):
    """The wrong answer made by `measure(differences)`, of shape (P, Q, values)."""
    return lambda *inputs: measure(_pairs(*inputs)).float()


def _roles(image, sample, size, stride):
    return _pairs(sample, image, size, stride).square().mean(dim=2).amin(dim=1).sqrt().float()


def _coarse_sample(image, sample, size, stride):
    return _pairs(image, sample, size, stride, stride).square().mean(dim=2).amin(dim=1).sqrt().float()


def _side_by_side(image, sample, size, stride):
    return patch_distance.nearest_patch_distance(image, sample, size, size)


def _gray(image, sample, size, stride):
    image, sample = (pixels.mean(dim=1, keepdim=True) for pixels in (image, sample))
    return patch_distance.nearest_patch_distance(image, sample, size, stride)


EXERCISE = Exercise(
    patch_distance.nearest_patch_distance,
    cases=(
        Case("patches of one pixel by hand", _by_hand, random=False),
        Case("6 × 6 pixels", _images((6, 6), (6, 6), 3, 2)),
        Case("a sample of another size", _images((5, 8), (9, 6), 2, 3)),
        Case("the upper half copied", _partly_copied),
        Case("a stride larger than the patch", _images((9, 7), (5, 5), 2, 4)),
        Case("double precision", _images((6, 5), (5, 6), 2, 1, torch.float64)),
    ),
    mistakes=(
        Mistake("mean over the sample's patches", _from(lambda d: d.square().mean(dim=2).sqrt().mean(dim=1)),
                "you took the mean over all patches of the sample. A copy has one patch at distance zero among "
                "thousands: the smallest distance tells."),
        Mistake("root left out", _from(lambda d: d.square().mean(dim=2).amin(dim=1)),
                "this is the mean square. Take its root, so that the result has the unit of a pixel value."),
        Mistake("not divided by the number of values", _from(lambda d: d.square().sum(dim=2).amin(dim=1).sqrt()),
                "you summed the squares over the patch. Then large patches are always far: take their mean, over "
                "3 · size² values."),
        Mistake("divided outside of the root",
                _from(lambda d: d.square().sum(dim=2).amin(dim=1).sqrt() / d.shape[2]),
                "you divided a root by 3 · size². In the formula that number stands under the root: the sum of squares "
                "is divided by it."),
        Mistake("divided by pixels, not values",
                _from(lambda d: (3 * d.square().mean(dim=2)).amin(dim=1).sqrt()),
                "you divided by the number of pixels of a patch. Each has three values: 3 · size²."),
        Mistake("magnitudes", _from(lambda d: d.abs().mean(dim=2).amin(dim=1)),
                "you averaged the magnitudes of the differences. Asked is the root of the mean square."),
        Mistake("roles exchanged", _roles,
                "image and sample have changed roles. The question is where each patch of the image comes from; "
                "the sample may well contain what the image does not."),
        Mistake("the stride in the sample too", _coarse_sample,
                "you take the sample's patches only at every `stride`-th position. A copy that is shifted by one "
                "pixel would not be found. In the sample the stride is 1."),
        Mistake("stride ignored", _side_by_side,
                "your patches stand side by side: the stride is not used."),
        Mistake("in gray", _gray,
                "you averaged over the colors first. A patch of another color is another patch: compare all three."),
    ),
    points=2,
    success="A number for the question everybody asks of a synthetic picture: did it just copy?",
    tolerance=1e-3,
)  # fmt: skip
