"""Classes and functions that a network needs and Keras lacks: where they stand, which is missed.

Keras is imported inside the functions, so that a model's files are looked at without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

__all__ = ["registering_modules", "unlocated"]

_UNLOCATED = re.compile(r"Could not (?:locate|interpret) (\w+)(?: function)?(?: identifier:)? (.*)")
_NAMES = ("^'?([\\w>]+)", "'config': '([^']+)'", "'class_name': '([^']+)'")


def registering_modules(model: keras.Model) -> set[str]:
    """The modules that register what the network is made of, by their names in this process.

    Layers inside wrappers, activations, initializers, regularizers and all else that Keras writes
    by a registered name are looked at, as they stand in what the network says of itself.

    Example:
        >>> import keras
        >>> from tuner.model.learned_layers import SwishBeta
        >>> registering_modules(keras.Sequential([keras.Input((3,)), SwishBeta()]))
        {'tuner.model.learned_layers'}
    """
    import keras

    names = {text for text in _texts(model.get_config()) if ">" in text}
    known = (keras.saving.get_registered_object(name) for name in names)
    return {one.__module__ for one in known if one is not None}


def _texts(config: Any) -> Iterator[str]:
    if isinstance(config, str):
        yield config
    elif isinstance(config, dict):
        for value in config.values():
            yield from _texts(value)
    elif isinstance(config, list | tuple):
        for value in config:
            yield from _texts(value)


def unlocated(error: BaseException) -> str:
    """What Keras does not know when it makes a network anew, such as ``function 'mine>act'``.

    Empty where that is not why it failed.

    Example:
        >>> unlocated(TypeError("Could not locate class 'Scaled'. Make sure that"))
        "class 'Scaled'"
    """
    found = _UNLOCATED.search(str(error))
    if found is None:
        return ""
    named = next(filter(None, (re.search(name, found[2]) for name in _NAMES)), None)
    return f"{found[1]} '{named[1]}'" if named else f"{found[1]} of a name of its own"
