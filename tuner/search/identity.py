"""What must be equal for a run to go on: study, data and splits, but neither budget nor spaces.

A trial is one configuration and its score. What the score means (rows, splits, seed, objective,
training) must stay as it was. A search space may change as long as every stored trial lies in it: a
trial means the same in a larger space.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel

from tuner.data import Dataset
from tuner.data.splits import has_official_validation
from tuner.errors import InputError
from tuner.search.places import (
    Place,
    holds,
    places,
    places_from_json,
    places_to_json,
)
from tuner.spaces import Choice, Fixed, Value
from tuner.study import SearchSection, Study
from tuner.study.model_base import ModelSection
from tuner.study.model_section import BackboneSection
from tuner.study.python_section import PythonSection

__all__ = ["Resumed", "check_identity", "identity"]

_CONTENT = "data content"
_FORMAT, _PRESENT = "format", "6"
"""Counts up when what is compared changes; the first format had no such key."""
_SPACES = "spaces"
_BUDGET = frozenset({"trials", "time_limit", "target", "workers", "start_with"})
"""Keys of ``search`` that may change: they say how far and where a search goes."""

_checksums: dict[str, str] = {}
"""Of each file that was read, as it was then."""

Values = Mapping[str, Value]


@dataclass(frozen=True)
class Resumed:
    """How a run goes on.

    Attributes:
        changes: Places whose space changed, each with its old and new space; mostly empty.
        trials: The searched values of every stored trial as the study now names them, by number.
    """

    changes: tuple[str, ...]
    trials: Mapping[int, dict[str, Value]]


def identity(study: Study, dataset: Dataset) -> dict[str, Any]:
    """Everything that decides the meaning of a score, by key, and the spaces of all places."""
    section = study.data.split
    # An official validation part is one division, unless the study asks for folds.
    folds = None if has_official_validation(dataset, section) else section.n_folds
    split = {"test": section.test, "folds": folds, "validation": section.validation}
    if section.repeats > 1:  # what was stored before there were repeats has none
        split["repeats"] = section.repeats
    spaces = places(study)
    content = {
        "seed": study.seed,
        "data": {
            "minority": dataset.minority,
            "split": split,
            "duplicates": study.data.duplicates,
            "preprocessing": study.data.preprocessing,
        },
        "objective": _objective(study),
        "model": {"family": study.model.family, **_code_or_files(study.model)},
        "imbalance": _others(study.imbalance, "imbalance", spaces),
        "training": _others(study.training, "training", spaces),
        "search": _meant(study.search),
    }
    return {
        _FORMAT: _PRESENT,
        **_flat(content),
        _CONTENT: dataset.fingerprint,
        _SPACES: places_to_json(spaces),
    }


def check_identity(
    before: Mapping[str, Any],
    now: Mapping[str, Any],
    where: str,
    trials: Mapping[int, Values] | None = None,
) -> Resumed:
    """Refuses to mix two studies in one run.

    Args:
        before: What `identity` said when the run began.
        now: What it says of the study that is to go on.
        where: The run folder or the server; named in the message.
        trials: The searched values of all stored trials by number, unfinished ones included.

    Raises:
        InputError: With the keys that differ, their old and new values, and the two ways on.
    """
    ways = (
        "give this study another name, or start over with --fresh, which keeps the old run under"
        " another name"
    )
    if before.get(_FORMAT) != now[_FORMAT]:
        raise InputError(f"{where} holds a run of another version of minority-tuner; {ways}")
    keys = [key for key in {**before, **now} if key != _SPACES]
    changed = [key for key in keys if before.get(key) != now.get(key)]
    old, new = places_from_json(before[_SPACES]), places_from_json(now[_SPACES])
    whole = {number: _completed(values, old) for number, values in (trials or {}).items()}
    listed = [_difference(key, before.get(key), now.get(key)) for key in changed]
    listed += _outside(whole, old, new)
    if listed:
        raise InputError(f"{where} holds a run of a different study ({'; '.join(listed)}); {ways}")
    changes = tuple(_spelled(name, old, new) for name in {**old, **new} if _moved(name, old, new))
    return Resumed(changes, {number: _searched(values, new) for number, values in whole.items()})


def _code_or_files(model: ModelSection) -> dict[str, Any]:
    """What a network is made of beside its places: files of weights, or the person's own code."""
    if isinstance(model, PythonSection):
        name = PurePath(model.python).name  # where the file lies says nothing of the network
        checksum = model.declared.checksum if model.declared else ""
        return {"python": f"{name} ({checksum})", "arguments": model.arguments}
    files = model.files if isinstance(model, BackboneSection) else {}
    return {key: _checksum(path) for key, path in files.items()}


