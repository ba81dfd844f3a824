"""What is scored: rows or groups of them, in the search, for the winner and in what is told."""

import numpy as np
import pytest

from tuner.data import Fold, RawData, assemble
from tuner.errors import InputError
from tuner.inspection import inspect_study
from tuner.metrics import best_threshold, cross_fitted_thresholds, decide, score
from tuner.metrics.groups import by_group
from tuner.search.identity import identity
from tuner.search.levels import ROWS, Level, level_findings, level_problems, levels_of
from tuner.search.pooling import Pooling
from tuner.study import Study
from tuner.study.document import read_yaml_text
from tuner.training.unit import UnitResult

ROWS_OF = 5
SUBJECTS = 24


def study(objective="{}", folds=2):
    split = f"{{test: 0.25, folds: {folds}}}"
    text = f"name: s\ndata: {{csv: s.csv, target: y, split: {split}}}\nobjective: {objective}"
    return Study.from_document(read_yaml_text(text))


def some_data(groups=True):
    """Subjects of five rows, of whom every third has one or two rare rows."""
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(SUBJECTS), ROWS_OF)
    place = np.tile(np.arange(ROWS_OF), SUBJECTS)
    rare = (subject % 3 == 0) & (place < 1 + subject % 2)
    labels = np.where(rare, "rare", "common")
    names = np.array([f"s{number:02}" for number in subject])
    raw = RawData(rng.normal(size=(len(subject), 3)), labels, groups=names if groups else None)
    return assemble(raw, study().data)


