"""The hypermodel is an ordinary one: every stock tuner searches over it."""

import keras
import keras_tuner
import numpy as np
import pytest

from tuner import ImbalancedHyperModel, InputError
from tuner.model.class_weights import CLASS_WEIGHTS

OBJECTIVE = keras_tuner.Objective("val_minority_f1", "max")
SMALL = {
    "model": {
        "layers": 1,
        "units": {"choice": [4, 8]},
        "activation": ["relu", {"elu": {"alpha": {"choice": [0.5, 1.0]}}}],
    },
    "imbalance": {"class_weight": ["none", {"minority": {"weight": {"choice": [3.0, 9.0]}}}]},
    "training": {"epochs": 2, "batch_size": 32, "learning_rate": 0.01},
}


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    y = (np.arange(200) % 5 == 0).astype(int)
    x = rng.normal(size=(200, 6)).astype("float32") + y[:, None]
    return (x[:150], y[:150]), (x[150:], y[150:])


def configured(section, **values):
    hypermodel = ImbalancedHyperModel((6,), **section)
    hp = keras_tuner.HyperParameters()
    hypermodel.configure(hp)
    hp.values.update(values)
    hp.ensure_active_values()
    return hypermodel, hypermodel.configure(hp)


@pytest.mark.parametrize(
    ("tuner", "budget"),
    [
        (keras_tuner.RandomSearch, {"max_trials": 4}),
        (keras_tuner.BayesianOptimization, {"max_trials": 4, "num_initial_points": 2}),
        (keras_tuner.Hyperband, {"max_epochs": 3, "factor": 2, "hyperband_iterations": 1}),
        (keras_tuner.GridSearch, {"max_trials": 5}),
    ],
)
def test_stock_tuners_search_over_it(tmp_path, rows, tuner, budget):
    search = tuner(
        ImbalancedHyperModel((6,), **SMALL), OBJECTIVE, seed=1, directory=tmp_path, **budget
    )
    train, validation = rows
    search.search(*train, validation_data=validation, verbose=0)
    trials = search.oracle.trials.values()
    assert {trial.status for trial in trials} == {"COMPLETED"}
    assert len({repr(sorted(trial.hyperparameters.values.items())) for trial in trials}) >= 3
    best = search.oracle.get_best_trials()[0]
    assert best.score == max(trial.score for trial in trials) > 0
    for trial in trials:
        values = trial.hyperparameters.values
        active = values["model.activation"] == "elu"
        assert ("model.activation.elu.alpha" in values) == active


def test_one_call_declares_the_whole_conditional_space():
    hp = keras_tuner.HyperParameters()
    ImbalancedHyperModel((6,), **SMALL).configure(hp)
    assert [space.name for space in hp.space] == [
        "model.units",
        "model.activation",
        "model.activation.elu.alpha",
        "imbalance.class_weight",
        "imbalance.class_weight.minority.weight",
    ]


def test_everything_is_tunable_unless_told_otherwise():
    hp = keras_tuner.HyperParameters()
    model = ImbalancedHyperModel((6,)).build(hp)
    names = {space.name for space in hp.space}
    assert {"model.layers", "model.units", "model.dropout", "training.optimizer"} <= names
    assert "model.activation.prelu.alpha_initializer" in names
    assert "imbalance.class_weight.power.exponent" in names
    assert model.output_shape == (None, 1)


def test_inactive_parameters_do_not_appear():
    _, relu = configured(SMALL, **{"model.activation": "relu"})
    _, elu = configured(SMALL, **{"model.activation": "elu"})
    assert "model.activation.elu.alpha" not in relu.flat()
    assert elu.flat()["model.activation.elu.alpha"] in (0.5, 1.0)


