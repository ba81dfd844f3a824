"""The person's class, instance or function, as it was when the study was read."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import keras
import keras_tuner

from tuner.errors import InputError, did_you_mean
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.model.own.errors import OwnModelError
from tuner.own_code import (
    MODEL,
    checksum_of,
    import_file,
    import_module,
    is_file,
    member,
    module_file,
    split_location,
    told_of,
)
from tuner.study import ImbalanceSection, TrainingSection
from tuner.study.python_section import PythonSection

__all__ = ["Code", "Surroundings", "load_code"]

_KEY = "python"


@dataclass(frozen=True)
class Surroundings:
    """What a network is built for; the person's code gets what it asks for by name.

    Attributes:
        input_shape: Of one preprocessed row.
        classes: Label of each code; the minority is the last.
        imbalance: Of the study.
        training: Of the study.
    """

    input_shape: tuple[int, ...]
    classes: tuple[str, ...]
    imbalance: ImbalanceSection
    training: TrainingSection

    @property
    def plain(self) -> dict[str, Any]:
        """What any code may ask for: ``input_shape``, ``classes`` (how many), ``minority``."""
        count = len(self.classes)
        return {"input_shape": self.input_shape, "classes": count, "minority": count - 1}

    @property
    def sections(self) -> dict[str, Any]:
        """The same for an `ImbalancedHyperModel`, which takes labels and sections."""
        own = {"classes": self.classes, "imbalance": self.imbalance, "training": self.training}
        return {**self.plain, **own}


@dataclass(frozen=True)
class Code:
    """The person's code, imported.

    Attributes:
        location: As the study names it.
        named: A class, an instance or a function.
        arguments: Keyword arguments of the class or function.
        file: Where it stands; None where its module has no file.
        checksum: Of that file.
    """

    location: str
    named: Any
    arguments: Mapping[str, Any]
    file: Path | None
    checksum: str

    @property
    def title(self) -> str:
        """The location without folders."""
        return Path(self.location).name

    def hypermodel(self, around: Surroundings) -> keras_tuner.HyperModel:
        """A new hypermodel, or the person's instance.

        Raises:
            OwnModelError: The class or the function refuses its arguments, or fails.
        """
        if inspect.isclass(self.named) or hasattr(self.named, "build"):
            given = (
                self._instance(self.named, around) if inspect.isclass(self.named) else self.named
            )
            if isinstance(given, ImbalancedHyperModel):
                self._check_classes(given, len(around.classes))
                # Its own are not those that the study searches.
                given.imbalance, given.training = around.imbalance, around.training
            return given
        passed = {**_asked(self.named, around.plain), **self.arguments}
        self._check_call(self.named, passed, None)
        return _Function(self.named, passed)

    def _instance(self, made: type[Any], around: Surroundings) -> Any:
        imbalanced = issubclass(made, ImbalancedHyperModel)
        offered = around.sections if imbalanced else around.plain
        passed = {**_asked(made, offered), **self.arguments}
        self._check_call(made, passed)
        try:
            return made(**passed)
        except Exception as error:
            raise OwnModelError(f"{self.title} cannot be made: {self.told(error)}") from error

    def _check_classes(self, given: ImbalancedHyperModel, count: int) -> None:
        """An instance may have been made for other classes, and would answer to another rarity."""
        if (len(given.classes), given.minority) != (count, count - 1):
            raise OwnModelError(
                f"{self.title} is made for {len(given.classes)} classes and minority"
                f" {given.minority}, and the study has {count}, of which the last, {count - 1}, is"
                " the minority; let its __init__ take classes and minority, and hand them on"
            )

    def _check_call(self, function: Any, passed: Mapping[str, Any], *first: Any) -> None:
        signature = inspect.signature(function)
        try:
            self._check_names(signature)
            signature.bind(*first, **passed)
        except TypeError as error:
            raise OwnModelError(f"{self.title} cannot be called: {error}") from None

    def _check_names(self, signature: inspect.Signature) -> None:
        """A name that is spelled wrong is told before the one that is missing for it."""
        taken = signature.parameters
        if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in taken.values()):
            return
        for name in sorted(set(self.arguments) - set(taken)):
            near = did_you_mean(name, taken)
            raise TypeError(f"got an unexpected keyword argument '{name}'; {near}")

    def told(self, error: BaseException) -> str:
        """What the code raised, in one line, with the last line of its file."""
        return told_of(error, self.file)


class _Function(keras_tuner.HyperModel):  # type: ignore[misc]
    """A function ``build(hp)`` as a hypermodel."""

    def __init__(self, function: Any, passed: Mapping[str, Any]) -> None:
        super().__init__()
        self._function, self._passed = function, passed

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Calls the function."""
        return self._function(hp, **self._passed)


def load_code(section: PythonSection) -> Code:
    """Imports what the section names; again where another file, or other content, came between.

    Raises:
        InputError: There is no such thing, it cannot be imported, it is no hypermodel, or its file
            has changed since the study was read.
    """
    source, name = split_location(section.python)
    file = Path(source) if is_file(source) else None
    if file is None:
        module = import_module(source, _KEY)
        file = module_file(source)
    elif not file.is_file():
        raise InputError(f"no such file: {file}", (_KEY,))
    checksum = checksum_of(file) if file else ""
    if section.declared is not None and section.declared.checksum != checksum:
        raise InputError(
            f"{file} has changed since this run began; undo the change, or run the study again",
            (_KEY,),
        )
    if is_file(source):
        module = _imported(Path(source), checksum)
    named = member(module, name, "hypermodel or function", Path(source).name, _KEY)
    _check_kind(named, section)
    return Code(section.python, named, dict(section.arguments), file, checksum)


@lru_cache(maxsize=1)  # Keras knows the registered classes of the last file that ran, no others
def _imported(path: Path, checksum: str) -> Any:
    return import_file(path, MODEL, _KEY)


def _check_kind(named: Any, section: PythonSection) -> None:
    title = Path(section.python).name
    if inspect.isclass(named) and not hasattr(named, "build"):
        message = f"{title} is a class without build(hp); expected a keras_tuner.HyperModel"
        raise InputError(message, (_KEY,))
    if section.arguments and not callable(named):
        raise InputError(f"{title} is an instance and takes no arguments", ("arguments",))


def _asked(function: Any, offered: Mapping[str, Any]) -> dict[str, Any]:
    """What a class or function names of what is offered."""
    wanted = inspect.signature(function).parameters
    return {name: value for name, value in offered.items() if name in wanted}
