"""The numbers that hidden layers compute with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras

__all__ = ["computing_in"]


@contextmanager
def computing_in(policy: str) -> Iterator[None]:
    """Layers that are made inside have this policy of Keras; afterwards it is as it was.

    Args:
        policy: ``float32`` or ``mixed_bfloat16``, whose layers compute in bfloat16 and keep their
            weights in float32 (Micikevicius et al., 2018; Kalamkar et al., 2019).

    Example:
        >>> with computing_in("mixed_bfloat16"):
        ...     layer = keras.layers.Dense(2)
        >>> layer.compute_dtype, layer.variable_dtype
        ('bfloat16', 'float32')
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
