"""Time of a trial by engine, on the synthetic table: stock Keras Tuner, Keras in a study, fused.

    python benchmarks/engines.py --trials 64 --batch 256

Each engine trains in a process of its own, one network after the other, for all epochs. Processor
seconds count all threads of a process; on a machine that does other things they say more than time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).parent.parent
ENGINES = ("stock", "keras", "fused")
ACTIVATIONS = ("relu", "leaky_relu", "prelu", "elu", "swish")


def rows():
    """Training and validation rows, features scaled."""
    import numpy as np

    sys.path.append(str(ROOT / "datasets"))
    from rare_table import generate

    data = generate()
    x = data["features"].astype(np.float32)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = (data["labels"] == "rare").astype(np.int64)
    return (x[:8250], y[:8250]), (x[8250:], y[8250:])


def settings(number: int, varied: bool) -> dict:
    """The network of a trial; varied ones differ in depth and width too."""
    own = {"activation": ACTIVATIONS[number % 5], "layers": 3, "units": 64}
    if varied:
        own |= {"layers": 2 + number // 5 % 5, "units": (32, 64, 128)[number // 25 % 3]}
    return own


def hypermodel_of(number: int, options):
    """The hypermodel whose only configuration is the trial's."""
    from tuner import ImbalancedHyperModel

    engine = "fused" if options.engine == "fused" else "keras"
    training = {"epochs": options.epochs, "patience": options.epochs, "engine": engine}
    return ImbalancedHyperModel(
        (6,),
        model=settings(number, options.varied),
        imbalance={"class_weight": "balanced"},
        training={**training, "batch_size": options.batch, "learning_rate": 1e-3},
    )


def stock(number: int, options, train, validation) -> None:
    """One trial of stock Keras Tuner."""
    import tempfile

    import keras_tuner

    with tempfile.TemporaryDirectory() as folder:
        tuner = keras_tuner.RandomSearch(
            hypermodel_of(number, options),
            objective=keras_tuner.Objective("val_minority_f1", "max"),
            max_trials=1,
            directory=folder,
        )
        tuner.search(*train, validation_data=validation, verbose=0)


def ours(number: int, options, train, validation) -> None:
    """One unit as a study trains it."""
    import keras_tuner

    from tuner.data.resamplers import Layout
    from tuner.training.engine import train_unit
    from tuner.training.unit import LabelledRows

    hypermodel = hypermodel_of(number, options)
    configuration = hypermodel.configure(keras_tuner.HyperParameters())
    parts = [LabelledRows(*part, layout=Layout.of_numbers(6)) for part in (train, validation)]
    train_unit(hypermodel, configuration, *parts, seed=number)


def measure(options) -> None:
    """Trains in this process and prints what it took."""
    from tuner.training.fused.disk_cache import use_disk_cache

    use_disk_cache()
    train, validation = rows()
    import keras  # noqa: F401  not a part of any trial

    trial = stock if options.engine == "stock" else ours
    took = []
    for number in range(options.trials):
        begun = time.perf_counter(), time.process_time()
        trial(number, options, train, validation)
        took.append((time.perf_counter() - begun[0], time.process_time() - begun[1]))
    later = sorted(processor for _, processor in took[len(took) // 2 :])
    print(
        f"{options.engine:6} {options.trials:3} trials:"
        f" {sum(wall for wall, _ in took) / len(took):6.2f} s,"
        f" {sum(processor for _, processor in took) / len(took):6.2f} processor seconds a trial;"
        f" median of the later half {later[len(later) // 2]:.2f}",
        flush=True,
    )


def main() -> None:
    """Measures one engine, or each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--trials", type=int, default=64)
    parser.add_argument("--stock-trials", type=int, default=3, help="of the engines of Keras")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--varied", action="store_true", help="other layers and units each time")
    options = parser.parse_args()
    if options.engine:
        return measure(options)
    for engine in ENGINES:
        trials = options.trials if engine == "fused" else options.stock_trials
        last = ["--engine", engine, "--trials", str(trials)]
        subprocess.run([sys.executable, __file__, *sys.argv[1:], *last], check=True)
    return None


if __name__ == "__main__":
    main()
