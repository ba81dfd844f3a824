"""What the README and the pages of docs/ show is so."""

import inspect
import json
import os
import re
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import keras
import numpy as np
import pytest
import yaml
from pages.blocks import PAGES, ROOT, page, page_blocks
from winners import exported, frame, table

from tuner import (
    ACTIVATIONS,
    BACKBONES,
    BASELINES,
    CLASS_WEIGHTS,
    LOADERS,
    LOSSES,
    RESAMPLERS,
    InputError,
)
from tuner.cli import _parser, main
from tuner.data import RawData, assemble, make_splits
from tuner.data.augmentation import check_augmentation
from tuner.data.boxes import BoxFormat
from tuner.data.dataset import number_columns
from tuner.data.preprocessing import TablePreprocessor
from tuner.data.preprocessing.categories import Category
from tuner.data.preprocessing.numbers import Number
from tuner.evaluate.attention.pointing import Pointing
from tuner.evaluate.baselines.compare import Comparison
from tuner.inspection import inspect_study
from tuner.metrics import decide
from tuner.metrics.calibration import Isotonic, Platt
from tuner.model.backbones.architectures import ARCHITECTURES
from tuner.model.exported import EXPORTS
from tuner.model.given import check_sections
from tuner.model.losses import effective_prior
from tuner.model.own.code import Surroundings
from tuner.model.own.discovery import discover
from tuner.prediction.predictor import UnseenCategories
from tuner.registry import FAMILIES
from tuner.report.export import export_winner
from tuner.search.database import Database
from tuner.search.levels import ROWS
from tuner.search.run_folder import RunFolder
from tuner.search.start import start_problems
from tuner.spaces import Choice, Chosen
from tuner.study import EvaluationSection, ImbalanceSection, load_study
from tuner.study.augmentation_section import AUGMENTATIONS
from tuner.study.sections import SearchSection
from tuner.study.tracking_section import TrackingSection
from tuner.testing import CHECKS
from tuner.training.priors import Priors


def blocks(language, name="README.md"):
    return [block.code for block in page_blocks(name) if block.language == language]


def study_file(folder, text, head="data: {source: rare_table}\n"):
    path = folder / "study.yaml"
    path.write_text(f"version: 1\nname: own\n{head}{text}", encoding="utf-8")
    return path


def rows_of(name, heading):
    """The rows of the table whose first column has this heading, by the name in that column."""
    [table] = re.findall(
        rf"^\| {heading} \|(.*)\n\|[-|]+\n((?:\|.*\n)+)", page(name), flags=re.MULTILINE
    )
    columns = cells(table[0])[:-1]
    rows = [cells(line)[1:-1] for line in table[1].splitlines()]
    return {row[0].strip("`"): dict(zip(columns, row[1:], strict=True)) for row in rows}


