"""``report.html``: one file that needs nothing else, readable without knowing the program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jinja2
import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Splits
from tuner.evaluate.attention.look import Attention
from tuner.report.attention import attention_lines, attention_pictures, left_out_line, pointing_rows
from tuner.report.baselines import baseline_notes, baseline_rows, beaten_line
from tuner.report.choices import PLACES
from tuner.report.comparison import (
    VERDICTS,
    comparison_notes,
    comparison_rows,
    context_places,
    factor_title,
    value_name,
)
from tuner.report.critical_difference import critical_difference
from tuner.report.importance import importance_lines, of_trials
from tuner.report.learned import learned_places
from tuner.report.levels import group_sentence, other_level_line, things
from tuner.report.lines import ending_line, headline, known_scores
from tuner.report.pareto import pareto_notes
from tuner.report.pictures import (
    image,
    importance_bars,
    precision_recall,
    reliability_diagram,
    search_history,
    trade_off,
)
from tuner.report.probabilities import calibration_told, chance_error, shares_told
from tuner.report.random_search import random_line
from tuner.report.rankings import default_line, ranking_note
from tuner.report.scores import STAGES, networks_line, shown_scores
from tuner.report.winner_health import winner_health
from tuner.search.levels import ROWS, Scored
from tuner.search.records import TrialRecord

__all__ = ["report_page"]


_DRAWN = 16
"""Values that fit into a critical-difference picture."""


def report_page(
    content: Mapping[str, Any],
    records: Sequence[TrialRecord],
    dataset: Dataset,
    splits: Splits,
    probabilities: NDArray[np.float32] | None,
    stages: Mapping[str, NDArray[Any]] | None = None,
    scored: Scored | None = None,
    attention: Attention | None = None,
) -> str:
    """The page as text.

    Args:
        content: The content of ``results.json``.
        records: All trials by number.
        dataset: Holds the labels of the test rows.
        splits: Says which rows are the test rows.
        probabilities: Of the test rows, or None where there is no winner yet.
        stages: The minority's probability of each test row, before and after each step; see
            `Winner.stages`, of the minority. None where there is no winner yet.
        scored: What the test scores are of; the test rows where it is not given.
        attention: Where the winner looks, from which ``attention`` in `content` was made; None
            where it is not known.
    """
    best = content["best"]
    tested = bool(best and best["test"])
    return _environment().get_template("report.html").render(
        content=content,
        headline=headline(content),
        tested=tested,
        known=known_scores(content),
        beaten=beaten_line(content),
        baseline_rows=baseline_rows(content),
        baseline_notes=baseline_notes(content["baselines"]),
        verdicts=VERDICTS,
        comparisons=[_comparison(one) for one in content["comparison"]],
        ending=ending_line(content["trials"]),
        records=records,
        names=_names([record.values for record in records]),
        trade_off_notes=pareto_notes(content) if content["pareto"] else [],
        trade_off_names=_names([row["searched"] for row in content["pareto"] or ()]),
        score_names=shown_scores(content),
        networks=networks_line(best) if tested else "",
        places=PLACES,
        note=ranking_note([*content["choices"].values()]),
        default=default_line(content["default"]),
        beside=random_line(content),
        importance_notes=importance_lines(content["importance"]) if content["importance"] else [],
        of_trials=of_trials,
        measured=_measured(content["health"]),
        winner=winner_health(best["health"]) if best and best["health"] else None,
        learned=learned_places(best["learned"]) if best else [],
        told=_told(content) if tested else "",
        stage_names=STAGES,
        nothing={"brier": None, "ece": None},
        chance=_chance(content["data"]["splits"]["test"]),
        things=things(content),
        group_sentence=group_sentence(content) if tested else "",
        other_level=other_level_line(content) if tested else "",
        **_attention(attention, content, dataset),
        **_pictures(content, records, dataset.is_minority(splits.test), stages),
        **_curve(content, dataset, splits, probabilities, scored),
    )  # fmt: skip


def _attention(
    attention: Attention | None, content: Mapping[str, Any], dataset: Dataset
) -> dict[str, Any]:
    if attention is None:
        return {}
    section = content["attention"]
    return {
        "attention": attention_pictures(attention, section, dataset),
        "attention_notes": attention_lines(section, content["data"]),
        "pointing": pointing_rows(section),
        "left_out": left_out_line(section),
    }


def _comparison(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **one,
        "title": factor_title(one),
        "rows": comparison_rows(one),
        "notes": comparison_notes(one),
        "places": context_places(one),
        "picture": image(critical_difference(one)) if len(one["values"]) <= _DRAWN else "",
    }


def _names(values: Sequence[Mapping[str, Any]]) -> list[str]:
    """The hyperparameters that one of the trials has, in their order."""
    return list(dict.fromkeys(name for one in values for name in one))


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tuner.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "named": value_name,
        "fixed": _fixed,
        "short": _short,
        "share": _share,
        "signed": _signed,
    }
    return environment


def _measured(health: Mapping[str, Any]) -> bool:
    return any(row["minority_gradient"] is not None for row in health["by_activation"])


def _chance(part: Mapping[str, Any]) -> float:
    return chance_error(part["rows"], part["minority"])


def _told(content: Mapping[str, Any]) -> str:
    """What was done to the winner's probabilities."""
    best = content["best"]
    return f"{shares_told(best, content['data']['minority'])} {calibration_told(best)}"


def _pictures(
    content: Mapping[str, Any],
    records: Sequence[TrialRecord],
    actual: NDArray[np.bool_],
    stages: Mapping[str, NDArray[Any]] | None,
) -> dict[str, str]:
    pictures = {}
    if any(record.score is not None for record in records):
        pictures["history"] = image(search_history(records, content["objective"]["metric"]))
    if content["pareto"]:
        pictures["trade_off"] = image(trade_off(records, content["pareto"], content["objective"]))
    if content["importance"] and content["importance"]["places"]:
        pictures["importance"] = image(importance_bars(content["importance"]["places"]))
    if stages:
        pictures["reliability"] = image(reliability_diagram(actual, stages))
    return pictures


def _curve(
    content: Mapping[str, Any],
    dataset: Dataset,
    splits: Splits,
    probabilities: NDArray[np.float32] | None,
    scored: Scored | None,
) -> dict[str, str]:
    if probabilities is None or not (content["best"] and content["best"]["test"]):
        return {}
    own = scored or ROWS.scored(dataset, splits.test, probabilities)
    actual = own.labels == own.probabilities.shape[1] - 1
    drawn = precision_recall(actual, own.probabilities[:, -1], content["best"])
    return {"curve": image(drawn)}


def _fixed(number: float | None) -> str:
    return "–" if number is None else f"{number:.3f}"


def _signed(number: float | None) -> str:
    return "–" if number is None else f"{number:+.3f}"


def _short(value: Any) -> str:
    """Four digits of a number; other values as they are."""
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _share(number: float | None) -> str:
    return "–" if number is None else f"{100 * number:.1f} %"
