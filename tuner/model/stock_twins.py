"""Layers of Keras in place of ours, in a network that only predicts.

A layer of ours that does at inference what a layer of Keras does is replaced by it, so that a saved
model needs no custom object for it.
"""

from __future__ import annotations

from typing import Any

import keras

from tuner.model.learned_layers import RReLU

__all__ = ["with_stock_twins"]

_RRELU = keras.saving.get_registered_name(RReLU)


def with_stock_twins(config: Any) -> Any:
    """A model's configuration with the stock twin of every layer that has one.

    An `RReLU` multiplies by its mean slope at inference, which is a `LeakyReLU`. Names, order and
    weights of the layers stay, so that ``set_weights`` takes what the network had. Layers inside
    other layers are found, too.

    Args:
        config: What ``model.get_config()`` gives, or a part of it; it is not changed.

    Returns:
        What ``keras.Model.from_config`` takes.

    Example:
        >>> model = keras.Sequential([keras.Input((3,)), RReLU(0.25, 0.5)])
        >>> twin = keras.Sequential.from_config(with_stock_twins(model.get_config()))
        >>> twin.layers[-1].negative_slope
        0.375
    """
    if isinstance(config, list | tuple):
        return type(config)(with_stock_twins(part) for part in config)
    if not isinstance(config, dict):
        return config
    if config.get("registered_name") == _RRELU:
        return _leaky_relu(config)
    return {key: with_stock_twins(part) for key, part in config.items()}


def _leaky_relu(layer: dict[str, Any]) -> dict[str, Any]:
    shared = {key: layer["config"][key] for key in ("name", "trainable", "dtype")}
    slope = 0.5 * (layer["config"]["lower"] + layer["config"]["upper"])
    stock = {"module": "keras.layers", "class_name": "LeakyReLU", "registered_name": None}
    return {**layer, **stock, "config": {**shared, "negative_slope": slope}}
