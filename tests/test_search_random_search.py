"""Random configurations beside a search: what is drawn, trained, kept and told."""

import json

import keras_tuner
import numpy as np
import pytest
from faults.studies import Runs, quick_training

from tuner.report.random_search import random_line
from tuner.report.random_section import random_section
from tuner.search import trainer
from tuner.search.confirm import Confirmation
from tuner.search.random_search import RandomSearch, drawn
from tuner.search.space import dimensions
from tuner.spaces import Alternative, Alternatives, Float, Int
from tuner.training.unit import TrainingFailed

FOLDS = 2


@pytest.fixture
def runs(tmp_path):
    made = Runs(tmp_path)
    with quick_training(made.log):
        yield made


def beside(multiple, trials=3, **evaluation):
    asked = {"confirm": 0, "random_search": multiple, **evaluation}
    return [f"evaluation={json.dumps(asked)}", f"search.trials={trials}"]


def space():
    hp = keras_tuner.HyperParameters()
    elu = Alternative("elu", {"alpha": Float(0.0, 1.0)})
    Alternatives((Alternative("relu"), elu)).declare(hp, "act")
    Int(1, 4).declare(hp, "layers")
    Float(1e-4, 1e-2, sampling="log").declare(hp, "rate")
    return dimensions(hp)


def test_draws_are_spread_evenly_over_the_space():
    values = [drawn(space(), index, 0) for index in range(400)]
    assert np.mean([one["act"] == "elu" for one in values]) == pytest.approx(0.5, abs=0.06)
    counts = np.bincount([one["layers"] for one in values])[1:]
    assert counts.min() > 75
    assert np.mean([one["rate"] < 1e-3 for one in values]) == pytest.approx(0.5, abs=0.06)
    assert all(("act.elu.alpha" in one) == (one["act"] == "elu") for one in values)


def test_a_draw_is_that_of_its_number_and_of_the_seed():
    first = [drawn(space(), index, 0) for index in range(5)]
    assert first == [drawn(space(), index, 0) for index in range(5)]
    assert len({str(one) for one in first}) == 5
    assert drawn(space(), 0, 1) != first[0]


@pytest.mark.slow
def test_as_many_as_asked_are_trained_on_the_folds_of_the_search(runs):
    content, _ = runs(*beside(2))
    found = content["random_search"]
    assert (found["configurations"], found["failed"]) == (6, 0)
    assert len(runs.trained) == len(set(runs.trained)) == (3 + 6) * FOLDS
    # A search that is random itself has others.
    trials = [leader["searched"] for leader in content["leaders"]]
    assert found["searched"] not in trials
    assert found["confirmed"] is None
    [best, *_] = content["choices"]["model.activation"]
    assert best["over_random"] == pytest.approx(best["best"] - found["score"])
    line = random_line(content)
    assert line.startswith(f"random search: the best of 6 configurations has {found['score']:.3f}")
    assert "of the search's 3 trials" in line


@pytest.mark.slow
def test_the_default_trains_none_and_the_search_is_the_same_with_and_without(runs):
    content, _ = runs(*beside(0))
    assert content["random_search"] is None
    assert len(runs.trained) == 3 * FOLDS
    assert random_line(content) == ""
    more, _ = runs(*beside(1))
    assert more["leaders"] == content["leaders"]
    assert more["best"]["trial"] == content["best"]["trial"]


@pytest.mark.slow
def test_what_was_trained_is_not_trained_again_and_more_keep_the_first(runs):
    first, _ = runs(*beside(1))
    trained = runs.trained
    assert len(trained) == (3 + 3) * FOLDS
    more, _ = runs(*beside(2))
    assert runs.trained[: len(trained)] == trained
    assert len(runs.trained) == len(set(runs.trained)) == (3 + 6) * FOLDS
    assert more["random_search"]["score"] >= first["random_search"]["score"]


@pytest.mark.slow
def test_an_interrupted_random_search_goes_on(runs, monkeypatch):
    real, pressed = trainer.train_unit, []

    def pressing(hypermodel, configuration, train, validation, seed, *args, **options):
        if len(runs.trained) == 3 * FOLDS + 3 and not pressed:
            pressed.append(seed)
            raise KeyboardInterrupt
        return real(hypermodel, configuration, train, validation, seed, *args, **options)

    monkeypatch.setattr(trainer, "train_unit", pressing)
    cut, _ = runs(*beside(2))
    assert (cut["status"], cut["random_search"]) == ("interrupted", None)
    content, _ = runs(*beside(2))
    assert content["status"] == "finished"
    assert content["random_search"]["configurations"] == 6
    assert len(runs.trained) == len(set(runs.trained)) == (3 + 6) * FOLDS


@pytest.mark.slow
def test_the_best_of_both_are_trained_again_on_the_same_new_folds(runs):
    content, _ = runs(*beside(2, confirm=2))
    found = content["random_search"]
    assert 0 <= found["confirmed"] <= 1
    # Two trials and two random configurations.
    assert len(runs.trained) == len(set(runs.trained)) == (3 + 6 + 2 + 2) * FOLDS
    assert "; trained again" in random_line(content)


@pytest.mark.slow
def test_configurations_that_fail_are_counted(runs, monkeypatch):
    runs(*beside(0))

    def fails(*_, **__):
        raise TrainingFailed("non-finite loss in epoch 2")

    monkeypatch.setattr(trainer, "train_unit", fails)
    found = runs(*beside(1, confirm=0))[0]["random_search"]
    assert (found["failed"], found["score"], found["searched"]) == (3, None, {})


def section(**changed):
    told = {"configurations": 6, "failed": 1, "collapsed": 2, "values": {"act": "elu"}}
    told |= {"score": 0.75, "best_collapsed": False, "confirmed": ()}
    return random_section(RandomSearch(**{**told, **changed}))


def test_of_the_confirmed_the_best_that_did_not_collapse_is_told():
    again = (
        Confirmation(-1, 0.5),
        Confirmation(-2, 0.625),
        Confirmation(-3, 0.875, collapsed=True),
        Confirmation(-4, reason="non-finite loss"),
    )
    assert section(confirmed=again)["confirmed"] == 0.625
    assert section(confirmed=again[2:])["confirmed"] is None
    assert random_section(None) is None


def content(**changed):
    again = [{"score": 0.5, "collapsed": False}, {"score": 0.875, "collapsed": True}]
    return {
        "random_search": section(**changed),
        "leaders": [{"score": 0.8125, "collapsed": False}],
        "trials": {"finished": 2, "failed": 1, "stopped": 0},
        "confirmation": {"trials": again},
    }


def test_the_line_sets_both_sides_beside_each_other():
    line = "random search: the best of 6 configurations has 0.750, the best of the search's 3 "
    assert random_line(content()) == f"{line}trials 0.812"
    told = random_line(content(confirmed=(Confirmation(-1, 0.25),)))
    assert told == f"{line}trials 0.812; trained again 0.250 and 0.500"


def test_collapsed_and_failed_random_configurations_are_said_to_be_so():
    assert "has 0.750 (collapsed), " in random_line(content(best_collapsed=True))
    worse = {**content(), "leaders": [{"score": 0.8125, "collapsed": True}]}
    assert random_line(worse).endswith("trials 0.812 (collapsed)")
    told = random_line(content(score=None, values={}))
    assert told == "random search: all 6 configurations failed"
    assert random_line({**content(), "leaders": []}) == ""
