"""Equal seeds give equal trials, scores and predictions in processes of their own (case 58)."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DATA = ROOT / "tests" / "cases" / "58_non_determinism" / "data.csv"

STUDY = f"""
version: 1
name: same
seed: 7
data: {{csv: {DATA}, target: label, split: {{test: 0.2, validation: 0.25}}}}
model: {{layers: 1, units: 8, activation: [relu, elu], dropout: 0.2}}
training: {{epochs: 3, batch_size: 16, learning_rate: {{float: [1.0e-4, 1.0e-2], log: true}}}}
search: {{algorithm: random, trials: 3}}
evaluation: {{baselines: false}}
"""


def run(folder, seed, hash_seed):
    """The table of trials, and the predictions of all networks to the last bit."""
    folder.mkdir()
    (folder / "study.yaml").write_text(STUDY)
    arguments = ["study.yaml", "--runs-dir", "runs", "--set", f"seed={seed}"]
    done = subprocess.run(
        [sys.executable, str(ROOT / "run_search.py"), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    made = folder / "runs" / "same"
    query = "select trial, fold, repeat, probabilities from minority_tuner_units order by 1, 2, 3"
    with closing(sqlite3.connect(made / "study.db")) as connection:
        predictions = connection.execute(query).fetchall()
    return (made / "trials.csv").read_text(), predictions


@pytest.mark.slow
def test_equal_seeds_give_equal_bits_and_another_seed_others(tmp_path):
    table, predictions = run(tmp_path / "first", 7, "1")
    assert len(predictions) == 2 * 3  # of the search and of its confirmation
    assert run(tmp_path / "again", 7, "2") == (table, predictions)
    other, others = run(tmp_path / "other", 8, "1")
    assert other != table
    assert others != predictions
