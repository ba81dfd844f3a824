"""The ``data`` section of a study, and the data definitions in ``datasets/``.

Both name a loader and what it should read (``csv: scans.csv``), or another definition
(``source: mri_like``), and the roles of columns. Options of the loader stand next to it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import Field, PrivateAttr, TypeAdapter, ValidationError, model_validator

from tuner.errors import Problem, did_you_mean
from tuner.registry import FAMILIES, Entry
from tuner.study.document import Document
from tuner.study.problems import raise_problems
from tuner.study.sections import PreprocessingSection, Section, Share, SplitSection

__all__ = ["HIDDEN", "SUPPLIED", "DataDefinition", "DataSection", "is_name", "loader_options"]

SUPPLIED = frozenset({"location", "folder", "progress"})
"""Arguments of a loader that are not options."""

HIDDEN = frozenset({"loader", "location", "options"})
"""Fields that the keys of a loader are turned into; nobody writes them."""

TEXT_KEYS = frozenset(
    {
        "minority", "one_vs_rest", "target", "group", "weight", "official_split", "ignore",
        "categories", "missing", "separator", "decimal", "features", "class_names", "rows",
        "boxes", "name", "title", "caveat", "origin", "licence", "sha256",
    }
)  # fmt: skip
"""Keys whose values are names from the data: their source text counts, so ``010`` stays ``010``."""


def is_name(key: str | int) -> bool:
    """Whether the value of a key is a name from the data, or where a loader looks."""
    return key in TEXT_KEYS or key in FAMILIES["loader"]


class _Source(Section):
    """What a study's data section and a data definition share."""

    loader: str = Field("", exclude=True, description="Name of the loader.")
    location: str = Field("", exclude=True, description="What the loader reads.")
    options: Mapping[str, Any] = Field({}, exclude=True, description="Options of the loader.")
    minority: str | None = Field(
        None, description="Class to find; the rarest one unless given. A tie must be settled here."
    )
    one_vs_rest: str | None = Field(
        None, description="This class against all others, which become the class 'rest'."
    )

    @model_validator(mode="before")
    @classmethod
    def _find_loader(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        blank = [key for key in TEXT_KEYS & set(raw) if raw[key] is None]
        raise_problems(
            [Problem("is empty; give a name, or leave the key out", (k,)) for k in blank]
        )
        loaders = FAMILIES["loader"]
        named = [key for key in raw if key in loaders]
        _check_source_count(raw, named, cls)
        visible = set(cls.model_fields) - HIDDEN
        own = {key: value for key, value in raw.items() if key in visible}
        rest = {key: value for key, value in raw.items() if key not in visible and key not in named}
        if not named:
            hints = [Problem(f"unknown key; {did_you_mean(k, _keys(cls))}", (k,)) for k in rest]
            raise_problems(hints)
            return own
        options, problems = _loader_options(named[0], rest, cls)
        if not isinstance(raw[named[0]], str):
            problems.append(Problem(f"expected a text, got {raw[named[0]]!r}", (named[0],)))
        raise_problems(problems)
        return {**own, "loader": named[0], "location": raw[named[0]], "options": options}


class DataDefinition(_Source):
    """A file in ``datasets/``: one data set by name, for every study that wants it."""

    version: Literal[1] = Field(1, description="Version of this format.")
    name: str = Field(description="Name that studies give as `source`.")
    title: str = Field(description="What the data is, in one line; shown wherever it is named.")
    synthetic: bool = Field(False, description="True for generated data; said in every report.")
    origin: str = Field("", description="Where the data comes from, and who made it.")
    licence: str = Field("", description="The data's licence.")
    sha256: str = Field("", description="Checksum of the file; another content is refused.")
    caveat: str = Field(
        "", description="What limits the meaning of every score; shown wherever one is."
    )
    references: dict[str, Share] = Field(
        {}, description="Minority F1 that others reached on the test rows, by what reached it."
    )

    _document: Document = PrivateAttr(default_factory=lambda: Document(None))

    @property
    def document(self) -> Document:
        """The file's content with the place of each value."""
        return self._document

    @property
    def folder(self) -> Path:
        """The folder that relative paths in the definition start from."""
        return Path(self._document.file).parent if self._document.file else Path()


class DataSection(_Source):
    """Which rows are studied and how they are divided."""

    source: str | None = Field(None, description="Name or path of a data definition.")
    split: SplitSection = Field(SplitSection(), description="How the rows are divided.")
    duplicates: Literal["together", "drop", "separate"] = Field(
        "together",
        description="Equal rows stay in one part of every split, or are dropped but for the first,"
        " or are separate observations that may be divided.",
    )
    preprocessing: PreprocessingSection = Field(
        PreprocessingSection(), description="What is fitted on the training rows of each fold."
    )

    @classmethod
    def in_memory(cls, **fields: Any) -> DataSection:
        """The section of a study whose rows are in memory already, so that it names no source.

        Args:
            fields: Checked values of the keys that are not about a source.
        """
        return cls.model_construct(**fields)


def _check_source_count(raw: dict[str, Any], named: list[str], cls: type[_Source]) -> None:
    sources = [*named, *(["source"] if raw.get("source") is not None else [])]
    if len(sources) == 1:
        return
    known = ", ".join([*(["source"] if "source" in cls.model_fields else []), *FAMILIES["loader"]])
    if sources:
        raise_problems(
            [Problem(f"give one source, not both {' and '.join(sources)}", (sources[1],))]
        )
    unknown = [key for key in raw if key not in _keys(cls)]
    hints = [Problem(f"unknown key; {did_you_mean(key, _keys(cls))}", (key,)) for key in unknown]
    raise_problems([*hints, Problem(f"names no source; give one of: {known}")])


def _keys(cls: type[_Source]) -> list[str]:
    return [*(key for key in cls.model_fields if key not in HIDDEN), *FAMILIES["loader"]]


def loader_options(entry: Entry[Any]) -> dict[str, inspect.Parameter]:
    """The options of a loader, by key."""
    return {
        name: argument
        for name, argument in inspect.signature(entry.function).parameters.items()
        if argument.kind is inspect.Parameter.KEYWORD_ONLY and name not in SUPPLIED
    }


def _loader_options(
    loader: str, raw: dict[str, Any], cls: type[_Source]
) -> tuple[dict[str, Any], list[Problem]]:
    """Checks the options against the loader's keyword-only arguments and their annotations."""
    function = FAMILIES["loader"][loader].function
    hints = get_type_hints(function)
    arguments = loader_options(FAMILIES["loader"][loader])
    options: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in raw.items():
        if key not in arguments:
            hint = did_you_mean(key, [*arguments, *_keys(cls)])
            problems.append(Problem(f"unknown key for {loader} data; {hint}", (key,)))
            continue
        try:
            options[key] = TypeAdapter(hints[key]).validate_python(value)
        except ValidationError as error:
            problems.append(Problem(f"{_expected(error, hints[key])}, got {value!r}", (key,)))
    for key, argument in arguments.items():
        if argument.default is inspect.Parameter.empty and key not in raw:
            problems.append(Problem(f"'{loader}' data needs '{key}'", (loader,)))
    return options, problems


def _expected(error: ValidationError, annotation: Any) -> str:
    """What an option should have been; pydantic speaks of Python's tuples, people of lists."""
    first = error.errors()[0]
    inner = [part for part in (annotation, *get_args(annotation)) if get_origin(part) is tuple]
    if inner and first["type"] in ("tuple_type", "too_long", "missing"):
        return f"expected a list of {len(get_args(inner[0]))} numbers"
    return first["msg"].lower()
