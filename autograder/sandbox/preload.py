"""What the warm server imports before it forks: heavy, harmless, and no reference."""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # one thread per submission; several submissions run side by side
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
for variable in ("GLIBC_TUNABLES", "PYTHONMALLOC"):  # meant for this process alone
    os.environ.pop(variable, None)

import IPython.core.interactiveshell  # noqa: E402, F401
import matplotlib.figure  # noqa: E402
import matplotlib.pyplot  # noqa: E402, F401
import PIL.Image  # noqa: E402
import torch  # noqa: E402, F401

import autograder.answers  # noqa: E402
import autograder.calling  # noqa: E402
import autograder.observe  # noqa: E402
import autograder.sandbox.child  # noqa: E402, F401
import lib.activations  # noqa: E402
import lib.images  # noqa: E402
import lib.networks  # noqa: E402
import lib.plotting  # noqa: E402, F401

PIL.Image.init()  # the file formats
lib.networks.load("efficientnet-lite0")  # most notebooks ask for it; its file is read only once
