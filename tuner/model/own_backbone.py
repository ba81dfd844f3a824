"""A network of a person's own inside the hypermodel: its section, and what it must return."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias

from pydantic import Field, ValidationError

from tuner.errors import InputError, Problem
from tuner.lazy import LazyModule
from tuner.model.hidden_activation import placeless
from tuner.registry import FAMILIES
from tuner.spaces import Space, Value
from tuner.study.model_section import DEFAULT_FAMILY, BackboneSection
from tuner.study.problems import problems_of

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = [
    "SHARED",
    "Backbone",
    "OwnModelSection",
    "checked_hidden",
    "own_model_section",
    "own_values",
    "refusing",
]

Backbone: TypeAlias = Callable[..., Any]
"""Takes `hp`, the inputs and a `HiddenActivation`; returns a tensor of shape (batch, features)."""

SHARED = ("imbalance.", "training.")
"""Places of other sections of a study, which an `ImbalancedHyperModel` declares as well."""

_NAME: Literal["own"] = "own"


class OwnModelSection(BackboneSection):
    """The ``model`` section where the network is a person's own: what every network has."""

    family: Literal["own"] = Field("own", description="No registered backbone.")

    @property
    def backbone_parameters(self) -> Mapping[str, Space]:
        """None: the network declares its hyperparameters itself."""
        return MappingProxyType({})

    @property
    def files(self) -> Mapping[str, str]:
        """None."""
        return MappingProxyType({})


def own_model_section(given: Any) -> OwnModelSection:
    """The checked section; every activation is tuned where nothing is given.

    Args:
        given: A mapping with ``activation`` and ``kernel_initializer``, a section, or None.

    Raises:
        InputError: With everything that is wrong, and its key.
    """
    if isinstance(given, OwnModelSection):
        return given
    if given is None:
        return OwnModelSection(activation=placeless())
    if isinstance(given, Mapping) and (strange := _of_registered(given)):
        raise InputError(strange)
    try:
        return OwnModelSection.model_validate(given)
    except ValidationError as error:
        problems = problems_of(error, OwnModelSection)
        raise InputError([problem.under("model") for problem in problems]) from None


def _of_registered(given: Mapping[str, Any]) -> list[Problem]:
    problems = []
    if (family := given.get("family", _NAME)) != _NAME:
        message = "the network has a backbone of its own; leave out 'family' or the backbone"
        problems.append(Problem(f"{message}, got {family!r}", ("model", "family")))
    known = FAMILIES["backbone"][DEFAULT_FAMILY].spaces
    message = "belongs to registered backbones; declare it in your own, on hp"
    return problems + [
        Problem(f"'{key}' {message}", ("model", key)) for key in given if key in known
    ]


def own_values(hp: Any, ours: Any) -> dict[str, Value]:
    """The active hyperparameters that a network declared, with their values.

    Args:
        hp: ``keras_tuner.HyperParameters`` after the network was built.
        ours: The same with what the hypermodel declares, without the network.
    """
    known = {space.name for space in ours.space}
    own = [space for space in hp.space if space.name not in known and hp.is_active(space)]
    return {space.name: hp.values[space.name] for space in own}


@contextmanager
def refusing(hp: Any, taken: Collection[str]) -> Iterator[None]:
    """While its block runs, refuses hyperparameters under names that the hypermodel has.

    Keras Tuner would hand out the hypermodel's value, whatever range was asked for, or search a
    value that nothing uses where the hypermodel's is fixed.

    Args:
        hp: ``keras_tuner.HyperParameters`` that a network is declared on.
        taken: Names of the hypermodel; those below them, and all `SHARED` ones, are taken as well.

    Raises:
        InputError: With the name.
    """
    below = (*SHARED, *(f"{name}." for name in taken))
    retrieve = hp._retrieve

    def checked(one: Any) -> Any:
        if one.name in taken or one.name.startswith(below):
            raise InputError(
                f"the backbone declares '{one.name}', which is the hypermodel's; give it another"
                " name, or read the value with hp.get"
            )
        return retrieve(one)

    hp._retrieve = checked  # what all kinds of hyperparameters go through, with their scopes
    try:
        yield
    finally:
        del hp._retrieve


def checked_hidden(inputs: keras.KerasTensor, hidden: Any) -> keras.KerasTensor:
    """What a backbone returned, if an output layer can follow it.

    Args:
        inputs: What the backbone was given.
        hidden: What it returned.

    Raises:
        InputError: It is no tensor of shape (batch, features) that is made of the inputs.
    """
    expected = "expected a tensor of shape (batch, features)"
    if not isinstance(hidden, keras.KerasTensor):
        _refuse(f"{expected}, got {type(hidden).__name__}; return the last hidden tensor")
    rows, *features = hidden.shape
    if rows is not None or len(features) != 1 or features[0] is None:
        _refuse(
            f"{expected}, got shape {tuple(hidden.shape)}; end with a layer such as"
            " GlobalAveragePooling2D or Flatten"
        )
    try:
        keras.Model(inputs, hidden)
    except ValueError:
        _refuse(f"{expected} that is made of the inputs it is given, and of no others")
    return hidden


def _refuse(reason: str) -> NoReturn:
    raise InputError(f"the backbone must return what can go into an output layer: {reason}")
