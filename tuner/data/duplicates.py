"""Equal rows, and which rows may never be divided from each other."""

from __future__ import annotations

from collections.abc import Sequence
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

__all__ = ["Duplicates", "duplicate_findings", "equal_rows", "join", "without_repeats"]

Duplicates = Literal["together", "drop", "separate"]

_BYTES = 1 << 20
"""Size of the pieces that rows are hashed in: a processor's cache holds one."""


def equal_rows(features: NDArray[Any]) -> NDArray[np.int64]:
    """The same number for rows with equal values, shape ``(rows,)``; missing values are equal.

    Rows are compared by a hash of 128 bits, so that memory stays small: among a billion rows, two
    different ones share it with a probability below 1e-20.

    Example:
        >>> equal_rows(np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]])).tolist()
        [0, 1, 0]
    """
    first, second = _keys(features)
    if not (np.diff(np.sort(first)) == 0).any():  # the usual case, and soon known
        return np.arange(len(features))
    return _by_first(first, second)


def _by_first(*keys: NDArray[Any]) -> NDArray[np.int64]:
    """Numbers in the order of first occurrence, the same where all keys are the same."""
    order = np.lexsort(keys)
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    for key in keys:
        new[1:] |= key[order[1:]] != key[order[:-1]]
    # Sorting is stable, so that the first of the same ones stands first.
    firsts = order[new]
    rank = np.empty(len(firsts), dtype=np.int64)
    rank[np.argsort(firsts)] = np.arange(len(firsts))
    codes = np.empty(len(order), dtype=np.int64)
    codes[order] = rank[np.cumsum(new) - 1]
    return codes


def _keys(features: NDArray[Any]) -> NDArray[np.uint64]:
    """Two words of each row's hash, shape ``(2, rows)``."""
    keys = np.empty((2, len(features)), dtype=np.uint64)
    step = max(1, _BYTES // max(1, features[:1].nbytes))
    salts: list[NDArray[np.uint64]] = []
    for at in range(0, len(features), step):
        words = _words(features[at : at + step])
        if not salts:
            size = (words.shape[1],)
            randoms = [np.random.default_rng(seed) for seed in (1, 2)]
            salts = [random.integers(0, 2**63, size, dtype=np.uint64) for random in randoms]
        for key, salt in zip(keys, salts, strict=True):
            key[at : at + step] = _mixed(words + salt).sum(axis=1, dtype=np.uint64)
    return keys


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


def join(
    groups: NDArray[Any] | None,
    equal: NDArray[np.int64] | None,
    parts: NDArray[np.str_] | None = None,
) -> NDArray[np.int64] | None:
    """The units that rows can be divided into; None where every row is one.

    Two rows are in one unit when they share a group, when they are equal, or when a chain of such
    rows leads from one to the other. Test rows of an official split have units of their own, so
    that they have no say in how the other rows are divided.

    Args:
        groups: Group of each row, or None.
        equal: What `equal_rows` says, or None where equal rows may be divided.
        parts: Part of the official split of each row, or None.

    Example:
        >>> join(np.array(["p", "p", "q", "r"]), np.array([0, 1, 1, 2])).tolist()
        [0, 0, 0, 1]
    """
    if parts is None:
        return _joined(groups, equal)
    units = np.empty(len(parts), dtype=np.int64)
    for start, side in ((0, parts != "test"), (len(parts), parts == "test")):
        own = _joined(*(None if values is None else values[side] for values in (groups, equal)))
        units[side] = start + (np.arange(side.sum()) if own is None else own)
    return _joined(None, units)


def _joined(
    groups: NDArray[Any] | None, equal: NDArray[np.int64] | None
) -> NDArray[np.int64] | None:
    of_group = None if groups is None else np.unique(groups, return_inverse=True)[1]
    equal = None if equal is None else _by_first(equal)
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


def without_repeats(
    equal: NDArray[np.int64], codes: NDArray[np.int64], parts: NDArray[np.str_] | None = None
) -> NDArray[np.int64]:
    """The rows that stay where equal rows are dropped, in their order.

    Of rows with equal features and labels the first stays. In an official split, a row that equals
    one of a later part (training, validation, test) is dropped whatever its label: the test part
    keeps its rows, and their labels decide nothing about rows to learn from.

    Args:
        equal: What `equal_rows` says.
        codes: Class code of each row.
        parts: Part of the official split of each row, or None.

    Example:
        >>> without_repeats(np.array([0, 0, 1]), np.array([1, 1, 0])).tolist()
        [0, 2]
    """
    rows = np.arange(len(equal))
    if parts is not None:
        place = (parts == "validation") + 2 * (parts == "test")
        last = np.zeros(int(equal.max()) + 1, dtype=np.int64)
        np.maximum.at(last, equal, place)
        rows = rows[place == last[equal]]
    first = np.unique(equal[rows] * (codes.max() + 1) + codes[rows], return_index=True)[1]
    return rows[np.sort(first)]


def duplicate_findings(
    equal: NDArray[np.int64],
    codes: NDArray[np.int64],
    classes: tuple[str, ...],
    parts: NDArray[np.str_] | None,
    duplicates: Duplicates,
    first_row: int = 0,
    files: Sequence[str] = (),
) -> list[Finding]:
    """What is told of equal rows.

    Args:
        equal: What `equal_rows` says.
        codes: Class code of each row.
        classes: Name of each code.
        parts: Part of the official split of each row, or None.
        duplicates: What is done with equal rows.
        first_row: Number of the first row as people count.
        files: Name of the file of each row, where there are such.
    """
    sizes = np.bincount(equal)
    extra = int((sizes - 1).sum())
    if not extra:
        return []
    what = {
        "together": "they stay in one part of every split that is drawn",
        "drop": _dropped(len(equal) - len(without_repeats(equal, codes, parts)), parts),
        "separate": "they are divided like other rows, as the study says",
    }[duplicates]
    message = (
        f"{counted(extra, 'row')} repeat{'s' * (extra == 1)} the features of an earlier row "
        f"({counted(int((sizes > 1).sum()), 'set')} of equal rows); {what}"
    )
    if duplicates == "together" and extra > len(equal) / 2:
        message += "; if equal rows are different observations, set data.duplicates: separate"
    found = [Finding("warning", "duplicates", message, ("data", "duplicates"))]
    conflicting = _differing(equal, codes)
    if len(conflicting):
        rows = np.flatnonzero(equal == conflicting[0])
        shown = shortened(dict.fromkeys(classes[code] for code in codes[rows]))
        first = f"rows {shortened((rows + first_row).tolist())}"
        if len(files):
            first = shortened(dict.fromkeys(files[row] for row in rows.tolist()))
        found.append(
            Finding(
                "warning",
                "conflicting-labels",
                f"{counted(len(conflicting), 'set')} of equal rows with different labels; the "
                f"first is {first} of classes {shown}; check their labels",
            )
        )
    return found


def _dropped(count: int, parts: NDArray[np.str_] | None) -> str:
    are = "is" if count == 1 else "are"
    if parts is None:
        return f"{count} with its label too {are} dropped"
    return f"{count} {are} dropped, from the training part where another part has such a row"


def _differing(equal: NDArray[np.int64], codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sets of equal rows whose codes are not all the same."""
    low = np.full(int(equal.max()) + 1, codes.max() + 1)
    high = np.full(len(low), -1)
    np.minimum.at(low, equal, codes)
    np.maximum.at(high, equal, codes)
    return np.flatnonzero(low != high)
