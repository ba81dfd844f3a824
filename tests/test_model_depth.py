"""Where a hidden layer stands, and `by_depth`, which looks at it."""

import keras
import keras_tuner
import numpy as np
import pytest

from tuner.errors import InputError
from tuner.evaluate.ensemble import average
from tuner.model.activations import ACTIVATIONS, at_depth, kernel_initializer, make_activation
from tuner.model.backbones import BACKBONES
from tuner.model.depth import ONLY_LAYER, Depth, depths
from tuner.spaces import Chosen, fixed_default
from tuner.study import load_study


@pytest.mark.parametrize(
    ("count", "picked"), [(1, "f"), (2, "fl"), (3, "fml"), (5, "fmmml")], ids=str
)
def test_the_first_comes_before_the_last_and_both_before_the_middle(count, picked):
    assert [depth.pick("f", "m", "l") for depth in depths(count)] == list(picked)


def test_depths_are_all_places_from_the_input_on():
    assert list(depths(3)) == [Depth(0, 3), Depth(1, 3), Depth(2, 3)]
    assert list(depths(1)) == [ONLY_LAYER]


@pytest.mark.parametrize(("index", "count"), [(-1, 2), (2, 2), (0, 0)])
def test_a_place_must_be_one_of_the_layers(index, count):
    with pytest.raises(ValueError, match=f"got index {index} and count {count}"):
        Depth(index, count)


PARTS = {"first": "leaky_relu", "middle": "selu", "last": "elu"}
DEFAULTS = {"layers": 2, "units": 4, "batch_normalization": False, "dropout": 0.0, "l2": 0.0}


def dense(layers, parts, initializer="auto"):
    inputs = keras.Input((3,))
    values = {**DEFAULTS, "layers": layers}
    chosen = Chosen("by_depth", parts)
    context = {"inputs": inputs, "activation": chosen, "initializer": initializer}
    return keras.Model(inputs, BACKBONES["dense"](values, **context))


def chosen_by_default(name):
    spaces = ACTIVATIONS[name].spaces
    return Chosen(name, {key: fixed_default(space).value for key, space in spaces.items()})


@pytest.mark.parametrize(
    ("layers", "names"),
    [
        (1, ["leaky_relu"]),
        (2, ["leaky_relu", "elu"]),
        (3, ["leaky_relu", "selu", "elu"]),
        (5, ["leaky_relu", "selu", "selu", "selu", "elu"]),
    ],
)
def test_each_hidden_layer_has_its_own_activation_and_the_weights_that_suit_it(layers, names):
    model = dense(layers, PARTS)
    kernels, activations = model.layers[1::2], model.layers[2::2]
    x = np.linspace(-3, 3, 12, dtype="float32").reshape(3, 4)
    for name, kernel, activation in zip(names, kernels, activations, strict=True):
        alone = chosen_by_default(name)
        np.testing.assert_array_equal(activation(x), make_activation(alone)(x))
        got, expected = kernel.kernel_initializer, kernel_initializer(alone)
        assert (type(got), got.scale) == (type(expected), expected.scale)


def test_a_named_initializer_counts_at_every_depth():
    kernels = dense(3, PARTS, "he_uniform").layers[1::2]
    assert {type(layer.kernel_initializer) for layer in kernels} == {keras.initializers.HeUniform}


def test_learned_slopes_of_a_convolution_are_shared_at_every_depth():
    parts = {"first": "relu", "middle": "relu", "last": "prelu"}
    layer = make_activation(Chosen("by_depth", parts), (1, 2), Depth(1, 2))
    layer.build((None, 6, 6, 3))
    assert layer.count_params() == 3


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "by_depth"])
def test_every_other_activation_is_the_same_at_every_depth(name):
    chosen = chosen_by_default(name)
    assert all(at_depth(chosen, depth) is chosen for depth in depths(3))


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "by_depth"])
def test_what_stands_at_a_depth_has_its_registered_defaults(name):
    parts = {"first": "relu", "middle": name, "last": "relu"}
    assert at_depth(Chosen("by_depth", parts), Depth(1, 3)) == chosen_by_default(name)


def test_each_part_is_one_of_the_other_activations():
    spaces = ACTIVATIONS["by_depth"].spaces
    others = tuple(name for name in ACTIVATIONS if name != "by_depth")
    assert {key: space.options for key, space in spaces.items()} == dict.fromkeys(spaces, others)
    defaults = {"first": "leaky_relu", "middle": "relu", "last": "swish"}
    assert {key: space.default for key, space in spaces.items()} == defaults


def test_an_exported_network_predicts_the_same():
    parts = {"first": "prelu", "middle": "rrelu", "last": "swish_beta"}
    hidden = dense(3, parts)
    model = keras.Model(hidden.input, keras.layers.Dense(1, "sigmoid")(hidden.output))
    x = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
    exported = average([(model.get_config(), model.get_weights())])
    np.testing.assert_allclose(exported(x), model(x), atol=1e-6)


def study_with(tmp_path, parts):
    path = tmp_path / "study.yaml"
    path.write_text(
        "version: 1\nname: example\ndata: {sklearn: breast_cancer}\n"
        f"model: {{activation: {{by_depth: {parts}}}}}\n",
        encoding="utf-8",
    )
    return load_study(path).model.activation


def test_a_study_gives_some_parts_and_searches_others(tmp_path):
    place = study_with(tmp_path, "{first: elu, middle: {choice: [relu, swish]}, last: relu}")
    middle = "{choice: [relu, swish]}"
    assert str(place) == f"[{{by_depth: {{first: elu, middle: {middle}, last: relu}}}}]"
    hp = keras_tuner.HyperParameters()
    hp.values = {"model.activation.by_depth.middle": "swish"}
    chosen = place.declare(hp, "model.activation")
    assert [at_depth(chosen, depth).name for depth in depths(3)] == ["elu", "swish", "relu"]


def test_parts_that_a_study_leaves_out_have_their_defaults(tmp_path):
    parts = "{first: leaky_relu, middle: gelu, last: swish}"
    assert str(study_with(tmp_path, "{middle: gelu}")) == f"[{{by_depth: {parts}}}]"


@pytest.mark.parametrize(
    ("parts", "path", "fragment"),
    [
        ("{first: relo}", ("first",), "expected one of 'relu', 'leaky_relu', .*got 'relo'"),
        ("{last: by_depth}", ("last",), "expected one of .*got 'by_depth'"),
        ("{last: {elu: {alpha: 2}}}", ("last",), "expected a value, {choice"),
        ("{middle: {choice: [relu, 3]}}", ("middle", "choice", 1), "expected one of .*got 3"),
        ("{frist: relu}", ("frist",), "did you mean 'first'?"),
    ],
)
def test_faults_of_a_study_are_told(tmp_path, parts, path, fragment):
    with pytest.raises(InputError, match=fragment) as caught:
        study_with(tmp_path, parts)
    assert caught.value.problems[0].path == ("model", "activation", "by_depth", *path)
