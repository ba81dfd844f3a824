"""Python code of the person's own, named as ``file.py:name`` or ``package.module:name``."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from importlib.abc import SourceLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from tuner.errors import InputError, did_you_mean, reason_of, told

__all__ = [
    "DATA",
    "MODEL",
    "PREFIXES",
    "checksum_of",
    "import_file",
    "import_module",
    "importable",
    "is_file",
    "member",
    "module_file",
    "split_location",
    "told_of",
]

DATA = "_minority_tuner_data_"
MODEL = "_minority_tuner_model_"
PREFIXES = (DATA, MODEL)
"""Begin the names of modules that are files, so that they hide no other module."""

_LONGEST = 300
"""Letters of what code raised; Keras quotes whole configurations."""

_INNER = "Exception encountered: "
"""After it Keras tells what happened, and before it the configuration, layer by layer."""


def split_location(location: str) -> tuple[str, str]:
    """The file or module of a location, and the name in it; both are empty where it is none.

    Example:
        >>> split_location("models/mine.py:Net"), split_location("mine.py")
        (('models/mine.py', 'Net'), ('', ''))
    """
    source, _, name = location.rpartition(":")
    return (source, name) if source and name else ("", "")


def is_file(source: str) -> bool:
    """Whether a source is a file, and not a module by its dotted name."""
    return source.endswith(".py") or "/" in source or "\\" in source


def importable(module: str) -> str:
    """The name by which other programs import a module that `import_file` ran.

    Example:
        >>> importable("_minority_tuner_model_mine"), importable("keras.layers")
        ('mine', 'keras.layers')
    """
    for prefix in PREFIXES:
        module = module.removeprefix(prefix)
    return module


def import_file(path: Path, prefix: str, key: str) -> ModuleType:
    """Runs a file and returns its module, which is new each time.

    Args:
        path: The file.
        prefix: One of `PREFIXES`, which begins the module's name.
        key: Of the study, for messages.

    Raises:
        InputError: It is no Python file, or raises something; with the line.
    """
    module_name = f"{prefix}{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or not isinstance(spec.loader, SourceLoader):
        raise InputError(f"{path} is not a Python file", (key,))
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses and pickling look the module up by name
    try:
        # Not from Python's cache, which takes two versions of one second and size for the same.
        exec(spec.loader.source_to_code(path.read_bytes(), str(path)), vars(module))
    except (Exception, SystemExit) as error:
        raise InputError(f"{path.name} cannot be imported: {told(error)}", (key,)) from error
    return module


def import_module(name: str, key: str) -> ModuleType:
    """Imports a module by its dotted name, from beside the program too.

    Raises:
        InputError: There is none, or it raises something; with the line.
    """
    if "" not in sys.path:
        sys.path.insert(0, "")  # a module in the working folder, as with python -m
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise InputError(f"{name} cannot be imported: {told(error)}", (key,)) from error


def member(module: ModuleType, name: str, what: str, source: str, key: str) -> Any:
    """A callable of a module.

    Args:
        module: Where it is looked for.
        name: Its name.
        what: What it should be, for the message.
        source: What the module is called there.
        key: Of the study, for messages.

    Raises:
        InputError: There is none; names one that is spelled alike.
    """
    found = getattr(module, name, None)
    if not callable(found) and not hasattr(found, "build"):
        names = [n for n, value in vars(module).items() if callable(value) and n[0] != "_"]
        raise InputError(f"no {what} '{name}' in {source}; {did_you_mean(name, names)}", (key,))
    return found


def module_file(name: str) -> Path | None:
    """The file of a module that has been imported; None where it has none."""
    file = getattr(sys.modules.get(name), "__file__", None)
    return Path(file) if file else None


def checksum_of(path: Path) -> str:
    """Stands for the content of a file."""
    return f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"


def told_of(error: BaseException, file: Path | None) -> str:
    """What the person's code raised, in one line, with the last line of *their* file, if any.

    Libraries raise most errors, deep in their own files; what a person can change is the line of
    their own that led there.
    """
    if isinstance(error, SyntaxError):
        return told(error)
    frame, own = error.__traceback__, None
    while frame is not None:
        if file is not None and Path(frame.tb_frame.f_code.co_filename) == file:
            own = frame
        frame = frame.tb_next
    where = f" (line {own.tb_lineno} of {file})" if own else ""
    inner = str(error).rpartition(_INNER)[2].strip()
    text = reason_of(ValueError(inner), _LONGEST) if inner else "no message"
    return f"{type(error).__name__}: {text}{where}"