def headings_of(path):
    """The headings of a page, spelled as links to them are."""
    found = re.findall(r"^#+ (.*)$", Path(path).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def cells(line):
    return [cell.strip() for cell in line.split("|")]


class TestReadme:
    def test_the_study_by_example_is_valid(self, tmp_path):
        [text] = blocks("yaml")
        (tmp_path / "scans.yaml").write_text(text, encoding="utf-8")
        study = load_study(tmp_path / "scans.yaml")
        assert [entry.name for entry in study.model.activation.entries][-1] == "swish"
        assert study.search.time_limit == 600
        assert study.search.stop_collapsed
        assert len(study.imbalance.strategies.entries) == 5
        assert check_sections(study.model, study.imbalance, ("healthy", "lesion"), (9,)) == []

    def test_the_mistakes_shown_are_told_so(self, tmp_path, monkeypatch):
        [text] = blocks("yaml")
        [shown] = [block for block in blocks("") if block.startswith("scans.yaml:")]
        text = text.replace("- leaky_relu:", "- leaky_rleu:").replace("trials: 60", "trials: 0")
        (tmp_path / "scans.yaml").write_text(text, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        with pytest.raises(InputError) as caught:
            load_study("scans.yaml")
        assert str(caught.value) == shown.rstrip()

    def test_another_activation_in_each_layer_is_written_so(self, tmp_path):
        [shown] = re.findall(r"`(by_depth: .*?)`", page("README.md"))
        study = load_study(study_file(tmp_path, f"model:\n  activation: {{{shown}}}\n"))
        [entry] = study.model.activation.entries
        assert entry.parameters["middle"] == Choice(("relu", "swish"))

    def test_every_study_of_the_package_is_listed(self):
        listed = rows_of("README.md", "study")
        assert set(listed) == {path.stem for path in (ROOT / "search_spaces").glob("*.yaml")}


class TestTracking:
    def test_the_study_shown_is_valid(self, tmp_path):
        [text] = blocks("yaml", "docs/tracking.md")
        (tmp_path / "scans.yaml").write_text(text, encoding="utf-8")
        tracking = load_study(tmp_path / "scans.yaml").tracking
        assert tracking.tensorboard
        assert tracking.mlflow.experiment == "lesions"


class TestNames:
    @pytest.mark.parametrize(
        "registry", [ACTIVATIONS, BACKBONES, CLASS_WEIGHTS, LOSSES, RESAMPLERS]
    )
    def test_all_entries_are_named(self, registry):
        text = page("README.md") + page("docs/imbalance.md")
        assert [name for name in registry if not re.search(rf"`{name}[`:]", text)] == []

    @pytest.mark.parametrize(
        ("section", "prefix"),
        [
            (ImbalanceSection, "imbalance"),
            (SearchSection, "search"),
            (EvaluationSection, "evaluation"),
            (TrackingSection, "tracking"),
        ],
    )
    def test_every_key_of_a_section_is_named(self, section, prefix):
        texts = [block for name in PAGES for block in blocks("yaml", name)]
        shown = {key for text in texts for key in yaml.safe_load(text).get(prefix, {})}
        prose = "".join(map(page, PAGES))
        keys = [key for key in section.model_fields if key not in shown]
        assert [key for key in keys if not re.search(rf"`{key}[`:]", prose)] == []

    def test_every_simple_model_is_listed(self):
        assert list(rows_of("docs/results.md", "simple model")) == list(BASELINES)

    def test_every_source_is_named(self):
        text = page("docs/data.md")
        assert [name for name in LOADERS if f"`{name}: " not in text] == []

    @pytest.mark.parametrize("name", PAGES)
    def test_links_lead_to_files(self, name):
        links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page(name))
        assert [link for link in links if not (ROOT / name).parent.joinpath(link).exists()] == []

    @pytest.mark.parametrize("name", PAGES)
    def test_links_lead_to_headings(self, name):
        links = re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", page(name))
        headings = {
            to: headings_of(os.path.normpath(ROOT / name / ".." / to)) for to, _ in links if to
        }
        headings[""] = headings_of(ROOT / name)
        assert [f"{to}#{place}" for to, place in links if place not in headings[to]] == []


NEW_ROWS = "site,depth,scanner\nrome,2.5,3\noslo,-1.0,1\nlima,0.5,1\n"
SITES = {"rome": [1.0, 0.0], "oslo": [0.0, 1.0], "lima": [0.0, 0.0]}


@pytest.mark.parametrize("classes", [("well", "ill"), ("well", "hurt", "ill")])
@pytest.mark.parametrize("calibration", [Platt(2.0, -0.5), Isotonic((0.1, 0.9), (0.0, 1.0)), None])
def test_the_winner_is_used_as_the_code_says(tmp_path, monkeypatch, classes, calibration):
    monkeypatch.chdir(tmp_path)
    columns = (Number("depth", None, False, 0.5, 2.0), Category("site", ("rome", "oslo"), False))
    outputs = 1 if len(classes) == 2 else len(classes)
    layer = keras.layers.Dense(outputs, "sigmoid" if outputs == 1 else "softmax")
    winner = SimpleNamespace(
        preprocessor=TablePreprocessor(columns),
        model=keras.Sequential([keras.Input((3,)), layer]),
        threshold=0.45,
        row_threshold=0.45,
        calibration=calibration,
        priors=Priors((0.5,) * len(classes), None, False),
        level=ROWS,
        other=None,
    )
    folder = RunFolder(tmp_path / "runs" / "scans")
    folder.create()
    export_winner(winner, SimpleNamespace(classes=classes, minority="ill"), folder)
    (folder.best_model / "model_card.md").touch()
    (tmp_path / "new_scans.csv").write_text(NEW_ROWS, encoding="utf-8")
    space = {}
    use, _ = blocks("python", "docs/results.md")
    with pytest.warns(UnseenCategories, match="lima"):
        exec(use, space)
    depths = [1.0, -0.75, 0.0]
    x = np.array([[d, *site] for d, site in zip(depths, SITES.values(), strict=True)], np.float32)
    given = winner.model.predict(x, verbose=0)
    given = np.hstack([1 - given, given]) if outputs == 1 else given
    assert space["called"].tolist() == [classes[code] for code in decide(given, 0.45)]
    expected = given if calibration is None else calibration.apply(given)
    assert space["probabilities"] == pytest.approx(expected)


class TestPrediction:
    def test_lines_of_predictions_are_as_shown(self, tmp_path, capsys):
        run = exported(tmp_path / "r", table())
        frame().to_csv(tmp_path / "new.csv", index=False)
        assert main(["predict", str(run), str(tmp_path / "new.csv"), "--keep", "patient"]) == 0
        [shown] = [block for block in blocks("", "docs/prediction.md") if "decision" in block]
        shown = shown.replace("healthy", "well").replace("lesion", "ill").splitlines()
        printed = capsys.readouterr().out.splitlines()
        assert shown[0] == printed[0]
        form = re.compile(r"\w+,[\d.e-]+,[\d.e-]+,(well|ill)")
        assert all(form.fullmatch(line) for line in [*shown[1:], *printed[1:]])

    def test_every_option_of_the_command_is_told(self):
        commands = next(a for a in _parser()._actions if a.choices)
        options = commands.choices["predict"]._option_string_actions
        text = page("docs/prediction.md")
        assert [name for name in options if f"`{name}" not in text and name[:2] == "--"] == [
            "--help"
        ]

    def test_the_formats_are_those_that_there_are(self):
        told = rows_of("docs/prediction.md", "format")
        files = {name: row["file in `best_model/`"].strip("`/") for name, row in told.items()}
        assert files == dict(EXPORTS)

    def test_every_key_of_the_decision_is_told(self, tmp_path):
        run = exported(tmp_path / "r", table())
        decision = json.loads((run / "best_model" / "decision.json").read_text())
        text = page("docs/prediction.md")
        assert [key for key in decision if f"`{key}`" not in text] == ["output"]


def test_a_simple_model_of_ones_own_is_written_so_and_asked_for(tmp_path, registries):
    _, code = blocks("python", "docs/results.md")
    exec(code, {})
    rng = np.random.default_rng(0)
    labels = np.repeat(["well", "ill"], [90, 40])
    features = rng.normal(size=(130, 2)) + (labels == "ill")[:, None] * 2
    dataset = assemble(RawData(features, labels, columns=number_columns("ab")), "t")
    default, text = blocks("yaml", "docs/results.md")
    confirmed = load_study(study_file(tmp_path, default)).evaluation
    assert confirmed == load_study(study_file(tmp_path, "")).evaluation
    study = load_study(study_file(tmp_path, text.replace("[", "[naive_bayes, ")))
    splits = make_splits(dataset, study.data.split, 0)
    results = {one.name: one for one in Comparison(study, dataset, splits).results()}
    assert list(results) == ["logistic_regression", "gradient_boosting", "naive_bayes"]
    assert results["naive_bayes"].test.minority_f1 > 0.6


def test_every_number_of_maps_and_boxes_is_in_the_docs():
    text = page("docs/attention.md")
    assert [one.name for one in fields(Pointing) if f"`{one.name}`" not in text] == []
    assert [name for name in get_args(BoxFormat) if name not in page("docs/data.md")] == []


def test_every_warning_of_scans_is_in_the_table():
    told = re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "docs/data.md").read_text("utf-8"), re.M)
    loaders = [ROOT / "tuner/data/loaders/nifti.py", ROOT / "tuner/data/loaders/dicom.py"]
    sources = [*loaders, *(ROOT / "tuner/data/volumes").glob("*.py")]
    text = "".join(path.read_text("utf-8") for path in sources)
    known = re.findall(r'(?:Finding\("warning", |_warning\(\s*)"([a-z-]+)"', text)
    assert sorted(told) == sorted(known)


