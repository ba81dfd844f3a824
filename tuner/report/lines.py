"""Lines that console, page and model card share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "ENDINGS",
    "caveat_line",
    "counts_line",
    "ending_line",
    "headline",
    "known_scores",
    "last_line",
]

ENDINGS = {
    "trials": "all trials are done",
    "exhausted": "search space exhausted",
    "time_limit": "time limit reached",
    "target": "target score reached",
    "interrupted": "interrupted",
}


def ending_line(trials: Mapping[str, Any]) -> str:
    """How many trials were done and why there are no more; `trials` is from ``results.json``.

    Example:
        >>> counts = {"asked": 30, "finished": 27, "failed": 1, "stopped": 2}
        >>> ending_line({**counts, "ended": "trials"})
        '30 of 30 trials, 1 failed, 2 stopped: all trials are done'
    """
    return f"{_counts(trials)}: {ENDINGS.get(trials['ended'], trials['ended'])}"


def counts_line(trials: Mapping[str, Any]) -> str:
    """How many were done, for who knows why there are no more; empty where all were finished.

    Example:
        >>> counts_line({"asked": 30, "finished": 27, "failed": 1, "stopped": 0})
        '28 of 30 trials, 1 failed'
    """
    return "" if trials["finished"] == trials["asked"] else _counts(trials)


def _counts(trials: Mapping[str, Any]) -> str:
    done = trials["finished"] + trials["failed"] + trials["stopped"]
    parts = [f"{done} of {trials['asked']} trials"]
    parts += [f"{trials[state]} {state}" for state in ("failed", "stopped") if trials[state]]
    return ", ".join(parts)


def known_scores(content: Mapping[str, Any]) -> str:
    """What others reached on the test rows, in one line; empty where nothing is known of these."""
    data = content["data"]
    if content["objective"]["level"] == "group":
        return ""
    known = "; ".join(f"{score:.3f} {what}" for what, score in data["references"].items())
    return f"known minority F1 on such test rows: {known}" if known else ""


def caveat_line(data: Mapping[str, Any]) -> str:
    """What must be known of the data; empty where nothing is."""
    return f"caveat: {data['caveat']}" if data["caveat"] else ""


def last_line(content: Mapping[str, Any]) -> str:
    """The answer in one line."""
    best, minority = content["best"], content["data"]["minority"]
    low, high = best["test"]["ci95"]
    level = " by group" if content["objective"]["level"] == "group" else ""
    return (
        f"best minority-class F1{level}: {best['test']['minority_f1']:.2f} "
        f"(test, 95 % CI {low:.2f}–{high:.2f}; validation {best['validation']['minority_f1']:.2f}; "
        f"class '{minority}'; trial {best['trial']})"
    )


def headline(content: Mapping[str, Any]) -> str:
    """The answer in one line, or what stands in its place.

    Example:
        >>> headline({"status": "interrupted", "best": None})
        'interrupted before any trial had a score'
    """
    best, interrupted = content["best"], content["status"] == "interrupted"
    if best is None:
        return "interrupted before any trial had a score" if interrupted else "no trial succeeded"
    if best["test"]:
        return last_line(content)
    metric = content["objective"]["metric"]
    reached = f"{best['validation'][metric]:.3f}, trial {best['trial']}"
    if interrupted:
        return f"interrupted: best validation {metric} so far {reached}; no test score yet"
    return f"no winner could be made: best validation {metric} {reached}; no test score"
