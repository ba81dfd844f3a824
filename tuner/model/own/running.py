"""The person's code is run: what it builds, and how it trains where it does so itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import keras_tuner
import numpy as np
from numpy.typing import NDArray

from tuner.data.preprocessing import NetworkRows
from tuner.model.own.code import Code
from tuner.model.own.errors import OwnModelError
from tuner.model.training_rows import TrainingRows
from tuner.spaces import Value

__all__ = ["build_own", "fit_own"]


def build_own(
    code: Code, made: Any, values: Mapping[str, Value]
) -> tuple[keras_tuner.HyperParameters, Any]:
    """What the code builds of these values, and what it declared meanwhile.

    Args:
        code: Names its file in what is told.
        made: The hypermodel of the code.
        values: By the names that the code uses.

    Raises:
        OwnModelError: It fails; with the line.
    """
    hp = keras_tuner.HyperParameters()
    hp.values = dict(values)
    try:
        return hp, made.build(hp)
    except Exception as error:
        raise OwnModelError(f"build failed: {code.told(error)}") from error


def fit_own(
    code: Code,
    made: Any,
    hp: keras_tuner.HyperParameters,
    model: keras.Model,
    rows: TrainingRows,
    validation: tuple[NetworkRows, NDArray[np.int64]],
    *,
    batch_size: int | None,
    epochs: int,
    callbacks: list[keras.callbacks.Callback],
) -> None:
    """Trains with the ``fit`` of the code, as Keras Tuner would call it.

    Args:
        code: Names its file in what is told.
        made: The hypermodel of the code.
        hp: What it built the network of.
        model: The network.
        rows: What to learn from.
        validation: Rows and codes that it may look at.
        batch_size: None: the code has its own.
        epochs: At most.
        callbacks: Stop early and keep the best weights, if the code hands them on.

    Raises:
        OwnModelError: It fails; with the line. Or rows are to be drawn for each epoch.
    """
    if rows.batch_ratio is not None:
        raise OwnModelError("this resampling draws batches, as the model's own fit does")
    for callback in callbacks:
        callback.set_params({"epochs": epochs})  # a loop of the code may not
    passed = {
        "validation_data": (np.asarray(validation[0]), validation[1]),
        "epochs": epochs,
        "callbacks": callbacks,
        "verbose": 0,
        **({} if np.allclose(rows.weights, 1.0) else {"sample_weight": rows.weights}),
        **({} if batch_size is None else {"batch_size": batch_size}),
    }
    try:
        made.fit(hp, model, np.asarray(rows.x), rows.y, **passed)
    except Exception as error:
        if type(error).__module__.partition(".")[0] == "tuner":
            raise  # a callback of ours ends the training
        raise OwnModelError(f"fit failed: {code.told(error)}") from error
