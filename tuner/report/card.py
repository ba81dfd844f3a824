"""``best_model/model_card.md``: what a person must know before using the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tuner.report.baselines import baseline_notes, baseline_rows, beaten_line
from tuner.report.card_data import data_lines, intended_use, usage_lines
from tuner.report.levels import group_sentence, other_level_line, things
from tuner.report.lines import known_scores
from tuner.report.probabilities import calibration_told, shares_told
from tuner.report.scores import SCORES, shown_scores
from tuner.report.values import spelled_value
from tuner.search.run_folder import RunFolder, write_atomically

__all__ = ["model_card", "write_model_card"]

_SHOWN = ("minority_f1", "precision", "recall", "pr_auc", "roc_auc", "mcc", "brier", "ece")

_MAPS = {
    "platt": "`1 / (1 + exp(-(slope * log(p / (1 - p)) + intercept)))`, p from 1e-7 to 1 - 1e-7",
    "isotonic": "`numpy.interp(p, at, becomes)`",
}

_OTHERS = " The other classes share what is left in the proportions that they had."


def write_model_card(content: Mapping[str, Any], folder: RunFolder) -> None:
    """Writes ``best_model/model_card.md`` from the content of ``results.json``."""
    write_atomically(folder.best_model / "model_card.md", model_card(content))


def model_card(content: Mapping[str, Any]) -> str:
    """What a person must know before using the model (Mitchell et al., 2019).

    Args:
        content: The content of ``results.json``; it has a winner with test scores.
    """
    best, data = content["best"], content["data"]
    synthetic = " The data is synthetic." if data["synthetic"] else ""
    known = f"\n{line[0].upper()}{line[1:]}.\n" if (line := known_scores(content)) else ""
    scores = "\n".join(f"| {' | '.join(row)} |" for row in _scores(content))
    limits = "\n".join(f"- {limit}" for limit in _limits(content))
    values = "\n".join(
        f"- `{key}`: {value if isinstance(value, float) else spelled_value(value)}"
        for key, value in best["hyperparameters"].items()
    )
    return f"""# Model card: {content["study"]}

Finds class `{data["minority"]}` in: {data["title"]}.{synthetic}

## Intended use

{_joined(intended_use(content))}

## Data

{_joined(data_lines(data))}

## Scores

On {_scored(content)} that the search never saw:

| score | test | validation |
|---|---|---|
{scores}
{_other_level(content)}{known}{"".join(_simple(content))}
## Use

{_joined(usage_lines(content))}

{"".join(_use(content))}
## Limits

{limits}

## Configuration

{values}
"""


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _scored(content: Mapping[str, Any]) -> str:
    part = content["data"]["splits"]["test"]
    rows = f"{part['rows']} test rows ({part['minority']} of the minority class)"
    return f"the {part['groups']} groups of {rows}" if things(content) == "groups" else rows


def _other_level(content: Mapping[str, Any]) -> str:
    line = other_level_line(content)
    return f"\n{line[0].upper()}{line[1:]}.\n" if line else ""


def _scores(content: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    best, shown = content["best"], shown_scores(content)
    test, validation = best["test"], best["validation"]
    for key in filter(shown.__contains__, _SHOWN):
        told = f"{test[key]:.3f}"
        if key in test["intervals"]:
            low, high = test["intervals"][key]
            told += f" (95 % interval {low:.3f} to {high:.3f})"
        yield SCORES[key], told, f"{validation[key]:.3f}"
    if best["calibration"]:
        parts = [best["reliability"][part]["calibrated"] for part in ("test", "validation")]
        for key in ("brier", "ece"):
            told, expected = (f"{part[key]:.3f}" for part in parts)
            yield f"{SCORES[key]}, calibrated", told, expected


def _simple(content: Mapping[str, Any]) -> Iterator[str]:
    """The simple models beside it, line by line; nothing where there are none."""
    rows = [row for row in baseline_rows(content) if row["test"]]
    if not rows:
        return
    yield "\n## Simple models on the same rows\n\n"
    yield "| minority F1 | test | validation |\n|---|---|---|\n"
    for row in rows:
        low, high = row["test"]["ci95"]
        reached, expected = (row[part]["minority_f1"] for part in ("test", "validation"))
        told = f"{reached:.3f} (95 % interval {low:.3f} to {high:.3f})"
        yield f"| {row['label']} | {told} | {expected:.3f} |\n"
    notes = baseline_notes(content["baselines"])
    yield "\n" * bool(notes)
    yield from (f"- {note}\n" for note in notes)


def _use(content: Mapping[str, Any]) -> Iterator[str]:
    """What to do with the files, paragraph by paragraph."""
    best, data = content["best"], content["data"]
    of_rows = best["other_level"] if things(content) == "groups" else best
    minority, (*others, _) = data["minority"], data["classes"]
    several = len(others) > 1
    otherwise = "the likeliest of the other classes" if several else f"`{others[0]}`"
    given = "the probability of each class, the last that" if several else "the probability"
    if best["needs_import"]:
        modules = ", ".join(f"`import {module}`" for module in best["needs_import"])
        yield f"""The model holds layers that Keras lacks: without `load_model`, {modules} before
`keras.models.load_model`.

"""
    yield f"""Without this package, preprocess rows with `preprocessing.json`, predict with
`model.keras`, and
call a row `{minority}` from a probability of {of_rows["threshold"]:.6g} on (`decision.json`), else
{otherwise}. The model gives {given} of `{minority}`.
"""
    if sentence := group_sentence(content):
        yield f"\n{sentence} (`group` in `decision.json`)\n"
    if best["calibration"]:
        yield f"""
For a calibrated probability of `{minority}`, put the model's probability p into
{_MAPS[best["calibration"]]},
with the numbers under `calibration` in `decision.json`. The threshold is for p itself, so that
calibration changes no decision.{_OTHERS if several else ""}
"""


def _limits(content: Mapping[str, Any]) -> Iterator[str]:
    best, data = content["best"], content["data"]
    prevalence = f"{100 * data['prevalence']:.1f} % of class `{data['minority']}`"
    if line := beaten_line(content):
        yield f"{line[0].upper()}{line[1:]}."
    yield f"Scores hold for data drawn like these rows, with {prevalence}."
    yield f"{shares_told(best, data['minority'])} {calibration_told(best)}"
    yield from filter(None, [data["caveat"]])
    yield from (finding["message"] for finding in content["findings"])
    yield from content["warnings"]
