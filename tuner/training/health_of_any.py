"""Training health of networks whose layers and loss may be anybody's."""

from __future__ import annotations

from typing import Any

import keras

from tuner.model.losses.base import RareClassLoss
from tuner.training.health import Health, HealthLedger, probe
from tuner.training.unit import LabelledRows

__all__ = ["ledger", "probed"]


class _Of(keras.losses.Loss):  # type: ignore[misc]
    """A loss that is a function, with row weights."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self._function = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self._function(y_true, y_pred)


def probed(model: keras.Model, batch: LabelledRows, loss: Any) -> Health | None:
    """The health of a network; None where a loss or layer of a person's own stands against it.

    Args:
        model: See `probe`.
        batch: Likewise.
        loss: What the model is compiled with; None where it is not.
    """
    if isinstance(loss, RareClassLoss):
        return probe(model, batch, loss)
    if loss is None:
        return None
    try:
        known = keras.losses.get(loss)
        return probe(model, batch, known if isinstance(known, keras.losses.Loss) else _Of(known))
    except Exception:  # labels in another form, a layer without a gradient: nothing depends on it
        return None


def ledger(start: Health | None, end: Health | None) -> dict[str, Any]:
    """A `HealthLedger` as plain values; empty where a network could not be measured."""
    return HealthLedger(start, end).to_json() if start and end else {}
