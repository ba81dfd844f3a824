"""The configurations that a study starts with, checked against its space before training.

    search:
      start_with:
        - {model.activation: elu, model.activation.elu.alpha: 0.5}
        - {imbalance.strategy: loss=focal}

The keys are those of ``trials.csv``. What a configuration does not name has its default. Everything
is known from the study alone; Keras is not needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tuner.errors import Problem, did_you_mean
from tuner.search.places import Place, places
from tuner.spaces import Choice, Fixed, Float, Space, Value
from tuner.study import Study

__all__ = ["first_configurations", "start_problems"]

Values = dict[str, Value]


def first_configurations(study: Study) -> tuple[Values, ...]:
    """What each configuration of ``search.start_with`` names, without what is not searched.

    Raises:
        InputError: With everything in them that is not of the study's space.
    """
    if problems := start_problems(study):
        raise study.document.error(problems)
    known = _places(study)
    return tuple(
        {
            name: _typed(known[name].space, value)
            for name, value in named.items()
            if known[name].searched
        }
        for named in study.search.start_with
    )


def start_problems(study: Study) -> list[Problem]:
    """Everything that is wrong with ``search.start_with``, each with its path."""
    known = _places(study)
    return [
        problem.under("search", "start_with", index)
        for index, named in enumerate(study.search.start_with)
        for problem in _problems(named, known)
    ]


def _problems(named: Mapping[str, Value], known: Mapping[str, Place]) -> Iterator[Problem]:
    for name, value in named.items():
        if name not in known:
            yield Problem(f"unknown key; {did_you_mean(name, known)}", (name,))
            continue
        place = known[name]
        if reason := _refusal(place.space, value) or _inactive(place, named, known):
            yield Problem(reason, (name,))


def _inactive(place: Place, named: Mapping[str, Value], known: Mapping[str, Place]) -> str:
    """Why the place does not exist in this configuration; empty where it does."""
    if not place.parent:
        return ""
    parent = known[place.parent]
    if reason := _inactive(parent, named, known):
        return reason
    chosen = named.get(parent.name, parent.space.default)
    if chosen is not None and place.active({parent.name: chosen}):
        return ""
    by_default = "" if parent.name in named else " unless it is named"
    return (
        f"belongs to '{place.entry}', but {parent.name} is '{chosen}'{by_default}; "
        f"give {parent.name}: {place.entry}"
    )


def _refusal(space: Space, value: Value) -> str:
    """Why `value` does not lie in `space`; empty where it does."""
    value = _typed(space, value)
    grid = _grid(space)
    if isinstance(space, Fixed):
        same = type(value) is type(grid[0]) and value == grid[0]
        return "" if same else f"is not searched and always {_spell(grid[0])}, got {value!r}"
    if reason := space.refusal(value):
        names = [option for option in grid if isinstance(option, str)]
        listed = isinstance(space, Choice) and isinstance(value, str) and names
        return f"{reason}; {did_you_mean(str(value), names)}" if listed else reason
    if isinstance(space, Choice):
        return ""
    assert not isinstance(value, str)  # it was refused
    if not space.low <= value <= space.high:
        return f"expected a value of {space}, got {value!r}"
    if grid and _nearest(grid, value) is None:
        return f"expected a value of {space}, got {value!r}; its steps do not meet it"
    return ""


def _typed(space: Space, value: Value) -> Value:
    """`value` as the space spells it: numbers with a fraction, and on the steps exactly."""
    real = isinstance(space, Float) or any(isinstance(v, float) for v in _grid(space))
    if real and type(value) is int:
        value = float(value)
    if isinstance(space, Float) and isinstance(value, float) and (grid := _grid(space)):
        nearest = _nearest(grid, value)
        return value if nearest is None else nearest
    return value


def _nearest(grid: tuple[Value, ...], value: float) -> Value | None:
    """The number of the grid that `value` is but for rounding."""
    close = [number for number in grid if abs(float(number) - value) <= 1e-9 * max(1, abs(value))]
    return close[0] if close else None


def _grid(space: Space) -> tuple[Value, ...]:
    """All values; none where there are infinitely many."""
    return space.grid() or ()


def _spell(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _places(study: Study) -> dict[str, Place]:
    """Every place that a configuration may name; the backbone is one though nothing searches it."""
    family = Place("model.family", Fixed(study.model.family))
    return {family.name: family, **places(study)}
