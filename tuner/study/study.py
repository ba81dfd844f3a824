"""A study: one YAML file, checked and frozen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PrivateAttr, ValidationError

from tuner.errors import InputError, Problem
from tuner.errors import Path as KeyPath
from tuner.spaces import Space
from tuner.study.data_section import DataDefinition, DataSection, is_name
from tuner.study.document import Document, read_yaml, read_yaml_text, to_yaml
from tuner.study.evaluation_section import EvaluationSection
from tuner.study.find import find_definition, find_study
from tuner.study.imbalance_section import ImbalanceSection
from tuner.study.model_section import AnyModelSection, model_section
from tuner.study.objective_section import ObjectiveSection
from tuner.study.objectives import objective_problems
from tuner.study.problems import collect_notes, problems_of
from tuner.study.sections import SearchSection, Section, TrainingSection
from tuner.study.strategies import NEUTRAL
from tuner.study.tracking_section import TrackingSection

__all__ = ["Study", "grid_problems", "load_study"]


_NAME = r"[A-Za-z0-9][\w.-]*"


def _checked_name(name: str) -> str:
    if not re.fullmatch(_NAME, name):
        raise ValueError("expected letters, digits, '.', '_' and '-', the first no sign")
    return name


class Study(Section):
    """Everything that defines one study; see the README for the file by example."""

    version: Literal[1] = Field(1, description="Version of the study format.")
    name: Annotated[str, AfterValidator(_checked_name)] = Field(
        description="Name of the study, and of its folder in `runs/`.",
        json_schema_extra={"pattern": f"^{_NAME}$"},
    )
    seed: Annotated[int, Field(strict=True, ge=0)] = Field(
        0, description="Decides splits, suggestions, weights and shuffling; 0 is a seed like any."
    )
    data: DataSection = Field(description="Rows, roles and splits.")
    objective: ObjectiveSection = Field(ObjectiveSection(), description="What the search is after.")
    model: AnyModelSection = Field(
        default_factory=lambda: model_section("dense")(), description="The network."
    )
    imbalance: ImbalanceSection = Field(
        default_factory=ImbalanceSection, description="Answers to rarity."
    )
    training: TrainingSection = Field(TrainingSection(), description="Training of one network.")
    search: SearchSection = Field(SearchSection(), description="Which configurations are tried.")
    evaluation: EvaluationSection = Field(
        EvaluationSection(),
        description="How the winner is chosen from the best trials, and what it is compared with.",
    )
    tracking: TrackingSection = Field(
        TrackingSection(), description="Other programs that hear of the run."
    )

    _document: Document = PrivateAttr(default_factory=lambda: Document(None))
    _definition: DataDefinition | None = PrivateAttr(default=None)
    _notes: tuple[str, ...] = PrivateAttr(default=())

    @property
    def document(self) -> Document:
        """The file's content with the place of each value; empty for a study made in Python."""
        return self._document

    @property
    def definition(self) -> DataDefinition | None:
        """The data definition that ``data.source`` names, or None for inline data."""
        return self._definition

    @property
    def notes(self) -> tuple[str, ...]:
        """What was accepted but changed, for the person to see."""
        return self._notes

    @property
    def spaces(self) -> dict[KeyPath, Space]:
        """Every space of the study, by the path of its value; family places by entry and key."""
        training = ("batch_size", "optimizer", "learning_rate")
        spaces: dict[KeyPath, Space] = {
            **{("model", *path): space for path, space in self.model.spaces.items()},
            **{("training", key): getattr(self.training, key) for key in training},
        }
        changes = self.training.augmentation.spaces
        spaces |= {("training", "augmentation", key): space for key, space in changes.items()}
        for part in NEUTRAL:
            for one in self.imbalance.listed(part):
                spaces |= {(*one.path, key): space for key, space in one.entry.parameters.items()}
        return spaces

    @property
    def folder(self) -> Path:
        """The folder that relative paths in the study start from."""
        return _folder(self._document)

    @classmethod
    def from_document(cls, document: Document) -> Study:
        """Checks a document's content.

        Raises:
            InputError: With all problems found, each with its place in the file.
        """
        content = document.content
        if not isinstance(content, dict):
            raise document.error([Problem("a study is a mapping of keys; this file holds none")])
        problems: list[Problem] = []
        with collect_notes() as notes:
            try:
                study = cls.model_validate(content)
            except ValidationError as error:
                problems = problems_of(error, cls)
        if not problems:
            problems = grid_problems(study) + objective_problems(study.objective, study.search)
        if problems:
            raise document.error(problems)
        placed = study.model.beside(_folder(document))
        if placed is not study.model:
            study = study.model_copy(update={"model": placed})
        study._document = document
        study._notes = tuple(notes)
        if study.data.source is not None:
            study._definition = _load_definition(study.data.source, study)
        return study


