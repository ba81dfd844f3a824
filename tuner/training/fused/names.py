"""Names of traced functions that are the same in every process.

TensorFlow numbers what it traces, in the order of tracing, and the numbers go into the names of
functions. XLA's cache on disk looks programs up by everything that they consist of, names included:
it would find one only where another process had traced the same things in the same order.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

__all__ = ["named_by"]


_times: Counter[str] = Counter()


@contextmanager
def named_by(key: str) -> Iterator[None]:
    """Numbers what is traced here by `key`, which no two different functions may share.

    TensorFlow keeps some names for good, so that what is traced again in one process gets others.
    """
    from tensorflow.python.framework import ops

    _times[key] += 1
    key = f"{key} {_times[key]}"
    # Far above TensorFlow's own numbers, which count from 0, and below the largest that it takes.
    start = (1 << 61) + (int(hashlib.sha256(key.encode()).hexdigest()[:10], 16) << 20)
    numbers = count(start)
    before = ops.uid
    ops.uid = lambda: next(numbers)
    try:
        yield
    finally:
        ops.uid = before
