"""`python -m autograder`"""

from autograder.cli import app
from autograder.quiet import ignore_other_libraries

if __name__ == "__main__":
    ignore_other_libraries()
    app(prog_name="python -m autograder")
