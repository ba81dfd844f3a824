"""Study files: what is accepted, and how what is wrong is told."""

import json
import re
from contextlib import nullcontext

import pytest
from pydantic import ValidationError

from tuner.errors import InputError
from tuner.spaces import Choice, Fixed, Float
from tuner.study import known, load_study, study_schema

GOOD = """\
version: 1
name: example
data: {sklearn: breast_cancer}
"""


def problems_of(tmp_path, text):
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_study(path)
    return caught.value.problems


@pytest.mark.parametrize("name", ["mri_like", "breast_cancer", "digits_eight"])
def test_shipped_studies_load(name):
    assert load_study(name).name == name


def test_shipped_studies_are_known():
    assert {"mri_like", "breast_cancer", "digits_eight"} <= set(known("search_spaces"))


@pytest.mark.parametrize(
    ("line", "path", "fragment"),
    [
        ("sed: 1", ("sed",), "did you mean 'seed'?"),
        ("training: {epochs: many}", ("training", "epochs"), "valid integer"),
        (
            "model: {activation: leaky_rleu}",
            ("model", "activation"),
            "did you mean 'leaky_relu'?",
        ),
        (
            "model: {activation: [elu: {alpha: -1}]}",
            ("model", "activation", 0, "elu", "alpha"),
            "> 0",
        ),
        (
            "model: {activation: [leaky_relu: {negative_slope: .nan}]}",
            ("model", "activation", 0, "leaky_relu", "negative_slope"),
            ">= 0",
        ),
        ("model: {units: {choice: []}}", ("model", "units", "choice"), "at least one"),
        (
            "model: {dropout: {float: [0.0, 0.5], default: 0.7}}",
            ("model", "dropout", "default"),
            "outside",
        ),
        ("model: {layers: {int: [5, 2]}}", ("model", "layers", "int"), "below the high end"),
        (
            "training: {learning_rate: {float: [1e-9, 1], lgo: true}}",
            ("training", "learning_rate", "lgo"),
            "did you mean 'log'?",
        ),
        (
            "imbalance: {class_weight: [effective_number: {beta: 1}]}",
            ("imbalance", "class_weight", 0, "effective_number", "beta"),
            "< 1",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path, line, path, fragment):
    [problem] = problems_of(tmp_path, GOOD + line + "\n")
    assert problem.path == path
    assert problem.line == 4
    assert fragment in problem.message


def test_all_faults_are_told_in_the_order_of_the_file(tmp_path):
    text = GOOD + "seed: -1\nmodel: {activation: rlu, layers: 0}\nsearch: {trials: 0}\n"
    assert [problem.line for problem in problems_of(tmp_path, text)] == [4, 5, 5, 6]


def test_a_grid_needs_finite_places(tmp_path):
    text = GOOD + "model: {dropout: {float: [0.0, 0.5]}}\nsearch: {algorithm: grid}\n"
    [problem] = problems_of(tmp_path, text)
    assert problem.path == ("model", "dropout")


def test_a_key_given_twice_is_refused(tmp_path):
    [problem] = problems_of(tmp_path, GOOD + "seed: 1\nseed: 2\n")
    assert problem.line == 5
    assert "first in line 4" in problem.message


def test_swish_and_silu_count_once(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(GOOD + "model: {activation: [swish, silu, relu]}\n")
    study = load_study(path)
    assert [entry.name for entry in study.model.activation.entries] == ["swish", "relu"]
    assert "swish" in study.notes[0]


def test_numbers_are_read_as_people_write_them(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(GOOD + "training: {learning_rate: {choice: [1e-3, 1.0e-3, 1E-2]}}\n")
    assert load_study(path).training.learning_rate.options == (0.001, 0.01)


def loaded(tmp_path, more="", overrides=()):
    path = tmp_path / "study.yaml"
    path.write_text(GOOD + more, encoding="utf-8")
    return load_study(path, overrides)


ELU = "model: {activation: [elu: {alpha: "
LEAKY = "model: {activation: [leaky_relu: {negative_slope: "
SLOPE = "model.activation[0].leaky_relu.negative_slope"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("modell: {}", "1: modell: unknown key; did you mean 'model'?"),
        ("training: {epoch: 3}", "12: training.epoch: unknown key; did you mean 'epochs'?"),
        ("model: {unit: 3}", "9: model.unit: unknown key; did you mean 'units'?"),
        ("objective: {direction: min}", "13: objective.direction: unknown key; known: against"),
        ("objective: [mcc]", "1: objective: expected two names, such as [minority_f1, parameters]"),
        ("objective: [mc, parameters]", "13: objective[0]: unknown name 'mc'; did you mean 'mcc'?"),
        ("objective: [mcc, size]", "18: objective[1]: unknown name 'size'; known: balanced_acc"),
        ("objective: [parameters, mcc]", "13: objective[0]: unknown name 'parameters'; known: "),
        ("objective: [mcc, mcc]", "1: objective: 'mcc' cannot be traded against itself; give para"),
        ("objective: {against: size}", "13: objective.against: input should be 'parameters', "),
        (
            "search: {algorithm: nsga2}",
            "10: search.algorithm: 'nsga2' needs two objectives, such as objective: [minority_f1, ",
        ),
        ("seed: 1.5", "1: seed: input should be a valid integer, got 1.5"),
        ("seed: true", "1: seed: input should be a valid integer, got True"),
        ("training: {epochs: 0}", "12: training.epochs: input should be greater than or equal"),
        ("training:", "1: training: expected keys with values, got None"),
        ("model: [relu]", "1: model: expected keys with values, got ['relu']"),
        (
            "search: {algorithm: bayes}",
            "10: search.algorithm: input should be 'tpe', 'random', 'grid', 'gp'",
        ),
        ("search: {time_limit: soon}", "10: search.time_limit: expected a time such as 90s"),
        ("objective: {threshold: 1.5}", "13: objective.threshold: expected 'tuned' or a number"),
        ("model: {family: dens}", "9: model.family: unknown name 'dens'; did you mean 'dense'?"),
        ("model: {family: conv, layers: 2}", "23: model.layers: unknown key"),
        (
            "model: {family: conv, kernel_size: 4}",
            "23: model.kernel_size: expected one of 3, 5, got 4",
        ),
        ("model: {layers: true}", "9: model.layers: expected a number >= 1, got True"),
        ("model: {units: 32.0}", "9: model.units: expected a whole number >= 1, got 32.0;"),
        ("model: {layers: {float: [1, 3]}}", "18: model.layers.float: expected {int: [low, high]}"),
        ("model: {layers: {int: [1, 3, 9]}}", "18: model.layers.int: expected [low, high], got"),
        ("model: {layers: {int: [1, 6], step: 2}}", "18: model.layers.int: step 2 does not lead"),
        ("model: {layers: {int: [1, 3], choice: [1]}}", "9: model.layers: expected a value"),
        ("model: {layers: {int: [1, 6], log: 1}}", "31: model.layers.log: expected true or false"),
        ("model: {layers: {int: [1, 6], step: x}}", "31: model.layers.step: expected a number"),
        ("model: {layers: {int: [1, 6], default: x}}", "31: model.layers.default: expected a"),
        ("model: {units: {choice: [1, ~]}}", "29: model.units.choice[1]: expected a number >= 1"),
        ("model: {l2: {float: [0, 1], step: .inf}}", "14: model.l2.float: step must be above 0"),
        ("model: {activation: [relu, 3]}", "28: model.activation[1]: expected a name of"),
        ("model: {activation: []}", "9: model.activation: expected at least one entry"),
        ("model: {activation: [elu: {alhpa: 1}]}", "28: model.activation[0].elu.alhpa: unknown"),
        ("model: {activation: [relu: {a: 1}]}", "29: model.activation[0].relu.a: unknown"),
        ("model: {activation: [elu: 0.5]}", "22: model.activation[0].elu: expected parameters"),
        (ELU + "0}]}", "28: model.activation[0].elu.alpha: expected a finite number > 0, got 0"),
        (ELU + "fast}]}", "28: model.activation[0].elu.alpha: expected a number > 0, got 'fast'"),
        (ELU + "{float: [0, 1]}}]}", "44: model.activation[0].elu.alpha.float[0]: expected"),
        (LEAKY + "-0.1}]}", f"35: {SLOPE}: expected a finite number >= 0, got -0.1"),
        (LEAKY + "{float: [-1, 1]}}]}", f"60: {SLOPE}.float[0]: expected a finite number"),
        (LEAKY + "{float: [0, 1], log: true}}]}", f"52: {SLOPE}.float: a log range must start"),
        (LEAKY + "{float: [0.3, 0.1]}}]}", f"52: {SLOPE}.float: the low end must be below"),
        (
            "model: {activation: [prelu: {alpha_initializer: .inf}]}",
            "30: model.activation[0].prelu.alpha_initializer: expected a finite number >= 0, got",
        ),
        ("model: {activation: [elu, elu: {alpha: 2}]}", "27: model.activation[1]: 'elu' is listed"),
        (
            "imbalance: {class_weight: [effective_number: {beta: {choice: [0.9, 1.0]}}]}",
            "68: imbalance.class_weight[0].effective_number.beta.choice[1]: expected a finite",
        ),
        (
            "training: {optimizer: {choice: [adam, adm]}}",
            "39: training.optimizer.choice[1]: expected one of 'adam', 'adamw'",
        ),
    ],
)
def test_a_fault_is_told_with_its_column(tmp_path, line, told):
    [problem] = problems_of(tmp_path, GOOD + line + "\n")
    assert str(problem).startswith(f"{tmp_path / 'study.yaml'}:4:{told}")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("{sklearn: iris, split: {folds: 3, validation: 0.2}}", "41: data.split.validation: give"),
        ("{sklearn: iris, split: {folds: 1}}", "31: data.split.folds: input should be greater"),
        ("{sklearn: iris, split: {test: 1.0}}", "31: data.split.test: input should be less than 1"),
        ("{sklearn: iris, split: {fold: 3}}", "31: data.split.fold: unknown key; did you mean"),
        ("{source: mri_like, csv: b.csv}", "8: data.source: give one source, not both csv and"),
        ("{csv: a.csv, target: y, taget: z}", "31: data.taget: unknown key for csv data; did you"),
        ("{csv: [a], target: y}", "8: data.csv: expected a text, got ['a']"),
        ("{csv: a.csv, target: y, ignore: x}", "31: data.ignore: input should be a valid list"),
        ("{source: nowhere.yaml}", "8: data.source: no such file"),
        ("mri_like", "1: data: expected keys with values, got 'mri_like'"),
    ],
)
def test_a_fault_of_the_data_section_is_told_with_its_column(tmp_path, data, told):
    [problem] = problems_of(tmp_path, f"version: 1\nname: example\ndata: {data}\n")
    assert str(problem).startswith(f"{tmp_path / 'study.yaml'}:3:{told}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version: 1\ndata: {sklearn: iris}\n", ":1:1: name: missing; it must be given"),
        ("version: 1\nname: e\n", ":1:1: data: missing; it must be given"),
        ("version: 2\nname: e\ndata: {sklearn: iris}\n", ":1:1: version: input should be 1, got 2"),
        ("- a\n- b\n", ":1:1: a study is a mapping of keys; this file holds none"),
        ("", ": a study is a mapping of keys; this file holds none"),
    ],
)
def test_what_is_no_study_is_refused(tmp_path, text, message):
    [problem] = problems_of(tmp_path, text)
    assert str(problem) == f"{tmp_path / 'study.yaml'}{message}"


