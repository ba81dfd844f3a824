"""Published architectures: their table, stages that are kept, and weights from a file."""

import json
import re
import zipfile
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pytest

from tuner import ImbalancedHyperModel, InputError
from tuner.cli import main
from tuner.data import load_data
from tuner.evaluate.attention.grad_cam import heat_of, with_feature_map
from tuner.evaluate.ensemble import average, logit_networks, single_networks
from tuner.model.backbones import weights as weights_module
from tuner.model.backbones.architectures import (
    ARCHITECTURES,
    LEAST_SIDE,
    STAGES,
    applied,
    stage_of,
)
from tuner.search.identity import check_identity, identity
from tuner.study import load_study
from tuner.training.health import probe
from tuner.training.health_passes import hidden_activations
from tuner.training.unit import LabelledRows

SMALLEST = "MobileNetV3Small"
SHAPE = (LEAST_SIDE, LEAST_SIDE)
ALL = [pytest.param(name, marks=[pytest.mark.slow] * (name != SMALLEST)) for name in ARCHITECTURES]


def plain(architecture, side=LEAST_SIDE):
    return applied(architecture, keras.Input((side, side, 3)))


def built(shape=SHAPE, **model):
    hypermodel = ImbalancedHyperModel(
        shape,
        model={"family": "backbone", "architecture": SMALLEST, "units": 5, **model},
        imbalance={"class_weight": "none"},
        training={"learning_rate": 0.01},
    )
    return hypermodel.build(keras_tuner.HyperParameters())


