"""Templates of a part: what a feature map should look like if its filter is to mean one part of a thing.

A part is seen at one place, and nowhere else. On a map of n × n positions, the template of a part at μ falls off with
the distance from there, in steps along rows and columns; the negative template is for images without the part:

    T⁺_μ[i, j] = τ · max(1 − β · ‖[i, j] − μ‖₁ / n, −1)        T⁻[i, j] = −τ        τ = 0.5 / n²,  β = 4

So a filter has n² + 1 templates: one for each place where its part may be, and one for "not here".

Zhang, Wu, Zhu 2018, "Interpretable Convolutional Neural Networks", section 3.
"""

import torch


def part_template(size, row, column, steepness=4.0):
    """The map that a filter of one part should have where the part is at (row, column).

    size:      int n; maps have n × n positions.
    row:       int from 0 to n − 1, the part's row; `column` likewise.
    steepness: β, how fast the template falls off.
    returns:   (n, n) float32. At [row, column] it is τ = 0.5 / n², its only maximum. With every
               step along a row or a column it falls by β τ / n, but never below −τ.

    Zhang et al. 2018, section 3, the positive templates.
    """
    places = torch.arange(size)
    steps = (places - row).abs()[:, None] + (places - column).abs()
    return 0.5 / size**2 * (1 - steepness * steps / size).clamp(min=-1)


def template_bank(size, steepness=4.0):
    """All templates of a filter: the part at each place, and the part nowhere.

    size:      int n; maps have n × n positions.
    steepness: β of the positive templates.
    returns:   (n² + 1, n, n) float32. Template row · n + column is the positive one of that
               place; the last is the negative one, −τ = −0.5 / n² everywhere.

    Zhang et al. 2018, section 3.
    """
    places = range(size)
    positive = [part_template(size, row, column, steepness) for row in places for column in places]
    negative = torch.full((size, size), -0.5 / size**2)
    return torch.stack([*positive, negative])
