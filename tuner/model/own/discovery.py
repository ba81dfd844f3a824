"""What the person's code searches, found by building it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

import keras
import keras_tuner

from tuner.errors import InputError, Problem
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.model.losses.base import RareClassLoss
from tuner.model.own.code import Code, Surroundings, load_code
from tuner.model.own.errors import OwnModelError
from tuner.model.own.exploration import Shown, pairs, variants
from tuner.model.own.networks import (
    as_functional,
    check_network,
    loss_told,
    of_own_class,
    plain_crossentropy,
    steps_itself,
    takes_one_hot,
)
from tuner.model.own.running import build_own
from tuner.model.own.spaces import own_places
from tuner.model.own_backbone import SHARED
from tuner.model.precision import computing_in
from tuner.model.registered import unlocated
from tuner.spaces import Value
from tuner.study.python_section import Declared, PythonSection

__all__ = ["Discovery", "discover"]

_MOST = 60
"""Networks that are built at most to find out what the code declares."""

Values = dict[str, Value]
Loss = Literal["study", "crossentropy", "own"]


@dataclass(frozen=True)
class Discovery:
    """What was found out.

    Attributes:
        declared: What the code declares.
        failed: Configurations that could not be built, each with the reason.
        limited: How many networks were built, where more could have shown more; else 0.
    """

    declared: Declared
    failed: tuple[str, ...]
    limited: int = 0


@dataclass
class _Found:
    """What builds have shown so far: hyperparameters, and how networks are compiled."""

    shown: Shown = field(default_factory=Shown)
    keys: set[tuple[str, str]] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    losses: set[str] = field(default_factory=set)
    steps: bool = False
    fits: bool = False
    failed: list[str] = field(default_factory=list)
    bad: list[Values] = field(default_factory=list)
    limited: int = 0


def discover(section: PythonSection, around: Surroundings) -> Discovery:
    """Builds the code with its defaults, then with other values until nothing new appears.

    A hyperparameter may depend on others without saying so, such as the units of a third layer
    where there are three. So networks are built with the highest value of all integers, with each
    option of each choice beside these, and with the lowest value of each integer; what appears only
    with some values is looked into from these. Last come two options at once of any two choices.
    60 networks are built at most.

    Args:
        section: Names the code.
        around: What networks are built for.

    Raises:
        InputError: The code cannot be used; what it raises is told with the line.
    """
    code = load_code(section)
    try:
        made = code.hypermodel(around)
        fits = _fits(made, code)
        with computing_in(around.training.precision):
            found = _explored(code, made, around, fits)
        _check_compiled(found.losses, fits)
        _check_shared(found.shared, made)
        places = own_places(found.shown.declared)
    except OwnModelError as error:
        raise InputError(Problem(str(error), ("python",))) from error
    finally:
        keras.backend.clear_session(free_memory=False)
    loss: Loss = _loss(found.losses, fits)
    known = loss != "own" and not fits and not found.steps
    declared = Declared(places, code.checksum, loss, fits, known)
    return Discovery(declared, tuple(found.failed), found.limited)


def _fits(made: Any, code: Code) -> bool:
    """Whether the code trains its networks itself."""
    own = getattr(type(made), "fit", None)
    if isinstance(made, ImbalancedHyperModel):
        if own is not ImbalancedHyperModel.fit:
            raise OwnModelError(
                f"{code.title} is an ImbalancedHyperModel with a fit of its own, which would"
                " resample and weigh rows a second time; override build, or make it a"
                " keras_tuner.HyperModel"
            )
        return False
    return own not in (None, keras_tuner.HyperModel.fit)


def _explored(code: Code, made: Any, around: Surroundings, fits: bool) -> _Found:
    found = _Found(fits=fits)
    _build(code, made, around, {}, found)  # what is wrong here is wrong with the code
    tried = {_spelled({})}
    for built in count(1):
        alone = _fresh(variants(found.shown), tried)
        values = alone or _fresh(pairs(found.shown, found.bad), tried)
        if values is None or built == _MOST:
            found.limited = built if alone else 0
            return found
        tried.add(_spelled(values))
        try:
            _build(code, made, around, values, found)
        except OwnModelError as error:
            found.failed.append(f"with {_spelled(values)} {error}")
            found.bad += [dict([[*values.items()][-1]])] if alone else []
    return found


def _fresh(made: Iterator[Values], tried: set[str]) -> Values | None:
    return next((one for one in made if _spelled(one) not in tried), None)


def _spelled(values: Values) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def _build(code: Code, made: Any, around: Surroundings, values: Values, found: _Found) -> None:
    hp, model = build_own(code, made, values)
    check_network(model, around.input_shape, len(around.classes))
    if not values:
        _check_copied(model, code)
    found.losses.add(_loss_of(model, made, len(around.classes), found.fits))
    found.steps |= steps_itself(model)
    for one in hp.space:
        key = (one.name, repr([(up.name, up.values) for up in one.conditions]))
        if one.name.startswith(SHARED):
            found.shared.add(one.name)
        elif key not in found.keys:
            found.keys.add(key)
            found.shown.declared.append(one)
            found.shown.under.setdefault(one.name, values)
    found.shown.built.append(dict(hp.values))


def _check_copied(model: keras.Model, code: Code) -> None:
    """The winner is an average of copies, which Keras makes of what layers say of themselves."""
    try:
        keras.Model.from_config(as_functional(model).get_config())
    except Exception as error:
        if missed := unlocated(error):
            raise OwnModelError(
                f"Keras cannot copy the network, since it does not know the {missed}; register it"
                " by keras.saving.register_keras_serializable"
            ) from error
        raise OwnModelError(f"Keras cannot copy the network: {code.told(error)}") from error


def _loss_of(model: keras.Model, made: Any, classes: int, fits: bool) -> str:
    if not model.compiled:
        return "none"
    if isinstance(made, ImbalancedHyperModel) and isinstance(model.loss, RareClassLoss):
        return "study"
    if model.loss is None:
        raise OwnModelError("build compiles the network without a loss")
    plain = plain_crossentropy(model.loss, classes)
    if takes_one_hot(model.loss) and (fits or plain is None or of_own_class(model)):
        equal = "sparse_categorical_crossentropy" if classes > 2 else "binary_crossentropy"
        raise OwnModelError(
            f"the network is compiled with {loss_told(model.loss)}, which takes one-hot labels, and"
            f" those of a study are codes; compile with {equal}, or another loss that takes codes"
        )
    return "crossentropy" if plain == 0.0 else "own"


def _check_compiled(seen: set[str], fits: bool) -> None:
    if "none" in seen and len(seen) > 1 and not fits:
        raise OwnModelError("build compiles some networks and leaves others; do one of the two")


def _check_shared(seen: set[str], made: Any) -> None:
    """What an `ImbalancedHyperModel` declares of other sections has the values of the study."""
    hp = keras_tuner.HyperParameters()
    if seen and isinstance(made, ImbalancedHyperModel):
        ImbalancedHyperModel.configure(made, hp)
    for name in sorted(seen - {one.name for one in hp.space}):
        section, _, own = name.partition(".")
        raise OwnModelError(
            f"'{name}' would never be searched, since it reads as a key of the {section} section;"
            f" declare it as '{own}'"
        )


def _loss(seen: set[str], fits: bool) -> Loss:
    if seen == {"crossentropy"}:
        return "crossentropy"
    if seen <= {"none", "study"} and not fits:
        return "study"
    return "own"
