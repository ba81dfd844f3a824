"""What a tracker must be able to do, and what it remembers between runs."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tuner.errors import InputError
from tuner.search.learning import LearningCurve
from tuner.search.records import TrialRecord
from tuner.search.run_folder import write_atomically

__all__ = ["Memory", "Tracker", "final_scores", "trial_scores"]


class Tracker(ABC):
    """Writes a run somewhere else; called from one thread, in the order of the methods.

    Whatever is raised ends the tracking and nothing else.

    Attributes:
        name: What people call it.
        settings: What the study asks for, as plain values.
    """

    name: str
    settings: Mapping[str, Any]

    @abstractmethod
    def begin(self) -> set[int]:
        """Opens the run, or the one of before; the numbers of the trials that it knows."""

    @abstractmethod
    def trial(self, record: TrialRecord, curves: Sequence[LearningCurve]) -> None:
        """Writes a trial that has ended, as a whole."""

    @abstractmethod
    def finish(self, content: Mapping[str, Any], folder: Path) -> None:
        """Writes the end of the run; `content` is that of ``results.json`` in `folder`."""

    def stop(self) -> None:  # noqa: B027 - most have nothing open between two calls
        """Says that the run goes on no more, where it has ended without `finish`."""


class Memory:
    """A file in ``tracking/`` of the run folder, in which a tracker keeps what it must know again.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Any]:
        """What was written last; nothing where there is none, or it is damaged."""
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def write(self, content: Mapping[str, Any]) -> None:
        """Replaces it.

        Raises:
            StoreError: It cannot be written.
        """
        try:
            self._path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot write to {self._path.parent}: {error.strerror}") from None
        write_atomically(self._path, json.dumps(content, indent=2) + "\n")


def trial_scores(record: TrialRecord) -> dict[str, float]:
    """The numbers that a trial is compared by: its scores, threshold, parameters and seconds."""
    outcome = record.outcome
    told = {**outcome.get("scores", {})}
    told |= {key: outcome.get(key) for key in ("threshold", "parameters", "seconds")}
    if record.score is not None:
        told["objective"] = record.score
    return _numbers(told)


def final_scores(content: Mapping[str, Any]) -> dict[str, float]:
    """Validation and test scores of the winner, by part and name; empty where there is none."""
    best = content["best"]
    if not best:
        return {}
    parts = {part: _numbers(best[part] or {}) for part in ("validation", "test")}
    told = {f"{part}/{key}": value for part, own in parts.items() for key, value in own.items()}
    if best["test"]:
        low, high = best["test"]["ci95"]
        told |= {"test/minority_f1_low": low, "test/minority_f1_high": high}
    return told


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    return {
        key: float(value)
        for key, value in values.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }
