"""A network of a person's own inside the hypermodel."""

import keras
import keras_tuner
import numpy as np
import pytest

from tuner import ImbalancedHyperModel, InputError
from tuner.model.configuration import Configuration

FIXED = {
    "imbalance": {"class_weight": "balanced"},
    "training": {"epochs": 1, "batch_size": 128, "learning_rate": 0.01},
}


def gated(hp, inputs, activation):
    """Two branches of which one gates the other; the second has a width of its own."""
    width = hp.Int("model.width", 4, 8)
    hidden = keras.layers.Dense(width, kernel_initializer=activation.initializer())(inputs)
    hidden = activation()(hidden)
    gated = hp.Boolean("model.gate")
    with hp.conditional_scope("model.gate", [True]):
        scale = hp.Float("model.gate_scale", 0.5, 2.0)
    if gated:
        gate = keras.layers.Dense(width, activation="sigmoid")(inputs)
        hidden = keras.layers.Multiply()([hidden, keras.layers.Rescaling(scale)(gate)])
    return keras.layers.Dropout(0.1)(hidden)


class Gated(ImbalancedHyperModel):
    def backbone(self, hp, inputs, activation):
        return gated(hp, inputs, activation)


@pytest.fixture(params=["callable", "method"])
def hypermodel(request):
    model = {"activation": ["relu", {"prelu": "tunable"}]}
    if request.param == "method":
        return Gated((6,), model=model, **FIXED)
    return ImbalancedHyperModel((6,), model=model, backbone=gated, **FIXED)


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    y = (np.arange(100) % 5 == 0).astype(int)
    return rng.normal(size=(100, 6)).astype("float32") + y[:, None], y


def values(**chosen):
    hp = keras_tuner.HyperParameters()
    hp.values = chosen
    return hp


def test_it_declares_hyperparameters_beside_those_of_the_hypermodel(hypermodel):
    hp = values(**{"model.gate": True})
    configuration = hypermodel.configure(hp)
    names = [space.name for space in hp.space]
    assert names[:3] == [
        "model.activation",
        "model.activation.prelu.alpha_initializer",
        "model.activation.prelu.shared",
    ]
    assert names[-3:] == ["model.width", "model.gate", "model.gate_scale"]
    assert configuration.own == {"model.width": 4, "model.gate": True, "model.gate_scale": 0.5}
    assert configuration.flat()["model.gate_scale"] == 0.5
    assert hypermodel.configure(hp) == configuration  # also where all is declared already


def test_what_is_inactive_is_no_value(hypermodel):
    hp = values(**{"model.gate": True})
    hypermodel.configure(hp)
    hp.values["model.gate"] = False
    assert hypermodel.configure(hp).own == {"model.width": 4, "model.gate": False}


def test_the_output_and_the_loss_stay_the_hypermodels(hypermodel):
    model = hypermodel.build(values(**{"model.gate": True, "model.width": 7}))
    assert model.output_shape == (None, 1)
    assert model.layers[-1].input.shape == (None, 7)
    assert (type(model.loss).__name__, model.loss.minority) == ("CrossEntropy", 1)
    several = type(hypermodel)((6,), 3, backbone=gated).build(values())
    assert several.output_shape == (None, 3)


def test_the_searched_activation_stands_in_it(hypermodel):
    model = hypermodel.build(values(**{"model.activation": "prelu"}))
    [slopes] = [one.alpha for one in model.layers if isinstance(one, keras.layers.PReLU)]
    assert tuple(slopes.shape) == (4,)
    kernel = model.layers[1].kernel_initializer
    assert kernel.scale == pytest.approx(2 / (1 + 0.25**2))


def test_a_configuration_makes_the_same_network(hypermodel):
    hp = values(**{"model.gate": True, "model.width": 5})
    configuration = hypermodel.configure(hp)
    assert isinstance(configuration, Configuration)
    one, two = hypermodel.build(hp), hypermodel.build_configuration(configuration)
    assert [w.shape for w in one.get_weights()] == [w.shape for w in two.get_weights()]
    assert hypermodel.build_configuration(configuration, (9,)).input_shape == (None, 9)


@pytest.mark.slow
# Of Keras Tuner's own Gaussian process, which has few scores to learn from.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("tuner", "budget"),
    [
        (keras_tuner.RandomSearch, {"max_trials": 2}),
        # Those differ in what they suggest, which test_model_hypermodel.py tries.
        *(
            pytest.param(tuner, budget, marks=pytest.mark.exhaustive)
            for tuner, budget in (
                (keras_tuner.BayesianOptimization, {"max_trials": 2, "num_initial_points": 1}),
                (keras_tuner.Hyperband, {"max_epochs": 2, "factor": 2, "hyperband_iterations": 1}),
                (keras_tuner.GridSearch, {"max_trials": 2}),
            )
        ),
    ],
)
def test_stock_tuners_search_over_it(tmp_path, rows, tuner, budget):
    objective = keras_tuner.Objective("val_minority_f1", "max")
    hypermodel = Gated((6,), model={"activation": ["relu", "elu"]}, **FIXED)
    search = tuner(hypermodel, objective, seed=1, directory=tmp_path, **budget)
    names = {space.name for space in search.oracle.get_space().space}
    assert names == {"model.activation", "model.width", "model.gate", "model.gate_scale"}
    search.search(*rows, validation_data=rows, verbose=0)
    trials = [trial.hyperparameters.values for trial in search.oracle.trials.values()]
    assert {trial.status for trial in search.oracle.trials.values()} == {"COMPLETED"}
    assert len({str(sorted(one.items())) for one in trials}) > 1
    assert all(("model.gate_scale" in one) == one["model.gate"] for one in trials)