def load_study(name: str | Path, overrides: Sequence[str] = ()) -> Study:
    """Reads and checks a study.

    Args:
        name: Path of a YAML file, or the bare name of a known study.
        overrides: Settings such as ``search.trials=5`` that replace those of the file.

    Raises:
        InputError: With all problems found.

    Example:
        >>> load_study("breast_cancer").data.source
        'breast_cancer'
    """
    document = read_yaml(find_study(str(name)), _is_text)
    for override in overrides:
        document = _override(document, override)
    return Study.from_document(document)


def _folder(document: Document) -> Path:
    return Path(document.file).parent if document.file else Path()


def _load_definition(source: str, study: Study) -> DataDefinition:
    """Reads the data definition that a study names.

    Raises:
        InputError: There is no such definition, or it is wrong.
    """
    try:
        path = find_definition(source, study.folder)
    except InputError as error:
        problems = [replace(p, path=("data", "source"), file="") for p in error.problems]
        raise study.document.error(problems) from None
    document = read_yaml(path, lambda keys: bool(keys) and is_name(keys[0]))
    try:
        definition = DataDefinition.model_validate(document.content)
    except ValidationError as error:
        raise document.error(problems_of(error, DataDefinition)) from None
    definition._document = document
    return definition


def _is_text(path: KeyPath) -> bool:
    if path == ("name",):
        return True
    return len(path) >= 2 and path[0] == "data" and is_name(path[1])


def _override(document: Document, text: str) -> Document:
    key, equals, value = text.partition("=")
    path = tuple(key.split("."))
    if not equals or not all(path):
        raise InputError(f"--set takes key=value, such as search.trials=5, got '{text}'")
    try:
        parsed = read_yaml_text(value, keep_text=lambda inner: _is_text((*path, *inner))).content
    except InputError:
        raise InputError(f"--set {key}: not valid YAML: '{value}'") from None
    own = _replaced_from(document.content, path)
    places = {at: place for at, place in document.places.items() if at[: len(own)] != own}
    content = _replaced(document.content, path, parsed)
    return Document(content, document.file, places, to_yaml(content), document.overridden | {own})


def _replaced_from(content: Any, path: tuple[str, ...]) -> tuple[str, ...]:
    """The part of a setting's path below which nothing of the file is left."""
    for length, key in enumerate(path[:-1], start=1):
        content = content.get(key) if isinstance(content, dict) else None
        if not isinstance(content, dict):
            return path[:length]
    return path


def _replaced(content: Any, path: tuple[str, ...], value: Any) -> Any:
    if not path:
        return value
    inner: Mapping[str, Any] = content if isinstance(content, dict) else {}
    return {**inner, path[0]: _replaced(inner.get(path[0]), path[1:], value)}


def grid_problems(study: Study) -> list[Problem]:
    """A grid needs every place to have finitely many values."""
    if study.search.algorithm != "grid":
        return []
    return [
        Problem("a grid search needs a choice, or a range with a step", path)
        for path, space in study.spaces.items()
        if space.grid() is None
    ]
