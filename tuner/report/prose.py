"""Sentences in the terminal, and whole in a log."""

from __future__ import annotations

from rich.cells import cell_len
from rich.console import Console

from tuner.report.streams import spelled

__all__ = ["print_prose"]

_STYLES = {"warning:": "yellow", "error:": "red", "failed:": "red"}
"""Colours of lines by their first word, where there are colours."""


def print_prose(console: Console, text: str, style: str = "") -> None:
    """Prints a text; on a terminal folded between words, so that no number is broken.

    A word that is longer than a line, such as a path, stays whole. A log has each text on one line,
    for programs that search it.

    Args:
        console: Where to print.
        text: One line, or several.
        style: What it looks like; empty: as its first word says, such as ``warning:``.
    """
    for line in spelled(text, console.encoding).split("\n"):
        own = style or _STYLES.get(line.split(maxsplit=1)[0] if line.strip() else "", "")
        for part in _folded(console, line):
            console.print(part, style=own, soft_wrap=True)


def _folded(console: Console, line: str) -> list[str]:
    if not console.is_terminal or cell_len(line) <= console.width:
        return [line]
    first, *words = line.split(" ")
    lines = [first]
    for word in words:
        longer = f"{lines[-1]} {word}"
        if cell_len(longer) <= console.width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
