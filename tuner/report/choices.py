"""Which activations, strategies, weights, losses and resamplers did best in the search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from types import MappingProxyType
from typing import Any

from tuner.search.records import TrialRecord
from tuner.study import Study
from tuner.study.strategies import NEUTRAL

__all__ = ["PLACES", "choices", "searched_places"]

PLACES: Mapping[str, str] = MappingProxyType(
    {
        "imbalance.strategy": "strategy",
        "model.activation": "activation",
        "imbalance.class_weight": "class weight",
        "imbalance.loss": "loss",
        "imbalance.resampling": "resampling",
    }
)
"""The places that take entries by name, and what people call them."""


def searched_places(study: Study) -> dict[str, tuple[str, ...]]:
    """The places of a study that have several entries, and the entries in the study's order."""
    section = study.imbalance
    places = {f"imbalance.{part}": getattr(section, part).entries for part in NEUTRAL}
    places["model.activation"] = study.model.activation.entries
    places["imbalance.strategy"] = section.strategies.entries if section.strategies else ()
    names = {path: tuple(entry.name for entry in places[path]) for path in PLACES}
    return {path: entries for path, entries in names.items() if len(entries) > 1}


def choices(
    records: Iterable[TrialRecord], places: Mapping[str, Sequence[str]]
) -> dict[str, list[dict[str, Any]]]:
    """The entries of each place, the best first, equal ones in the study's order.

    Args:
        records: All trials.
        places: See `searched_places`.

    Returns:
        By place, for each entry: ``value``; how many ``trials`` had it, and how many of them
        ``finished``, ``failed``, were ``stopped``, or ``collapsed`` (stopped for it or not); the
        ``best`` and the ``median`` score of those that finished and did not collapse, and the
        number of the ``best_trial``. Where there are none, these are None and the entry is last.
    """
    ended = [record for record in records if record.state != "running"]
    return {path: _ranking(path, entries, ended) for path, entries in places.items()}


def _ranking(
    path: str, entries: Sequence[str], records: Sequence[TrialRecord]
) -> list[dict[str, Any]]:
    rows = [
        _row(entry, [record for record in records if record.values.get(path) == entry])
        for entry in entries
    ]
    return sorted(rows, key=_place)


def _place(row: Mapping[str, Any]) -> tuple[bool, float]:
    return row["best"] is None, -(row["best"] or 0.0)


def _row(entry: str, records: Sequence[TrialRecord]) -> dict[str, Any]:
    states = [record.state for record in records]
    scored = [
        (record.score, record.number)
        for record in records
        if record.score is not None and not record.collapsed
    ]
    best, trial = max(scored, key=_earliest_best, default=(None, None))
    return {
        "value": entry,
        "trials": len(records),
        **{state: states.count(state) for state in ("finished", "failed", "stopped")},
        "collapsed": sum(record.collapsed for record in records),
        "best": best,
        "median": median(score for score, _ in scored) if scored else None,
        "best_trial": trial,
    }


def _earliest_best(scored: tuple[float, int]) -> tuple[float, int]:
    return scored[0], -scored[1]
