"""How fast a folder of small images is loaded, and how much memory that takes, beside a peer.

    python benchmarks/loading_images.py --files 50000 --side 64

Writes grey PNG files of two classes into a temporary folder and loads them in fresh processes, ours
and Keras' `image_dataset_from_directory` in alternation. Prints images a second, and the largest
resident size beyond that after the imports, divided by the size of the uint8 array that is loaded.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

__all__ = ["add_arguments", "main"]

_BATCH = 1024


def add_arguments(parser):
    """The options of `main`."""
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)


def main(arguments):
    """A folder of small grey PNG files, beside Keras' own loader.

    Args:
        arguments: ``files``, their ``side`` in pixels, and how many ``rounds`` are run.
    """
    array = arguments.files * arguments.side**2
    with tempfile.TemporaryDirectory() as name:
        write_images(Path(name) / "images", arguments.files, arguments.side)
        side = arguments.side
        print(f"{arguments.files} PNG files of {side}x{side}, array of {array / 1e6:.0f} MB")
        found = {way: [] for way in WAYS}
        for _ in range(arguments.rounds):
            for way in WAYS:
                found[way].append(measured(way, name))
    assert len({run["sum"] for runs in found.values() for run in runs}) == 1
    tell(found, arguments.files, array)


def write_images(folder, files, side):
    """Smooth pictures with noise, like scans; every tenth is of the class 'rare'."""
    from PIL import Image

    rng = np.random.default_rng(0)
    waves = np.sin(np.linspace(0, 3, side))
    for label in ("common", "rare"):
        (folder / label).mkdir(parents=True)
    for number in range(files):
        picture = 100 * np.outer(waves, np.roll(waves, number)) + rng.normal(110, 10, (side, side))
        label = "common" if number % 10 else "rare"
        image = Image.fromarray(picture.clip(0, 255).astype(np.uint8))
        image.save(folder / label / f"{number:06d}.png")


def tell(found, files, array):
    """Prints the medians of all ways; the last is the peer."""
    medians = {
        way: statistics.median(run["seconds"] for run in runs) for way, runs in found.items()
    }
    peer = list(medians.values())[-1]
    for way, runs in found.items():
        spread = f"{min(r['seconds'] for r in runs):.1f}-{max(r['seconds'] for r in runs):.1f} s"
        peak = max(run["peak"] for run in runs)
        print(
            f"{way:7} {files / medians[way]:8.0f} images/s  ({spread}), time / peer "
            f"{medians[way] / peer:.2f}, peak {peak / 1e6:.0f} MB = {peak / array:.2f} x the array"
        )


def measured(way, folder):
    """Seconds and bytes of one way of loading, in a process of its own."""
    command = [sys.executable, __file__, "--load", way, folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def load(way, folder):
    """Loads once and prints what it took, for `measured`."""
    call = WAYS[way](Path(folder))
    before = resident()
    started = time.perf_counter()
    pixels = call()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    total = int(pixels.sum(dtype=np.int64))
    print(json.dumps({"seconds": seconds, "peak": peak, "sum": total}))


def resident():
    """Bytes of this process that are in memory now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def by_loader(folder) -> Callable:
    """The loader of a study's ``images: FOLDER``."""
    import PIL.JpegImagePlugin
    import PIL.PngImagePlugin  # noqa: F401

    from tuner.data import LOADERS

    return lambda: LOADERS["images"]({}, location="images", folder=folder, progress=silent).features


def silent(*_):
    """Tells nobody of the progress."""


def by_keras(folder) -> Callable:
    """The peer, whose batches are copied into an array of the same size and kind."""
    import keras

    def read():
        batches = keras.utils.image_dataset_from_directory(
            folder / "images", color_mode="grayscale", image_size=first_size(folder),
            batch_size=_BATCH, shuffle=False, verbose=False,
        )  # fmt: skip
        files = len(batches.file_paths)
        pixels = np.empty((files, *first_size(folder)), dtype=np.uint8)
        for number, (batch, _) in enumerate(batches):
            pixels[number * _BATCH : number * _BATCH + len(batch)] = batch.numpy()[..., 0]
        return pixels

    return read


def first_size(folder):
    """Height and width of the first file."""
    from PIL import Image

    with Image.open(folder / "images" / "rare" / "000000.png") as image:
        return image.height, image.width


WAYS = {"ours": by_loader, "keras": by_keras}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--load"]:
        load(*sys.argv[2:])
    else:
        parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
        add_arguments(parser)
        main(parser.parse_args())
