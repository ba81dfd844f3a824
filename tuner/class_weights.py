"""Class weights for people who build and train their networks themselves.

weights = tuner.class_weights.choose(hp, y)
model.fit(x, y, class_weight=weights)
"""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tuner.errors import InputError
from tuner.model.class_weights import check_class_names, class_weights
from tuner.registry import FAMILIES
from tuner.study.family import everything, given_entries
from tuner.study.imbalance_section import Listed

if TYPE_CHECKING:
    from keras_tuner import HyperParameters

__all__ = ["choose"]

_EXPECTED = "y must hold a code 0, 1, … for each row, or one-hot rows"


def choose(
    hp: HyperParameters,
    y: Any,
    entries: Any = None,
    name: str = "class_weight",
    *,
    minority: int | None = None,
) -> dict[int, float]:
    """Declares a choice of class-weight schemes and computes the current one's weights from `y`.

    A parameter is active only with its own scheme, under ``{name}.{scheme}.{parameter}``. Call it
    in ``build`` too, where the weights are used in ``fit``, since Keras Tuner draws no value for
    what is first declared in ``fit``. Give the labels of the training rows only.

    Args:
        hp: Of Keras Tuner.
        y: Labels that ``fit`` is given: codes, shape ``(rows,)`` or ``(rows, 1)``, or one-hot
            rows, shape ``(rows, classes)``.
        entries: Names of `CLASS_WEIGHTS`, with parameters as in a study file:
            ``["none", "balanced", {"power": {"exponent": {"float": [0.25, 1.0]}}}]``; ``explicit``
            names classes by their codes. Unless given, every scheme over its registered range, but
            for ``explicit``.
        name: Of the choice on `hp`.
        minority: Code of the minority class; the rarest unless given.

    Returns:
        A weight for each code, for ``keras.Model.fit(class_weight=…)``; their mean over the rows
        is 1.

    Raises:
        InputError: An entry is wrong, or a label is no code, a class has no row, or two classes
            are equally rare and `minority` is not given.

    Example:
        >>> import keras_tuner
        >>> choose(keras_tuner.HyperParameters(), [0, 0, 0, 1], "balanced")
        {0: 0.6666666666666666, 1: 2.0}
    """
    family = "class weight"
    given = entries is not None
    place = given_entries(family, entries, name) if given else everything(FAMILIES[family])
    counts = _counts(y)
    classes = tuple(str(code) for code in range(len(counts)))
    listed = [Listed((name, *entry.place), entry) for entry in place.entries]
    if problems := check_class_names(listed, classes):
        raise InputError(problems)
    rare = _rarest(counts) if minority is None else minority
    if not isinstance(rare, Integral) or not 0 <= rare < len(counts):
        raise InputError(f"minority must be one of the codes 0 to {len(counts) - 1}, got {rare!r}")
    weights = class_weights(place.declare(hp, name), counts, classes, rare)
    return dict(enumerate(weights.tolist()))


def _counts(labels: Any) -> NDArray[np.int64]:
    given = np.asarray(labels)
    one_hot = given.ndim == 2 and given.shape[1] > 1
    codes = _of_one_hot(given) if one_hot else _codes(given)
    counts = np.bincount(codes, minlength=given.shape[1] if one_hot else 0)
    if len(counts) < 2:
        raise InputError(f"{_EXPECTED}, of two classes or more; got {len(counts)}")
    if (empty := np.flatnonzero(counts == 0)).size:
        raise _without_row(empty[0], len(counts) - 1)
    return counts


def _without_row(code: int, last: float) -> InputError:
    return InputError(
        f"class {code} of the codes 0 to {last:.17g} has no row, so that nothing can be said of its"
        " weight; number the classes that there are, as numpy.unique(y, return_inverse=True)[1]"
        " does"
    )


def _of_one_hot(given: NDArray[Any]) -> NDArray[np.int64]:
    if not (np.isin(given, (0, 1)).all() and (given.sum(axis=1) == 1).all()):
        raise InputError(f"{_EXPECTED}; each one-hot row must hold a single 1 beside zeros")
    codes: NDArray[np.int64] = given.argmax(axis=1)
    return codes


def _codes(given: NDArray[Any]) -> NDArray[np.int64]:
    if given.dtype.kind not in "biuf":
        first = given.reshape(-1)[:1].tolist()
        raise InputError(
            f"{_EXPECTED}, got {first}; make codes of labels before training, as"
            " numpy.unique(y, return_inverse=True)[1] does"
        )
    if given.shape[:1] != (given.size,):
        raise InputError(f"{_EXPECTED}, got shape {given.shape}")
    flat = given.reshape(-1)
    wrong = flat[~(np.isfinite(flat) & (flat >= 0) & (flat == np.floor(flat)))]
    if wrong.size:
        raise InputError(f"{_EXPECTED}, got {wrong[0]}")
    if flat.size and (last := float(flat.max())) >= flat.size:  # which could not all be counted
        raise _without_row(np.setdiff1d(np.arange(flat.size), flat)[0], last)
    return flat.astype(np.int64)


def _rarest(counts: NDArray[np.int64]) -> int:
    [*rare] = np.flatnonzero(counts == counts.min())
    if len(rare) > 1:
        raise InputError(
            f"classes {rare[0]} and {rare[1]} are equally rare with {counts[rare[0]]} rows each;"
            " say which is the minority with minority="
        )
    return int(rare[0])
