"""What other libraries say and do that whoever runs a command has nothing of."""

import sys
import warnings

LIBRARIES = r"(nbgrader|nbformat|nbconvert|traitlets|jupyter_client)\b"


def calm():
    """For the rest of this process. Not where students' code runs: there warnings are theirs to see."""
    warnings.filterwarnings("ignore", module=LIBRARIES)
    # For addresses in other alphabets, which no notebook's schema has, nbformat's jsonschema builds a parser: 0.7 s.
    sys.modules.setdefault("rfc3987_syntax", None)
