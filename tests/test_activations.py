"""`tuner.activations.choose`: activations in a network of one's own."""

import keras
import keras_tuner
import numpy as np
import pytest

import tuner
from tuner import ACTIVATIONS, InputError
from tuner.activations import choose
from tuner.spaces import Float
from tuner.study import load_study


@pytest.fixture
def hp():
    return keras_tuner.HyperParameters()


def test_it_is_found_in_the_package():
    assert tuner.activations.choose is choose


def test_the_choice_and_its_parameters_are_declared(hp):
    entries = ["relu", {"elu": {"alpha": {"float": [0.1, 2.0]}}}, {"prelu": "tunable"}]
    activation = choose(hp, entries)
    assert activation.name == "relu"
    assert [space.name for space in hp.space] == [
        "activation",
        "activation.elu.alpha",
        "activation.prelu.alpha_initializer",
        "activation.prelu.shared",
    ]
    assert hp.values == {"activation": "relu"}  # the parameters of others are inactive


def test_everything_is_tuned_unless_told_otherwise(hp):
    choose(hp)
    [choice] = [space for space in hp.space if space.name == "activation"]
    assert set(choice.values) == set(ACTIVATIONS) - {"by_depth"}


def test_two_choices_have_two_names(hp):
    hp.values = {"gate": "elu"}
    assert choose(hp, ["relu", "elu"]).name == "relu"
    assert choose(hp, ["relu", "elu"], "gate").name == "elu"


def test_every_call_makes_a_new_layer(hp):
    activation = choose(hp, {"prelu": {"alpha_initializer": 0.5}})
    one, two = activation(), activation()
    x = keras.Input((4,))
    keras.Model(x, two(one(x)))
    one.alpha.assign(np.zeros(4))
    np.testing.assert_array_equal(two.alpha, np.full(4, 0.5))


def test_slopes_of_channels_are_shared_where_that_is_said(hp):
    activation = choose(hp, "prelu")
    layer = activation(shared_axes=(1, 2))
    layer.build((None, 5, 5, 3))
    assert tuple(layer.alpha.shape) == (1, 1, 3)


@pytest.mark.parametrize(
    ("entry", "kind"), [("selu", "LecunNormal"), ("elu", "GlorotUniform"), ("relu", "Variance")]
)
def test_initial_weights_suit_the_activation(hp, entry, kind):
    made = choose(hp, entry).initializer()
    assert type(made).__name__.startswith(kind)
    named = choose(hp, entry, kernel_initializer="he_uniform").initializer()
    assert isinstance(named, keras.initializers.HeUniform)


WRONG = ["relu", "leaky_rleu", {"elu": {"alpha": -1.0}}, {"celu": {"beta": 1.0}}, 3]


def test_wrong_entries_are_told_as_a_study_tells_them(hp, tmp_path):
    with pytest.raises(InputError) as caught:
        choose(hp, WRONG, "act")
    told = [str(problem) for problem in caught.value.problems]
    assert told[0] == "act[1]: unknown name 'leaky_rleu'; did you mean 'leaky_relu'?"
    assert len(told) == 4
    path = tmp_path / "study.yaml"
    spelled = "[relu, leaky_rleu, {elu: {alpha: -1.0}}, {celu: {beta: 1.0}}, 3]"
    head = "version: 1\nname: own\ndata: {source: mri_like}\n"
    path.write_text(f"{head}model: {{activation: {spelled}}}")
    with pytest.raises(InputError) as caught:
        load_study(path)
    messages = [problem.message for problem in caught.value.problems]
    assert [line.partition(": ")[2] for line in told] == messages
    assert hp.space == []  # nothing was declared


def test_parameters_that_do_not_go_together_are_told(hp):
    with pytest.raises(InputError, match=r"^act.rrelu.lower: lower must not exceed upper"):
        choose(hp, {"rrelu": {"lower": 0.9}}, "act")


def test_an_empty_list_is_refused(hp):
    with pytest.raises(InputError, match="activation: expected at least one entry"):
        choose(hp, [])


def test_entries_of_ones_own_are_entries(hp, registries):
    @ACTIVATIONS.register("scaled", factor=Float(1.0, 3.0))
    def scaled(factor):
        return keras.layers.Rescaling(factor)

    activation = choose(hp, ("relu", {"scaled": "tunable"}))
    assert "activation.scaled.factor" in [space.name for space in hp.space]
    assert activation.name == "relu"
