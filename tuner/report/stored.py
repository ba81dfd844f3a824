"""Reads ``results.json`` back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tuner.errors import InputError, Problem

__all__ = ["NEEDED", "VERSION", "read_results"]

VERSION = 4
"""Of what ``results.json`` and ``best_model/`` hold; with another one, the winner is made anew."""

NEEDED = frozenset(
    {
        "version",
        "study",
        "seed",
        "identity",
        "status",
        "data",
        "findings",
        "objective",
        "search",
        "evaluation",
        "trials",
    }
    | {
        "default",
        "choices",
        "comparison",
        "random_search",
        "importance",
        "engine",
        "health",
        "best",
        "attention",
        "baselines",
        "leaders",
        "confirmation",
        "pareto",
        "search_optimism",
        "warnings",
        "notes",
        "seconds",
    }
)
"""The keys of ``results.json``."""


def read_results(path: Path) -> dict[str, Any]:
    """The content of ``results.json``.

    Raises:
        InputError: The file cannot be read, or is not what this program writes.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"cannot be read: {error.strerror}; is it in a run folder?"
        raise InputError(Problem(message, file=str(path))) from None
    except ValueError:
        content = None
    if not isinstance(content, dict) or not _is_whole(content):
        message = "is damaged; run the study again to rebuild it"
        if isinstance(content, dict) and "version" in content:
            message = "was written by another version of minority-tuner; report it with that one, "
            message += "or run the study again, which trains only what is missing"
        raise InputError(Problem(message, file=str(path)))
    return content


def _is_whole(content: dict[str, Any]) -> bool:
    return set(content) >= NEEDED and content["version"] == VERSION
