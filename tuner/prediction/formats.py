"""The winner's network in formats of other programs, next to ``model.keras``."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from tuner.errors import InputError, MinorityTunerError, brief
from tuner.model.exported import EXPORTS
from tuner.prediction.stored import stored_model
from tuner.quiet import hidden_stderr

__all__ = ["FORMATS", "check_formats", "export_formats"]

FORMATS: Mapping[str, str] = MappingProxyType(
    {"tflite": "litert", "onnx": "onnx", "saved_model": "tf_saved_model"}
)
"""Keras's name of each format, by ours."""

_NEEDED = {"onnx": ("tf2onnx", "onnx")}
"""Packages that Keras needs for a format, besides TensorFlow."""


def check_formats(formats: Sequence[str]) -> None:
    """Refuses a format whose packages are not installed, before anything is trained.

    Args:
        formats: Some of `FORMATS`.

    Raises:
        InputError: Names the package, and how it is installed.
    """
    for name in formats:
        for package in _NEEDED.get(name, ()):
            if importlib.util.find_spec(package) is None:
                raise InputError(
                    f"--export {name} needs the package {package}; pip install "
                    f"'minority-tuner[{name}]'"
                )


def export_formats(
    run: Path, formats: Sequence[str], tell: Callable[[str], object] = lambda line: None
) -> list[Path]:
    """Writes the network of a finished run in other formats; nothing is trained.

    What is written takes what ``model.keras`` takes and gives what it gives: rows that have been
    preprocessed, float32 of shape ``(rows, …)``, and the network's own probabilities. The decision
    rule and the calibration stay in ``decision.json``.

    Args:
        run: A run folder, or its ``best_model``.
        formats: Some of `FORMATS`.
        tell: Takes a line for each file.

    Returns:
        ``model.tflite``, ``model.onnx`` and the folder ``saved_model``, as far as asked for.

    Raises:
        InputError: There is no winner, or a package is missing.
        MinorityTunerError: The network holds something that a format has not, or nothing can be
            written.
    """
    check_formats(formats)
    if not formats:
        return []
    stored = stored_model(run)
    network = stored.load().model
    network(np.zeros((1, *stored.input_shape), np.float32))  # Keras exports what was called once
    written = []
    for name in dict.fromkeys(formats):
        path = stored.folder / EXPORTS[name]
        try:
            _write(network, name, path)
        except OSError as error:
            raise MinorityTunerError(f"cannot write {path}: {error.strerror}") from None
        tell(f"exported: {path}")
        written.append(path)
    return written


def _write(network: Any, name: str, path: Path) -> None:
    """One file or folder, which takes the place of an earlier one when it is whole."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        made = Path(folder) / path.name
        try:
            with hidden_stderr(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # converters warn of other packages' old habits
                network.export(made, format=FORMATS[name], verbose=False)
        except OSError:
            raise
        except Exception as error:  # of layers that a format cannot hold, many kinds
            raise MinorityTunerError(f"--export {name}: {brief(error)}") from None
        if path.is_dir():
            shutil.move(path, Path(folder) / "earlier")
        os.replace(made, path)
