"""Probabilities and decisions for new rows in memory."""

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from winners import frame, network, pictures, table, winner_of

from tuner.errors import InputError
from tuner.metrics import decide
from tuner.metrics.calibration import Isotonic, Platt
from tuner.metrics.groups import by_group
from tuner.prediction.predictor import GroupRule, Predictor, UnseenCategories


def predictor_of(dataset, model=None, *, group=None, **options):
    one = winner_of(dataset, model, **options)
    return Predictor(
        one.model, one.preprocessor, dataset.classes, one.threshold, one.calibration, group
    )


@pytest.fixture(scope="module")
def rows():
    return frame()


@pytest.fixture(scope="module")
def predictor():
    return predictor_of(table(), group=GroupRule(1, 0.5))


def given_by(predictor, dataset):
    x = predictor.preprocessor.transform(dataset.features, dataset.columns)
    told = np.asarray(predictor.model(x))
    return np.hstack([1 - told, told]) if told.shape[1] == 1 else told


@pytest.mark.parametrize("classes", [("well", "ill"), ("hurt", "well", "ill")])
@pytest.mark.parametrize("calibration", [None, Platt(2.0, -0.5), Isotonic((0.1, 0.9), (0.0, 1.0))])
def test_decisions_come_before_calibration(rows, classes, calibration):
    dataset = table(classes)
    predictor = predictor_of(dataset, calibration=calibration)
    told = given_by(predictor, dataset)
    assert predictor.predict(rows).tolist() == [
        dataset.classes[code] for code in decide(told, predictor.threshold)
    ]
    expected = told if calibration is None else calibration.apply(told)
    assert predictor.predict_proba(rows) == pytest.approx(expected, abs=1e-6)
    assert predictor.predict_proba(rows).shape == (40, len(classes))
    assert predictor.classes == classes
    assert predictor.minority == "ill"


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_neither_the_order_of_columns_nor_other_columns_count(predictor, rows, data):
    order = data.draw(st.permutations(list(rows.columns)))
    some = data.draw(st.lists(st.integers(0, 39), min_size=1, max_size=9))
    new = rows[order].iloc[some].assign(**{"an id": "x"})
    expected = predictor.predict_proba(rows)[some]
    assert predictor.predict_proba(new) == pytest.approx(expected, abs=1e-6)


def test_one_row_is_enough(predictor, rows):
    """A column that holds nothing but texts of numbers, in a single row, is still categories."""
    one = rows.iloc[[3]].assign(scanner="2")
    assert predictor.predict(one).shape == (1,)


REFUSED = {
    "absent": (lambda f: f.drop(columns="depth"), "the frame has no column 'depth', which"),
    "near": (lambda f: f.rename(columns={"depth": "Depth"}), "did you mean 'Depth'. rename it"),
    "several": (lambda f: f[["patient"]], "has no columns 'site', 'depth', 'scanner', 'size'"),
    "text": (lambda f: f.assign(size="large"), "holds 40 values of type text .*first in row 0"),
    "digits": (lambda f: f.assign(size="1.5"), "where the model learned from numbers"),
    "infinite": (lambda f: f.assign(size=[0.0, -np.inf, *[1.0] * 38]), "first -inf in row 1"),
    "too large": (lambda f: f.assign(size=[1e39, *[1.0] * 39]), r"first 1e\+39 in row 0"),
    "missing": (lambda f: f.assign(size=[1.0, np.nan, *[1.0] * 38]), None),
    "no rows": (lambda f: f[:0], "has no rows"),
    "dates": (lambda f: f.assign(size=pd.Timestamp("2020-01-01")), "type Timestamp"),
    "twice": (lambda f: pd.concat([f, f[["size"]]], axis=1), "more than one column 'size'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_columns_that_do_not_fit_are_refused_by_name(predictor, rows, name):
    change, told = REFUSED[name]
    if told is None:
        assert predictor.predict(change(rows)).shape == (40,)  # what was learned fills it
        return
    with pytest.raises(InputError, match=told):
        predictor.predict(change(rows))


def test_a_missing_value_that_nothing_stands_for_is_refused(rows):
    dataset = table()
    one = winner_of(dataset)
    parts = [
        part if part.name != "size" else type(part)("size", None, False, part.centre, part.scale)
        for part in one.preprocessor.parts
    ]
    strict = type(one.preprocessor)(tuple(parts))
    predictor = Predictor(one.model, strict, dataset.classes, 0.5)
    with pytest.raises(InputError, match="column 'size' has 2 missing values, first in row 4;"):
        predictor.predict(rows.assign(size=[*[1.0] * 4, None, None, *[1.0] * 34]))


def test_categories_that_training_did_not_have_are_told(predictor, rows):
    new = rows.assign(site=["lima", None, "rome", *["oslo"] * 37])
    with pytest.warns(UnseenCategories) as caught:
        predictor.predict(new)
    [one] = caught
    assert str(one.message) == (
        "column 'site' has 2 rows with categories that training rows did not have ('lima', "
        "'(missing)'): nothing was learned about them"
    )
    assert one.filename == __file__


def test_rare_categories_that_share_a_column_are_told_so(rows):
    data = frame()
    data.loc[3, "site"] = "lima"
    from tuner.data.memory import from_frame

    dataset = from_frame(data, "label", categories=["scanner"], impute=True)
    with pytest.warns(UnseenCategories, match=r"rare in training or absent \('paris'\), and count"):
        predictor_of(dataset).predict(rows.assign(site="paris"))


@pytest.mark.parametrize(("places", "threshold"), [(1, 0.5), (2, 0.4), (None, 0.45)])
def test_groups_are_decided_by_the_rule_of_the_run(rows, places, threshold):
    dataset = table()
    predictor = predictor_of(
        dataset, calibration=Platt(2.0, -0.5), group=GroupRule(places, threshold)
    )
    told = predictor.predict_groups(rows, rows["patient"])
    codes = np.unique(rows["patient"], return_inverse=True)[1]
    nothing = np.zeros(40, dtype=np.int64)
    _, expected = by_group(nothing, given_by(predictor, dataset), codes, places)
    assert told[["p_well", "p_ill"]].to_numpy() == pytest.approx(expected, abs=1e-6)
    assert (told["decision"] == "ill").tolist() == (expected[:, 1] >= threshold).tolist()
    assert told.index.tolist() == sorted(set(rows["patient"]))
    assert told["rows"].tolist() == [4] * 10


def test_groups_need_a_rule_and_one_name_a_row(predictor, rows):
    with pytest.raises(InputError, match="one group for each of 40 rows, got 3"):
        predictor.predict_groups(rows, [1, 2, 3])
    with pytest.raises(InputError, match="the run had no groups"):
        predictor_of(table()).predict_groups(rows, rows["patient"])


@pytest.mark.parametrize("missing", [None, np.nan, "", pd.NA])
@pytest.mark.parametrize("others", ["s1", 7])
def test_a_missing_group_is_refused(predictor, rows, missing, others):
    for at in (3, slice(3, None)):
        groups = pd.Series([others] * 40, dtype=object)
        groups[at] = missing
        with pytest.raises(InputError, match="the group of row 3 is missing"):
            predictor.predict_groups(rows, groups)
    with pytest.raises(InputError, match="the group of row 0 is missing"):
        predictor.predict_groups(rows, [missing] * 40)


def numbers():
    from tuner.data.memory import from_arrays

    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 4))
    x[:, 2] = 7.0  # which is constant, and left out
    return x, from_arrays(x, [0, 0, 1] * 10)