@pytest.mark.parametrize(
    ("more", "note", "read"),
    [
        ("model: {activation: [silu, swish]}", "'swish' is listed more", "[swish]"),
        ("model: {activation: [elu, elu: {alpha: 1}]}", "'elu' is listed", "[{elu: {alpha: 1.0}}]"),
        (
            "model: {activation: [elu: tunable]}",
            None,
            "[{elu: {alpha: {float: [0.1, 2.0], log: true}}}]",
        ),
        ("model: {activation: elu}", None, "[{elu: {alpha: 1.0}}]"),
        ("model: {activation: silu}", None, "[swish]"),
        ("model: {activation: [elu: {alpha: 2}]}", None, "[{elu: {alpha: 2.0}}]"),
    ],
)
def test_entries_are_read_as_meant(tmp_path, more, note, read):
    study = loaded(tmp_path, more + "\n")
    assert str(study.model.activation) == read
    assert len(study.notes) == (note is not None)
    assert note is None or note in study.notes[0]


def test_repeated_options_are_merged_with_a_note(tmp_path):
    study = loaded(tmp_path, "training: {learning_rate: {choice: [1e-3, 1.0e-3, 1E-3, 1.0e3]}}\n")
    assert study.training.learning_rate == Choice((0.001, 1000.0), default=0.001)
    assert "2 of 4 differ" in study.notes[0]


