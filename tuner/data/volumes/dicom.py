"""DICOM files: what they say of their frames, and the frames themselves."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.volumes.geometry import Turn, View, view_of
from tuner.errors import InputError
from tuner.lazy import LazyModule

pydicom: Any = LazyModule("pydicom")

__all__ = ["Frame", "is_dicom", "read_frames", "read_pictures"]

_GREY = ("MONOCHROME1", "MONOCHROME2")
_DIRECTORY = "1.2.840.10008.1.3.10"
_TAGS = [
    "ImageOrientationPatient",
    "ImagePositionPatient",
    "InstanceNumber",
    "NumberOfFrames",
    "PatientID",
    "PerFrameFunctionalGroupsSequence",
    "PhotometricInterpretation",
    "PixelSpacing",
    "Rows",
    "Columns",
    "SeriesInstanceUID",
    "SharedFunctionalGroupsSequence",
]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture in a DICOM file.

    Attributes:
        number: Its place in the file, from 0.
        patient: ``PatientID``; empty where there is none.
        series: ``SeriesInstanceUID``; empty where there is none.
        instance: ``InstanceNumber``; 0 where there is none.
        stored: Rows and columns as stored.
        view: How it lies in the body, or None where the file does not say.
        spacing: Millimetres between rows and columns as stored; 0 where unknown.
    """

    number: int
    patient: str
    series: str
    instance: int
    stored: tuple[int, int]
    view: View | None
    spacing: tuple[float, float]

    @property
    def turn(self) -> Turn:
        """What brings it to the common view."""
        return self.view.turn if self.view else Turn()

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in the common view."""
        return self.turn.size(self.stored)


def is_dicom(path: Path) -> bool:
    """Whether the file holds DICOM data, by its content; the name does not matter."""
    try:
        with path.open("rb") as file:
            file.seek(128)
            return file.read(4) == b"DICM"
    except OSError:
        return False


def read_frames(path: Path) -> list[Frame]:
    """What a file says of its frames; none where it holds no picture.

    Raises:
        InputError: The header cannot be read, or the picture is not grey; the message does not
            name the file.
    """
    with _legible():
        data = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(_TAGS))
        if data.file_meta.get("MediaStorageSOPClassUID") == _DIRECTORY or "Rows" not in data:
            return []
        colours = data.get("PhotometricInterpretation")
        if colours not in _GREY:
            raise InputError(f"holds no grey picture but {colours or 'an unknown kind'}")
        return [_frame(data, number) for number in range(int(data.get("NumberOfFrames") or 1))]


def read_pictures(path: Path) -> NDArray[np.float32]:
    """The pixels of all frames of a file, as stored but for intensities.

    ``RescaleSlope`` and ``RescaleIntercept`` (of the file or of each frame), or the modality's
    table, are applied; where small numbers mean white (MONOCHROME1), stored numbers are inverted
    first. The window that a viewer would use is not applied.

    Returns:
        Shape ``(frames, rows, columns)``.

    Raises:
        InputError: The pixels cannot be decoded, or are not finite; the message does not name the
            file.
    """
    with _legible():
        data = pydicom.dcmread(path)
        _check_decoder(data)
        stored = data.pixel_array
        frames = int(data.get("NumberOfFrames") or 1)
        stored = stored.reshape(frames, data.Rows, data.Columns)
        if data.PhotometricInterpretation == "MONOCHROME1" and stored.dtype.kind in "iu":
            highest = 2 ** int(data.BitsStored) - 1
            stored = (-1 if data.PixelRepresentation else highest) - stored.astype(np.int64)
        pictures = np.asarray(pydicom.pixels.apply_modality_lut(stored, data), dtype=np.float32)
        for number in range(frames):
            scale = _of_frame(data, number, "PixelValueTransformationSequence")
            if scale is not None:
                pictures[number] = np.float64(scale.RescaleSlope) * stored[number] + np.float64(
                    scale.RescaleIntercept
                )
    if not np.isfinite(pictures).all():
        raise InputError("has pixels that are not finite; replace them")
    return pictures


def _frame(data: Any, number: int) -> Frame:
    plane = _of_frame(data, number, "PlaneOrientationSequence") or data
    place = _of_frame(data, number, "PlanePositionSequence") or data
    measures = _of_frame(data, number, "PixelMeasuresSequence") or data
    cosines = plane.get("ImageOrientationPatient")
    position = place.get("ImagePositionPatient")
    spacing = measures.get("PixelSpacing") or (0.0, 0.0)
    return Frame(
        number,
        str(data.get("PatientID") or "").strip(),
        str(data.get("SeriesInstanceUID") or ""),
        int(data.get("InstanceNumber") or 0),
        (int(data.Rows), int(data.Columns)),
        view_of(cosines, position) if cosines and position else None,
        (float(spacing[0]), float(spacing[1])),
    )


def _of_frame(data: Any, number: int, sequence: str) -> Any:
    """What an enhanced file says of one frame, or of all frames; None where it says nothing."""
    own = data.get("PerFrameFunctionalGroupsSequence")
    shared = data.get("SharedFunctionalGroupsSequence")
    for groups, at in ((own, number), (shared, 0)):
        if groups and at < len(groups) and groups[at].get(sequence):
            return groups[at].get(sequence)[0]
    return None


def _check_decoder(data: Any) -> None:
    syntax = data.file_meta.get("TransferSyntaxUID")
    if not syntax:
        raise InputError("does not say how its pixels are stored (TransferSyntaxUID)")
    if not syntax.is_compressed or syntax == pydicom.uid.DeflatedExplicitVRLittleEndian:
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


@contextmanager
def _legible() -> Iterator[None]:
    """Tells in one line whatever goes wrong with a file; small offences are read over."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning)
            yield
    except InputError:
        raise
    except Exception as error:  # pydicom and decoders raise many kinds for damaged content
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"is damaged or cut off ({reason})") from None
