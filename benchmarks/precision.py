"""Time of a training step of convolutional networks in float32 and in mixed_bfloat16.

    KERAS_BACKEND=jax python benchmarks/precision.py --side 96 --batches 64 256

The networks are those of ``family: conv``, built by the package's own code and trained by
``keras.Model.fit`` on whatever backend and device Keras finds. Nothing is needed but Keras, its
backend and NumPy, so that it also runs where there is no TensorFlow. The two precisions take turns,
round by round, each of ``--steps`` batches of random pictures that lie in memory; the first round,
which traces, does not count, and the median of the others is told. The last line holds
everything as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path
from types import ModuleType

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
PRECISIONS = ("float32", "mixed_bfloat16")
ROOT = Path(__file__).resolve().parent.parent


def without_the_rest() -> None:
    """Lets the model room be imported alone; the package itself imports what reads YAML."""
    for name in ("tuner", "tuner.model"):
        if name not in sys.modules:
            package = ModuleType(name)
            package.__path__ = [str(ROOT.joinpath(*name.split(".")))]
            sys.modules[name] = package


def network(options, precision: str):
    """A compiled network, always with the same weights."""
    import keras

    from tuner.model.backbones import BACKBONES
    from tuner.model.precision import computing_in
    from tuner.spaces import Chosen, fixed_default

    keras.utils.set_random_seed(1)
    conv = BACKBONES["conv"]
    values = {key: fixed_default(space).value for key, space in conv.spaces.items()}
    values |= {"blocks": options.blocks, "convolutions": 2, "filters": options.filters}
    values |= {"normalization": "batch", "residual": True, "units": 128}
    inputs = keras.Input((options.side, options.side, 1))
    with computing_in(precision):
        activation = Chosen(options.activation, {})
        hidden = conv(values, inputs=inputs, activation=activation, initializer="auto")
    made = keras.Model(inputs, keras.layers.Dense(1, "sigmoid", dtype="float32")(hidden))
    made.compile(optimizer="adam", loss="binary_crossentropy")
    return made


def trained(made, x, y, batch: int) -> tuple[float, float]:
    """Seconds of one round, and its loss."""
    began = time.perf_counter()
    told = made.fit(x, y, batch_size=batch, shuffle=False, verbose=0)
    loss = float(told.history["loss"][-1])  # it is there when the last step has ended
    return time.perf_counter() - began, loss


def measured(options, batch: int) -> list[dict]:
    """A line for each precision."""
    x, y = pictures(batch * options.steps, options.side)
    networks = {precision: network(options, precision) for precision in PRECISIONS}
    rounds = [
        {precision: trained(made, x, y, batch) for precision, made in networks.items()}
        for _ in range(options.rounds + 1)
    ]
    lines = []
    for precision in PRECISIONS:
        # The first round traces.
        step = statistics.median(one[precision][0] for one in rounds[1:]) / options.steps
        lines.append(
            {
                "batch": batch,
                "precision": precision,
                "milliseconds_a_step": 1000 * step,
                "pictures_a_second": batch / step,
                "loss": rounds[-1][precision][1],
            }
        )
    return lines


def pictures(rows: int, side: int):
    """Random pictures, one in ten of them brighter, and which these are."""
    import numpy as np

    y = (np.arange(rows) % 10 == 0).astype("float32")
    x = np.random.default_rng(0).normal(size=(rows, side, side, 1)).astype("float32")
    return x + 0.5 * y[:, None, None, None], y


def device() -> str:
    """The device that the backend computes on, as it calls it."""
    import keras

    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return str(jax.devices()[0].device_kind)
    if backend == "torch":
        import torch

        return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return str(tf.config.experimental.get_device_details(gpus[0])["device_name"]) if gpus else "cpu"


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--side", type=int, default=96, help="pixels of a side")
    parser.add_argument("--batches", type=int, nargs="+", default=[32, 128, 512], help="rows")
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--filters", type=int, default=32)
    parser.add_argument("--activation", default="relu", choices=("relu", "swish", "gelu"))
    parser.add_argument("--steps", type=int, default=20, help="batches of a round")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Measures and prints."""
    options = parsed(arguments)
    without_the_rest()
    import keras

    about = {"backend": keras.backend.backend(), "keras": keras.__version__, "device": device()}
    about |= {key: value for key, value in vars(options).items() if key != "batches"}
    print(", ".join(f"{key} {value}" for key, value in about.items()), flush=True)
    lines = []
    for batch in options.batches:
        for line in measured(options, batch):
            lines.append(line)
            print(
                f"batch {line['batch']:5d}  {line['precision']:15s}"
                f" {line['milliseconds_a_step']:9.2f} ms a step"
                f" {line['pictures_a_second']:9.0f} pictures/s  loss {line['loss']:.4f}",
                flush=True,
            )
    print(json.dumps({**about, "measured": lines}))


if __name__ == "__main__":
    main()