@pytest.mark.parametrize(
    ("override", "get", "value"),
    [
        ("seed=3", lambda s: s.seed, 3),
        ("search.trials=5", lambda s: s.search.trials, 5),
        ("search={trials: 2}", lambda s: (s.search.trials, s.search.algorithm), (2, "tpe")),
        ("training.learning_rate=1e-2", lambda s: s.training.learning_rate, Fixed(0.01)),
        ("model.dropout={float: [0.0, 0.5]}", lambda s: s.model.dropout, Float(0.0, 0.5)),
        ("model.activation=[relu, selu]", lambda s: str(s.model.activation), "[relu, selu]"),
        ("data.minority=010", lambda s: s.data.minority, "010"),
        ("data.minority=1", lambda s: s.data.minority, "1"),
        ("data.minority=no", lambda s: s.data.minority, "no"),
        ("data.sklearn=iris", lambda s: s.data.location, "iris"),
        ("name=08", lambda s: s.name, "08"),
    ],
)
def test_a_setting_replaces_that_of_the_file(tmp_path, override, get, value):
    before = loaded(tmp_path, "search: {trials: 9, algorithm: random}\n")
    study = loaded(tmp_path, "search: {trials: 9, algorithm: random}\n", [override])
    assert get(before) != value
    assert get(study) == value


