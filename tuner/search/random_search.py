"""Configurations drawn at random beside the search, to see what its choosing was worth.

They are trained on the search's own folds, and the best of them again on the folds that confirm the
search's best, so that both sides of the comparison were chosen in the same way.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from tuner.search.confirm import Confirmation, confirm_configured
from tuner.search.extra import Configured, judged, numbered, train_extra, units_of
from tuner.search.pooling import Pooling
from tuner.search.space import Dimension, Values, space_of
from tuner.search.tuner import Parts
from tuner.search.unit_cube import from_unit

__all__ = ["RandomSearch", "drawn", "random_search"]

_SEEDS = 2**31 + 2**30
"""Seeds of networks count from here, which neither a trial nor a context reaches."""
_WORD = zlib.crc32(b"random search beside the search")
"""Keeps the draws apart from those of a search that is random itself."""


@dataclass(frozen=True)
class RandomSearch:
    """What random configurations reached.

    Attributes:
        configurations: How many were drawn.
        failed: How many of them could not be trained.
        collapsed: How many of the others collapsed.
        values: The searched values of the best; of equal ones the first. Those that did not
            collapse come first.
        score: Its validation score; None where all failed.
        best_collapsed: Whether it collapsed, as then all did.
        confirmed: What the best few reached when they were trained again.
    """

    configurations: int
    failed: int
    collapsed: int
    values: Values
    score: float | None
    best_collapsed: bool
    confirmed: tuple[Confirmation, ...] = ()


def random_search(parts: Parts, trials: int) -> RandomSearch | None:
    """Trains random configurations; what is in the store already is not trained again.

    Args:
        parts: Those of the search.
        trials: How many the search has ended.

    Returns:
        None where the study asks for none.

    Raises:
        KeyboardInterrupt: The person wants to stop.
        StoreError: The database cannot be written.
    """
    asked = parts.study.evaluation
    count = asked.random_search * trials
    if not count:
        return None
    configured = _configured(parts, count)
    begins = partial(parts.telling.random_search_begins, count)
    failed = train_extra(parts, configured, begins)
    found = _ranked(parts, [one for one in configured if one.number not in failed])
    best = [one for _, _, one in found[: asked.confirm]]
    return RandomSearch(
        count,
        len(failed),
        sum(collapsed for collapsed, _, _ in found),
        dict(found[0][2].values) if found else {},
        found[0][1] if found else None,
        found[0][0] if found else False,
        confirm_configured(parts, best, partial(parts.telling.random_search_begins, len(best))),
    )


def drawn(space: Sequence[Dimension], index: int, seed: int) -> Values:
    """One random configuration; more of them keep the first ones.

    Args:
        space: The hyperparameters of the study.
        index: Its number, from 0.
        seed: Of the study.
    """
    rng = np.random.default_rng([seed, _WORD, index])
    values: Values = {}
    for dimension in space:
        share = float(rng.random())
        if dimension.active(values):
            values[dimension.name] = from_unit(dimension.distribution, share)
    return values


def _configured(parts: Parts, count: int) -> list[Configured]:
    space = space_of(parts.hypermodel)
    values = [drawn(space, index, parts.study.seed) for index in range(count)]
    return numbered(parts, "random", list(enumerate(values)), _SEEDS)


def _ranked(parts: Parts, configured: Sequence[Configured]) -> list[tuple[bool, float, Configured]]:
    """Whether each collapsed, its score and itself; the best first, collapsed ones last."""
    pooling = Pooling(parts.dataset, parts.study)
    found = []
    for one in configured:
        pooled, collapsed = judged(pooling, units_of(parts, one.number))
        score = float(getattr(pooled.scores, parts.study.objective.metric))
        found.append((collapsed, score, one))
    return sorted(found, key=lambda told: (told[0], -told[1]))
