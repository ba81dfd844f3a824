"""``best_model/``: the winner for use elsewhere, in files that hold no code."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import keras

from tuner.data import Dataset
from tuner.evaluate.winner import Winner
from tuner.report.console import known_scores
from tuner.report.results import to_text
from tuner.search.run_folder import RunFolder, write_atomically

__all__ = ["export_winner", "model_card", "write_model_card"]


def export_winner(winner: Winner, dataset: Dataset, folder: RunFolder) -> keras.Model:
    """Writes the model, its preprocessing and its decision rule, and reads the model back.

    Returns:
        The model as it was loaded from the file, which is what gets scored.
    """
    folder.best_model.mkdir(exist_ok=True)
    preprocessing = to_text(winner.preprocessor.to_json())
    path = folder.best_model / "model.keras"
    write_atomically(path, _saved(winner.model))
    write_atomically(folder.best_model / "preprocessing.json", preprocessing)
    decision = {
        "classes": list(dataset.classes),
        "minority": dataset.minority,
        "threshold": winner.threshold,
        "output": "probability of the minority class"
        if len(dataset.classes) == 2
        else "probability of each class",
    }
    write_atomically(folder.best_model / "decision.json", to_text(decision))
    return keras.models.load_model(path)


def _saved(model: keras.Model) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "model.keras"
        model.save(path)
        return path.read_bytes()


def write_model_card(content: dict[str, Any], folder: RunFolder) -> None:
    """Writes ``best_model/model_card.md`` from the content of ``results.json``."""
    write_atomically(folder.best_model / "model_card.md", model_card(content))


def model_card(content: dict[str, Any]) -> str:
    """What a person must know before using the model (Mitchell et al., 2019)."""
    best, data = content["best"], content["data"]
    test, validation = best["test"], best["validation"]
    low, high = test["ci95"]
    values = "\n".join(f"- `{key}`: {value}" for key, value in best["hyperparameters"].items())
    synthetic = " The data is synthetic." if data["synthetic"] else ""
    limits = [finding["message"] for finding in content["findings"]] + content["warnings"]
    warnings = "".join(f"- {limit}\n" for limit in [data["caveat"], *limits] if limit)
    known = f"\n{line[0].upper()}{line[1:]}.\n" if (line := known_scores(data)) else ""
    interval = f"(95 % interval {low:.3f} to {high:.3f})"
    prevalence = f"{100 * data['prevalence']:.1f} % of class `{data['minority']}`"
    part = data["splits"]["test"]
    return f"""# Model card: {content["study"]}

Finds class `{data["minority"]}` in: {data["title"]}.{synthetic}

## Scores

On {part["rows"]} test rows ({part["minority"]} of the minority class) that the search never saw:

| score | test | validation |
|---|---|---|
| minority F1 | {test["minority_f1"]:.3f} {interval} | {validation["minority_f1"]:.3f} |
| precision | {test["precision"]:.3f} | {validation["precision"]:.3f} |
| recall | {test["recall"]:.3f} | {validation["recall"]:.3f} |
| average precision | {test["pr_auc"]:.3f} | {validation["pr_auc"]:.3f} |
| Matthews correlation | {test["mcc"]:.3f} | {validation["mcc"]:.3f} |
| Brier score | {test["brier"]:.3f} | {validation["brier"]:.3f} |
{known}
## Use

Preprocess rows with `preprocessing.json`, predict with `model.keras`, and call a
row `{data["minority"]}` from a probability of {best["threshold"]:.6g} on (`decision.json`).

## Limits

- Scores hold for data drawn like these rows, with {prevalence}.
- Probabilities are those of a network trained with class weights and are not calibrated.
{warnings}
## Configuration

{values}
"""