def test_an_array_has_all_columns_of_training_in_their_order():
    x, dataset = numbers()
    predictor = predictor_of(dataset)
    assert predictor.columns == ("0", "1", "2", "3")
    told = predictor.predict_proba(x)
    named = pd.DataFrame(x[:, [3, 0, 1]], columns=[3, 0, 1])
    assert predictor.predict_proba(named) == pytest.approx(told)
    assert predictor.predict_proba(x.tolist()) == pytest.approx(told)
    with pytest.raises(InputError, match=r"shape \(rows, 4\), got \(30, 3\)"):
        predictor.predict(x[:, :3])
    with pytest.raises(InputError, match="expected an array of numbers, got <U1"):
        predictor.predict([["a", "b", "c", "d"]])
    with pytest.raises(InputError, match="expected an array of numbers or a pandas frame, got str"):
        predictor.predict("rows")
    with pytest.raises(InputError, match="they differ in length"):
        predictor.predict([[1, 2], [3]])


def test_an_array_cannot_hold_categories(predictor):
    assert predictor.columns == ("site", "depth", "scanner", "size")
    with pytest.raises(InputError, match="column 'site' holds categories"):
        predictor.predict(np.zeros((2, 4)))


@pytest.fixture(scope="module")
def seen():
    return pictures()


@pytest.fixture(scope="module")
def seer(seen):
    return predictor_of(seen)


class TestPictures:
    def test_they_are_standardised_as_in_training(self, seer, seen):
        x = seer.preprocessor.transform(seen.features)
        told = np.asarray(seer.model(x))[:, 0]
        assert seer.predict_proba(seen.features)[:, 1] == pytest.approx(told, abs=1e-6)
        assert seer.columns == ()
        assert seer.input_shape == (6, 5)

    def test_pythons_own_integers_are_taken_where_they_fit(self, seer, seen):
        told = seer.predict_proba(seen.features)
        wide = seen.features.astype(np.int64)
        assert seer.predict_proba(wide).tolist() == told.tolist()
        with pytest.raises(InputError, match="int64 from -1 to"):
            seer.predict(wide - 1 - wide.min())

    @pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.int8])
    def test_another_type_is_refused(self, seer, seen, dtype):
        with pytest.raises(InputError, match="the model learned from uint8: nothing says how"):
            seer.predict((seen.features // 2).astype(dtype))

    def test_floats_of_another_width_are_taken(self):
        dataset = pictures(np.float32)
        predictor = predictor_of(dataset)
        told = predictor.predict_proba(dataset.features)
        assert predictor.predict_proba(dataset.features.astype(np.float64)) == pytest.approx(told)
        odd = dataset.features.copy()
        odd[4, 2, 2] = np.nan
        with pytest.raises(InputError, match="not finite, first in row 4"):
            predictor.predict(odd)

    def test_another_shape_is_refused(self, seer, seen):
        with pytest.raises(InputError, match=r"shape \(6, 5\), got \(6, 4\)"):
            seer.predict(seen.features[..., :4])
        with pytest.raises(InputError, match="is one picture"):
            seer.predict(seen.features[0])
        with pytest.raises(InputError, match="has no rows"):
            seer.predict(seen.features[:0])

    def test_a_frame_is_no_picture(self, seer, rows):
        with pytest.raises(InputError, match="expected an array of numbers, got object"):
            seer.predict(rows)


def test_a_prediction_that_is_not_finite_is_told_with_its_row():
    x, dataset = numbers()
    rows = keras.Input((3,))
    out = keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(3e38))(rows)
    out = keras.layers.Subtract()([out, out])
    predictor = predictor_of(dataset, keras.Model(rows, out))
    x[:] = x.mean(axis=0)
    x[5, 0] = 1e30
    with pytest.raises(InputError, match="the prediction of row 5 is not finite"):
        predictor.predict(x)


def test_shapes_of_networks_are_those_of_the_data():
    assert network((3,)).output_shape == (None, 1)
