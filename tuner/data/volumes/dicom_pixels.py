"""The frames of a DICOM file, in the intensities that their numbers mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.findings import AGAIN
from tuner.data.volumes.dicom import INVERTED, is_compressed, legible, of_frame
from tuner.errors import InputError
from tuner.lazy import LazyModule

pydicom: Any = LazyModule("pydicom")

__all__ = ["read_pictures"]

_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def read_pictures(path: Path) -> NDArray[np.float32]:
    """The pixels of all frames of a file, as stored but for intensities.

    ``RescaleSlope`` and ``RescaleIntercept`` (of the file or of each frame), or the modality's
    table, are applied; where small numbers mean white (MONOCHROME1), intensities are mirrored
    between those of the smallest and of the largest number that can be stored. The window that a
    viewer would use is not applied.

    Returns:
        Shape ``(frames, rows, columns)``.

    Raises:
        InputError: The pixels cannot be decoded, or are not finite; the message does not name the
            file.
    """
    with legible(path):
        data = pydicom.dcmread(path)
        if not any(tag in data for tag in _PIXELS):
            raise InputError(f"has a header and no pixels (PixelData); {AGAIN}")
        _check_decoder(data)
        stored = data.pixel_array.reshape(-1, data.Rows, data.Columns)
        frames = int(data.get("NumberOfFrames") or 1)
        if len(stored) != frames:
            raise InputError(f"holds {len(stored)} frames, but its NumberOfFrames is {frames}")
        pictures = np.empty(stored.shape, dtype=np.float32)
        with np.errstate(over="ignore"):  # told below
            for number in range(frames):  # intensities are float64: one frame of them at a time
                pictures[number] = _intensities(data, number, stored[number])
    if not np.isfinite(pictures).all():
        raise InputError("has pixels that are not finite; replace them")
    return pictures


def _intensities(data: Any, number: int, stored: NDArray[Any]) -> NDArray[Any]:
    """What the stored numbers of a frame mean."""
    scale = of_frame(data, number, "PixelValueTransformationSequence")

    def scaled(numbers: NDArray[Any]) -> NDArray[Any]:
        if scale is None:
            result: NDArray[Any] = pydicom.pixels.apply_modality_lut(numbers, data)
            return result
        return numbers * np.float64(scale.RescaleSlope) + np.float64(scale.RescaleIntercept)

    if (data if scale is None else scale).get("RescaleSlope") == 0:
        raise InputError("has RescaleSlope 0, which leaves nothing of its picture; correct it")
    if data.PhotometricInterpretation != INVERTED or stored.dtype.kind == "f":
        return scaled(stored)
    steps = 2 ** int(data.BitsStored)
    lowest = -steps // 2 if data.PixelRepresentation else 0
    ends = scaled(np.array([lowest, lowest + steps - 1]))
    mirrored: NDArray[Any] = ends.sum(dtype=np.float64) - scaled(stored)
    return mirrored


def _check_decoder(data: Any) -> None:
    syntax = data.file_meta.get("TransferSyntaxUID")
    if not syntax:
        raise InputError(f"does not say how its pixels are stored (TransferSyntaxUID); {AGAIN}")
    if not is_compressed(syntax):
        return
    try:
        usable = pydicom.pixels.get_decoder(syntax).is_available
    except NotImplementedError:
        usable = False
    if not usable:
        raise InputError(
            f"is compressed as '{syntax.name}', for which no decoder is installed; install one:"
            " pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg"
        )
