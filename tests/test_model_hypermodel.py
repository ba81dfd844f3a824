"""The hypermodel is an ordinary one: every stock tuner searches over it."""

import hashlib
import json
from types import SimpleNamespace

import keras
import keras_tuner
import numpy as np
import pandas as pd
import pytest

from tuner import ACTIVATIONS, RESAMPLERS, ImbalancedHyperModel, InputError
from tuner.model.class_weights import CLASS_WEIGHTS
from tuner.model.losses import make_loss
from tuner.model.losses.schedule import LossSchedule
from tuner.study import ImbalanceSection, TrainingSection
from tuner.study.model_section import model_section
from tuner.study.sections import tunable_section
from tuner.study.strategies import each_alone

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
CONDITIONAL = {
    "model.activation.elu.alpha": ("model.activation", "elu"),
    "imbalance.class_weight.minority.weight": ("imbalance.class_weight", "minority"),
}
Y = np.array([0] * 90 + [1] * 10)


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    y = (np.arange(200) % 5 == 0).astype(int)
    x = rng.normal(size=(200, 6)).astype("float32") + y[:, None]
    return (x[:150], y[:150]), (x[150:], y[150:])


@pytest.fixture(scope="module")
def whole():
    """Every place of every section is searched."""
    parts = each_alone("class_weight", "loss", "resampling")
    return ImbalancedHyperModel(
        (6,),
        model=tunable_section(model_section("dense")),
        imbalance=ImbalanceSection(strategies=parts),
    )


def declared(hypermodel):
    hp = keras_tuner.HyperParameters()
    hypermodel.configure(hp)
    return hp


class Spy:
    """Stands for a compiled network; `fit` returns what it is handed, arrays by their names."""

    def __init__(self, hypermodel, hp):
        chosen = hypermodel.configure(hp).loss
        self.loss = make_loss(chosen, len(hypermodel.classes), hypermodel.minority)
        self.optimizer = SimpleNamespace(iterations=0)
        self.layers = [SimpleNamespace(bias=self)]
        self.bias = None

    def assign(self, bias):
        self.bias = bias

    def fit(self, x, y=None, **kwargs):
        if y is None:  # rows that are drawn for each epoch
            x, y, kwargs["sample_weight"] = (np.concatenate(part) for part in zip(*x, strict=True))
        self.callbacks = kwargs.pop("callbacks")
        return {"x": x, "y": y, "counts": self.loss.counts, "bias": self.bias, **kwargs}


def fitted(hypermodel, hp, y=Y, x=None, **arguments):
    """What `fit` hands to the model."""
    x = np.zeros((len(y), 6)) if x is None else x
    return hypermodel.fit(hp, Spy(hypermodel, hp), x, y, **arguments)


@pytest.mark.slow
# Of Keras Tuner's own Gaussian process, which has few scores to learn from.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
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
    keras.utils.set_random_seed(0)  # scores lead the Gaussian process, at times to two points only
    search.search(*train, validation_data=validation, verbose=0)
    trials = search.oracle.trials.values()
    assert {trial.status for trial in trials} == {"COMPLETED"}
    assert len({repr(sorted(trial.hyperparameters.values.items())) for trial in trials}) >= 3
    assert search.oracle.get_best_trials()[0].score == max(trial.score for trial in trials) > 0
    for values in [trial.hyperparameters.values for trial in trials] + [
        search.get_best_hyperparameters()[0].values
    ]:
        for parameter, (parent, active) in CONDITIONAL.items():
            assert (parameter in values) == (values[parent] == active)


def test_one_call_declares_the_whole_conditional_space():
    assert [space.name for space in declared(ImbalancedHyperModel((6,), **SMALL)).space] == [
        "model.units",
        "model.activation",
        "model.activation.elu.alpha",
        "imbalance.class_weight",
        "imbalance.class_weight.minority.weight",
    ]


@pytest.mark.parametrize("activation", ["relu", "elu", "prelu"])
def test_nothing_is_declared_later(whole, activation):
    hp = declared(whole)
    names = [space.name for space in hp.space]
    hp.values["model.activation"] = activation
    hp.ensure_active_values()
    whole.build(hp)
    fitted(whole, hp)
    assert [space.name for space in hp.space] == names


