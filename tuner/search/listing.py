"""All configurations of a finite space, in an order drawn with the seed."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from itertools import chain, islice

from tuner.search.space import Dimension, Values, configurations, draw, signature

__all__ = ["Listing"]

_LISTED = 100_000
"""Configurations of a finite space that are listed at most."""


class Listing:
    """Finds configurations that were not tried.

    Args:
        seed: Seed of the study; orders them.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._order: list[Values] | None = None

    def unseen(self, space: Sequence[Dimension], seen: Collection[str]) -> Values | None:
        """The first that was not tried; None where there is none, or the space is not finite.

        Args:
            space: The same in every call.
            seen: Signatures of those that were tried.
        """
        if self._order is None:
            listed = configurations(space)
            if listed is None:
                return None
            self._order = list(islice(listed, _LISTED))
            random.Random(self._seed).shuffle(self._order)
        candidates: Iterable[Values] = self._order
        if len(self._order) == _LISTED:
            # The list ends within the space, so it is no fair sample of it.
            drawn = random.Random(f"{self._seed} {len(seen)}")
            candidates = chain((draw(space, drawn) for _ in range(_LISTED)), self._order)
        return next((values for values in candidates if signature(values) not in seen), None)
