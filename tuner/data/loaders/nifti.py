"""A folder of NIfTI volumes, with one sub-folder for each class."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import RawData
from tuner.data.findings import Finding, counted, shortened
from tuner.data.folders import ClassFolders, Member, class_folders, first_problems
from tuner.data.loaders.registry import LOADERS, existing_folder
from tuner.data.path_groups import groups_of
from tuner.data.pixels import empty_rows
from tuner.data.progress import Progress, silent
from tuner.data.volumes.extra import needs_mri
from tuner.data.volumes.nifti import VolumeHeader, read_volume, read_volume_header
from tuner.data.volumes.slices import (
    Keep,
    Orientation,
    SliceReading,
    check_kept,
    check_stated,
    cut,
    kept,
    settled_size,
    spelled_spacing,
    tally,
)
from tuner.data.volumes.unlike import (
    mask_findings,
    single_findings,
    spacing_findings,
    tilt_findings,
    way_findings,
)
from tuner.errors import InputError, Problem

__all__ = ["load_nifti"]

_SUBJECT = re.compile(r"(?:^|[/_])(sub-[A-Za-z0-9]+)")
"""The entity of the Brain Imaging Data Structure that names a person."""


@LOADERS.register("nifti")
def load_nifti(
    *,
    location: str,
    folder: Path,
    progress: Progress = silent,
    orientation: Orientation = "axial",
    size: tuple[int, int] | None = None,
    group: str | None = None,
    keep: Keep = (0.0, 1.0),
) -> RawData:
    """NIfTI volumes in one sub-folder for each class, cut into slices with the subject as group.

    Axes are brought to one orientation, see `tuner.data.volumes.slices`; the intensity scale of
    the file is applied.

    Args:
        location: The folder; read are ``.nii`` and ``.nii.gz`` files, also in nested folders.
        folder: Folder that a relative `location` starts from.
        progress: Hears how far the reading is.
        orientation: The plane of the slices: ``axial``, ``coronal`` or ``sagittal``.
        size: Height and width that every slice is resized to; must be stated where they differ.
        group: Regular expression on a file's path from its class folder; its first capture group
            is the subject. Else ``sub-…`` in the path, else the name of the file.
        keep: The share of each stack that is used, as its two ends: ``[0.2, 0.8]`` leaves out a
            fifth at both.

    Raises:
        InputError: Names the files and folders that are not as expected.
    """
    needs_mri("nibabel", "nifti")
    root = existing_folder(location, folder, "nifti")
    check_stated(size, keep)
    tree = class_folders(root, _is_nifti, ".nii or .nii.gz files", "nifti")
    subjects, problems = groups_of(tree.files, group) if group else _subjects(tree.files)
    headers = _headers(tree, [*tree.problems, *problems], progress)
    names = [member.name for member in tree.files]
    sizes = [header.size(orientation) for header in headers]
    reading = SliceReading("nifti", orientation, settled_size(sizes, names, size, "nifti"), keep)
    pixels, counts, two_valued = _voxels(tree, headers, reading, progress)
    spacings = [header.spacings(orientation) for header in headers]
    return RawData(
        pixels,
        np.repeat(tree.labels, counts),
        np.repeat(np.asarray(subjects, dtype=np.str_), counts),
        findings=(
            *tree.left_out(".nii and .nii.gz files"),
            *_not_oriented(headers, names),
            *way_findings([header.stored * header.oriented for header in headers], names, "nifti"),
            *tilt_findings([header.tilt for header in headers], names, "nifti"),
            *spacing_findings(spacings, names, "nifti"),
            *single_findings(counts, names, "nifti"),
            *mask_findings(two_valued, names, "nifti"),
        ),
        reading={
            **reading.to_json(),
            "found": {
                "volumes": len(headers),
                "shapes": tally(["×".join(map(str, header.shape)) for header in headers]),
                "spacing": tally([spelled_spacing(header.spacing) for header in headers]),
                "axes": tally([header.stored for header in headers]),
                "resized": sum(found != reading.size for found in sizes),
                "min": float(pixels.min()),
                "max": float(pixels.max()),
            },
        },
        files=[name for name, count in zip(names, counts, strict=True) for _ in range(count)],
    )


def _is_nifti(path: str) -> bool:
    return path.lower().endswith((".nii", ".nii.gz"))


def _subjects(files: Sequence[Member]) -> tuple[list[str], list[Problem]]:
    """The subject of each file by its name.

    In a nested folder a file's own name says what was recorded, not whom.
    """
    subjects = []
    unclear = []
    for member in files:
        found = _SUBJECT.search(member.inner)
        if found is None and "/" in member.inner:
            unclear.append(member.name)
        subjects.append(
            found[1] if found else re.sub(r"\.nii(\.gz)?$", "", member.inner, flags=re.I)
        )
    if not unclear:
        return subjects, []
    message = (
        f"the subject of {len(unclear)} files in nested folders is not clear: {shortened(unclear)};"
        " state group: a regular expression on the path, like '^([^/]+)/'"
    )
    return subjects, [Problem(message, ("nifti",))]


def _headers(tree: ClassFolders, problems: list[Problem], progress: Progress) -> list[VolumeHeader]:
    """The header of each file; raises with `problems` and all that it finds itself."""
    headers = []
    problems = list(problems)
    for number, member in enumerate(tree.files):
        try:
            headers.append(read_volume_header(tree.path(member)))
        except InputError as error:
            problems.append(member.problem(error, "nifti"))
        progress("volume headers", number + 1, len(tree.files))
    if problems:
        raise InputError(first_problems(problems))
    return headers


def _voxels(
    tree: ClassFolders, headers: list[VolumeHeader], reading: SliceReading, progress: Progress
) -> tuple[NDArray[np.float32], list[int], list[bool]]:
    """All slices; for each file, how many there are, and whether it has two values at most.

    One volume is in memory at a time.
    """
    stacks = [kept(header.slices(reading.orientation), reading.keep) for header in headers]
    counts = [stack.stop - stack.start for stack in stacks]
    pairs = zip(tree.files, counts, strict=True)
    check_kept([member.name for member, count in pairs if not count], reading.keep)
    problems: list[Problem] = []
    two_valued: list[bool] = []
    pixels = empty_rows((sum(counts), *reading.size), "float32")
    at = 0
    for number, (member, count) in enumerate(zip(tree.files, counts, strict=True)):
        try:
            volume = read_volume(tree.path(member))
            two_valued.append(_is_two_valued(volume))
            pixels[at : at + count] = reading.finished(cut(volume, reading.orientation))
        except InputError as error:
            problems.append(member.problem(error, "nifti"))
        at += count
        progress("volumes", number + 1, len(counts))
    if problems:
        raise InputError(first_problems(problems))
    return pixels, counts, two_valued


def _is_two_valued(volume: NDArray[np.float32]) -> bool:
    return bool(((volume == volume.min()) | (volume == volume.max())).all())


def _not_oriented(headers: list[VolumeHeader], names: list[str]) -> list[Finding]:
    unknown = [name for header, name in zip(headers, names, strict=True) if not header.oriented]
    if not unknown:
        return []
    message = (
        f"{counted(len(unknown), 'volume')} without a word on where the axes point (sform and qform"
        f" codes are 0): {shortened(unknown)}; left and right may be exchanged"
    )
    return [Finding("warning", "orientation", message, ("data", "nifti"))]
