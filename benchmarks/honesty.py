"""Whether what a report says is true, where the truth is known.

    python benchmarks/honesty.py
    python benchmarks/honesty.py --studies 300 --comparisons 100

Stand-in studies: rows are normal in each class, and what is trained is Fisher's discriminant of
some columns and some rows (`benchmarks/honest`), whose population scores are formulas. Everything
else is this package: splits, pooling and thresholds, ranking, confirmation, the winner's threshold,
test scores and their intervals; and the comparison of values with its verdicts.

A search has 20 trials, 3 folds, 3 confirmed trials, a quarter of the rows for the test. A
comparison has 3 folds, 5 repeats, 4 contexts. Prints what is found, and puts it into
``benchmarks/results/honesty.json`` and into the tables of the README. With as many studies as it
makes unless told otherwise it takes about 15 minutes of one core.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "honesty.json"
README = HERE.parent / "README.md"
BEGIN, END = "<!-- benchmarks/honesty.py writes these tables -->\n", "<!-- to here -->\n"
sys.path.insert(0, str(HERE / "honest"))

from comparing import Said, comparison, world_of  # noqa: E402 - from the folder beside this file
from studies import Found, winner_study  # noqa: E402
from world import COLUMNS, World, separation_for  # noqa: E402

NULL = World((0.0,) * COLUMNS)
"""Labels that are independent of all columns."""


def worth(f1: float, rows: int = 1000, correlation: float = 0.0) -> World:
    """A world where a configuration, which sees half of the columns, reaches this F1 at best."""
    shift = separation_for(f1, NULL.prevalence) / np.sqrt(COLUMNS / 2)
    return World((shift,) * COLUMNS, rows, correlation=correlation)


WINNERS = {
    "labels independent of features": NULL,
    "F1 about .7": worth(0.75),
    "few rows": worth(0.75, rows=400),
    "groups of 12, correlation .5": worth(0.75, rows=1200, correlation=0.5),
    "nearly perfect": worth(0.985),
}
"""Worlds of searches, by what people call them."""

COMPARISONS = {
    "labels independent of features": (World((0.0,) * COLUMNS, 2000, 0.1), 3),
    "equally good": (world_of([0.7, 0.7, 0.7], 2000), 3),
    ".05 apart, 150 minority rows": (world_of([0.7, 0.65], 2000), 2),
    ".05 apart, 300 minority rows": (world_of([0.7, 0.65], 4000), 2),
    ".05 apart, 600 minority rows": (world_of([0.7, 0.65], 8000), 2),
}
"""Worlds of comparisons, and how many values; minority rows are those outside the test."""


def of_winners(found: list[Found], world: World) -> dict[str, object]:
    """What searches in one world came to."""

    def holds(one: Found, name: str) -> bool:
        low, high = one.intervals[name]
        return low <= one.truth[name] <= high

    return {
        "studies": len(found),
        "test_minority_rows": round(world.rows * world.prevalence / 4),
        "truth": float(np.mean([one.truth["minority_f1"] for one in found])),
        "coverage": {
            name: float(np.mean([holds(one, name) for one in found])) for name in found[0].intervals
        },
        "f1_width": float(np.mean([np.diff(one.intervals["minority_f1"]) for one in found])),
        "test_bias": bias([one.test - one.truth["minority_f1"] for one in found]),
        "confirmed_bias": bias([one.confirmed - one.confirmed_truth for one in found]),
        "highest_bias": bias([one.highest - one.highest_truth for one in found]),
    }


def bias(differences: list[float]) -> list[float]:
    """Mean and its standard error."""
    return [
        float(np.mean(differences)),
        float(np.std(differences, ddof=1) / np.sqrt(len(differences))),
    ]


def of_comparisons(said: list[Said], world: World) -> dict[str, object]:
    """What comparisons in one world came to; the first value is the better one where one is."""
    told = [set(one.verdicts) for one in said]
    expected = np.mean([one.truths for one in said], axis=0)
    covered = [
        low <= true <= high
        for one in said
        for (low, high), true in zip(one.intervals, expected, strict=True)
    ]
    return {
        "studies": len(said),
        "minority_rows": round(world.rows * world.prevalence * 3 / 4),
        "difference": float(expected[0]),
        "any_better": float(np.mean([bool(one & {"better", "worse"}) for one in told])),
        "first_better": float(np.mean([one.verdicts[0] == "better" for one in said])),
        "first_worse": float(np.mean([one.verdicts[0] == "worse" for one in said])),
        "first_equal": float(np.mean([one.verdicts[0] == "equal" for one in said])),
        "coverage": float(np.mean(covered)),
    }


def markdown(found: dict[str, dict[str, dict]]) -> str:
    """The tables of the README."""
    lines = [
        "| searches | minority rows in the test | true F1 | 7 intervals of 95 % hold the truth |"
        " test F1 − truth | confirmed − truth | best validation − truth |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in found["winners"].items():
        shares = [100 * share for share in one["coverage"].values()]
        off = [f"{one[key][0]:+.3f} ± {one[key][1]:.3f}" for key in _BIASES]
        lines.append(
            f"| {name} | {one['test_minority_rows']} | {one['truth']:.2f} |"
            f" {min(shares):.0f}–{max(shares):.0f} % | {' | '.join(off)} |"
        )
    lines += [
        "",
        '| comparisons | true difference | "better" is said | "equal" | the interval holds it |',
        "|---|---|---|---|---|",
    ]
    for name, one in found["comparisons"].items():
        better = f"{100 * one['any_better']:.1f} %"
        if one["first_worse"]:
            better += f", {100 * one['first_worse']:.1f} % of the wrong one"
        lines.append(
            f"| {name} | {abs(one['difference']):.3f} | {better} |"
            f" {100 * one['first_equal']:.0f} % | {100 * one['coverage']:.0f} % |"
        )
    return "\n".join(lines) + "\n"


_BIASES = ("test_bias", "confirmed_bias", "highest_bias")


def write_readme(found: dict[str, dict]) -> None:
    """Puts the tables between their marks in the README."""
    before, mark, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    README.write_text(f"{before}{mark}{markdown(found)}{end}{after}", encoding="utf-8")


def main() -> None:
    """Measures, prints and keeps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=500, help="searches in each world")
    parser.add_argument("--comparisons", type=int, default=300, help="comparisons in each world")
    asked = parser.parse_args()
    found: dict[str, dict] = {"winners": {}, "comparisons": {}}
    for name, world in WINNERS.items():
        studies = [winner_study(world, seed) for seed in range(asked.studies)]
        found["winners"][name] = of_winners(studies, world)
        print(name, json.dumps(found["winners"][name]), flush=True)
    for name, (world, values) in COMPARISONS.items():
        said = [comparison(world, values, seed) for seed in range(asked.comparisons)]
        found["comparisons"][name] = of_comparisons(said, world)
        print(name, json.dumps(found["comparisons"][name]), flush=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    write_readme(found)


if __name__ == "__main__":
    main()
