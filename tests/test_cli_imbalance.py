"""Wrong answers to rarity at the command line, and what becomes of networks that collapse."""

import contextlib
import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tuner.search.trainer
from tuner import CLASS_WEIGHTS, LOSSES, RESAMPLERS, ImbalancedHyperModel
from tuner.cli import main

CASES = Path(__file__).parent / "cases"
FAMILIES = {"class_weight": CLASS_WEIGHTS, "loss": LOSSES, "resampling": RESAMPLERS}
HEAD = "version: 1\nname: s\n"
ROWS = "data: {csv: rows.csv, target: label}\n"


def rows(count=120, every=8, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "a": rng.normal(size=count),
            "b": rng.normal(size=count),
            "label": np.where(np.arange(count) % every == 0, "ill", "well"),
        }
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with data of several kinds."""
    folder = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng(1)
    plain = rows()
    plain.to_csv(folder / "rows.csv", index=False)
    rows(60, 12).to_csv(folder / "few.csv", index=False)
    plain.assign(site=rng.choice(["x", "y"], 120)).to_csv(folder / "mixed.csv", index=False)
    plain.assign(w=rng.uniform(0.5, 2, 120)).to_csv(folder / "weighted.csv", index=False)
    tested = np.arange(120) % 4 == 3
    only_tested = plain.assign(part=np.where(tested, "test", "train"))
    only_tested.loc[tested, "label"] = np.resize(["ill", "odd", "well"], tested.sum())
    only_tested.to_csv(folder / "official.csv", index=False)
    shutil.copytree(CASES / "24_smote_images" / "images", folder / "images")
    return folder


@pytest.fixture
def refused(files, monkeypatch, capsys):
    """What a command tells of a study that it must refuse: the lines, each checked in form."""
    monkeypatch.chdir(files)

    def lines(study, *settings, command="check"):
        (files / "study.yaml").write_text(study)
        before = sorted(path.name for path in files.iterdir())
        more = [part for setting in settings for part in ("--set", setting)]
        assert main([command, "study.yaml", *more]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert "Traceback" not in told.err
        assert sorted(path.name for path in files.iterdir()) == before
        return told.err.removesuffix("\n").split("\n")

    return lines


# ---- parameters beyond their limits

RATIO = ("expected a finite number > 0 and <= 1", (0, 1.01, -0.5))
NEIGHBOURS = ("expected a finite number >= 1", (0, -3))
BETA = ("expected a finite number >= 0 and < 1", (1, -0.1, 1.0))
FROM_0 = ("expected a finite number >= 0", (-0.5,))
TO_10 = ("expected a finite number >= 0 and <= 10", (-0.5, 10.5))
ABOVE_0 = ("expected a finite number > 0", (0, -2.0))
MADE = ("smote", "borderline_smote", "svm_smote", "adasyn", "smote_tomek", "smote_enn")
COPIED = ("random_over", "random_under", "balanced_batches", "near_miss")

LIMITS = {
    ("class_weight", "power", "exponent"): TO_10,
    ("class_weight", "effective_number", "beta"): BETA,
    ("class_weight", "minority", "weight"): ABOVE_0,
    ("class_weight", "explicit", "ill"): ABOVE_0,
    ("loss", "crossentropy", "label_smoothing"): BETA,
    ("loss", "focal", "gamma"): FROM_0,
    ("loss", "focal", "alpha"): ("expected a finite number > 0 and < 1", (0, 1, 1.5)),
    ("loss", "class_balanced", "beta"): BETA,
    ("loss", "logit_adjusted", "tau"): TO_10,
    ("loss", "ldam", "max_margin"): FROM_0,
    ("loss", "ldam", "scale"): ABOVE_0,
    ("loss", "ldam", "reweight_after"): ("expected a finite number >= 0 and <= 1", (-0.1, 1.1)),
    **{("resampling", name, "ratio"): RATIO for name in (*MADE, *COPIED)},
    **{("resampling", name, "k_neighbors"): NEIGHBOURS for name in MADE},
    ("resampling", "near_miss", "version"): ("expected one of 1, 2, 3", (0, 4)),
}
OUTSIDE = [(key, value) for key, (_, values) in LIMITS.items() for value in values]


def test_every_parameter_of_every_answer_has_a_row():
    declared = {
        (part, name, key)
        for part, family in FAMILIES.items()
        for name in family
        for key in (*family[name].spaces, *["ill"] * (family[name].open is not None))
    }
    assert set(LIMITS) == declared


def product(part, name, key, value):
    return f"{HEAD}{ROWS}imbalance:\n  {part}:\n    {name}:\n      {key}: {value}\n"


def strategy(part, name, key, value):
    listed = f"    - none\n    - {part}:\n        {name}:\n          {key}: {value}\n"
    return f"{HEAD}{ROWS}imbalance:\n  strategies:\n{listed}"


@pytest.mark.parametrize(("where", "value"), OUTSIDE, ids=str)
def test_a_value_beyond_a_limit_is_told_with_key_limits_and_value(refused, where, value):
    part, name, key = where
    told = f"{LIMITS[where][0]}, got {value}"
    path = f"{part}.{name}.{key}"
    assert refused(product(*where, value)) == [f"study.yaml:7:7: imbalance.{path}: {told}"]
    in_strategy = f"imbalance.strategies[1].{path}: {told}"
    assert refused(strategy(*where, value)) == [f"study.yaml:9:11: {in_strategy}"]
    setting = f"imbalance.{path}={value}"
    assert refused(HEAD + ROWS, setting) == [f"--set: imbalance.{path}: {told}"]
    setting = f"imbalance.strategies=[none, {{{part}: {{{name}: {{{key}: {value}}}}}}}]"
    assert refused(HEAD + ROWS, setting, command="run") == [f"--set: {in_strategy}"]


@pytest.mark.parametrize("where", LIMITS, ids=str)
def test_what_is_no_finite_number_is_told(refused, where):
    limits = LIMITS[where][0].replace("a finite", "a")
    for value, got in ((".nan", "nan"), (".inf", "inf"), ("much", "'much'"), ("true", "True")):
        [line] = refused(strategy(*where, value), command="run")
        assert line.startswith(f"study.yaml:9:11: imbalance.strategies[1].{'.'.join(where)}: ")
        assert line.endswith(f", got {got}")
        limit = limits.partition("number")[2] or limits
        assert limit in line


@pytest.mark.parametrize(
    ("space", "inner", "told"),
    [
        ("{float: [0.5, 1.5]}", "float[1]", "expected a finite number > 0 and <= 1, got 1.5"),
        ("{float: [0.0, 0.5]}", "float[0]", "expected a finite number > 0 and <= 1, got 0.0"),
        ("{choice: [0.5, 7]}", "choice[1]", "expected a finite number > 0 and <= 1, got 7"),
        ("{float: [0.9, 0.5]}", "float", "the low end must be below the high end"),
        ("{float: [0.1]}", "float", "expected [low, high]"),
    ],
)
def test_the_ends_of_a_range_are_held_to_the_limits(refused, space, inner, told):
    where = ("resampling", "smote", "ratio")
    for study in (product, strategy):
        [line] = refused(study(*where, space))
        assert f"resampling.smote.ratio.{inner}: " in line
        assert told in line


# ---- answers that do not go together, or not with the data

WEIGHTED = "data: {csv: weighted.csv, target: label, weight: w}\n"
MIXED = "data: {csv: mixed.csv, target: label}\n"
FEW = "data: {csv: few.csv, target: label}\n"
PICTURES = "data: {images: images}\n"
OFFICIAL = "data: {csv: official.csv, target: label, official_split: part, minority: ill}\n"
EITHER = "a strategy may hold several parts"
ONCE = "leave one of them out, or make each a strategy of its own under 'strategies'"

REFUSED = [
    (ROWS, "class_weight: balanced\n  strategies: [none]", [("5:3", "class_weight", EITHER)]),
    (
        ROWS,
        "strategies: [none]\n  loss: focal\n  resampling: smote",
        [("6:3", "loss", EITHER), ("7:3", "resampling", EITHER)],
    ),
    (
        ROWS,
        "resampling: [none, smot]",
        [("5:22", "resampling[1]", "unknown name 'smot'; did you mean 'smote'?")],
    ),
    (
        ROWS,
        "strategies:\n    - resampling: mote\n    - loss: focl\n    - los: ldam",
        [
            ("6:7", "strategies[0].resampling", "unknown name 'mote'; did you mean 'smote'?"),
            ("7:7", "strategies[1].loss", "unknown name 'focl'; did you mean 'focal'?"),
            ("8:7", "strategies[2].los", "unknown key; did you mean 'loss'?"),
        ],
    ),
    (
        ROWS,
        "class_weight: {explicit: {ill: 3, wel: 1}}",
        [
            ("5:18", "class_weight.explicit", "class 'well' has no weight"),
            ("5:37", "class_weight.explicit.wel", "no class 'wel' in the data; did you mean"),
        ],
    ),
    (
        ROWS,
        "strategies:\n    - none\n    - class_weight: {explicit: {ill: 3, well: 1, sick: 2}}",
        [("7:50", "strategies[1].class_weight.explicit.sick", "no class 'sick' in the data")],
    ),
    (
        ROWS,
        "class_weight: [none, balanced]\n  loss: [crossentropy, ldam, class_balanced]",
        [("6:24", "loss[1].ldam", ONCE), ("6:30", "loss[2].class_balanced", ONCE)],
    ),
    (
        ROWS,
        "class_weight: [none, minority]\n  resampling: [none, random_over]",
        [("5:24", "class_weight[1].minority", "by fixed numbers, on top of resampling")],
    ),
    (
        ROWS,
        "strategies:\n    - {class_weight: power, loss: logit_adjusted}\n"
        "    - {resampling: smote, class_weight: {explicit: {ill: 9, well: 1}}}\n"
        "    - {resampling: balanced_batches, loss: {focal: {alpha: 0.9}}}",
        [
            ("6:29", "strategies[0].loss.logit_adjusted", ONCE),
            ("7:42", "strategies[1].class_weight.explicit", "by fixed numbers, on top of"),
            ("8:45", "strategies[2].loss.focal", "by fixed numbers, on top of"),
        ],
    ),
    (
        FEW,
        "strategies:\n    - none\n    - resampling: smote\n    - resampling: random_over",
        [("7:7", "strategies[1].resampling.smote", "k_neighbors=5 needs at least 6; use k_n")],
    ),
    (
        FEW,
        "strategies:\n    - resampling: {adasyn: {k_neighbors: {int: [1, 9]}}}",
        [("6:29", "strategies[0].resampling.adasyn.k_neighbors", "k_neighbors=9 needs at least")],
    ),
    (
        PICTURES,
        "strategies:\n    - none\n    - resampling: smote\n    - resampling: near_miss",
        [
            ("7:7", "strategies[1].resampling.smote", "smote applies to tables only"),
            ("8:7", "strategies[2].resampling.near_miss", "use class weights, random oversampling"),
        ],
    ),
    (
        MIXED,
        "strategies: [none, {resampling: adasyn}]",
        [("5:23", "strategies[1].resampling.adasyn", "the data has categories ('site'); use smo")],
    ),
    (
        MIXED,
        "resampling: [smote, borderline_smote, svm_smote, random_over]",
        [
            ("5:23", "resampling[1].borderline_smote", "categories ('site')"),
            ("5:41", "resampling[2].svm_smote", "categories ('site')"),
        ],
    ),
    (
        WEIGHTED,
        "strategies: [none, {resampling: smote}, {resampling: random_over}]",
        [("5:23", "strategies[1].resampling.smote", "the rows of this data have weights")],
    ),
    (ROWS, "strategies: [none, focal]", [("5:22", "strategies[1]", "expected 'none' or keys of")]),
    (ROWS, "strategies: none", [("5:3", "strategies", "expected a list of strategies, got")]),
    (
        ROWS,
        "strategies: [{class_weight: [balanced, power]}]",
        [("5:17", "strategies[0].class_weight", "a strategy takes one entry here")],
    ),
]


def beginning(value):
    return str(value)[:40]


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize(("data", "section", "told"), REFUSED, ids=beginning)
def test_each_fault_is_one_line_with_its_place(refused, command, data, section, told):
    lines = refused(f"{HEAD}{data}imbalance:\n  {section}\n", command=command)
    assert len(lines) == len(told), lines
    for line, (place, path, fragment) in zip(lines, told, strict=True):
        assert line.startswith(f"study.yaml:{place}: imbalance.{path}"), line
        assert fragment in line


@pytest.mark.parametrize("section", ["class_weight: balanced", "strategies: [{resampling: smote}]"])
def test_a_class_without_training_rows_is_told_before_anything_is_weighed(refused, section):
    [line] = refused(f"{HEAD}{OFFICIAL}imbalance: {{{section}}}\n")
    assert line.startswith("study.yaml:3:1: data.split: class 'odd' occurs in 0 rows outside")


@pytest.mark.parametrize(
    ("activation", "key"),
    [
        ("[relu, {rrelu: {lower: 0.4, upper: 0.2}}]", "activation[1].rrelu.lower"),
        ("{rrelu: {lower: {float: [0.1, 0.4]}, upper: 0.3}}", "activation.rrelu.lower"),
    ],
)
def test_slopes_in_the_wrong_order_are_told(refused, activation, key):
    told = f"model.{key}: lower must not exceed upper, got lower up to 0.4"
    [line] = refused(f"{HEAD}{ROWS}model:\n  activation: {activation}\n", command="run")
    assert line.startswith("study.yaml:5:")
    assert told in line
    assert refused(HEAD + ROWS, f"model.activation={activation}")[0].startswith(f"--set: {told}")


SETTINGS = [
    ("imbalance.strategies=[none, {loss: focl}]", "strategies[1].loss: unknown name 'focl'"),
    ("imbalance.strategies=[{loss: ldam, class_weight: balanced}]", "strategies[0].loss.ldam: "),
    ("imbalance.strategies=[{resampling: {smote: {k_neighbors: 60}}}]", "needs at least 61"),
    ("imbalance.strategies={loss: focal}", "strategies: expected a list of strategies"),
    ("imbalance.resampling=smot", "resampling: unknown name 'smot'; did you mean 'smote'?"),
    ("imbalance.class_weight={explicit: {ill: 1}}", "class 'well' has no weight"),
    ("imbalance.class_weight={explicit: {ill: 0, well: 1}}", "explicit.ill: expected a finite"),
]


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize(("setting", "fragment"), SETTINGS)
def test_a_wrong_setting_is_told_as_one(refused, command, setting, fragment):
    [line] = refused(HEAD + ROWS, setting, command=command)
    assert line.startswith(f"--set: {setting.partition('=')[0]}")
    assert fragment in line


def test_a_setting_and_a_file_that_do_not_go_together_are_told_as_a_fault_of_the_setting(refused):
    study = f"{HEAD}{ROWS}imbalance: {{strategies: [none, {{loss: focal}}]}}\n"
    [line] = refused(study, "imbalance.class_weight=balanced")
    assert line.startswith("--set: imbalance.class_weight: give 'strategies' or 'class_weight'")
    study = f"{HEAD}{ROWS}imbalance: {{class_weight: balanced}}\n"
    [line] = refused(study, "imbalance.loss=ldam")
    assert line.startswith("--set: imbalance.loss.ldam: 'ldam' weighs rare classes itself")


@pytest.mark.parametrize("key", ["imbalance.strategies[1].loss", "imbalance.strategies.1.loss"])
def test_a_setting_that_leads_nowhere_is_told_as_a_fault_of_the_setting(refused, key):
    study = f"{HEAD}{ROWS}imbalance: {{strategies: [none, {{loss: focal}}]}}\n"
    [line] = refused(study, f"{key}=ldam")
    assert line.startswith("--set: imbalance.strategies")


def test_explicit_weights_without_names_are_told_what_to_write(refused):
    [line] = refused(product("class_weight", "explicit", "ill", 1).replace("ill: 1", "[1, 9]"))
    assert "expected a number for each name, {name: number, …}, got [1, 9]" in line


def test_a_search_that_is_to_stop_is_told_so_with_a_truth_value(refused):
    [line] = refused(HEAD + ROWS, "search.stop_collapsed=1")
    assert line.startswith("--set: search.stop_collapsed: input should be a valid boolean, got 1")


def test_strategies_in_a_setting_are_a_study_like_any(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    (files / "study.yaml").write_text(HEAD + ROWS)
    setting = "imbalance.strategies=[none, {loss: focal}, {resampling: smote}]"
    assert main(["check", "study.yaml", "--no-trial", "--set", setting]) == 0
    assert capsys.readouterr().err == ""


# ---- networks that collapse

NOISE = """\
version: 1
name: s
data: {csv: noise.csv, target: label, split: {validation: 0.4}}
model: {layers: 1, units: 4, activation: [relu, elu]}
training: {epochs: 4, batch_size: 32}
search: {algorithm: grid, trials: 5}
evaluation: {confirm: 0, baselines: false}
"""


@dataclass(frozen=True)
class Run:
    status: int
    content: dict
    printed: str

    @property
    def trials(self):
        return {key: self.content["trials"][key] for key in STATES}


STATES = ("finished", "failed", "stopped", "collapsed")


def search(folder, *settings, dead=("relu",), interrupted_at=None):
    """Runs a study of noise in which networks with some activations are dead from the start."""
    # With this seed a network that learns is worse than one that calls all rows minority.
    rows(160, 3, seed=2).to_csv(folder / "noise.csv", index=False)
    (folder / "study.yaml").write_text(NOISE)
    more = [part for setting in settings for part in ("--set", setting)]
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.setattr(ImbalancedHyperModel, "build_configuration", killing(dead))
        patch.setattr(tuner.search.trainer, "train_unit", pressed(interrupted_at))
        status = main(["run", str(folder / "study.yaml"), "--runs-dir", str(folder), *more])
    return Run(status, json.loads((folder / "s" / "results.json").read_text()), out.getvalue())


def killing(dead):
    build = ImbalancedHyperModel.build_configuration

    def built(self, configuration, *args):
        model = build(self, configuration, *args)
        if configuration.activation.name in dead:
            kernel, bias = model.layers[1].get_weights()
            model.layers[1].set_weights([0 * kernel - 1, 0 * bias - 100])
        return model

    return built


def pressed(interrupted_at):
    """Trains, until Ctrl-C is pressed at the so manieth network."""
    train, calls = tuner.search.trainer.train_unit, []

    def trained(*arguments, **settings):
        calls.append(None)
        if len(calls) == interrupted_at:
            raise KeyboardInterrupt
        return train(*arguments, **settings)

    return trained


@pytest.fixture(scope="module")
def stopping(tmp_path_factory):
    """More trials in a row are dead than Keras Tuner would bear of failed ones."""
    dead = ("relu", "gelu", "selu", "mish")
    settings = (f"model.activation=[{', '.join(dead)}, elu]", "search.stop_collapsed=true")
    return search(tmp_path_factory.mktemp("stopping"), *settings, dead=dead)


def test_trials_that_collapse_are_stopped_and_the_others_go_on(stopping):
    assert stopping.status == 0
    assert stopping.trials == {"finished": 1, "failed": 0, "stopped": 4, "collapsed": 4}
    assert stopping.content["trials"]["ended"] in ("trials", "exhausted")
    assert stopping.printed.count(": stopped: collapsed, best so far ") == 4


def test_the_winner_has_an_activation_that_lives(stopping):
    best = stopping.content["best"]
    assert best["hyperparameters"]["model.activation"] == "elu"
    assert best["trial"] >= 3
    assert best["test"]
    assert [leader["trial"] for leader in stopping.content["leaders"]] == [best["trial"]]
    counts = dict.fromkeys(("relu", "gelu", "selu", "mish"), 1)
    assert stopping.content["health"]["collapsed"] == counts


@pytest.fixture(scope="module")
def going_on(tmp_path_factory):
    """Interrupted after the trial that collapses, and resumed."""
    folder = tmp_path_factory.mktemp("going_on")
    assert search(folder, interrupted_at=2).status == 130
    return search(folder)


def test_a_collapsed_trial_has_a_score_and_ranks_last_though_it_is_higher(going_on):
    assert going_on.status == 0
    assert going_on.trials == {"finished": 2, "failed": 0, "stopped": 0, "collapsed": 1}
    first, second = going_on.content["leaders"]
    assert (first["searched"]["model.activation"], first["collapsed"]) == ("elu", False)
    assert (second["searched"]["model.activation"], second["collapsed"]) == ("relu", True)
    assert second["score"] > first["score"] > 0
    assert going_on.content["best"]["trial"] == first["trial"]


def test_a_resumed_search_does_not_take_a_collapsed_trial_for_its_best(going_on):
    score = going_on.content["leaders"][0]["score"]
    assert f"best so far {score:.3f}" in going_on.printed


def test_where_every_trial_is_stopped_the_reason_and_a_hint_are_given(tmp_path, capsys):
    run = search(tmp_path, "search.stop_collapsed=true", dead=("relu", "elu"))
    assert (run.status, run.content["best"]) == (1, None)
    assert run.trials == {"finished": 0, "failed": 0, "stopped": 2, "collapsed": 2}
    [line] = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("all 2 trials stopped: collapsed, ")
    assert "lower training.learning_rate, choose another model.activation" in line


def test_where_every_trial_collapses_and_goes_on_there_is_a_winner_and_a_warning(tmp_path, capsys):
    run = search(tmp_path, "model.activation=relu")
    assert run.status == 0
    assert run.trials == {"finished": 1, "failed": 0, "stopped": 0, "collapsed": 1}
    assert run.content["best"]["test"]
    few_rows, warned, networks = run.content["warnings"]
    assert warned.startswith("every finished trial collapsed")
    assert "1 of 1 say the same of every row" in networks
    assert few_rows.startswith("the test F1 of ")
    assert warned in " ".join(run.printed.split())
    assert capsys.readouterr().err == ""
