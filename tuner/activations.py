"""Activations for people who build their networks themselves.

activation = tuner.activations.choose(hp)
x = keras.layers.Dense(64, kernel_initializer=activation.initializer())(x)
x = activation()(x)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuner.errors import InputError
from tuner.model.activations import check_activations
from tuner.model.hidden_activation import HiddenActivation, placeless
from tuner.study.family import given_entries

if TYPE_CHECKING:
    from keras_tuner import HyperParameters

__all__ = ["HiddenActivation", "choose"]


def choose(
    hp: HyperParameters,
    entries: Any = None,
    name: str = "activation",
    *,
    kernel_initializer: str = "auto",
) -> HiddenActivation:
    """Declares a choice of activations with their parameters and returns the current one.

    A parameter is active only with its own activation, under the name
    ``{name}.{activation}.{parameter}``. One entry is no choice: nothing but its spaces is declared.

    Args:
        hp: Of Keras Tuner, as `build` is given it.
        entries: Names of `ACTIVATIONS`, with parameters as in a study file:
            ``["relu", {"elu": {"alpha": {"float": [0.1, 2.0]}}}, {"prelu": "tunable"}]``. Unless
            given, every activation over its registered range, but for `by_depth`, which needs to
            know where a layer stands.
        name: Of the choice on `hp`. Two choices in one network need two names.
        kernel_initializer: What `HiddenActivation.initializer` makes: ``auto`` for what suits the
            activation, or the Keras name of an initializer.

    Returns:
        Makes a new layer, and a new kernel initializer, for each hidden layer.

    Raises:
        InputError: An entry is wrong; all problems at once, as a study tells them.

    Example:
        >>> import keras_tuner
        >>> hp = keras_tuner.HyperParameters()
        >>> activation = choose(hp, ["prelu", {"elu": {"alpha": {"float": [0.1, 2.0]}}}])
        >>> activation.name, [space.name for space in hp.space]
        ('prelu', ['activation', 'activation.elu.alpha'])
    """
    place = placeless() if entries is None else given_entries("activation", entries, name)
    if problems := check_activations(place, (name,)):
        raise InputError(problems)
    return HiddenActivation(place.declare(hp, name), kernel_initializer)
