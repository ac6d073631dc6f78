"""Warnings that whoever runs a command can do nothing about: what other libraries say about their own affairs."""

import warnings

LIBRARIES = r"(nbgrader|nbformat|nbconvert|traitlets|jupyter_client)\b"


def ignore_other_libraries():
    """For the rest of this process. Not where students' code runs: there warnings are theirs to see."""
    warnings.filterwarnings("ignore", module=LIBRARIES)