def test_several_classes_end_in_a_softmax():
    model = ImbalancedHyperModel((4, 4), ["a", "b", "c"], model={"layers": 1}).build(
        keras_tuner.HyperParameters()
    )
    assert model.output_shape == (None, 3)
    np.testing.assert_allclose(np.sum(model(np.ones((2, 4, 4))), axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("section", "key", "values", "look"),
    [
        ("model", "layers", (1, 3), lambda m: len(m.layers)),
        ("model", "units", (4, 9), lambda m: m.layers[1].units),
        ("model", "dropout", (0.0, 0.3), lambda m: [layer.name for layer in m.layers][-2][:4]),
        ("model", "l2", (0.0, 0.01), lambda m: len(m.losses)),
        ("model", "batch_normalization", (False, True), lambda m: len(m.layers)),
        ("model", "activation", ("relu", "elu"), lambda m: type(m.layers[2]).__name__),
        ("model", "kernel_initializer", ("auto", "he_uniform"), lambda m: _scheme(m)),
        ("training", "optimizer", ("adam", "sgd"), lambda m: type(m.optimizer).__name__),
        ("training", "learning_rate", (0.1, 0.2), lambda m: float(m.optimizer.learning_rate)),
    ],
)
def test_each_setting_has_an_effect(section, key, values, look):
    seen = []
    for value in values:
        hypermodel, configuration = configured({"model": {}, "training": {}, section: {key: value}})
        seen.append(look(hypermodel.build_configuration(configuration)))
    assert seen[0] != seen[1]


def _scheme(model):
    return model.layers[1].kernel_initializer.get_config().get("distribution", "uniform")


@pytest.mark.parametrize("name", [n for n in CLASS_WEIGHTS if n not in ("none", "explicit")])
def test_class_weights_are_computed_from_the_labels(name):
    hypermodel, configuration = configured({"imbalance": {"class_weight": name}})
    weights = hypermodel.row_weights(configuration, np.array([0] * 90 + [1] * 10))
    assert weights.mean() == pytest.approx(1.0, rel=1e-5)
    assert weights[-1] > weights[0]


def test_row_weights_multiply_class_weights():
    hypermodel, configuration = configured({"imbalance": {"class_weight": "balanced"}})
    y, own = np.array([0, 0, 0, 1]), np.array([1.0, 2.0, 0.5, 3.0])
    plain = hypermodel.row_weights(configuration, y)
    np.testing.assert_allclose(hypermodel.row_weights(configuration, y, own), plain * own)


def test_class_weights_change_the_training(rows):
    (x, y), _ = rows
    losses = []
    for scheme in ("none", {"minority": {"weight": 9.0}}):
        settings = {**SMALL, "imbalance": {"class_weight": scheme}}
        hypermodel, configuration = configured(settings)
        keras.utils.set_random_seed(0)
        model = hypermodel.build_configuration(configuration)
        weights = hypermodel.row_weights(configuration, y)
        losses.append(model.test_on_batch(x, y, sample_weight=weights)[0])
    assert losses[0] != pytest.approx(losses[1], rel=1e-3)


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        ({"class_weight": {0: 1, 1: 2}}, "class weights are a hyperparameter"),
        ({"y": None}, "pass x and y as arrays"),
    ],
)
def test_fit_refuses_what_it_cannot_honour(rows, arguments, fragment):
    (x, y), _ = rows
    hypermodel = ImbalancedHyperModel((6,), **SMALL)
    hp = keras_tuner.HyperParameters()
    with pytest.raises(InputError, match=fragment):
        hypermodel.fit(hp, hypermodel.build(hp), x, **{"y": y, **arguments})


def test_all_problems_of_a_section_are_told():
    with pytest.raises(InputError) as caught:
        ImbalancedHyperModel((6,), model={"layers": 0, "unts": 3})
    assert {problem.path for problem in caught.value.problems} == {
        ("model", "layers"),
        ("model", "unts"),
    }


@pytest.mark.parametrize("arguments", [{"classes": 1}, {"minority": 2}])
def test_the_minority_must_be_one_of_two_classes_or_more(arguments):
    with pytest.raises(InputError, match="two classes or more"):
        ImbalancedHyperModel((6,), **arguments)
