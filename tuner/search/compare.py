"""Values of a place are compared, each in the same contexts, on the same folds and seeds.

In the search a value meets whatever the algorithm sets beside it, more often where it does well, so
that its best score says as much of luck and of its neighbours as of itself. Here nothing differs
between two values but the values, which is why small differences can be seen at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tuner.data import Fold
from tuner.data.splits import further_folds, has_official_validation
from tuner.search.extra import Configured, judged, numbered, train_extra, units_of
from tuner.search.factors import Factor, factors
from tuner.search.matched import matched
from tuner.search.pooling import Pooling
from tuner.search.space import Values, space_of
from tuner.search.tuner import Parts

__all__ = ["Compared", "compare"]

_SEEDS = 2**31
"""Seeds of contexts count from here, which no trial's number reaches."""


@dataclass(frozen=True)
class Compared:
    """What the values of a factor reached.

    Attributes:
        factor: The places, and their values.
        contexts: What stood beside them: values of all places but those of the factor, and but
            parameters that exist with some of its values only.
        scores: The objective's value, shape ``(cells, contexts, repeats)``; 0 where a network
            could not be trained.
        contributions: What each resample contributed to it, shape
            ``(cells, contexts, resamples)``; see `tuner.metrics.jackknife`. Repeats that divide the
            rows alike are no further resamples: they are averaged.
        validation_to_train: Rows that were scored for each row that was trained on.
        sound: Whether each was trained and did not collapse, shape ``(cells, contexts)``.
        reasons: Why some could not be trained, each once.
        failed: How many could not be.
        divisions: In how many ways the rows were divided.
        divisible: Whether more repeats may divide them in other ways.
    """

    factor: Factor
    contexts: tuple[Values, ...]
    scores: NDArray[np.float64]
    contributions: NDArray[np.float64]
    validation_to_train: float
    sound: NDArray[np.bool_]
    reasons: tuple[str, ...] = ()
    failed: int = 0
    divisions: int = 1
    divisible: bool = True


def compare(parts: Parts) -> tuple[Compared, ...]:
    """Trains what the study asks to compare; what is in the store already is not trained again.

    Args:
        parts: Those of the search.

    Raises:
        KeyboardInterrupt: The person wants to stop.
        InputError: The rows cannot be divided again, or the study asks for what cannot be compared.
        StoreError: The database cannot be written.
    """
    study, dataset = parts.study, parts.dataset
    asked = factors(study)
    if not asked:
        return ()
    repeats = study.evaluation.repeats
    folds = further_folds(dataset, parts.splits, study.data.split, study.seed, repeats)
    again = replace(parts, splits=replace(parts.splits, folds=folds))
    designs = [_Design.of(again, factor) for factor in asked]
    names = list(dict.fromkeys(name for factor in asked for name in factor.names))
    failed = train_extra(
        again,
        _each_once(one for design in designs for row in design.configured for one in row),
        partial(parts.telling.comparison_begins, names),
    )
    pooling = Pooling(dataset, study)
    return tuple(_compared(again, pooling, design, failed) for design in designs)


@dataclass(frozen=True)
class _Design:
    """What is trained for a factor: for each of its cells, a configuration in each context."""

    factor: Factor
    configured: tuple[tuple[Configured, ...], ...]

    @classmethod
    def of(cls, parts: Parts, factor: Factor) -> _Design:
        space = space_of(parts.hypermodel)
        count, seed = parts.study.evaluation.contexts, parts.study.seed
        rows = []
        for cell in factor.cells:
            chosen = dict(zip(factor.names, cell, strict=True))
            values = [matched(space, chosen, context, seed) for context in range(count)]
            rows.append(tuple(numbered(parts, "context", list(enumerate(values)), _SEEDS)))
        return cls(factor, tuple(rows))

    @property
    def contexts(self) -> tuple[Values, ...]:
        """What is the same beside every cell."""
        found = []
        for beside in zip(*self.configured, strict=True):
            common = set.intersection(*(set(one.values) for one in beside))
            found.append(
                {
                    name: value
                    for name, value in beside[0].values.items()
                    if name in common and name not in self.factor.names
                }
            )
        return tuple(found)


def _each_once(configured: Iterable[Configured]) -> list[Configured]:
    """Two factors may ask for the same configuration."""
    return list({one.number: one for one in configured}.values())


def _compared(
    parts: Parts, pooling: Pooling, design: _Design, failed: Mapping[int, str]
) -> Compared:
    folds = parts.splits.folds
    found = [
        [_reached(parts, pooling, one.number, one.number in failed) for one in row]
        for row in design.configured
    ]
    numbers = [one.number for row in design.configured for one in row]
    return Compared(
        design.factor,
        design.contexts,
        np.array([[one.scores for one in row] for row in found]),
        np.array([[one.contributions for one in row] for row in found]),
        sum(len(fold.validation) for fold in folds) / sum(len(fold.train) for fold in folds),
        np.array([[one.sound for one in row] for row in found]),
        tuple(dict.fromkeys(failed[number] for number in numbers if number in failed)),
        sum(number in failed for number in numbers),
        len(_divisions(folds)),
        not has_official_validation(parts.dataset, parts.study.data.split),
    )


@dataclass(frozen=True)
class _Reached:
    """What a configuration reached; its arrays are those of `Compared`."""

    scores: NDArray[np.float64]
    contributions: NDArray[np.float64]
    sound: bool


def _reached(parts: Parts, pooling: Pooling, number: int, failed: bool) -> _Reached:
    folds = parts.splits.folds
    if failed:
        told = [(0.0, np.zeros(len(np.unique(pooling.parts(own))))) for own in _repeats(folds)]
        sound = False
    else:
        units = units_of(parts, number)
        by_fold = {(fold.repeat, fold.fold): (fold, result) for fold, result in units}
        told = [
            pooling.contributions([by_fold[fold.repeat, fold.fold] for fold in own])
            for own in _repeats(folds)
        ]
        _, collapsed = judged(pooling, units)
        sound = not collapsed
    alike = [
        np.mean([told[place][1] for place in places], axis=0)
        for places in _divisions(folds).values()
    ]
    scores = np.array([score for score, _ in told])
    return _Reached(scores, np.concatenate(alike), sound)


def _repeats(folds: Sequence[Fold]) -> list[list[Fold]]:
    """The folds of each repeat, in an order that is the same where the rows are divided alike."""
    repeats: dict[int, list[Fold]] = {}
    for fold in folds:
        repeats.setdefault(fold.repeat, []).append(fold)
    return [sorted(own, key=_scored) for own in repeats.values()]


def _divisions(folds: Sequence[Fold]) -> dict[tuple[bytes, ...], list[int]]:
    """Which repeats divide the rows alike; what differs between them is seeds only."""
    alike: dict[tuple[bytes, ...], list[int]] = {}
    for place, own in enumerate(_repeats(folds)):
        alike.setdefault(tuple(map(_scored, own)), []).append(place)
    return alike


def _scored(fold: Fold) -> bytes:
    return fold.validation.tobytes()