def test_everything_is_tunable_unless_told_otherwise():
    hypermodel = ImbalancedHyperModel((6,))
    names = {space.name for space in declared(hypermodel).space}
    assert {"model.layers", "model.units", "model.dropout", "training.optimizer"} <= names
    assert "model.activation.prelu.alpha_initializer" in names
    assert "imbalance.strategy.class_weight=power.class_weight.exponent" in names
    assert "imbalance.strategy.loss=focal.loss.gamma" in names
    assert {entry.name for entry in hypermodel.model.activation.entries} == set(ACTIVATIONS)


@pytest.mark.parametrize(("classes", "shape"), [(2, (None, 1)), (3, (None, 3))])
def test_the_defaults_build_and_give_probabilities(classes, shape):
    model = ImbalancedHyperModel((4, 4), classes).build(keras_tuner.HyperParameters())
    assert model.output_shape == shape
    assert (type(model.loss).__name__, model.loss.classes) == ("CrossEntropy", classes)
    p = np.asarray(model(3.0 * np.ones((2, 4, 4))))
    assert ((p >= 0) & (p <= 1)).all()
    if classes > 2:
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)


def options(space):
    if isinstance(space, keras_tuner.engine.hyperparameters.Choice):
        return space.values
    if isinstance(space, keras_tuner.engine.hyperparameters.Boolean):
        return [False, True]
    low, high = space.min_value, space.max_value
    return [low, type(low)((low + high) / 2), high]


OVERLAPPING = np.repeat([0, 1], [360, 40])
"""Labels of rows of which every resampler can make something."""


def fingerprint(hypermodel, values):
    """The network, its optimizer, its loss and what `fit` gets, as one text."""
    keras.backend.clear_session(free_memory=False)  # layer names count up
    hp = keras_tuner.HyperParameters()
    hp.values = dict(values)
    model = hypermodel.build(hp)
    x = np.random.default_rng(0).normal(size=(400, 6)).astype("float32")
    x += 0.6 * OVERLAPPING[:, None]
    keras.utils.set_random_seed(0)
    given = fitted(hypermodel, hp, OVERLAPPING, x)
    handed = {key: np.asarray(value).tolist() for key, value in given.items()}
    parts = [model.get_config(), model.optimizer.get_config(), model.loss.get_config(), handed]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def test_every_value_of_every_hyperparameter_has_an_effect(whole):
    hp = declared(whole)
    hp.values["model.layers"] = 3  # with fewer there is no middle one
    assert fingerprint(whole, hp.values) == fingerprint(whole, hp.values)
    idle = []
    for space in hp.space:
        parents = {parent.name: parent.values[0] for parent in space.conditions}
        variants = [{**hp.values, **parents, space.name: value} for value in options(space)]
        seen = {fingerprint(whole, values) for values in variants}
        if len(seen) < len(variants):
            idle.append(space.name)
    assert len(hp.space) > 15
    assert idle == []


def test_inactive_parameters_do_not_appear(whole):
    for activation in ACTIVATIONS:
        flat = whole.configuration({"model.activation": activation}).flat()
        own = {f"model.activation.{activation}.{key}" for key in ACTIVATIONS[activation].spaces}
        assert {key for key in flat if key.startswith("model.activation.")} == own


def test_searched_and_fixed_values_make_the_configuration():
    hypermodel = ImbalancedHyperModel((6,), **SMALL)
    assert hypermodel.configuration({"model.units": 8, "model.activation": "elu"}).flat() == {
        "model.family": "dense",
        "model.layers": 1,
        "model.units": 8,
        "model.batch_normalization": False,
        "model.dropout": 0.0,
        "model.l2": 0.0,
        "model.activation": "elu",
        "model.activation.elu.alpha": 1.0,
        "model.kernel_initializer": "auto",
        "imbalance.class_weight": "none",
        "imbalance.loss": "crossentropy",
        "imbalance.loss.crossentropy.label_smoothing": 0.0,
        "imbalance.resampling": "none",
        "training.batch_size": 32,
        "training.optimizer": "adam",
        "training.learning_rate": 0.01,
    }


@pytest.mark.parametrize("name", [n for n in CLASS_WEIGHTS if n not in ("none", "explicit")])
def test_class_weights_are_computed_from_the_labels(name):
    hypermodel = ImbalancedHyperModel((6,), imbalance={"class_weight": name})
    weights = fitted(hypermodel, declared(hypermodel), Y)["sample_weight"]
    few = fitted(hypermodel, declared(hypermodel), np.repeat([0, 1], [60, 40]))["sample_weight"]
    assert weights.mean() == pytest.approx(1.0, rel=1e-5)
    assert weights[-1] > weights[0]
    assert weights[-1] > few[-1]


