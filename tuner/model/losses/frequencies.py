"""How often each class occurs, checked, and the weights that follow from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tuner.errors import InputError
from tuner.model.class_weights import effective_number

__all__ = ["checked_counts", "effective_number_weights"]


def checked_counts(counts: ArrayLike, classes: int | None = None) -> NDArray[np.float64]:
    """Rows of each class as numbers above 0, shape ``(classes,)``.

    Args:
        counts: Rows, or the summed weights of rows, of each class.
        classes: How many there must be; any number from two unless given.

    Raises:
        InputError: A class has no row, or there is not one finite number for each class.
    """
    given = np.asarray(counts, dtype=np.float64)
    fits = given.ndim == 1 and (len(given) > 1 if classes is None else len(given) == classes)
    if not fits:
        expected = "two classes or more" if classes is None else f"{classes} classes"
        raise _wrong(f"expected one count for each of {expected}, got shape {given.shape}")
    if not np.isfinite(given).all() or (given < 0).any():
        raise _wrong(f"expected finite counts above 0, got {given.tolist()}")
    if (empty := np.flatnonzero(given == 0)).size:
        raise _wrong(
            f"class {empty[0]} has 0 training rows; a loss that goes by class frequency needs one"
        )
    return given


def effective_number_weights(counts: NDArray[Any], beta: float) -> NDArray[np.float64]:
    """Weights by inverse effective number (Cui et al., 2019); their mean over the rows is 1.

    Args:
        counts: Rows of each class, shape ``(classes,)``.
        beta: 0 weighs all alike; towards 1 the weights become those of balanced classes.
    """
    weights = effective_number(beta, counts=counts)
    return weights * float(counts.sum() / (counts * weights).sum())


def _wrong(message: str) -> InputError:
    return InputError(message, ("imbalance", "loss"))