def some_units(dataset, folds=2, repeats=1):
    rng = np.random.default_rng(1)
    subject = np.arange(len(dataset)) // ROWS_OF
    units = []
    for repeat in range(repeats):
        part = (subject + repeat * (subject // 2)) % folds
        for fold in range(folds):
            rows = np.flatnonzero(part == fold)
            told = np.clip(
                0.2 + 0.4 * dataset.is_minority(rows) + rng.normal(0, 0.2, len(rows)), 0, 1
            )
            p = np.column_stack([1 - told, told]).astype(np.float32)
            unit = UnitResult(p, 1)
            units.append((Fold(fold, repeat, np.flatnonzero(part != fold), rows), unit))
    return units


@pytest.mark.parametrize("rule", ["maximum", "mean", "{k_of_n: 2}"])
def test_groups_are_pooled_as_rows_that_are_made_of_them(rule):
    dataset, asked = some_data(), study(f"{{level: group, group_rule: {rule}}}")
    units = some_units(dataset)
    pooled = Pooling(dataset, asked).pool(units)
    rows = np.concatenate([fold.validation for fold, _ in units])
    told = np.concatenate([unit.probabilities for _, unit in units])
    labels, made = by_group(dataset.labels[rows], told, rows // ROWS_OF, asked.objective.places)
    actual, part = labels == 1, np.arange(SUBJECTS) % 2
    own = cross_fitted_thresholds(actual, made[:, 1], part)
    expected = score(labels, made, decide(made, own))
    assert pooled.scores == expected
    assert pooled.threshold == best_threshold(actual, made[:, 1])
    assert np.sum(pooled.scores.confusion) == SUBJECTS


def test_rows_are_scored_as_ever_and_may_be_scored_beside_groups():
    dataset, units = some_data(), some_units(some_data())
    by_row = Pooling(dataset, study()).pool(units)
    grouped = Pooling(dataset, study("{level: group}"))
    assert grouped.scores(units, ROWS) == by_row.scores
    assert np.sum(by_row.scores.confusion) == len(dataset)
    # Probabilities are told of rows in both.
    assert grouped.pool(units).reliability == by_row.reliability


def test_a_group_that_is_predicted_in_each_repeat_is_one_group_in_each():
    dataset = some_data()
    pooling = Pooling(dataset, study("{level: group}"))
    units = some_units(dataset, repeats=3)
    assert np.sum(pooling.scores(units).confusion) == 3 * SUBJECTS
    value, parts = pooling.contributions(units[:2])
    assert value == pooling.scores(units[:2]).minority_f1
    assert parts.shape == (2,)


def test_a_group_is_known_as_the_same_one_wherever_it_is_predicted():
    # By its number, no prediction of it has a say in the threshold of another one; see `sides`.
    dataset = some_data()
    units = some_units(dataset, repeats=2)
    rows = np.concatenate([fold.validation for fold, _ in units])
    told = np.concatenate([unit.probabilities for _, unit in units])
    apart = np.repeat(np.arange(4), [len(fold.validation) for fold, _ in units])
    scored = Level("group", 1).scored(dataset, rows, told, apart)
    assert sorted(scored.ids.tolist()) == sorted([*range(SUBJECTS)] * 2)
    assert (scored.ids == rows[scored.first] // ROWS_OF).all()


def test_what_is_scored_follows_from_the_study_and_the_data():
    with_groups, without = some_data(), some_data(groups=False)
    assert levels_of(study(), with_groups) == (ROWS, Level("group", 1))
    assert levels_of(study("{group_rule: mean}"), with_groups) == (ROWS, Level("group", None))
    assert levels_of(study("{level: group, group_rule: {k_of_n: 3}}"), with_groups) == (
        Level("group", 3),
        ROWS,
    )
    assert levels_of(study(), without) == (ROWS, None)


def test_groups_cannot_be_scored_where_there_are_none():
    [problem] = level_problems(study("{level: group}"), some_data(groups=False))
    assert str(problem).startswith("objective.level: 'group' scores groups of rows, such as subj")
    assert level_problems(study("{level: group}"), some_data()) == []
    assert level_problems(study(), some_data(groups=False)) == []


def test_groups_that_all_have_a_minority_row_are_not_told_apart():
    dataset = some_data()
    labels = np.where(np.arange(len(dataset)) % ROWS_OF == 0, "rare", "common")
    raw = RawData(dataset.features, labels, groups=dataset.groups)
    ill = assemble(raw, study().data)
    [problem] = level_problems(study("{level: group}"), ill)
    assert str(problem).startswith(
        "objective.level: every group has a row of class 'rare', so that"
    )
    assert levels_of(study(), ill) == (ROWS, None)


def test_a_rule_without_groups_is_told():
    [told] = level_findings(study("{group_rule: mean}"), some_data(groups=False))
    assert told.code == "no-groups"
    assert list(level_findings(study(), some_data(groups=False))) == []


def small_groups(sizes):
    groups = np.repeat([f"g{number}" for number in range(len(sizes))], sizes)
    labels = np.where(np.arange(len(groups)) % 3, "common", "rare")
    features = np.random.default_rng(0).normal(size=(len(groups), 2))
    return assemble(RawData(features, labels, groups=groups), study().data)


def test_groups_of_fewer_rows_than_the_rule_asks_for_are_named():
    asked = study("{level: group, group_rule: {k_of_n: 3}}")
    [told] = level_findings(asked, small_groups([4, 1, 3, 2, 4]))
    assert told.message == (
        "2 groups of fewer than 3 rows: 'g1', 'g3'; all rows of such a group must reach the "
        "threshold"
    )
    assert list(level_findings(asked, small_groups([3, 3, 4]))) == []
    assert list(level_findings(study(), small_groups([1, 2, 3]))) == []


def test_groups_that_are_single_rows_are_told():
    [told] = level_findings(study("{level: group}"), small_groups([1] * 7))
    assert told.code == "single-row-groups"


@pytest.mark.parametrize(
    ("rule", "places"), [("maximum", 1), ("mean", None), ("{k_of_n: 1}", 1), ("{k_of_n: 4}", 4)]
)
def test_a_rule_is_a_number_of_rows_or_their_mean(rule, places):
    assert study(f"{{group_rule: {rule}}}").objective.places == places


@pytest.mark.parametrize("rule", ["most", "{k_of_n: 0}", "{k_of_n: true}", "{k: 2}", "3"])
def test_a_rule_that_is_none_is_refused(rule):
    expected = r"objective\.group_rule: expected maximum, mean, or \{k_of_n: 2\} with a whole numb"
    with pytest.raises(InputError, match=expected):
        study(f"{{group_rule: {rule}}}")


def test_a_run_is_another_one_where_it_scores_groups_and_the_same_where_it_only_tells_of_them():
    dataset = some_data()
    rows, told = (identity(study(one), dataset) for one in ("{}", "{group_rule: mean}"))
    assert rows == told
    assert not {key for key in rows if key.startswith(("objective.level", "objective.group"))}
    scored, mean = (
        identity(study(one), dataset)
        for one in ("{level: group}", "{level: group, group_rule: mean}")
    )
    assert scored["objective.level"] == "group"
    assert len({str(one) for one in (rows, scored, mean)}) == 3
    assert identity(study("{level: group, group_rule: {k_of_n: 1}}"), dataset) == scored


def test_check_says_what_keeps_groups_from_being_scored(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(
        "name: s\ndata: {sklearn: breast_cancer, minority: malignant}\nobjective: {level: group}\n"
    )
    with pytest.raises(InputError, match=r"s\.yaml:3:13: objective\.level: 'group' scores groups"):
        inspect_study(str(file))
