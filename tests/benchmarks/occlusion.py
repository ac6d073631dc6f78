"""Occlusion maps of one photograph, against Captum's Occlusion, each with as many copies at once as suit it best.

Hundreds of passes through one network are worth preparing it: ours gets it with its batch norms joined to the
convolutions (`lib.truncation.folded`), which gives the same scores up to rounding. The first line is without that.
"""

from functools import partial
from time import perf_counter

import torch
from captum.attr import Occlusion

from lib import images, networks
from lib.occlusion import sensitivity_map
from lib.truncation import folded

SIZE, STRIDE = 48, 16


def run(measure):
    network = networks.load("efficientnet-lite0")
    image, chosen = images.sample("coffee", 224), networks.class_index("espresso")
    captum = Occlusion(lambda batch: network(batch).softmax(dim=1))

    prepared = folded(network)

    def ours(together):
        return sensitivity_map(prepared, image, chosen, SIZE, STRIDE, together)

    def as_it_is(together):
        return sensitivity_map(network, image, chosen, SIZE, STRIDE, together)

    def theirs(together):
        with torch.inference_mode():
            return captum.attribute(
                image, (3, SIZE, SIZE), strides=(3, STRIDE, STRIDE), baselines=0.5, target=chosen,
                perturbations_per_eval=together,
            )[0, 0]  # fmt: skip

    def best(function):
        """Of two rounds, the number of copies at once that took the least time."""

        def seconds(together):
            started = perf_counter()
            function(together)
            return perf_counter() - started

        return min((1, 2, 4, 8, 16), key=lambda together: min(seconds(together) for _ in range(2)))

    other = best(theirs)
    for name, function in (("occlusion, network as it is", as_it_is), ("occlusion", ours)):
        mine = best(function)
        measure(
            name, "Captum", partial(function, mine), partial(theirs, other),
            lambda a, b: torch.allclose(a, b, atol=1e-5),
            details=f", 144 places at 224 pixels, {mine} and {other} copies at once",
        )  # fmt: skip
