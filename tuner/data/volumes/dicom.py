"""DICOM files: what they say of their frames, and the frames themselves."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.volumes.geometry import Turn, View, view_of
from tuner.errors import InputError
from tuner.lazy import LazyModule

if TYPE_CHECKING:
    from _typeshed import StrPath

pydicom: Any = LazyModule("pydicom")

__all__ = ["Frame", "is_dicom", "read_frames", "read_pictures"]

_INVERTED = "MONOCHROME1"
_GREY = (_INVERTED, "MONOCHROME2")
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


def is_dicom(path: StrPath) -> bool:
    """Whether the file holds DICOM data, by its content; the name does not matter."""
    try:
        with open(path, "rb") as file:
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
    with _legible(path):
        data = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(_TAGS))
        if not _holds_picture(data):
            return []
        colours = data.get("PhotometricInterpretation")
        if colours not in _GREY:
            raise InputError(f"holds no grey picture but {colours or 'an unknown kind'}")
        if not (data.Rows and data.get("Columns")):
            raise InputError(f"holds a picture of {data.Rows}×{data.get('Columns')} pixels")
        return [_frame(data, number) for number in range(int(data.get("NumberOfFrames") or 1))]


def _holds_picture(data: Any) -> bool:
    """Whether a file is a picture, not a report, a directory or the like."""
    kind = data.file_meta.get("MediaStorageSOPClassUID") or pydicom.uid.UID("")
    if "Rows" in data:
        return bool(kind != _DIRECTORY)
    # What was cut off in its header is still read as far as it goes.
    if "Image Storage" in kind.name:
        raise InputError(f"is damaged or cut off (a file of '{kind.name}' without a picture)")
    return False


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
    with _legible(path):
        data = pydicom.dcmread(path)
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
    scale = _of_frame(data, number, "PixelValueTransformationSequence")

    def scaled(numbers: NDArray[Any]) -> NDArray[Any]:
        if scale is None:
            result: NDArray[Any] = pydicom.pixels.apply_modality_lut(numbers, data)
            return result
        return numbers * np.float64(scale.RescaleSlope) + np.float64(scale.RescaleIntercept)

    if (data if scale is None else scale).get("RescaleSlope") == 0:
        raise InputError("has RescaleSlope 0, which leaves nothing of its picture; correct it")
    if data.PhotometricInterpretation != _INVERTED or stored.dtype.kind == "f":
        return scaled(stored)
    steps = 2 ** int(data.BitsStored)
    lowest = -steps // 2 if data.PixelRepresentation else 0
    ends = scaled(np.array([lowest, lowest + steps - 1]))
    mirrored: NDArray[Any] = ends.sum(dtype=np.float64) - scaled(stored)
    return mirrored


def _frame(data: Any, number: int) -> Frame:
    plane = _of_frame(data, number, "PlaneOrientationSequence") or data
    place = _of_frame(data, number, "PlanePositionSequence") or data
    measures = _of_frame(data, number, "PixelMeasuresSequence") or data
    cosines = _numbers(plane.get("ImageOrientationPatient"), 6)
    position = _numbers(place.get("ImagePositionPatient"), 3)
    down, across = _numbers(measures.get("PixelSpacing"), 2) or (0.0, 0.0)
    return Frame(
        number,
        str(data.get("PatientID") or "").strip(),
        str(data.get("SeriesInstanceUID") or ""),
        int(data.get("InstanceNumber") or 0),
        (int(data.Rows), int(data.Columns)),
        view_of(cosines, position) if cosines and position else None,
        (down, across),
    )


def _numbers(values: Any, count: int) -> tuple[float, ...]:
    """So many numbers; none where there are more or fewer, for then nobody knows which is which."""
    if not isinstance(values, pydicom.multival.MultiValue) or len(values) != count:
        return ()
    return tuple(map(float, values))


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
def _legible(path: Path) -> Iterator[None]:
    """Tells in one line whatever goes wrong with a file; small offences are read over."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning)
            yield
    except InputError:
        raise
    except pydicom.errors.InvalidDicomError:
        empty = not path.stat().st_size
        raise InputError(
            "is empty" if empty else "is no DICOM file (no DICM at byte 128)"
        ) from None
    except Exception as error:  # pydicom and decoders raise many kinds for damaged content
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"is damaged or cut off ({reason})") from None
