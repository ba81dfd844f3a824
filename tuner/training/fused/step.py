"""What layers of a compiled epoch are told beside their inputs: numbers, draws, and which rows are.

A traced graph holds Python's numbers for good. What may differ from trial to trial is therefore
handed in as tensors, and layers look it up here while they are traced.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

__all__ = ["Step", "current_step", "tracing"]


@dataclass
class Step:
    """One step of training, or one pass of prediction, while it is traced.

    Attributes:
        numbers: What layers look their numbers up in, shape ``(numbers,)``.
        present: Whether each row of the batch is one, shape ``(batch,)``; the others only fill it
            up. None where the network predicts.
        draws: Numbers from [0, 1), as many as all layers together take. They are drawn at once:
            a draw for each layer takes a fifth more time to compile.
    """

    numbers: Any
    present: Any = None
    draws: Any = None
    _taken: int = 0

    @property
    def training(self) -> bool:
        """Whether it is a step of training."""
        return self.present is not None

    def drawn(self, shape: tuple[int, ...]) -> Any:
        """The next of the draws."""
        import tensorflow as tf

        begin, self._taken = self._taken, self._taken + math.prod(shape)
        return tf.reshape(self.draws[begin : self._taken], shape)


_steps: list[Step] = []


@contextmanager
def tracing(step: Step) -> Iterator[None]:
    """Tells layers of `step` while they are traced."""
    _steps.append(step)
    try:
        yield
    finally:
        _steps.pop()


def current_step() -> Step:
    """The step that is traced."""
    return _steps[-1]
