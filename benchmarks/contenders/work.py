"""The work that all contenders do, so that nobody does more or less than the others.

A contender is a program: ``python CONTENDER.py WORK TRIALS``, where WORK is the name of one below.
The rows lie in ``WORK.npz`` in the working folder: ``x``; ``y``, where 1 is rare; ``part``.
It prints one line of JSON at its end: the trials that it finished, the seconds from the beginning
of the first to the end of the last, and its best average precision.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import numpy as np

ACTIVATIONS = ("relu", "leaky_relu", "prelu", "elu", "swish")


@dataclass(frozen=True)
class Work:
    """One kind of search.

    Attributes:
        layers: Numbers of dense hidden layers to choose from.
        units: Units of each, to choose from.
        batch: Rows in a gradient step.
        epochs: Passes over the training rows; nothing stops early.
        shape: Shape of a row; images have height, width and channels.
        rows: How many there are; seven tenths are trained on.
        blocks: Of images, blocks before the dense layers, each a convolution, its activation and
            max pooling 2 × 2; the mean over all places follows.
        filters: Channels of the first block; each further one has twice as many.
        kernel: Side of the kernels; pictures are filled up with zeros.
    """

    layers: tuple[int, ...]
    units: tuple[int, ...]
    batch: int
    epochs: int = 20
    shape: tuple[int, ...] = (6,)
    rows: int = 11_000
    blocks: int = 0
    filters: int = 16
    kernel: int = 3

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of each block."""
        return tuple(self.filters * 2**block for block in range(self.blocks))


WORKS = {
    "table256": Work((3,), (64,), 256),
    "table32": Work((3,), (64,), 32),
    "varied": Work((2, 3, 4, 5), (32, 64, 96, 128), 256, shape=(30,), rows=10_000),
    "images": Work((1,), (32,), 64, epochs=5, shape=(28, 28, 1), rows=3_000, blocks=2),
}


def rows(work):
    """Features and labels of the training rows and of the validation rows."""
    with np.load(f"{work}.npz") as file:
        x, y, part = file["x"].astype(np.float32), file["y"], file["part"]
    train, validation = part == "train", part == "validation"
    return (x[train], y[train]), (x[validation], y[validation])


class Search:
    """Says what was done.

    Example:
        >>> search = Search()  # right before the first trial
        >>> search.finished(12, 0.75)
        {"trials": 12, "searching": 0.1, "best": 0.75}
    """

    def __init__(self):
        self._began = time.perf_counter()

    def finished(self, trials, best):
        """Prints it, right after the last trial."""
        seconds = time.perf_counter() - self._began
        print(json.dumps({"trials": trials, "searching": seconds, "best": float(best)}))
