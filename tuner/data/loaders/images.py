"""A folder of PNG and JPEG files, with one sub-folder for each class."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import numpy as np

from tuner.data.dataset import RawData
from tuner.data.findings import Finding
from tuner.data.folders import ClassFolders, class_folders, first_problems
from tuner.data.images import ImageFacts, ImageReading, read_image_files, settle, survey
from tuner.data.loaders.registry import LOADERS, existing_folder
from tuner.data.path_groups import groups_of
from tuner.data.pixels import size_problem, spelled_size
from tuner.data.progress import Progress, silent
from tuner.errors import InputError, Problem

__all__ = ["load_images"]

_SUFFIXES = (".png", ".jpg", ".jpeg")


@LOADERS.register("images")
def load_images(
    *,
    location: str,
    folder: Path,
    progress: Progress = silent,
    channels: Literal[1, 3] | None = None,
    size: tuple[int, int] | None = None,
    group: str | None = None,
    official_split: bool | None = None,
) -> RawData:
    """Images in one sub-folder for each class, PNG or JPEG, of 8 or 16 bits.

    Files may lie deeper than in the class folder itself. Each is judged by its content; other
    extensions and hidden files are left out and counted. See `tuner.data.images.decode` for what
    becomes of colours, transparency and orientation.

    Args:
        location: The folder.
        folder: Folder that a relative `location` starts from.
        progress: Hears how far the reading is.
        channels: 1 reads every file as grey, 3 as red, green and blue; must be stated where
            files differ.
        size: Height and width that every file is resized to; must be stated where files differ.
        group: Regular expression on a file's path from its class folder; its first capture group
            is the group (the subject) of the image.
        official_split: Whether the first level of folders is train, validation and test, with the
            class folders below.

    Raises:
        InputError: Names the files and folders that are not as expected.
    """
    root = existing_folder(location, folder, "images")
    if wrong := size_problem(size):
        raise InputError(wrong, ("size",))
    tree = class_folders(root, _is_image, "PNG or JPEG files", "images", official_split)
    groups, problems = groups_of(tree.files, group)
    problems = [*tree.problems, *problems]
    pixels, reading, facts = _read(tree, channels, size, problems, progress)
    return RawData(
        pixels,
        tree.labels,
        None if groups is None else np.asarray(groups, dtype=np.str_),
        parts=tree.parts,
        findings=(*tree.left_out("PNG and JPEG files"), *_findings(facts, reading)),
        reading={**reading.to_json(), "found": facts.to_json()},
        files=[member.name for member in tree.files],
    )


def _is_image(path: str) -> bool:
    return path.lower().endswith(_SUFFIXES)


def _read(
    tree: ClassFolders,
    channels: Literal[1, 3] | None,
    size: tuple[int, int] | None,
    problems: list[Problem],
    progress: Progress,
) -> tuple[np.ndarray, ImageReading, ImageFacts]:
    """Reads all files; raises with `problems` and all that it finds itself."""
    paths = [os.path.join(tree.root, member.name) for member in tree.files]
    names = [member.name for member in tree.files]
    found = survey(paths, names, "images", progress)
    broken = list(found.broken.values())
    if not found.headers:
        raise InputError(first_problems([*problems, *broken]))
    sound = [number for number in range(len(paths)) if number not in found.broken]
    try:
        reading = settle(found, channels, size)
        pixels, facts = read_image_files(
            [paths[number] for number in sound],
            [names[number] for number in sound],
            reading,
            progress=progress,
        )
    except InputError as error:
        raise InputError([*first_problems([*problems, *broken]), *error.problems]) from None
    if size is None and facts.resized:
        # Only an EXIF block behind the pixels is not yet known when sizes are compared.
        sizes = ", ".join(spelled_size(found) for found in facts.sizes)
        message = f"files differ in height×width ({sizes}); state size: [height, width]"
        problems.append(Problem(message, ("images",)))
    if problems or broken:
        raise InputError(first_problems([*problems, *broken]))
    return pixels, reading, facts


def _findings(facts: ImageFacts, reading: ImageReading) -> list[Finding]:
    """What was changed in images; a class that another device recorded shows itself here."""
    found = []
    if len(facts.modes) > 1:
        modes = ", ".join(f"{mode}: {count}" for mode, count in sorted(facts.modes.items()))
        read_as = "grey" if reading.channels == 1 else "red, green and blue"
        message = f"files of several modes ({modes}) are all read as {read_as}"
        found.append(Finding("warning", "image-modes", message, ("data", "channels")))
    if facts.resized:
        sizes = [f"{spelled_size(size)}: {count}" for size, count in facts.sizes.most_common(5)]
        rest = len(facts.sizes) - len(sizes)
        found.append(
            Finding(
                "warning",
                "images-resized",
                f"{facts.resized} of {facts.sizes.total()} images are resized to"
                f" {spelled_size(reading.size)} (height×width found: {', '.join(sizes)}"
                f"{f' and {rest} more' if rest else ''})",
                ("data", "size"),
            )
        )
    if facts.transparent:
        message = f"transparent parts of {facts.transparent} images are laid on black"
        found.append(Finding("warning", "images-transparent", message, ("data", "images")))
    return found
