"""The scores of the winner in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import stdev
from types import MappingProxyType
from typing import Any

from rich.console import Console

from tuner.report.grid import Column, print_grid
from tuner.report.prose import print_prose

__all__ = ["SCORES", "STAGES", "brier_line", "networks_line", "print_scores", "shown_scores"]

SCORES: Mapping[str, str] = MappingProxyType(
    {
        "minority_f1": "minority F1",
        "precision": "precision",
        "recall": "recall",
        "pr_auc": "average precision",
        "roc_auc": "ROC AUC",
        "mcc": "Matthews correlation",
        "balanced_accuracy": "balanced accuracy",
        "gmean": "G-mean",
        "brier": "Brier score",
        "ece": "calibration error",
    }
)
"""The scores that people are shown, by their names in ``results.json``."""

STAGES: Mapping[str, str] = MappingProxyType(
    {
        "as_trained": "as trained",
        "corrected": "corrected to the true class shares",
        "calibrated": "calibrated",
    }
)
"""What is done to probabilities, step by step, by its name in ``results.json``."""


_TITLES = {"test_at_half": "test at 0.5"}


def shown_scores(content: Mapping[str, Any]) -> Mapping[str, str]:
    """The scores that a table of a run has; of groups, how far probabilities are off says nothing.

    Args:
        content: The content of ``results.json``.
    """
    left_out = ("brier", "ece") if content["objective"]["level"] == "group" else ()
    return {key: shown for key, shown in SCORES.items() if key not in left_out}


def print_scores(console: Console, content: Mapping[str, Any]) -> None:
    """The table of scores, the threshold, and by how much the search was too hopeful."""
    best = content["best"]
    tuned = content["objective"]["threshold"] == "tuned"
    origin = "from validation rows" if tuned else "fixed by the study"
    parts = ["test", "test_at_half", *["confirmed"] * bool(best["confirmed"]), "validation"]
    titles = [_TITLES.get(part, part) for part in parts[1:]]
    numbers = [Column(name, number=True) for name in ("test", "95 % CI", *titles)]
    rows = []
    for key, shown in shown_scores(content).items():
        test, *others = (f"{best[part][key]:.3f}" for part in parts)
        rows.append([shown, test, _ends(best["test"]["intervals"].get(key)), *others])
    print_grid(console, [Column("score"), *numbers], rows)
    print_prose(
        console,
        f"threshold {best['threshold']:.3g}, {origin}\n"
        f"search optimism (validation minus test F1) {content['search_optimism']:+.3f}",
    )


def _ends(interval: Sequence[float] | None) -> str:
    return f"{interval[0]:.2f}–{interval[1]:.2f}" if interval else ""


def networks_line(best: Mapping[str, Any]) -> str:
    """How much one training differs from another; empty where there is one, or none was scored.

    Example:
        >>> networks = [{"minority_f1": score} for score in (0.737, 0.8, 0.889)]
        >>> networks_line({"test": {"networks": networks}})
        'its 3 networks alone: test F1 0.737 to 0.889 (standard deviation 0.076)'
    """
    # A run that was finished by an earlier version has none.
    alone = [one["minority_f1"] for one in best["test"].get("networks", ())]
    if len(alone) < 2:
        return ""
    return (
        f"its {len(alone)} networks alone: test F1 {min(alone):.3f} to {max(alone):.3f} "
        f"(standard deviation {stdev(alone):.3f})"
    )


def brier_line(best: Mapping[str, Any]) -> str:
    """What each step did to the probabilities of the test rows; empty where nothing was done.

    Example:
        >>> test = {"as_trained": {"brier": 0.161}, "corrected": {"brier": 0.0202}}
        >>> brier_line({"reliability": {"test": test}})
        'Brier score as trained 0.161, corrected to the true class shares 0.0202 (test)'
    """
    test = best["reliability"]["test"]
    if len(test) < 2:
        return ""
    # Significant digits, since the Brier score of a rare class is always near 0.
    steps = (f"{STAGES[stage]} {off['brier']:.3g}" for stage, off in test.items())
    return f"Brier score {', '.join(steps)} (test)"
