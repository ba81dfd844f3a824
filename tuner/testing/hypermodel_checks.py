"""Checks of hypermodels, whatever they build."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuner.lazy import LazyModule
from tuner.testing.effects import bits, differ, same
from tuner.testing.failing import checking, expect
from tuner.testing.hypermodel_item import HyperModelItem
from tuner.testing.outcomes import Rows, learned, run

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = [
    "HYPERMODEL_CHECKS",
    "check_hypermodel_builds_at_every_end",
    "check_hypermodel_builds_at_its_defaults",
    "check_hypermodel_declares_everything_in_build",
    "check_hypermodel_hyperparameters_have_effects",
    "check_hypermodel_inactive_hyperparameters_have_none",
    "check_hypermodel_is_saved",
    "check_hypermodel_leaves_the_given_rows",
    "check_hypermodel_only_scores_validation_rows",
    "check_hypermodel_repeats_with_its_seed",
    "check_hypermodel_tells_validation_scores",
    "check_hypermodel_trains",
]

_CONTEXTS = 8
"""Random values of all others in which a hyperparameter that seems idle is tried again."""


def _ends(space: Any) -> list[Any]:
    """The ends of a range, or all options of a choice."""
    if hasattr(space, "min_value"):
        return [space.min_value, space.max_value]
    return list(space.values)


def _searched(item: HyperModelItem) -> list[Any]:
    return [space for space in item.declared if len(_ends(space)) > 1]


@checking
def check_hypermodel_builds_at_its_defaults(item: HyperModelItem) -> None:
    """`build` returns a Keras model of a first trial's values."""
    model, _ = item.build({})
    remedy = "return the compiled model from build"
    expect(isinstance(model, keras.Model), "a keras.Model", type(model).__name__, remedy)


@checking
def check_hypermodel_builds_at_every_end(item: HyperModelItem) -> None:
    """It builds at both ends of every range and with every option, where they are active."""
    for space in _searched(item):
        for value in _ends(space):
            try:
                item.build({**item.active(space), space.name: value})
            except Exception as error:
                got, remedy = f"{type(error).__name__}: {error}", "narrow the space"
                expected = f"a network with {space.name} = {value!r}"
                expect(False, expected, " ".join(got.split()), remedy)


@checking
def check_hypermodel_declares_everything_in_build(item: HyperModelItem) -> None:
    """`fit` declares nothing new: Keras Tuner would not know of it in the first trial."""
    late = [name for name in item.first_run.after if name not in item.first_run.before]
    remedy = "declare it in build too"
    expect(not late, "no hyperparameter that is first declared in fit", ", ".join(late), remedy)


@checking
def check_hypermodel_trains(item: HyperModelItem) -> None:
    """One epoch at the defaults leaves finite weights, and others than at the start."""
    done = item.first_run
    finite = all(np.isfinite(one).all() for one in done.weights if one.dtype.kind == "f")
    expect(finite, "finite weights after an epoch", "others", "lower the default learning rate")
    moved = not same(done.start, done.weights)
    expect(moved, "weights that training changes", "the same", "train the model in fit")


@checking
def check_hypermodel_tells_validation_scores(item: HyperModelItem) -> None:
    """`fit` returns what a tuner can rank trials by: finite numbers, of validation rows."""
    result = item.first_run.result
    told = result.history if isinstance(result, keras.callbacks.History) else result
    remedy = "return model.fit(…, **kwargs), which is handed validation_data"
    if isinstance(told, int | float):
        return expect(np.isfinite(told), "a finite score", told, remedy)
    scores = {key: value for key, value in dict(told or {}).items() if key.startswith("val_")}
    finite = scores and np.isfinite(np.concatenate([np.ravel(v) for v in scores.values()])).all()
    return expect(finite, "finite scores under val_…", sorted(dict(told or {})), remedy)


@checking
def check_hypermodel_is_saved(item: HyperModelItem) -> None:
    """A trained network loads from its file and predicts the same, bit for bit."""
    model, (x, _) = item.first_run.model, item.rows.train
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "checked.keras")
        again = keras.models.load_model(Path(folder) / "checked.keras")
    alike = bits(np.asarray(model(x))) == bits(np.asarray(again(x)))
    remedy = "register your layers and losses with Keras and write their get_config"
    expect(alike, "a loaded network with the same predictions", "others", remedy)


