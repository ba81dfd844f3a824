"""The answer: the score with its interval, the verdicts, and what to beware of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.report.baselines import beaten_line
from tuner.report.comparison import factor_title
from tuner.report.curves import Curves
from tuner.report.levels import other_level_line, things
from tuner.report.lines import caveat_line, headline, known_scores
from tuner.report.sections.section import Section, ended, sentence

__all__ = ["answer", "found_and_missed", "to_beware"]


def answer(content: Mapping[str, Any], curves: Curves) -> Section:
    """The section; a run without a test score says what it knows instead."""
    best = content["best"]
    tested = bool(best and best["test"])
    return Section(
        "answer",
        "The answer",
        {
            "headline": sentence(headline(content)).rstrip("."),
            "tested": tested,
            "found": found_and_missed(content) if tested else "",
            "blind": _blind(content) if tested else None,
            "known": sentence(known_scores(content)),
            "beaten": sentence(beaten_line(content)) if tested else "",
            "verdicts": [
                {"title": factor_title(one), "told": sentence(one["verdict"])}
                for one in content["comparison"]
            ],
            "beware": to_beware(content),
            "other_level": sentence(other_level_line(content)) if tested else "",
            "things": things(content),
        },
    )


def found_and_missed(content: Mapping[str, Any]) -> str:
    """The test score in numbers of rows or groups.

    Example:
        >>> best = {"test": {"confusion": [[90, 4], [5, 19]]}}
        >>> content = {"best": best, "data": {"minority": "ill"}, "objective": {"level": "row"}}
        >>> found_and_missed(content)[:56]
        'Of 24 test rows that are ‘ill’, it finds 19 and misses 5'
    """
    confusion, minority = content["best"]["test"]["confusion"], content["data"]["minority"]
    own, found = sum(confusion[-1]), confusion[-1][-1]
    called = sum(row[-1] for row in confusion)
    told = f"Of {own:,} test {things(content)} that are ‘{minority}’, it finds {found:,} and misses"
    told += f" {own - found:,}."
    if not called:
        return f"{told} It calls none ‘{minority}’."
    wrong = called - found
    alarms = f"{wrong:,} {'is' if wrong == 1 else 'are'} not" if wrong else "all are"
    return f"{told} Of {called:,} that it calls ‘{minority}’, {alarms}."


def _blind(content: Mapping[str, Any]) -> float:
    """The F1 of calling everything minority, which needs no model."""
    confusion = content["best"]["test"]["confusion"]
    own, all_of_them = sum(confusion[-1]), sum(map(sum, confusion))
    return float(2 * own / (own + all_of_them)) if own else 0.0


def to_beware(content: Mapping[str, Any]) -> list[str]:
    """Warnings, the most general first, each once."""
    lines = [
        sentence(caveat_line(content["data"])),
        *map(sentence, content["warnings"]),
        # These may begin with the name of a column, which is not ours to change.
        *(ended(finding["message"]) for finding in content["findings"]),
        *map(ended, content["notes"]),
    ]
    return list(filter(None, dict.fromkeys(lines)))
