"""Whether a parameter changes anything, and bits by which two outcomes are compared."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from tuner.spaces import Value, ends
from tuner.testing.failing import expect
from tuner.testing.items import EntryItem, Spaces

__all__ = ["bits", "differ", "expect_effects", "same"]

_CONTEXTS = 8
"""Random values of the other parameters in which one that seems idle is tried again."""


def bits(*arrays: Any) -> str:
    """A text that is equal where arrays are equal in shape, type and every bit."""
    digest = hashlib.sha256()
    for one in arrays:
        array = np.asarray(one)
        digest.update(f"{array.shape}{array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def same(one: list[Any], two: list[Any]) -> bool:
    """Whether two lists of arrays are equal in every bit."""
    return len(one) == len(two) and bits(*one) == bits(*two)


def expect_effects(item: EntryItem, outcome: Callable[[Mapping[str, Value]], Any]) -> None:
    """Fails where a parameter changes nothing.

    The ends of a range, or the options of a choice, are tried at the defaults of the others, and
    if they all do the same there, in random values of the others, since a parameter may act only
    beside some of them.

    Args:
        item: Whose parameters are tried.
        outcome: What an entry with these parameters comes to, such as `bits`.

    Raises:
        CheckFailed: Nothing that was tried tells two values of a parameter apart.
    """
    for key, space in item.spaces.items():
        values = ends(space)
        acts = any(
            differ(outcome({**context, key: value}) for value in values)
            for context in _contexts(item.spaces, item.defaults)
        )
        expect(
            acts,
            f"'{key}' to have an effect",
            f"the same from {' and '.join(map(repr, values))}",
            "use the parameter, or take it and its space away",
        )


def _contexts(spaces: Spaces, defaults: dict[str, Value]) -> Iterator[dict[str, Value]]:
    yield defaults
    draw = random.Random(0)
    for _ in range(_CONTEXTS if len(spaces) > 1 else 0):
        yield {key: draw.choice(ends(space)) for key, space in spaces.items()}


def differ(outcomes: Iterable[Any]) -> bool:
    """Whether any of them is unlike the first; no more are made than show it."""
    made = iter(outcomes)
    first = next(made, None)
    return any(one != first for one in made)
