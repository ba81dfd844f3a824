"""A page of every kind, for the browser to look at."""

import numpy as np
from report_pages import (
    COLLAPSED,
    RECORDS,
    SCORES,
    STOPPED,
    curves,
    page_of,
    results_in_full,
    results_of,
    some_rows,
)
from test_report_attention import FOUND, example
from test_report_comparison import compared

from tuner.data import RawData, assemble, make_splits
from tuner.report.attention import attention_pictures
from tuner.report.curves import Curves
from tuner.report.page import report_page
from tuner.report.runs import side_by_side
from tuner.report.runs_page import runs_page
from tuner.search.learning import LearningCurve
from tuner.search.records import TrialRecord
from tuner.study import SplitSection

SPACES = {
    "model.layers": {"space": {"int": [2, 5], "step": 1, "log": False}},
    "model.units": {"space": {"choice": [32, 64, 128]}},
    "model.activation": {"space": {"choice": ["relu", "leaky_relu", "prelu", "elu", "swish"]}},
    "model.activation.elu.alpha": {"space": {"float": [0.1, 2.0], "step": None, "log": True}},
    "imbalance.class_weight": {
        "space": {"choice": ["none", "balanced", "power", "effective_number", "inverse_root"]}
    },
    "training.learning_rate": {"space": {"float": [3e-4, 1e-2], "step": None, "log": True}},
}
UNIT = {"space": {"float": [0.0, 1.0], "step": None, "log": False}}


def many(trials, further=0):
    """Trials in a space like those of studies, and some more places of one value each."""
    rng = np.random.default_rng(0)
    records = []
    for number in range(trials):
        values = {
            "model.layers": int(rng.integers(2, 6)),
            "model.units": int(rng.choice([32, 64, 128])),
            "model.activation": str(rng.choice(SPACES["model.activation"]["space"]["choice"])),
            "imbalance.class_weight": str(rng.choice(["none", "balanced", "effective_number"])),
            "training.learning_rate": float(np.exp(rng.uniform(np.log(3e-4), np.log(1e-2)))),
        }
        if values["model.activation"] == "elu":
            values["model.activation.elu.alpha"] = float(rng.uniform(0.1, 2))
        values |= {f"model.place_{place}": float(rng.random()) for place in range(further)}
        score = float(np.clip(rng.normal(0.6, 0.2), 0, 1))
        records.append(TrialRecord(number, "finished", values, score, "", {"parameters": 9}))
    return records


def learning(trials):
    rng = np.random.default_rng(1)
    return [
        LearningCurve(trial, fold, 0, 7, *rng.random((2, 12)).cumsum(axis=1).tolist())
        for trial in range(trials)
        for fold in range(3)
    ]


def searched(content, records):
    """The content with what belongs to these trials."""
    best = max(records, key=lambda record: record.score)
    row = {"trial": best.number, "searched": dict(best.values), "hyperparameters": best.values}
    leader = {"trial": best.number, "score": best.score, "collapsed": False}
    return {
        **content,
        "identity": {**content["identity"], "spaces": SPACES},
        "best": {**content["best"], **row},
        "leaders": [{**leader, "searched": dict(best.values)}],
    }


def table(rows, full, trials=24, further=0):
    """A finished search with comparisons, importance, simple models and warnings."""
    own = {"share": 0.5, "low": 0.25, "high": 0.75, "chance": 0.25, "trials": trials}
    more = {f"model.place_{place}": UNIT for place in range(further)}
    names = [*SPACES, *more]
    places = [{**own, "place": name, "parent": "", "entry": ""} for name in names]
    told = {"resamples": 24, "places": places, "trials": trials, "reason": ""}
    records = many(trials, further)
    content = searched(
        {
            **full,
            "comparison": [compared([0.6, 0.8, 0.799], noise=0.004)],
            "importance": {**told, "left_out": {"model.l2": "all trials have the same value"}},
            "baselines": {"models": [model("logistic <regression>"), model("forest")], "notes": []},
            "warnings": ["few rows, and a very_long_word_" + "that_goes_on_" * 9 for _ in range(9)],
        },
        records,
    )
    content["identity"]["spaces"] = {**SPACES, **more}
    return content, Curves(records, learning(3), curves(*rows).test)


