"""Simple models are fitted on the folds of the networks, and scored as the winner is."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Splits
from tuner.errors import brief
from tuner.evaluate.baselines.rarity import ANSWERS, LeftOut
from tuner.evaluate.baselines.registry import BASELINES, Baseline
from tuner.evaluate.baselines.results import BaselineResult
from tuner.evaluate.baselines.rows import FoldRows, prepared, row_notes
from tuner.evaluate.ensemble import joint_threshold, mean_probabilities, mean_threshold
from tuner.evaluate.held_out import test_scores
from tuner.search.levels import levels_of, of_folds
from tuner.search.pooling import Pooling
from tuner.study import Study
from tuner.training.unit import UnitResult

__all__ = ["Comparison"]

Told = NDArray[Any]
"""Probabilities, shape ``(rows, classes)``, the minority last."""


def _mean_shares(told: Sequence[Told]) -> Told:
    mean: Told = sum(told[1:], told[0]) / len(told)
    return mean


def _mean_share(thresholds: Sequence[float]) -> float:
    return sum(thresholds[1:], thresholds[0]) / len(thresholds)


_MEANS: Mapping[str, tuple[Callable[..., Told], Callable[..., float]]] = MappingProxyType(
    {"odds": (mean_probabilities, mean_threshold), "shares": (_mean_shares, _mean_share)}
)
"""How the probabilities of the folds' models, and their thresholds, become one."""


@dataclass(frozen=True)
class _Fitted:
    """What the model of one fold says of rows that it has not seen."""

    validation: Told
    test: Told
    notes: tuple[str, ...]


class Comparison:
    """The simple models of a study.

    Each is fitted once for each fold, on one thread, so that its numbers do not depend on the
    machine's cores. Its threshold is found as the winner's; test rows are scored once, by the mean
    of the folds' models.

    Args:
        study: Says which models, how rows are preprocessed, how the threshold is found, the seed.
        dataset: All rows.
        splits: Their division.
        between: Called before each fitting; what it raises ends the whole.
    """

    def __init__(
        self,
        study: Study,
        dataset: Dataset,
        splits: Splits,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        self._study, self._dataset, self._splits = study, dataset, splits
        self._between, self._pooling = between, Pooling(dataset, study)

    def results(self) -> Iterator[BaselineResult]:
        """One result after another; a model that fails is told and does not end the rest."""
        from threadpoolctl import threadpool_limits

        names = self._study.evaluation.names
        try:
            self._rows  # noqa: B018 - made before the first model's time is taken
        except Exception as error:  # of memory
            yield from (BaselineResult(name, name, "failed", brief(error)) for name in names)
            return
        for name in names:
            self._between()
            started = time.perf_counter()
            with threadpool_limits(1):
                result = self._result(name)
            yield result.after(time.perf_counter() - started)

    @cached_property
    def _rows(self) -> list[FoldRows]:
        study = self._study
        return prepared(self._dataset, self._splits, study.data.preprocessing, study.seed)

    @property
    def notes(self) -> list[str]:
        """What of the data was left out; asked for after the results."""
        return row_notes(self._dataset, self._rows) if "_rows" in vars(self) else []

    def _result(self, name: str) -> BaselineResult:
        label = name
        try:
            baselines = [self._baseline(name, rows) for rows in self._rows]
            label = baselines[0].label
            fitted = [self._fitted(*one) for one in zip(baselines, self._rows, strict=True)]
            return self._scored(name, baselines[0], fitted)
        except LeftOut as error:
            return BaselineResult(name, label, "left out", str(error))
        except Exception as error:  # of scikit-learn, of memory, of a person's own model
            return BaselineResult(name, label, "failed", brief(error))

    def _baseline(self, name: str, rows: FoldRows) -> Baseline:
        return BASELINES[name](
            {}, seed=self._seed(rows), width=rows.validation.shape[1], shares=self._shares
        )

    @cached_property
    def _shares(self) -> NDArray[np.float64]:
        """Share of each class in the weights of all rows but the test rows."""
        rows, weights = self._splits.development, self._dataset.weights
        own = None if weights is None else weights[rows]
        mass = np.bincount(self._dataset.labels[rows], own, len(self._dataset.classes))
        shares: NDArray[np.float64] = mass / mass.sum()
        return shares

    def _seed(self, rows: FoldRows) -> int:
        sequence = np.random.SeedSequence([self._study.seed, rows.fold.fold, rows.fold.repeat])
        return int(sequence.generate_state(1)[0])

    def _fitted(self, baseline: Baseline, rows: FoldRows) -> _Fitted:
        self._between()
        train = ANSWERS[baseline.rarity](rows, self._dataset.classes, self._seed(rows))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = baseline.model.fit(train.x, train.y, sample_weight=train.weights)
            validation, test = (self._told(model, x) for x in (rows.validation, rows.test))
        return _Fitted(validation, test, tuple(_remarks(caught)))

    def _told(self, model: Any, x: NDArray[np.float32]) -> Told:
        """Probabilities of all classes; a class that the model has not seen has none."""
        told = np.zeros((len(x), len(self._dataset.classes)))
        told[:, model.classes_] = model.predict_proba(x)
        if not np.isfinite(told).all():
            raise ValueError("its probabilities are not finite")
        return told

    def _scored(self, name: str, baseline: Baseline, fitted: Sequence[_Fitted]) -> BaselineResult:
        dataset, splits, study = self._dataset, self._splits, self._study
        mean, mean_of_thresholds = _MEANS[baseline.mean]
        folds = [rows.fold for rows in self._rows]
        units = [
            (fold, UnitResult(one.validation, 0)) for fold, one in zip(folds, fitted, strict=True)
        ]
        level, _ = levels_of(study, dataset)
        seen = of_folds(level, dataset, units)
        threshold = joint_threshold(*seen, study.objective.threshold, mean_of_thresholds)
        own = level.scored(dataset, splits.test, mean([one.test for one in fitted]))
        test, intervals = test_scores(own, threshold, dataset, splits, study.seed)
        return BaselineResult(
            name,
            baseline.label,
            "finished",
            notes=tuple(dict.fromkeys(note for one in fitted for note in one.notes)),
            threshold=threshold,
            validation=self._pooling.scores(units),
            test=test,
            intervals=intervals,
        )


def _remarks(caught: Sequence[warnings.WarningMessage]) -> Iterator[str]:
    """The first line of each warning about the rows or the fitting; of code that is old, none."""
    for one in caught:
        if issubclass(one.category, UserWarning | RuntimeWarning):
            yield str(one.message).strip().partition("\n")[0]
