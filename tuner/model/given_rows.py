"""Rows as a hypermodel's `fit` is given them: arrays, tensors, frames or lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.errors import InputError

__all__ = ["checked_codes", "checked_features", "checked_weights"]


def checked_features(rows: Any) -> NDArray[Any]:
    """Rows as resamplers take them, from whatever a caller holds them in.

    Args:
        rows: Shape ``(rows, columns)`` or, of images, ``(rows, …)``; images keep their type.

    Raises:
        InputError: A table holds what is no number.
    """
    given = np.asarray(rows)
    if given.ndim != 2:
        return given
    try:
        # New rows between whole numbers are none; and a frame with a column of booleans is objects.
        return given.astype(np.float32, copy=False)
    except ValueError as error:
        raise InputError(f"x must hold numbers: {error}") from None


def checked_codes(labels: Any, classes: Sequence[str]) -> NDArray[np.int64]:
    """Codes of rows, from whatever a caller holds them in.

    Args:
        labels: Shape ``(rows,)`` or ``(rows, 1)``.
        classes: Label of each code.

    Raises:
        InputError: A label is no code, or there is more than one for a row.
    """
    given = np.asarray(labels)
    expected = f"y must hold one code from 0 to {len(classes) - 1} for each row"
    if given.shape[:1] != (given.size,):
        raise InputError(f"{expected}, got shape {given.shape}")
    given = given.reshape(-1)
    unknown = given[~np.isin(given, np.arange(len(classes)))]
    if unknown.size:
        raise InputError(f"{expected}, got {unknown[0]}")
    return given.astype(np.int64)


def checked_weights(weights: Any, rows: int) -> NDArray[np.float64] | None:
    """Weights of rows, from whatever a caller holds them in; None where there are none.

    Args:
        weights: Shape ``(rows,)`` or ``(rows, 1)``.
        rows: How many there are.

    Raises:
        InputError: There is not one finite number from 0 for each row.
    """
    if weights is None:
        return None
    given = np.asarray(weights, np.float64)
    if given.size != rows:
        raise InputError(f"sample_weight is of shape {given.shape}, and there are {rows} rows")
    if not (np.isfinite(given) & (given >= 0)).all():
        raise InputError("sample_weight must hold finite numbers >= 0")
    return given.reshape(-1)