def some_pictures(rows=8, shape=SHAPE):
    return np.random.default_rng(0).normal(size=(rows, *shape)).astype("float32")


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A network with weights of its own, and its files in two formats of Keras."""
    keras.utils.set_random_seed(3)
    network = plain(SMALLEST)
    rng = np.random.default_rng(3)
    network.set_weights([one + 0.01 * rng.random(one.shape) for one in network.get_weights()])
    folder = tmp_path_factory.mktemp("weights")
    network.save_weights(folder / "small.weights.h5")
    network.save(folder / "small.keras")
    return network, folder


@pytest.fixture(scope="module", params=ALL)
def one(request):
    """An architecture and its network, built once."""
    return request.param, plain(request.param)


class TestTable:
    def test_numbers_are_those_of_keras(self, one):
        name, network = one
        assert network.count_params() == ARCHITECTURES[name].numbers

    def test_each_layer_with_weights_is_of_one_stage(self, one):
        name, network = one
        patterns = ARCHITECTURES[name].stages
        assert len(patterns) == STAGES
        for layer in network.layers:
            if layer.weights:
                assert sum(bool(re.fullmatch(p, layer.name)) for p in patterns) == 1, layer.name
            if isinstance(layer, keras.layers.Dropout):
                assert stage_of(layer.name, name), layer.name

    def test_stages_follow_each_other_and_halve_the_picture(self, one):
        name, network = one
        stages = [
            (stage, layer.output.shape[1])
            for layer in network.layers
            if layer.weights and (stage := stage_of(layer.name, name))
        ]
        assert [stage for stage, _ in stages] == sorted(stage for stage, _ in stages)
        # What squeezes the picture to one pixel for a moment is not the stage's resolution.
        widest = {stage: max(side for own, side in stages if own == stage) for stage, _ in stages}
        assert widest[1] == LEAST_SIDE // 2
        assert all(
            widest[stage] in (LEAST_SIDE >> stage, LEAST_SIDE >> stage - 1) for stage in widest
        )
        assert network.output.shape[1:3] == (1, 1)

    def test_nothing_scales_the_pixels(self, one):
        kinds = {type(layer) for layer in one[1].layers}
        assert not kinds & {keras.layers.Rescaling, keras.layers.Normalization}


class TestStages:
    @pytest.mark.parametrize("stages", [0, 2, STAGES])
    def test_only_the_last_stages_are_trained(self, published, stages):
        _, folder = published
        model = built(weights=str(folder / "small.keras"), trainable_stages=stages)
        before = {layer.name: layer.get_weights() for layer in model.layers if layer.weights}
        labels = np.array([0, 1] * 4)
        model.loss.adapt(np.bincount(labels))
        model.run_eagerly = True
        model.train_on_batch(some_pictures(), labels)
        for layer in model.layers:
            if not layer.weights:
                continue
            stage = stage_of(layer.name, SMALLEST)
            frozen = stage is not None and stage <= STAGES - stages
            same = [
                np.array_equal(one, other)
                for one, other in zip(before[layer.name], layer.get_weights(), strict=True)
            ]
            assert all(same) if frozen else not all(same), layer.name

    def test_the_count_of_trained_numbers(self, published):
        network, folder = published
        head = 576 * 5 + 5 + 5 + 1
        own = [
            sum(
                int(np.prod(variable.shape))
                for layer in network.layers
                if (stage_of(layer.name, SMALLEST) or 0) > STAGES - stages
                for variable in layer.trainable_variables
            )
            for stages in (0, 1, STAGES)
        ]
        for stages, expected in zip((0, 1, STAGES), own, strict=True):
            model = built(weights=str(folder / "small.keras"), trainable_stages=stages)
            trained = sum(int(np.prod(one.shape)) for one in model.trainable_variables)
            assert trained == expected + head
        assert own[0] == 0 < own[1] < own[2]

    def test_moving_statistics_of_trained_stages_follow_sooner(self, published):
        _, folder = published
        model = built(weights=str(folder / "small.keras"), trainable_stages=2)
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                trained = stage_of(layer.name, SMALLEST) > STAGES - 2
                assert layer.momentum == (0.9 if trained else 0.999), layer.name

    @pytest.mark.slow
    def test_a_kept_stage_drops_nothing(self, tmp_path):
        name = "EfficientNetV2B0"
        plain(name).save_weights(tmp_path / "net.weights.h5")
        options = {"architecture": name, "weights": str(tmp_path / "net.weights.h5")}
        rates = {
            stages: [
                layer.rate
                for layer in built(trainable_stages=stages, **options).layers
                if isinstance(layer, keras.layers.Dropout)
            ]
            for stages in (0, 1, STAGES)
        }
        assert set(rates[0]) == {0.0}
        assert 0 < sum(rate > 0 for rate in rates[1]) < len(rates[1])
        assert all(rate > 0 for rate in rates[STAGES])

    def test_an_untrained_network_is_trained_as_a_whole(self):
        told = r"model\.trainable_stages: an untrained network .* or trainable_stages: 5"
        for stages in (4, {"int": [0, 5]}, {"choice": [0, 5]}):
            with pytest.raises(InputError, match=told):
                built(trainable_stages=stages)


class TestWeights:
    @pytest.mark.parametrize("name", ["small.weights.h5", "small.keras"])
    @pytest.mark.parametrize("shape", [SHAPE, (40, 33, 1), (*SHAPE, 3)])
    def test_a_network_begins_with_those_of_a_file(self, published, name, shape):
        network, folder = published
        model = built(shape, weights=str(folder / name), trainable_stages=0)
        expected = network.get_weights()
        for one, other in zip(model.get_weights()[: len(expected)], expected, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_pictures_of_one_channel_have_three_equal_ones(self, published):
        network, folder = published
        model = built(weights=str(folder / "small.keras"), trainable_stages=0)
        [pooled] = [
            layer
            for layer in model.layers
            if isinstance(layer, keras.layers.GlobalAveragePooling2D) and not layer.keepdims
        ]
        inner = keras.Model(model.input, pooled.input)
        pictures = some_pictures()
        grey = np.repeat(pictures[..., None], 3, axis=-1)
        np.testing.assert_allclose(inner(pictures), network([grey]), atol=1e-5)

    def test_the_format_of_published_files_is_read(self, published, tmp_path):
        from keras.src.legacy.saving import legacy_h5_format  # Keras writes it no more

        h5py = pytest.importorskip("h5py")
        network, _ = published
        with h5py.File(tmp_path / "small_no_top.h5", "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, network)
        model = built(weights=tmp_path / "small_no_top.h5", trainable_stages=1)
        expected = network.get_weights()
        for one, other in zip(model.get_weights()[: len(expected)], expected, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_a_file_is_read_once_and_again_when_it_has_changed(
        self, published, tmp_path, monkeypatch
    ):
        network, folder = published
        path = tmp_path / "one.weights.h5"
        path.write_bytes((folder / "small.weights.h5").read_bytes())
        monkeypatch.setattr(weights_module, "_kept", {})
        options = {"weights": str(path), "trainable_stages": 0}
        built(**options)
        read = []
        original = keras.Model.load_weights
        monkeypatch.setattr(
            keras.Model, "load_weights", lambda *args: read.append(args) or original(*args)
        )
        built(**options)
        assert not read
        other = keras.models.clone_model(network)
        other.save_weights(path)
        got = built(**options).get_weights()
        assert len(read) == 1
        np.testing.assert_array_equal(got[0], other.get_weights()[0])

    def test_what_is_no_file_of_the_architecture_is_refused(self, published, tmp_path):
        _, folder = published
        (tmp_path / "text.h5").write_text("nothing")
        (tmp_path / "weights.pt").write_text("nothing")
        with zipfile.ZipFile(tmp_path / "empty.keras", "w") as archive:
            archive.writestr("config.json", "{}")
        good = str(folder / "small.weights.h5")
        whole = bytearray(Path(good).read_bytes())
        whole[96:2000] = bytes(byte ^ 0x5A for byte in whole[96:2000])
        (tmp_path / "bad.weights.h5").write_bytes(whole)
        cases = [
            (
                {"weights": str(tmp_path / "bad.weights.h5")},
                "bad.weights.h5 cannot be read",
            ),
            ({"weights": str(tmp_path / "none.h5")}, "there is no file .*none.h5"),
            ({"weights": str(tmp_path / "text.h5")}, "text.h5 cannot be read"),
            ({"weights": str(tmp_path / "weights.pt")}, "expected a file of Keras"),
            ({"weights": str(tmp_path / "empty.keras")}, "empty.keras cannot be read"),
            (
                {"weights": good, "architecture": "MobileNetV2"},
                "holds 939,120 numbers, and MobileNetV2 for three channels has 2,257,984",
            ),
            (
                {"weights": good, "architecture": {"choice": ["MobileNetV2", SMALLEST]}},
                "weights of one architecture, not of 2",
            ),
            ({"weights": ""}, "expected the path of a file or 'none', got ''"),
        ]
        for model, told in cases:
            with pytest.raises(InputError, match=rf"model\.weights: .*{told}"):
                built(**model)
        with pytest.raises(InputError, match="one or three channels, not 4"):
            built((*SHAPE, 4), weights=good)

    def test_a_file_of_as_many_numbers_in_another_order_is_refused(self, published, tmp_path):
        h5py = pytest.importorskip("h5py")
        with h5py.File(tmp_path / "odd.weights.h5", "w") as file:
            file["layers/dense/vars/0"] = np.zeros(939_120, "float32")
        with pytest.raises(InputError, match=r"model\.weights: odd.weights.h5 is no file of"):
            built(weights=str(tmp_path / "odd.weights.h5"))


class TestNetwork:
    @pytest.mark.parametrize(
        ("shape", "told"),
        [
            ((30,), "takes images of shape"),
            (
                (31, 40),
                r"takes pictures of 32 x 32 pixels at least, and the rows are of shape \(31, 40\)",
            ),
            ((4, 32, 32, 3), r"takes images of shape .* \(4, 32, 32, 3\)"),
        ],
    )
    def test_other_rows_are_refused(self, shape, told):
        with pytest.raises(InputError, match=rf"model\.family: 'backbone' {told}"):
            built(shape)

    @pytest.mark.parametrize("channels", [1, 2, 4])
    def test_an_untrained_network_takes_any_channels(self, channels):
        assert built((*SHAPE, channels)).input_shape == (None, *SHAPE, channels)

    def test_the_dense_layer_has_the_settings_of_a_hidden_layer(self):
        model = built(activation="selu", l2=0.02, pooling="max")
        *_, dense, activation, _ = model.layers
        assert float(dense.kernel_regularizer.l2) == pytest.approx(0.02)
        assert isinstance(dense.kernel_initializer, keras.initializers.LecunNormal)
        assert activation in hidden_activations(model)
        assert isinstance(dense.input._keras_history[0], keras.layers.GlobalMaxPooling2D)

    def test_an_average_of_networks_is_stock_and_comes_apart_again(self, tmp_path):
        networks = []
        for seed in range(2):
            keras.utils.set_random_seed(seed)
            networks.append(built(activation="rrelu"))
        whole = average([(one.get_config(), one.get_weights()) for one in networks])
        whole.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        assert not [one for one in loaded.layers if one.__module__.startswith("tuner")]
        pictures = some_pictures()
        logits = [np.log(p / (1 - p)) for p in (np.asarray(one(pictures)) for one in networks)]
        expected = 1 / (1 + np.exp(-np.mean(logits, axis=0)))
        np.testing.assert_allclose(loaded(pictures), expected, atol=1e-5)
        for one, single in zip(networks, single_networks(loaded), strict=True):
            np.testing.assert_allclose(single(pictures), one(pictures), atol=1e-5)

    def test_where_an_exported_network_looks_can_be_drawn(self, published):
        _, folder = published
        model = built((64, 64), weights=str(folder / "small.keras"), trainable_stages=0)
        [member] = logit_networks(average([(model.get_config(), model.get_weights())]))
        heat = heat_of(with_feature_map(member), some_pictures(3, (64, 64)))
        assert heat.shape == (3, 2, 2)

    def test_health_is_measured_through_all_stages(self, published):
        _, folder = published
        model = built(weights=str(folder / "small.keras"), trainable_stages=1)
        labels = np.array([0, 1] * 4)
        model.loss.adapt(np.bincount(labels))
        health = probe(model, LabelledRows(some_pictures(), labels), model.loss)
        assert len(health.layers) > 20
        trained = [
            layer
            for layer in model.layers
            if getattr(layer, "kernel", None) is not None and layer.trainable
        ]
        assert len(health.gradient_norms) == len(trained)
        assert min(health.gradient_norms) > 0


STUDY = """
version: 1
name: pictures
data: {npz: pictures.npz, features: x, target: y, split: {test: 0.25, validation: 0.25}}
model:
  family: backbone
  architecture: MobileNetV3Small
  weights: files/net.weights.h5
  trainable_stages: 0
  units: 6
  activation: prelu
