"""Many files at once."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from tuner.data.progress import Progress
from tuner.errors import InputError

if TYPE_CHECKING:
    from _typeshed import StrPath

__all__ = ["in_threads", "threads_for"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_CHUNK = 128
"""Items that a thread takes at a time; a task of its own for each would cost more than it does."""

_THREADS = 8

_SMALL = 8192
"""Bytes of a file below which threads wait for Python's lock longer than they decode (measured)."""

_LOOKED_AT = 16


def threads_for(paths: Sequence[StrPath]) -> int:
    """How many threads decode files like these fastest."""
    sizes = []
    for path in paths[:: max(1, len(paths) // _LOOKED_AT)]:
        with suppress(OSError):  # told when the file is read
            sizes.append(os.stat(path).st_size)
    if not sizes or statistics.median(sizes) < _SMALL:
        return 1
    return min(_THREADS, os.cpu_count() or 1)


def in_threads(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    what: str,
    progress: Progress,
    threads: int = 1,
) -> Iterator[Result | InputError]:
    """Results of `function` in the order of `items`.

    Decoders and the system release Python's lock, so threads are enough. A fault of one item does
    not stop the others: its `InputError` takes the place of its result.

    Args:
        function: What is done with each item.
        items: What it is done with.
        what: What the items are, for `progress`.
        progress: Hears how many are done.
        threads: How many items are done at once.
    """

    def attempt(item: Item) -> Result | InputError:
        try:
            return function(item)
        except InputError as error:
            return error

    def chunk(start: int) -> list[Result | InputError]:
        return [attempt(item) for item in items[start : start + _CHUNK]]

    starts = range(0, len(items), _CHUNK)
    done = 0
    with ThreadPoolExecutor(threads) as pool:
        for results in pool.map(chunk, starts) if threads > 1 else map(chunk, starts):
            yield from results
            done += len(results)
            progress(what, done, len(items))
