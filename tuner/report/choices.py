"""Which options of each choice did best in the search, and what they bought over the default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from types import MappingProxyType
from typing import Any

from tuner.search.places import default_values, places
from tuner.search.records import TrialRecord
from tuner.spaces import Choice, Value
from tuner.study import Study

__all__ = ["PLACES", "choices", "default_section", "searched_places"]

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


def searched_places(study: Study) -> dict[str, tuple[Value, ...]]:
    """The choices of a study that exist in every trial, with their options in the study's order.

    Places that take entries by name come first, in the order of `PLACES`.
    """
    known = places(study)
    found = {
        place.name: place.space.options
        for place in known.values()
        if isinstance(place.space, Choice) and not (place.parent and known[place.parent].searched)
    }
    named = {path: found[path] for path in PLACES if path in found}
    return {**named, **found}


def default_section(study: Study, records: Iterable[TrialRecord]) -> dict[str, Any] | None:
    """The trial that had the default of every place, which is what people would have used.

    Returns:
        Its number (``trial``), ``score`` (None where it has none) and whether it ``collapsed``;
        None where no such trial has ended.
    """
    default = default_values(places(study))
    for record in sorted(records, key=lambda record: record.number):
        if record.state != "running" and dict(record.values) == default:
            return {
                "trial": record.number,
                "score": record.score,
                "collapsed": record.collapsed,
            }
    return None


def choices(
    records: Iterable[TrialRecord],
    options: Mapping[str, Sequence[Value]],
    default: float | None = None,
    random: float | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """The options of each choice, the best first, equal ones in the study's order.

    Args:
        records: All trials.
        options: See `searched_places`.
        default: The score of the default configuration, where it has one.
        random: That of the best random configuration, where there were any.

    Returns:
        By place, for each option: ``value``; how many ``trials`` had it, and how many of them
        ``finished``, ``failed``, were ``stopped``, or ``collapsed`` (stopped for it or not); the
        ``best`` and the ``median`` score of those that finished and did not collapse, and the
        number of the ``best_trial``; and what the best is ``over_default`` and ``over_random``.
        Where there are none, these are None and the option is last.
    """
    ended = [record for record in records if record.state != "running"]
    rivals = {"over_default": default, "over_random": random}
    return {path: _ranking(path, own, ended, rivals) for path, own in options.items()}


def _ranking(
    path: str,
    options: Sequence[Value],
    records: Sequence[TrialRecord],
    rivals: Mapping[str, float | None],
) -> list[dict[str, Any]]:
    rows = [
        _row(one, [record for record in records if record.values.get(path) == one], rivals)
        for one in options
    ]
    return sorted(rows, key=_place)


def _place(row: Mapping[str, Any]) -> tuple[bool, float]:
    return row["best"] is None, -(row["best"] or 0.0)


def _row(
    option: Value, records: Sequence[TrialRecord], rivals: Mapping[str, float | None]
) -> dict[str, Any]:
    states = [record.state for record in records]
    scored = [
        (record.score, record.number)
        for record in records
        if record.score is not None and not record.collapsed
    ]
    best, trial = max(scored, key=_earliest_best, default=(None, None))
    return {
        "value": option,
        "trials": len(records),
        **{state: states.count(state) for state in ("finished", "failed", "stopped")},
        "collapsed": sum(record.collapsed for record in records),
        "best": best,
        "median": median(score for score, _ in scored) if scored else None,
        "best_trial": trial,
        **{
            over: None if best is None or rival is None else best - rival
            for over, rival in rivals.items()
        },
    }


def _earliest_best(scored: tuple[float, int]) -> tuple[float, int]:
    return scored[0], -scored[1]
