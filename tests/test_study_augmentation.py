"""The section ``training.augmentation``, and what hangs on its places."""

import json

import keras_tuner
import numpy as np
import pytest

import tuner.ending
from tuner.cli import main
from tuner.data import RawData, assemble, fit_preprocessor
from tuner.errors import InputError
from tuner.inspection import inspect_study
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.search.identity import check_identity, identity
from tuner.search.places import default_values, places
from tuner.search.space import dimensions
from tuner.search.start import first_configurations, start_problems
from tuner.spaces import Float
from tuner.study import load_study
from tuner.study.augmentation_section import AUGMENTATIONS, AugmentationSection
from tuner.training import best_weights, engine

AUGMENTATION = "{rotation: {float: [0.0, 0.1]}, flip: {choice: [none, horizontal]}, noise: 0.1}"
PREFIX = "training.augmentation"


def study_of(folder, augmentation=AUGMENTATION, *more, data="digits_eight"):
    path = folder / "study.yaml"
    text = f"training:\n  augmentation: {augmentation}\n" if augmentation else ""
    path.write_text(f"version: 1\nname: s\ndata: {{source: {data}}}\n{text}")
    return load_study(path, more)


def test_the_keys_are_those_that_are_declared():
    assert list(AugmentationSection.model_fields) == list(AUGMENTATIONS)
    section = AugmentationSection()
    assert {k: space.default for k, space in section.spaces.items()} == {
        k: declared.default for k, declared in AUGMENTATIONS.items()
    }
    assert not section.used


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("{}", False),
        ("{flip: none, rotation: 0}", False),
        ("{flip: both}", True),
        ("{noise: {choice: [0, 0.1]}}", True),
        ("{zoom: {float: [0, 0.1]}}", True),
        ("{zoom: 0.1, minority: 2}", True),
        ("{mixup: 0.4}", True),
        ("{mixup: 0, cutmix: {float: [0, 1]}}", True),
    ],
)
def test_a_section_is_used_where_a_picture_may_change(tmp_path, written, used):
    assert study_of(tmp_path, written).training.augmentation.used is used


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{rotations: 0.1}", "rotations: unknown key; did you mean 'rotation'?"),
        ("{rotation: 0.6}", "rotation: expected a finite number >= 0 and <= 0.5, got 0.6"),
        ("{zoom: {float: [0, 2]}}", "zoom.float[1]: expected a finite number >= 0 and <= 0.9"),
        ("{flip: true}", "flip: expected one of 'none', 'horizontal', 'vertical', 'both'"),
        ("{minority: 0.5, zoom: 0.1}", "minority: expected a finite number >= 1 and <= 10"),
        (
            "{minority: 2, flip: both}",
            "minority: multiplies nothing; give one of rotation, translation, zoom, contrast",
        ),
        ("{minority: 2, mixup: 0.4}", "minority: multiplies nothing; give one of rotation, "),
        ("{mixup: -1}", "mixup: expected a finite number >= 0 and <= 10, got -1"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path, written, told):
    with pytest.raises(InputError) as caught:
        study_of(tmp_path, written)
    assert f"{PREFIX}.{told}" in str(caught.value)
    assert "study.yaml:5:" in str(caught.value)


def test_a_table_is_refused_before_anything_is_trained(tmp_path):
    study_of(tmp_path, data="rare_table")
    with pytest.raises(InputError) as caught:
        inspect_study(tmp_path / "study.yaml")
    told = (
        "changes images of shape (height, width) or (height, width, channels), and the rows are"
        " those of a table"
    )
    assert str(caught.value).endswith(f"study.yaml:5:3: {PREFIX}: {told}")


def test_places_are_what_the_hypermodel_declares(tmp_path):
    study = study_of(tmp_path, AUGMENTATION, "model.activation=[relu, elu]")
    sections = {"model": study.model, "imbalance": study.imbalance, "training": study.training}
    hp = keras_tuner.HyperParameters()
    ImbalancedHyperModel((8, 8), 2, **sections).configure(hp)
    searched = [place.name for place in places(study).values() if place.searched]
    assert searched == [one.name for one in dimensions(hp)]
    assert searched[1:] == [f"{PREFIX}.flip", f"{PREFIX}.rotation"]
    assert default_values(places(study))[f"{PREFIX}.rotation"] == 0.0
    assert study.spaces["training", "augmentation", "rotation"] == Float(0.0, 0.1)


