"""Mixed pictures: each picture of an epoch with another one, and the share that its label has left.

Mixup (Zhang et al., 2018) blends two pictures, cutmix (Yun et al., 2019) puts a box of one into the
other. What is drawn follows from the seed and the epoch alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tuner.data.augmentation import Augmentation, stream
from tuner.lazy import LazyModule

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = ["Mixing", "draw_mixing"]


class Mixing(NamedTuple):
    """What each row of an epoch is mixed with, as arrays or tensors along the order of the epoch.

    One form serves both kinds: mixup blends in a box that is the whole picture, and cutmix keeps
    nothing of what is in its box.

    Attributes:
        partners: Places of the other rows in the order; every row is the other one of one row where
            one kind is on, of one on average where both are.
        shares: What is left of the own picture, and of its label.
        kept: What is left of the own pixels in the box.
        boxes: First row and row after the last, first column and column after the last; int32,
            shape ``(rows, 4)``.
    """

    partners: Any
    shares: Any
    kept: Any
    boxes: Any

    def at(self, places: Any) -> Mixing:
        """That of some places."""
        return Mixing(*(part[places] for part in self))

    def pictures(self, own: Any, other: Any) -> Any:
        """Mixed pictures, shaped like both: ``(rows, height, width[, channels])``."""
        ops = keras.ops
        part = ops.cast(self._inside(*own.shape[1:3]), own.dtype)
        part = part * (1.0 - self.kept)[:, None, None]
        part = ops.reshape(part, (*part.shape, *[1] * (len(own.shape) - 3)))
        return own * (1.0 - part) + other * part

    def _inside(self, height: int, width: int) -> Any:
        """Whether each pixel is in the box, shape ``(rows, height, width)``."""
        top, bottom, left, right = (self.boxes[:, at, None] for at in range(4))
        down, across = np.arange(height, dtype=np.int32), np.arange(width, dtype=np.int32)
        rows, columns = (down >= top) & (down < bottom), (across >= left) & (across < right)
        return rows[:, :, None] & columns[:, None, :]

    def weights(self, own: Any, other: Any) -> Any:
        """The weights of both labels of each row, from those of the rows, shape ``(rows, 2)``."""
        return keras.ops.stack([self.shares * own, (1.0 - self.shares) * other], axis=-1)


def draw_mixing(
    augmentation: Augmentation | None, rows: int, shape: tuple[int, ...], *, seed: int, epoch: int
) -> Mixing | None:
    """What the rows of an epoch are mixed with; None where they are not.

    The share is drawn for each row from Beta(alpha, alpha). Of cutmix it is that of the box's area,
    whose middle is anywhere in the picture; what lies outside of it is cut off, and the share is
    what the box then leaves. Where both kinds are on, each row takes one of them by a fair draw.

    Args:
        augmentation: Holds both alphas.
        rows: How many an epoch has.
        shape: Height and width of the pictures, and more.
        seed: Decides what is drawn.
        epoch: Number of the epoch, from 0.

    Example:
        >>> drawn = draw_mixing(Augmentation(mixup=0.4), 3, (2, 2), seed=0, epoch=0)
        >>> drawn.partners, drawn.shares.round(2)
        (array([1, 0, 2]), array([0.  , 0.01, 0.11], dtype=float32))
    """
    if augmentation is None or not augmentation.mixes:
        return None
    kinds = {"mixup": _mixup, "cutmix": _cutmix}
    drawn = [
        draw(stream(seed, epoch, kind), getattr(augmentation, kind), rows, shape[:2])
        for kind, draw in kinds.items()
        if getattr(augmentation, kind)
    ]
    if len(drawn) == 1:
        return drawn[0]
    first = stream(seed, epoch, *kinds).random(rows) < 0.5
    return Mixing(*(_chosen(first, *parts) for parts in zip(*drawn, strict=True)))


def _mixup(rng: np.random.Generator, alpha: float, rows: int, size: tuple[int, ...]) -> Mixing:
    partners, shares = rng.permutation(rows), rng.beta(alpha, alpha, rows).astype(np.float32)
    whole = np.array([0, size[0], 0, size[1]], np.int32)
    return Mixing(partners, shares, shares, np.tile(whole, (rows, 1)))


def _cutmix(rng: np.random.Generator, alpha: float, rows: int, size: tuple[int, ...]) -> Mixing:
    partners, wanted = rng.permutation(rows), rng.beta(alpha, alpha, rows)
    ends = []
    for side in size:
        # As in the paper's own code: sides are cut to whole pixels, and then halved.
        half = (side * np.sqrt(1.0 - wanted)).astype(np.int32) // 2
        middle = rng.integers(0, side, rows)
        ends += [np.clip(middle - half, 0, side), np.clip(middle + half, 0, side)]
    boxes = np.stack(ends, axis=1).astype(np.int32)
    area = (boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2])
    shares = (1.0 - area / (size[0] * size[1])).astype(np.float32)
    return Mixing(partners, shares, np.zeros(rows, np.float32), boxes)


def _chosen(first: NDArray[np.bool_], one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    return np.where(first if one.ndim == 1 else first[:, None], one, other)