def model(label):
    test = {**SCORES, "ci95": [0.7, 0.95]}
    numbers = {"validation": SCORES, "test": test}
    return {"label": label, "state": "finished", "reason": "", "notes": [], "seconds": 1} | numbers


def pictured(full):
    """A run on pictures of three classes, with maps of where the winner looks."""
    seen, section, dataset = example([FOUND])
    data = {**full["data"], "classes": {"a": 9, "b": 9, "<b>": 9}}
    confusion = [[20, 3, 2], [1, 20, 4], [2, 2, 9]]
    test = {**full["best"]["test"], "confusion": confusion}
    told = {**full, "data": data, "best": {**full["best"], "test": test}, "attention": section}
    return told, attention_pictures(seen, section, dataset)


def kinds():
    """Texts of pages by what they are of."""
    rows = some_rows()
    content = results_of(*rows)
    full = results_in_full(content)
    told, drawn = table(rows, full)
    looked, shown = pictured(full)
    unknown = {"test": None, "test_at_half": None, "priors": None, "calibration": None}
    reliability = {**full["best"]["reliability"], "test": None}
    so_far = {**full["best"], **unknown, "reliability": reliability, "health": [], "learned": []}
    interrupted = {**full, "status": "interrupted"}
    grouped = make_grouped()
    stopped = {**interrupted, "best": so_far}
    contents = [("first", told), ("second", {**told, "seed": 1}), ("third", stopped)]
    return {
        "table": report_page(told, drawn),
        "pictures": report_page(looked, Curves(RECORDS, (), drawn.test, shown)),
        "two objectives": report_page(*traded(told, drawn)),
        "groups": page_of(results_in_full(results_of(*grouped)), grouped, pictured=True),
        "interrupted": page_of({**interrupted, "best": so_far}, rows),
        "no trial succeeded": page_of(
            {**full, "best": None, "leaders": []}, rows, [STOPPED, RECORDS[1], COLLAPSED]
        ),
        "little": page_of(content, rows, pictured=True),
        "odd names": oddly_named(),
        "several runs": runs_page(side_by_side(contents)),
    }


def oddly_named():
    """A run whose classes have long names without blanks, or begin as what pictures leave out."""
    names = ["_[red]a", "<b>" + "_withoutanyblanks" * 3, "_#1f6a94" + "W" * 39]
    labels = np.repeat(names, [50, 40, 30])
    dataset = assemble(RawData(np.arange(240.0).reshape(120, 2), labels), "t", names[-1])
    rows = dataset, make_splits(dataset, SplitSection(), 0)
    content = results_in_full(results_of(*rows))
    confusion = [[20, 3, 2], [1, 20, 4], [2, 2, 9]]
    test = {**content["best"]["test"], "confusion": confusion}
    shares = dict.fromkeys(names, 0.25)
    priors = {**content["best"]["priors"], "true": shares, "trained": shares}
    return page_of(
        {**content, "best": {**content["best"], "test": test, "priors": priors}},
        rows,
        pictured=True,
    )


def make_grouped():
    labels = np.repeat(["well", "<b>"], [90, 30])
    groups = np.arange(120) // 3
    raw = RawData(np.arange(240.0).reshape(120, 2), labels, groups)
    dataset = assemble(raw, "t", "<b>")
    return dataset, make_splits(dataset, SplitSection(), 0)


def traded(content, drawn):
    """A search for few parameters as well."""
    records = [
        TrialRecord(one.number, one.state, one.values, one.score, "", {}, float(10 + one.number))
        for one in drawn.records
    ]
    front = [
        {
            "trial": one.number,
            "score": one.score,
            "against": one.number + 10,
            "searched": one.values,
        }
        for one in (records[20], records[5])
    ]
    objective = {**content["objective"], "against": "parameters"}
    told = {**content, "objective": objective, "pareto": front}
    return told, Curves(records, (), drawn.test)
