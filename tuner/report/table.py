"""``trials.csv``: one line for each trial; the same study and seed give the same file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from tuner.metrics import METRICS
from tuner.search.records import TrialRecord

__all__ = ["trials_csv"]

_SCORES = (*METRICS, "precision", "recall", "brier", "ece")


def trials_csv(records: Sequence[TrialRecord]) -> str:
    """The table as text; inactive hyperparameters are blank. Times are in ``results.json``."""
    names = list(dict.fromkeys(name for record in records for name in record.values))
    facts = ("threshold", "best_epochs", "parameters", "collapsed", "dead_units", "reason")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["trial", "state", "score", *_SCORES, *facts, *names])
    for record in records:
        values = (record.values.get(name) for name in names)
        writer.writerow([record.number, record.state, record.score, *_outcome(record), *values])
    return out.getvalue()


def _outcome(record: TrialRecord) -> list[Any]:
    scores = record.outcome.get("scores", {})
    health = record.outcome.get("health")
    return [
        *(scores.get(name) for name in _SCORES),
        record.outcome.get("threshold"),
        " ".join(map(str, record.outcome.get("best_epochs", ()))),
        record.outcome.get("parameters"),
        health and record.collapsed,
        health and health["dead_units"],
        record.reason,
    ]