SHOWN = [*blocks("yaml", "docs/imbalance.md"), *blocks("yaml", "docs/health.md")]


class TestOwnModel:
    PAGE = "docs/own_model.md"

    def known(self, folder, code, name, text=""):
        (folder / "my_model.py").write_text(code, encoding="utf-8")
        path = study_file(folder, text)
        study = load_study(path, [f"model={{python: my_model.py:{name}}}"])
        around = Surroundings((3,), ("common", "rare"), study.imbalance, study.training)
        return discover(study.model, around).declared

    def test_the_study_shown_searches_what_the_page_says(self, tmp_path):
        code, [text] = blocks("python", self.PAGE)[0], blocks("yaml", self.PAGE)
        study = load_study(study_file(tmp_path, text))
        assert study.model.python.endswith("my_model.py:build")
        declared = self.known(tmp_path, code, "build", text)
        names = [place.name for place in declared.places]
        assert {"model.units_2", "model.my_activation", "model.rate"} <= set(names)
        assert [list(one) for one in study.evaluation.compare] == [["model.my_activation"]]
        assert declared.loss == "study"

    def test_the_layer_and_the_hypermodel_shown_work(self, tmp_path):
        _, layer, chosen, hypermodel = blocks("python", self.PAGE)
        built = """
def build(hp, input_shape):
    return keras.Sequential([Scaled(), keras.layers.Dense(1, activation="sigmoid")])
"""
        assert self.known(tmp_path, layer + built, "build").places == ()
        names = [place.name for place in self.known(tmp_path, chosen, "chosen").places]
        assert names == ["model.activation", "model.activation.elu.alpha"]
        names = [place.name for place in self.known(tmp_path, hypermodel, "Frozen").places]
        assert names == ["model.layers", "model.activation", "model.frozen"]


