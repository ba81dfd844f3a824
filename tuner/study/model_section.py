"""The ``model`` section, whose keys are those of the chosen backbone.

Each registered backbone declares the spaces of its parameters; its section is made from them, so
that a new backbone brings its own keys, messages and schema.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    ValidationError,
    create_model,
)

from tuner.errors import Path as KeyPath
from tuner.errors import Problem
from tuner.registry import FAMILIES, UnknownName
from tuner.spaces import (
    NO_FILE,
    Alternatives,
    Choice,
    File,
    Fixed,
    Float,
    Int,
    Space,
    fixed_default,
)
from tuner.study.family import Family
from tuner.study.model_base import ModelSection
from tuner.study.place import Place
from tuner.study.problems import problems_of, raise_problems
from tuner.study.python_section import PYTHON, PythonSection
from tuner.study.tunable import Tunable, worth_searching

__all__ = ["AnyModelSection", "BackboneSection", "DEFAULT_FAMILY", "model_section"]

DEFAULT_FAMILY = "dense"
"""The backbone of a study that names none."""

INITIALIZERS = (
    "auto",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
)


class BackboneSection(ModelSection):
    """What every backbone takes; the keys of the chosen backbone stand next to these."""

    family: str = Field(DEFAULT_FAMILY, description="The backbone.")
    activation: Annotated[Alternatives, Family("activation")] = Field(
        "relu", validate_default=True, description="Activation function of the hidden layers."
    )
    kernel_initializer: Annotated[Space, Tunable(Choice(INITIALIZERS, default="auto"))] = Field(
        Fixed("auto"),
        description="Initial weights; `auto` follows the activation: He for the ReLU kind with its"
        " slope in the gain, LeCun for SELU, Glorot otherwise.",
    )

    @property
    def backbone_parameters(self) -> Mapping[str, Space]:
        """The spaces of the backbone's own parameters, by name."""
        own = FAMILIES["backbone"][self.family].spaces
        return MappingProxyType({name: getattr(self, name) for name in own})

    @property
    def spaces(self) -> Mapping[KeyPath, Space]:
        """Every space of the section, by its path in it; those of activations by entry and key."""
        spaces: dict[KeyPath, Space] = {("kernel_initializer",): self.kernel_initializer}
        spaces |= {(key,): space for key, space in self.backbone_parameters.items()}
        for entry in self.activation.entries:
            path: KeyPath = ("activation", *entry.place)
            spaces |= {(*path, key): space for key, space in entry.parameters.items()}
        return MappingProxyType(spaces)

    @property
    def files(self) -> Mapping[str, str]:
        """The files that the backbone begins from, by key; none where a study names none."""
        own = FAMILIES["backbone"][self.family].files
        named = {name: getattr(self, name) for name in own}
        return MappingProxyType({key: path for key, path in named.items() if path != NO_FILE})

    def beside(self, folder: Path) -> BackboneSection:
        """The same with whole paths of its files, so that any process finds them."""
        whole = {key: str((folder / path).absolute()) for key, path in self.files.items()}
        return self.model_copy(update=whole) if whole else self


class _FileName(Place):
    """A path; the file is looked at when the study meets its data."""

    def __init__(self, declared: File) -> None:
        self._declared = declared

    def schema(self) -> dict[str, Any]:
        """The JSON schema for editors."""
        described = self._declared.description
        return {"type": "string", "minLength": 1, "default": NO_FILE, "description": described}

    def validate(self, raw: Any) -> str:
        """The checked value."""
        raw = os.fspath(raw) if isinstance(raw, os.PathLike) else raw
        if not isinstance(raw, str) or not raw:
            raise_problems([Problem(f"expected the path of a file or '{NO_FILE}', got {raw!r}")])
        return str(raw)


@cache
def model_section(family: str) -> type[BackboneSection]:
    """The section model of one backbone.

    Raises:
        UnknownName: No backbone has this name.
    """
    entry = FAMILIES["backbone"][family]
    told = entry.arguments
    fields: dict[str, Any] = {
        name: (
            Annotated[Space, Tunable(declared)],
            Field(fixed_default(declared), description=_told(told.get(name, ""), declared)),
        )
        for name, declared in entry.spaces.items()
    }
    for name, file in entry.files.items():
        fields[name] = (Annotated[str, _FileName(file)], Field(NO_FILE))
    fields["family"] = (Literal[entry.name], entry.name)
    section: type[BackboneSection] = create_model(
        f"ModelSection_{entry.name}", __base__=BackboneSection, __doc__=entry.summary, **fields
    )
    return section


def _told(description: str, declared: Choice | Int | Float) -> str:
    return f"{description} {worth_searching(declared)}".strip()


class _ByFamily(Place):
    """Validates the section with the model that its ``family`` names, or for the person's code."""

    def schema(self) -> dict[str, Any]:
        """The JSON schema for editors."""
        sections = {name: model_section(name).model_json_schema() for name in FAMILIES["backbone"]}
        for name, section in sections.items():
            if name != DEFAULT_FAMILY:
                section["required"] = ["family"]
        return {"anyOf": [*sections.values(), PythonSection.model_json_schema()]}

    def validate(self, raw: Any) -> ModelSection:
        """The checked value."""
        if isinstance(raw, ModelSection):
            return raw
        if not isinstance(raw, dict):
            raise_problems([Problem(f"expected keys with values, got {raw!r}")])
        try:
            section = _kind(raw)
        except UnknownName as error:
            raise_problems([Problem(str(error), ("family",))])
        try:
            return section.model_validate(raw)
        except ValidationError as error:
            raise_problems(problems_of(error, section))
            raise


def _kind(raw: Mapping[str, Any]) -> type[ModelSection]:
    family = str(raw.get("family", DEFAULT_FAMILY))
    return PythonSection if PYTHON in raw or family == PYTHON else model_section(family)


AnyModelSection = Annotated[ModelSection, _ByFamily()]
