"""What the README shows is so."""

import re
from pathlib import Path

import pytest

from tuner import ACTIVATIONS, LOADERS
from tuner.errors import InputError
from tuner.study import load_study

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language, text=README):
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    return [text for name, text in fenced if name == language]


def test_the_study_by_example_is_valid(tmp_path):
    [text] = blocks("yaml")
    (tmp_path / "scans.yaml").write_text(text, encoding="utf-8")
    study = load_study(tmp_path / "scans.yaml")
    assert [entry.name for entry in study.model.activation.entries][-1] == "swish"
    assert study.search.time_limit == 600


def test_the_mistakes_shown_are_told_so(tmp_path, monkeypatch):
    [text] = blocks("yaml")
    [shown] = [block for block in blocks("") if block.startswith("scans.yaml:")]
    text = text.replace("- leaky_relu:", "- leaky_rleu:").replace("trials: 60", "trials: 0")
    (tmp_path / "scans.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        load_study("scans.yaml")
    assert str(caught.value) == shown.rstrip()


def test_the_code_runs(registries, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space = {}
    for block in blocks("python"):
        exec(block, space)
    assert space["hypermodel"].input_shape == (30,)
    assert "scaled_tanh" in ACTIVATIONS


def test_all_entries_are_named():
    missing = [name for name in ACTIVATIONS if f"`{name}`" not in README]
    assert not missing


def test_the_data_sections_shown_are_valid(tmp_path):
    shown = blocks("yaml", (ROOT / "docs" / "data.md").read_text(encoding="utf-8"))
    assert len(shown) == 2
    for text in shown:
        if "csv:" not in text:
            text = text.replace("data:\n", "data:\n  csv: scans.csv\n  target: label\n")
        (tmp_path / "study.yaml").write_text(f"version: 1\nname: own\n{text}", encoding="utf-8")
        study = load_study(tmp_path / "study.yaml")
    assert study.data.preprocessing.impute == "median"


def test_every_source_is_named_in_the_docs():
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    assert [name for name in LOADERS if f"`{name}: " not in text] == []
