"""Class weights, computed from training rows and scaled so that their mean over those rows is 1.

The scale keeps the loss, and with it the effective learning rate, comparable between schemes. Rows
are counted after resampling. An entry that asks for ``counts`` therefore makes up for what is left
of the rarity; one that does not is a fixed number, which would come on top of resampling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.errors import InputError, Problem, did_you_mean
from tuner.registry import Registry
from tuner.spaces import Alternative, ByName, Chosen, Float
from tuner.study.imbalance_section import Listed

__all__ = ["CLASS_WEIGHTS", "check_class_names", "class_weights", "weighs_alike"]

Weights = NDArray[np.float64]
Counts = NDArray[Any]

CLASS_WEIGHTS: Registry[Weights] = Registry("class weight")


@CLASS_WEIGHTS.register("none")
def none(*, classes: Sequence[str]) -> Weights:
    """Every row counts alike."""
    return np.ones(len(classes))


@CLASS_WEIGHTS.register("balanced")
def balanced(*, counts: Counts) -> Weights:
    """Classes count alike: n / (k * n_c) (King & Zeng, 2001; scikit-learn's ``balanced``)."""
    weights: Weights = counts.sum() / (len(counts) * counts)
    return weights


@CLASS_WEIGHTS.register("power", exponent=Float(0.25, 1.0, default=0.5, ge=0.0, le=10.0))
def power(exponent: float, *, counts: Counts) -> Weights:
    """Balanced weights to an exponent: 0 is none, 1 is balanced, 0.5 lies between.

    Args:
        exponent: Of the balanced weights.
    """
    return np.power(balanced(counts=counts), exponent)


@CLASS_WEIGHTS.register("effective_number", beta=Float(0.9, 0.9999, default=0.999, ge=0.0, lt=1.0))
def effective_number(beta: float, *, counts: Counts) -> Weights:
    """Inverse effective number of rows: (1 - beta) / (1 - beta ** n_c) (Cui et al., 2019).

    Args:
        beta: The nearer to 1, the nearer to balanced weights; 0 is none.
    """
    # expm1 keeps the digits that 1 - beta ** n loses where beta is near 1.
    effective = -np.expm1(counts * np.log(beta)) if beta > 0 else np.ones(len(counts))
    return (1.0 - beta) / effective


@CLASS_WEIGHTS.register("minority", weight=Float(1.0, 50.0, sampling="log", default=10.0, gt=0.0))
def minority(weight: float, *, classes: Sequence[str], minority: int) -> Weights:
    """One weight for the minority class, 1 for all others.

    Args:
        weight: Of the minority class.
    """
    weights = np.ones(len(classes))
    weights[minority] = weight
    return weights


@CLASS_WEIGHTS.register(
    "explicit", weights=ByName(Float(0.1, 100.0, sampling="log", default=1.0, gt=0.0))
)
def explicit(weights: Mapping[str, float], *, classes: Sequence[str]) -> Weights:
    """A weight for each class by name, as in ``explicit: {healthy: 1, lesion: 12}``."""
    return np.asarray([weights[name] for name in classes], dtype=np.float64)


def class_weights(chosen: Chosen, counts: Counts, classes: Sequence[str], minority: int) -> Weights:
    """Weights of the chosen scheme.

    Args:
        chosen: Scheme and parameters.
        counts: Training rows of each class after resampling, shape ``(classes,)``.
        classes: Label of each code.
        minority: Code of the minority class.

    Returns:
        One weight for each class; their mean over the training rows is 1.

    Raises:
        InputError: A class has no training row, so that nothing can be said of its weight.

    Example:
        >>> class_weights(Chosen("balanced"), np.array([3, 1]), ("a", "b"), 1).round(4)
        array([0.6667, 2.    ])
    """
    if (empty := np.flatnonzero(counts == 0)).size:
        raise InputError(
            f"class '{classes[empty[0]]}' has 0 training rows", ("imbalance", "class_weight")
        )
    context = {"counts": counts, "classes": classes, "minority": minority}
    weights = CLASS_WEIGHTS[chosen.name](chosen.parameters, **context)
    return weights * float(counts.sum() / (counts * weights).sum())


def weighs_alike(entry: Alternative) -> bool:
    """Whether all classes have one weight in every trial, as with an exponent of 0.

    Example:
        >>> from tuner.spaces import Fixed
        >>> weighs_alike(Alternative("power", {"exponent": Fixed(0.0)}))
        True
    """
    grids = {key: space.grid() or () for key, space in entry.parameters.items()}
    classes = tuple(grids) if CLASS_WEIGHTS[entry.name].open else ("frequent", "rare")
    if not classes or any(len(grid) != 1 for grid in grids.values()):
        return False
    chosen = Chosen(entry.name, {key: value for key, [value] in grids.items()})
    # Frequencies so far apart that whatever goes by them differs.
    weights = class_weights(chosen, np.geomspace(1e6, 1.0, len(classes)), classes, 0)
    return bool(np.allclose(weights, weights[0]))


def check_class_names(listed: Iterable[Listed], classes: Sequence[str]) -> list[Problem]:
    """What is wrong with classes that a study names in explicit weights."""
    return [
        problem.under(*one.path)
        for one in listed
        if CLASS_WEIGHTS[one.entry.name].open is not None
        for problem in _wrong_names(one.entry, classes)
    ]


def _wrong_names(entry: Alternative, classes: Sequence[str]) -> Iterator[Problem]:
    for name in entry.parameters:
        if name not in classes:
            yield Problem(f"no class '{name}' in the data; {did_you_mean(name, classes)}", (name,))
    for name in classes:
        if name not in entry.parameters:
            yield Problem(f"class '{name}' has no weight; every class needs one")
