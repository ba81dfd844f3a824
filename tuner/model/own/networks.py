"""What a network of the person's own must be, and what becomes of how it was compiled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from tuner.errors import reason_of
from tuner.model.learned_activations import named_layers
from tuner.model.losses.crossentropy import CrossEntropy
from tuner.model.own.errors import OwnModelError

__all__ = [
    "as_functional",
    "check_network",
    "loss_told",
    "of_own_class",
    "plain_crossentropy",
    "steps_itself",
    "takes_one_hot",
]

_BINARY = ("binary_crossentropy", "BinaryCrossentropy")
_SEVERAL = (
    "categorical_crossentropy",
    "CategoricalCrossentropy",
    "sparse_categorical_crossentropy",
    "SparseCategoricalCrossentropy",
)


def as_functional(model: keras.Model) -> keras.Model:
    """The same layers and weights as a plain functional model, not compiled.

    Args:
        model: Functional or sequential, or of a class made of these.
    """
    return keras.Model(model.inputs[0], model.outputs[0], name=model.name)


def of_own_class(model: keras.Model) -> str:
    """The name of the class, where it is not Keras's own; else empty."""
    known = type(model).__module__.partition(".")[0] == "keras"
    return "" if known else type(model).__name__


def steps_itself(model: keras.Model) -> bool:
    """Whether its class decides what is learned from a batch, in a method of its own."""
    return any(
        getattr(type(model), name) is not getattr(keras.Model, name)
        for name in ("compute_loss", "fit", "train_step")
    )


def check_network(model: Any, shape: Sequence[int], classes: int) -> None:
    """Builds the network for rows of this shape, if it is not, and looks whether it fits.

    Args:
        model: What the person's code returned.
        shape: Of one row.
        classes: How many there are.

    Raises:
        OwnModelError: It is no network that a study can train, score and save.
    """
    if not isinstance(model, keras.Model):
        raise OwnModelError(f"build must return a Keras model, got {type(model).__name__}")
    if isinstance(model, keras.Sequential) and not model.built:
        _build(model, shape)
    _check_kind(model)
    _check_ends(model, tuple(shape), classes)
    for _, layer in named_layers(model):
        _check_saved(layer)


def _build(model: keras.Sequential, shape: Sequence[int]) -> None:
    try:
        model.build((None, *shape))
    except Exception as error:
        reason = reason_of(error)
        raise OwnModelError(
            f"the network cannot be built for rows of shape {tuple(shape)}: {reason}"
        ) from error
    if not getattr(model, "inputs", None):  # Keras gives up in silence where a layer fails
        raise OwnModelError(f"a layer of the network does not take rows of shape {tuple(shape)}")


def _check_kind(model: keras.Model) -> None:
    if not (getattr(model, "inputs", None) and getattr(model, "outputs", None)):
        raise OwnModelError(
            f"{type(model).__name__} is a subclassed model, which cannot be averaged over folds and"
            " saved; make it a layer, and return keras.Model(inputs, outputs)"
        )
    if of_own_class(model) and not type(model).call.__module__.startswith("keras."):
        raise OwnModelError(
            f"{type(model).__name__} has a call of its own, which a saved average of folds would"
            " lose; put what it does into layers"
        )
    if of_own_class(model) and not isinstance(model.input, keras.KerasTensor):
        raise OwnModelError(f"give {type(model).__name__} its input as one tensor, not in a list")
    ends = {"inputs": model.inputs, "outputs": model.outputs}
    for what, tensors in ends.items():
        if len(tensors) != 1:
            raise OwnModelError(f"the network must have one of its {what}, it has {len(tensors)}")


def _check_ends(model: keras.Model, shape: tuple[int, ...], classes: int) -> None:
    taken = tuple(model.inputs[0].shape[1:])
    if len(taken) != len(shape) or any(
        a not in (None, b) for a, b in zip(taken, shape, strict=True)
    ):
        raise OwnModelError(
            f"the network takes rows of shape {taken}, and the data have {shape}; ask for"
            " input_shape by name, or leave keras.Input out of a Sequential"
        )
    units, activation = (1, "sigmoid") if classes == 2 else (classes, "softmax")
    expected = f"keras.layers.Dense({units}, activation='{activation}')"
    last = model.layers[-1]
    if not isinstance(last, keras.layers.Dense) or last.output is not model.outputs[0]:
        got = type(last).__name__
        raise OwnModelError(f"the network must end in {expected}, and its last layer is {got}")
    named = keras.activations.serialize(last.activation)
    if (last.units, named) != (units, activation):
        got = f"Dense({last.units}, activation='{named}')"
        raise OwnModelError(f"of {classes} classes the network must end in {expected}, not {got}")
    if not last.use_bias:
        raise OwnModelError("the last layer must have a bias, which corrects class shares")
    if last.compute_dtype != "float32":
        raise OwnModelError(
            f"the last layer computes in {last.compute_dtype}, too coarse for probabilities near 0"
            " and 1; give it dtype='float32'"
        )


def _check_saved(layer: keras.layers.Layer) -> None:
    kind = type(layer)
    if isinstance(layer, keras.layers.Lambda):
        raise OwnModelError(
            f"layer '{layer.name}' is a Lambda, which Keras does not load from a file it does not"
            " trust; write a registered layer"
        )
    stock = kind.__module__.partition(".")[0] == "keras"
    if not stock and ">" not in keras.saving.get_registered_name(kind):
        raise OwnModelError(
            f"layer {kind.__name__} is not registered, so that no saved model with it can be"
            " loaded; put @keras.saving.register_keras_serializable() over the class"
        )


def plain_crossentropy(loss: Any, classes: int) -> float | None:
    """The label smoothing of a loss that is Keras's crossentropy of probabilities, or None.

    Labels are codes in a study, so that the three forms that crossentropy has in Keras are one.

    Example:
        >>> plain_crossentropy("binary_crossentropy", 2), plain_crossentropy("mse", 2)
        (0.0, None)
    """
    if isinstance(loss, CrossEntropy):
        return float(loss.label_smoothing)
    names = _BINARY if classes == 2 else _SEVERAL
    if isinstance(loss, str):
        return 0.0 if loss in names else None
    if any(loss is getattr(keras.losses, name) for name in names):
        return 0.0
    if not any(type(loss) is getattr(keras.losses, name) for name in names):
        return None
    config = loss.get_config()
    usual = config.get("axis", -1) == -1 and config.get("ignore_class") is None
    plain = usual and not config["from_logits"] and config["reduction"] == "sum_over_batch_size"
    return float(config.get("label_smoothing", 0.0)) if plain else None


def loss_told(loss: Any) -> str:
    """What people call a loss."""
    if isinstance(loss, str):
        return loss
    return str(getattr(loss, "__name__", type(loss).__name__))


def takes_one_hot(loss: Any) -> bool:
    """Whether a loss is one of Keras's that take a column for each class.

    Example:
        >>> takes_one_hot("categorical_crossentropy"), takes_one_hot("mse")
        (True, False)
    """
    stock = isinstance(loss, str) or (
        (getattr(loss, "__module__", None) or "").partition(".")[0] == "keras"
    )
    return stock and loss_told(loss).lower().startswith("categorical")
