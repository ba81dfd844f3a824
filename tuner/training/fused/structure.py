"""What of a network is structure, and what are numbers.

Networks of one structure share a compiled function; their numbers are handed to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras

from tuner.model.learned_layers import RReLU, SwishBeta

__all__ = ["CannotFuse", "Structure", "structure_of"]

_SELU = (1.6732632423543772848170429916717, 1.0507009873554804934193349852946)

_SAME = (
    "Dense",
    "Flatten",
    "Reshape",
    "Identity",
    "Add",
    "Multiply",
    "Concatenate",
    "Activation",
    "ReLU",
    "LeakyReLU",
    "ELU",
    "PReLU",
    "Rescaling",
    "Dropout",
    "BatchNormalization",
    "LayerNormalization",
    "GroupNormalization",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "SeparableConv2D",
    "DepthwiseConv2D",
    "ZeroPadding2D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
)
_KNOWN = frozenset(
    {keras.layers.InputLayer, RReLU, SwishBeta, *(getattr(keras.layers, name) for name in _SAME)}
)

_POLICIES = ("float32", "mixed_bfloat16")

_OPERATIONS = ("Add", "Multiply")
"""What may stand between layers, with numbers that are structure: a hard sigmoid is made so."""

Config = dict[str, Any]


class CannotFuse(Exception):
    """A network or its training is beyond the fused engine; the message says what of it."""


@dataclass
class Structure:
    """A network's structure.

    Attributes:
        config: What ``keras.Model.from_config`` makes a network of twins of.
        numbers: What the layers of it look up, in the order of their places.
    """

    config: Config
    numbers: list[float] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Equal for networks that may share a compiled function."""
        return json.dumps(self.config, sort_keys=True, default=str)

    def build(self) -> keras.Model:
        """A network of twins, with weights that mean nothing."""
        from tuner.training.fused.twins import TWINS

        return keras.Model.from_config(self.config, custom_objects=dict(TWINS))


def structure_of(model: keras.Model) -> Structure:
    """The structure of a functional model and the numbers of its layers.

    Raises:
        CannotFuse: It has a layer, an output or a constraint that the engine does not know.
    """
    if type(model).__name__ != "Functional":
        raise CannotFuse("the network is no functional Keras model")
    if not isinstance(model.input, keras.KerasTensor) or len(model.outputs) != 1:
        raise CannotFuse("the network has more than one input or output")
    _check(model)
    structure = Structure({})
    structure.config = _model(model.get_config(), structure.numbers)
    return structure


def _check(model: keras.Model) -> None:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            _check(layer)
        elif type(layer) not in _KNOWN:
            raise CannotFuse(f"it does not know the layer {type(layer).__name__}")
        elif layer.dtype_policy.name not in _POLICIES:
            raise CannotFuse(f"layer {layer.name} computes in {layer.dtype_policy.name}")
        elif getattr(layer, "activity_regularizer", None) is not None:
            raise CannotFuse(f"layer {layer.name} has a penalty on its outputs")
        else:
            _check_function(layer)
    for operation in getattr(model, "operations", ()):
        kind = type(operation)
        known = kind.__name__ in _OPERATIONS and kind.__module__.startswith("keras.")
        if not isinstance(operation, keras.layers.Layer) and not known:
            raise CannotFuse(f"it does not know the operation {kind.__name__}")
    for variable in model.trainable_variables:
        if variable.constraint is not None:
            raise CannotFuse(f"weights of {variable.path} have a constraint")


def _check_function(layer: keras.layers.Layer) -> None:
    function = getattr(layer, "activation", None)
    if function is not None and not str(function.__module__).startswith("keras."):
        raise CannotFuse(f"it does not know the activation {function.__name__}")


def _model(config: Config, numbers: list[float]) -> Config:
    """A model's configuration with twins, and names that tell nothing but the order."""
    names = {layer["config"]["name"]: f"l{at}" for at, layer in enumerate(config["layers"])}
    layers = [_layer(layer, names, numbers) for layer in config["layers"]]
    plain = {key: _renamed(part, names) for key, part in config.items() if key != "layers"}
    return {**plain, "name": "fused", "layers": layers}


