"""One NIfTI file becomes a volume whose axes run to the patient's right, front and head."""

from __future__ import annotations

import gzip
import logging
import math
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.findings import AGAIN, counted
from tuner.data.volumes.slices import AXES, SliceReading, cut
from tuner.errors import InputError, reason_of
from tuner.lazy import LazyModule

nib: Any = LazyModule("nibabel")

__all__ = ["VolumeHeader", "read_volume", "read_volume_header", "volume_slices"]

_DENSEST = 1032
"""Bytes that one byte of a gzip file can stand for at most."""

_LENGTHS = 0b111
"""The bits of a header's units that name the one of lengths."""

_MILLIMETRES = {1: 1e3, 2: 1.0, 3: 1e-3}
"""Of metres, millimetres and micrometres; a header that names none of them means millimetres."""

_HEADER = 348
_PIECE = 1 << 20

_WHOLE = 1000
"""Letters of a reason that may name the path of a file."""


@dataclass(frozen=True)
class VolumeHeader:
    """What a file says of its volume, in the order right, front, head.

    Attributes:
        shape: Voxels along each axis.
        spacing: Millimetres between voxels along each axis; 0 along axes that the file lacks.
        oriented: Whether the file says where its axes point.
        stored: Where the stored axes point, such as ``LPS``.
        tilt: Degrees between the stored axes and the nearest ones of the body.
    """

    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    oriented: bool
    stored: str
    tilt: float

    def size(self, orientation: str) -> tuple[int, int]:
        """Height and width of the slices."""
        _, rows, columns = AXES[orientation]
        return self.shape[rows], self.shape[columns]

    def slices(self, orientation: str) -> int:
        """How many slices there are."""
        return self.shape[AXES[orientation][0]]

    def spacings(self, orientation: str) -> tuple[float, ...]:
        """Millimetres between slices, rows and columns."""
        return tuple(self.spacing[axis] for axis in AXES[orientation])


def read_volume_header(path: Path) -> VolumeHeader:
    """Reads the header of a NIfTI file.

    Raises:
        InputError: It is none, or holds no single grey volume; the message does not name the file.
    """
    with _legible(path):
        image, axes = _opened(path)
        order = np.argsort(axes[:, 0])
        shape = _three(image.shape)
        unit = _MILLIMETRES.get(int(image.header["xyzt_units"]) & _LENGTHS, 1.0)
        spacing = [float(step) * unit for step in image.header.get_zooms()] + [0.0, 0.0]
        header = image.header
        oriented = bool(int(header["sform_code"]) or int(header["qform_code"]))
        x, y, z = order.tolist()
        return VolumeHeader(
            (shape[x], shape[y], shape[z]),
            (spacing[x], spacing[y], spacing[z]),
            oriented,
            "".join(nib.orientations.ornt2axcodes(axes)),
            _tilt(image.affine, axes),
        )


def read_volume(path: Path) -> NDArray[np.float32]:
    """Reads the voxels of a NIfTI file, intensity scale applied.

    An oblique volume is not resampled: each of its axes counts as the body's axis that it is
    nearest to.

    Returns:
        Shape ``(right, front, head)``.

    Raises:
        InputError: The file is damaged, or holds voxels that are not finite.
    """
    with _legible(path):
        image, axes = _opened(path)
        voxels = _voxels(image, path).reshape(_three(image.shape))
        finite = np.isfinite(voxels)
        if not finite.all():
            where = np.argwhere(~finite)
            raise InputError(
                f"has {counted(len(where), 'voxel')} not finite as float32, first at"
                f" {where[0].tolist()}; replace them"
            )
        oriented: NDArray[np.float32] = nib.orientations.apply_orientation(voxels, axes)
        return oriented


def volume_slices(path: Path, reading: Mapping[str, Any]) -> NDArray[np.float32]:
    """The slices of a NIfTI file, in the way that a data set or a model states.

    Args:
        path: The file.
        reading: `RawData.reading` of the scans that were trained on.

    Returns:
        Shape ``(slices, height, width)``.

    Raises:
        InputError: The file cannot be read; the message does not name it.
    """
    stated = SliceReading.from_json(reading)
    return stated.finished(cut(read_volume(path), stated.orientation))


