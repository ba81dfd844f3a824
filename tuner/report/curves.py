"""``curves.json``: what the report draws and ``results.json`` does not hold.

With both files the report is made again without the data, the model or the database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.errors import InputError, Problem
from tuner.lazy import LazyModule
from tuner.metrics.reliability_bins import reliability_bins
from tuner.search.learning import LearningCurve
from tuner.search.records import TrialRecord

__all__ = ["Curves", "CurvesMissing", "read_curves", "curves_of_test"]

sk: Any = LazyModule("sklearn.metrics")

VERSION = 1
"""Of what the file holds; another one cannot be read."""

_POINTS = 400
"""Points of a curve at most: more are not seen."""

_BINS = 20


class CurvesMissing(InputError):
    """There is no such file: the run is of a version that wrote none, or was cut short."""


@dataclass(frozen=True)
class Curves:
    """What is drawn.

    Attributes:
        records: All trials by number.
        learning: How the networks of the best trials learned.
        test: See `curves_of_test`; None without a test score.
        attention: Pictures with the places that count, by kind; empty where there are none.
    """

    records: Sequence[TrialRecord] = ()
    learning: Sequence[LearningCurve] = ()
    test: Mapping[str, Any] | None = None
    attention: Sequence[Mapping[str, Any]] = ()

    def to_text(self) -> str:
        """The content of the file: a line for each trial, network and picture."""
        parts: dict[str, list[Any]] = {
            "records": [_kept(record) for record in self.records],
            "learning": [asdict(curve) for curve in self.learning],
            "attention": list(self.attention),
        }
        lists = ",\n".join(f'"{name}": {_lines(rows)}' for name, rows in parts.items())
        return f'{{\n"version": {VERSION},\n"test": {_json(self.test)},\n{lists}\n}}\n'


def _lines(rows: Sequence[Any]) -> str:
    return "[\n" + ",\n".join(map(_json, rows)) + "\n]" if rows else "[]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _kept(record: TrialRecord) -> dict[str, Any]:
    """A trial without what depends on the clock, and without what no picture shows."""
    told = {"collapsed": record.collapsed, "parameters": record.outcome.get("parameters")}
    named = ("number", "state", "score", "against", "reason")
    return {**{name: getattr(record, name) for name in named}, **told, "values": {**record.values}}


def _record(kept: Mapping[str, Any]) -> TrialRecord:
    outcome = {"health": {"collapsed": kept["collapsed"]}, "parameters": kept["parameters"]}
    named = ("number", "state", "values", "score", "reason", "against")
    return TrialRecord(**{name: kept[name] for name in named}, outcome=outcome)


def read_curves(path: Path) -> Curves:
    """What a run drew.

    Raises:
        CurvesMissing: There is no such file.
        InputError: It cannot be read, or is not what this program writes.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != VERSION:
            told = "was written by another version of minority-tuner; run the study again"
            raise InputError(Problem(told, file=str(path)))
        return Curves(
            tuple(map(_record, content["records"])),
            tuple(LearningCurve(**one) for one in content["learning"]),
            content["test"],
            tuple(content["attention"]),
        )
    except FileNotFoundError:
        raise CurvesMissing(Problem("is missing", file=str(path))) from None
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror}", file=str(path))) from None
    except (ValueError, KeyError, TypeError):
        told = "is damaged; run the study again to rebuild it"
        raise InputError(Problem(told, file=str(path))) from None


def curves_of_test(
    actual: NDArray[np.bool_],
    minority: NDArray[Any],
    stages: Mapping[str, NDArray[Any]],
    of_rows: NDArray[np.bool_] | None = None,
) -> dict[str, Any]:
    """What is drawn of the test rows.

    Args:
        actual: Whether each row or group, as the study scores them, is of the minority.
        minority: The probability of the minority that was told of it.
        stages: Of each row, the probability before and after each step.
        of_rows: Whether each row is of the minority, where groups are scored.

    Returns:
        ``curve`` with ``recall`` and ``precision``, ``chance`` (the minority's share),
        ``histogram`` with the counts of the ``minority`` and the ``others`` in 20 equal bins, and
        ``reliability``, which has bins for each stage.
    """
    precision, recall, _ = sk.precision_recall_curve(actual, minority, drop_intermediate=True)
    keep = _seen(recall, precision)
    kinds = {"minority": actual, "others": ~actual}
    rows = actual if of_rows is None else of_rows
    return {
        "curve": {"recall": _short(recall[keep]), "precision": _short(precision[keep])},
        "chance": float(actual.mean()),
        "histogram": {kind: _histogram(minority[own]) for kind, own in kinds.items()},
        "reliability": {
            stage: [asdict(one) for one in reliability_bins(rows, told)]
            for stage, told in stages.items()
        },
    }


def _histogram(probabilities: NDArray[Any]) -> list[int]:
    counts, _ = np.histogram(np.asarray(probabilities, np.float64), _BINS, (0.0, 1.0))
    return [int(count) for count in counts]


def _short(numbers: NDArray[Any]) -> list[float]:
    return [round(float(number), 6) for number in numbers]


def _seen(recall: NDArray[Any], precision: NDArray[Any]) -> NDArray[np.int64]:
    """Places of the points that a picture needs: the first that lies a pixel from the last kept."""
    kept = [0]
    for place in range(1, len(recall) - 1):
        last = kept[-1]
        moved = max(abs(recall[place] - recall[last]), abs(precision[place] - precision[last]))
        if moved >= 1 / _POINTS:
            kept.append(place)
    return np.array([*kept, len(recall) - 1])
