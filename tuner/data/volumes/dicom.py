"""What a DICOM file says of its frames before they are decoded."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from tuner.data.findings import AGAIN
from tuner.data.volumes.geometry import Turn, View, view_of
from tuner.errors import InputError, reason_of
from tuner.lazy import LazyModule

if TYPE_CHECKING:
    from _typeshed import StrPath

pydicom: Any = LazyModule("pydicom")

__all__ = [
    "INVERTED",
    "Frame",
    "is_compressed",
    "is_dicom",
    "legible",
    "of_frame",
    "read_frames",
]

INVERTED = "MONOCHROME1"
"""Small numbers mean white."""

_GREY = (INVERTED, "MONOCHROME2")
_NO_SCANS = frozenset(
    {
        "1.2.840.10008.1.3.10",  # the table of contents of an export
        "1.2.840.10008.5.1.4.1.1.66.4",  # a segmentation: where something is, in rows and columns
        "1.2.840.10008.5.1.4.1.1.481.2",  # the dose of a radiation
    }
)
"""Kinds of files that have rows and columns and are still no pictures of a body."""

_TAGS = [
    "ImageOrientationPatient",
    "ImagePositionPatient",
    "InstanceNumber",
    "NumberOfFrames",
    "PatientID",
    "PerFrameFunctionalGroupsSequence",
    "PhotometricInterpretation",
    "BitsAllocated",
    "Modality",
    "ModalityLUTSequence",
    "PixelSpacing",
    "RescaleSlope",
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
        scaled: Whether the file says what its numbers mean.
        modality: ``MR``, ``CT``, …; empty where the file does not say.
    """

    number: int
    patient: str
    series: str
    instance: int
    stored: tuple[int, int]
    view: View | None
    spacing: tuple[float, float]
    scaled: bool
    modality: str

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
    with legible(path):
        data = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(_TAGS))
        if not _holds_picture(data):
            return []
        colours = data.get("PhotometricInterpretation")
        if colours not in _GREY:
            raise InputError(
                f"holds no grey picture but {colours or 'an unknown kind'}; convert or remove it"
            )
        sides = data.Rows, data.get("Columns")
        if not all(isinstance(side, int) and side for side in sides):
            size = "×".join(shorten(str(side), 20) for side in sides)
            raise InputError(f"holds a picture of {size} pixels; {AGAIN}")
        frames = int(data.get("NumberOfFrames") or 1)
        _check_length(data, frames, path)
        return [_frame(data, number) for number in range(frames)]


def _check_length(data: Any, frames: int, path: Path) -> None:
    """Refuses a file that announces more than it can hold, before that is made room for."""
    syntax = data.file_meta.get("TransferSyntaxUID")
    needed = frames * data.Rows * data.Columns * int(data.get("BitsAllocated") or 8) // 8
    if is_compressed(syntax) or syntax == pydicom.uid.DeflatedExplicitVRLittleEndian:
        needed = frames  # so many bytes at least
    if needed > path.stat().st_size:
        raise InputError(
            f"is cut off or has no pixels: its header announces {needed:,} bytes of them; {AGAIN}"
        )


def _holds_picture(data: Any) -> bool:
    """Whether a file is a picture, not a report, a directory or the like."""
    kind = data.file_meta.get("MediaStorageSOPClassUID") or pydicom.uid.UID("")
    if "Rows" in data:
        return str(kind) not in _NO_SCANS
    # What was cut off in its header is still read as far as it goes.
    if "Image Storage" in kind.name:
        raise InputError(
            f"is damaged or cut off (a file of '{kind.name}' without a picture); {AGAIN}"
        )
    return False


def _frame(data: Any, number: int) -> Frame:
    plane = of_frame(data, number, "PlaneOrientationSequence") or data
    place = of_frame(data, number, "PlanePositionSequence") or data
    measures = of_frame(data, number, "PixelMeasuresSequence") or data
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
        "RescaleSlope" in data
        or "ModalityLUTSequence" in data
        or of_frame(data, number, "PixelValueTransformationSequence") is not None,
        str(data.get("Modality") or ""),
    )


def _numbers(values: Any, count: int) -> tuple[float, ...]:
    """So many numbers; none where there are more or fewer, for then nobody knows which is which."""
    if not isinstance(values, pydicom.multival.MultiValue) or len(values) != count:
        return ()
    return tuple(map(float, values))


def of_frame(data: Any, number: int, sequence: str) -> Any:
    """What an enhanced file says of one frame, or of all frames; None where it says nothing."""
    own = data.get("PerFrameFunctionalGroupsSequence")
    shared = data.get("SharedFunctionalGroupsSequence")
    for groups, at in ((own, number), (shared, 0)):
        if groups and at < len(groups) and groups[at].get(sequence):
            return groups[at].get(sequence)[0]
    return None


def is_compressed(syntax: Any) -> bool:
    """Whether pixels are stored in fewer bytes; a syntax that is none says nothing."""
    if not syntax or not syntax.is_transfer_syntax:
        return False
    return bool(syntax.is_compressed)


@contextmanager
def legible(path: Path) -> Iterator[None]:
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
            f"{'is empty' if empty else 'is no DICOM file (no DICM at byte 128)'}; {AGAIN}"
        ) from None
    except Exception as error:  # pydicom and decoders raise many kinds for damaged content
        raise InputError(f"is damaged or cut off ({reason_of(error)}); {AGAIN}") from None
