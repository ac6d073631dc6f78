"""Progress bars for loops that a notebook cannot see into: the loop is in a function that the cell calls."""

from tqdm.auto import tqdm


def counted_calls(function, total, what):
    """The same function, with a bar that goes on at each call.

    total: how many calls there will be, as with a loss that is asked once a step.  what: the words before the bar.
    """
    bar = None

    def counted(*inputs):
        nonlocal bar
        bar = bar or tqdm(total=total, desc=what)
        result = function(*inputs)
        bar.update()
        if bar.n >= total:
            bar.close()
        return result

    return counted


class counted_items(list):  # noqa: N801  reads as what it does
    """The same items, with a bar for each time that somebody goes through them.  what: the words before the bar."""

    def __init__(self, items, what):
        super().__init__(items)
        self.what = what

    def __iter__(self):
        return iter(tqdm(super().__iter__(), self.what, total=len(self)))
