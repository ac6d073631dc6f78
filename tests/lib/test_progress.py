import pytest

from lib import progress


@pytest.fixture
def bars(monkeypatch):
    """All bars that are made, drawn as text into nothing."""
    made = []

    def tqdm(*arguments, **options):
        from io import StringIO

        from tqdm import tqdm as text

        made.append(text(*arguments, file=StringIO(), **options))
        return made[-1]

    monkeypatch.setattr(progress, "tqdm", tqdm)
    return made


def test_calls_are_counted_and_change_nothing(bars):
    double = progress.counted_calls(lambda x, y: 2 * x + y, 3, "steps")
    assert not bars  # none before the first call
    assert [double(x, 1) for x in range(2)] == [1, 3]
    (bar,) = bars
    assert (bar.n, bar.total, bar.desc, bar.disable) == (2, 3, "steps", False)
    assert double(2, 1) == 5 and bar.disable  # closed
    assert double(3, 1) == 7 and bars == [bar]  # somebody may call more often


def test_a_call_that_fails_fails_as_before(bars):
    with pytest.raises(ZeroDivisionError):
        progress.counted_calls(lambda x: 1 / x, 3, "steps")(0)


def test_items_are_counted_and_remain_a_list(bars):
    items = progress.counted_items("abc", "letters")
    assert items == ["a", "b", "c"] and items[1] == "b" and len(items) == 3 and not bars
    assert [*items] == ["a", "b", "c"] and [bar.n for bar in bars] == [3]
    assert list(zip(items, range(3))) == [("a", 0), ("b", 1), ("c", 2)] and len(bars) == 2
    assert bars[0].total == 3 and bars[0].desc == "letters"
