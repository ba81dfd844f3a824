"""What pruners would have saved and lost in searches that ran without one.

Trials of finished run folders are put into random orders, and their stored curves are shown to each
rule epoch by epoch. The table in docs/stopping.md is from runs of the shipped studies:

    python benchmarks/pruning.py runs/imbalance_digits runs/imbalance_strategies runs/mri_like
"""

from __future__ import annotations

import argparse
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tuner.search.pruning import Curve, Hyperband, Median, Rule, SuccessiveHalving, make_rule


@dataclass(frozen=True)
class Trained:
    """A finished trial: its score, and the epochs of each fold with their average precision."""

    score: float
    folds: list[list[float]]

    @property
    def epochs(self) -> int:
        """Epochs of all folds."""
        return sum(map(len, self.folds))


def load(folder: Path) -> list[Trained]:
    """The finished trials of a run folder."""
    curves: dict[int, list[list[float]]] = {}
    with closing(sqlite3.connect(folder / "study.db")) as database:
        units = database.execute("select trial, facts from minority_tuner_units order by fold")
        for trial, facts in units:
            curves.setdefault(trial, []).append(json.loads(facts)["history"]["val_pr_auc"])
        scores = database.execute(
            "select number, value from trials join trial_values using (trial_id)"
        ).fetchall()
    return [Trained(score, curves[number]) for number, score in scores]


def replay(trials: Sequence[Trained], rule: Rule, epochs: int) -> tuple[float, float]:
    """Best score of the trials that are not stopped, and the share of epochs saved."""
    curves: list[Curve] = []
    best = spent = 0.0
    for number, trial in enumerate(trials):
        reached = np.maximum.accumulate(trial.folds[0]).tolist()
        values: dict[int, float] = {}
        stop = trial.epochs
        for epoch in range(1, epochs + 1):
            values[epoch] = reached[min(epoch, len(reached)) - 1]
            if rule.stops(number, epoch, values[epoch], curves):
                stop = min(epoch, len(reached))
                break
        finished = stop == trial.epochs
        curves.append(Curve(number, finished, values))
        best = max(best, trial.score) if finished else best
        spent += stop
    return best, 1 - spent / sum(trial.epochs for trial in trials)


def rules(epochs: int) -> dict[str, Rule]:
    """The rules as a study has them, and with the numbers that Optuna's pruners begin with."""
    names = ("median", "successive_halving", "hyperband")
    return {name: make_rule(name, epochs) for name in names} | {
        "median, Optuna's default": Median(0),
        "successive_halving, Optuna's": SuccessiveHalving(1, epochs, factor=4),
        "hyperband, Optuna's default": Hyperband(1, epochs, factor=3),
    }


def main() -> None:
    """Prints a table for each run folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--orders", type=int, default=300)
    given = parser.parse_args()
    for folder in given.folders:
        trials = load(folder)
        epochs = max(len(fold) for trial in trials for fold in trial.folds)
        best = max(trial.score for trial in trials)
        print(f"{folder.name}: {len(trials)} trials of {epochs} epochs, best {best:.3f}")
        for name, rule in rules(epochs).items():
            drawn = np.random.default_rng(0)
            orders = [drawn.permutation(len(trials)) for _ in range(given.orders)]
            told = [replay([trials[i] for i in order], rule, epochs) for order in orders]
            reached, saved = np.mean(told, axis=0)
            print(f"  {name:30s} lost {best - reached:.4f}, epochs saved {saved:.0%}", flush=True)


if __name__ == "__main__":
    main()
