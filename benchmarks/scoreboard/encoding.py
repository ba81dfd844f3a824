"""What the networks are shown of a number beside its scaled value.

Both are monotone in the number, so that a network bends along a feature as easily as trees cut it.
The package has neither yet; here they come before its networks, fitted on the rows of a fold that
are learned from.

- *Steps*: how far a value has come in each of eight intervals with equally many rows (piecewise
  linear encoding; Gorishniy et al., 2022, "On Embeddings for Numerical Features in Tabular Deep
  Learning").
- *Ranks*: the normal quantile of its place among the rows that are learned from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import QuantileTransformer

__all__ = ["ENCODINGS", "Encode"]

Numbers = NDArray[np.float64]
Encode = Callable[[Numbers], Numbers]

_INTERVALS = 8
_FAR = 6.0
_RANKS, _FAR_RANK = 200, 3.0


def plain(learned: Numbers) -> Encode:
    """Scaled values."""
    centre, scale = learned.mean(axis=0), learned.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    return lambda rows: np.clip((rows - centre) / scale, -_FAR, _FAR)


def steps(learned: Numbers) -> Encode:
    """A column for each interval, from -1/2 before to 1/2 behind it; 0 where it has no width.

    There are always as many columns, so that the networks of all folds share a compilation.
    """
    edges = np.quantile(learned, np.linspace(0, 1, _INTERVALS + 1), axis=0)
    low, width = edges[:-1], np.diff(edges, axis=0)
    some = width > 0

    def encode(rows: Numbers) -> Numbers:
        share = (rows[:, None, :] - low) / np.where(some, width, 1.0)
        return np.where(some, share.clip(0, 1) - 0.5, 0.0).reshape(len(rows), -1)

    return encode


def ranks(learned: Numbers) -> Encode:
    """Normal quantiles."""
    transform = QuantileTransformer(
        n_quantiles=min(len(learned), _RANKS), output_distribution="normal", subsample=None
    ).fit(learned)
    return lambda rows: np.clip(transform.transform(rows), -_FAR_RANK, _FAR_RANK)


def _beside(*encodings: Callable[[Numbers], Encode]) -> Callable[[Numbers], Encode]:
    def fit(learned: Numbers) -> Encode:
        fitted = [encoding(learned) for encoding in encodings]
        return lambda rows: np.hstack([encode(rows) for encode in fitted])

    return fit


ENCODINGS: Mapping[str, Callable[[Numbers], Encode]] = {
    "plain": plain,
    "steps": _beside(plain, steps),
    "ranks": _beside(plain, ranks),
}
"""From the rows that are learned from to what a network is shown of any rows."""
