"""One image file becomes an array of a stated form."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from tuner.data.findings import AGAIN
from tuner.data.images.header import Header, legible, opened, orientation_of
from tuner.data.pixels import resized
from tuner.devices import prepare_devices
from tuner.errors import InputError
from tuner.lazy import LazyModule
from tuner.quiet import hidden_stderr

if TYPE_CHECKING:
    from _typeshed import StrPath
    from PIL import Image
else:
    Image = LazyModule("PIL.Image")

__all__ = ["ImageReading", "Origin", "decode"]

_TENSORFLOW = threading.Lock()

_LAST = b"\0\0\0\0IEND\xaeB\x60\x82"
"""How a PNG ends."""

_LUMA = np.array([19595, 38470, 7471], dtype=np.int64)
"""Weights of red, green and blue in grey (ITU-R 601-2), in 1/65536; Pillow's own."""


@dataclass(frozen=True)
class ImageReading:
    """How image files become arrays; the same for training and for prediction.

    Attributes:
        channels: 1 for grey, 3 for red, green and blue.
        size: Height and width.
        dtype: ``uint8`` or ``uint16``; files of the other depth are refused, since nothing says
            how their numbers compare.
    """

    channels: Literal[1, 3]
    size: tuple[int, int]
    dtype: Literal["uint8", "uint16"]

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> ImageReading:
        """Reads what `to_json` wrote."""
        height, width = content["size"]
        return cls(content["channels"], (height, width), content["dtype"])

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "loader": "images",
            "channels": self.channels,
            "size": list(self.size),
            "dtype": self.dtype,
        }

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one picture."""
        return self.size if self.channels == 1 else (*self.size, 3)


@dataclass(frozen=True, slots=True)
class Origin:
    """What one picture was made from.

    Attributes:
        header: The form of the file; its size is the true one.
        transparent: Whether a part of it was transparent.
    """

    header: Header
    transparent: bool


def decode(path: StrPath, reading: ImageReading) -> tuple[NDArray[Any], Origin]:
    """Reads one PNG or JPEG file.

    The EXIF orientation is applied. Transparent parts are laid on black, palettes and CMYK become
    red, green and blue by Pillow's conversion, colours become grey as
    ``0.299 R + 0.587 G + 0.114 B``, grey becomes three equal channels; then the picture is resized.
    Colour profiles are not applied.

    Returns:
        Pixels of shape `ImageReading.shape`, and what they were made from.

    Raises:
        InputError: The file is damaged or of another depth; the message does not name it.
    """
    with legible(path) as file:
        image, header = opened(file)
        if header.dtype != reading.dtype:
            bits = {"uint8": "8 bits", "uint16": "16 bits"}
            raise InputError(
                f"has {bits[header.dtype]} a channel; expected {bits[reading.dtype]}, as in the"
                " other files; convert it"
            )
        image.load()
        _check_end(image, file)
        orientation = orientation_of(image)
        if header.dtype == "uint16":
            file.seek(0)
            pixels, transparent = _deep(image, header, file.read())
        else:
            pixels, transparent = _shallow(image, reading.channels)
    pixels = _turned(_with_channels(pixels, reading.channels), orientation)
    height, width = pixels.shape[:2]
    if header.size != (height, width):
        header = replace(header, size=(height, width))
    return resized(pixels, reading.size), Origin(header, transparent)


def _check_end(image: Image.Image, file: BinaryIO) -> None:
    """Refuses a PNG without its last chunk, which Pillow does not miss; of a JPEG it does."""
    if image.format != "PNG":
        return
    file.seek(-min(len(_LAST), file.seek(0, os.SEEK_END)), os.SEEK_END)
    if file.read() == _LAST:
        return
    file.seek(0)
    if _LAST not in file.read():  # some programs write notes of their own behind it
        raise InputError(f"is damaged or cut off (its last chunk is missing); {AGAIN}")


def _shallow(image: Image.Image, channels: int) -> tuple[NDArray[Any], bool]:
    """Pixels of an 8-bit file."""
    transparent = False
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        transparent = layered.getchannel("A").getextrema() != (255, 255)
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, layered).convert("RGB")
    mode = "L" if channels == 1 else "RGB"
    if image.mode != mode:  # else Pillow makes a copy
        image = image.convert(mode)
    return np.asarray(image), transparent


def _deep(image: Image.Image, header: Header, content: bytes) -> tuple[NDArray[Any], bool]:
    """Pixels of a 16-bit PNG, grey or with three channels."""
    if header.mode == "I;16":
        pixels = np.asarray(image).astype(np.uint16)
    else:
        pixels = _decoded_by_tensorflow(content)
    if header.mode in ("LA;16", "RGBA;16"):
        alpha = pixels[..., -1:].astype(np.int64)
        colours = (pixels[..., :-1] * alpha + 32767) // 65535
        return colours.astype(np.uint16), bool((alpha < 65535).any())
    # One colour may stand for "transparent" instead.
    key = image.info.get("transparency")
    if key is None:
        return pixels, False
    see_through = (pixels.reshape(*pixels.shape[:2], -1) == np.asarray(key)).all(axis=-1)
    pixels[see_through] = 0
    return pixels, bool(see_through.any())


def _decoded_by_tensorflow(content: bytes) -> NDArray[Any]:
    """Pixels of a 16-bit PNG of several channels, which Pillow reduces to 8 bits without a word."""
    # Two threads that hide the messages of one import would hide all messages for good.
    with _TENSORFLOW, hidden_stderr():
        import tensorflow as tf

        prepare_devices()
    with tf.device("CPU"):
        pixels: NDArray[Any] = tf.io.decode_png(content, dtype=tf.uint16).numpy().copy()
    return pixels


def _with_channels(pixels: NDArray[Any], channels: int) -> NDArray[Any]:
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    if channels == 3 and pixels.ndim == 2:
        return np.repeat(pixels[..., None], 3, axis=-1)
    if channels == 1 and pixels.ndim == 3:
        return ((pixels @ _LUMA + 0x8000) >> 16).astype(pixels.dtype)
    return pixels


def _turned(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """The picture as it is meant to be seen (EXIF 2.3, tag 0112)."""
    if orientation >= 5:
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
