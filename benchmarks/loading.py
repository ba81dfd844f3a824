"""How fast data is loaded, and how much memory that takes, beside a peer.

    python benchmarks/loading.py csv --rows 2000000 --columns 30
    python benchmarks/loading.py images --files 50000 --side 64

Writes the data into a temporary folder and loads it in fresh processes, ours and the peer's in
alternation. Prints rows a second, and the largest resident size beyond that after the imports,
divided by the size of the float64 array that is loaded.
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

import loading_images
import numpy as np

_CHUNK = 50_000


def csv(arguments):
    """A CSV file of numbers and a rare class, beside pandas.read_csv."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_csv(folder / "table.csv", arguments.rows, arguments.columns)
        write_study(folder, "csv: table.csv\n  target: label")
        size = (folder / "table.csv").stat().st_size
        print(f"{arguments.rows} rows, {arguments.columns} columns, {size / 1e6:.0f} MB")
        array = arguments.rows * arguments.columns * 8
        compare(("load_data", "loader", "pandas.read_csv"), folder, arguments, array)


def write_csv(path, rows, columns):
    """Numbers of four decimals and the classes 'common' and 'rare' (1 %)."""
    import pandas as pd

    rng = np.random.default_rng(0)
    names = [f"f{number}" for number in range(columns)]
    for start in range(0, rows, _CHUNK):
        count = min(_CHUNK, rows - start)
        frame = pd.DataFrame(rng.normal(size=(count, columns)).round(4), columns=names)
        frame["label"] = np.where(rng.random(count) < 0.01, "rare", "common")
        frame.to_csv(path, index=False, mode="a", header=start == 0)


def write_study(folder, source):
    """The smallest study of a source."""
    text = f"version: 1\nname: loading\ndata:\n  {source}\n"
    (folder / "study.yaml").write_text(text, encoding="utf-8")


def compare(ways, folder, arguments, array):
    """Loads in each way, in alternation, and prints medians."""
    found = {way: [] for way in ways}
    for _ in range(arguments.rounds):
        for way in ways:
            found[way].append(measured(way, folder))
    peer = statistics.median(run["seconds"] for run in found[ways[-1]])
    for way, runs in found.items():
        seconds = statistics.median(run["seconds"] for run in runs)
        spread = f"{min(r['seconds'] for r in runs):.1f}-{max(r['seconds'] for r in runs):.1f} s"
        peak = max(run["peak"] for run in runs)
        print(
            f"{way:16} {arguments.rows / seconds:10.0f} rows/s  ({spread}), time / peer "
            f"{seconds / peer:.2f}, peak {peak / 1e6:.0f} MB = {peak / array:.2f} x the array"
        )


def measured(way, folder):
    """Seconds and bytes of one way of loading, in a process of its own."""
    command = [sys.executable, __file__, "load", way, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def load(arguments):
    """Loads once and prints what it took, for `measured`."""
    way = WAYS[arguments.way](Path(arguments.folder))
    before = resident()
    started = time.perf_counter()
    kept = way()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    assert len(kept)
    print(json.dumps({"seconds": seconds, "peak": peak}))


def resident():
    """Bytes of this process that are in memory now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def by_load_data(folder) -> Callable:
    """What a study does: the loader, then checks, classes and equal rows."""
    import pandas  # noqa: F401
    import scipy.sparse.csgraph  # noqa: F401

    import tuner
    from tuner.data import load_data

    study = tuner.load_study(folder / "study.yaml")
    return lambda: load_data(study)


def by_loader(folder) -> Callable:
    """The loader alone."""
    import pandas  # noqa: F401

    import tuner

    section = tuner.load_study(folder / "study.yaml").data
    call = tuner.LOADERS[section.loader]
    return lambda: call(section.options, location=section.location, folder=folder).features


def by_pandas(folder) -> Callable:
    """The peer's reading of the same file."""
    import pandas as pd

    return lambda: pd.read_csv(folder / "table.csv")


WAYS = {"load_data": by_load_data, "loader": by_loader, "pandas.read_csv": by_pandas}


def main():
    """Dispatches by the name of the source."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(required=True)
    table = commands.add_parser("csv", help=csv.__doc__)
    table.add_argument("--rows", type=int, default=2_000_000)
    table.add_argument("--columns", type=int, default=30)
    table.add_argument("--rounds", type=int, default=3)
    table.set_defaults(run=csv)
    images = commands.add_parser("images", help=loading_images.main.__doc__.partition("\n")[0])
    loading_images.add_arguments(images)
    images.set_defaults(run=loading_images.main)
    once = commands.add_parser("load", help=load.__doc__)
    once.add_argument("way", choices=WAYS)
    once.add_argument("folder")
    once.set_defaults(run=load)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
