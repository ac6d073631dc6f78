"""Numbers as people read them: few digits, and rows under each other."""


def rounded(value):
    """Nested lists of numbers with four digits each."""
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.4g}") + 0.0 if isinstance(value, float) else value  # −0.0 + 0.0 is 0.0


def in_rows(value, indent):
    """Nested lists of numbers as text: what is in one row stays in one line, numbers of other rows stand below.

    indent: how far all lines but the first are moved to the right.
    """
    several, width = _count_rows(value) > 1, 0
    if several:
        width = max(len(str(number)) for number in _flat(value))

    def write(item, depth):
        if not isinstance(item, list):
            return str(item).rjust(width)
        nested = several and item and isinstance(item[0], list)
        separator = ",\n" + " " * (indent + depth + 1) if nested else ", "
        return f"[{separator.join(write(one, depth + 1) for one in item)}]"

    return write(value, 0)


def _count_rows(value):
    if not isinstance(value, list) or not value:
        return 0
    return sum(map(_count_rows, value)) if isinstance(value[0], list) else 1


def _flat(value):
    return [number for item in value for number in _flat(item)] if isinstance(value, list) else [value]