@pytest.mark.parametrize("column", [False, True])
def test_row_weights_multiply_class_weights(column):
    hypermodel = ImbalancedHyperModel((6,), imbalance={"class_weight": "balanced"})
    y, own = np.array([0, 0, 0, 1]), np.array([1.0, 2.0, 0.5, 3.0])
    if column:
        y, own = y[:, None], own[:, None]
    got = fitted(hypermodel, declared(hypermodel), y, sample_weight=own)["sample_weight"]
    np.testing.assert_allclose(got, np.array([2, 4, 1, 18]) / 6.25, rtol=1e-6)


def test_epochs_and_batch_size_come_from_the_training_section_unless_given():
    hypermodel = ImbalancedHyperModel((6,), **SMALL)
    handed = fitted(hypermodel, declared(hypermodel))
    assert (handed["epochs"], handed["batch_size"]) == (2, 32)
    handed = fitted(hypermodel, declared(hypermodel), epochs=5, batch_size=7)
    assert (handed["epochs"], handed["batch_size"]) == (5, 7)


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        ({"class_weight": {0: 1, 1: 2}}, "class weights are a hyperparameter"),
        ({"y": None}, "pass x and y as arrays"),
        ({"y": np.array([0, 1, 2])}, "one code from 0 to 1 for each row, got 2"),
        ({"y": np.array([0.0, 0.5, 1.0])}, "got 0.5"),
        ({"y": np.eye(2)[[0, 1, 1]]}, r"got shape \(3, 2\)"),
        ({"y": np.array(["sick", "well"])}, "got sick"),
        ({"y": np.array([0, 0, 0])}, "class '1' has 0 training rows"),
        ({"y": np.array([0, 1])}, r"y has 2 rows, and x is of shape \(3, 6\)"),
        ({"y": 1}, r"got shape \(\)"),
        ({"y": np.array([0, 1, 1]), "sample_weight": [1.0, 2.0]}, "of shape .2,., and there are 3"),
        ({"y": np.array([0, 1, 1]), "sample_weight": np.zeros(3)}, "no training row with a weight"),
        ({"y": np.array([0, 1, 1]), "x": [["a"], ["b"], ["c"]]}, "x must hold numbers"),
    ],
)
def test_fit_refuses_what_it_cannot_honour(arguments, fragment):
    hypermodel = ImbalancedHyperModel((6,), **SMALL)
    with pytest.raises(InputError, match=fragment):
        hypermodel.fit(declared(hypermodel), None, **{"x": np.zeros((3, 6)), "y": Y, **arguments})


@pytest.mark.parametrize("resampling", ["random_over", ["none", "random_over"]])
def test_rows_that_are_resampled_in_any_trial_are_not_split_off_for_validation(resampling):
    hypermodel = ImbalancedHyperModel((6,), imbalance={"resampling": resampling})
    with pytest.raises(InputError, match="validation_split would score resampled rows"):
        fitted(hypermodel, declared(hypermodel), validation_split=0.2)


@pytest.mark.parametrize("name", ["random_over", "random_under", "balanced_batches"])
def test_labels_that_fit_only_a_part_of_the_rows_are_refused(name):
    hypermodel = ImbalancedHyperModel((6,), imbalance={"resampling": name})
    with pytest.raises(InputError, match="y has 100 rows, and x is of shape"):
        fitted(hypermodel, declared(hypermodel), Y, np.zeros((150, 6)))


def test_new_rows_lie_between_whole_numbers():
    hypermodel = ImbalancedHyperModel((6,), imbalance={"resampling": "smote"})
    x = np.random.default_rng(0).integers(0, 3, (100, 6))
    made = fitted(hypermodel, declared(hypermodel), Y, x)["x"][100:]
    assert (made % 1 > 0).any()


def test_a_frame_may_hold_numbers_and_booleans():
    x = pd.DataFrame({"number": np.linspace(0, 1, 100), "flag": np.arange(100) % 2 == 0})
    hypermodel = ImbalancedHyperModel((2,), imbalance={"resampling": "none"})
    handed = fitted(hypermodel, declared(hypermodel), pd.Series(Y), x)
    np.testing.assert_array_equal(handed["x"], x.astype("float32"))


@pytest.mark.parametrize(
    "given", [None, [], keras.callbacks.History(), [keras.callbacks.History()]]
)
def test_callbacks_are_given_as_keras_takes_them(given):
    hypermodel = ImbalancedHyperModel((6,), imbalance={"resampling": "none"})
    hp = declared(hypermodel)
    spy = Spy(hypermodel, hp)
    hypermodel.fit(hp, spy, np.zeros((100, 6)), Y, callbacks=given)
    first, *others = spy.callbacks
    assert isinstance(first, LossSchedule)
    assert others == (given if isinstance(given, list) else [given] * (given is not None))


