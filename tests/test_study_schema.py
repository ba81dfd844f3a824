"""The schema and the reference of every key: current, complete, and fit for editors."""

import json

import jsonschema
import pytest
from pages.blocks import ROOT

from tuner.cli import main
from tuner.registry import FAMILIES
from tuner.study import study_reference, study_schema
from tuner.study.schema_words import takes


@pytest.fixture(scope="module")
def schema():
    return study_schema()


def nodes(schema):
    """Every schema within a schema, those of keys with the key."""
    if isinstance(schema, list):
        for one in schema:
            yield from nodes(one)
    if not isinstance(schema, dict):
        return
    yield schema
    for word, value in schema.items():
        inner = value.values() if word in ("properties", "$defs") else [value]
        for one in inner:
            yield from nodes(one)


def test_the_committed_reference_is_current():
    committed = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")
    assert study_reference() == committed, "run: minority-tuner schema --markdown > docs/study.md"


def test_every_key_is_explained(schema):
    silent = [
        key
        for node in nodes(schema)
        for key, one in node.get("properties", {}).items()
        if isinstance(one, dict)
        and one.get("type") != "object"
        and not one.get("description")
        # What tells branches apart is explained where the key stands, as are parts of strategies.
        and set(one) not in ({"const"}, {"$ref"})
    ]
    assert silent == []


def test_every_parameter_of_an_entry_is_explained():
    ours = {
        f"{family} {name}": {*entry.spaces} - {*entry.arguments}
        for family, registry in FAMILIES.items()
        for name, entry in ((name, registry[name]) for name in registry)
    }
    assert {name: keys for name, keys in ours.items() if keys} == {}


def test_the_reference_names_every_entry_and_parameter():
    page = study_reference()
    for family, registry in FAMILIES.items():
        for name in registry:
            assert f"`{name}" in page
            for key in registry[name].spaces:
                shown = f"`{key}`" if family == "backbone" else f"`{name}: {key}`"
                assert shown in page


def test_it_has_no_titles_and_no_default_that_a_study_could_not_hold(schema):
    for node in nodes(schema):
        assert not isinstance(node.get("title"), str)
        assert not isinstance(node.get("default"), dict)
    training = schema["$defs"]["TrainingSection"]["properties"]
    assert training["batch_size"]["default"] == 128


@pytest.mark.parametrize(
    ("model", "fits"),
    [
        ({}, True),
        ({"layers": 2}, True),
        ({"family": "dense", "layers": 2}, True),
        ({"family": "conv", "blocks": 2}, True),
        ({"family": "conv", "layers": 2}, False),
        ({"blocks": 2}, False),
        ({"family": "cnv"}, False),
        ({"dropout": 1.5}, False),
        ({"dropout": {"float": [0.0, 0.5]}}, True),
        ({"dropout": {"flaot": [0.0, 0.5]}}, False),
        ({"activation": ["relu", {"elu": "tunable"}]}, True),
        ({"activation": {"elu": {"beta": 1}}}, False),
        ({"activation": {"relu": {}, "elu": {}}}, False),
    ],
)
def test_a_section_is_judged_by_its_family(schema, model, fits):
    study = {"name": "a", "data": {"source": "mri_like"}, "model": model}
    assert jsonschema.Draft202012Validator(schema).is_valid(study) == fits


@pytest.mark.parametrize(
    ("data", "fits"),
    [
        ({"csv": "a.csv", "target": "y", "missing": [-9, "?"], "minority": 8}, True),
        ({"images": "folder", "size": [64, 64], "channels": 1}, True),
        ({"images": "folder", "channels": 2}, False),
        ({"csv": "a.csv", "tagret": "y"}, False),
    ],
)
def test_sources_and_their_options_are_known(schema, data, fits):
    study = {"name": "a", "data": data}
    assert jsonschema.Draft202012Validator(schema).is_valid(study) == fits


def test_entries_of_ones_own_are_in_the_schema_that_imports_them(
    tmp_path, monkeypatch, capsys, registries
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema_entries.py").write_text(
        "from tuner import CLASS_WEIGHTS, Float\n"
        "@CLASS_WEIGHTS.register('squared', factor=Float(0.5, 2.0, default=1.0))\n"
        "def squared(factor, *, counts):\n    '''Weights squared.'''\n    return counts**-2.0\n"
    )
    assert main(["schema", "--import", "schema_entries"]) == 0
    schema = json.loads(capsys.readouterr().out)
    names, parameters = schema["$defs"]["class_weight_entry"]["anyOf"]
    assert names["enumDescriptions"][names["enum"].index("squared")] == "Weights squared."
    assert "squared" in parameters["properties"]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 1}, "a whole number from 1"),
        ({"type": "number", "minimum": 0, "maximum": 5}, "a number from 0 to 5"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "a number above 0 to 1"),
        ({"type": "boolean"}, "`true` or `false`"),
        ({"enum": ["a", True]}, "`a`, `true`"),
        ({"type": "array", "items": {"type": "string"}}, "a list of texts"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "a text"),
        ({"$ref": "#/$defs/loss_entry"}, "entries"),
    ],
)  # fmt: skip
def test_what_a_schema_accepts_is_told_in_words(schema, words):
    assert takes(schema) == words