class TestNetworks:
    def test_the_study_shown_is_valid_for_images(self, tmp_path):
        text, published = blocks("yaml", "docs/networks.md")
        study = load_study(study_file(tmp_path, text))
        assert study.model.family == "conv"
        classes = ("common", "rare")
        assert check_sections(study.model, study.imbalance, classes, (28, 28)) == []
        assert check_sections(study.model, study.imbalance, classes, (6,)) != []
        study = load_study(study_file(tmp_path, published))
        [problem] = check_sections(study.model, study.imbalance, classes, (32, 32))
        assert "efficientnetv2-b0_notop.h5" in problem.message  # it is not there

    def test_the_architectures_are_told_with_their_numbers(self):
        told = rows_of("docs/networks.md", "architecture")
        assert list(told) == list(ARCHITECTURES)
        for name, row in told.items():
            assert row["numbers"] == f"{ARCHITECTURES[name].numbers:,}"

    @pytest.mark.parametrize("family", list(BACKBONES))
    def test_each_table_has_every_parameter_with_its_range(self, family):
        table = rows_of("docs/networks.md", family)
        told = {f"`{key}` {row['']}" for key, row in table.items()}
        expected = {spelled(key, space) for key, space in BACKBONES[family].spaces.items()}
        expected |= {f"`{key}` path of a file, default none" for key in BACKBONES[family].files}
        assert told == expected


