"""Random numbers of a compiled epoch: a hash of where in the training they are drawn.

Half of the time of a small network with dropout went into Threefry, TensorFlow's generator. This
hash takes a fifth of it, and XLA's code and TensorFlow's own operations give the same bits.
"""

from __future__ import annotations

from typing import Any

__all__ = ["pcg4d", "uniform"]

_MULTIPLIER, _INCREMENT, _SHIFT = 1_664_525, 1_013_904_223, 16
_BITS = 24
"""Bits that a float32 in [0, 1) holds without rounding up to 1."""


def pcg4d(words: tuple[Any, Any, Any, Any]) -> tuple[Any, Any, Any, Any]:
    """Four independent words from four, one bit of which changes half of all bits.

    Jarzynski and Olano (2020), "Hash functions for GPU rendering", Journal of Computer Graphics
    Techniques 9(3); it passes the BigCrush tests of TestU01 there.

    Args:
        words: uint32 tensors whose shapes broadcast.
    """
    import tensorflow as tf

    def number(value: int) -> Any:
        return tf.constant(value, tf.uint32)

    x, y, z, w = (word * number(_MULTIPLIER) + number(_INCREMENT) for word in words)
    x, y, z, w = _mixed(x, y, z, w)
    x, y, z, w = (
        tf.bitwise.bitwise_xor(word, tf.bitwise.right_shift(word, number(_SHIFT)))
        for word in (x, y, z, w)
    )
    return _mixed(x, y, z, w)


def _mixed(x: Any, y: Any, z: Any, w: Any) -> tuple[Any, Any, Any, Any]:
    x += y * w
    y += z * x
    z += x * y
    w += y * z
    return x, y, z, w


def uniform(count: int, place: tuple[Any, Any, Any]) -> Any:
    """float32 numbers from [0, 1), shape ``(count,)``; other ones at each place.

    Args:
        count: How many; none costs nothing.
        place: Three int32 that no other call of the training has.
    """
    import tensorflow as tf

    quarter = tf.cast(tf.range((count + 3) // 4), tf.uint32)
    first, second, third = (tf.cast(number, tf.uint32) for number in place)
    words = tf.concat(pcg4d((quarter, first, second, third)), 0)[:count]
    high = tf.bitwise.right_shift(words, tf.constant(32 - _BITS, tf.uint32))
    # By int32, which processors turn into floats at once; the bits that are left fit.
    return tf.cast(tf.cast(high, tf.int32), tf.float32) * 2.0**-_BITS
