"""Custom gradients that TensorFlow would keep for the life of the process are let go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["custom_gradients_let_go"]

_NAMES = "CustomGradient-"


@contextmanager
def custom_gradients_let_go() -> Iterator[None]:
    """Forgets the gradients that functions register while they are traced in the block.

    What is decorated with ``tf.custom_gradient`` (swish, the sum over replicas in each Keras
    optimizer, …) enters TensorFlow's registry of gradients under a name of its own at every
    tracing. The entry holds tensors of the traced graph and with them the whole graph, 2 to 3 MB
    for a small network, and TensorFlow never takes it out. Gradients are looked up while a function
    is traced, so that functions traced in the block run on without them.
    """
    # TensorFlow has no public way to take an entry out.
    from tensorflow.python.framework.ops import gradient_registry

    entries = gradient_registry._registry
    before = set(entries)
    try:
        yield
    finally:
        for name in [name for name in entries if name not in before and name.startswith(_NAMES)]:
            del entries[name]
