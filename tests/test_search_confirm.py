"""The best trials are trained again, and the winner is chosen from that."""

import re

import numpy as np
import pytest
from faults import kills
from faults.studies import Runs, quick_training

from tuner import inspection
from tuner.data import RawData, assemble, make_splits
from tuner.data.splits import further_folds
from tuner.errors import InputError, Problem
from tuner.inspection import inspect_study
from tuner.report.confirmation import confirmation_line, confirmed_text
from tuner.search import trainer
from tuner.search.confirm import Confirmation
from tuner.search.pooling import Pooling
from tuner.search.records import TrialRecord
from tuner.search.run import SearchResult, candidates
from tuner.study import SplitSection, Study
from tuner.study.document import read_yaml_text
from tuner.training.unit import TrainingFailed, UnitResult, unit_seed

FOLDS = 2


@pytest.fixture
def runs(tmp_path):
    made = Runs(tmp_path)
    with quick_training(made.log):
        yield made


def confirming(seed=0, trials=4, **evaluation):
    return [f"evaluation={evaluation}", f"seed={seed}", f"search.trials={trials}"]


def scores(content):
    return {one["trial"]: one["score"] for one in content["confirmation"]["trials"]}


@pytest.mark.slow
def test_the_winner_is_the_best_of_those_that_were_trained_again(runs):
    content, _ = runs(*confirming(confirm=3, repeats=2, seed=1))
    again = scores(content)
    leaders = [leader["trial"] for leader in content["leaders"]]
    assert list(again) == leaders[:3]
    assert content["best"]["trial"] == max(again, key=again.get)
    assert content["best"]["confirmed"]["minority_f1"] == max(again.values())
    # Seeds of repeats 1 and 2; the search has repeat 0.
    fresh = [unit_seed(1, t, f, r) for t in leaders[:3] for r in (1, 2) for f in range(FOLDS)]
    assert runs.trained[4 * FOLDS :] == [str(seed) for seed in fresh]
    assert len(set(runs.trained)) == len(runs.trained)


@pytest.mark.slow
def test_nothing_is_trained_twice_and_more_may_be_asked_for_later(runs):
    first, _ = runs(*confirming(confirm=1))
    trained = runs.trained
    assert runs(*confirming(confirm=1))[0] == first
    assert runs.trained == trained
    more, _ = runs(*confirming(confirm=2))
    added = [leader["trial"] for leader in more["leaders"]][1]
    seeds = [str(unit_seed(0, added, fold, 1)) for fold in range(FOLDS)]
    assert runs.trained == trained + seeds
    assert scores(first).items() < scores(more).items()
    none, _ = runs(*confirming(confirm=0))
    assert (none["confirmation"], none["best"]["confirmed"]) == (None, None)
    assert none["best"]["trial"] == none["leaders"][0]["trial"]
    assert runs.trained == trained + seeds


@pytest.mark.slow
def test_a_trial_that_fails_when_it_is_trained_again_does_not_win(runs, monkeypatch):
    real, failing = trainer.train_unit, []

    def fails(hypermodel, configuration, train, validation, seed, *args, **options):
        if seed in failing:
            raise TrainingFailed("non-finite loss in epoch 2")
        return real(hypermodel, configuration, train, validation, seed, *args, **options)

    best = runs(*confirming(confirm=0))[0]["best"]["trial"]
    failing.append(unit_seed(0, best, 0, 1))
    monkeypatch.setattr(trainer, "train_unit", fails)
    content, _ = runs(*confirming(confirm=2))
    assert scores(content)[best] is None
    assert confirmed_text(content, best) == "failed: non-finite loss in epoch 2"
    assert content["best"]["trial"] != best
    # Its second network was not trained for nothing.
    assert str(unit_seed(0, best, 1, 1)) not in runs.trained


@pytest.mark.slow
def test_an_interrupted_confirmation_goes_on(runs, monkeypatch):
    real, pressed = trainer.train_unit, []

    def pressing(hypermodel, configuration, train, validation, seed, *args, **options):
        if len(runs.trained) == 4 * FOLDS + 3 and not pressed:
            pressed.append(seed)
            raise KeyboardInterrupt
        return real(hypermodel, configuration, train, validation, seed, *args, **options)

    monkeypatch.setattr(trainer, "train_unit", pressing)
    cut, _ = runs(*confirming(confirm=3))
    assert (cut["status"], cut["confirmation"], cut["best"]["test"]) == ("interrupted", None, None)
    content, _ = runs(*confirming(confirm=3))
    assert content["status"] == "finished"
    assert len(runs.trained) == len(set(runs.trained)) == 4 * FOLDS + 3 * FOLDS


def record(number, score, collapsed=False):
    return TrialRecord(number, "finished", {}, score, "", {"health": {"collapsed": collapsed}})


def test_confirmed_trials_come_first_and_sound_ones_before_collapsed_ones():
    records = tuple(record(n, s) for n, s in enumerate((0.5, 0.9, 0.8, 0.7, 0.6)))
    confirmed = (
        Confirmation(1, 0.7, collapsed=True),
        Confirmation(2, 0.6),
        Confirmation(3, None, reason="failed"),
        Confirmation(4, 0.6),
    )
    order = [one.number for one in candidates(SearchResult(records, "trials", confirmed))]
    # What collapsed or failed when it was trained again comes after all that was not tried.
    assert order == [2, 4, 0, 1, 3]
    failed = (Confirmation(1, None, reason="failed"),)
    assert candidates(SearchResult(records[:2], "trials", failed))[-1].number == 1
    alone = [one.number for one in candidates(SearchResult(records, "trials"))]
    assert alone == [1, 2, 3, 4, 0]


