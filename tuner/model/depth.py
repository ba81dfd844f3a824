"""Where a hidden layer stands in its network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["ONLY_LAYER", "Depth", "depths"]

T = TypeVar("T")


@dataclass(frozen=True)
class Depth:
    """The place of one hidden layer among all of them.

    Attributes:
        index: Counted from 0, the layer that sees the input.
        count: How many hidden layers there are.

    Raises:
        ValueError: The index is not one of the layers.
    """

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count:
            raise ValueError(
                f"expected 0 <= index < count, got index {self.index} and count {self.count}"
            )

    def pick(self, first: T, middle: T, last: T) -> T:
        """What belongs to this place; an only layer is the first.

        Example:
            >>> [Depth(index, 4).pick("a", "b", "c") for index in range(4)]
            ['a', 'b', 'b', 'c']
        """
        if self.index == 0:
            return first
        return last if self.index == self.count - 1 else middle


ONLY_LAYER = Depth(0, 1)


def depths(count: int) -> Iterator[Depth]:
    """The places of `count` hidden layers, from the input on."""
    return (Depth(index, count) for index in range(count))
