"""The line that says it all, and what stands in its place."""

import pytest

from tuner.report.lines import headline
from tuner.report.sections.answer import to_beware

BEST = {
    "trial": 7,
    "validation": {"minority_f1": 0.8375, "mcc": 0.5},
    "test": {"minority_f1": 0.8125, "ci95": [0.75, 0.875]},
}


def told(status, best, metric="minority_f1"):
    content = {"status": status, "best": best, "objective": {"metric": metric, "level": "row"}}
    return headline({**content, "data": {"minority": "ill"}})


def test_a_winner_is_the_answer():
    assert told("finished", BEST).startswith("best minority-class F1: 0.81 (test, 95 % CI 0.75–")


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (
            "interrupted",
            "interrupted: best validation mcc so far 0.500, trial 7; no test score yet",
        ),
        ("finished", "no winner could be made: best validation mcc 0.500, trial 7; no test score"),
    ],
)
def test_a_trial_without_a_winner_says_why(status, line):
    assert told(status, {**BEST, "test": None}, "mcc") == line


@pytest.mark.parametrize(
    ("status", "line"),
    [
        ("interrupted", "interrupted before any trial had a score"),
        ("finished", "no trial succeeded"),
    ],
)
def test_without_a_score_it_says_why(status, line):
    assert told(status, None) == line


def test_what_to_beware_of_are_sentences_that_keep_the_names_of_columns():
    content = {
        "data": {"caveat": "labels are old"},
        "warnings": ["the test F1 rests on 3 rows", "the test F1 rests on 3 rows"],
        "findings": [{"message": "pixel_1: is the same in all rows"}],
        "notes": ["model.units: has no effect here.", ""],
    }
    assert to_beware(content) == [
        "Caveat: labels are old.",
        "The test F1 rests on 3 rows.",
        "pixel_1: is the same in all rows.",
        "model.units: has no effect here.",
    ]
