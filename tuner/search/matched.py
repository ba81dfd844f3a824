"""Configurations that differ in nothing but what is compared.

A context is a point of the space: each hyperparameter has a share of its range, so that the values
of all that is not compared are the same beside every value that is. Of four contexts in a row each
quarter of a range has one, in an order of its own for each hyperparameter (McKay et al., 1979), so
that a few lie well apart. More contexts, and further hyperparameters, change nothing of the others.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from tuner.search.space import Dimension, Values
from tuner.search.unit_cube import from_unit
from tuner.spaces import Value

__all__ = ["matched"]

_BLOCK = 4
"""Contexts that share out the range of each hyperparameter."""


def matched(
    space: Sequence[Dimension], chosen: Mapping[str, Value], context: int, seed: int
) -> Values:
    """A configuration.

    Args:
        space: The hyperparameters of the study.
        chosen: Values of what is compared.
        context: Number of the context, from 0.
        seed: Decides where the contexts lie.

    Returns:
        The values of everything that is active; parameters of a chosen entry included, each as far
        in its range as the context has it.
    """
    values: Values = {}
    for dimension in space:
        if not dimension.active(values):
            continue
        values[dimension.name] = (
            chosen[dimension.name]
            if dimension.name in chosen
            else from_unit(dimension.distribution, _share(dimension.name, context, seed))
        )
    return values


def _share(name: str, context: int, seed: int) -> float:
    block, place = divmod(context, _BLOCK)
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), block])
    parts = rng.permutation(_BLOCK) + rng.random(_BLOCK)
    return float(parts[place]) / _BLOCK
