import torch

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, uniform, whole
from lib import saliency


def _noisy(n, samples, sigma, height=8, width=8):
    def inputs(g):
        contrast = 0.2 + 0.7 * uniform(g, n, 1, 1, 1)
        images = 0.1 + contrast * uniform(g, n, 3, height, width)
        seed = int(whole(g, 0, 2**31 - 1, 1))
        made = network(g), images, int(whole(g, 0, 4, 1)), samples, sigma
        return *made, torch.Generator().manual_seed(seed)

    return inputs


def _smooth(spread=None, collect=None, finish=None, change=None, draw=torch.randn, once=False):
    """The method with one of its parts replaced."""

    def wrong(net, images, class_index, samples, sigma, generator):
        ends = images.amax(dim=(1, 2, 3), keepdim=True), images.amin(dim=(1, 2, 3), keepdim=True)
        size = sigma * (ends[0] - ends[1]) if spread is None else spread(images, sigma)
        gradients, noisy = [], images
        noise = draw(images.shape, generator=generator)
        for sample in range(samples):
            if sample and not once:
                noise = draw(images.shape, generator=generator)
            noisy = images + size * noise if change is None else change(images, noisy, size * noise)
            one = saliency.pixel_gradients(net, noisy, class_index)
            gradients.append(one if collect is None else collect(one))
        mean = torch.stack(gradients).mean(dim=0)
        return saliency.saliency_map(mean) if finish is None else finish(mean, samples)

    return wrong


def _of_the_batch(images, sigma):
    return sigma * (images.max() - images.min())


EXERCISE = Exercise(
    saliency.smooth_grad,
    cases=(
        Case("one image, four samples", _noisy(1, 4, 0.2), observe=observe.on_network),
        Case("two images of different contrast", _noisy(2, 5, 0.5), observe=observe.on_network),
        Case("one sample", _noisy(2, 1, 0.3), observe=observe.on_network),
        Case("no noise, wider than tall", _noisy(1, 2, 0.0, 6, 16), observe=observe.on_network),
    ),
    mistakes=(
        Mistake("absolute value before the mean", _smooth(collect=torch.abs),
                "you took the absolute value of each sample's gradient before averaging. Noise then never cancels: "
                "plus and minus one average to one. The absolute value comes after."),
        Mistake("mean of saliency maps", _smooth(collect=saliency.saliency_map, finish=lambda m, n: m),
                "you averaged finished saliency maps. They are all positive, so that the noise in them adds up instead "
                "of canceling; average gradients, with their signs, and make one map in the end."),
        Mistake("sigma not relative", _smooth(spread=lambda images, sigma: sigma),
                "you used sigma as it stands. It is a share of the image's own range, max − min, so that a pale image "
                "is not drowned."),
        Mistake("range of the whole batch", _smooth(spread=_of_the_batch),
                "you measured max − min over the whole batch. A pale image then gets the noise that a bright one can "
                "stand; each has its own range."),
        Mistake("sigma taken for a variance",
                _smooth(spread=lambda i, s: (s * (i.amax((1, 2, 3), True) - i.amin((1, 2, 3), True))) ** 0.5),
                "you took the square root of the noise level. Sigma is a standard deviation already, not a variance."),
        Mistake("sum of the samples", _smooth(finish=lambda m, n: saliency.saliency_map(m * n)),
                "right up to a factor: you added the samples up. Take their mean, so that more samples make the map "
                "smoother and not brighter."),
        Mistake("one noise for all samples", _smooth(once=True),
                "every sample got the same noise, so that averaging has nothing to average. Draw anew for each."),
        Mistake("noise piles up", _smooth(change=lambda images, noisy, noise: noisy + noise),
                "each of your samples adds noise to the one before, and the image drowns step by step. Every sample "
                "starts from the clean image."),
        Mistake("clipped to [0, 1]", _smooth(change=lambda images, noisy, noise: (images + noise).clamp(0, 1)),
                "you clipped the noisy copies to [0, 1]. Bright and dark pixels then get less noise than gray ones; "
                "the network takes any number."),
        Mistake("uniform noise", _smooth(draw=torch.rand),
                "your noise lies between 0 and 1 and makes every copy brighter. SmoothGrad's noise is normal, with "
                "mean zero."),
    ),
    points=2,
    builds_on=("pixel_gradients", "saliency_map"),
    success="The noise in the gradient was real, and it mostly cancels. What neighboring images agree on stays.",
)  # fmt: skip
