"""``trials.csv``: one line for each trial; the same study and seed give the same file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from tuner.metrics import METRICS
from tuner.search.records import TrialRecord

__all__ = ["trials_csv"]

_SCORES = (*METRICS, "precision", "recall", "brier")


def trials_csv(records: Sequence[TrialRecord]) -> str:
    """The table as text; inactive hyperparameters are blank. Times are in ``results.json``."""
    names = list(dict.fromkeys(name for record in records for name in record.values))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["trial", "state", "score", *_SCORES, "threshold", "best_epochs", "reason", *names]
    )
    for record in records:
        scores = record.outcome.get("scores", {})
        writer.writerow(
            [
                record.number,
                record.state,
                record.score,
                *(scores.get(name) for name in _SCORES),
                record.outcome.get("threshold"),
                " ".join(map(str, record.outcome.get("best_epochs", ()))),
                record.reason,
                *(record.values.get(name) for name in names),
            ]
        )
    return out.getvalue()