def test_fit_tells_the_loss_and_the_output_bias_how_rare_the_class_is():
    hypermodel = ImbalancedHyperModel((6,), imbalance={"resampling": "none"})
    handed = fitted(hypermodel, declared(hypermodel))
    assert handed["counts"] == [90, 10]
    assert float(handed["bias"][0]) == pytest.approx(-np.log(9))
    hypermodel = ImbalancedHyperModel((6,), imbalance={"class_weight": "balanced"})
    assert float(fitted(hypermodel, declared(hypermodel))["bias"][0]) == pytest.approx(0)
    hypermodel = ImbalancedHyperModel((6,), imbalance={"output_bias": "zero"})
    assert fitted(hypermodel, declared(hypermodel))["bias"] is None


def test_a_network_that_goes_on_from_a_checkpoint_keeps_its_bias():
    hypermodel = ImbalancedHyperModel((6,), **SMALL)
    hp = declared(hypermodel)
    spy = Spy(hypermodel, hp)
    spy.optimizer.iterations = 7
    assert hypermodel.fit(hp, spy, np.zeros((100, 6)), Y)["bias"] is None
    assert spy.loss.counts == [90, 10]


@pytest.mark.parametrize("name", [n for n in RESAMPLERS if n != "none"])
def test_resampling_follows_the_global_seed(name):
    hypermodel = ImbalancedHyperModel((6,), imbalance={"resampling": name})
    x = np.random.default_rng(0).normal(size=(400, 6)).astype("float32")
    x += 0.6 * OVERLAPPING[:, None]
    seen = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        seen.append(fitted(hypermodel, declared(hypermodel), OVERLAPPING, x)["x"])
    assert np.array_equal(seen[0], seen[1])
    assert len(seen[0]) != 400 or not np.array_equal(seen[0], x)


@pytest.mark.parametrize(
    ("sections", "paths"),
    [
        ({"model": {"layers": 0, "unts": 3}}, {("model", "layers"), ("model", "unts")}),
        ({"model": {"family": "densse"}}, {("model", "family")}),
        ({"model": TrainingSection()}, {("model",)}),
        ({"imbalance": {"class_weight": "balancd"}}, {("imbalance", "class_weight")}),
        (
            {"imbalance": {"class_weight": "balanced", "loss": "logit_adjusted"}},
            {("imbalance", "loss", "logit_adjusted")},
        ),
        (
            {"training": {"epochs": 0, "learning_rate": -1, "optimizer": "adm"}},
            {("training", key) for key in ("epochs", "learning_rate", "optimizer")},
        ),
        (
            {"imbalance": {"class_weight": {"explicit": {"0": 1.0, "2": 3.0}}}},
            {
                ("imbalance", "class_weight", "explicit"),
                ("imbalance", "class_weight", "explicit", "2"),
            },
        ),
    ],
)
def test_all_problems_of_a_section_are_told(sections, paths):
    with pytest.raises(InputError) as caught:
        ImbalancedHyperModel((6,), **sections)
    assert {problem.path for problem in caught.value.problems} == paths


def test_sections_may_be_those_of_a_study():
    sections = {
        "model": model_section("dense")(layers=3),
        "imbalance": ImbalanceSection(class_weight="balanced"),
        "training": TrainingSection(learning_rate=0.25),
    }
    given = ImbalancedHyperModel((6,), **sections)
    plain = ImbalancedHyperModel(
        (6,),
        model={"layers": 3},
        imbalance={"class_weight": "balanced"},
        training={"learning_rate": 0.25},
    )
    assert given.configuration({}) == plain.configuration({})


@pytest.mark.parametrize("arguments", [{"classes": 1}, {"minority": 2}, {"minority": -1}])
def test_the_minority_must_be_one_of_two_classes_or_more(arguments):
    with pytest.raises(InputError, match="two classes or more"):
        ImbalancedHyperModel((6,), **arguments)


def test_the_minority_need_not_be_the_last_class():
    hypermodel = ImbalancedHyperModel((6,), 3, minority=0, imbalance={"class_weight": "minority"})
    y = np.repeat([0, 1, 2], [10, 40, 50])
    weights = fitted(hypermodel, declared(hypermodel), y)["sample_weight"]
    assert weights[0] == pytest.approx(10 * weights[-1])
