"""What must be equal for a run to go on: study, data and splits, but not the budget."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from tuner.data import Dataset
from tuner.data.splits import has_official_validation
from tuner.errors import InputError
from tuner.study import Study

__all__ = ["check_identity", "identity"]

_CONTENT = "data content"
_FORMAT, _PRESENT = "format", "3"
"""Counts up when what is compared changes; the first format had no such key."""


def identity(study: Study, dataset: Dataset) -> dict[str, str]:
    """Everything that decides the meaning of a score, by key."""
    section = study.data.split
    # An official validation part is one division, unless the study asks for folds.
    folds = None if has_official_validation(dataset, section) else section.n_folds
    split = {"test": section.test, "folds": folds, "validation": section.validation}
    content = {
        "seed": study.seed,
        "data": {
            "minority": dataset.minority,
            "split": split,
            "duplicates": study.data.duplicates,
            "preprocessing": study.data.preprocessing,
        },
        "objective": study.objective.model_dump(),
        "model": study.model,
        "imbalance": study.imbalance,
        "training": study.training,
        "search": {
            "algorithm": study.search.algorithm,
            "stop_collapsed": study.search.stop_collapsed,
        },
    }
    return {_FORMAT: _PRESENT, **_flat(content), _CONTENT: dataset.fingerprint}


def check_identity(before: dict[str, str], now: dict[str, str], folder: str) -> None:
    """Refuses to mix two studies in one run folder.

    Raises:
        InputError: With the keys that differ, their old and new values, and the two ways on.
    """
    ways = (
        "give this study another name, or start over with --fresh, which keeps the old folder under"
        " another name"
    )
    if before.get(_FORMAT) != now[_FORMAT]:
        raise InputError(f"{folder} holds a run of another version of minority-tuner; {ways}")
    changed = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    if changed:
        listed = "; ".join(_difference(key, before.get(key), now.get(key)) for key in changed)
        raise InputError(f"{folder} holds a run of a different study ({listed}); {ways}")


def _difference(key: str, before: str | None, now: str | None) -> str:
    if key == _CONTENT:
        return "the data's content changed"
    return f"{key}: {before or 'absent'} → {now or 'absent'}"


def _flat(content: Any, path: str = "") -> dict[str, str]:
    if isinstance(content, BaseModel):
        content = {name: getattr(content, name) for name in type(content).model_fields}
    if isinstance(content, dict):
        flat: dict[str, str] = {}
        for key, value in content.items():
            flat |= _flat(value, f"{path}.{key}" if path else key)
        return flat
    return {path: str(content)}