training: {epochs: 1, engine: fused}
search: {algorithm: random, trials: 2, workers: 2}
evaluation: {confirm: 0, baselines: false}
"""


@pytest.fixture
def folder(published, tmp_path, monkeypatch):
    """A study beside its data and its weights; the person is elsewhere."""
    (tmp_path / "s" / "files").mkdir(parents=True)
    y = np.arange(60) % 4 == 0
    x = some_pictures(60) + y[:, None, None]
    np.savez(tmp_path / "s" / "pictures.npz", x=x, y=np.where(y, "spot", "none"))
    (tmp_path / "s" / "study.yaml").write_text(STUDY, encoding="utf-8")
    content = (published[1] / "small.weights.h5").read_bytes()
    (tmp_path / "s" / "files" / "net.weights.h5").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "s"


class TestStudy:
    def test_the_file_is_beside_the_study(self, folder):
        model = load_study("s/study.yaml").model
        assert dict(model.files) == {"weights": str(folder / "files" / "net.weights.h5")}
        assert not load_study("s/study.yaml", ["model.weights=none"]).model.files

    @pytest.mark.parametrize(
        ("setting", "told"),
        [
            ("model.weights=net.h5", "--set: model.weights: there is no file"),
            ("model.architecture=ResNet50V2", "study.yaml:8:3: model.weights: net.weights.h5"),
            ("model.weights=3", "--set: model.weights: expected the path of a file"),
            ("model.architecture=VGG", "--set: model.architecture: expected one of"),
        ],
    )
    def test_what_is_wrong_is_told_before_anything_is_trained(self, folder, capsys, setting, told):
        assert main(["run", "s/study.yaml", "--set", setting]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert told in line
        assert not (folder.parent / "runs").exists()

    def test_other_weights_are_another_run(self, folder):
        study = load_study("s/study.yaml")
        dataset = load_data(study)
        before = identity(study, dataset)
        moved = folder / "files" / "other.weights.h5"
        (folder / "files" / "net.weights.h5").rename(moved)
        elsewhere = load_study("s/study.yaml", ["model.weights=files/other.weights.h5"])
        assert check_identity(before, identity(elsewhere, dataset), "runs/s").changes == ()
        moved.write_bytes(moved.read_bytes() + b"more")
        with pytest.raises(InputError, match=r"model\.weights: sha256 .* → sha256"):
            check_identity(before, identity(elsewhere, dataset), "runs/s")
        without = load_study("s/study.yaml", ["model.weights=none", "model.trainable_stages=5"])
        with pytest.raises(InputError, match=r"model\.weights: sha256 .* → absent"):
            check_identity(before, identity(without, dataset), "runs/s")

    @pytest.mark.slow
    def test_a_study_runs_to_a_model_that_needs_no_file(self, folder):
        assert main(["run", "s/study.yaml", "--set", "model.units={int: [4, 8]}"]) == 0
        run = folder.parent / "runs" / "pictures"
        content = json.loads((run / "results.json").read_text())
        assert content["engine"] == {"trials": {"fused": 2}, "reasons": {}}
        assert content["best"]["hyperparameters"]["model.weights"] == "net.weights.h5"
        (folder / "files" / "net.weights.h5").unlink()
        model = keras.models.load_model(run / "best_model" / "model.keras")
        assert np.asarray(model(some_pictures(3))).shape == (3, 1)
