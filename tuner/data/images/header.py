"""What an image file says of itself before it is decoded."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal

from tuner.data.findings import AGAIN
from tuner.errors import InputError, reason_of
from tuner.lazy import LazyModule

if TYPE_CHECKING:
    import PIL
    from _typeshed import StrPath
    from PIL import Image
else:
    PIL = LazyModule("PIL")
    Image = LazyModule("PIL.Image")

__all__ = ["Header", "legible", "opened", "orientation_of", "pillow_warnings", "read_header"]

_PNG = b"\x89PNG\r\n\x1a\n"
_COLOURS = {0: "I", 2: "RGB", 4: "LA", 6: "RGBA"}
"""Pillow's names for the colour types of 16-bit PNG."""

_PLAIN = 41
"""Bytes from the signature of a PNG to the kind of its second chunk."""

_USUAL = 1 << 24
"""More pixels are left to Pillow, which refuses gigantic pictures."""

_GREY = frozenset({"1", "L", "LA", "I"})
_ORIENTATION = 0x0112
_OTHERS = {
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "GIF": (b"GIF8",),
    "BMP": (b"BM",),
    "WebP": (b"RIFF",),
    "JPEG 2000": (b"\0\0\0\x0cjP", b"\xff\x4f\xff\x51"),
}
"""How files of other kinds begin, which often bear a wrong name."""

_TURNED = (5, 6, 7, 8)
"""EXIF orientations that exchange height and width."""


@dataclass(frozen=True, slots=True)
class Header:
    """The form of one image file.

    Attributes:
        mode: Pillow's name of the mode; ``;16`` is added for 16-bit files, which Pillow itself
            opens as 8-bit when they have more than one channel.
        size: Height and width as seen, so after the EXIF orientation.
        channels: 1 for grey files, 3 for all others.
        dtype: Numbers that hold every value of the file.
    """

    mode: str
    size: tuple[int, int]
    channels: Literal[1, 3]
    dtype: Literal["uint8", "uint16"]


def read_header(path: StrPath) -> Header:
    """The form of the file at `path`, without its pixels.

    Raises:
        InputError: It is no PNG or JPEG file, or is damaged; the message does not name the file.
    """
    with legible(path) as file:
        return _plain_png(file.read(_PLAIN)) or opened(file)[1]


def _plain_png(start: bytes) -> Header | None:
    """The form of a PNG whose pixels follow its header at once, so that nothing else bears on it.

    Most small files are such, and this takes a quarter of the time. Damage shows when the pixels
    are read.
    """
    if start[:16] != _PNG + b"\0\0\0\rIHDR" or start[37:] != b"IDAT":
        return None
    width, height, depth, colour = struct.unpack(">IIBB", start[16:26])
    if depth not in (8, 16) or colour not in _COLOURS or not 0 < width * height <= _USUAL:
        return None
    mode = _COLOURS[colour] if depth == 16 else _COLOURS[colour].replace("I", "L")
    return Header(
        f"{mode};16" if depth == 16 else mode,
        (height, width),
        1 if mode in _GREY else 3,
        "uint16" if depth == 16 else "uint8",
    )


@contextmanager
def legible(path: StrPath) -> Iterator[BinaryIO]:
    """The open file; whatever goes wrong with its content is told in one line."""
    try:
        with open(path, "rb") as file:
            yield file
    except InputError:
        raise
    except PIL.UnidentifiedImageError:
        raise InputError(_no_picture(path)) from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        limit = f"{Image.MAX_IMAGE_PIXELS:,}"
        raise InputError(f"has more than {limit} pixels; make it smaller") from None
    except OSError as error:
        # The system's faults have a number, those of decoders have none.
        fault = f"cannot be read: {error.strerror}; {AGAIN}" if error.errno else _damaged(error)
        raise InputError(fault) from None
    except Exception as error:  # decoders raise many kinds for damaged content
        raise InputError(_damaged(error)) from None


def _no_picture(path: StrPath) -> str:
    """What a file is that is neither PNG nor JPEG."""
    with open(path, "rb") as file:
        start = file.read(12)
    if not start:
        return f"is empty; {AGAIN}"
    for kind, signs in _OTHERS.items():
        if any(start.startswith(sign) for sign in signs):
            return f"is no PNG or JPEG file, but {kind}; convert it"
    return f"is no PNG or JPEG file, or is damaged; {AGAIN}"


def _damaged(error: Exception) -> str:
    return f"is damaged or cut off ({reason_of(error)}); {AGAIN}"


def opened(file: BinaryIO) -> tuple[Image.Image, Header]:
    """Pillow's image, not yet decoded, and the header."""
    file.seek(0)
    start = file.read(26)
    file.seek(0)
    image = Image.open(file, formats=("PNG", "JPEG"))
    # The further frames of a JPEG are previews; those of a PNG are an animation.
    frames = getattr(image, "n_frames", 1)
    if image.format == "PNG" and frames > 1:
        raise InputError(f"is an animation of {frames} frames; save the one picture that is meant")
    deep = start.startswith(_PNG) and start[24] == 16
    mode = _COLOURS[start[25]] if deep else image.mode
    height, width = image.height, image.width
    # Asking a PNG without EXIF for its orientation would decode it.
    if "exif" in image.info and orientation_of(image) in _TURNED:
        height, width = width, height
    return image, Header(
        f"{mode};16" if deep else mode,
        (height, width),
        1 if mode in _GREY else 3,
        "uint16" if deep else "uint8",
    )


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, from 1 to 8; 1 where there is none that can be read."""
    if not image.info:  # asking for EXIF takes longer than decoding a small picture
        return 1
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # any error that garbage can cause; the pixels may be sound
        return 1
    return orientation if orientation in range(1, 9) else 1


@contextmanager
def pillow_warnings() -> Iterator[None]:
    """Keeps Pillow's remarks on metadata quiet, and turns the one on gigantic files into an error.

    Warning filters belong to the whole process, so this stands around the threads, not in them.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield
