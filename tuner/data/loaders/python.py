"""Generators and readers that people write themselves."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data.dataset import RawData
from tuner.data.loaders.arrays import raw_from_arrays
from tuner.data.loaders.frame import raw_from_frame
from tuner.data.loaders.registry import LOADERS, existing_file
from tuner.errors import InputError, Problem, did_you_mean, told
from tuner.lazy import LazyModule
from tuner.own_code import DATA, import_file, member, split_location

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = LazyModule("pandas")

__all__ = ["load_python"]

_ROLES = {
    "features": "features",
    "labels": "target",
    "groups": "group",
    "weights": "weight",
    "parts": "official_split",
    "boxes": "boxes",
}
"""The role of each array that a mapping holds."""

_NAMES, _FORMAT = "feature_names", "box_format"


@LOADERS.register("python")
def load_python(
    *,
    location: str,
    folder: Path,
    arguments: dict[str, Any] = {},  # noqa: B006 - read only
    target: str | None = None,
    group: str | None = None,
    weight: str | None = None,
    official_split: str | None = None,
    ignore: list[str] = [],  # noqa: B006 - read only
    categories: list[str] = [],  # noqa: B006 - read only
) -> RawData:
    """What a Python function returns: a pandas frame, or a mapping of arrays.

    A mapping holds ``features`` and ``labels``, and maybe ``groups``, ``weights``, ``parts`` of an
    official split, ``boxes`` with their ``box_format``, and ``feature_names``. The options from
    `target` on name columns of a frame.

    The function must return the same rows at every call, or no study of it can be resumed.

    Args:
        location: ``file.py:function``.
        folder: Folder that a relative file starts from.
        arguments: Keyword arguments of the function.
        target: Column of the frame with the class.
        group: Column whose rows with equal values stay on one side of every split.
        weight: Column with the weight of each row in the training loss.
        official_split: Column that says which part of an official split each row is in.
        ignore: Columns to leave out.
        categories: Features that are categories although they look like something else.

    Raises:
        InputError: The function is not found, refuses its arguments, or returns something else.
    """
    function = _find(location, folder)
    result = _called(function, location, arguments)
    columns: dict[str, Any] = {
        "target": target,
        "group": group,
        "weight": weight,
        "official_split": official_split,
        "ignore": ignore,
        "categories": categories,
    }
    named = {role: column for role, column in columns.items() if column}
    if isinstance(result, Mapping):
        return _from_mapping(result, location, named)
    if not isinstance(result, pd.DataFrame):
        raise _unexpected(location, type(result).__name__)
    if target is None:
        message = f"{location} returns a frame; name its column with the class as 'target'"
        raise InputError(message, ("python",))
    return raw_from_frame(result, **named, place=f"the frame of {location}")


def _from_mapping(result: Mapping[str, Any], location: str, columns: Mapping[str, Any]) -> RawData:
    if any(result.get(key) is None for key in ("features", "labels")):
        raise _unexpected(location, str(sorted(map(str, result))))
    known = (*_ROLES, _NAMES, _FORMAT)
    problems = [
        Problem(f"{location} returns arrays; '{role}' names a column of a frame", (role,))
        for role in columns
    ]
    problems += [
        Problem(f"{location} returns '{key}'; {did_you_mean(str(key), known)}", ("python",))
        for key in result
        if key not in known
    ]
    if problems:
        raise InputError(problems)
    given = {role: result[key] for key, role in _ROLES.items() if result.get(key) is not None}
    called = {role: f"{key} of {location}" for key, role in _ROLES.items() if role in given}
    try:
        return raw_from_arrays(given, called, _feature_names(result), result.get(_FORMAT))
    except InputError as error:
        raise InputError(replace(p, path=("python",)) for p in error.problems) from None


def _feature_names(result: Mapping[str, Any]) -> list[Any]:
    names = result.get(_NAMES)
    if names is None:
        return []
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise InputError(f"{_NAMES} must be a list of names, got {names!r}")
    return list(names)


def _unexpected(location: str, got: str) -> InputError:
    message = f"{location} must return features and labels, or a pandas frame; got {got}"
    return InputError(message, ("python",))


def _called(function: Callable[..., Any], location: str, arguments: dict[str, Any]) -> Any:
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        raise InputError(f"{location} cannot be called: {error}", ("arguments",)) from None
    try:
        return function(**arguments)
    except (Exception, SystemExit) as error:
        raise InputError(f"{location} failed: {told(error)}", ("python",)) from error


def _find(location: str, folder: Path) -> Callable[..., Any]:
    file, name = split_location(location)
    if not file:
        raise InputError(f"expected file.py:function, got '{location}'", ("python",))
    path = existing_file(file, folder, "python")
    module = import_file(path, DATA, "python")
    function: Callable[..., Any] = member(module, name, "function", path.name, "python")
    return function
