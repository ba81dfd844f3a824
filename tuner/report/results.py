"""``results.json``: everything that a run found, as plain values."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from tuner.data import Dataset, Finding, Splits
from tuner.data.summary import summary
from tuner.evaluate.winner import TestResult, Winner
from tuner.search.identity import identity
from tuner.search.records import TrialRecord
from tuner.search.run import SearchResult, ranked
from tuner.study import Study

__all__ = ["best_section", "environment", "results", "to_text"]

VERSION = 1

_PACKAGES = (
    "minority-tuner",
    "tensorflow",
    "keras",
    "keras-tuner",
    "optuna",
    "numpy",
    "scikit-learn",
    "imbalanced-learn",
    "pandas",
    "pydantic",
)


def results(
    study: Study,
    dataset: Dataset,
    splits: Splits,
    search: SearchResult,
    best: Mapping[str, Any] | None,
    seconds: Mapping[str, float],
    findings: Sequence[Finding] = (),
) -> dict[str, Any]:
    """The content of ``results.json``.

    Args:
        study: What was run.
        dataset: All rows.
        splits: Their division.
        search: All trials.
        best: See `best_section`; None while there is no winner.
        seconds: Time by part.
        findings: What was found in the data.
    """
    states = [record.state for record in search.records]
    optimism = None
    if best and best.get("test"):
        optimism = best["validation"]["minority_f1"] - best["test"]["minority_f1"]
    return {
        "version": VERSION,
        "study": study.name,
        "seed": study.seed,
        "identity": identity(study, dataset),
        "status": "interrupted" if search.stopped == "interrupted" else "finished",
        "data": summary(dataset, splits),
        "findings": [finding.to_json() for finding in findings],
        "objective": {**study.objective.model_dump(), "direction": "max"},
        "search": study.search.model_dump(),
        "trials": {
            "asked": study.search.trials,
            "finished": states.count("finished"),
            "failed": states.count("failed"),
            "ended": search.stopped,
            "failures": _failures(search),
        },
        "best": best,
        "leaders": [_leader(record) for record in ranked(search.records)[:5]],
        "search_optimism": optimism,
        "warnings": [],
        "notes": list(study.notes),
        "seconds": dict(seconds),
    }


def best_section(winner: Winner, test: TestResult) -> dict[str, Any]:
    """The winner with its scores."""
    return {
        "trial": winner.record.number,
        "hyperparameters": winner.configuration.flat(),
        "searched": dict(winner.record.values),
        "threshold": winner.threshold,
        "epochs": list(winner.epochs),
        "parameters": int(winner.model.count_params()),
        "validation": dict(winner.record.outcome["scores"]),
        "test": {**test.tuned.to_json(), "ci95": list(test.ci95)},
        "test_at_half": test.at_half.to_json(),
    }


def environment() -> dict[str, Any]:
    """Versions and machine, for reproducing a run."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "versions": versions,
        "command": sys.argv,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def to_text(content: Any) -> str:
    """JSON that people can read and that keeps every digit."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _failures(search: SearchResult) -> dict[str, int]:
    """How often each reason occurred, without the epoch it occurred in."""
    counts: dict[str, int] = {}
    for record in search.records:
        if record.state == "failed":
            reason = record.reason.partition(" in epoch")[0]
            counts[reason] = counts.get(reason, 0) + 1
    return counts


def _leader(record: TrialRecord) -> dict[str, Any]:
    return {"trial": record.number, "score": record.score, "searched": dict(record.values)}
