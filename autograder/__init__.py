"""The autograder: exercises, comparison, judging, grading, and the command line `python -m autograder`.

In a notebook, one line is all there is to know: `check(my_function)`.
"""


def check(function):
    """Judge one exercise on the spot and show the verdict: green, or red with what to look at.

    function: your function, under the exercise's own name. Nothing is returned, stored or handed in.
    """
    from autograder.checking import check

    check(function)