@checking
def check_hypermodel_repeats_with_its_seed(item: HyperModelItem) -> None:
    """After ``keras.utils.set_random_seed``, the same values give the same trained weights."""
    alike = same(item.first_run.weights, run(item, {}).weights)
    remedy = "draw random numbers from generators that follow keras.utils.set_random_seed"
    expect(alike, "the same weights from the same seed, bit for bit", "others", remedy)


@checking
def check_hypermodel_hyperparameters_have_effects(item: HyperModelItem) -> None:
    """Each hyperparameter changes the network, what it is trained on, or what it learns.

    Conditional ones are tried where they are active, and one that seems idle at the defaults of
    the others also in random values of them.
    """
    for space in _searched(item):
        values = _ends(space)
        acts = any(
            differ(item.outcome({**context, space.name: value}) for value in values)
            for context in _contexts(item, space)
        )
        acts = acts or differ(learned(item, _with(item, space, value)) for value in values)
        got = f"the same from {' and '.join(map(repr, values))}"
        remedy = "use its value, or do not declare it"
        expect(acts, f"'{space.name}' to have an effect", got, remedy)


def _with(item: HyperModelItem, space: Any, value: Any) -> dict[str, Any]:
    return {**item.defaults, **item.active(space), space.name: value}


def _contexts(item: HyperModelItem, space: Any) -> Iterator[dict[str, Any]]:
    yield {**item.defaults, **item.active(space)}
    draw = random.Random(0)
    for _ in range(_CONTEXTS):
        drawn = {one.name: draw.choice(_ends(one)) for one in item.declared}
        yield {**drawn, **item.active(space)}


@checking
def check_hypermodel_inactive_hyperparameters_have_none(item: HyperModelItem) -> None:
    """A conditional hyperparameter changes nothing where another option is chosen."""
    for space in _searched(item):
        for parent in space.conditions[-1:]:
            [given] = [one for one in item.declared if one.name == parent.name]
            others = [value for value in _ends(given) if value not in parent.values]
            for other in others[:1]:
                context = {**item.defaults, **item.active(given), parent.name: other}
                idle = not differ(
                    item.outcome({**context, space.name: value}) for value in _ends(space)[:2]
                )
                got = f"an effect of '{space.name}' where {parent.name} is {other!r}"
                remedy = "use what declaring it returns, and not hp.values"
                expect(idle, "no effect of an inactive hyperparameter", got, remedy)


@checking
def check_hypermodel_only_scores_validation_rows(item: HyperModelItem) -> None:
    """Nothing of the validation rows' features comes into the weights of an epoch."""
    x, y = item.rows.validation
    garbled = np.zeros_like(x) if np.asarray(x).dtype.kind in "iu" else np.asarray(x) * -3 + 50
    done = run(item, {}, Rows(item.rows.train, (garbled.astype(x.dtype), y)))
    alike = same(item.first_run.weights, done.weights)
    remedy = "pass validation_data on to model.fit and use it for nothing else"
    expect(alike, "the same weights whatever validation rows hold", "others", remedy)


@checking
def check_hypermodel_leaves_the_given_rows(item: HyperModelItem) -> None:
    """Training and validation rows are not changed by `fit`, in any bit."""
    rows = item.rows.copied()
    given = [*rows.train, *rows.validation]
    before = bits(*given)
    run(item, {}, rows)
    untouched = before == bits(*given)
    expect(untouched, "rows to stay as they are", "others", "work on copies in fit")


HYPERMODEL_CHECKS = (
    check_hypermodel_leaves_the_given_rows,
    check_hypermodel_builds_at_its_defaults,
    check_hypermodel_builds_at_every_end,
    check_hypermodel_declares_everything_in_build,
    check_hypermodel_trains,
    check_hypermodel_tells_validation_scores,
    check_hypermodel_is_saved,
    check_hypermodel_repeats_with_its_seed,
    check_hypermodel_hyperparameters_have_effects,
    check_hypermodel_inactive_hyperparameters_have_none,
    check_hypermodel_only_scores_validation_rows,
)
