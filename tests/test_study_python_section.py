"""``model: {python: …}`` in a study file; TensorFlow is not needed to read it."""

import subprocess
import sys

import pytest

from tuner.errors import InputError
from tuner.search.places import places
from tuner.spaces import Float, Int
from tuner.study import load_study, study_schema
from tuner.study.python_section import Declared, OwnPlace, PythonSection


def study_of(folder, model, more=""):
    path = folder / "study.yaml"
    head = "version: 1\nname: own\ndata: {source: rare_table}\n"
    path.write_text(f"{head}model: {model}\n{more}", encoding="utf-8")
    return load_study(path)


def test_a_file_is_found_from_beside_the_study_and_a_module_by_its_name(tmp_path):
    assert study_of(tmp_path, "{python: nets/mine.py:Net}").model.python == str(
        tmp_path / "nets" / "mine.py:Net"
    )
    section = study_of(tmp_path, "{python: package.mine:Net, arguments: {depth: 3}}").model
    assert (section.python, section.arguments) == ("package.mine:Net", {"depth": 3})
    assert section.family == "python"


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (
            "{python: mine.py}",
            "study.yaml:4:9: model.python: expected file.py:Name or package",
        ),
        ("{python: 3}", "model.python"),
        ("{family: python}", "model.python: missing; it must be given"),
        ("{family: dense, python: mine.py:Net}", "model.family"),
        ("{python: mine.py:Net, layers: 3}", "model.layers: unknown key"),
        ("{python: mine.py:Net, activation: relu}", "model.activation: unknown key"),
        ("{python: mine.py:Net, arguments: [1]}", "model.arguments"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, model, told):
    with pytest.raises(InputError, match=told) as caught:
        study_of(tmp_path, model)
    assert "\n" not in str(caught.value)


def test_places_are_known_once_the_code_is(tmp_path):
    study = study_of(tmp_path, "{python: mine.py:Net}", "search: {algorithm: grid}\n")
    with pytest.raises(ValueError, match="is known after inspect_study"):
        places(study)
    own = OwnPlace("model.units", "units", Int(1, 9))
    rate = OwnPlace("model.rate", "rate", Float(0.1, 0.5), "model.units", (1, 2))
    declared = Declared((own, rate), "sha256 0", "crossentropy")
    known = study.model_copy(update={"model": study.model.declaring(declared)})
    named = places(known)
    assert list(named)[:2] == ["model.units", "model.rate"]
    assert named["model.rate"].active({"model.units": 2})
    assert not named["model.rate"].active({"model.units": 3})
    assert not {"imbalance.loss", "training.optimizer", "training.learning_rate"} & set(named)
    assert "training.batch_size" in named
    assert study.model.declared is None


def test_the_schema_knows_it():
    own = study_schema()["$defs"]["model_python"]
    assert {"python", "arguments"} <= set(own["properties"])
    assert own["additionalProperties"] is False


def test_reading_such_a_study_imports_no_tensorflow(tmp_path):
    study_of(tmp_path, "{python: mine.py:Net}")
    program = (
        "import sys, tuner\n"
        f"tuner.load_study({str(tmp_path / 'study.yaml')!r})\n"
        "assert not {'tensorflow', 'keras', 'keras_tuner'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_section_is_frozen():
    section = PythonSection(python="mine.py:Net")
    with pytest.raises(ValueError, match="frozen"):
        section.python = "other.py:Net"
