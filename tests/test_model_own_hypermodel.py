"""Networks of a person's own code inside the search: places, compiling, training."""

import keras
import numpy as np
import own_models as own
import pytest

from tuner.data import make_splits
from tuner.data.memory import from_arrays
from tuner.errors import InputError
from tuner.inspection import inspect_data_of
from tuner.model.losses.crossentropy import CrossEntropy
from tuner.model.own.inspection import declared_study
from tuner.search.places import default_values, places, places_from_json, places_to_json
from tuner.search.space import complete, space_of
from tuner.search.trainer import fold_rows, make_hypermodel
from tuner.study import load_study
from tuner.training.engine import train_unit
from tuner.training.unit import TrainingFailed

SPLIT = "split: {test: 0.25, validation: 0.25}"


@pytest.fixture(scope="module")
def dataset():
    rng = np.random.default_rng(0)
    labels = (np.arange(120) % 4 == 0).astype(int)
    features = rng.normal(size=(120, 3)) + labels[:, None]
    return from_arrays(features, labels.astype(str))


def study_of(folder, text, name="build", more="training: {epochs: 2}\n"):
    own.write(folder, text)
    path = folder / "study.yaml"
    head = f"version: 1\nname: own\ndata: {{source: rare_table, {SPLIT}}}\n"
    path.write_text(f"{head}model: {{python: net.py:{name}}}\n{more}", encoding="utf-8")
    return load_study(path)


def declared(folder, dataset, *study):
    known = study_of(folder, *study)
    splits = make_splits(dataset, known.data.split, known.seed)
    return declared_study(known, dataset, splits)[0], splits


def trained(folder, dataset, *study, values=None, seed=1):
    known, splits = declared(folder, dataset, *study)
    hypermodel = make_hypermodel(known, dataset)
    train, validation = fold_rows(dataset, splits.folds[0], known.data.preprocessing)
    configuration = hypermodel.configuration(values or {})
    return train_unit(hypermodel, configuration, train, validation, seed)


@pytest.mark.parametrize(
    ("text", "name"), [(own.PLAIN, "Net"), (own.IMBALANCED, "Net"), (own.OWN_FIT, "Net")]
)
def test_keras_tuner_and_optuna_see_the_places_of_the_study(tmp_path, dataset, text, name):
    known, _ = declared(tmp_path, dataset, text, name)
    own_places = places(known)
    space = space_of(make_hypermodel(known, dataset))
    searched = [place for place in own_places.values() if place.searched]
    assert [one.name for one in space] == [place.name for place in searched]
    assert [one.default for one in space] == [place.space.default for place in searched]
    assert complete(space, {}) == default_values(own_places)


def test_nested_conditions_hold_in_every_form(tmp_path, dataset):
    text = """
def build(hp, input_shape):
    hp.Choice("kind", ["a", "b", "c"])
    with hp.conditional_scope("kind", ["a", "b"]):
        hp.Boolean("norm")
        with hp.conditional_scope("norm", [True]):
            hp.Float("momentum", 0.5, 0.9)
    return network(input_shape)
"""
    known, _ = declared(tmp_path, dataset, text)
    own_places, space = places(known), space_of(make_hypermodel(known, dataset))
    for named in ({}, {"model.kind": "c"}, {"model.kind": "b", "model.norm": True}):
        values = complete(space, named)
        assert values == {
            name: values[name]
            for name, place in own_places.items()
            if place.searched and place.active(values)
        }
    assert "model.momentum" in values
    assert own_places["model.norm"].entry == "a or b"
    assert places_from_json(places_to_json(own_places)) == own_places


def test_values_reach_the_code_by_its_own_names(tmp_path, dataset):
    known, _ = declared(tmp_path, dataset, own.PLAIN, "Net")
    hypermodel = make_hypermodel(known, dataset)
    values = {"model.layers": 2, "model.units_1": 8, "model.my_activation": "elu"}
    configuration = hypermodel.configuration({**values, "model.alpha": 0.5})
    model = hypermodel.build_configuration(configuration)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == ["InputLayer", "Dense", "ELU", "Dense", "ELU", "Dense"]
    assert (model.layers[3].units, model.layers[4].alpha) == (8, 0.5)
    flat = configuration.flat()
    assert flat["model.python"] == "net.py:Net"
    assert flat["model.alpha"] == 0.5
    absent = ("imbalance.loss", "training.optimizer", "training.learning_rate")
    assert not [key for key in flat if key.startswith(absent)]
    assert flat["training.batch_size"] == 128


