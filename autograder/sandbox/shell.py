"""An IPython shell without a terminal: runs cells as a notebook would and keeps what they show."""

import sys
from base64 import b64encode

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

IMAGES = ("image/png", "image/jpeg")
EACH = 100  # what an output costs beside its characters, so that there cannot be too many


class Shell(InteractiveShell):
    """Keeps the outputs of the current cell in `outputs`, up to a number of characters, and drops the rest."""

    def start_cell(self):
        """Forget what the last cell showed, and where it sent its output."""
        self.outputs, self.left = [], self.budget
        sys.stdout = sys.stderr = _Stream(self)

    def keep(self, kind, content):
        """Keep one output as far as the budget goes; text is cut, pictures come whole or not at all."""
        content = content if isinstance(content, str) else str(content)
        if self.left <= 0 or (kind in IMAGES and len(content) > self.left):
            return
        kept = content[: self.left]
        self.left -= len(kept)
        if kind == "stream" and self.outputs and self.outputs[-1][0] == "stream":
            self.outputs[-1] = ("stream", self.outputs[-1][1] + kept)
        else:
            self.left -= EACH
            self.outputs.append((kind, kept))
        if self.left <= 0:
            self.outputs.append(("stream", "\n[more output was dropped]\n"))

    def keep_bundle(self, data):
        """Keep the best of a display's representations: a picture, else its plain text."""
        for kind in IMAGES:
            if kind in data:
                picture = data[kind]
                return self.keep(kind, b64encode(picture).decode() if isinstance(picture, bytes) else picture)
        return self.keep("text", str(data.get("text/plain", "")))

    def enable_gui(self, gui=None):
        """Nothing to do without a terminal; `%matplotlib inline` asks for it."""

    def _showtraceback(self, etype, evalue, stb):
        """The caller reports errors, with the student's own lines only."""


class _Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, **options):
        self.shell.keep_bundle(data)


class _Hook(DisplayHook):
    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        self.shell.keep_bundle(format_dict)

    def finish_displayhook(self):
        pass


class _Stream:
    """Standard output and error: into the shell's outputs."""

    encoding, errors, closed = "utf-8", "replace", False

    def __init__(self, shell):
        self.shell = shell

    def write(self, words):
        self.shell.keep("stream", str(words))
        return len(words)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False


def make_shell(budget):
    """A fresh shell whose cells may show `budget` characters each."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.banner1 = ""
    shell = Shell.instance(config=config, display_pub_class=_Publisher, displayhook_class=_Hook)
    shell.budget = budget
    shell.start_cell()
    shell.user_ns["get_ipython"] = lambda: shell
    from IPython.core.pylabtools import select_figure_formats
    from matplotlib_inline.backend_inline import configure_inline_support

    configure_inline_support(shell, "module://matplotlib_inline.backend_inline")
    select_figure_formats(shell, {"png"})
    return shell
