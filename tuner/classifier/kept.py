"""A predictor as plain values, which is what a pickled classifier holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.prediction.predictor import Predictor
from tuner.prediction.stored import import_layers
from tuner.report.best import needed_imports

__all__ = ["from_plain", "to_plain"]


def to_plain(predictor: Predictor) -> dict[str, Any]:
    """Texts, numbers and arrays; the network as its configuration and its weights."""
    model, calibration = predictor.model, predictor.calibration
    return {
        "model": model.to_json(),
        "weights": model.get_weights(),
        "needs_import": needed_imports(model),
        "preprocessor": predictor.preprocessor.to_json(),
        "classes": list(predictor.classes),
        "threshold": predictor.threshold,
        "calibration": calibration and calibration.to_json(),
    }


def from_plain(content: Mapping[str, Any]) -> Predictor:
    """Reads what `to_plain` made; its network gives the same numbers to the last bit.

    Raises:
        InputError: A module with layers of the person's own has not been imported.
    """
    import keras

    from tuner.data import preprocessor_from_json
    from tuner.metrics.calibration import calibration_from_json
    from tuner.model import custom_objects  # noqa: F401  layers that Keras lacks are registered

    import_layers(content["needs_import"], "import it before the classifier is unpickled")
    model = keras.models.model_from_json(content["model"])
    model.set_weights(content["weights"])
    calibration = content["calibration"]
    return Predictor(
        model,
        preprocessor_from_json(content["preprocessor"]),
        tuple(content["classes"]),
        content["threshold"],
        calibration and calibration_from_json(calibration),
    )
