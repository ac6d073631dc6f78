"""Verdicts as people see them: a card in a notebook or a feedback page, lines in a terminal."""

from html import escape
from textwrap import shorten

from autograder.explained import explanation
from autograder.numerals import in_rows, rounded
from autograder.verdict import Status

# Symbol, color of the edge, color of the ground. The symbol and the word carry the meaning without color.
LOOK = {
    Status.PASSED: ("✓", "#1a7f37", "#e9f7ee"),
    Status.NOT_ATTEMPTED: ("○", "#6e7781", "#f3f4f6"),
}
FAILED = ("✗", "#c0342b", "#fdeeed")
COLOR = {Status.PASSED: "green", Status.NOT_ATTEMPTED: "bright_black"}


def symbol(status):
    """✓, ○ or ✗."""
    return LOOK.get(status, FAILED)[0]


def html(verdict, points=False):
    """A verdict as a self-contained card. Everything that came from a student is escaped.

    points: whether to say them; in a self-check they are only a distraction.
    """
    sign, edge, ground = LOOK.get(verdict.status, FAILED)
    score = f'<span style="float:right">{verdict.points} / {verdict.out_of}</span>' if points else ""
    headline = escape(f"{verdict.exercise}: {_headline(verdict)}", quote=False)
    parts = [f"{score}<b>{sign} {headline}</b>{_paragraph(_body(verdict))}"]
    if verdict.given:
        parts.append(_small(f"Case: {verdict.case}. Given {verdict.given}."))
    if verdict.traceback:
        parts.append(f'<pre style="{PRE}">{escape(verdict.traceback)}</pre>')
    parts.append(_side_by_side(verdict))
    style = (
        f"border-left:4px solid {edge};background:{ground};color:#1f2328;padding:8px 12px;margin:4px 0;"
        "font-family:system-ui,sans-serif;font-size:14px;line-height:1.5;max-width:52em"
    )
    return f'<div role="status" style="{style}">{"".join(parts)}</div>'


PRE = "background:#ffffffb0;color:#1f2328;padding:6px 8px;margin:6px 0 0;overflow-x:auto;font-size:12.5px"


def text(verdict):
    """A verdict as plain text, the same words as the card."""
    lines = [f"{symbol(verdict.status)} {verdict.exercise}: {_headline(verdict)}"]
    body = _body(verdict)
    if body:
        lines.append(body)
    if verdict.given:
        lines.append(f"Case: {verdict.case}. Given {verdict.given}.")
    if verdict.traceback:
        lines.extend("  " + line for line in verdict.traceback.splitlines())
    yours, expected = _small_tensors(verdict)
    if yours is not None:
        lines.append(_both(yours, expected))
    return "\n".join(lines)


def note(words):
    """A remark of the grading below a card."""
    return f'<div style="color:#57606a;font:12.5px system-ui,sans-serif;padding:0 12px">{escape(words)}</div>'


class _Shown:
    """A verdict that a notebook shows as a card and a terminal as text."""

    def __init__(self, verdict):
        self.verdict = verdict

    def _repr_html_(self):
        return html(self.verdict)

    def __repr__(self):
        return text(self.verdict)


def show(verdict):
    """Show a verdict where the code runs: in a notebook as a card, elsewhere as text."""
    try:
        get_ipython  # noqa: B018  defined by IPython alone
    except NameError:
        print(text(verdict))
    else:
        from IPython.display import display

        display(_Shown(verdict))


def _headline(verdict):
    """The word for the status; for an exception, the exception's own line."""
    if verdict.status is Status.WRONG:
        return "not yet"
    if verdict.status is Status.ERROR and verdict.traceback and verdict.message:
        return shorten(verdict.message.splitlines()[0], 300, placeholder=" …")
    return verdict.status.value


def _body(verdict):
    message = verdict.message
    if verdict.status is Status.ERROR and verdict.traceback:
        return explanation(verdict.message)
    for prefix in (f"{verdict.status.value} yet. ", f"{verdict.status.value} "):
        message = message.removeprefix(prefix)
    return message[:1].upper() + message[1:]


def _paragraph(words):
    return f'<div style="margin-top:2px">{_code(escape(words, quote=False))}</div>' if words else ""


def _small(words):
    return f'<div style="margin-top:4px;color:#57606a;font-size:12.5px">{escape(words, quote=False)}</div>'


def _code(escaped):
    """Words between backticks as code."""
    pieces = escaped.split("`")
    return "".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces))


def _tensors(verdict):
    """The two answers as tensors of one shape, if they are."""
    yours, expected = verdict.yours, verdict.expected
    if expected is None:
        return None, None
    from autograder.compare import as_tensor  # with torch, and most verdicts show no tensors

    if isinstance(expected, dict) and "answer" in expected:
        yours = yours.get("answer") if isinstance(yours, dict) else None
        expected = expected["answer"]
    yours, expected = (None if value is None else as_tensor(value) for value in (yours, expected))
    if yours is None or expected is None or not expected.numel():
        return None, None
    return yours, expected


def _small_tensors(verdict, limit=12):
    yours, expected = _tensors(verdict)
    if yours is None or max(yours.numel(), expected.numel()) > limit:
        return None, None
    return yours, expected


def _both(yours, expected):
    """One under the other, or each in rows whose numbers stand under each other."""
    yours, expected = (in_rows(rounded(tensor.tolist()), indent=10) for tensor in (yours, expected))
    return f"yours:    {yours}\nexpected: {expected}"


def _side_by_side(verdict):
    small, right = _small_tensors(verdict)
    if small is not None:
        return f'<pre style="{PRE}">{escape(_both(small, right))}</pre>'
    yours, expected = _tensors(verdict)
    if yours is None or yours.shape != expected.shape or not _is_picture(expected):
        return ""
    from autograder import side_by_side

    return side_by_side.html(yours, expected)


def _is_picture(tensor):
    """Maps (N, H, W) or images (N, 3, H, W), of floats, with something to see."""
    maps = tensor.dim() in (2, 3) or (tensor.dim() == 4 and tensor.shape[1] == 3)
    return maps and tensor.is_floating_point() and min(tensor.shape[-2:]) > 1