def _layer(layer: Config, names: Mapping[str, str], numbers: list[float]) -> Config:
    name = names[layer["config"]["name"]]
    nodes = _renamed(layer.get("inbound_nodes", []), names)
    placed: Config = {"name": name, "inbound_nodes": nodes} if "inbound_nodes" in layer else {}
    build = {key: layer[key] for key in ("build_config",) if key in layer}
    if "layers" in layer["config"]:
        inner = {**_model(layer["config"], numbers), "name": name}
        return {**_stock(layer), **build, "config": inner, **placed}
    if (found := _TWIN.get(layer["class_name"])) and (twin := found(layer["config"])):
        kind, own = twin
        places = list(range(len(numbers), len(numbers) + len(own)))
        numbers.extend(own)
        config: Config = {"name": name, "places": places, "dtype": layer["config"]["dtype"]}
        return {
            "module": None,
            "class_name": kind,
            "registered_name": kind,
            "config": config,
            **placed,
        }
    return {**_stock(layer), **build, "config": {**_bare(layer["config"]), "name": name}, **placed}


def _stock(layer: Config) -> Config:
    if layer["class_name"] == "BatchNormalization":
        kind = "MaskedNormalization"
        return {"module": None, "class_name": kind, "registered_name": kind}
    return {key: layer[key] for key in ("module", "class_name", "registered_name")}


def _bare(config: Config) -> Config:
    """Without what decides initial weights, which are given, and penalties, which are added."""
    bare = dict(config)
    for key in config:
        if key.endswith("_initializer"):
            bare[key] = {"module": "keras.initializers", "class_name": "Zeros", "config": {}}
        elif key.endswith("_regularizer") or key == "seed":
            bare[key] = None
    return bare


def _renamed(part: Any, names: Mapping[str, str]) -> Any:
    """Places of tensors, ``[layer, node, tensor]``, with the layer's new name."""
    if isinstance(part, list | tuple):
        if len(part) == 3 and isinstance(part[0], str) and part[0] in names:
            return [names[part[0]], *part[1:]]
        return [_renamed(one, names) for one in part]
    if isinstance(part, dict):
        return {key: _renamed(one, names) for key, one in part.items()}
    return part


Twin = tuple[str, tuple[float, ...]]


def _relu(config: Config) -> Twin | None:
    if config["max_value"] is not None or config["threshold"]:
        return None
    return "Rectifier", (float(config["negative_slope"]),)


def _activation(config: Config) -> Twin | None:
    known: dict[Any, Twin] = {
        "relu": ("Rectifier", (0.0,)),
        "elu": ("Exponential", (1.0, 1.0)),
        "selu": ("Exponential", _SELU),
    }
    name = config["activation"]
    return known.get(name) if isinstance(name, str) else None


def _rescaling(config: Config) -> Twin | None:
    pair = (config["scale"], config["offset"])
    return ("Rescaled", pair) if all(isinstance(one, int | float) for one in pair) else None


def _dropout(config: Config) -> Twin | None:
    shape = config.get("noise_shape")
    if shape is None:
        return "Share", (float(config["rate"]),)
    if shape[0] is not None or any(size != 1 for size in shape[1:]):
        raise CannotFuse("a dropout has a shape of its own")
    return "Path", (float(config["rate"]),)


_TWIN: Mapping[str, Callable[[Config], Twin | None]] = {
    "ReLU": _relu,
    "LeakyReLU": lambda config: ("Rectifier", (float(config["negative_slope"]),)),
    "ELU": lambda config: ("Exponential", (float(config["alpha"]), 1.0)),
    "Activation": _activation,
    "Rescaling": _rescaling,
    "Dropout": _dropout,
    "RReLU": lambda config: ("Slopes", (float(config["lower"]), float(config["upper"]))),
}
