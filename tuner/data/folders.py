"""A folder with one sub-folder for each class."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tuner.data.findings import Finding, counted, shortened
from tuner.data.folder_entries import (
    HIDDEN,
    is_folder,
    is_hidden,
    is_special,
    is_text,
    is_within,
    kind_of,
)
from tuner.data.roles import PARTS, checked_parts
from tuner.errors import InputError, Problem

__all__ = ["ClassFolders", "Member", "all_files", "class_folders", "first_problems"]

_SHOWN = 10
_LINK = "link in a circle"
_SPECIAL = "no regular file"
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

    def problem(self, error: InputError, key: str) -> Problem:
        """What is said of the file, by its name, at the key of the study that names the folder."""
        return Problem(f"'{self.name}' {error.problems[0].message}", (key,))


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
        total = counted(self.skipped.total(), "file")
        message = f"{total} in {self.root.name} left out ({_listed(self.skipped)})"
        return [Finding("warning", "files-left-out", f"{message}; read are {expected}")]


def class_folders(
    root: Path,
    wanted: Callable[[str], bool],
    expected: str,
    key: str,
    official_split: bool | None = None,
) -> ClassFolders:
    """Finds the files of each class, however deep they lie below its folder.

    Args:
        root: The top folder; its sub-folders are the classes, or the parts of an official split
            with the classes below.
        wanted: Whether the file at a path is read, by name or content. Hidden files never are.
        expected: What is read, in words.
        key: Key of the study that names the folder.
        official_split: Whether the first level is an official split. None refuses folders that
            look like one.

    Returns:
        The files; `problems` tells of empty class folders, of files outside of class folders, of
        links that would read files twice, and of names that are no text.

    Raises:
        InputError: There is no class folder, or a folder cannot be read.
    """
    walk = _Walk(ClassFolders(root), wanted, expected, key)
    tops = walk.sub_folders()
    if not tops:
        raise InputError(
            f"{root} has no sub-folders; expected one for each class, with {expected}", (key,)
        )
    words = {top.strip().lower() for top in tops}
    if official_split is None and len(words) > 1 and words <= _PART_WORDS:
        raise InputError(
            f"the folders {shortened(tops)} look like an official split; set official_split: true,"
            " or false if they are classes",
            (key,),
        )
    if not official_split:
        for top in tops:
            walk.add_class(top)
        return walk.tree
    checked_parts(np.asarray(tops, dtype=np.str_), len(tops))
    for top in tops:
        classes = walk.sub_folders(f"{top}/")
        if not classes:
            walk.tree.problems.append(Problem(f"'{top}' has no class folders", (key,)))
        for name in classes:
            walk.add_class(name, top)
    return walk.tree


def all_files(root: Path, wanted: Callable[[str], bool], key: str) -> ClassFolders:
    """The files of a folder without classes, however deep they lie.

    Args:
        root: The folder.
        wanted: As for `class_folders`.
        key: Of the data section, for what is raised.

    Raises:
        InputError: A folder cannot be read.
    """
    walk = _Walk(ClassFolders(root), wanted, "", key)
    walk.add_all()
    return walk.tree


@dataclass(frozen=True)
class _Walk:
    """Fills a tree; paths are texts from its root, since `pathlib` takes as long as decoding."""

    tree: ClassFolders
    wanted: Callable[[str], bool]
    expected: str
    key: str
    linked: list[str] = field(default_factory=list)
    """Folders that links lead to and that are read, outside of the root."""

    def sub_folders(self, above: str = "") -> list[str]:
        """Names of visible folders in sorted order; files beside them are told or counted."""
        folders = []
        for entry in self._entries(above):
            path = above + entry.name
            if is_folder(entry):
                if is_hidden(entry.name):
                    self.tree.skipped.update(map(kind_of, self._hidden(path)))
                elif self._is_entered(entry, path):
                    folders.append(entry.name)
            elif is_special(entry):
                self.tree.skipped[_SPECIAL] += 1
            elif not is_hidden(entry.name) and self._is_wanted(path):
                self._tell(f"'{path}' lies in no class folder; move it into one")
            else:
                self.tree.skipped[kind_of(path)] += 1
        return folders

    def add_class(self, name: str, part: str = "") -> None:
        """Adds the files of a class folder, which may stand in a part of an official split."""
        above = f"{part}/{name}/" if part else f"{name}/"
        label = unicodedata.normalize("NFC", name)
        files: list[Member] = []
        others: Counter[str] = Counter()
        nameless = False
        for path in self._below(above):
            inner = path[len(above) :]
            if kind_of(inner) == HIDDEN or not self._is_wanted(path):
                others[kind_of(inner)] += 1
            elif is_text(path):
                files.append(Member(path, label, inner, part))
            else:
                nameless = True
                self._tell(f"{path!a} is no name that can be shown; rename the file or its folder")
        self.tree.files += files
        self.tree.skipped += others
        if not files and not nameless:
            found = f", but {_listed(others)}" if others else ""
            advice = "convert them, or remove the folder" if others else "fill or remove it"
            self._tell(f"class folder '{above[:-1]}' holds no {self.expected}{found}; {advice}")

    def add_all(self) -> None:
        """Adds all files below the root, without a class."""
        for path in self._below(""):
            if kind_of(path) == HIDDEN or not self._is_wanted(path):
                self.tree.skipped[kind_of(path)] += 1
            elif is_text(path):
                self.tree.files.append(Member(path, "", path))
            else:
                self._tell(f"{path!a} is no name that can be shown; rename the file or its folder")

    def _tell(self, message: str) -> None:
        self.tree.problems.append(Problem(message, (self.key,)))

    def _is_wanted(self, path: str) -> bool:
        return self.wanted(os.path.join(self.tree.root, path))

    def _is_entered(self, entry: os.DirEntry[str], path: str) -> bool:
        """Whether a folder is looked into: one that a link names may be, or hold, another one."""
        if not entry.is_symlink():
            return True
        root = os.path.realpath(self.tree.root)
        target = os.path.realpath(os.path.join(root, path))
        above = os.path.realpath(os.path.join(root, os.path.dirname(path)))
        if is_within(above, target):
            self.tree.skipped[_LINK] += 1
            return False
        if self._is_read(target, root):
            self._tell(f"'{path}' is a link to a folder that is read as well; remove it")
            return False
        self.linked.append(target)
        return True

    def _is_read(self, target: str, root: str) -> bool:
        if is_within(target, root):
            return kind_of(os.path.relpath(target, root)) != HIDDEN
        return any(is_within(target, known) or is_within(known, target) for known in self.linked)

    def _below(self, above: str, seen: tuple[str, ...] = ()) -> Iterator[str]:
        """All files below a folder in sorted order; links are followed, but never in a circle."""
        real = os.path.realpath(os.path.join(self.tree.root, above))
        if real in seen:
            self.tree.skipped[_LINK] += 1
            return
        for entry in self._entries(above):
            path = above + entry.name
            if is_folder(entry):
                if is_hidden(entry.name):
                    yield from self._hidden(path)
                elif self._is_entered(entry, path):
                    yield from self._below(f"{path}/", (*seen, real))
            elif is_special(entry):
                self.tree.skipped[_SPECIAL] += 1
            else:
                yield path

    def _hidden(self, path: str) -> Iterator[str]:
        """The files of a hidden folder, to be counted; what of it cannot be looked into is not."""
        for folder, _, names in os.walk(os.path.join(self.tree.root, path)):
            inner = os.path.relpath(folder, self.tree.root)
            yield from (f"{inner}/{name}" for name in names)

    def _entries(self, above: str) -> list[os.DirEntry[str]]:
        folder = os.path.join(self.tree.root, above)
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: unicodedata.normalize("NFC", entry.name))
        except OSError as error:
            message = f"{folder.rstrip('/')} cannot be read: {error.strerror}"
            raise InputError(message, (self.key,)) from None


def _listed(kinds: Counter[str]) -> str:
    """Kinds of files with their counts."""
    return ", ".join(f"{kind}: {count}" for kind, count in sorted(kinds.items()))


def first_problems(problems: Sequence[Problem], most: int = _SHOWN) -> list[Problem]:
    """The first few problems, and how many more there are."""
    rest = len(problems) - most
    if rest <= 0:
        return list(problems)
    more = Problem(f"and {rest} more such files", problems[most].path)
    return [*problems[:most], more]
