"""Class weights, computed from training rows and scaled so that their mean over those rows is 1.

The scale keeps the loss, and with it the effective learning rate, comparable between schemes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tuner.errors import InputError, Path, Problem, did_you_mean
from tuner.registry import Registry
from tuner.spaces import Alternatives, ByName, Chosen, Float

__all__ = ["CLASS_WEIGHTS", "check_class_names", "class_weights"]

Weights = NDArray[np.float64]

CLASS_WEIGHTS: Registry[Weights] = Registry("class weight")


@CLASS_WEIGHTS.register("none")
def none(*, counts: NDArray[np.int64]) -> Weights:
    """Every row counts alike."""
    return np.ones(len(counts))


@CLASS_WEIGHTS.register("balanced")
def balanced(*, counts: NDArray[np.int64]) -> Weights:
    """Classes count alike: n / (k * n_c) (King & Zeng, 2001; scikit-learn's ``balanced``)."""
    weights: Weights = counts.sum() / (len(counts) * counts)
    return weights


@CLASS_WEIGHTS.register("power", exponent=Float(0.25, 1.0, default=0.5, ge=0.0))
def power(exponent: float, *, counts: NDArray[np.int64]) -> Weights:
    """Balanced weights to an exponent: 0 is none, 1 is balanced, 0.5 lies between."""
    return np.power(balanced(counts=counts), exponent)


@CLASS_WEIGHTS.register("effective_number", beta=Float(0.9, 0.9999, default=0.999, ge=0.0, lt=1.0))
def effective_number(beta: float, *, counts: NDArray[np.int64]) -> Weights:
    """Inverse effective number of rows: (1 - beta) / (1 - beta ** n_c) (Cui et al., 2019)."""
    # expm1 keeps the digits that 1 - beta ** n loses where beta is near 1.
    effective = -np.expm1(counts * np.log(beta)) if beta > 0 else np.ones(len(counts))
    return (1.0 - beta) / effective


@CLASS_WEIGHTS.register("minority", weight=Float(1.0, 50.0, sampling="log", default=10.0, gt=0.0))
def minority(weight: float, *, counts: NDArray[np.int64], minority: int) -> Weights:
    """One weight for the minority class, 1 for all others."""
    weights = np.ones(len(counts))
    weights[minority] = weight
    return weights


@CLASS_WEIGHTS.register(
    "explicit", weights=ByName(Float(0.1, 100.0, sampling="log", default=1.0, gt=0.0))
)
def explicit(weights: Mapping[str, float], *, classes: Sequence[str]) -> Weights:
    """A weight for each class by name, as in ``explicit: {healthy: 1, lesion: 12}``."""
    return np.asarray([weights[name] for name in classes], dtype=np.float64)


def class_weights(
    chosen: Chosen, labels: NDArray[np.int64], classes: Sequence[str], minority: int
) -> Weights:
    """Weights of the chosen scheme.

    Args:
        chosen: Scheme and parameters.
        labels: Codes of the training rows, shape ``(rows,)``.
        classes: Label of each code.
        minority: Code of the minority class.

    Returns:
        One weight for each class; their mean over the training rows is 1.

    Raises:
        InputError: A class has no training row, so that nothing can be said of its weight.

    Example:
        >>> class_weights(Chosen("balanced"), np.array([0, 0, 0, 1]), ("a", "b"), 1).round(4)
        array([0.6667, 2.    ])
    """
    counts = np.bincount(labels, minlength=len(classes))
    if (empty := np.flatnonzero(counts == 0)).size:
        raise InputError(
            f"class '{classes[empty[0]]}' has 0 training rows", ("imbalance", "class_weight")
        )
    context = {"counts": counts, "classes": classes, "minority": minority}
    weights = CLASS_WEIGHTS[chosen.name](chosen.parameters, **context)
    return weights * float(counts.sum() / (counts * weights).sum())


def check_class_names(place: Alternatives, classes: Sequence[str]) -> list[Problem]:
    """What is wrong with classes that a study names in explicit weights."""
    problems = []
    for entry in place.entries:
        if CLASS_WEIGHTS[entry.name].open is None:
            continue
        path: Path = ("imbalance", "class_weight", *entry.place)
        for name in entry.parameters:
            if name not in classes:
                hint = did_you_mean(name, classes)
                problems.append(Problem(f"no class '{name}' in the data; {hint}", (*path, name)))
        for name in classes:
            if name not in entry.parameters:
                problems.append(
                    Problem(f"class '{name}' has no weight; every class needs one", path)
                )
    return problems
