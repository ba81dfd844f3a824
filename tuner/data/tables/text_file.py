"""A text file's encoding, and its content as UTF-8 with lines that end in one character."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tuner.data.progress import Progress
from tuner.errors import InputError

__all__ = ["TextFile", "examine"]

_PIECE = 1 << 23

_SAMPLE = 1 << 20
"""Bytes by which a file is judged before it is read."""

_UTF8 = "utf-8"

_BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark is its beginning
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

_COMPRESSED: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}

_OTHER = {
    b"PK\x03\x04": "is a ZIP archive or an Excel workbook; save the table as text",
    b"\xd0\xcf\x11\xe0": "is an Excel workbook; save the table as text",
    b"PAR1": "is a Parquet file; name it under 'parquet'",
}


@dataclass(frozen=True)
class TextFile:
    """A text file that was read once.

    Attributes:
        path: Where it is.
        key: The loader's key in the data section.
        encoding: Python's name of its encoding; every byte of the file is valid in it.
        lines: Number of lines, so that there are no more rows than this.
        size: Bytes on disk.
        newline: What its lines end in, once ``\\r\\n`` is one character.
    """

    path: Path
    key: str
    encoding: str
    lines: int
    size: int
    newline: str

    def pieces(self) -> Iterator[tuple[bytes, int]]:
        """The content as UTF-8 with lines that end in ``\\n``, and the bytes read so far."""
        held, first = b"", True
        for raw, done in self._utf8():
            piece = held + raw
            if first and piece:
                piece, first = piece.removeprefix(codecs.BOM_UTF8), False
            # The other half of a \r\n may come with the next piece.
            held = b"\r" if raw and piece.endswith(b"\r") else b""
            piece = piece[: len(piece) - len(held)]
            if b"\r" in piece:
                piece = piece.replace(b"\r\n", b"\n")
                piece = piece if self.newline == "\n" else piece.replace(b"\r", b"\n")
            yield piece, done

    def beginning(self) -> tuple[str, bool]:
        """The first rows as text, and whether there are no more."""
        found = b""
        for piece, _ in self.pieces():
            found += piece
            if len(found) > _SAMPLE:
                return found[:_SAMPLE].decode(errors="ignore"), False
        return found.decode(), True

    def _utf8(self) -> Iterator[tuple[bytes, int]]:
        if self.encoding == _UTF8:
            yield from _raw_pieces(self.path, self.key)
            return
        decode = codecs.getincrementaldecoder(self.encoding)()
        for raw, done in _raw_pieces(self.path, self.key):
            yield decode.decode(raw, final=not raw).encode(), done


def examine(path: Path, encoding: str | None, key: str, progress: Progress) -> TextFile:
    """Reads a file once to find its encoding and to check every byte.

    Without a given encoding, a byte order mark decides; without one the file must be UTF-8.

    Args:
        path: The file; it may be compressed by gzip, bzip2 or xz.
        encoding: Python's name of the encoding, if it is known.
        key: The loader's key in the data section.
        progress: Hears how far the reading is.

    Raises:
        InputError: The file is no text, or has bytes that are not of its encoding.
    """
    size = path.stat().st_size
    head = next(_raw_pieces(path, key))[0][:4]
    for start, what in _OTHER.items():
        if head.startswith(start):
            raise InputError(f"{path.name} {what}", (key,))
    found = next((name for bom, name in _BOMS.items() if head.startswith(bom)), _UTF8)
    name = found if encoding is None else _known(encoding)
    decode = codecs.getincrementaldecoder(name)()
    lines, old_lines, seen = 1, 1, 0
    for raw, done in _raw_pieces(path, key):
        held = len(decode.getstate()[0])
        try:
            # Most files are plain ASCII, which needs no decoding and is read twice as fast.
            plain = name == _UTF8 and not held and raw.isascii()
            text = raw if plain else decode.decode(raw, final=not raw).encode()
        except UnicodeError as error:
            offset = seen - held + getattr(error, "start", 0)
            raise _not_text(path, key, name, encoding, offset) from None
        if b"\0" in text:
            message = f"{path.name} is no text in {name}: it holds characters of value 0"
            raise InputError(f"{message}; if it is text, set 'encoding' (utf-16-le, say)", (key,))
        lines += text.count(b"\n")
        old_lines += text.count(b"\r")
        seen += len(raw)
        progress(f"checking {path.name}", done, size)
    newline = "\n" if lines > 1 else "\r"
    return TextFile(path, key, name, max(lines, old_lines), size, newline)


def _known(encoding: str) -> str:
    """Python's own name of an encoding of text."""
    try:
        "".encode(encoding)
        codecs.getincrementaldecoder(encoding)
        return codecs.lookup(encoding).name
    except (LookupError, UnicodeError):
        message = f"unknown encoding '{encoding}'; utf-8, utf-16, latin-1 and cp1252 are common"
        raise InputError(message, ("encoding",)) from None


def _not_text(path: Path, key: str, name: str, given: str | None, offset: int) -> InputError:
    """Says which byte is wrong, and which encoding may be meant."""
    if given:
        message = f"{path.name} is not {given} (byte {offset}); name its real encoding"
        return InputError(message, ("encoding",))
    if name != _UTF8:
        return InputError(
            f"{path.name} begins as {name}, but byte {offset} is not; save it again", (key,)
        )
    with _opened(path, key) as (file, _):
        file.seek(max(0, offset - 40))
        before = file.read(min(40, offset))
        after = file.read(1 << 16)
    zeros = re.search(rb"\0", before + after)
    if zeros:
        guess = "utf-16-le" if (offset - len(before) + zeros.start()) % 2 else "utf-16-be"
        message = f"{path.name} is not UTF-8 (byte {offset}); set 'encoding', perhaps to {guess}"
        return InputError(message, (key,))
    # Bytes from 0x80 to 0x9f are control characters in Latin-1, and letters and quotes in cp1252.
    guess = "cp1252" if re.search(rb"[\x80-\x9f]", after) else "latin-1"
    start = re.search(r"\w*$", before.decode(guess, "replace"))
    end = re.match(r"\W?\w*", after[:40].decode(guess, "replace"))
    word = (start[0] if start else "") + (end[0] if end else "")
    return InputError(
        f"{path.name} is not UTF-8 (byte {offset}); set 'encoding', perhaps to {guess}, which reads"
        f" '{word}' there",
        (key,),
    )


def _raw_pieces(path: Path, key: str) -> Iterator[tuple[bytes, int]]:
    """The uncompressed bytes, a last empty piece included, and the bytes read from disk."""
    with _opened(path, key) as (file, source):
        while True:
            raw = file.read(_PIECE)
            yield raw, source.tell()
            if not raw:
                return


@contextmanager
def _opened(path: Path, key: str) -> Iterator[tuple[IO[bytes], io.BufferedReader]]:
    """The uncompressed content and the file that it comes from."""
    try:
        with path.open("rb") as source:
            head = source.peek(6)
            openers = [f for start, f in _COMPRESSED.items() if head.startswith(start)]
            with openers[0](source, "rb") if openers else source as file:
                yield file, source
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise InputError(f"{path.name} cannot be read: {error}", (key,)) from None
