"""A folder of DICOM files, with one sub-folder for each class."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Container
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import RawData
from tuner.data.folders import ClassFolders, class_folders, first_problems
from tuner.data.loaders.registry import LOADERS, existing_folder
from tuner.data.path_groups import groups_of
from tuner.data.pixels import empty_rows, resized, spelled_size
from tuner.data.progress import Progress, silent
from tuner.data.volumes.dicom import Frame, is_dicom, read_frames
from tuner.data.volumes.dicom_pixels import read_pictures
from tuner.data.volumes.extra import needs_mri
from tuner.data.volumes.series import (
    Slice,
    other_planes,
    stacked,
    unclear_subjects,
)
from tuner.data.volumes.series_findings import series_findings, spacings
from tuner.data.volumes.slices import (
    Keep,
    Orientation,
    SliceReading,
    check_stated,
    settled_size,
    spelled_spacing,
    tally,
)
from tuner.errors import InputError, Problem

__all__ = ["load_dicom"]

_DIRECTORY = "DICOMDIR"
"""The table of contents that lies beside the files of an export."""


@LOADERS.register("dicom")
def load_dicom(
    *,
    location: str,
    folder: Path,
    progress: Progress = silent,
    orientation: Orientation | Literal["stored"] = "axial",
    size: tuple[int, int] | None = None,
    group: str | None = None,
    keep: Keep = (0.0, 1.0),
) -> RawData:
    """DICOM files in one sub-folder for each class, one slice for each frame, subjects as groups.

    Files are known by their content, whatever they are called. The slices of a series are sorted by
    their place in the body and turned to one view, see `tuner.data.volumes.slices`; the intensity
    scale of the file is applied.

    Args:
        location: The folder.
        folder: Folder that a relative `location` starts from.
        progress: Hears how far the reading is.
        orientation: The plane of the slices: ``axial``, ``coronal`` or ``sagittal``; files of
            another are refused. ``stored`` takes pictures as they are, in the order of
            ``InstanceNumber``: for radiographs, which have no place in the body.
        size: Height and width that every slice is resized to; must be stated where they differ.
        group: Regular expression on a file's path from its class folder; its first capture group
            is the subject. Else ``PatientID``.
        keep: The share of each series that is used, as its two ends: ``[0.2, 0.8]`` leaves out a
            fifth at both.

    Raises:
        InputError: Names the files and folders that are not as expected.
    """
    needs_mri("pydicom", "dicom")
    root = existing_folder(location, folder, "dicom")
    check_stated(size, keep)
    tree = class_folders(root, _is_read, "DICOM files", "dicom")
    found = _slices(tree, group, orientation, progress)
    stacks = stacked(found, keep)
    used = [one for stack in stacks for one in stack]
    sizes = [one.frame.size for one in used]
    settled = settled_size(sizes, [one.name for one in used], size, "dicom")
    reading = SliceReading("dicom", orientation, settled, keep)
    pixels = _pixels(tree, used, reading, progress)
    steps = [spacings(stack) for stack in stacks]
    views = [stack[0].frame.view for stack in stacks]
    return RawData(
        pixels,
        np.asarray([one.label for one in used], dtype=np.str_),
        np.asarray([one.subject for one in used], dtype=np.str_),
        findings=(
            *tree.left_out("DICOM files with pictures"),
            *series_findings(stacks, orientation),
        ),
        reading={
            **reading.to_json(),
            "found": {
                "volumes": len(stacks),
                "shapes": tally([f"{len(s)}×{spelled_size(s[0].frame.size)}" for s in stacks]),
                "spacing": tally([spelled_spacing(step) for step in steps]),
                "axes": tally([view.stored for view in views if view]),
                "resized": sum(size != reading.size for size in sizes),
                "min": float(pixels.min()),
                "max": float(pixels.max()),
            },
        },
        files=[one.name for one in used],
    )


def _is_read(path: str) -> bool:
    if os.path.basename(path) == _DIRECTORY:
        return False
    # A file that claims to be DICOM and is not shall be told, not left out.
    return path.lower().endswith(".dcm") or is_dicom(path)


def _slices(
    tree: ClassFolders, group: str | None, orientation: str, progress: Progress
) -> list[Slice]:
    """All frames of all files; raises with everything that is wrong with their headers."""
    frames: dict[int, list[Frame]] = {}
    broken = []
    for number, member in enumerate(tree.files):
        try:
            frames[number] = read_frames(tree.path(member))
        except InputError as error:
            broken.append(member.problem(error, "dicom"))
        progress("DICOM headers", number + 1, len(tree.files))
    empty = {number for number, found in frames.items() if not found}
    tree.skipped["DICOM without a picture"] += len(empty)
    tree.skipped += Counter()  # drops counts of 0
    pictured = [number for number in frames if number not in empty]
    members = [tree.files[number] for number in pictured]
    subjects, problems = groups_of(members, group)
    subjects = subjects or [frames[number][0].patient for number in pictured]
    slices = [
        Slice(number, member.label, member.name, subject, frame)
        for number, member, subject in zip(pictured, members, subjects, strict=True)
        for frame in frames[number]
    ]
    problems = [
        *tree.problems,
        *_classes_without(tree, empty),
        *problems,
        *([] if group else unclear_subjects(slices)),
        *([] if orientation == "stored" else other_planes(slices, orientation)),
        *broken,
    ]
    if problems:
        raise InputError(first_problems(problems))
    if orientation != "stored":
        return slices
    return [replace(one, frame=replace(one.frame, view=None)) for one in slices]


def _classes_without(tree: ClassFolders, empty: Container[int]) -> list[Problem]:
    """Class folders whose files are all reports, directories and the like."""
    labels = dict.fromkeys(member.label for member in tree.files)
    others = {member.label for number, member in enumerate(tree.files) if number not in empty}
    return [
        Problem(f"class folder '{label}' holds no DICOM picture; fill or remove it", ("dicom",))
        for label in labels
        if label not in others
    ]


def _pixels(
    tree: ClassFolders, used: list[Slice], reading: SliceReading, progress: Progress
) -> NDArray[np.float32]:
    """All slices; each file is read once, and one is in memory at a time."""
    rows: dict[int, list[int]] = {}
    for row, one in enumerate(used):
        rows.setdefault(one.member, []).append(row)
    pixels = empty_rows((len(used), *reading.size), "float32")
    problems = []
    for done, (number, of_file) in enumerate(rows.items(), start=1):
        member = tree.files[number]
        try:
            pictures = read_pictures(tree.path(member))
            for row in of_file:
                frame = used[row].frame
                pixels[row] = resized(frame.turn(pictures[frame.number]), reading.size)
        except InputError as error:
            problems.append(member.problem(error, "dicom"))
        progress("DICOM files", done, len(rows))
    if problems:
        raise InputError(first_problems(problems))
    return pixels