MADE = "made of the inputs it is given"


@pytest.mark.parametrize(
    ("backbone", "fragment"),
    [
        (lambda hp, inputs, activation: None, "got NoneType; return the last hidden tensor"),
        (lambda hp, inputs, activation: keras.ops.ones((3, 4)), "got EagerTensor"),
        (lambda hp, inputs, activation: keras.Input((4,)), MADE),
        (lambda hp, inputs, activation: keras.layers.Add()([inputs, keras.Input((6,))]), MADE),
        (lambda hp, inputs, activation: keras.layers.Reshape((2, 3))(inputs), "None, 2, 3"),
        (lambda hp, inputs, activation: keras.ops.reshape(inputs, (2, 3)), "got shape .2, 3."),
    ],
)
def test_what_cannot_go_into_an_output_layer_is_refused(backbone, fragment):
    hypermodel = ImbalancedHyperModel((6,), backbone=backbone)
    for built in (hypermodel.build, hypermodel.configure):
        with pytest.raises(InputError, match=fragment):
            built(keras_tuner.HyperParameters())


def test_keys_of_registered_backbones_are_refused():
    given = {"layers": 2, "family": "conv", "activation": "relu"}
    with pytest.raises(InputError) as caught:
        ImbalancedHyperModel((6,), model=given, backbone=gated)
    assert [str(problem) for problem in caught.value.problems] == [
        "model.family: the network has a backbone of its own; leave out 'family' or the backbone,"
        " got 'conv'",
        "model.layers: 'layers' belongs to registered backbones; declare it in your own, on hp",
    ]
    with pytest.raises(InputError, match="activation: unknown name 'rleu'; did you mean 'relu'"):
        ImbalancedHyperModel((6,), model={"activation": "rleu"}, backbone=gated)


def test_all_activations_that_need_no_place_are_tuned_unless_told_otherwise():
    names = {one.name for one in Gated((6,)).model.activation.entries}
    assert {"relu", "prelu", "rrelu", "swish_beta"} < names
    assert "by_depth" not in names


def test_an_activation_that_differs_with_depth_needs_its_place():
    by_depth = {"activation": {"by_depth": {"first": "elu", "last": "gelu"}}}
    with pytest.raises(InputError, match=r"by_depth.*layer None of None.*activation\(0, of=3\)"):
        Gated((6,), model=by_depth).build(values())

    def deep(hp, inputs, activation):
        for layer in range(2):
            kernel = activation.initializer(layer, of=2)
            inputs = keras.layers.Dense(3, kernel_initializer=kernel)(inputs)
            inputs = activation(layer, of=2)(inputs)
        return inputs

    model = ImbalancedHyperModel((6,), model=by_depth, backbone=deep).build(values())
    assert [type(one).__name__ for one in model.layers][2::2] == ["ELU", "Activation"]


def test_there_is_no_own_backbone_to_call_where_none_is_given():
    with pytest.raises(TypeError, match="built from its section"):
        ImbalancedHyperModel((6,)).backbone(values(), keras.Input((6,)), None)


@pytest.mark.parametrize("searched", [16, {"choice": [16, 32]}])
@pytest.mark.parametrize(
    "name",
    [
        "training.batch_size",
        "training.warm_up",
        "imbalance.class_weight",
        "model.activation",
        "model.activation.elu.alpha",
        "model.kernel_initializer",
    ],
)
def test_a_name_that_the_hypermodel_has_is_refused(name, searched):
    def greedy(hp, inputs, activation):
        return keras.layers.Dense(hp.Int(name, 1, 8))(inputs)

    hypermodel = ImbalancedHyperModel((6,), backbone=greedy, training={"batch_size": searched})
    for built in (hypermodel.build, hypermodel.configure):
        hp = values()
        with pytest.raises(InputError, match=f"^the backbone declares '{name}', which is the hyp"):
            built(hp)
        assert "_retrieve" not in vars(hp)


def test_values_of_the_hypermodel_may_be_read_and_be_conditions():
    def reading(hp, inputs, activation):
        width = 3 if hp.get("training.batch_size") == 16 else 5
        with hp.conditional_scope("model.activation", ["relu"]):
            hp.Boolean("model.extra")
        return keras.layers.Dense(width)(inputs)

    training = {"batch_size": {"choice": [16, 32]}}
    model = {"activation": ["relu", "elu"]}
    hypermodel = ImbalancedHyperModel((6,), model=model, backbone=reading, training=training)
    assert hypermodel.configure(values()).own == {"model.extra": False}
    assert hypermodel.build(values(**{"training.batch_size": 32})).layers[-1].input.shape[1] == 5
