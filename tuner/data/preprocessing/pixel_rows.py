"""Rows as a network takes them: standardised numbers, or pixels that become these when used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import Dataset
from tuner.data.preprocessing.fit import Preprocessor
from tuner.data.preprocessing.images import ImageScaler

__all__ = ["NetworkRows", "PixelRows", "are_pixels", "network_rows"]


@dataclass(frozen=True, eq=False)
class PixelRows:
    """Pictures of whole numbers that stay as they are until they are used.

    A pixel of one byte takes four as float32, and a fold's rows lie in memory more than once. So
    rows are places in the pictures of the data set, which workers share: taking rows of them copies
    no picture, and ``np.asarray`` gives what `ImageScaler.transform` does.

    Attributes:
        pictures: uint8 or uint16, shape ``(pictures, height, width[, channels])``.
        places: Which picture each row is; one may come several times. Shape ``(rows,)``.
        scaler: Standardises them.

    Example:
        >>> pictures = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
        >>> rows = PixelRows(pictures, np.array([0, 2, 2]), ImageScaler(5.5, 2.0))
        >>> rows[1:].shape, np.asarray(rows[[2]]).ravel()
        ((2, 2, 2), array([1.25, 1.75, 2.25, 2.75], dtype=float32))
    """

    pictures: NDArray[Any]
    places: NDArray[np.int64]
    scaler: ImageScaler

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array of the rows."""
        return (len(self.places), *self.pictures.shape[1:])

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, rows: Any) -> PixelRows:
        """The rows that an array of numbers, a mask or a slice tells."""
        return PixelRows(self.pictures, self.places[rows], self.scaler)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        standardised = self.scaler.transform(self.pictures[self.places])
        return standardised if dtype is None else standardised.astype(dtype, copy=False)

    def filled(self, length: int) -> NDArray[Any]:
        """The pixels of the rows, and so many more of 0 that there are `length` rows."""
        whole = np.zeros((length, *self.shape[1:]), self.pictures.dtype)
        # With another mode, NumPy would make the result elsewhere and copy it.
        self.pictures.take(self.places, axis=0, out=whole[: len(self)], mode="clip")
        return whole


NetworkRows: TypeAlias = NDArray[Any] | PixelRows
"""float32 numbers, or `PixelRows`; ``np.asarray`` gives the numbers of either."""


def are_pixels(features: NDArray[Any]) -> bool:
    """Whether rows are pictures of whole numbers that take less memory than float32 does."""
    return features.ndim > 2 and features.dtype in (np.uint8, np.uint16)


def network_rows(
    dataset: Dataset, rows: NDArray[np.int64], preprocessor: Preprocessor
) -> NetworkRows:
    """The given rows of a data set, preprocessed; shape ``(rows, …)``."""
    if isinstance(preprocessor, ImageScaler) and are_pixels(dataset.features):
        return PixelRows(dataset.features, rows, preprocessor)
    return preprocessor.transform(dataset.features[rows], dataset.columns)
