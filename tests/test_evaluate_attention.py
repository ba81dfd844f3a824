"""Where a network looks: maps against closed forms, which pictures are shown, what is counted."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tuner import BACKBONES
from tuner.data import RawData, assemble
from tuner.evaluate.attention.choice import chosen
from tuner.evaluate.attention.grad_cam import (
    feature_map_of,
    heat_of,
    joined,
    minority_log_odds,
    resized,
    with_feature_map,
)
from tuner.evaluate.attention.look import look, networks_with_maps
from tuner.evaluate.attention.pointing import Measured, heat_in_boxes, hottest, measured, pointing
from tuner.evaluate.ensemble import average
from tuner.evaluate.winner import OtherLevel, Winner
from tuner.model.activations import ACTIVATIONS
from tuner.search.levels import Level
from tuner.spaces import Chosen, fixed_default

L = keras.layers
RNG = np.random.default_rng(0)


def network(family, shape, outputs=1, activation="relu", **values):
    spaces = BACKBONES[family].spaces
    defaults = {key: fixed_default(space).value for key, space in spaces.items()}
    own = ACTIVATIONS[activation].spaces
    context = {
        "activation": Chosen(activation, {key: fixed_default(own[key]).value for key in own}),
        "initializer": "auto",
    }
    inputs = keras.Input(shape)
    hidden = BACKBONES[family]({**defaults, **values}, inputs=inputs, **context)
    return keras.Model(inputs, L.Dense(outputs)(hidden))


def by_hand(outputs=1, pooling=None):
    """Two filters of one pixel, a ReLU, the mean over places, and a linear output."""
    inputs = keras.Input((4, 4))
    x = L.Conv2D(2, 1, activation="relu")(L.Reshape((4, 4, 1))(inputs))
    x = pooling(x) if pooling else x
    model = keras.Model(inputs, L.Dense(outputs)(L.GlobalAveragePooling2D()(x)))
    kernel, bias, _, last = model.get_weights()
    kernel[..., 0], kernel[..., 1] = 1.0, -1.0
    out = np.array([[2.0], [-3.0]]) if outputs == 1 else np.array([[0.5, -1, 2], [1, 0, -3]])
    model.set_weights([kernel, bias, out, last])
    return model


X = RNG.normal(size=(5, 4, 4)).astype(np.float32)


def test_a_map_of_one_output_is_as_the_formula_says():
    # y = mean(2 relu(x) - 3 relu(-x)), so that a channel's weight is its output weight / 16.
    expected = np.maximum(2 * np.maximum(X, 0) - 3 * np.maximum(-X, 0), 0) / 16
    np.testing.assert_allclose(heat_of(with_feature_map(by_hand()), X), expected, atol=1e-6)


def test_a_map_of_several_classes_is_of_the_minority_against_the_rest():
    model = by_hand(outputs=3)
    logits = np.asarray(model(X), dtype=np.float64)
    weights = model.get_weights()[2].astype(np.float64)
    others = np.exp(logits[:, :-1])
    others /= others.sum(axis=1, keepdims=True)
    slopes = (weights[:, -1] - others @ weights[:, :-1].T) / 16
    channels = np.stack([np.maximum(X, 0), np.maximum(-X, 0)], axis=-1)
    expected = np.maximum((channels * slopes[:, None, None]).sum(-1), 0)
    np.testing.assert_allclose(heat_of(with_feature_map(model), X), expected, atol=1e-6)


@pytest.mark.parametrize("kind", [L.MaxPooling2D, L.AveragePooling2D])
def test_what_is_pooled_before_the_mean_is_seen_before_it_is_pooled(kind):
    network = with_feature_map(by_hand(pooling=kind(2)))
    assert network.outputs[0].shape == (None, 4, 4, 2)
    # The mean of four means is the mean of all; of four maxima, four pixels count in 16.
    expected = np.maximum(2 * np.maximum(X, 0) - 3 * np.maximum(-X, 0), 0) / 16
    np.testing.assert_allclose(heat_of(network, X), expected, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(arrays(np.float32, (4, 3), elements=st.floats(-20, 20, width=32)), st.floats(-50, 50))
def test_log_odds_are_those_of_the_softmax_and_forget_a_constant(logits, constant):
    wide = logits.astype(np.float64)
    p = np.exp(wide - wide.max(1, keepdims=True))
    rest = p[:, :-1].sum(1)
    found = np.asarray(minority_log_odds(keras.ops.convert_to_tensor(wide)))
    np.testing.assert_allclose(found, np.log(p[:, -1] / rest), rtol=1e-6, atol=1e-6)
    moved = np.asarray(minority_log_odds(keras.ops.convert_to_tensor(wide + constant)))
    np.testing.assert_allclose(moved, found, atol=1e-6)


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_constant_added_to_all_logits_changes_no_map(outputs):
    model = by_hand(outputs)
    before = heat_of(with_feature_map(model), X)
    *rest, last = model.get_weights()
    model.set_weights([*rest, last + 7.0])
    np.testing.assert_allclose(heat_of(with_feature_map(model), X), before, atol=1e-5)


SETTINGS = [
    {},
    {"blocks": 1},
    {"blocks": 4},
    {"blocks": 2, "convolutions": 2, "residual": True, "normalization": "batch"},
    {"blocks": 2, "residual": True, "stochastic_depth": 0.3, "normalization": "group"},
    {"blocks": 2, "pooling": "max", "dropout": 0.2, "normalization": "group"},
]


@pytest.mark.parametrize("values", SETTINGS, ids=str)
@pytest.mark.parametrize("shape", [(16, 12), (16, 12, 3)])
def test_maps_of_convolutions_are_not_negative_and_sum_to_one(values, shape):
    model = network("conv", shape, filters=4, units=8, **values)
    seen = with_feature_map(model)
    shrunk = 2 ** (values.get("blocks", 2) - 1)
    assert seen.outputs[0].shape[1:3] == (16 // shrunk, 12 // shrunk)
    [heat] = joined([seen], RNG.normal(size=(6, *shape)).astype(np.float32), (16, 12))
    assert heat.shape == (6, 16, 12)
    assert (heat >= 0).all()
    assert {round(float(total), 9) for total in heat.sum(axis=(1, 2))} <= {0.0, 1.0}


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"by_depth"}))
def test_every_activation_has_a_map(activation):
    model = network("conv", (8, 8), outputs=3, activation=activation, filters=4, units=8)
    trained = [(model.get_config(), model.get_weights())] * 2
    networks = networks_with_maps(average([_with_softmax(*one) for one in trained]))
    assert len(networks) == 2
    [heat] = joined(networks, RNG.normal(size=(3, 8, 8)).astype(np.float32), (8, 8))
    assert np.isfinite(heat).all()


def _with_softmax(config, weights):
    config = {**config, "layers": [*config["layers"]]}
    last = config["layers"][-1]
    config["layers"][-1] = {**last, "config": {**last["config"], "activation": "softmax"}}
    return config, weights


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3)])
def test_a_dense_network_has_no_map(shape):
    assert feature_map_of(network("dense", shape)) is None


def test_a_map_of_one_place_says_nothing():
    assert feature_map_of(network("conv", (2, 2), blocks=3)) is None


def test_a_nested_model_has_the_map_that_it_gives():
    inner_inputs = keras.Input((8, 8, 1))
    inner = keras.Model(inner_inputs, L.Conv2D(3, 3, padding="same")(inner_inputs))
    inputs = keras.Input((8, 8))
    x = inner(L.Reshape((8, 8, 1))(inputs))
    model = keras.Model(inputs, L.Dense(1)(L.GlobalMaxPooling2D()(x)))
    assert feature_map_of(model).shape == (None, 8, 8, 3)
    assert heat_of(with_feature_map(model), np.ones((2, 8, 8), np.float32)).shape == (2, 8, 8)


def test_squeezing_inside_of_a_network_is_not_its_end():
    inputs = keras.Input((8, 8, 1))
    x = L.Conv2D(4, 3, padding="same")(inputs)
    gate = L.Reshape((1, 1, 4))(L.Dense(4, "sigmoid")(L.GlobalAveragePooling2D()(x)))
    gated = L.Multiply()([x, gate])
    model = keras.Model(inputs, L.Dense(1)(L.GlobalAveragePooling2D()(gated)))
    assert feature_map_of(model) is gated


def test_the_map_is_one_that_nothing_goes_around():
    inputs = keras.Input((8, 8, 1))
    first = L.Conv2D(4, 3, padding="same")(inputs)
    second = L.Conv2D(4, 3, padding="same")(first)
    ends = [L.GlobalAveragePooling2D()(x) for x in (first, second)]
    model = keras.Model(inputs, L.Dense(1)(L.Concatenate()(ends)))
    assert feature_map_of(model) is first


def test_networks_are_averaged_after_each_is_scaled_and_one_without_heat_is_left_out():
    strong = by_hand()
    weights = strong.get_weights()
    twice = by_hand()
    twice.set_weights([*weights[:2], 100 * weights[2], weights[3]])
    cold = by_hand()
    cold.set_weights([*weights[:2], -np.abs(weights[2]), weights[3]])
    seen = [with_feature_map(one) for one in (strong, twice, cold)]
    [alone] = joined(seen[:1], X, (4, 4))
    [mean] = joined(seen, X, (4, 4))
    np.testing.assert_allclose(mean, alone, atol=1e-6)
    [none] = joined(seen[2:], X, (4, 4))
    assert not none.any()


def test_pictures_are_taken_in_chunks_without_a_difference():
    seen = [with_feature_map(by_hand())]
    [whole] = joined(seen, X, (8, 8))
    parts = list(joined(seen, X, (8, 8), pixels=2 * 16 + 1))
    assert [len(part) for part in parts] == [2, 2, 1]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-7)


def test_a_map_is_enlarged_about_the_middles_of_its_places():
    small = np.zeros((1, 2, 2))
    small[0, 0, 1] = 1e-60  # nothing in float32, and not lost
    large = resized(small, (8, 8))[0]
    assert large.sum() == pytest.approx(1)
    assert large[:2, 6:] == pytest.approx(large.max())
    assert large[6:].max() == pytest.approx(0)
    assert large[:, :2].max() == pytest.approx(0)


def blobs(rows, at=None):
    """Noise, with a bright blob in all pictures of the minority; and a box around it."""
    rng = np.random.default_rng(1)
    images = rng.normal(0, 0.2, (rows, 16, 16)).astype(np.float32)
    labels = np.arange(rows) % 3 == 0
    boxes = np.full((rows, 4), np.nan)
    for row in np.flatnonzero(labels):
        top, left = rng.integers(0, 13, 2)
        images[row, top : top + 3, left : left + 3] += 3
        boxes[row] = left / 16, top / 16, 3 / 16, 3 / 16
    return images, labels, boxes


def blob_detector():
    """A mean over 3 × 3 pixels that only a blob lifts over its bias."""
    inputs = keras.Input((16, 16))
    x = L.Conv2D(1, 3, padding="same", activation="relu")(L.Reshape((16, 16, 1))(inputs))
    model = keras.Model(inputs, L.Dense(1, "sigmoid")(L.GlobalMaxPooling2D()(x)))
    kernel, *_ = model.get_weights()
    weights = [np.full_like(kernel, 1 / 9), np.array([-1.0]), np.array([[8.0]]), np.array([-4.0])]
    model.set_weights(weights)
    return model.get_config(), weights


def blob_data(**more):
    images, labels, boxes = blobs(60)
    raw = RawData(images, np.where(labels, "ill", "well"), boxes=boxes, **more)
    return assemble(raw, "blobs", "ill")


def looked(dataset, threshold=0.5, networks=2):
    model = average([blob_detector()] * networks)
    x = dataset.features
    told = np.asarray(model(x))[:, 0]
    return look(networks_with_maps(model), x, np.arange(len(x)), dataset, told, threshold)


def test_a_network_that_goes_by_a_blob_looks_at_the_blob():
    found = looked(blob_data())
    assert found.minority.rows == found.found.rows == 20
    assert found.minority.box == pytest.approx(9 / 256)
    assert found.minority.hits == 1
    assert found.minority.heat > 0.7
    assert found.minority.heat_of_others < 0.15
    assert found.minority.hits_of_others < 0.15
    assert (found.networks, found.places) == (2, (16, 16))
    # Nothing is bright in pictures of the other class.
    assert [one.kind for one in found.shown] == ["found"] * 4
    assert all(one.in_box > 0.7 for one in found.shown)


def test_pictures_without_heat_are_counted_and_left_out():
    dataset = blob_data()
    features = dataset.features.copy()
    blank = np.flatnonzero(dataset.is_minority())[:3]
    features[blank] = -5
    boxes = dataset.boxes.copy()
    boxes[np.flatnonzero(dataset.is_minority())[3]] = np.nan
    labels = np.where(dataset.is_minority(), "ill", "well")
    raw = RawData(features, labels, boxes=boxes)
    spoiled = assemble(raw, "t", "ill", duplicates="separate")
    found = looked(spoiled)
    assert (found.minority.rows, found.minority.without_map, found.minority.without_box) == (
        16,
        3,
        1,
    )
    assert found.found.rows == 16
    missed = [one for one in found.shown if one.kind == "missed"]
    assert len(missed) == 3
    assert all(one.in_box is None and not one.heat.any() for one in missed)


def test_without_boxes_there_are_pictures_and_no_numbers():
    dataset = blob_data()
    plain = assemble(RawData(dataset.features, dataset.labels), "t", "1")
    found = looked(plain)
    assert (found.found, found.minority) == (None, None)
    assert [one.in_box for one in found.shown] == [None] * 4


def test_a_kind_may_be_missing_and_numbers_may_be_of_nothing():
    dataset = blob_data()
    found = looked(dataset, threshold=2)
    assert [one.kind for one in found.shown] == ["missed"] * 4
    assert (found.found.rows, found.found.heat, found.found.box) == (0, None, None)
    assert found.minority.rows == 20


def test_false_alarms_are_no_part_of_the_numbers():
    everything = looked(blob_data(), threshold=0)
    assert everything.found == everything.minority
    assert (everything.found.rows, everything.found.without_box) == (20, 0)
    kinds = [one.kind for one in everything.shown]
    assert kinds == ["found"] * 4 + ["false alarm"] * 4


def test_boxes_of_other_groups_are_compared_with_and_those_of_its_own_are_not():
    dataset = blob_data()
    ill = dataset.is_minority()
    features = np.zeros_like(dataset.features)
    features[:, 3:5, 3:5] = 5 * ill[:, None, None]
    groups = np.where(np.arange(60) < 15, "a", "b")
    boxes = np.array([[0.125, 0.125, 0.25, 0.25], [0.625, 0.625, 0.25, 0.25]])
    boxes = boxes[(groups == "b").astype(int)]
    raw = RawData(features, np.where(ill, "ill", "well"), groups, boxes=boxes)
    found = looked(assemble(raw, "t", "ill", duplicates="separate")).minority
    # All blobs lie in the box of group a: 5 of them in their own, 15 in that of the others.
    assert (found.hits, found.hits_of_others) == (0.25, 0.75)
    assert (found.rows, found.groups) == (20, 2)


def test_some_rows_in_any_order_are_told_by_their_place_in_the_data():
    dataset = blob_data()
    model = average([blob_detector()])
    rows = np.array([57, 3, 20, 30, 8])
    x = dataset.features[rows]
    told = np.array([0.9, 0.8, 0.7, 0.1, 0.2])
    found = look(networks_with_maps(model), x, rows, dataset, told, 0.7)
    assert [(one.kind, one.row) for one in found.shown] == [
        ("found", 57),
        ("found", 3),
        ("missed", 30),
        ("false alarm", 20),
    ]
    assert found.minority.rows == 3
    top, left = (int(16 * dataset.boxes[57][axis]) for axis in (1, 0))
    assert found.shown[0].heat[top : top + 3, left : left + 3].sum() > 0.7


def test_rows_are_told_as_people_count_them_and_groups_and_classes_by_name():
    groups = np.repeat(np.arange(20), 3)
    dataset = blob_data(groups=groups, first_row=1)
    section = looked(dataset).to_json(dataset)
    assert section["minority"]["groups"] == 20
    for one in section["shown"]:
        assert (one["row"] - 1) % 3 == 0
        assert one["group"] == str((one["row"] - 1) // 3)
        assert one["class"] == "ill"


class TestChoice:
    ILL = np.array([1, 1, 1, 1, 0, 0, 0, 1], dtype=bool)
    CALLED = np.array([1, 1, 0, 0, 1, 0, 1, 1], dtype=bool)
    P = np.array([0.7, 0.9, 0.3, 0.1, 0.8, 0.2, 0.8, 0.6])

    def test_the_surest_of_each_kind_come_first(self):
        told = chosen(self.ILL, self.CALLED, self.P, None, most=2)
        assert told == {"found": [1, 0], "missed": [3, 2], "false alarm": [4, 6]}

    def test_a_group_is_shown_once_in_a_kind(self):
        groups = np.array(list("aaabbbbc"))
        told = chosen(self.ILL, self.CALLED, self.P, groups)
        assert told == {"found": [1, 7], "missed": [3, 2], "false alarm": [4]}

    @given(st.integers(0, 2**32 - 1), st.integers(1, 4))
    def test_any_choice_is_of_its_kind_and_as_sure_as_all_that_are_left(self, seed, most):
        rng = np.random.default_rng(seed)
        ill, called = rng.integers(0, 2, (2, 30)).astype(bool)
        p, groups = rng.random(30).round(1), rng.integers(0, 8, 30)
        told = chosen(ill, called, p, groups, most)
        kinds = {
            "found": (ill & called, -1),
            "missed": (ill & ~called, 1),
            "false alarm": (~ill & called, -1),
        }
        for kind, (own, sign) in kinds.items():
            rows = told[kind]
            assert own[rows].all()
            assert len(rows) == min(most, len(np.unique(groups[own])))
            assert len(set(groups[rows])) == len(rows)
            for row in np.flatnonzero(own):
                if groups[row] not in groups[rows]:
                    assert (sign * p[rows] <= sign * p[row]).all()


class TestPointing:
    @given(
        arrays(np.float64, (3, 5), elements=st.floats(0, 1)),
        st.lists(st.floats(0, 1), min_size=4, max_size=4),
    )
    def test_heat_in_a_box_is_the_sum_over_parts_of_pixels(self, heat, ends):
        (left, right), (top, bottom) = sorted(ends[:2]), sorted(ends[2:])
        across = np.clip(
            np.minimum(right * 5, np.arange(1, 6)) - np.maximum(left * 5, range(5)), 0, 1
        )
        down = np.clip(
            np.minimum(bottom * 3, np.arange(1, 4)) - np.maximum(top * 3, range(3)), 0, 1
        )
        box = np.array([[left, top, right - left, bottom - top]])
        expected = (heat * down[:, None] * across).sum()
        np.testing.assert_allclose(heat_in_boxes(heat, box), [expected], atol=1e-9)

    @given(st.floats(0, 0.7), st.floats(0, 0.7), st.floats(0.01, 0.3), st.floats(0.01, 0.3))
    def test_even_heat_has_the_share_of_the_box_in_every_measure(self, x, y, width, height):
        box = np.array([x, y, width, height])
        one = measured(np.full((6, 4), 1 / 24), box, box[None])
        np.testing.assert_allclose(
            [one.heat, one.hit, one.heat_of_others, one.hit_of_others], width * height, atol=1e-9
        )

    def test_the_hottest_pixel_decides_the_hit_and_equal_ones_share_it(self):
        heat = np.array([[0.5, 0.1], [0.4, 0.0]])
        left = np.array([0, 0, 0.5, 1])
        assert measured(heat, left, np.empty((0, 4))) == Measured(
            pytest.approx(0.9), 1.0, None, None
        )
        assert hottest(np.array([[1.0, 1.0], [0.0, 0.0]])).tolist() == [[0.5, 0.5], [0, 0]]

    def test_means_are_over_pictures_with_box_and_map(self):
        boxes = np.array([[0, 0, 0.5, 0.5], [0, 0, 1, 0.5], [0, 0, 1, 1], [np.nan] * 4])
        found = [Measured(0.2, 1, 0.1, 0.5), Measured(0.4, 0, None, None), None, None]
        told = pointing(found, boxes, np.array(["a", "a", "b", "c"]))
        assert (told.rows, told.groups, told.without_box, told.without_map) == (2, 1, 1, 1)
        assert told.heat == pytest.approx(0.3)
        assert (told.hits, told.box) == (0.5, pytest.approx(0.375))
        assert (told.heat_of_others, told.hits_of_others) == (0.1, 0.5)


def test_pictures_are_called_at_the_threshold_of_rows_whatever_is_scored():
    scored = {"row": Level("row"), "group": Level("group")}
    for level, other in (("row", "group"), ("group", "row")):
        further = OtherLevel(scored[other], 0.75, None)
        winner = Winner(*[None] * 5, 0.25, *[None] * 4, (), scored[level], further)
        assert winner.row_threshold == (0.25 if level == "row" else 0.75)
    assert Winner(*[None] * 5, 0.25, *[None] * 4).row_threshold == 0.25
