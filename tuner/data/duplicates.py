"""Equal rows, and which rows may never be divided from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from tuner.data.findings import Finding, counted, shortened
from tuner.lazy import LazyModule

if TYPE_CHECKING:
    from scipy import sparse
    from scipy.sparse import csgraph
else:
    sparse = LazyModule("scipy.sparse")
    csgraph = LazyModule("scipy.sparse.csgraph")

__all__ = ["Duplicates", "duplicate_findings", "equal_rows", "join"]

Duplicates = Literal["together", "drop", "separate"]

_BYTES = 1 << 24
"""Size of the pieces that rows are hashed in."""


def equal_rows(features: NDArray[Any]) -> NDArray[np.int64]:
    """The same number for rows with equal values, shape ``(rows,)``; missing values are equal.

    Rows are compared by a hash of 128 bits, so that memory stays small: among a billion rows, two
    different ones share it with a probability below 1e-20.

    Example:
        >>> equal_rows(np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]])).tolist()
        [0, 1, 0]
    """
    keys = np.empty(len(features), dtype=[("a", np.uint64), ("b", np.uint64)])
    width = max(1, features[:1].nbytes)
    step = max(1, _BYTES // width)
    for at in range(0, len(features), step):
        words = _words(features[at : at + step])
        piece = keys[at : at + step]
        for name, seed in (("a", 1), ("b", 2)):
            salt = np.random.default_rng(seed).integers(0, 2**63, words.shape[1], dtype=np.uint64)
            piece[name] = _mixed(words + salt).sum(axis=1, dtype=np.uint64)
    order = np.argsort(keys, order=("a", "b"), kind="stable")
    ordered = keys[order]
    new = np.r_[True, ordered[1:] != ordered[:-1]]
    first = order[new]
    # Numbers follow the order of first occurrence, whatever the hashes are.
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    codes = np.empty(len(features), dtype=np.int64)
    codes[order] = rank[np.cumsum(new) - 1]
    return codes


def _words(rows: NDArray[Any]) -> NDArray[np.uint64]:
    """The bytes of rows as words of 64 bits; equal values have equal bytes."""
    flat = np.ascontiguousarray(rows).reshape(len(rows), -1)
    if flat.dtype.kind == "f":
        flat = flat + 0.0  # -0.0 becomes 0.0
        flat[np.isnan(flat)] = np.nan
    octets = flat.view(np.uint8)
    padding = -octets.shape[1] % 8
    if padding:
        octets = np.pad(octets, ((0, 0), (0, padding)))
    words: NDArray[np.uint64] = np.ascontiguousarray(octets).view(np.uint64)
    return words


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spreads every bit over the word (the finaliser of splitmix64, Steele et al., 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def join(groups: NDArray[Any] | None, equal: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
    """The units that rows can be divided into; None where every row is one.

    Two rows are in one unit when they share a group, when they are equal, or when a chain of such
    rows leads from one to the other.

    Args:
        groups: Group of each row, or None.
        equal: What `equal_rows` says, or None where equal rows may be divided.

    Example:
        >>> join(np.array(["p", "p", "q", "r"]), np.array([0, 1, 1, 2])).tolist()
        [0, 0, 0, 1]
    """
    of_group = None if groups is None else np.unique(groups, return_inverse=True)[1]
    if equal is None or equal.max(initial=-1) + 1 == len(equal):
        return of_group
    if of_group is None:
        return equal
    size = int(of_group.max() + 1 + equal.max() + 1)
    edges = sparse.coo_array(
        (np.ones(len(equal), dtype=np.int8), (of_group, of_group.max() + 1 + equal)), (size, size)
    )
    component = csgraph.connected_components(edges, directed=False)[1]
    return np.unique(component[of_group], return_inverse=True)[1]


def duplicate_findings(
    equal: NDArray[np.int64],
    codes: NDArray[np.int64],
    classes: tuple[str, ...],
    parts: NDArray[np.str_] | None,
    duplicates: Duplicates,
    first_row: int = 0,
) -> list[Finding]:
    """What is told of equal rows.

    Args:
        equal: What `equal_rows` says.
        codes: Class code of each row.
        classes: Name of each code.
        parts: Part of the official split of each row, or None.
        duplicates: What is done with equal rows.
        first_row: Number of the first row as people count.
    """
    sizes = np.bincount(equal)
    extra = int((sizes - 1).sum())
    if not extra:
        return []
    what = {
        "together": "they stay in one part of every split that is drawn",
        "drop": "they are dropped where the label is the same",
        "separate": "they are divided like other rows, as the study says",
    }[duplicates]
    message = (
        f"{counted(extra, 'row')} repeat{'s' * (extra == 1)} the features of an earlier row "
        f"({counted(int((sizes > 1).sum()), 'set')} of equal rows); {what}"
    )
    if duplicates == "together" and extra > len(equal) / 2:
        message += "; if equal rows are different observations, set data.duplicates: separate"
    found = [Finding("warning", "duplicates", message, ("data", "duplicates"))]
    if parts is not None and duplicates != "drop":
        divided = len(_differing(equal, np.unique(parts, return_inverse=True)[1]))
        if divided:
            found.append(
                Finding(
                    "warning",
                    "duplicates-across-parts",
                    f"{counted(divided, 'set')} of equal rows in more than one part of the "
                    "official split; scores on rows that were trained on say nothing of new ones",
                    ("data", "official_split"),
                )
            )
    conflicting = _differing(equal, codes)
    if len(conflicting):
        rows = np.flatnonzero(equal == conflicting[0])
        shown = shortened(dict.fromkeys(classes[code] for code in codes[rows]))
        first = shortened((rows + first_row).tolist())
        found.append(
            Finding(
                "warning",
                "conflicting-labels",
                f"{counted(len(conflicting), 'set')} of equal rows with different labels; the "
                f"first is rows {first} of classes {shown}",
            )
        )
    return found


def _differing(equal: NDArray[np.int64], codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sets of equal rows whose codes are not all the same."""
    low = np.full(int(equal.max()) + 1, codes.max() + 1)
    high = np.full(len(low), -1)
    np.minimum.at(low, equal, codes)
    np.maximum.at(high, equal, codes)
    return np.flatnonzero(low != high)
