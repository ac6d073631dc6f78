"""`python -m autograder`"""

from autograder.cli import app
from autograder.other_libraries import calm

if __name__ == "__main__":
    calm()
    app(prog_name="python -m autograder")
