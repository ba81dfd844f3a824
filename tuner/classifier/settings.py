"""The arguments of the classifier become a study, with the checks and defaults of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from tuner.data.assemble import Duplicates
from tuner.errors import InputError, Problem, did_you_mean
from tuner.model.given import given_section
from tuner.study import EvaluationSection, PreprocessingSection, SplitSection, Study
from tuner.study.data_section import DataSection
from tuner.study.document import Document
from tuner.study.problems import problems_of

__all__ = ["SECTIONS", "study_of"]

SECTIONS = ("model", "imbalance", "training")
"""Sections of a study in which everything that can be is tuned where nothing is given."""

_CONFIRMED = ("confirm", "repeats")
"""Keys of ``evaluation`` that decide about the winner; the others are for reports."""


def study_of(given: Mapping[str, Any], seed: int) -> Study:
    """A study without a source of rows.

    Args:
        given: By name, what the classifier was given: a mapping with the keys of that section of a
            study file, a section, or None. Further names are not looked at.
        seed: Decides splits, suggestions, weights and shuffling.

    Raises:
        InputError: With everything that is wrong, and its key.
    """
    content: dict[str, Any] = {"version": 1, "name": "classifier", "seed": seed}
    if given["duplicates"] not in get_args(Duplicates):
        known = ", ".join(get_args(Duplicates))
        raise InputError(f"expected one of {known}; got {given['duplicates']!r}", ("duplicates",))
    content["data"] = DataSection.in_memory(
        split=_section(SplitSection, "split", given["split"], ("folds", "validation", "repeats")),
        preprocessing=_section(PreprocessingSection, "preprocessing", given["preprocessing"]),
        duplicates=given["duplicates"],
    )
    for name in SECTIONS:
        value = given[name]
        content[name] = given_section(name, None) if value is None else value
    for name in ("objective", "search"):
        if given[name] is not None:
            content[name] = given[name]
    evaluation = _section(EvaluationSection, "evaluation", given["evaluation"], _CONFIRMED)
    content["evaluation"] = evaluation
    return Study.from_document(Document(content))


def _section(kind: type[BaseModel], name: str, given: Any, allowed: tuple[str, ...] = ()) -> Any:
    """A checked section, of whose keys only some may be allowed."""
    if isinstance(given, kind):
        given = given.model_dump(exclude_unset=True)
    content = {} if given is None else given
    if allowed and isinstance(content, Mapping):
        foreign = [key for key in content if key not in allowed]
        if foreign:
            raise InputError([_foreign(name, str(key), allowed) for key in foreign])
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise InputError([one.under(name) for one in problems_of(error, kind)]) from None


def _foreign(name: str, key: str, allowed: tuple[str, ...]) -> Problem:
    if (name, key) == ("split", "test"):
        told = (
            "there is no test part here: rows that are never searched on are those that fit is not"
            " given, such as the test folds of cross_val_score; leave it out"
        )
        return Problem(told, (name, key))
    if name == "evaluation" and key in EvaluationSection.model_fields:
        told = f"is for the report of a study; the classifier takes {' and '.join(allowed)}"
        return Problem(told, (name, key))
    return Problem(f"unknown key; {did_you_mean(key, allowed)}", (name, key))
