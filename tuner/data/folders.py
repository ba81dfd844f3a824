"""A folder with one sub-folder for each class."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tuner.data.findings import Finding, shortened
from tuner.data.roles import PARTS, checked_parts
from tuner.errors import InputError, Problem

__all__ = ["ClassFolders", "Member", "class_folders", "first_problems", "groups_of"]

_SHOWN = 10
_PART_WORDS = frozenset(word for words in PARTS.values() for word in words)


@dataclass(frozen=True, slots=True)
class Member:
    """One file below a class folder.

    Attributes:
        name: Its path from the top folder, with ``/`` on every system.
        label: Name of the class folder, in Unicode's composed form.
        inner: Its path from the class folder.
        part: Folder above the class folder in an official split; else empty.
    """

    name: str
    label: str
    inner: str
    part: str = ""


@dataclass
class ClassFolders:
    """What lies in a folder of classes.

    Attributes:
        root: The top folder.
        files: Files that are read, in sorted order, so that rows are the same on every machine.
        skipped: How many files of each kind are left out.
        problems: What is not where it should be.
    """

    root: Path
    files: list[Member] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    def path(self, member: Member) -> Path:
        """Where the file is."""
        return self.root / member.name

    @property
    def labels(self) -> np.ndarray:
        """The class of each file."""
        return np.asarray([member.label for member in self.files], dtype=np.str_)

    @property
    def parts(self) -> np.ndarray | None:
        """The official part of each file, or None."""
        parts = np.asarray([member.part for member in self.files], dtype=np.str_)
        return parts if parts.any() else None

    def left_out(self, expected: str) -> list[Finding]:
        """What is told of files that are not read."""
        if not self.skipped:
            return []
        kinds = ", ".join(f"{kind}: {count}" for kind, count in sorted(self.skipped.items()))
        total = self.skipped.total()
        message = f"{total} file{'s' * (total > 1)} in {self.root.name} left out ({kinds})"
        return [Finding("warning", "files-left-out", f"{message}; read are {expected}")]


def class_folders(
    root: Path,
    wanted: Callable[[Path], bool],
    expected: str,
    key: str,
    official_split: bool | None = None,
) -> ClassFolders:
    """Finds the files of each class, however deep they lie below its folder.

    Args:
        root: The top folder; its sub-folders are the classes, or the parts of an official split
            with the classes below.
        wanted: Whether a file is read, by name or content. Hidden files never are.
        expected: What is read, in words.
        key: Key of the study that names the folder.
        official_split: Whether the first level is an official split. None refuses folders that
            look like one.

    Returns:
        The files; `problems` tells of empty class folders and of files outside of class folders.

    Raises:
        InputError: There is no class folder, or a folder cannot be read.
    """
    tree = ClassFolders(root)
    tops = _sub_folders(root, tree, wanted, key)
    if not tops:
        raise InputError(
            f"{root} has no sub-folders; expected one for each class, with {expected}", (key,)
        )
    names = [top.name for top in tops]
    words = {name.strip().lower() for name in names}
    if official_split is None and len(words) > 1 and words <= _PART_WORDS:
        raise InputError(
            f"the folders {shortened(names)} look like an official split; set official_split: true,"
            " or false if they are classes",
            (key,),
        )
    if not official_split:
        for top in tops:
            _add_class(tree, top, "", wanted, expected, key)
        return tree
    checked_parts(np.asarray(names, dtype=np.str_), len(names))
    for top in tops:
        classes = _sub_folders(top, tree, wanted, key)
        if not classes:
            tree.problems.append(Problem(f"'{top.name}' has no class folders", (key,)))
        for folder in classes:
            _add_class(tree, folder, top.name, wanted, expected, key)
    return tree


def _sub_folders(
    folder: Path, tree: ClassFolders, wanted: Callable[[Path], bool], key: str
) -> list[Path]:
    """Visible folders in sorted order; files beside them are told or counted."""
    folders = []
    for path in _entries(folder, key):
        if path.is_dir():
            folders.append(path)
        elif not _is_hidden(path.name) and wanted(path):
            name = path.relative_to(tree.root).as_posix()
            tree.problems.append(
                Problem(f"'{name}' lies in no class folder; move it into one", (key,))
            )
        else:
            tree.skipped[_kind(path)] += 1
    hidden = [path for path in folders if _is_hidden(path.name)]
    tree.skipped.update(_kind(path) for top in hidden for path in _below(top, key))
    return [path for path in folders if not _is_hidden(path.name)]


def _add_class(
    tree: ClassFolders,
    folder: Path,
    part: str,
    wanted: Callable[[Path], bool],
    expected: str,
    key: str,
) -> None:
    label = unicodedata.normalize("NFC", folder.name)
    found = False
    for path in _below(folder, key):
        inner = path.relative_to(folder)
        if not any(map(_is_hidden, inner.parts)) and wanted(path):
            name = path.relative_to(tree.root).as_posix()
            tree.files.append(Member(name, label, inner.as_posix(), part))
            found = True
        else:
            tree.skipped[_kind(path)] += 1
    if not found:
        name = folder.relative_to(tree.root).as_posix()
        tree.problems.append(
            Problem(f"class folder '{name}' holds no {expected}; fill or remove it", (key,))
        )


def _below(folder: Path, key: str, above: tuple[str, ...] = ()) -> Iterator[Path]:
    """All files below a folder in sorted order; links are followed, but never in a circle."""
    real = os.path.realpath(folder)
    if real in above:
        return
    for path in _entries(folder, key):
        if path.is_dir():
            yield from _below(path, key, (*above, real))
        else:
            yield path


def _entries(folder: Path, key: str) -> list[Path]:
    try:
        return sorted(folder.iterdir(), key=lambda path: unicodedata.normalize("NFC", path.name))
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}", (key,)) from None


def _is_hidden(name: str) -> bool:
    # The second is what macOS adds to archives.
    return name.startswith(".") or name == "__MACOSX"


def _kind(path: Path) -> str:
    if path.name.startswith("."):
        return "hidden"
    return path.suffix.lower() or "without extension"


def groups_of(
    files: Sequence[Member], pattern: str | None
) -> tuple[list[str] | None, list[Problem]]:
    """The group of each file by a regular expression on its path from the class folder.

    Args:
        files: The files.
        pattern: Its first capture group is the group; found anywhere in the path. None: no groups.

    Returns:
        Groups, and what is wrong with the pattern or the files that it does not find.

    Example:
        >>> groups_of([Member("lesion/p07/3.png", "lesion", "p07/3.png")], r"^p(\\d+)/")
        (['07'], [])
    """
    if pattern is None:
        return None, []
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        return None, [Problem(f"'{pattern}' is no regular expression: {error}", ("group",))]
    if not compiled.groups:
        hint = r"put the part of the path that names the subject in brackets, like '^(p\d+)/'"
        return None, [Problem(f"'{pattern}' captures nothing; {hint}", ("group",))]
    groups: list[str] = []
    missed: list[str] = []
    for member in files:
        match = compiled.search(unicodedata.normalize("NFC", member.inner))
        if match is not None and match[1]:
            groups.append(match[1])
        else:
            missed.append(member.inner)
    if missed:
        count = f"{len(missed)} of {len(files)} files"
        message = f"'{pattern}' finds no group in {count}: {shortened(missed)}"
        return None, [Problem(message, ("group",))]
    return groups, []


def first_problems(problems: Sequence[Problem], most: int = _SHOWN) -> list[Problem]:
    """The first few problems, and how many more there are."""
    rest = len(problems) - most
    if rest <= 0:
        return list(problems)
    more = Problem(f"and {rest} more such files", problems[most].path)
    return [*problems[:most], more]
