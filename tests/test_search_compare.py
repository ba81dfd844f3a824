"""Values of a place are compared: the design, what is trained for it, and what is said of it."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from faults.studies import STUDY, Runs, quick_training

from tuner.data import Fold
from tuner.errors import InputError
from tuner.inspection import inspect_study
from tuner.report.comparison import comparison_notes, comparison_rows, factor_title, verdict_lines
from tuner.search import trainer
from tuner.search.compare import _divisions, _repeats
from tuner.search.database import Database
from tuner.search.extra import numbered
from tuner.search.factors import factors
from tuner.search.matched import matched
from tuner.search.numbering import numbers_of
from tuner.search.run_folder import RunFolder
from tuner.search.space import space_of
from tuner.search.store import Store
from tuner.search.trainer import make_hypermodel
from tuner.training.unit import TrainingFailed

FOLDS, CELLS = 2, 2


@pytest.fixture
def runs(tmp_path):
    made = Runs(tmp_path)
    with quick_training(made.log):
        yield made


def comparing(*places, **evaluation):
    asked = {"confirm": 0, "compare": list(places) or ["model.activation"], **evaluation}
    return [f"evaluation={json.dumps(asked)}", "search.trials=2"]


@pytest.mark.slow
def test_values_meet_the_same_contexts_folds_and_seeds(runs):
    content, _ = runs(*comparing(contexts=3, repeats=2))
    trained = runs.trained[2 * FOLDS :]
    each = 3 * 2 * FOLDS
    assert len(trained) == CELLS * each
    # The seed of a network is that of its context, fold and repeat, whatever the value.
    assert sorted(trained[:each]) == sorted(trained[each:])
    assert len(set(trained)) == each
    assert not set(trained) & set(runs.trained[: 2 * FOLDS])
    [one] = content["comparison"]
    assert (one["factors"], one["repeats"]) == (["model.activation"], 2)
    assert one["resamples"] == 2 * FOLDS
    assert {row["value"] for row in one["values"]} == {"relu", "elu"}
    assert len(one["contexts"]) == len({json.dumps(context) for context in one["contexts"]}) == 3
    # elu's own parameter exists beside elu only.
    assert all(list(c) == ["model.layers", "training.learning_rate"] for c in one["contexts"])
    assert [row["mean"] for row in one["values"]] == pytest.approx(
        [np.mean(row["by_context"]) for row in one["values"]]
    )


@pytest.mark.slow
def test_nothing_is_trained_twice_and_more_may_be_asked_for(runs, monkeypatch):
    first, _ = runs(*comparing(contexts=1))
    trained = runs.trained
    assert runs(*comparing(contexts=1))[0] == first
    assert runs.trained == trained
    more, _ = runs(*comparing(contexts=4))
    assert len(runs.trained) == len(trained) + 3 * CELLS * FOLDS
    assert more["comparison"][0]["contexts"][0] == first["comparison"][0]["contexts"][0]
    again, _ = runs(*comparing(contexts=4, repeats=2))
    assert len(runs.trained) == len(trained) + (3 + 4) * CELLS * FOLDS
    assert again["comparison"][0]["resamples"] == 2 * FOLDS
    # What matters is decided when the report is written.
    wide, _ = runs(*comparing(contexts=4, repeats=2, rope=0.99))
    assert (again["comparison"][0]["rope"], wide["comparison"][0]["rope"]) == (0.01, 0.99)
    assert len(runs.trained) == len(trained) + (3 + 4) * CELLS * FOLDS


@pytest.mark.slow
def test_an_interrupted_comparison_goes_on(runs, monkeypatch):
    real, pressed = trainer.train_unit, []

    def pressing(*args, **options):
        if len(runs.trained) == 2 * FOLDS + 3 and not pressed:
            pressed.append(args)
            raise KeyboardInterrupt
        return real(*args, **options)

    monkeypatch.setattr(trainer, "train_unit", pressing)
    cut, _ = runs(*comparing(contexts=2))
    assert (cut["status"], cut["comparison"], cut["best"]["test"]) == ("interrupted", [], None)
    content, _ = runs(*comparing(contexts=2))
    assert content["status"] == "finished"
    assert len(runs.trained) == 2 * FOLDS + 2 * CELLS * FOLDS
    assert len(content["comparison"]) == 1


@pytest.mark.slow
def test_what_cannot_be_trained_counts_as_finding_nothing(runs, monkeypatch):
    real = trainer.train_unit

    def fails(hypermodel, configuration, *args, **options):
        if len(runs.trained) >= 2 * FOLDS and configuration.activation.name == "elu":
            raise TrainingFailed("non-finite loss in epoch 2")
        return real(hypermodel, configuration, *args, **options)

    monkeypatch.setattr(trainer, "train_unit", fails)
    content, _ = runs(*comparing(contexts=2))
    [one] = content["comparison"]
    means = {row["value"]: row["mean"] for row in one["values"]}
    assert means["elu"] == 0.0 < means["relu"]
    assert one["failed"] == 2
    assert comparison_notes(one)[-1] == (
        "2 of 4 configurations could not be trained and count as 0: non-finite loss in epoch 2"
    )


@pytest.mark.slow
def test_two_places_are_compared_together(runs):
    content, _ = runs(*comparing(["model.activation", "model.layers"], contexts=1))
    [one] = content["comparison"]
    assert factor_title(one) == "activation × model.layers"
    assert len(one["values"]) == len(one["together"]) == 8
    assert len(one["pairs"]) == 28
    assert sum(effect["difference"] for effect in one["together"]) == pytest.approx(0, abs=1e-12)
    assert " depend on each other" in one["verdict"] or "one by one" in one["verdict"]
    assert comparison_rows(one)[0]["name"].startswith(("relu with ", "elu with "))


@pytest.mark.slow
def test_the_terminal_tells_the_verdict(runs, capsys):
    from tuner.cli import main

    overrides = [word for one in comparing(contexts=1, repeats=2) for word in ("--set", one)]
    arguments = ["run", str(runs.file), "--runs-dir", str(runs.path / "runs")]
    assert main([*arguments, *overrides]) == 0
    out = capsys.readouterr().out
    assert "comparing model.activation on the same folds (8 networks)\ntraining the winner" in out
    assert "with one context, nothing is known of other values of the other places" in out
    content = json.loads(runs.folder.results.read_text())
    [line] = verdict_lines(content)
    assert line in out.splitlines()
    assert line.startswith("verdict on activation: ")


@pytest.fixture
def study(tmp_path):
    def made(*overrides):
        path = tmp_path / "study.yaml"
        path.write_text(STUDY)
        return inspect_study(path, overrides)

    return made


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            "[model.activations]",
            "[0]: unknown key 'model.activations'; did you mean 'model.act",
        ),
        ("[model.units]", "compare[0]: 'model.units' has one value only, so that there is"),
        (
            "[model.activation.elu.alpha]",
            "[0]: 'model.activation.elu.alpha' exists with 'elu'",
        ),
        (
            "[training.learning_rate]",
            "[0]: 'training.learning_rate' has infinitely many values",
        ),
        ("[[model.activation, model.x]]", "compare[0]: unknown key 'model.x'; "),
        ("model.activation", ".compare: expected a list of keys, got 'model.activation'"),
        ("[1]", "evaluation.compare[0]: expected a key, or a list of two different keys, got 1"),
        ("[[model.layers, model.layers]]", "[0]: expected a key, or a list of two different keys"),
        (
            "[[a, b, c]]",
            "or a list of two different keys, got ['a', 'b', 'c']",
        ),
    ],
)
def test_what_cannot_be_compared_is_told_before_the_search(study, asked, told):
    with pytest.raises(InputError) as caught:
        study(f"evaluation.compare={asked}")
    assert told in str(caught.value)


def test_a_place_with_too_many_values_is_refused(study):
    with pytest.raises(InputError, match=r"'model.layers' has 13 values, and at most 12 are"):
        study("evaluation.compare=[model.layers]", "model.layers={int: [1, 13]}")


def test_a_factor_has_the_values_of_its_space_in_the_order_of_the_study(study):
    asked = "evaluation.compare=[model.activation, [model.layers, model.activation]]"
    alone, both = factors(study(asked).study)
    assert alone.cells == (("relu",), ("elu",))
    assert both.cells[:3] == ((1, "relu"), (1, "elu"), (2, "relu"))
    assert len(both.cells) == 8


def hypermodel_of(found):
    return make_hypermodel(found.study, found.dataset)


def test_contexts_are_spread_over_the_space(study):
    space = space_of(hypermodel_of(study()))
    relu = [matched(space, {"model.activation": "relu"}, context, 0) for context in range(4)]
    elu = [matched(space, {"model.activation": "elu"}, context, 0) for context in range(4)]
    assert sorted(one["model.layers"] for one in relu) == [1, 2, 3, 4]
    rates = np.log10([one["training.learning_rate"] for one in relu])
    # One in each quarter of the orders of magnitude.
    assert sorted(np.floor((rates + 4) / 2 * 4)) == [0, 1, 2, 3]
    for a, b in zip(relu, elu, strict=True):
        assert {name: b[name] for name in a} == {**a, "model.activation": "elu"}
        assert b.keys() - a.keys() == {"model.activation.elu.alpha"}
    assert relu[0] != matched(space, {"model.activation": "relu"}, 0, 1)
    # A space that grows keeps the contexts that it had.
    larger = study("model.activation=[relu, elu, swish]", "model.units={choice: [4, 5]}")
    grown = space_of(hypermodel_of(larger))
    again = [matched(grown, {"model.activation": "relu"}, context, 0) for context in range(4)]
    assert [{**one, "model.units": None} for one in again] == [
        {**one, "model.units": None} for one in relu
    ]


def test_numbers_stay_and_are_below_zero(tmp_path):
    store = Store(Database.in_folder(RunFolder(tmp_path)))
    assert numbers_of(store.engine, 1, ["a", "b", "a"]) == [-1, -2, -1]
    assert numbers_of(store.engine, 1, ["c", "b"]) == [-3, -2]
    assert numbers_of(store.engine, 2, ["c"]) == [-1]
    assert numbers_of(store.engine, 1, []) == []
    store.close()


def test_other_seeds_on_the_same_rows_are_no_new_sample():
    rows = np.arange(6)

    def fold(number, repeat, *validation):
        return Fold(fold=number, repeat=repeat, train=rows[:2], validation=np.array(validation))

    halves = [fold(0, 0, 2, 3), fold(1, 0, 4, 5), fold(0, 1, 2, 4), fold(1, 1, 3, 5)]
    assert list(_divisions(halves).values()) == [[0], [1]]
    turned = [*halves, fold(0, 2, 4, 5), fold(1, 2, 2, 3)]
    assert list(_divisions(turned).values()) == [[0, 2], [1]]
    # Parts of repeats that divide alike are averaged part by part.
    first, _, third = _repeats(turned)
    assert [one.validation.tolist() for one in first] == [one.validation.tolist() for one in third]


@pytest.mark.slow
def test_a_fixed_value_that_changes_is_another_configuration(runs):
    fixed = "model.activation=[relu, {elu: {alpha: 0.5}}]"
    runs(*comparing(contexts=1), fixed)
    trained = len(runs.trained)
    runs(*comparing(contexts=1), fixed)
    assert len(runs.trained) == trained
    numbers = [one.number for one in _configured(runs, fixed)]
    other = fixed.replace("0.5", "1.5")
    assert not set(numbers) & {one.number for one in _configured(runs, other)}


def _configured(runs, *overrides):
    """What is compared, numbered in the database of the run."""
    found = inspect_study(runs.file, overrides)
    hypermodel = make_hypermodel(found.study, found.dataset)
    store = Store(Database.in_folder(runs.folder))
    values = {"model.activation": "elu", "model.layers": 1, "training.learning_rate": 0.001}
    try:
        parts = SimpleNamespace(hypermodel=hypermodel, store=store)
        return numbered(parts, "context", [(0, values)], 0)
    finally:
        store.close()


def test_the_only_entry_of_a_family_has_parameters_that_can_be_compared(study):
    overrides = (
        "model.activation={prelu: {alpha_initializer: {choice: [0.0, 0.25]}}}",
        "evaluation.compare=[model.activation.prelu.alpha_initializer]",
    )
    [factor] = factors(study(*overrides).study)
    assert factor.cells == ((0.0,), (0.25,))


def test_one_network_a_value_is_no_comparison(study):
    asked = [
        "evaluation={compare: [model.activation], contexts: 1}",
        "data.split={validation: 0.3}",
    ]
    with pytest.raises(InputError, match=r"evaluation\.contexts: with one context and one valid"):
        study(*asked)
    assert study(asked[0].replace("1}", "2}"), asked[1])


def test_too_many_pairs_of_values_are_refused(study):
    places = ("model.layers={int: [1, 8]}", "model.units={choice: [2, 3, 4, 5, 6, 7, 8]}")
    with pytest.raises(InputError, match=r"have 56 pairs of values, and at most 48 are compared"):
        study("evaluation.compare=[[model.layers, model.units]]", *places)
