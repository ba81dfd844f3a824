"""Standard output and error: signs that they cannot show, and readers that go away."""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import TextIO

__all__ = ["SPELLED", "divert", "spell_out", "spelled"]

SPELLED: Mapping[str, str] = MappingProxyType(
    {
        "–": "-",
        "—": "-",
        "−": "-",
        "‑": "-",
        "±": "+/-",
        "×": "x",
        "·": "*",
        "→": "->",
        "≤": "<=",
        "≥": ">=",
        "≈": "~",
        "…": "...",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "α": "alpha",
        "β": "beta",
        "γ": "gamma",
        "µ": "u",
        "²": "^2",
        "°": " degrees",
        "\u00a0": " ",
    }
)
"""What stands for each sign. Letters are not here: a name with others would be another name."""

_NAME = "minority-tuner.spelled"


def spell_out(stream: TextIO | None) -> None:
    """Makes a stream write what its encoding cannot say in another spelling; see `SPELLED`.

    Everything that is printed goes through this one place, whoever prints it. Letters that the
    encoding lacks are written as Python escapes them, so that names stay apart.

    Args:
        stream: Standard output or error; None, or what is no text file, is left alone.

    Example:
        >>> raw = io.BytesIO()
        >>> stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
        >>> spell_out(stream)
        >>> stream.write("95 % CI 0.74–0.87, Läsion") and raw.getvalue()
        b'95 % CI 0.74-0.87, L\\\\xe4sion'
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=_NAME)


def spelled(text: str, encoding: str) -> str:
    """A text as `spell_out` makes a stream of that encoding show it, to be measured.

    Example:
        >>> spelled("0.50 ± 0.25", "ascii")
        '0.50 +/- 0.25'
    """
    return text if text.isascii() else text.encode(encoding, _NAME).decode(encoding)


def _spell(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    sign = error.object[error.start]
    if sign in SPELLED:
        return SPELLED[sign], error.start + 1
    end = error.start + 1
    return codecs.backslashreplace_errors(
        UnicodeEncodeError(error.encoding, error.object, error.start, end, error.reason)
    )


codecs.register_error(_NAME, _spell)


def divert(stream: TextIO) -> None:
    """What is still written to a stream, also when Python ends, goes nowhere."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())