def _checksum(path: str) -> str:
    """Stands for a file, which may lie elsewhere on another machine, or be gone at the end."""
    try:
        with open(path, "rb") as file:
            _checksums[path] = f"sha256 {hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"
    except OSError as error:
        if path not in _checksums:
            raise InputError(f"{path} cannot be read: {error.strerror}") from None
    return _checksums[path]


def _objective(study: Study) -> dict[str, Any]:
    """What a score is of; what was stored before groups could be scored has rows."""
    section = study.objective
    keys = [key for key in type(section).model_fields if key not in ("level", "group_rule")]
    meant = {key: getattr(section, key) for key in keys}
    if section.level == "row":
        return meant
    return {**meant, "level": section.level, "places": section.places}


def _meant(section: SearchSection) -> dict[str, Any]:
    """What decides which trials there are; names that mean the same are equal."""
    keys = [key for key in type(section).model_fields if key not in _BUDGET]
    meant = {key: getattr(section, key) for key in keys}
    return {**meant, "algorithm": section.sampler, "pruner": section.pruning}


def _difference(key: str, before: str | None, now: str | None) -> str:
    if key == _CONTENT:
        return "the data's content changed"
    return f"{key}: {before or 'absent'} → {now or 'absent'}"


def _completed(values: Values, old: Mapping[str, Place]) -> dict[str, Value]:
    """A trial's values with those that were not searched; a killed trial may lack some."""
    whole: dict[str, Value] = {}
    for place in old.values():
        if not place.active(whole):
            continue
        if isinstance(place.space, Fixed):
            whole[place.name] = place.space.value
        elif place.name in values:
            whole[place.name] = values[place.name]
    return whole


def _outside(
    trials: Mapping[int, Values], old: Mapping[str, Place], new: Mapping[str, Place]
) -> list[str]:
    """What keeps trials out of the new spaces: each place once, with the first such trial."""
    found: dict[str, str] = {}
    for number, values in trials.items():
        for name in _misfits(values, old, new):
            told = f"{name} = {values[name]}" if name in values else f"no {name}"
            found.setdefault(name, f"{_spelled(name, old, new)}, and trial {number} has {told}")
    return list(found.values())


def _misfits(values: Values, old: Mapping[str, Place], new: Mapping[str, Place]) -> list[str]:
    misfits = []
    for name, place in new.items():
        active = place.active(values)
        if name in values and not (active and holds(place.space, values[name])):
            misfits.append(name)
        if active and name not in values and name not in old:
            misfits.append(name)
    gone = [name for name in values if name not in new]
    # Of an entry that is gone its own place tells; the parameters say nothing more.
    return misfits or gone


def _searched(values: Values, new: Mapping[str, Place]) -> dict[str, Value]:
    return {name: values[name] for name, place in new.items() if place.searched and name in values}


def _moved(name: str, old: Mapping[str, Place], new: Mapping[str, Place]) -> bool:
    if name not in old or name not in new:
        # Of the parameters of an entry that came or went its family place tells.
        return not {**old, **new}[name].parent
    one, other = old[name].space, new[name].space
    if isinstance(one, Choice) and isinstance(other, Choice):
        return set(one.options) != set(other.options)
    return str(one) != str(other)


def _spelled(name: str, old: Mapping[str, Place], new: Mapping[str, Place]) -> str:
    before, now = (str(of[name].space) if name in of else "absent" for of in (old, new))
    return f"{name}: {before} → {now}"


def _others(section: BaseModel, path: str, spaces: Mapping[str, Place]) -> dict[str, Any]:
    """The keys of a section that are no tunable places."""
    searched = {name.split(".")[1] for name in spaces if name.startswith(f"{path}.")}
    searched |= {"class_weight", "loss", "resampling", "strategies"}
    return {key: getattr(section, key) for key in type(section).model_fields if key not in searched}


def _flat(content: Any, path: str = "") -> dict[str, str]:
    if isinstance(content, BaseModel):
        content = {name: getattr(content, name) for name in type(content).model_fields}
    if isinstance(content, dict):
        flat: dict[str, str] = {}
        for key, value in content.items():
            flat |= _flat(value, f"{path}.{key}" if path else key)
        return flat
    return {path: str(content)}