def _voxels(image: Any, path: Path) -> NDArray[np.float32]:
    """All voxels, as float32."""
    with np.errstate(over="ignore"):  # told by whoever asks
        if not _is_compressed(path):
            voxels: NDArray[np.float32] = image.get_fdata(dtype=np.float32, caching="unchanged")
            return voxels
        with gzip.open(path) as file:
            voxels = type(image).from_stream(file).get_fdata(dtype=np.float32, caching="unchanged")
            # The checksum stands at the end, which nibabel does not reach.
            while file.read(_PIECE):
                pass
            return voxels


def _is_compressed(path: Path) -> bool:
    return path.name.lower().endswith(".gz")


def _opened(path: Path) -> tuple[Any, NDArray[Any]]:
    """The image, its voxels not yet read, and where its axes point (nibabel's orientation)."""
    image = nib.load(path)
    if not isinstance(image, nib.Nifti1Image):
        raise InputError(f"is no NIfTI file; {AGAIN}")
    kind = image.get_data_dtype()
    if kind.kind not in "iuf":
        raise InputError(
            f"holds colours or complex numbers ({kind}); expected grey values; convert it"
        )
    if len(image.shape) > 3 and max(image.shape[3:]) > 1:
        shape = "×".join(str(side) for side in image.shape)
        raise InputError(f"holds several volumes ({shape}); save each as a file of its own")
    if min(image.shape, default=0) < 1:
        raise InputError(f"holds no voxels; {AGAIN}")
    needed = image.dataobj.offset + math.prod(image.shape) * kind.itemsize
    if needed > path.stat().st_size * (_DENSEST if _is_compressed(path) else 1):
        raise InputError(f"is cut off: its header announces {needed:,} bytes; {AGAIN}")
    return image, _directions(image.affine)


def _directions(affine: NDArray[Any]) -> NDArray[Any]:
    """Where axes point, as nibabel's orientation."""
    if np.isfinite(affine).all():
        axes: NDArray[Any] = nib.orientations.io_orientation(affine)
        if not np.isnan(axes).any():
            return axes
    raise InputError(
        "has axes that point nowhere (its affine is singular or not finite); repair its header"
    )


def _tilt(affine: NDArray[Any], axes: NDArray[Any]) -> float:
    """The largest angle between an axis and the one of the body that it counts as, in degrees."""
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    nearest = np.abs(directions[axes[:, 0].astype(int), range(3)])
    return float(np.degrees(np.arccos(nearest.clip(max=1))).max())


def _three(shape: tuple[int, ...]) -> tuple[int, int, int]:
    x, y, z = (*shape, 1, 1)[:3]
    return x, y, z


@contextmanager
def _legible(path: Path) -> Iterator[None]:
    """Tells in one line whatever goes wrong with the content of a file."""
    try:
        with _quiet():
            yield
    except MemoryError:
        raise InputError("needs more memory than this machine has") from None
    except (
        OSError,  # among them: too few bytes, and no gzip file
        EOFError,
        ValueError,
        zlib.error,
        nib.filebasedimages.ImageFileError,
        nib.spatialimages.HeaderDataError,
    ) as error:
        raise InputError(_misnamed(path) or f"{_no_scan(path, error)}; {AGAIN}") from None


def _no_scan(path: Path, error: BaseException) -> str:
    if path.is_file() and not path.stat().st_size:
        return "is empty"
    reason = reason_of(error, _WHOLE).replace(str(path), path.name)
    return f"is no NIfTI file, is damaged or cut off ({reason})"


def _misnamed(path: Path) -> str:
    """What is said of a file that is compressed against its name, or the other way round."""
    with suppress(OSError), path.open("rb") as file:
        start = file.read(_HEADER)
        zipped = start.startswith(b"\x1f\x8b")
        if zipped and not _is_compressed(path):
            return "is compressed, and its name does not say so; call it .nii.gz"
        if _is_compressed(path) and start[344:347] in (b"n+1", b"ni1"):
            return "is not compressed, as its name says; call it .nii"
    return ""


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps nibabel's remarks on headers that it can read from the terminal."""
    logger: logging.Logger = nib.imageglobals.logger
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