def told(*trials):
    keys = ("trial", "validation", "score")
    trials = [dict(zip(keys, one, strict=True), collapsed=False, reason="") for one in trials]
    return {"confirmation": {"trials": trials}, "best": {"trial": 7}}


def test_what_confirmation_says_of_the_search():
    assert confirmation_line({"confirmation": None}) == ""
    assert confirmation_line(told((1, 0.5, None))) == ""
    line = confirmation_line(told((7, 0.9, 0.8), (3, 0.8, 0.8), (4, 0.9, None)))
    assert line == (
        "trained again, the best 2 trials fell by 0.050 on average; trial 7 is the best of them"
    )
    assert confirmation_line(told((3, 0.5, 0.625))).endswith("trial 3 rose by 0.125")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    path = tmp_path_factory.mktemp("study") / "study.yaml"
    path.write_text(kills.STUDY)
    return inspect_study(path, ())


def test_further_folds_divide_the_same_rows_in_other_ways(found):
    for section in (SplitSection(folds=3, repeats=2), SplitSection(validation=0.3)):
        splits = make_splits(found.dataset, section, 0)
        folds = further_folds(found.dataset, splits, section, 0, 2)
        repeats = [fold.repeat for fold in folds]
        count = section.n_folds or 1
        assert repeats == [section.repeats] * count + [section.repeats + 1] * count
        seen = {fold.validation.tobytes() for fold in (*splits.folds, *folds)}
        assert len(seen) == len(splits.folds) + len(folds)
        for fold in folds:
            both = np.concatenate([fold.train, fold.validation])
            assert np.array_equal(np.sort(both), np.sort(splits.development))
        again = further_folds(found.dataset, splits, section, 0, 2)
        assert all(np.array_equal(a.train, b.train) for a, b in zip(folds, again, strict=True))
        assert len({fold.repeat for fold in (*splits.folds, *folds)}) == section.repeats + 2
        # They are those of a search with more repeats.
        more = section.model_copy(update={"repeats": section.repeats + 1})
        [*_, last] = make_splits(found.dataset, more, 0).folds
        assert np.array_equal(folds[count - 1].validation, last.validation)


@pytest.mark.slow
def test_a_log_tells_what_is_trained_again(runs, capsys):
    from tuner.cli import main

    arguments = ["run", str(runs.file), "--runs-dir", str(runs.path / "runs")]
    assert main([*arguments, "--set", "evaluation={confirm: 2, repeats: 2}"]) == 0
    out = capsys.readouterr().out
    begins = (
        r"training the best 2 trials again, with other seeds and folds \(8 networks\)\n"
        "training the winner"
    )
    assert re.search(begins, out)
    assert "trained again, the best 2 trials " in out
    assert re.search(r"score +test +95 % CI +test at 0.5 +confirmed +validation", out)


def grouped(groups, parts=None):
    rng = np.random.default_rng(groups)
    group = np.repeat(np.arange(groups), 20)
    labels = np.where((rng.random(20 * groups) < 0.3) & (group % 2 == 0), "rare", "common")
    labels[group % 2 == 0][:1] = "rare"
    raw = RawData(rng.normal(size=(len(group), 2)), labels, groups=group.astype(str), parts=parts)
    return assemble(raw, "t", "rare")


def test_few_groups_are_divided_in_another_way_where_there_is_one():
    data, section = grouped(12), SplitSection(folds=3)
    splits = make_splits(data, section, 0)
    folds = further_folds(data, splits, section, 0, 4)
    divisions = {
        frozenset(fold.validation.tobytes() for fold in (*splits.folds, *folds) if fold.repeat == r)
        for r in range(5)
    }
    assert len(divisions) == 5


def official(calibration="none"):
    """A study of an official validation part that is confirmed twice, and its data."""
    rng = np.random.default_rng(0)
    part = np.repeat(["train", "validation", "test"], [80, 60, 40])
    labels = np.where(rng.random(180) < 0.3, "rare", "common")
    data = assemble(RawData(rng.normal(size=(180, 2)), labels, parts=part), "t", "rare")
    text = (
        "name: s\ndata: {csv: s.csv, target: y}\nevaluation: {confirm: 1, repeats: 2}\n"
        f"imbalance: {{calibration: {calibration}}}"
    )
    return Study.from_document(read_yaml_text(text)), data


@pytest.mark.parametrize("calibration", ["none", "platt", "isotonic"])
def test_an_official_validation_part_is_scored_as_in_the_search(calibration):
    study, data = official(calibration)
    splits = make_splits(data, study.data.split, 0)
    folds = further_folds(data, splits, study.data.split, 0, 2)
    assert [fold.repeat for fold in folds] == [1, 2]
    rows = folds[0].validation
    minority = np.clip(0.1 + 0.2 * data.is_minority(rows) + np.linspace(0, 0.1, 60), 0, 1)
    result = UnitResult(np.column_stack([1 - minority, minority]).astype(np.float32), 1)
    pooling = Pooling(data, study)
    once, twice = (
        pooling.pool([(splits.folds[0], result)]),
        pooling.pool([(f, result) for f in folds]),
    )
    assert once.scores.minority_f1 > 0.9  # nobody reaches 0.5
    assert twice.scores.minority_f1 == once.scores.minority_f1
    assert twice.reliability.keys() == once.reliability.keys()


def test_what_cannot_be_divided_again_is_told_before_the_search(monkeypatch, tmp_path):
    def cannot(*_):
        raise InputError([Problem("too few rows", ("data", "split"))])

    monkeypatch.setattr(inspection, "further_folds", cannot)
    path = tmp_path / "study.yaml"
    path.write_text(kills.STUDY)
    with pytest.raises(InputError, match=r"evaluation.confirm: the rows .*: too few rows; or set"):
        inspect_study(path, ())
    assert inspect_study(path, ["evaluation.confirm=0"]).splits
