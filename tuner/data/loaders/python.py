"""Generators and readers that people write themselves."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tuner.data.dataset import RawData
from tuner.data.loaders.registry import LOADERS, existing_file
from tuner.errors import InputError, did_you_mean, told

__all__ = ["load_python"]


@LOADERS.register("python")
def load_python(
    *,
    location: str,
    folder: Path,
    arguments: dict[str, Any] = {},  # noqa: B006 - read only
) -> RawData:
    """What a Python function returns: a mapping with ``features``, ``labels`` and maybe ``groups``.

    The function must return the same rows at every call, or no study of it can be resumed.

    Args:
        location: ``file.py:function``.
        folder: Folder that a relative file starts from.
        arguments: Keyword arguments of the function.

    Raises:
        InputError: The function is not found, refuses its arguments, or returns something else.
    """
    function = _find(location, folder)
    result = _called(function, location, arguments)
    if not isinstance(result, Mapping) or not {"features", "labels"} <= set(result):
        got = sorted(result) if isinstance(result, Mapping) else type(result).__name__
        raise InputError(f"{location} must return features and labels, got {got}", ("python",))
    groups = result.get("groups")
    try:
        return RawData(
            np.asarray(result["features"]),
            np.asarray(result["labels"]),
            None if groups is None else np.asarray(groups),
            tuple(map(str, result.get("feature_names", ()))),
        )
    except ValueError as error:
        raise InputError(f"{location} returned no arrays: {error}", ("python",)) from error


def _called(function: Callable[..., Any], location: str, arguments: dict[str, Any]) -> Any:
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        raise InputError(f"{location} cannot be called: {error}", ("arguments",)) from None
    try:
        return function(**arguments)
    except Exception as error:
        raise InputError(f"{location} failed: {told(error)}", ("python",)) from error


def _find(location: str, folder: Path) -> Callable[..., Any]:
    file, colon, name = location.rpartition(":")
    if not colon or not file or not name:
        raise InputError(f"expected file.py:function, got '{location}'", ("python",))
    path = existing_file(file, folder, "python")
    module_name = f"_minority_tuner_data_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path} is not a Python file", ("python",))
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses and pickling look the module up by name
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(f"{path.name} cannot be imported: {told(error)}", ("python",)) from error
    function = getattr(module, name, None)
    if not callable(function):
        names = [n for n, value in vars(module).items() if callable(value) and n[0] != "_"]
        raise InputError(
            f"no function '{name}' in {path.name}; {did_you_mean(name, names)}", ("python",)
        )
    return function  # type: ignore[no-any-return]
