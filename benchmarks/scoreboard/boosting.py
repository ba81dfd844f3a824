"""The rival: gradient boosting, as in the best published row and by histograms.

Candidates of one outer fold are fitted on all training rows for the test rows, and once without
each inner fold for what they say of the training rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from imblearn.over_sampling import SMOTE
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier

from scoreboard.protocol import INNER, Numbers, Told, inner_parts, log_odds
from scoreboard.sources import Rows

__all__ = ["Boosting", "HistogramBoosting"]

_STAGES = (50, 100)
_NEIGHBOURS = 3


class Boosting:
    """scikit-learn's gradient boosting on rows with SMOTE; see `Contender`."""

    title = "GBC + SMOTE, run again"
    team = 1
    _grid: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "depth 3": {"max_depth": 3},
        "depth 6": {"max_depth": 6},
    }

    @property
    def identity(self) -> str:
        """The grid."""
        return json.dumps(
            [type(self).__name__, self._grid, _STAGES, _NEIGHBOURS, INNER], sort_keys=True
        )

    def told(self, train: Rows, test: Numbers, seed: int) -> Told:
        """Fits the grid four times; see `Contender`."""
        parts = inner_parts(train.y, seed)
        names = tuple(f"{name}, {stage} trees" for name in self._grid for stage in _STAGES)
        inside = np.empty((len(names), len(train)))
        for part in np.unique(parts):
            own = parts == part
            learned = train.take(np.flatnonzero(~own))
            inside[:, own] = self._grid_told(learned, train.x[own], seed)
        return Told(names, parts, inside, self._grid_told(train, test, seed))

    def _grid_told(self, train: Rows, rows: Numbers, seed: int) -> Numbers:
        """Log odds by each candidate, shape ``(candidates, rows)``."""
        found = []
        for setting in self._grid.values():
            model = self._fitted(train, setting, seed % 2**32)
            stages = dict(enumerate(self._staged(model, rows), start=1))
            found += [log_odds(stages[stage][:, 1]) for stage in _STAGES]
        return np.array(found)

    def _fitted(self, train: Rows, setting: Mapping[str, Any], seed: int) -> Any:
        more = SMOTE(k_neighbors=_NEIGHBOURS, random_state=seed).fit_resample(train.x, train.y)
        model = GradientBoostingClassifier(n_estimators=_STAGES[-1], random_state=seed, **setting)
        return model.fit(*more)

    def _staged(self, model: Any, rows: Numbers) -> Iterator[Numbers]:
        yield from model.staged_predict_proba(rows)


class HistogramBoosting(Boosting):
    """scikit-learn's histogram gradient boosting, with and without balanced weights."""

    title = "histogram boosting"
    _grid: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "no weights": {"class_weight": None},
        "balanced": {"class_weight": "balanced"},
    }

    def _fitted(self, train: Rows, setting: Mapping[str, Any], seed: int) -> Any:
        model = HistGradientBoostingClassifier(
            max_iter=_STAGES[-1], early_stopping=False, random_state=seed, **setting
        )
        return model.fit(train.x, train.y)
