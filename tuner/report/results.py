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
from tuner.report.choices import choices, default_section, searched_places
from tuner.report.comparison_section import comparison_section
from tuner.report.confirmation_section import confirmation_section
from tuner.report.engines import engine_section
from tuner.report.few_rows import few_test_rows
from tuner.report.health import health_section, health_warnings
from tuner.report.importance_section import importance_section
from tuner.report.pareto import pareto
from tuner.report.random_section import random_section
from tuner.report.stored import VERSION
from tuner.search.identity import identity
from tuner.search.places import places
from tuner.search.records import TrialRecord
from tuner.search.run import SearchResult, ranked
from tuner.study import Study
from tuner.study.model_section import BackboneSection

__all__ = ["environment", "evaluation_asked", "results", "to_text"]

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
    baselines: Mapping[str, Any] | None = None,
    attention: Mapping[str, Any] | None = None,
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
        baselines: See `tuner.report.baselines`; None where there are none.
        attention: See `tuner.evaluate.attention.look`; None where the winner has no feature map.
    """
    records = search.records
    default, beside = default_section(study, records), random_section(search.random)
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
        "evaluation": evaluation_asked(study),
        "trials": {
            "asked": study.search.trials,
            **_states(records),
            "ended": search.stopped,
            "failures": _failures(records),
        },
        "default": default,
        "choices": choices(records, searched_places(study), _score(default), _score(beside)),
        "random_search": beside,
        "importance": importance_section(study, records),
        "health": health_section(records, _activations(study)),
        "engine": engine_section(records),
        "best": best,
        "attention": attention,
        "baselines": baselines,
        "comparison": comparison_section(study, search.compared),
        "leaders": [_leader(record) for record in ranked(records)[:5]],
        "confirmation": confirmation_section(study, search),
        "pareto": pareto(records, study.objective) if study.objective.against else None,
        "search_optimism": optimism,
        "warnings": [*few_test_rows(dataset, splits, best), *health_warnings(records, best)],
        "notes": list(study.notes),
        "seconds": dict(seconds),
    }


def _activations(study: Study) -> list[str]:
    """The activations that trials may have, in the study's order, or what stands for them."""
    if isinstance(study.model, BackboneSection):
        return [one.name for one in study.model.activation.entries]
    own = places(study).get("model.activation")
    return [str(name) for name in (own.space.grid() or ())] if own else ["its own activations"]


def _score(section: Mapping[str, Any] | None) -> float | None:
    return section["score"] if section else None


def evaluation_asked(study: Study) -> dict[str, Any]:
    """How the winner is to be chosen, and what it is to be compared with, by names."""
    asked = study.evaluation
    return {
        "confirm": asked.confirm,
        "repeats": asked.repeats,
        "baselines": list(asked.names),
        "compare": [list(names) for names in asked.compare],
        "contexts": asked.contexts,
        "rope": asked.rope,
        "random_search": asked.random_search,
        "group_places": study.objective.places,
    }


def environment(server: str = "", url: str = "") -> dict[str, Any]:
    """Versions and machine, for reproducing a run.

    Args:
        server: Where the trials lie, as it may be shown; empty where they lie in the run folder.
        url: The same as it was given, which may hold a password and is shown nowhere.
    """
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    command = [part.replace(url, server) if url else part for part in sys.argv]
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "versions": versions,
        "command": command,
        **({"storage": server} if server else {}),
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
