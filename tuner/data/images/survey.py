"""The forms of many image files, and the one form that they are read in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tuner.data.images.decode import ImageReading
from tuner.data.images.header import Header, pillow_warnings, read_header
from tuner.data.parallel import in_threads
from tuner.data.pixels import spelled_size
from tuner.data.progress import Progress, silent
from tuner.errors import InputError, Problem

if TYPE_CHECKING:
    from _typeshed import StrPath

__all__ = ["Survey", "settle", "survey"]

_FORMS = 4


@dataclass
class Survey:
    """What the headers of image files say.

    Attributes:
        headers: How many files have each form.
        first: The name of the first file of each form.
        broken: What is wrong with a file, by its number.
    """

    headers: Counter[Header] = field(default_factory=Counter)
    first: dict[Header, str] = field(default_factory=dict)
    broken: dict[int, Problem] = field(default_factory=dict)


def survey(
    paths: Sequence[StrPath], names: Sequence[str], key: str, progress: Progress = silent
) -> Survey:
    """Reads the headers of files.

    Args:
        paths: The files.
        names: What messages call them.
        key: Key of the study that problems stand at.
        progress: Hears how far the reading is.
    """
    found = Survey()
    with pillow_warnings():
        results = in_threads(read_header, paths, "image headers", progress)
        for number, result in enumerate(results):
            if isinstance(result, InputError):
                message = f"'{names[number]}' {result.problems[0].message}"
                found.broken[number] = Problem(message, (key,))
                continue
            found.headers[result] += 1
            found.first.setdefault(result, names[number])
    return found


def settle(
    found: Survey, channels: Literal[1, 3] | None, size: tuple[int, int] | None
) -> ImageReading:
    """The form that all files are read in: what is stated, else what they have in common.

    Args:
        found: The headers of at least one file.
        channels: The stated number of channels.
        size: The stated height and width.

    Raises:
        InputError: Files differ in something that is not stated, or in their bit depth.
    """
    problems = []
    if len({header.dtype for header in found.headers}) > 1:
        forms = _spelled(found, lambda h: "8-bit" if h.dtype == "uint8" else "16-bit")
        problems.append(
            Problem(
                f"files differ in bit depth: {forms}; nothing says how their numbers compare, so"
                " convert them to one depth",
                ("images",),
            )
        )
    if channels is None and len({header.channels for header in found.headers}) > 1:
        forms = _spelled(found, lambda h: h.mode)
        problems.append(
            Problem(f"files differ in channels: {forms}; state channels: 1 or 3", ("images",))
        )
    if size is None and len({header.size for header in found.headers}) > 1:
        forms = _spelled(found, lambda h: spelled_size(h.size))
        problems.append(
            Problem(
                f"files differ in height×width: {forms}; state size: [height, width]", ("images",)
            )
        )
    if problems:
        raise InputError(problems)
    header = next(iter(found.headers))
    return ImageReading(channels or header.channels, size or header.size, header.dtype)


def _spelled(found: Survey, form: Callable[[Header], str]) -> str:
    """Each form with its count and its first file, the most common one first."""
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for header, count in found.headers.items():
        counts[form(header)] += count
        first.setdefault(form(header), found.first[header])
    shown = [f"{name} in {n} (first '{first[name]}')" for name, n in counts.most_common(_FORMS)]
    rest = len(counts) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
