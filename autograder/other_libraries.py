"""What other libraries say and do that whoever runs a command has nothing of."""

import sys
import warnings
from importlib import import_module

LIBRARIES = r"(nbgrader|nbformat|nbconvert|traitlets|jupyter_client|distributed)\b"


def calm():
    """For the rest of this process. Not where students' code runs: there warnings are theirs to see."""
    warnings.filterwarnings("ignore", module=LIBRARIES)
    _without("rfc3987_syntax", "jsonschema")


def _without(part, library):
    """Import a library as if an optional part of it were not installed.

    nbformat's jsonschema takes 0.7 s to build a parser of addresses in all alphabets, which no notebook's schema has.
    """
    if part not in sys.modules:
        sys.modules[part] = None
        import_module(library)
        del sys.modules[part]
