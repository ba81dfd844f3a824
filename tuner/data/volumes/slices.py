"""How a volume is cut into pictures.

All pictures are shown as radiologists see them, and as DICOM stores them:

| orientation | up is | left is | first slice |
|---|---|---|---|
| axial | the front (anterior) | the patient's right | the lowest |
| coronal | the head (superior) | the patient's right | at the back |
| sagittal | the head (superior) | the front (anterior) | at the patient's left |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tuner.data.findings import counted, shortened
from tuner.data.pixels import resized, size_problem, spelled_size
from tuner.errors import InputError, Problem

__all__ = [
    "check_stated",
    "AXES",
    "Keep",
    "Orientation",
    "SliceReading",
    "check_kept",
    "cut",
    "kept",
    "settled_size",
    "spelled_spacing",
    "tally",
]

Orientation = Literal["axial", "coronal", "sagittal"]
Keep = tuple[float, float]

AXES: Mapping[str, tuple[int, int, int]] = {
    "axial": (2, 1, 0),
    "coronal": (1, 2, 0),
    "sagittal": (0, 2, 1),
}
"""Axes of a volume (right, front, head) that slices, rows and columns run along."""

_SIZES = 4


@dataclass(frozen=True)
class SliceReading:
    """How volumes become slices; the same for training and for prediction.

    Attributes:
        loader: ``nifti`` or ``dicom``.
        orientation: The plane of the slices.
        size: Height and width.
        keep: Share of each stack of slices that is used, as its two ends.
    """

    loader: str
    orientation: str
    size: tuple[int, int]
    keep: Keep = (0.0, 1.0)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> SliceReading:
        """Reads what `to_json` wrote."""
        height, width = content["size"]
        low, high = content["keep"]
        return cls(content["loader"], content["orientation"], (height, width), (low, high))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "loader": self.loader,
            "orientation": self.orientation,
            "size": list(self.size),
            "keep": list(self.keep),
            "dtype": "float32",
        }

    def finished(self, slices: NDArray[np.float32]) -> NDArray[np.float32]:
        """The kept slices of one stack in their final size.

        Args:
            slices: All slices, shape ``(slices, height, width)``.
        """
        chosen = slices[kept(len(slices), self.keep)]
        if chosen.shape[1:] == self.size:
            return chosen
        return np.stack([resized(picture, self.size) for picture in chosen])


def cut(volume: NDArray[np.float32], orientation: str) -> NDArray[np.float32]:
    """Slices of a volume, shape ``(slices, height, width)``; a view.

    Args:
        volume: Its axes run to the patient's right, front and head.
        orientation: The plane of the slices.

    Example:
        >>> volume = np.zeros((2, 3, 4), dtype=np.float32)
        >>> volume[0, 2, 3] = 1  # left, front, head
        >>> np.argwhere(cut(volume, "axial")).tolist()  # the last slice, at the top right
        [[3, 0, 1]]
    """
    slices = volume.transpose(AXES[orientation])
    # Rows run down, to the back or to the feet; columns run to the patient's left or to the back.
    return slices[:, ::-1, ::-1]


def kept(slices: int, keep: Keep) -> slice:
    """The slices of a stack whose centres lie in a share of it.

    Example:
        >>> kept(10, (0.2, 0.8))
        slice(2, 8, None)
        >>> kept(1, (0.2, 0.8))
        slice(0, 1, None)
    """
    centres = (np.arange(slices) + 0.5) / slices
    inside = np.flatnonzero((centres >= keep[0]) & (centres <= keep[1]))
    return slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(0, 0)


def check_stated(size: tuple[int, int] | None, keep: Keep) -> None:
    """The size and the share that a study states must be possible ones.

    Raises:
        InputError: With what is wrong with each.
    """
    problems = []
    if wrong := size_problem(size):
        problems.append(Problem(wrong, ("size",)))
    if not 0 <= keep[0] < keep[1] <= 1:
        message = f"expected two shares of the stack like [0.2, 0.8], got {list(keep)}"
        problems.append(Problem(message, ("keep",)))
    if problems:
        raise InputError(problems)


def check_kept(emptied: Sequence[str], keep: Keep) -> None:
    """Every stack must have slices in the share that is used.

    Args:
        emptied: What messages call the stacks without such slices.
        keep: The stated share.

    Raises:
        InputError: There are some.
    """
    if emptied:
        raise InputError(
            f"no slice lies in {list(keep)} of {counted(len(emptied), 'stack')}:"
            f" {shortened(emptied)}; widen it",
            ("keep",),
        )


def settled_size(
    sizes: Sequence[tuple[int, int]], names: Sequence[str], size: tuple[int, int] | None, key: str
) -> tuple[int, int]:
    """Height and width of all slices: what is stated, else what they have in common.

    Args:
        sizes: Height and width of the slices of each stack or file.
        names: What messages call them.
        size: The stated height and width.
        key: Key of the study that names the folder.

    Raises:
        InputError: They differ, and no size is stated.
    """
    counts = Counter(sizes)
    if size is not None or len(counts) == 1:
        return size or sizes[0]
    forms = [
        f"{spelled_size(form)} in {count} (first '{names[sizes.index(form)]}')"
        for form, count in counts.most_common(_SIZES)
    ]
    more = f" and {len(counts) - _SIZES} more" if len(counts) > _SIZES else ""
    raise InputError(
        f"slices differ in height×width: {', '.join(forms)}{more}; state size: [height, width]",
        (key,),
    )


def spelled_spacing(spacing: Sequence[float]) -> str:
    """Millimetres as people read them; 0 is unknown.

    Example:
        >>> spelled_spacing((0, 0.5, 0.5))
        '?×0.5×0.5'
    """
    return "×".join(f"{step:.3g}" if step else "?" for step in spacing)


def tally(values: Sequence[str]) -> dict[str, int]:
    """How often each text occurs, the most common one first."""
    return dict(Counter(values).most_common())
