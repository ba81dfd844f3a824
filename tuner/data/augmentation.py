"""Augmentation: pictures to train on are changed anew in each epoch.

What happens to a picture follows from the seed, the epoch and its place alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.data.pictures import Numbers, Pixels, affine_maps, contrasted, mirrored, moved
from tuner.data.preprocessing import NetworkRows
from tuner.errors import Problem
from tuner.spaces import Float, Value
from tuner.study.augmentation_section import AUGMENTATIONS, AugmentationSection

__all__ = ["Augmentation", "augmented", "check_augmentation", "stream"]

_ROWS = 256
"""Rows that are changed at once, so that no second copy of all of them is needed."""


@dataclass(frozen=True)
class Augmentation:
    """How strongly pictures are changed; each strength is the largest that is drawn.

    Attributes:
        flip: ``none``, ``horizontal``, ``vertical`` or ``both``: what half of the pictures are
            mirrored by.
        rotation: Share of a full turn.
        translation: Share of height and of width.
        zoom: Share of height and width that is shown more or less.
        contrast: Share by which differences from the picture's mean grow or shrink.
        noise: Standard deviation, in the units of the pixels.
        minority: Multiplies the five strengths for rows of the minority class.
        mixup: Alpha of the share that a picture keeps where it is blended; see `draw_mixing`.
        cutmix: Alpha of the share that it keeps beside a box of another one.
    """

    flip: str = "none"
    rotation: float = 0.0
    translation: float = 0.0
    zoom: float = 0.0
    contrast: float = 0.0
    noise: float = 0.0
    minority: float = 1.0
    mixup: float = 0.0
    cutmix: float = 0.0

    @classmethod
    def of(cls, values: Mapping[str, Value]) -> Augmentation | None:
        """The augmentation of a configuration; None where no picture changes."""
        one = cls(**values)  # type: ignore[arg-type]
        return one if one.remakes or one.mixes else None

    @property
    def remakes(self) -> bool:
        """Whether a picture is changed by itself."""
        strengths = (self.rotation, self.translation, self.zoom, self.contrast, self.noise)
        return self.flip != "none" or any(strengths)

    @property
    def mixes(self) -> bool:
        """Whether pictures are mixed with each other."""
        return bool(self.mixup or self.cutmix)

    def strength(self, kind: str, rare: NDArray[np.bool_]) -> Numbers:
        """The strength for each row, shape ``(rows,)``; that of rare rows ends where it may.

        Example:
            >>> Augmentation(zoom=0.4, minority=3.0).strength("zoom", np.array([False, True]))
            array([0.4, 0.9])
        """
        usual, declared = float(getattr(self, kind)), AUGMENTATIONS[kind]
        assert isinstance(declared, Float)  # a flip has no strength
        assert declared.le is not None
        return np.where(rare, min(usual * self.minority, declared.le), usual)


def check_augmentation(section: AugmentationSection, shape: Sequence[int | None]) -> list[Problem]:
    """What keeps rows of a shape from being augmented.

    Args:
        section: What a study asks for.
        shape: Shape of one row, such as ``(32, 32)``.
    """
    if not section.used or len(shape) in (2, 3):
        return []
    told = (
        "changes images of shape (height, width) or (height, width, channels), and the rows are "
        + ("those of a table" if len(shape) == 1 else f"of shape {tuple(shape)}")
    )
    return [Problem(told, ("training", "augmentation"))]


def augmented(
    x: NetworkRows,
    rare: NDArray[np.bool_],
    augmentation: Augmentation | None,
    *,
    seed: int,
    epoch: int,
    into: Pixels | None = None,
) -> NetworkRows:
    """The pictures of one epoch.

    A picture is mirrored, turned, zoomed and moved about its centre, its contrast changes, and
    noise is added, in this order. What comes in from outside of it is like its nearest pixel.

    Args:
        x: Pictures, shape ``(rows, height, width)`` or ``(rows, height, width, channels)``.
        rare: Which of them are of the minority class, shape ``(rows,)``.
        augmentation: What is done but mixing; None, or what changes no picture, gives `x` itself.
        seed: Decides what is drawn.
        epoch: Number of the epoch, from 0.
        into: Where the pictures go, float32; it may have more rows, which stay as they are. Who
            asks for many epochs saves a new array for each.

    Returns:
        `into`, or new pictures, float32, shaped like `x`, which stays as it is.

    Example:
        >>> x, rare = np.ones((2, 8, 8), np.float32), np.array([False, True])
        >>> noisy = augmented(x, rare, Augmentation(noise=0.1, minority=2.0), seed=0, epoch=0)
        >>> [round(float(picture.std()), 1) for picture in noisy]
        [0.1, 0.2]
    """
    if augmentation is None or not augmentation.remakes:
        return x
    done = np.empty(x.shape, np.float32) if into is None else into
    pictures = done.reshape(*done.shape[:3], -1)  # the same memory
    draws = _Draws(augmentation, rare, seed, epoch)
    mirrors = draws.mirrors()
    maps = draws.maps(*x.shape[1:3])
    contrasts = draws.contrasts()
    noise, generator = augmentation.strength("noise", rare), draws.generator("noise")
    for start in range(0, len(x), _ROWS):
        part = slice(start, min(start + _ROWS, len(x)))
        done[part] = np.asarray(x[part])
        for axis, rows in mirrors.items():
            pictures[part] = mirrored(pictures[part], rows[part], axis)
        if maps is not None:
            pictures[part] = moved(pictures[part], maps[part])
        if contrasts is not None:
            pictures[part] = contrasted(pictures[part], contrasts[part])
        if augmentation.noise:
            drawn = generator.standard_normal(pictures[part].shape, np.float32)
            pictures[part] += drawn * noise[part, None, None, None].astype(np.float32)
    return done


def stream(seed: int, epoch: int, *kinds: str) -> np.random.Generator:
    """Random numbers of a kind, or of what is drawn between kinds, that no other ones share."""
    key = tuple(list(AUGMENTATIONS).index(kind) for kind in kinds)
    return np.random.default_rng(np.random.SeedSequence([seed, epoch], spawn_key=key))


@dataclass(frozen=True)
class _Draws:
    """What is drawn for an epoch. Each kind has its own stream: none depends on another."""

    augmentation: Augmentation
    rare: NDArray[np.bool_]
    seed: int
    epoch: int

    def generator(self, kind: str) -> np.random.Generator:
        return stream(self.seed, self.epoch, kind)

    def mirrors(self) -> dict[int, NDArray[np.bool_]]:
        """By axis, which rows are mirrored along it."""
        drawn = self.generator("flip").random((2, len(self.rare))) < 0.5
        axes = {"none": (), "horizontal": (2,), "vertical": (1,), "both": (1, 2)}
        return {axis: drawn[axis - 1] for axis in axes[self.augmentation.flip]}

    def contrasts(self) -> Numbers | None:
        return 1.0 + self._up_to("contrast") if self.augmentation.contrast else None

    def maps(self, height: int, width: int) -> Pixels | None:
        """The affine map of each row, or None where no pixel moves."""
        one = self.augmentation
        if not (one.rotation or one.translation or one.zoom):
            return None
        down, right = self._up_to("translation", 2)
        turns, scales = 2 * np.pi * self._up_to("rotation"), 1.0 + self._up_to("zoom")
        return affine_maps(turns, scales, down * height, right * width, (height, width))

    def _up_to(self, kind: str, times: int | None = None) -> Numbers:
        shape = (len(self.rare),) if times is None else (times, len(self.rare))
        drawn = self.generator(kind).uniform(-1.0, 1.0, shape)
        return drawn * self.augmentation.strength(kind, self.rare)
