"""Time of an epoch of a convolutional network: as a TensorFlow graph, compiled by XLA, and by fit.

    python benchmarks/convolutions.py --side 28 --threads 1

Two blocks of 16 and 32 channels and a dense layer of 32 units learn 2,100 random pictures in
batches of 64, and 600 more are predicted after each epoch. The three take turns, epoch by epoch, in
one process. Processor seconds count all threads; on a machine that does other things they say more
than time. The first epoch, with tracing and compiling, is told by itself.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from types import SimpleNamespace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROWS, VALIDATION, BATCH = 2_100, 600, 64


def network(options):
    """A new network, always with the same weights."""
    import keras
    import keras_tuner

    from tuner import ImbalancedHyperModel

    model = {"family": "conv", "units": 32, "dropout": 0.2}
    hypermodel = ImbalancedHyperModel(
        (options.side, options.side, 1),
        model={**model, "normalization": "batch" if options.normalised else "none"},
        imbalance={"class_weight": "none"},
        training={"learning_rate": 1e-3},
    )
    keras.utils.set_random_seed(1)
    made = hypermodel.build_configuration(hypermodel.configure(keras_tuner.HyperParameters()))
    made.loss.adapt([ROWS * 19 / 20, ROWS / 20])
    return made


def fused(options, rows, validation, by_xla: bool):
    """Trains an epoch with the fused engine."""
    import numpy as np

    from tuner.training.fused import compilations
    from tuner.training.fused.compilations import Plan
    from tuner.training.fused.fit import FusedRun

    compilations.worth_compiling = lambda model: by_xla
    compilations._kept.clear()
    made = network(options)
    run = FusedRun(made, Plan(made), rows, validation)

    def epoch(number: int) -> None:
        order = np.random.default_rng(number).permutation(ROWS)
        run.epoch(order, BATCH, np.array([number, 1], np.int32))

    return epoch


def fit(options, rows, validation):
    """Trains an epoch with Keras."""
    made = network(options)
    made.compile(made.optimizer, made.loss)  # without the metric, which the engine does not have

    def epoch(number: int) -> None:
        made.fit(rows.x, rows.y, sample_weight=rows.weights, batch_size=BATCH, verbose=0)
        made.predict(validation, batch_size=4096, verbose=0)

    return epoch


def main() -> None:
    """Measures and prints a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--side", type=int, default=28)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=6, help="the first is told by itself")
    parser.add_argument("--normalised", action="store_true", help="with batch normalisation")
    options = parser.parse_args()
    from tuner.devices import use_threads

    use_threads(options.threads)
    import numpy as np

    rng = np.random.default_rng(0)
    x = rng.random((ROWS + VALIDATION, options.side, options.side, 1), np.float32)
    y, weights = (np.arange(ROWS) % 20 == 0).astype(np.int64), np.ones(ROWS, np.float32)
    rows, validation = SimpleNamespace(x=x[:ROWS], y=y, weights=weights), x[ROWS:]
    kinds = {
        "graph": fused(options, rows, validation, by_xla=False),
        "XLA": fused(options, rows, validation, by_xla=True),
        "fit": fit(options, rows, validation),
    }
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
    for number in range(options.epochs):
        for name, epoch in kinds.items():
            begun = time.perf_counter(), time.process_time()
            epoch(number)
            took[name].append((time.perf_counter() - begun[0], time.process_time() - begun[1]))
    for name, ((first, _), *later) in took.items():
        wall, processor = (statistics.median(part) for part in zip(*later, strict=True))
        print(f"{name:6} {wall:6.2f} s, {processor:6.3f} processor seconds; first {first:.2f} s")


if __name__ == "__main__":
    main()
