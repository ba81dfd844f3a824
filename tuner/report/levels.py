"""Scores of groups of rows beside those of rows, or of rows beside those of groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tuner.evaluate.drawn_scores import INTERVALS
from tuner.metrics import Scores
from tuner.search.levels import Level

if TYPE_CHECKING:  # what prints the data needs no network
    from tuner.evaluate.held_out import OtherTest
    from tuner.evaluate.winner import OtherLevel

__all__ = ["group_rule", "group_sentence", "other_level_line", "other_level_section", "things"]


def other_level_section(other: OtherLevel | None, test: OtherTest | None) -> dict[str, Any] | None:
    """The winner at the level that the study does not score, for ``results.json``.

    Args:
        other: Its threshold and validation scores; None where rows have no groups.
        test: What it reached on the test rows.
    """
    if other is None or test is None:
        return None
    intervals = {name: list(ends) for name, ends in test.intervals.items()}
    told = {"ci95": intervals["minority_f1"], "intervals": intervals}
    return {
        "level": other.level.name,
        "rule": group_rule(other.level),
        "threshold": other.threshold,
        "count": test.count,
        "minority": test.minority,
        "validation": _decided(other.validation),
        "test": {**_decided(test.scores), **told},
    }


def _decided(scores: Scores) -> dict[str, Any]:
    """Scores of decisions and of order."""
    kept = (*INTERVALS, "confusion")
    return {name: value for name, value in scores.to_json().items() if name in kept}


def group_rule(level: Level) -> str | dict[str, int] | None:
    """The rule as a study spells it; None of rows.

    Example:
        >>> group_rule(Level("group", 2))
        {'k_of_n': 2}
    """
    if level.name == "row":
        return None
    if level.places is None:
        return "mean"
    return "maximum" if level.places == 1 else {"k_of_n": level.places}


_RULES = {"maximum": "one of its rows reaches", "mean": "the mean of its rows reaches"}


def _spelled(rule: Any) -> str:
    return _RULES[rule] if isinstance(rule, str) else f"{rule['k_of_n']} of its rows reach"


def things(content: Mapping[str, Any]) -> str:
    """What the scores of a run are of: ``rows`` or ``groups``.

    Args:
        content: The content of ``results.json``.
    """
    return f"{content['objective']['level']}s"


def group_sentence(content: Mapping[str, Any]) -> str:
    """When a group is called minority; empty where there are none.

    Example:
        >>> objective = {"level": "group", "group_rule": "maximum"}
        >>> best = {"threshold": 0.62}
        >>> content = {"objective": objective, "best": best, "data": {"minority": "ill"}}
        >>> group_sentence(content)
        "A group of rows is called 'ill' where one of its rows reaches 0.62."
    """
    best, minority = content["best"], content["data"]["minority"]
    other = best.get("other_level")
    rule, threshold = content["objective"].get("group_rule"), best["threshold"]
    if things(content) == "rows":
        if not other:
            return ""
        rule, threshold = other["rule"], other["threshold"]
    return f"A group of rows is called '{minority}' where {_spelled(rule)} {threshold:.6g}."


def other_level_line(content: Mapping[str, Any]) -> str:
    """The scores at the other level in one line; empty where there are none.

    Example:
        >>> test = {"minority_f1": 0.8, "ci95": [0.6, 0.9], "recall": 0.7, "precision": 0.93}
        >>> group = {"level": "group", "rule": "maximum", "threshold": 0.62, "count": 40}
        >>> group |= {"minority": 9, "test": test, "validation": {"minority_f1": 0.82}}
        >>> other_level_line({"best": {"other_level": group}, "data": {"minority": "ill"}})[:66]
        "by group ('ill' where one of its rows reaches 0.62): test F1 0.80 "
    """
    other = content["best"].get("other_level")
    if not other:
        return ""
    test, minority = other["test"], content["data"]["minority"]
    low, high = test["ci95"]
    means = f"threshold {other['threshold']:.3g}"
    if other["rule"]:
        means = f"'{minority}' where {_spelled(other['rule'])} {other['threshold']:.3g}"
    expected, found = other["validation"]["minority_f1"], other["minority"]
    return (
        f"by {other['level']} ({means}): test F1 {test['minority_f1']:.2f} (95 % CI {low:.2f}–"
        f"{high:.2f}; validation {expected:.2f}), recall {test['recall']:.2f}, precision "
        f"{test['precision']:.2f}; {other['count']} {other['level']}s, {found} of class "
        f"'{minority}'"
    )
