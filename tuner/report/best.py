"""The winner's part of ``results.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from tuner.evaluate.drawn_scores import INTERVALS
from tuner.evaluate.held_out import TestResult
from tuner.evaluate.winner import Winner
from tuner.metrics.calibration import Reliability
from tuner.model.configuration import Configuration
from tuner.model.registered import registering_modules
from tuner.own_code import importable
from tuner.report.levels import other_level_section
from tuner.search.records import TrialRecord
from tuner.training.priors import Priors

__all__ = ["best_section", "needed_imports", "priors_section", "provisional_section"]


def best_section(
    winner: Winner,
    test: TestResult,
    classes: Sequence[str],
    confirmed: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The winner with its scores.

    Args:
        winner: The trained winner.
        test: What it reached on the test rows.
        classes: Label of each code.
        confirmed: Its scores when it was trained again; None where it was not.
    """
    outcome = winner.record.outcome
    return {
        **_of_trial(winner.record, winner.configuration),
        "threshold": winner.threshold,
        "epochs": list(winner.epochs),
        "parameters": int(winner.model.count_params()),
        "needs_import": needed_imports(winner.model),
        "calibration": winner.calibration.kind if winner.calibration else None,
        "priors": priors_section(winner.priors, classes),
        "reliability": {
            "validation": dict(outcome["reliability"]),
            "test": _reliability(test.reliability),
        },
        "health": [dict(ledger) for ledger in winner.health],
        "learned": [dict(layer) for layer in winner.learned],
        "validation": dict(outcome["scores"]),
        "confirmed": confirmed,
        "test": {
            **test.tuned.to_json(),
            "ci95": list(test.intervals["minority_f1"]),
            "intervals": {name: list(ends) for name, ends in test.intervals.items()},
            "networks": [
                {"threshold": threshold, **{name: getattr(alone, name) for name in INTERVALS}}
                for threshold, alone in zip(winner.thresholds, test.networks, strict=True)
            ],
        },
        "test_at_half": test.at_half.to_json(),
        "other_level": other_level_section(winner.other, test.other),
    }


def provisional_section(
    record: TrialRecord, configuration: Configuration, confirmed: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The best trial so far of an interrupted run: no test score, no model.

    Args:
        record: A finished trial.
        configuration: Its values.
        confirmed: As for `best_section`.
    """
    return {
        **_of_trial(record, configuration),
        "threshold": record.outcome["threshold"],
        "needs_import": [],
        "calibration": None,
        "priors": None,
        "reliability": {"validation": dict(record.outcome["reliability"]), "test": None},
        "health": [],
        "learned": [],
        "validation": dict(record.outcome["scores"]),
        "confirmed": confirmed,
        "test": None,
        "test_at_half": None,
        "other_level": None,
    }


def _of_trial(record: TrialRecord, configuration: Configuration) -> dict[str, Any]:
    return {
        "trial": record.number,
        "hyperparameters": configuration.flat(),
        "searched": dict(record.values),
        "trainable_parameters": record.outcome["parameters"],
    }


def priors_section(priors: Priors, classes: Sequence[str]) -> dict[str, Any]:
    """Which class shares probabilities belong to, by class; see `Priors`."""
    trained = priors.trained and dict(zip(classes, priors.trained, strict=True))
    return {
        "true": dict(zip(classes, priors.true, strict=True)),
        "trained": trained,
        "corrected": priors.shifted,
    }


def _reliability(stages: Mapping[str, Reliability]) -> dict[str, dict[str, float]]:
    return {stage: off.to_json() for stage, off in stages.items()}


def needed_imports(model: keras.Model) -> list[str]:
    """The modules that register what Keras lacks, before the model can be loaded.

    Example:
        >>> from tuner.model.learned_layers import SwishBeta
        >>> needed_imports(keras.Sequential([keras.Input((3,)), SwishBeta()]))
        ['tuner.model.learned_layers']
    """
    return sorted(importable(one) for one in registering_modules(model))
