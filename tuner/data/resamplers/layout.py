"""What the columns of preprocessed rows are: numbers, or zeros and ones that say a category."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.data.preprocessing import Preprocessor, TablePreprocessor
from tuner.data.preprocessing.numbers import Number

__all__ = ["Block", "Layout", "layout_of"]


@dataclass(frozen=True)
class Block:
    """Neighbouring columns that say one thing.

    Attributes:
        name: The column of the source, or ``x is missing``.
        start: First column.
        stop: The column after the last.
        category: Whether the columns are one-hot (one of them is 1, or none); else one number.
    """

    name: str
    start: int
    stop: int
    category: bool


@dataclass(frozen=True)
class Layout:
    """The blocks of a row, from left to right without gaps.

    Attributes:
        blocks: All blocks.
    """

    blocks: tuple[Block, ...]

    @classmethod
    def of_numbers(cls, width: int) -> Layout:
        """The layout of rows that hold `width` numbers and no category."""
        return cls(tuple(Block(str(at), at, at + 1, False) for at in range(width)))

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.blocks[-1].stop if self.blocks else 0

    @property
    def numbers(self) -> list[int]:
        """Columns that hold numbers."""
        return [block.start for block in self.blocks if not block.category]

    @property
    def categories(self) -> tuple[Block, ...]:
        """Blocks that say a category."""
        return tuple(block for block in self.blocks if block.category)

    def collapse(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows with one code for each category block: numbers first, then codes.

        Code 0 is a block of zeros, code ``i`` has its one in column ``i`` of the block, from 1.

        Args:
            x: Shape ``(rows, width)``.

        Returns:
            Shape ``(rows, numbers + category blocks)``.
        """
        codes = [_code(x[:, block.start : block.stop]) for block in self.categories]
        return np.column_stack([x[:, self.numbers], *codes]).astype(np.float32)

    def expand(self, collapsed: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows as networks take them, from what `collapse` gives.

        Args:
            collapsed: Shape ``(rows, numbers + category blocks)``.

        Returns:
            Shape ``(rows, width)``.
        """
        numbers = self.numbers
        x = np.empty((len(collapsed), self.width), dtype=np.float32)
        x[:, numbers] = collapsed[:, : len(numbers)]
        codes = collapsed[:, len(numbers) :].astype(np.int64)
        for block, code in zip(self.categories, codes.T, strict=True):
            width = block.stop - block.start
            x[:, block.start : block.stop] = np.eye(width + 1, width, -1)[code]
        return x


def layout_of(preprocessor: Preprocessor) -> Layout | None:
    """The layout of the rows that a preprocessor gives; None where they are images.

    Example:
        >>> number = Number("age", 0.0, True, 0.0, 1.0)
        >>> [block.name for block in layout_of(TablePreprocessor((number,))).blocks]
        ['age', 'age is missing']
    """
    if not isinstance(preprocessor, TablePreprocessor):
        return None
    return Layout(tuple(_blocks(preprocessor)))


def _blocks(preprocessor: TablePreprocessor) -> Iterator[Block]:
    at = 0
    for part in preprocessor.parts:
        stop = at + len(part.outputs)
        if not isinstance(part, Number):
            yield Block(part.name, at, stop, True)
        else:
            yield Block(part.name, at, at + 1, False)
            if part.indicator:
                yield Block(part.outputs[1], at + 1, stop, True)
        at = stop


def _code(block: NDArray[np.float32]) -> NDArray[np.int64]:
    code: NDArray[np.int64] = np.where(block.any(axis=1), block.argmax(axis=1) + 1, 0)
    return code
