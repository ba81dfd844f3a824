"""How many rows a network takes at once, where each row takes much memory on its way through."""

from __future__ import annotations

import math
from collections.abc import Iterator

import keras

__all__ = ["rows_differentiated", "rows_predicted"]

_ROWS = 8192
"""Rows at once where memory sets no limit."""

_ONE = 128 * 2**20
"""Bytes of the largest output of a layer."""

_ALL = 2**30
"""Bytes of all outputs together, which a gradient needs, and their gradients."""

_NUMBER = 4


def rows_predicted(model: keras.Model) -> int:
    """So many rows that the output of no layer takes more than an eighth of a gigabyte.

    Args:
        model: Functional; models inside it are looked into.

    Example:
        >>> rows_predicted(keras.Sequential([keras.Input((30,)), keras.layers.Dense(64)]))
        8192
    """
    return _bounded(_ONE // (_NUMBER * max(_sizes(model), default=1)), _ROWS)


def rows_differentiated(model: keras.Model, most: int) -> int:
    """So many rows that the outputs of all layers and their gradients take a gigabyte at most.

    Args:
        model: Functional; models inside it are looked into.
        most: Where memory sets no limit.
    """
    return _bounded(_ALL // (2 * _NUMBER * max(sum(_sizes(model)), 1)), most)


def _bounded(rows: int, most: int) -> int:
    return max(1, min(rows, most))


def _sizes(model: keras.Model) -> Iterator[int]:
    """How many numbers each layer makes of a row."""
    for operation in getattr(model, "operations", model.layers):
        if isinstance(operation, keras.Model):
            yield from _sizes(operation)
        else:
            # One layer may stand in several places of a network.
            for node in operation._inbound_nodes:
                for output in node.output_tensors:
                    yield math.prod(size or 1 for size in output.shape[1:])
