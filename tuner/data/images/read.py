"""Many image files become one array."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from tuner.data.folders import first_problems
from tuner.data.images.decode import ImageReading, Origin, decode
from tuner.data.images.header import pillow_warnings
from tuner.data.parallel import in_threads, threads_for
from tuner.data.pixels import empty_rows, spelled_size
from tuner.data.progress import Progress, silent
from tuner.errors import InputError, Problem

if TYPE_CHECKING:
    from _typeshed import StrPath

__all__ = ["ImageFacts", "read_image_files", "read_images"]


@dataclass
class ImageFacts:
    """What was found while images were read.

    Attributes:
        modes: How many files have each mode.
        sizes: How many files have each height and width.
        resized: Files of another size than asked for.
        transparent: Files with transparent parts.
        low: Smallest number in the array.
        high: Largest number in the array.
    """

    modes: Counter[str] = field(default_factory=Counter)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    resized: int = 0
    transparent: int = 0
    low: int = 0
    high: int = 0

    def add(self, origin: Origin, size: tuple[int, int]) -> None:
        """Counts one more picture."""
        self.modes[origin.header.mode] += 1
        self.sizes[origin.header.size] += 1
        self.resized += origin.header.size != size
        self.transparent += origin.transparent

    def to_json(self) -> dict[str, Any]:
        """Plain values for people."""
        return {
            "modes": dict(sorted(self.modes.items())),
            "sizes": {spelled_size(size): n for size, n in sorted(self.sizes.items())},
            "resized": self.resized,
            "transparent": self.transparent,
            "min": self.low,
            "max": self.high,
        }


def read_images(paths: Sequence[StrPath], reading: Mapping[str, Any]) -> NDArray[Any]:
    """Reads image files in the way that a data set or a model states.

    Args:
        paths: PNG or JPEG files.
        reading: `RawData.reading` of the images that were trained on: ``channels``, ``size``,
            ``dtype``.

    Returns:
        Shape ``(files, height, width)`` for one channel, else ``(files, height, width, 3)``.

    Raises:
        InputError: Names each file that cannot be read.

    Example:
        >>> import pathlib, tempfile, PIL.Image
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "scan.png"
        >>> PIL.Image.new("RGBA", (6, 4), (200, 0, 0, 255)).save(path)
        >>> read_images([path], {"channels": 1, "size": [2, 3], "dtype": "uint8"})[0].tolist()
        [[60, 60, 60], [60, 60, 60]]
    """
    names = [str(path) for path in paths]
    return read_image_files(paths, names, ImageReading.from_json(reading))[0]


def read_image_files(
    paths: Sequence[StrPath],
    names: Sequence[str],
    reading: ImageReading,
    key: str = "images",
    progress: Progress = silent,
) -> tuple[NDArray[Any], ImageFacts]:
    """Reads image files into one array, whose memory is nearly all that this needs.

    Args:
        paths: PNG or JPEG files.
        names: What messages call them.
        reading: The form that they get.
        key: Key of the study that problems stand at.
        progress: Hears how far the reading is.

    Raises:
        InputError: Names each file that cannot be read.
    """
    pixels = empty_rows((len(paths), *reading.shape), reading.dtype)
    facts = ImageFacts()
    problems = []

    def read_into(number: int) -> Origin:
        pixels[number], origin = decode(paths[number], reading)
        return origin

    with pillow_warnings():
        results = in_threads(read_into, range(len(paths)), "images", progress, threads_for(paths))
        for number, result in enumerate(results):
            if isinstance(result, InputError):
                message = f"'{names[number]}' {result.problems[0].message}"
                problems.append(Problem(message, (key,)))
            else:
                facts.add(result, reading.size)
    if problems:
        raise InputError(first_problems(problems))
    facts.low, facts.high = int(pixels.min()), int(pixels.max())
    return pixels, facts