def test_a_wrong_setting_is_not_blamed_on_the_line_it_replaces(tmp_path):
    with pytest.raises(InputError, match="seed: input should be greater") as caught:
        loaded(tmp_path, "seed: 1\n", ["seed=-1"])
    assert caught.value.problems[0].line != 4


def test_settings_are_kept_with_the_study_as_run(tmp_path):
    study = loaded(tmp_path, "", ["seed=1", "seed=2", "model.layers=3"])
    (tmp_path / "again.yaml").write_text(study.document.text, encoding="utf-8")
    again = load_study(tmp_path / "again.yaml")
    assert (again.seed, again.model.layers) == (2, Fixed(3))
    assert again.model_dump() == study.model_dump()


@pytest.mark.parametrize("override", ["seed", "=3", "seed: 3", "a..b=1"])
def test_a_setting_needs_a_key_and_a_value(tmp_path, override):
    with pytest.raises(InputError, match="--set takes key=value"):
        loaded(tmp_path, "", [override])


def test_a_study_is_frozen(tmp_path):
    study = loaded(tmp_path, "model: {activation: [elu: tunable]}\n")
    for section, key in ((study, "seed"), (study.training, "epochs"), (study.model, "layers")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(section, key, 3)
    with pytest.raises(TypeError):
        study.model.activation.entries[0].parameters["alpha"] = 1.0


def test_every_reference_of_the_schema_leads_somewhere():
    schema = study_schema()
    names = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema)))
    assert {"DataSection", "SearchSection"} <= names <= set(schema["$defs"])


def test_the_schema_is_one_and_the_shipped_studies_follow_it():
    jsonschema = pytest.importorskip("jsonschema")
    schema = study_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for name in ("mri_like", "breast_cancer", "digits_eight"):
        jsonschema.validate(load_study(name).document.content, schema)


