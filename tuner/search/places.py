"""The tunable places of a study, in a form that two runs can be compared by.

A hyperparameter has one name in a study, in Keras Tuner and in Optuna. Here each has its space,
fixed values included, and the entry of a family that it belongs to. A run folder keeps them as
JSON, which tells ``1``, ``1.0``, ``"1"`` and ``true`` apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tuner.spaces import Alternatives, Choice, Fixed, Float, Int, Sampling, Space, Value
from tuner.study import Study
from tuner.study.augmentation_section import AugmentationSection
from tuner.study.model_base import ModelSection
from tuner.study.model_section import BackboneSection
from tuner.study.python_section import OwnPlace, PythonSection
from tuner.study.strategies import NEUTRAL

__all__ = [
    "Place",
    "contains",
    "default_values",
    "holds",
    "places",
    "places_from_json",
    "places_to_json",
]

_NEAR = 1e-9
"""Steps by which a float may miss a multiple of its step."""


@dataclass(frozen=True)
class Place:
    """One tunable place.

    Attributes:
        name: Its name, such as ``model.activation.elu.alpha``.
        space: What it may hold; of a family place, the names of its entries.
        parent: The place that it hangs on, mostly of a family; empty where it is always active.
        entry: The value of `parent` that it belongs to.
        entries: All such values where there are several; `entry` spells them then.
    """

    name: str
    space: Space
    parent: str = ""
    entry: Value = ""
    entries: tuple[Value, ...] = ()

    def active(self, values: Mapping[str, Value]) -> bool:
        """Whether it exists beside these values of the places before it."""
        return not self.parent or values.get(self.parent) in (self.entries or (self.entry,))

    @property
    def searched(self) -> bool:
        """Whether it is a hyperparameter, and not fixed."""
        return not isinstance(self.space, Fixed)


def places(study: Study) -> dict[str, Place]:
    """All tunable places of a study by name; a family place stands before its parameters."""
    return {place.name: place for place in _places(study)}


def default_values(known: Mapping[str, Place]) -> dict[str, Value]:
    """What the first trial of a search has: the default of every searched place that is active."""
    values: dict[str, Value] = {}
    for place in known.values():
        default = place.space.default
        if default is not None and place.active(values):
            values[place.name] = default
    return {name: value for name, value in values.items() if known[name].searched}


def _places(study: Study) -> Iterator[Place]:
    absent = study.model.absent(study.training)
    yield from _model_places(study.model)
    yield from (place for place in _other_places(study) if place.name not in absent)


def _model_places(model: ModelSection) -> Iterator[Place]:
    if isinstance(model, PythonSection):
        yield from map(_own, model.places)
    elif isinstance(model, BackboneSection):
        for key, space in model.backbone_parameters.items():
            yield _alone(f"model.{key}", space)
        yield from _family("model.activation", model.activation)
        yield _alone("model.kernel_initializer", model.kernel_initializer)


def _own(declared: OwnPlace) -> Place:
    name, space, parent, values = declared.name, declared.space, declared.parent, declared.values
    if len(values) < 2:
        return Place(name, space, parent, values[0] if values else "")
    return Place(name, space, parent, " or ".join(map(str, values)), values)


def _other_places(study: Study) -> Iterator[Place]:
    training, imbalance = study.training, study.imbalance
    if imbalance.strategies is not None:
        yield from _family("imbalance.strategy", imbalance.strategies.alternatives)
    else:
        for part in NEUTRAL:
            yield from _family(f"imbalance.{part}", getattr(imbalance, part))
    for key in ("batch_size", "optimizer", "learning_rate"):
        yield _alone(f"training.{key}", getattr(training, key))
    yield from _augmentation_places(training.augmentation)


def _augmentation_places(section: AugmentationSection) -> Iterator[Place]:
    """The places of one section; all of them are fixed where nothing is augmented."""
    for key, space in section.spaces.items():
        yield _alone(f"training.augmentation.{key}", space)


def _alone(name: str, space: Space, parent: str = "", entry: str = "") -> Place:
    if isinstance(space, Choice) and len(space.options) == 1:
        space = Fixed(space.options[0])  # Keras Tuner never hears of it either
    return Place(name, space, parent, entry)


def _family(name: str, alternatives: Alternatives) -> Iterator[Place]:
    yield _alone(name, Choice(tuple(entry.name for entry in alternatives.entries)))
    for entry in alternatives.entries:
        for key, space in entry.parameters.items():
            yield _alone(f"{name}.{entry.name}.{key}", space, name, entry.name)


def holds(space: Space, value: Value) -> bool:
    """Whether a value lies in a space."""
    if isinstance(space, Fixed | Choice):
        return any(value == own for own in space.grid())
    if isinstance(value, str) or not space.low <= value <= space.high:
        return False
    if isinstance(space, Int) and value != int(value):
        return False
    return space.step is None or _whole((value - space.low) / space.step)


def contains(outer: Space, inner: Space) -> bool:
    """Whether every value of `inner` lies in `outer`.

    Example:
        >>> contains(Float(0.0, 0.6), Float(0.0, 0.5)), contains(Int(1, 9, step=2), Int(1, 5))
        (True, False)
    """
    if isinstance(inner, Fixed | Choice):
        return all(holds(outer, value) for value in inner.grid())
    if isinstance(outer, Fixed | Choice):
        grid = inner.grid() if _count(inner) <= len(outer.grid()) else None
        return grid is not None and all(holds(outer, value) for value in grid)
    if not (holds(outer, inner.low) and holds(outer, inner.high)):
        return False
    if outer.step is None:
        return True
    return inner.step is not None and _whole(inner.step / outer.step)


def _count(space: Int | Float) -> float:
    if space.step is None:
        return float("inf")
    return round((space.high - space.low) / space.step) + 1


def _whole(ratio: float) -> bool:
    return abs(ratio - round(ratio)) <= _NEAR * max(1.0, abs(ratio))


def places_to_json(those: Mapping[str, Place]) -> dict[str, Any]:
    """Plain values, from which `places_from_json` makes the places again."""
    return {
        place.name: {"space": _to_json(place.space)}
        | ({"parent": place.parent, "entry": place.entry} if place.parent else {})
        | ({"entries": list(place.entries)} if place.entries else {})
        for place in those.values()
    }


def places_from_json(content: Mapping[str, Any]) -> dict[str, Place]:
    """The places that `places_to_json` wrote."""
    return {
        name: Place(
            name,
            _from_json(one["space"]),
            one.get("parent", ""),
            one.get("entry", ""),
            tuple(one.get("entries", ())),
        )
        for name, one in content.items()
    }


def _to_json(space: Space) -> Any:
    if isinstance(space, Fixed):
        return space.value
    if isinstance(space, Choice):
        return {"choice": list(space.options)}
    kind = "int" if isinstance(space, Int) else "float"
    return {kind: [space.low, space.high], "step": space.step, "log": space.sampling == "log"}


def _from_json(content: Any) -> Space:
    if not isinstance(content, dict):
        return Fixed(content)
    if "choice" in content:
        return Choice(tuple(content["choice"]))
    kind, (low, high) = ("int", content["int"]) if "int" in content else ("float", content["float"])
    sampling: Sampling = "log" if content["log"] else "linear"
    made = Int if kind == "int" else Float
    return made(low, high, step=content["step"], sampling=sampling)
