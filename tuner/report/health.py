"""What kept trials from learning: collapsed networks, dead units, gradients that vanish."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean, median
from typing import Any

from tuner.search.records import TrialRecord

__all__ = ["AGAINST_COLLAPSE", "collapsed_line", "health_section", "health_warnings"]

AGAINST_COLLAPSE = (
    "lower training.learning_rate, choose another model.activation, or set"
    " model.batch_normalization"
)
"""What a person may try first where networks collapse."""

_NUMBERS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "dead_units": fmean,
    "dead_layers": fmean,
    "saturated_units": fmean,
    "first_to_last": median,  # of ratios, one that is huge would be the mean
    "minority_gradient": fmean,
}


def health_section(records: Sequence[TrialRecord], activations: Sequence[str]) -> dict[str, Any]:
    """How healthy training was with each activation.

    Args:
        records: All trials.
        activations: Those of the study, in its order; of a single one the trials need not tell.

    Returns:
        ``collapsed``, the number of collapsed trials by activation where there are any, and
        ``by_activation``: ``trials``, ``collapsed``, and of the trials that have it the mean of
        ``dead_units`` and ``saturated_units`` (shares), of ``dead_layers`` (networks of a trial
        with a layer that has no unit alive) and of ``minority_gradient`` (a share), and the median
        of ``first_to_last`` (a ratio); None where no trial has it. All with the weights that were
        kept.
    """
    ended = [record for record in records if record.state != "running"]
    rows = [_row(name, _with(ended, name, activations[0])) for name in activations]
    counts = {row["activation"]: row["collapsed"] for row in rows if row["collapsed"]}
    return {"collapsed": counts, "by_activation": rows}


def _with(records: Sequence[TrialRecord], activation: str, only: str) -> list[TrialRecord]:
    return [one for one in records if one.values.get("model.activation", only) == activation]


def _row(activation: str, records: Sequence[TrialRecord]) -> dict[str, Any]:
    healths = [record.outcome["health"] for record in records if "health" in record.outcome]
    return {
        "activation": activation,
        "trials": len(records),
        "collapsed": sum(record.collapsed for record in records),
        **{name: _told(healths, name, pool) for name, pool in _NUMBERS.items()},
    }


def _told(
    healths: Sequence[Mapping[str, Any]], name: str, pool: Callable[[Sequence[float]], float]
) -> float | None:
    known = [health[name] for health in healths if health.get(name) is not None]
    return float(pool(known)) if known else None


def health_warnings(
    records: Sequence[TrialRecord], best: Mapping[str, Any] | None
) -> Iterator[str]:
    """What must be known before the winner is trusted.

    Args:
        records: All trials.
        best: The part of ``results.json``; None where no trial has finished.
    """
    if best is None:
        return
    finished = [record for record in records if record.state == "finished"]
    if any(record.collapsed for record in finished if record.number == best["trial"]):
        all_did = all(record.collapsed for record in finished)
        who = "every finished trial" if all_did else f"trial {best['trial']}, the winner,"
        advice = f"; {AGAINST_COLLAPSE}" if all_did else ""
        yield (
            f"{who} collapsed: networks say the same of every row, or all rows are called one"
            f" class; the score is that of calling all rows one class{advice}"
        )
    ends = [ledger["end"] for ledger in best["health"] if ledger]
    if same := sum(end["collapsed"] for end in ends):
        yield (
            f"of the winner's networks, {same} of {len(ends)} say the same of every row and add"
            " nothing to the model"
        )


def collapsed_line(health: Mapping[str, Any]) -> str:
    """How many trials collapsed with which activation; empty where none did.

    Example:
        >>> trials = [{"activation": "relu", "trials": 10}, {"activation": "elu", "trials": 4}]
        >>> collapsed_line({"by_activation": trials, "collapsed": {"relu": 3, "elu": 1}})
        'collapsed: 3 of 10 trials with relu, 1 of 4 with elu'
    """
    trials = {row["activation"]: row["trials"] for row in health["by_activation"]}
    parts = [(count, trials[name], name) for name, count in health["collapsed"].items()]
    if not parts:
        return ""
    (count, of, name), *others = parts
    first = f"{count} of {of} trial{'s' if of != 1 else ''} with {name}"
    told = [first, *(f"{count} of {of} with {name}" for count, of, name in others)]
    return f"collapsed: {', '.join(told)}"
