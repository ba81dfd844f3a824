"""``best_model/``: the winner for use elsewhere, in files that hold no code."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import keras

from tuner.data import Dataset
from tuner.evaluate.winner import Winner
from tuner.model.exported import EXPORTS, FORMAT, text_sha256, weights_sha256
from tuner.report.best import needed_imports, priors_section
from tuner.report.levels import group_rule
from tuner.report.results import to_text
from tuner.search.run_folder import RunFolder, write_atomically

__all__ = ["export_winner"]


def export_winner(winner: Winner, dataset: Dataset, folder: RunFolder) -> keras.Model:
    """Writes the model, its preprocessing and its decision rule, and reads the model back.

    Returns:
        The model as it was loaded from the file, which is what gets scored.
    """
    folder.best_model.mkdir(exist_ok=True)
    # What is of an earlier winner must not stand beside this model, which may still fail its test.
    (folder.best_model / "model_card.md").unlink(missing_ok=True)
    for name in EXPORTS.values():
        earlier = folder.best_model / name
        if earlier.is_dir():
            shutil.rmtree(earlier)
        else:
            earlier.unlink(missing_ok=True)
    preprocessing = to_text(winner.preprocessor.to_json())
    path = folder.best_model / "model.keras"
    write_atomically(path, _saved(winner.model))
    write_atomically(folder.best_model / "preprocessing.json", preprocessing)
    decision = {
        "version": FORMAT,
        "classes": list(dataset.classes),
        "minority": dataset.minority,
        **_thresholds(winner),
        "calibration": winner.calibration and winner.calibration.to_json(),
        "priors": priors_section(winner.priors, dataset.classes),
        "needs_import": needed_imports(winner.model),
        "input_shape": list(winner.model.input_shape[1:]),
        "output": "probability of the minority class"
        if len(dataset.classes) == 2
        else "probability of each class",
        # After a crash between two files, those of two winners must not pass for one.
        "sha256": {
            "weights": weights_sha256(winner.model),
            "preprocessing": text_sha256(preprocessing),
        },
    }
    write_atomically(folder.best_model / "decision.json", to_text(decision))
    return keras.models.load_model(path)


def _thresholds(winner: Winner) -> dict[str, Any]:
    """From which probability a row is called minority, and a group of rows where there are some."""
    groups = winner if winner.level.name == "group" else winner.other
    return {
        "threshold": winner.row_threshold,
        "group": groups and {"rule": group_rule(groups.level), "threshold": groups.threshold},
    }


def _saved(model: keras.Model) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "model.keras"
        model.save(path)
        return path.read_bytes()
