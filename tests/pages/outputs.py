"""Whether something was printed as a page shows it."""

import re

__all__ = ["matches"]

_LEFT_OUT = re.compile(r"^\s*(?:\[…\]|\[\.\.\.\]|…)\s*$")


def matches(shown, printed):
    """Whether the lines shown were printed; a line of ``[…]`` stands for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if _LEFT_OUT.match(line) else re.escape(line.rstrip()) + r"[ \t]*\n"
        for line in shown.splitlines()
    )
    lines = "".join(f"{line.rstrip()}\n" for line in printed.rstrip().splitlines())
    return re.fullmatch(pattern, lines) is not None
