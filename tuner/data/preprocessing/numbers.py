"""Number columns of a table: filled, scaled, and marked where they were missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import missing_values
from tuner.data.preprocessing.scaling import Scaling, centre_and_scale
from tuner.errors import InputError

__all__ = ["Impute", "Number"]

Impute = Literal["none", "median", "mean"]


@dataclass(frozen=True)
class Number:
    """One number column; it becomes one column, or two where values were missing in training.

    Attributes:
        name: The column's name.
        fill: What stands for a missing value; None where missing values are refused.
        indicator: Whether a second column says which values were missing.
        centre: Subtracted from every value.
        scale: What the difference is divided by.
    """

    name: str
    fill: float | None
    indicator: bool
    centre: float
    scale: float

    @classmethod
    def fit(
        cls, name: str, values: NDArray[Any], impute: Impute, scaling: Scaling
    ) -> Number | None:
        """Learns from training values; None where they are all equal or all missing.

        Raises:
            InputError: Values are missing and nothing is to stand for them.
        """
        missing = missing_values(values)
        known = values[~missing]
        if not len(known):
            return None
        fill = None
        if impute != "none":
            fill = float(np.median(known) if impute == "median" else known.mean(dtype=np.float64))
        indicator = bool(missing.any())
        if indicator and fill is None:
            raise InputError(f"column '{name}' has missing values; set preprocessing.impute")
        if not indicator and not (known != known[0]).any():
            return None
        filled = values if fill is None else np.where(missing, fill, values)
        return cls(name, fill, indicator, *centre_and_scale(filled, scaling))

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the columns that it becomes."""
        return (self.name, *[f"{self.name} is missing"] * self.indicator)

    def transform(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Columns of the network's input, shape ``(rows, 1 or 2)``.

        Raises:
            ValueError: A value is missing and nothing was learned that stands for it.
        """
        numbers = values.astype(np.float64)
        missing = np.isnan(numbers)
        if missing.any():
            if self.fill is None:
                raise ValueError(f"column '{self.name}' has missing values; training allowed none")
            numbers[missing] = self.fill
        scaled = (numbers - self.centre) / self.scale
        return np.column_stack([scaled, missing]) if self.indicator else scaled[:, None]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "kind": "number",
            "name": self.name,
            "fill": self.fill,
            "indicator": self.indicator,
            "centre": self.centre,
            "scale": self.scale,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Number:
        """Reads what `to_json` wrote."""
        return cls(**{key: value for key, value in content.items() if key != "kind"})