@pytest.mark.parametrize(
    ("model", "valid"),
    [
        ({"units": 8, "layers": 2}, True),
        ({"family": "dense", "layers": 2}, True),
        ({"family": "conv", "blocks": {"int": [1, 3]}, "kernel_size": 5}, True),
        ({"blocks": 2}, False),
        ({"family": "dense", "blocks": 2}, False),
        ({"family": "conv", "layers": 2}, False),
        ({"family": "conv", "kernel_size": 4}, False),
        ({"family": "conv", "blocks": 9}, False),
    ],
)
def test_editors_know_the_keys_of_each_backbone_as_the_program_does(tmp_path, model, valid):
    jsonschema = pytest.importorskip("jsonschema")
    content = {"version": 1, "name": "s", "data": {"sklearn": "digits"}, "model": model}
    checker = jsonschema.Draft202012Validator(study_schema())
    assert checker.is_valid(content) == valid
    (tmp_path / "s.yaml").write_text(json.dumps(content), encoding="utf-8")
    with nullcontext() if valid else pytest.raises(InputError, match=r"model\."):
        load_study(tmp_path / "s.yaml")


TWO = "objective: [minority_f1, parameters]\n"


def test_two_objectives_are_a_list_or_keys(tmp_path):
    short = loaded(tmp_path, TWO).objective
    keys = loaded(tmp_path, "objective: {metric: minority_f1, against: parameters}\n").objective
    assert short == keys
    assert (short.metric, short.against) == ("minority_f1", "parameters")
    assert short.directions == ("maximize", "minimize")
    assert loaded(tmp_path, "objective: [mcc, pr_auc]\n").objective.directions == (
        "maximize",
        "maximize",
    )
    one = loaded(tmp_path).objective
    assert (one.metric, one.against, one.directions) == ("minority_f1", None, ("maximize",))


@pytest.mark.parametrize("name", ["tpe", "random", "gp", "qmc", "nsga2", "bayesian"])
def test_what_follows_two_objectives_is_accepted(tmp_path, name):
    study = loaded(tmp_path, f"{TWO}search: {{algorithm: {name}}}\n")
    assert study.search.algorithm == name


@pytest.mark.parametrize(
    ("search", "told"),
    [
        (
            "algorithm: cmaes",
            "10: search.algorithm: 'cmaes' follows one objective, and the study has two; take one "
            "of tpe, random, grid, gp, qmc, nsga2, bayesian",
        ),
        (
            "algorithm: hyperband",
            "10: search.algorithm: 'hyperband' stops trials by their score alone, which two "
            "objectives forbid; take another algorithm, or pruner: none",
        ),
        (
            "pruner: median",
            "10: search.pruner: 'median' stops trials by their score alone, which two objectives "
            "forbid; take none",
        ),
        (
            "racing: true",
            "10: search.racing: stops trials by their score alone, which two objectives forbid; "
            "leave it out",
        ),
    ],
)
def test_what_goes_by_the_score_alone_is_refused(tmp_path, search, told):
    [problem] = problems_of(tmp_path, f"{GOOD}{TWO}search: {{{search}}}\n")
    assert str(problem).partition("study.yaml:5:")[2] == told


def test_hyperband_without_its_pruner_follows_two_objectives(tmp_path):
    study = loaded(tmp_path, f"{TWO}search: {{algorithm: hyperband, pruner: none}}\n")
    assert study.search.pruning == "none"


def test_the_schema_takes_both_forms_of_an_objective():
    jsonschema = pytest.importorskip("jsonschema")
    schema = study_schema()["$defs"]["ObjectiveSection"]
    valid = jsonschema.Draft202012Validator(schema).is_valid
    assert valid(["mcc", "parameters"])
    assert valid({"metric": "mcc", "against": "parameters"})
    assert not valid(["mcc"])
    assert not valid(["parameters", "mcc"])
    assert not valid(["mcc", "parameters", "pr_auc"])
    assert not valid({"metric": "parameters"})
