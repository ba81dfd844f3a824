"""Rows in the memory of the device, from where a compiled epoch takes them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tuner.data.preprocessing import ImageScaler, NetworkRows, PixelRows
from tuner.training.fused.padding import filled, padded_length

__all__ = ["Placed", "in_parts", "placed", "placed_length"]

_LEAST = 128


class Placed(NamedTuple):
    """Rows as they lie in memory, and what makes numbers of them.

    Attributes:
        values: float32 numbers, or pixels of whole numbers; the rows are along the first axis.
        scaling: What pixels are standardised by: the whole part of the centre, the rest of it, and
            the scale. Numbers are what they are.
    """

    values: Any
    scaling: Any

    @property
    def kind(self) -> tuple[Any, ...]:
        """Shape and type, which a compiled function is made for."""
        return (*self.values.shape, self.values.dtype.name)

    def numbers(self, values: Any) -> Any:
        """Some of the values as the network takes them, float32."""
        import tensorflow as tf

        if values.dtype == tf.float32:
            return values
        # Of whole numbers the first difference is exact, however far from 0 the centre is.
        whole, rest, scale = tf.unstack(self.scaling)
        return (tf.cast(values, tf.float32) - whole - rest) / scale


def placed_length(rows: int) -> int:
    """The length that so many rows are filled up to."""
    return padded_length(rows, least=_LEAST)


def placed(rows: NetworkRows, length: int) -> Placed:
    """The rows, filled up to a length with rows that nobody asks for."""
    return _placed(_filled(rows, length), rows)


def in_parts(rows: NetworkRows, most: int) -> Placed:
    """The rows in parts of one length, values of shape ``(parts, rows, …)``.

    Args:
        rows: All of them.
        most: Rows of a part at most.
    """
    length = padded_length(len(rows), least=min(_LEAST, most))
    parts = -(-length // most)
    whole = _filled(rows, -(-length // parts) * parts)
    return _placed(whole.reshape(parts, -1, *rows.shape[1:]), rows)


def _filled(rows: NetworkRows, length: int) -> NDArray[Any]:
    if isinstance(rows, PixelRows):
        return rows.filled(length)
    return rows if len(rows) == length else filled(rows, length)


def _placed(values: NDArray[Any], rows: NetworkRows) -> Placed:
    import tensorflow as tf

    scaler = rows.scaler if isinstance(rows, PixelRows) else ImageScaler(0.0, 1.0)
    whole = np.floor(scaler.centre)
    scaling = np.array([whole, scaler.centre - whole, scaler.scale], np.float32)
    return Placed(tf.constant(values), tf.constant(scaling))
