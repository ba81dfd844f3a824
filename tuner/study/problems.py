"""Carries several located problems, and notes, through pydantic.

Pydantic reports one error for a field; a family place can hold many. A validator of ours raises one
custom error with all its problems inside, and `problems_of` unpacks them next to pydantic's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from tuner.errors import Problem, did_you_mean

__all__ = ["collect_notes", "note", "noting", "problems_in", "problems_of", "raise_problems"]

_TYPE = "minority_tuner"
_key: ContextVar[str] = ContextVar("key", default="")
_notes: ContextVar[list[str] | None] = ContextVar("notes", default=None)


@contextmanager
def collect_notes() -> Iterator[list[str]]:
    """Collects what validators say of values that they accepted but changed."""
    notes: list[str] = []
    token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(token)


@contextmanager
def noting(key: str) -> Iterator[None]:
    """Says which key the notes of the block are about."""
    token = _key.set(key)
    try:
        yield
    finally:
        _key.reset(token)


def note(text: str) -> None:
    """Adds a note for the person; without a collector it is dropped."""
    notes = _notes.get()
    if notes is not None:
        notes.append(": ".join(filter(None, (_key.get(), text))))


def raise_problems(problems: list[Problem]) -> None:
    """Raises one pydantic error that holds all `problems`; does nothing when there are none."""
    if problems:
        text = "; ".join(str(problem) for problem in problems)
        # Braces would be read as a template by pydantic.
        raise PydanticCustomError(_TYPE, "{text}", {"text": text, "problems": problems})


def problems_in(error: PydanticCustomError) -> list[Problem]:
    """The problems that `raise_problems` put into an error, where no model stands around it."""
    held: list[Problem] = (error.context or {})["problems"]
    return held


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """All problems behind a validation error of `model`, with paths from its root."""
    return [problem for item in error.errors() for problem in _unpack(item, model)]


def _unpack(item: Any, model: type[BaseModel]) -> list[Problem]:
    loc = tuple(item["loc"])
    if item["type"] == _TYPE:
        problems: list[Problem] = item["ctx"]["problems"]
        return [problem.under(*loc) for problem in problems]
    if item["type"] == "extra_forbidden":
        hint = did_you_mean(str(loc[-1]), _known_keys(model, loc[:-1]))
        return [Problem(f"unknown key; {hint}", loc)]
    if item["type"] == "missing":
        return [Problem("missing; it must be given", loc)]
    if item["type"] == "model_type":
        return [Problem(f"expected keys with values, got {item['input']!r}", loc)]
    message = item["msg"].removeprefix("Value error, ")
    return [Problem(f"{message[:1].lower()}{message[1:]}, got {item['input']!r}", loc)]


def _known_keys(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    for step in loc:
        field = model.model_fields.get(str(step))
        inner = field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)
