"""The winner in use: probabilities and decisions for new rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.data.preprocessing import NetworkRows, Preprocessor, TablePreprocessor
from tuner.data.roles import checked_labels
from tuner.errors import InputError
from tuner.lazy import LazyModule
from tuner.metrics import decide
from tuner.metrics.calibration import Calibration
from tuner.metrics.groups import by_group
from tuner.prediction.rows import network_input, row_number
from tuner.training.best_weights import outputs

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = LazyModule("pandas")

__all__ = ["GroupRule", "Predictor", "Told", "UnseenCategories"]


class UnseenCategories(UserWarning):
    """Rows hold categories about which the model learned nothing of their own."""


@dataclass(frozen=True)
class GroupRule:
    """When a group of rows, such as the slices of a subject, is called minority.

    Attributes:
        places: How many of its rows must reach the threshold; None: the mean of all its rows.
        threshold: Of groups, which is not that of rows.
    """

    places: int | None
    threshold: float


@dataclass(frozen=True, eq=False)
class Told:
    """What a model says of rows.

    Attributes:
        codes: The class of each row as a place in `Predictor.classes`, shape ``(rows,)``.
        probabilities: Calibrated where the model has a calibration, shape ``(rows, classes)``.
        given: The network's own, to which thresholds belong; shape ``(rows, classes)``.
    """

    codes: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    given: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Predictor:
    """A trained network with its preprocessing and its decision rule.

    `tuner.load_model` reads one from a run folder; it can also be put together in memory.

    Attributes:
        model: Gives the probability of the minority, shape ``(rows, 1)``, or of each class, the
            minority last.
        preprocessor: Makes the network's input of rows.
        classes: Label of each code; the last is the minority.
        threshold: From which of the network's own probabilities on a row is called minority.
        calibration: Map to calibrated probabilities; None for none. Decisions are made without it.
        group: The rule for groups of rows; None where the run had no groups.

    Example:
        >>> predictor = tuner.load_model("runs/breast_cancer")  # doctest: +SKIP
        >>> predictor.predict(frame)  # doctest: +SKIP
        array(['benign', 'malignant', 'benign'], dtype='<U9')
    """

    model: keras.Model
    preprocessor: Preprocessor
    classes: tuple[str, ...]
    threshold: float
    calibration: Calibration | None = None
    group: GroupRule | None = None

    @property
    def minority(self) -> str:
        """Label of the minority class, which is the last."""
        return self.classes[-1]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns that training had, in their order; empty for pictures.

        Those that were constant then are among them, and need not be in a frame.
        """
        known = self.preprocessor
        return known.names if isinstance(known, TablePreprocessor) else ()

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one row of the network's input."""
        return tuple(self.model.input_shape[1:])

    def predict(self, rows: Any) -> NDArray[np.str_]:
        """The class that each row is called, shape ``(rows,)``.

        Args:
            rows: A pandas frame for a table; columns are found by name, and others left out. Or an
                array: ``(rows, columns)`` with all columns of training in their order, or pictures,
                ``(rows, height, width[, channels])``.

        Raises:
            InputError: A column is missing or holds something else than in training, or the shape
                or type of an array is another one.

        Warns:
            UnseenCategories: Rows hold categories that were not seen in training.
        """
        return np.asarray(self.classes)[self.told(rows).codes]

    def predict_proba(self, rows: Any) -> NDArray[np.float64]:
        """The probability of each class, in the order of `classes`; shape ``(rows, classes)``.

        Calibrated where the model has a calibration. The threshold belongs to the network's own
        probabilities, so that decisions are those of `predict`, not a comparison with these.

        Args:
            rows: As for `predict`, as are errors and warnings.
        """
        return self.told(rows).probabilities

    def predict_groups(self, rows: Any, groups: Iterable[Any]) -> pd.DataFrame:
        """What is said of groups of rows, such as subjects, by the rule of the run.

        Args:
            rows: As for `predict`, as are errors and warnings.
            groups: The group of each row, of any type.

        Returns:
            A row for each group, named by it, in sorted order: how many ``rows`` it has, the
            probability ``p_CLASS`` of each class, and the ``decision``. Probabilities are made of
            the network's own, which the group's threshold belongs to.

        Raises:
            InputError: The run had no groups, there is not one group a row, or one is missing.
        """
        if self.group is None:
            raise InputError("the run had no groups of rows, so that there is no rule for them")
        told = self.told(rows)
        given = list(groups)
        if len(given) != len(told.codes):
            raise InputError(
                f"expected one group for each of {len(told.codes)} rows, got {len(given)}"
            )
        values = np.asarray(given)
        if values.dtype.kind == "U":  # texts, among which NumPy writes NaN as 'nan'
            values = np.asarray(given, dtype=object)
        return self.groups_told(told.given, checked_labels(values, "group", len(given)))

    def groups_told(self, given: NDArray[Any], names: NDArray[np.str_]) -> pd.DataFrame:
        """The same from the network's own probabilities of rows.

        Args:
            given: Shape ``(rows, classes)``.
            names: The group of each row, shape ``(rows,)``.
        """
        assert self.group is not None
        kept, counts = np.unique(names, return_counts=True)
        nothing = np.zeros(len(names), dtype=np.int64)  # labels, of which new rows have none
        _, probabilities = by_group(nothing, given, names, self.group.places)
        called = decide(probabilities, self.group.threshold)
        told = {f"p_{name}": probabilities[:, at] for at, name in enumerate(self.classes)}
        named = {"rows": counts, **told, "decision": np.asarray(self.classes)[called]}
        return pd.DataFrame(named, index=pd.Index(kept, name="group"))

    def told(self, rows: Any) -> Told:
        """Decisions and probabilities of rows at once; see `predict`."""
        x, unseen = network_input(rows, self.preprocessor, self.input_shape)
        for one in unseen:
            warnings.warn(str(one), UnseenCategories, stacklevel=3)
        return self.told_of(x)

    def told_of(self, x: NetworkRows, row_name: Any = row_number) -> Told:
        """The same of rows that have been preprocessed.

        Args:
            x: The network's input.
            row_name: What a row is called in messages, by its place.

        Raises:
            InputError: A prediction is not finite.
        """
        given = outputs(self.model, x)
        odd = ~np.isfinite(given).all(axis=1)
        if odd.any():
            raise InputError(
                f"the prediction of {row_name(int(np.argmax(odd)))} is not finite: it holds values "
                "far beyond those of training; correct it, or leave it out"
            )
        if given.shape[1] == 1:  # of two classes, the minority's alone
            given = np.hstack([1 - given, given])
        codes = decide(given, self.threshold)
        own = given.astype(np.float64)
        return Told(codes, own if self.calibration is None else self.calibration.apply(given), own)
