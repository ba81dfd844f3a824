"""Cases of resumed runs and of disks from public bug reports, as in ``tests/cases``."""

from pathlib import Path

import pytest

from faults.studies import Runs, quick_training
from tuner.cli import main
from tuner.errors import InputError

CASES = Path(__file__).parent.parent / "cases"

STUDY = """
version: 1
name: s
seed: 7
data: {{csv: {data}, target: label, split: {{test: 0.2, validation: 0.25}}}}
model: {{layers: 1, units: 8, activation: [relu, elu]}}
training: {{epochs: 3, batch_size: 16}}
search: {{algorithm: random, trials: 2}}
evaluation: {{confirm: 0}}
"""

V2 = ("model.activation=[relu, elu, swish, prelu]", "search.trials=6")


def made_of(case, tmp_path):
    data = tmp_path / "data.csv"
    data.write_bytes((CASES / case / "data.csv").read_bytes())
    return Runs(tmp_path, STUDY.format(data=data))


@pytest.fixture
def edited(tmp_path):
    """Case 54: a study that is run, edited and run again."""
    made = made_of("54_resume_changed_space", tmp_path)
    with quick_training(made.log):
        yield made


def test_added_choices_are_really_tried(edited):
    first, _ = edited()
    content, [told] = edited(*V2)
    assert first["trials"]["finished"] == 2
    # Keras Tuner keeps 2 trials here and never tries what was added.
    assert content["trials"]["finished"] == 4
    assert content["trials"]["ended"] == "exhausted"
    table = edited.folder.trials.read_text()
    assert all(f",{name}\n" in table for name in ("relu", "elu", "swish", "prelu"))
    assert len(edited.trained) == len(set(edited.trained)) == 4
    assert "model.activation: {choice: [relu, elu]} → {choice: [relu, elu, swish, prelu]}" in told


def test_an_identical_study_goes_on_without_repeats(edited):
    content, _ = edited()
    assert edited() == (content, [])
    assert len(edited.trained) == 2


def test_other_data_are_refused(edited):
    edited()
    data = edited.path / "data.csv"
    rows = data.read_text().splitlines()
    data.write_text("\n".join([*rows[:1], "9.9" + rows[1][rows[1].index(",") :], *rows[2:]]) + "\n")
    with pytest.raises(InputError, match=r"the data's content changed.*another name.*--fresh"):
        edited()


def test_an_objective_that_changed_is_refused(edited):
    edited()
    with pytest.raises(InputError, match=r"objective.metric: minority_f1 → mcc"):
        edited("objective.metric=mcc")


def test_a_folder_that_is_a_file_ends_before_training(tmp_path, capsys):
    made = made_of("56_disk_full_readonly", tmp_path)
    out = tmp_path / "out"
    out.write_text("a file")
    assert main(["run", str(made.file), "--runs-dir", str(out)]) == 2
    [line] = capsys.readouterr().err.strip().splitlines()
    assert line.startswith(f"cannot write to {out}")
    assert out.read_text() == "a file"