class TestAnswersToRarity:
    @pytest.mark.parametrize("text", SHOWN, ids=range(len(SHOWN)))
    def test_the_studies_shown_are_valid_and_the_one_refused_is(self, text, tmp_path):
        study = load_study(study_file(tmp_path, text))
        problems = check_sections(study.model, study.imbalance, ("common", "rare"), (6,))
        assert bool(problems) == ("logit_adjusted]" in text)

    def test_the_refusal_shown_is_told_so(self, tmp_path, monkeypatch):
        [text] = [block for block in SHOWN if "logit_adjusted]" in block]
        [told] = [block for block in blocks("", "docs/imbalance.md") if "study.yaml" in block]
        study_file(tmp_path, text)
        monkeypatch.chdir(tmp_path)
        with pytest.raises(InputError) as caught:
            inspect_study("study.yaml")
        assert str(caught.value) == told.rstrip()

    def test_the_names_shown_are_those_of_the_strategies(self, tmp_path):
        [text] = [block for block in SHOWN if "strategies:" in block]
        strategies = load_study(study_file(tmp_path, text)).imbalance.strategies
        names = [one.name for one in strategies.entries]
        assert {"none", "loss=focal", "class_weight=balanced + resampling=random_over"} <= {*names}
        assert all(f"`{name}`" in page("docs/imbalance.md") for name in ("none", "loss=focal"))
        focal = strategies.alternatives.entries[names.index("loss=focal")]
        column = f"imbalance.strategy.{focal.name}.{next(iter(focal.parameters))}"
        assert f"`{column}`" in page("docs/imbalance.md")

    @pytest.mark.parametrize("family", ["loss", "class weight", "resampling"])
    def test_each_table_has_every_entry_with_its_parameters_and_ranges(self, family):
        table = rows_of("docs/imbalance.md", family)
        assert list(table) == list(FAMILIES[family])
        for name, row in table.items():
            spaces = FAMILIES[family][name].spaces
            expected = "; ".join(spelled(key, space) for key, space in spaces.items())
            assert name == "explicit" or row["parameters"] == expected

    def test_the_losses_of_known_prior_are_told(self):
        for name, row in rows_of("docs/imbalance.md", "loss").items():
            known = effective_prior(default(LOSSES[name]), [90, 10]) is not None
            assert row["known prior"].startswith("yes" if known else "no")

    def test_what_resamplers_take_is_told(self):
        for name, row in rows_of("docs/imbalance.md", "resampling").items():
            one = RESAMPLERS[name](default(RESAMPLERS[name]).parameters)
            takes = (one.takes_categories, one.takes_images, not one.makes_rows)
            told = (row["categories"], row["images"], row["row weights"])
            assert told == tuple("yes" if yes else "no" for yes in takes)


class TestOwnParts:
    def test_the_table_has_every_check_with_what_it_expects(self):
        table = rows_of("docs/own_parts.md", "check")
        checks = {check.__name__: check for kind in CHECKS.values() for check in kind}
        assert list(table) == list(checks)
        for name, row in table.items():
            assert row["what it expects"] == inspect.getdoc(checks[name]).partition("\n")[0]


def spelled(key, space):
    if isinstance(space, Choice):
        return f"`{key}` {', '.join(map(str, space.options))}, default {space.default}"
    return f"`{key}` {space.low:g} to {space.high:g}, default {space.default:g}"


def default(entry):
    return Chosen(entry.name, {key: space.default for key, space in entry.spaces.items()})


def test_the_refused_start_shown_is_told_so(tmp_path):
    [told] = [one for one in blocks("", "docs/search.md") if "start_with[1]" in one]
    text = """model: {activation: [relu, elu: {alpha: {float: [0.1, 2.0]}}]}
search: {start_with: [{}, {model.activation.elu.alpha: 0.5}]}
"""
    [problem] = start_problems(load_study(study_file(tmp_path, text)))
    assert str(problem) == told.rstrip()


class TestAugmentation:
    @pytest.mark.parametrize("text", blocks("yaml", "docs/augmentation.md"))
    def test_the_study_shown_is_valid_for_images_alone(self, tmp_path, text):
        section = load_study(study_file(tmp_path, text)).training.augmentation
        assert check_augmentation(section, (28, 28)) == []
        assert check_augmentation(section, (6,))

    def test_the_table_has_every_key_with_its_range_and_limit(self):
        table = rows_of("docs/augmentation.md", "augmentation")
        assert list(table) == list(AUGMENTATIONS)
        for key, row in table.items():
            declared = AUGMENTATIONS[key]
            assert f"`{key}` {row['range']}" == spelled(key, declared)
            assert row["limit"] == ("" if isinstance(declared, Choice) else f"{declared.le:g}")


class TestCluster:
    def test_the_kubernetes_job_runs_a_command_of_ours(self):
        [text] = blocks("yaml", "docs/cluster.md")
        job = yaml.safe_load(text)
        assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
        assert job["spec"]["parallelism"] == job["spec"]["completions"]
        [container] = job["spec"]["template"]["spec"]["containers"]
        program, *arguments = [*container["command"], *container["args"]]
        assert program == "minority-tuner"
        options = _parser().parse_args(arguments)
        assert Database.on_server(options.storage, "s").shared

    def test_every_script_names_a_server_that_could_be(self):
        scripts = [*blocks("sh", "docs/cluster.md"), *blocks("", "docs/cluster.md")]
        urls = re.findall(r"--storage (\S+?)[\s']", page("docs/cluster.md"))
        assert len(scripts) == 3
        assert len(urls) == 3
        assert all(Database.on_server(url, "s").shared for url in urls)