def test_compiled_crossentropy_is_ours_with_the_optimizer_that_was_compiled(tmp_path, dataset):
    known, _ = declared(tmp_path, dataset, own.PLAIN, "Net")
    hypermodel = make_hypermodel(known, dataset)
    model = hypermodel.build_configuration(hypermodel.configuration({}))
    assert isinstance(model.loss, CrossEntropy)
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert type(model).__name__ == "Functional"


def test_an_uncompiled_network_has_the_loss_and_the_optimizer_of_the_study(tmp_path, dataset):
    more = "training: {optimizer: sgd, learning_rate: 0.5}\nimbalance: {loss: focal}\n"
    known, _ = declared(tmp_path, dataset, own.FUNCTION, "build", more)
    hypermodel = make_hypermodel(known, dataset)
    model = hypermodel.build_configuration(hypermodel.configuration({}))
    assert type(model.loss).__name__ == "Focal"
    assert isinstance(model.optimizer, keras.optimizers.SGD)
    assert float(model.optimizer.learning_rate) == 0.5


def test_rows_of_a_fold_may_have_another_shape(tmp_path, dataset):
    known, _ = declared(tmp_path, dataset, own.FUNCTION)
    hypermodel = make_hypermodel(known, dataset)
    model = hypermodel.build_configuration(hypermodel.configuration({}), (2,))
    assert model.input_shape == (None, 2)


@pytest.mark.parametrize(
    ("text", "name", "engine", "reason"),
    [
        (own.PLAIN, "Net", "fused", ""),
        (own.FUNCTION, "build", "fused", ""),
        (own.IMBALANCED, "Net", "fused", ""),
        (own.OWN_FIT, "Net", "keras", "net.py:Net has a fit of its own"),
        (own.LOOP, "Net", "keras", "net.py:Net has a fit of its own"),
        (own.STEPPING, "build", "keras", "Stepping is a model class of its own"),
        (own.REGISTERED, "build", "keras", "it does not know the layer Scaled"),
    ],
)
def test_each_kind_is_trained_and_says_by_what(tmp_path, dataset, text, name, engine, reason):
    first, model = trained(tmp_path, dataset, text, name)
    assert (first.engine.name, first.engine.reason) == (engine, reason)
    assert type(model).__name__ == "Functional"
    loaded = keras.Model.from_config(model.get_config())
    loaded.set_weights(model.get_weights())
    assert len(first.history["val_pr_auc"]) == (1 if text is own.LOOP else 2)


@pytest.mark.parametrize(("text", "seeds"), [(own.PLAIN, (1, 1, 2)), (own.OWN_FIT, (1, 1))])
def test_the_same_seed_is_the_same_network_and_another_another(tmp_path, dataset, text, seeds):
    more = "training: {epochs: 1}\n"
    first, again, *others = (
        trained(tmp_path, dataset, text, "Net", more, seed=seed)[0].probabilities for seed in seeds
    )
    assert np.array_equal(first, again)
    assert not any(np.array_equal(first, other) for other in others)


def test_a_fit_that_calls_no_callback_keeps_its_last_weights(tmp_path, dataset):
    result, model = trained(tmp_path, dataset, own.LOOP, "Net")
    assert (result.best_epoch, result.history["loss"], result.health) == (1, [], {})
    known, splits = declared(tmp_path, dataset, own.LOOP, "Net")
    _, validation = fold_rows(dataset, splits.folds[0], known.data.preprocessing)
    told = np.asarray(model(np.asarray(validation.x)))[:, 0]
    assert result.probabilities[:, 1] == pytest.approx(told, abs=1e-6)


def test_the_best_epoch_of_an_own_fit_is_kept(tmp_path, dataset):
    more = "training: {epochs: 6, patience: 2}\n"
    result, _ = trained(tmp_path, dataset, own.OWN_FIT, "Net", more)
    values = result.history["val_pr_auc"]
    assert result.best_epoch == int(np.argmax(values)) + 1
    assert len(values) <= 6
    assert (result.priors.trained, result.priors.shifted) == (None, False)


def test_the_loss_of_the_code_has_no_known_class_shares(tmp_path, dataset):
    result, _ = trained(tmp_path, dataset, own.STEPPING)
    assert (result.priors.trained, result.priors.shifted) == (None, False)
    assert result.health["end"]["minority_gradient"] is not None


