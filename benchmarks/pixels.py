"""Memory and time of a unit that learns pictures: of pixels as they are, and of float32.

    python benchmarks/pixels.py --pictures 3000 --side 64
    python benchmarks/pixels.py --pictures 20000 --side 96 --also ../another/checkout

Three quarters of random pictures of 8 bits are trained on in batches of 64, a quarter is predicted
after each epoch. Each unit has a process of its own, since memory is told by its highest mark, and
the kinds take turns. What a process holds before rows are made, TensorFlow and the pictures, is
taken off. ``--also`` measures float32 rows as another checkout trains them. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def unit(options) -> dict[str, float]:
    """Trains a unit; MB above what was there before, and processor seconds."""
    from tuner.devices import use_threads

    use_threads(options.threads)
    import keras_tuner
    import numpy as np
    import tensorflow as tf

    from tuner import ImbalancedHyperModel, from_arrays
    from tuner.data.preprocessing import ImageScaler
    from tuner.training.engine import train_unit
    from tuner.training.unit import LabelledRows

    count, side = options.pictures, options.side
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (count, side, side), dtype=np.uint8)
    dataset = from_arrays(pictures, np.arange(count) % 20 == 0, duplicates="separate")
    hypermodel = ImbalancedHyperModel(
        (side, side),
        model={"family": options.family, "units": 32, "activation": "relu"},
        imbalance={"class_weight": "none"},
        training={
            "engine": options.engine,
            "epochs": options.epochs,
            "patience": options.epochs,
            "batch_size": 64,
            "learning_rate": 1e-3,
            "augmentation": {"translation": 0.1} if options.augment else {},
        },
    )
    tf.constant(0.0)
    before, begun = resident(), time.process_time()
    scaler = ImageScaler(127.5, 73.9)
    parts = np.split(np.arange(count), [count * 3 // 4])
    if options.kind == "float32":
        x = (scaler.transform(dataset.features[rows]) for rows in parts)
        given = [
            LabelledRows(one, dataset.labels[rows]) for one, rows in zip(x, parts, strict=True)
        ]
    else:
        given = [LabelledRows.of(dataset, rows, scaler) for rows in parts]
    configuration = hypermodel.configure(keras_tuner.HyperParameters())
    train_unit(hypermodel, configuration, *given, 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    return {"memory": peak - before, "seconds": time.process_time() - begun}


def resident() -> float:
    """Megabytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def apart(options, kind: str, checkout: Path) -> dict[str, float]:
    """The same in a new process, with the package of a checkout."""
    given = [f"--{name}={getattr(options, name)}" for name in ("pictures", "side", "family")]
    given += [f"--{name}={getattr(options, name)}" for name in ("engine", "epochs", "threads")]
    given += ["--augment"] * options.augment
    done = subprocess.run(
        [sys.executable, __file__, *given, "--kind", kind],
        env={**os.environ, "PYTHONPATH": str(checkout), "MINORITY_TUNER_CACHE": "off"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measures and prints a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=3_000)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--family", default="conv")
    parser.add_argument("--engine", default="fused")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--augment", action="store_true", help="with translation")
    parser.add_argument("--also", type=Path, help="another checkout")
    parser.add_argument("--kind", choices=("pixels", "float32"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.kind:
        print(json.dumps(unit(options)))
        return
    here = Path(__file__).parent.parent
    kinds = {"pixels": ("pixels", here), "float32": ("float32", here)}
    if options.also:
        kinds["other"] = ("float32", options.also)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in kinds}
    for _ in range(options.times):
        for name, kind in kinds.items():
            found[name].append(apart(options, *kind))
    for name, units in found.items():
        memory, seconds = ([one[key] for one in units] for key in ("memory", "seconds"))
        middle = statistics.median(memory), statistics.median(seconds)
        print(f"{name:8} {middle[0]:7.0f} MB, {middle[1]:6.1f} processor seconds", end="; ")
        print(*(f"{one:.1f}" for one in seconds))


if __name__ == "__main__":
    main()