def test_a_grid_needs_steps(tmp_path):
    with pytest.raises(InputError, match=rf"{PREFIX}.rotation: a grid search needs a choice"):
        study_of(tmp_path, AUGMENTATION, "search.algorithm=grid")


def test_configurations_to_start_with_name_its_places(tmp_path):
    start = f"search.start_with=[{{{PREFIX}.rotation: 0.05, {PREFIX}.noise: 0.1}}]"
    study = study_of(tmp_path, AUGMENTATION, start)
    assert first_configurations(study) == ({f"{PREFIX}.rotation": 0.05},)
    wrong = study_of(tmp_path, AUGMENTATION, start.replace("0.05", "0.2"))
    [problem] = start_problems(wrong)
    assert "expected a value of {float: [0.0, 0.1]}, got 0.2" in problem.message


def identified(folder, augmentation):
    rows = np.random.default_rng(0).normal(size=(40, 3, 3))
    labels = np.where(np.arange(40) % 4 == 0, "rare", "common")
    return identity(study_of(folder, augmentation), assemble(RawData(rows, labels), "t"))


def test_a_run_goes_on_in_a_larger_space_and_not_in_another(tmp_path):
    off, on = identified(tmp_path, ""), identified(tmp_path, "{rotation: {float: [0.0, 0.1]}}")
    resumed = check_identity(off, on, "runs/s", {0: {}})
    assert resumed.changes == (f"{PREFIX}.rotation: 0.0 → {{float: [0.0, 0.1]}}",)
    assert resumed.trials == {0: {f"{PREFIX}.rotation": 0.0}}
    with pytest.raises(InputError, match=rf"{PREFIX}.rotation: .* → 0.0, and trial 0 has"):
        check_identity(on, off, "runs/s", {0: {f"{PREFIX}.rotation": 0.05}})


SETTINGS = [
    "model={family: conv, filters: 4, units: 4}",
    "imbalance={class_weight: balanced, resampling: none}",
    "training={epochs: 2, batch_size: 128, augmentation: {flip: {choice: [none, horizontal]},"
    " translation: {choice: [0.0, 0.2]}, minority: 2.0}}",
    "search={algorithm: random, trials: 3}",
    "data.split={test: 0.3, validation: 0.3}",
    f"evaluation={{confirm: 0, baselines: false, contexts: 2, compare: [{PREFIX}.flip]}}",
]

PLAIN = "evaluation={confirm: 0, baselines: false}"


def command(folder, settings):
    given = [part for setting in settings for part in ("--set", setting)]
    return ["run", "digits_eight", "--runs-dir", str(folder), *given]


def test_neither_validation_nor_test_rows_are_changed(tmp_path, monkeypatch):
    predicted = []

    def watch(module, name, place):
        original = getattr(module, name)

        def watched(*arguments, **settings):
            predicted.append(arguments[place].tobytes())
            return original(*arguments, **settings)

        monkeypatch.setattr(module, name, watched)

    for module in (best_weights, engine, tuner.ending):
        watch(module, "predict", 1)
    watch(engine, "fit_fused", 3)
    settings = [*SETTINGS[:3], "search.trials=1", SETTINGS[4], PLAIN]
    assert main(command(tmp_path, [*settings, f"{PREFIX}.noise=0.5"])) == 0
    found = inspect_study(tmp_path / "digits_eight" / "study.yaml")
    data, [fold], section = found.dataset, found.splits.folds, found.study.data.preprocessing
    rows = set()
    for learned in (fold.train, found.splits.development):  # a trial's, and the winner's
        preprocessor = fit_preprocessor(data, learned, section)
        for part in (fold.validation, found.splits.test):
            rows.add(preprocessor.transform(data.features[part], data.columns).tobytes())
    assert len(set(predicted)) == 3  # no trial sees test rows
    assert set(predicted) < rows


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    assert main(command(folder, SETTINGS)) == 0
    return folder / "digits_eight"


def test_a_study_searches_reports_and_compares_it(finished):
    content = json.loads((finished / "results.json").read_text())
    assert content["trials"]["finished"] == 3
    own = content["best"]["hyperparameters"]
    assert {key for key in own if key.startswith(PREFIX)} == {
        f"{PREFIX}.{k}" for k in AUGMENTATIONS
    }
    assert own[f"{PREFIX}.minority"] == 2.0
    assert f"{PREFIX}.translation" in (finished / "trials.csv").read_text()
    assert f"{PREFIX}.flip" in (finished / "report.html").read_text()
    assert content["comparison"]
