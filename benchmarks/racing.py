"""How often racing loses the truly best configuration, and how many folds it saves.

Stand-in searches, no training: the score of a configuration on a fold is its worth plus that of the
fold plus noise, each normal with the given standard deviation. Searches of 30 configurations; the
table in docs/stopping.md is from

    python benchmarks/racing.py --searches 2000
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import cache

import numpy as np
from scipy import stats

from tuner.search.racing import behind

CONFIGURATIONS, FOLD = 30, 0.05
SETTINGS = {
    "even": {"worth": 0.05, "noise": 0.05, "uneven": 0.0},
    "little noise": {"worth": 0.05, "noise": 0.025, "uneven": 0.0},
    "much noise": {"worth": 0.05, "noise": 0.1, "uneven": 0.0},
    "uneven noise": {"worth": 0.05, "noise": 0.05, "uneven": 0.5},
    "bad ones noisier": {"worth": 0.1, "noise": 0.02, "uneven": 0.0, "with_distance": 0.3},
}

Rule = Callable[[np.ndarray, np.ndarray, np.ndarray], bool]


@cache
def signed_ranks(known: int, above: int) -> float:
    """p of the one-sided signed-rank test where the ranks of the positive differences sum so."""
    signs = next(
        s for s in np.ndindex(*[2] * known) if sum((1 + i) * s[i] for i in range(known)) == above
    )
    differences = [(i + 1) * (1 if s else -1) for i, s in enumerate(signs)]
    return float(stats.wilcoxon(differences, alternative="less").pvalue)


def wilcoxon(p: float) -> Rule:
    """The rule of Optuna's WilcoxonPruner."""

    def rule(own: np.ndarray, best: np.ndarray, finished: np.ndarray) -> bool:
        difference = own - best[: len(own)]
        if len(own) < 2 or own.mean() >= best.mean():
            return False
        ranks = np.abs(difference).argsort().argsort() + 1
        return signed_ranks(len(own), int(ranks[difference > 0].sum())) < p

    return rule


def paired(errors: float, margin: float) -> Rule:
    """The mean difference over shared folds, by its own standard error."""

    def rule(own: np.ndarray, best: np.ndarray, finished: np.ndarray) -> bool:
        lead = best[: len(own)] - own
        if len(own) < 2:
            return False
        return bool(lead.mean() > margin + errors * lead.std(ddof=1) / np.sqrt(len(own)))

    return rule


RULES: dict[str, Rule] = {
    "Wilcoxon, p < .05": wilcoxon(0.05),
    "Wilcoxon, p < .1": wilcoxon(0.1),
    "paired, 2 errors": paired(2, 0.0),
    "paired, 3 errors + .02": paired(3, 0.02),
    "paired, 4 errors + .05": paired(4, 0.05),
    "ours": behind,
}


def search(rule: Rule, scores: np.ndarray, truth: int) -> tuple[bool, int]:
    """Whether the truly best configuration was stopped, and folds saved."""
    finished: list[int] = []
    best, lost, saved = -1, False, 0
    folds = scores.shape[1]
    for number, own in enumerate(scores):
        stop = folds
        for known in range(1, folds) if finished else ():
            if rule(own[:known], scores[best], scores[finished]):
                stop = known
                break
        saved += folds - stop
        lost |= stop < folds and number == truth
        if stop == folds:
            finished.append(number)
            best = number if best < 0 or own.mean() > scores[best].mean() else best
    return lost, saved


def measure(
    rule: Rule,
    folds: int,
    searches: int,
    worth: float,
    noise: float,
    uneven: float,
    with_distance: float = 0.0,
) -> tuple[float, float]:
    """Share of searches that lost the best one, and share of folds saved."""
    drawn = np.random.default_rng(0)
    lost = saved = 0
    for _ in range(searches):
        means = drawn.normal(0.6, worth, CONFIGURATIONS)
        spread = noise * np.exp(drawn.normal(0, uneven, CONFIGURATIONS))
        spread += with_distance * (means.max() - means)
        noises = drawn.normal(0, 1, (CONFIGURATIONS, folds)) * spread[:, None]
        scores = means[:, None] + drawn.normal(0, FOLD, folds) + noises
        one = search(rule, scores, int(means.argmax()))
        lost, saved = lost + one[0], saved + one[1]
    return lost / searches, saved / (searches * CONFIGURATIONS * folds)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--searches", type=int, default=200)
    searches = parser.parse_args().searches
    for setting, sizes in SETTINGS.items():
        print(f"{setting}: best lost, folds saved; with 3, 5 and 10 folds")
        for name in RULES if setting == "even" else ("ours",):
            told = [measure(RULES[name], folds, searches, **sizes) for folds in (3, 5, 10)]
            line = " | ".join(f"{lost:.1%}, {saved:.0%}" for lost, saved in told)
            print(f"  {name:24s} {line}", flush=True)


if __name__ == "__main__":
    main()
