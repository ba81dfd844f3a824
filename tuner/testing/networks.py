"""Small networks, and a few steps of training, to see what parts do in them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuner.lazy import LazyModule
from tuner.testing.effects import bits, same
from tuner.testing.failing import expect

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = [
    "batch",
    "expect_finite_training",
    "expect_same_run",
    "expect_saved",
    "outcome_of",
    "weights_after",
]

_STEPS = 1


def batch(shape: tuple[int, ...], rows: int = 12) -> tuple[Any, Any]:
    """Rows of random numbers, and codes of which every fourth is 1."""
    x = np.random.default_rng(0).normal(size=(rows, *shape)).astype(np.float32)
    return x, (np.arange(rows) % 4 == 0).astype(np.int64)


def _seeded(build: Callable[[], Any], **compiled: Any) -> Any:
    keras.utils.set_random_seed(0)
    model = build()
    if compiled or not model.compiled:
        loss = model.loss if model.compiled else "binary_crossentropy"
        model.compile(keras.optimizers.SGD(0.1), loss, **compiled)
    return model


def _rows(model: Any) -> tuple[Any, Any]:
    return batch(model.input_shape[1:])


def weights_after(build: Callable[[], Any], steps: int = _STEPS, **compiled: Any) -> list[Any]:
    """The weights of a network after some steps on a few rows.

    Args:
        build: Makes the network anew, perhaps compiled.
        steps: Of training.
        compiled: What ``compile`` is told beside optimizer and loss.
    """
    model = _seeded(build, **({"run_eagerly": True} | compiled))
    x, y = _rows(model)
    for _ in range(steps):
        model.train_on_batch(x, y)
    weights: list[Any] = model.get_weights()
    return weights


def outcome_of(build: Callable[[], Any]) -> str:
    """What a network computes before and in training, with its weights and penalties, as bits."""
    model = _seeded(build)
    x, _ = _rows(model)
    shapes = [np.array(one.shape) for one in model.get_weights()]
    trained = [float(bool(one.trainable)) for one in model.variables]
    keras.utils.set_random_seed(1)
    computed = [model(x), model(x, training=True), sum(map(float, model.losses)), trained]
    return bits(*shapes, *computed)


def expect_finite_training(build: Callable[[], Any], remedy: str) -> None:
    """Fails unless one traced step of training is finite and moves weights."""
    model = _seeded(build, jit_compile=False)
    x, y = _rows(model)
    before = model.get_weights()
    loss = model.train_on_batch(x, y)
    after = model.get_weights()
    finite = np.isfinite(loss).all() and all(np.isfinite(one).all() for one in after)
    expect(finite, "a training step with finite loss and weights", f"a loss of {loss}", remedy)
    moved = not same(before, after)
    expect(moved, "a training step that changes weights", "the same weights", remedy)


def expect_saved(build: Callable[[], Any], remedy: str) -> None:
    """Fails unless a saved network comes back with the same predictions, bit for bit."""
    model = _seeded(build)
    x, _ = _rows(model)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checked.keras"
        model.save(path)
        again = keras.models.load_model(path)
    one, two = np.asarray(model(x)), np.asarray(again(x))
    difference = float(np.abs(one - two).max()) if one.shape == two.shape else "another shape"
    got = f"predictions that differ by {difference}"
    expect(bits(one) == bits(two), "a loaded network with the same predictions", got, remedy)


def expect_same_run(build: Callable[[], Any], remedy: str) -> None:
    """Fails unless the same seed gives the same weights, bit for bit."""
    alike = same(weights_after(build), weights_after(build))
    expect(alike, "the same weights from the same seed", "other weights", remedy)
