"""What lies in a folder beside the files that a person means."""

from __future__ import annotations

import os
import re
import stat

__all__ = [
    "HIDDEN",
    "is_folder",
    "is_hidden",
    "is_special",
    "is_text",
    "is_within",
    "kind_of",
]

HIDDEN = "hidden"
"""The kind of a hidden file, and of all files in a hidden folder."""

_OF_SYSTEMS = frozenset(
    {
        "__MACOSX",  # in archives that macOS made
        "@eaDir",  # thumbnails, on storage of Synology
        "#recycle",
        "$RECYCLE.BIN",
        "System Volume Information",
        "lost+found",
    }
)
"""Folders that systems make beside a person's own."""

_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Line breaks and the like, and lone surrogates: bytes of a name that are no UTF-8."""


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:  # a link to itself; told when the file is read
        return False


def is_special(entry: os.DirEntry[str]) -> bool:
    """Whether it is a pipe, a socket or a device, which may never be read to an end."""
    if entry.is_file(follow_symlinks=False):
        return False
    try:
        return not stat.S_ISREG(entry.stat().st_mode)
    except OSError:  # a link to nowhere; told when the file is read
        return False


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is none that a person looks at.

    Example:
        >>> [name for name in ("._1.png", "__MACOSX", "1.png") if is_hidden(name)]
        ['._1.png', '__MACOSX']
    """
    return name.startswith(".") or name in _OF_SYSTEMS


def kind_of(path: str) -> str:
    """What a file is counted as when it is left out.

    Args:
        path: With ``/`` between folders.

    Example:
        >>> kind_of("a/1.TIF"), kind_of("a/README"), kind_of("a/.cache/1.png")
        ('.tif', 'without extension', 'hidden')
    """
    if any(map(is_hidden, path.split("/"))):
        return HIDDEN
    return os.path.splitext(path)[1].lower() or "without extension"


def is_text(path: str) -> bool:
    """Whether a path can be shown in a line and saved.

    Example:
        >>> [is_text(path) for path in ("bénin/1.png", "a\\nb.png", "\\udcff.png")]
        [True, False, False]
    """
    return _NO_TEXT.search(path) is None


def is_within(path: str, folder: str) -> bool:
    """Whether a path is a folder's or leads into it; both without links.

    Example:
        >>> is_within("/a/b", "/a"), is_within("/a", "/a"), is_within("/ab", "/a")
        (True, True, False)
    """
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
