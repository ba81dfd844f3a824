"""Finished pieces on disk, one file for each contender, set, seed and fold."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scoreboard.protocol import FOLDS, Told

__all__ = ["Piece", "State", "pieces"]


@dataclass(frozen=True, order=True)
class Piece:
    """What is trained at once.

    Attributes:
        seed: Seed of the division into outer folds.
        name: The set.
        fold: Number of the outer fold.
        contender: Key of the contender.
    """

    seed: int
    name: str
    fold: int
    contender: str


def pieces(names: Iterable[str], seeds: Sequence[int], contenders: Sequence[str]) -> list[Piece]:
    """Everything that is to be trained; seeds one after the other, so that tables come early."""
    return [
        Piece(seed, name, fold, contender)
        for seed in seeds
        for contender in contenders
        for name in names
        for fold in range(FOLDS)
    ]


class State:
    """A folder of finished pieces.

    A file's name tells what its contender's answers depend on, so that a contender with another
    grid finds none of the earlier one's.

    Args:
        folder: Made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def _path(self, piece: Piece, identity: str) -> Path:
        mark = hashlib.sha256(identity.encode()).hexdigest()[:10]
        name = piece.name.replace(" ", "_")
        return self._folder / f"{piece.contender}-{mark}-{name}-{piece.seed}-{piece.fold}.npz"

    def has(self, piece: Piece, identity: str) -> bool:
        """Whether the piece is finished."""
        return self._path(piece, identity).exists()

    def read(self, piece: Piece, identity: str) -> Told:
        """A finished piece."""
        with np.load(self._path(piece, identity)) as file:
            names = tuple(str(name) for name in file["names"])
            return Told(names, file["parts"], file["inside"], file["outside"])

    def write(self, piece: Piece, identity: str, told: Told) -> None:
        """Keeps a finished piece; a process that dies meanwhile leaves no half of one."""
        path = self._path(piece, identity)
        half = path.with_suffix(f".{os.getpid()}")
        with half.open("wb") as file:
            np.savez_compressed(
                file,
                names=np.array(told.names),
                parts=told.parts.astype(np.int8),
                inside=told.inside.astype(np.float32),
                outside=told.outside.astype(np.float32),
            )
        os.replace(half, path)
