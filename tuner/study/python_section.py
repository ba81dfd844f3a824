"""The ``model`` section of a study whose network is Python code of the person's own.

    model:
      python: my_model.py:MyHyperModel
      arguments: {depth: 3}

Which hyperparameters the code declares is known once it has been built for the study's data (see
`tuner.model.own`), and is kept here then, so that all that goes by the places of a study finds
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, PrivateAttr, field_validator

from tuner.own_code import is_file, split_location
from tuner.spaces import Space, Value
from tuner.study.model_base import ModelSection

if TYPE_CHECKING:
    from tuner.errors import Path as KeyPath
    from tuner.study.sections import TrainingSection

__all__ = ["PYTHON", "Declared", "OwnPlace", "PythonSection"]

PYTHON: Literal["python"] = "python"
"""The family of such networks."""


@dataclass(frozen=True)
class OwnPlace:
    """A hyperparameter that the person's code declares.

    Attributes:
        name: Its name in the study, such as ``model.units``.
        own: Its name in the code, such as ``units``.
        space: What it may hold.
        parent: Name in the study of the place that it hangs on; empty where it always exists.
        values: Those of the parent with which it exists.
    """

    name: str
    own: str
    space: Space
    parent: str = ""
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Declared:
    """What is known of the person's code after it has been built.

    Attributes:
        places: Its hyperparameters, parents first.
        checksum: Of the file.
        loss: Whose loss trains the network: that of the ``study``, which the code left to it;
            ``crossentropy``, with which the code compiles; or its ``own``, which is another.
        fits: Whether the code trains the network itself.
        shares_known: Whether it is known to which class shares probabilities belong; not so with a
            loss, a fit or a training step of the code's own, which may use weights as it likes.
    """

    places: tuple[OwnPlace, ...]
    checksum: str
    loss: Literal["study", "crossentropy", "own"] = "study"
    fits: bool = False
    shares_known: bool = True


class PythonSection(ModelSection):
    """A `keras_tuner.HyperModel` or a function ``build(hp)`` of your own."""

    family: Literal["python"] = PYTHON
    python: str = Field(
        min_length=1,
        description="`file.py:Name` or `package.module:Name` of a Keras Tuner hypermodel (a class"
        " or an instance) or of a function `build(hp)`.",
    )
    arguments: dict[str, Any] = Field({}, description="Keyword arguments of the class or function.")

    _declared: Declared | None = PrivateAttr(default=None)

    @field_validator("python")
    @classmethod
    def _has_two_parts(cls, location: str) -> str:
        if not all(split_location(location)):
            raise ValueError("expected file.py:Name or package.module:Name")
        return location

    @property
    def declared(self) -> Declared | None:
        """What the code declares; None until it has been built for the study's data."""
        return self._declared

    @property
    def places(self) -> tuple[OwnPlace, ...]:
        """The hyperparameters of the code.

        Raises:
            ValueError: It has not been built yet.
        """
        if self._declared is None:
            raise ValueError(f"what {self.python} declares is known after inspect_study")
        return self._declared.places

    @property
    def spaces(self) -> Mapping[KeyPath, Space]:
        """The spaces of the code's hyperparameters; none until it has been built."""
        known = self._declared.places if self._declared else ()
        return {tuple(one.name.split(".", 1)[1:]): one.space for one in known}

    def beside(self, folder: Path) -> PythonSection:
        """The same with the whole path of its file, so that any process finds it."""
        source, name = split_location(self.python)
        if not is_file(source):
            return self
        return self.model_copy(update={"python": f"{(folder / source).absolute()}:{name}"})

    def declaring(self, declared: Declared) -> PythonSection:
        """The same, with what its code declares."""
        copy = self.model_copy()
        copy._declared = declared
        return copy

    def absent(self, training: TrainingSection) -> frozenset[str]:
        """The places of other sections that such a network does not have."""
        if self._declared is None or self._declared.loss == "study":
            return frozenset()
        compiled = {"imbalance.loss", "training.optimizer", "training.learning_rate"}
        batches = self._declared.fits and "batch_size" not in training.model_fields_set
        return frozenset(compiled | ({"training.batch_size"} if batches else set()))
