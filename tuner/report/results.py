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
from tuner.report.choices import choices, searched_places
from tuner.report.health import health_section, health_warnings
from tuner.search.identity import identity
from tuner.search.records import TrialRecord
from tuner.search.run import SearchResult, ranked
from tuner.study import Study

__all__ = ["environment", "results", "to_text"]

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
        best: See `tuner.report.best`; None where no trial has finished.
        seconds: Time by part.
        findings: What was found in the data.
    """
    records = search.records
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
        "search": study.search.model_dump(mode="json"),
        "trials": {
            "asked": study.search.trials,
            **_states(records),
            "ended": search.stopped,
            "failures": _failures(records),
        },
        "choices": choices(records, searched_places(study)),
        "health": health_section(records, [one.name for one in study.model.activation.entries]),
        "best": best,
        "leaders": [_leader(record) for record in ranked(records)[:5]],
        "search_optimism": optimism,
        "warnings": list(health_warnings(records, best)),
        "notes": list(study.notes),
        "seconds": dict(seconds),
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


def _states(records: Sequence[TrialRecord]) -> dict[str, int]:
    """How many trials ended how; those stopped as collapsed are counted as both."""
    states = [record.state for record in records]
    counts = {state: states.count(state) for state in ("finished", "failed", "stopped")}
    return {**counts, "collapsed": sum(record.collapsed for record in records)}


def _failures(records: Sequence[TrialRecord]) -> dict[str, int]:
    """How often each reason occurred, without the epoch it occurred in."""
    counts: dict[str, int] = {}
    for record in records:
        if record.state == "failed":
            reason = record.reason.partition(" in epoch")[0]
            counts[reason] = counts.get(reason, 0) + 1
    return counts


def _leader(record: TrialRecord) -> dict[str, Any]:
    return {
        "trial": record.number,
        "score": record.score,
        "collapsed": record.collapsed,
        "searched": dict(record.values),
    }