def test_class_weights_and_resampling_reach_an_own_fit(tmp_path, dataset):
    text = """
class Net(keras_tuner.HyperModel):
    def build(self, hp):
        return network((3,))

    def fit(self, hp, model, x, y, sample_weight=None, **kwargs):
        import builtins
        builtins.seen_by_fit = (len(x), int(y.sum()), sample_weight)
"""
    import builtins

    more = "imbalance: {class_weight: balanced}\n"
    trained(tmp_path, dataset, text, "Net", more)
    rows, _, weights = builtins.seen_by_fit
    assert weights.sum() == pytest.approx(rows, rel=1e-5)
    trained(tmp_path, dataset, text, "Net", "imbalance: {resampling: random_over}\n")
    assert builtins.seen_by_fit[0] == 2 * builtins.seen_by_fit[1]
    assert builtins.seen_by_fit[2] is None
    del builtins.seen_by_fit


def test_what_only_some_configurations_declare_fails_their_trials(tmp_path, dataset):
    text = """
def build(hp, input_shape):
    a, b, c = hp.Boolean("a"), hp.Boolean("b"), hp.Float("c", 0.0, 1.0)
    if a and b and c == 0.25:
        hp.Int("hidden", 1, 2)
    return network(input_shape)
"""
    values = {"model.a": True, "model.b": True, "model.c": 0.25}
    with pytest.raises(TrainingFailed, match="'hidden' is declared in this configuration only"):
        trained(tmp_path, dataset, text, values=values)


def test_what_the_code_raises_in_a_trial_is_told_with_its_line(tmp_path, dataset):
    text = """
def build(hp, input_shape):
    return network(input_shape, 4 if hp.Float("c", 0.0, 1.0) < 0.5 else int("four"))
"""
    with pytest.raises(TrainingFailed, match=r"build failed: ValueError: .*line 15 of .*net"):
        trained(tmp_path, dataset, text, values={"model.c": 0.75})
    fit = own.OWN_FIT.replace("return model.fit(", "return {}['x'].fit(")
    with pytest.raises(TrainingFailed, match=r"fit failed: KeyError: 'x' .*net.py"):
        trained(tmp_path, dataset, fit, "Net")


def test_a_hyperparameter_that_only_fit_declares_is_told(tmp_path, dataset):
    text = own.OWN_FIT.replace('        hp.Choice("batch", [16, 64])\n', "")
    with pytest.raises(TrainingFailed, match="'batch' is declared in this configuration only"):
        trained(tmp_path, dataset, text, "Net")


def test_a_study_that_searches_nothing_says_so(tmp_path, dataset):
    text = "def build(hp, input_shape):\n    return network(input_shape)\n"
    for more, expected in (("", 1), ("imbalance: {class_weight: [none, balanced]}\n", 0)):
        study = study_of(tmp_path, text, "build", more)
        findings = inspect_data_of(study, dataset=dataset).findings
        told = [one.message for one in findings if one.code == "nothing-searched"]
        assert len(told) == expected
        assert all("one trial is run" in one for one in told)


def test_a_file_that_changed_meanwhile_is_refused(tmp_path, dataset):
    known, _ = declared(tmp_path, dataset, own.FUNCTION)
    path = tmp_path / "net.py"
    path.write_text(path.read_text() + "\n# changed\n")
    with pytest.raises(InputError, match="has changed since this run began"):
        make_hypermodel(known, dataset)


@pytest.mark.parametrize(
    ("text", "name", "more", "told"),
    [
        (
            own.PLAIN,
            "Net",
            "training: {learning_rate: 0.1}\n",
            "study.yaml:5:12: training.lea",
        ),
        (own.PLAIN, "Net", "training: {optimizer: sgd}\n", "optimizer is set by the compile"),
        (own.PLAIN, "Net", "imbalance: {loss: focal}\n", "imbalance.loss: the loss is set by"),
        (
            own.STEPPING,
            "build",
            "imbalance: {strategies: [none, {loss: focal}]}\n",
            "imbalance.strategies\\[1\\].loss.*: the loss is set",
        ),
        (own.LOOP, "Net", "training: {optimizer: sgd}\n", "optimizer is set by the fit"),
        (
            own.OWN_FIT,
            "Net",
            "imbalance: {resampling: balanced_batches}\n",
            "batches are drawn by the model's own fit",
        ),
        (own.OWN_FIT, "Net", "training: {engine: fused}\n", "a fit of its own; set engine: auto"),
        (own.FUNCTION.replace("width=4", "width"), "build", "", "missing a required argument"),
    ],
)
def test_keys_that_would_do_nothing_are_refused(tmp_path, dataset, text, name, more, told):
    with pytest.raises(InputError, match=told):
        declared(tmp_path, dataset, text, name, more)
