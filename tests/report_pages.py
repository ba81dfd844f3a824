"""Reports of all kinds without a run: what ``results.json`` and ``curves.json`` would hold."""

import numpy as np

from tuner.data import RawData, assemble, make_splits
from tuner.data.summary import summary
from tuner.report.curves import Curves, curves_of_test
from tuner.report.page import report_page
from tuner.search.learning import LearningCurve
from tuner.search.records import TrialRecord
from tuner.study import SplitSection

SCORES = {
    "minority_f1": 0.8125,
    "precision": 0.8,
    "recall": 0.825,
    "pr_auc": 0.9,
    "roc_auc": 0.95,
    "mcc": 0.7,
    "balanced_accuracy": 0.85,
    "gmean": 0.84,
    "brier": 0.1,
    "ece": 0.0375,
    "confusion": [[50, 3], [2, 10]],
}
INTERVALS = {"minority_f1": [0.7449, 0.8651], "recall": [0.71, 0.94]}
RECORDS = [
    TrialRecord(0, "finished", {"act": "elu", "act.elu.alpha": 0.5}, 0.75, "", {"scores": SCORES}),
    TrialRecord(1, "failed", {"act": "relu"}, None, "non-finite loss in epoch 3"),
]
STOPPED = TrialRecord(
    2, "stopped", {"act": "relu"}, None, "collapsed", {"health": {"dead_units": 0.75}}
)
COLLAPSED = TrialRecord(
    3, "finished", {"act": "relu"}, 0.9, "", {"health": {"collapsed": True, "dead_units": 1.0}}
)
SPACES = {
    "act": {"space": {"choice": ["relu", "elu"]}},
    "act.elu.alpha": {"space": {"float": [0.1, 2.0], "step": None, "log": True}, "parent": "act"},
}
LEARNING = [LearningCurve(0, 0, 0, 2, [0.7, 0.5, 0.4], [0.25, 0.75, 0.5])]


def some_rows():
    """Rows whose names are markup to whoever does not take care, and their splits."""
    labels = np.repeat(["[red]a", "<b>"], [90, 30])
    dataset = assemble(RawData(np.arange(240.0).reshape(120, 2), labels), "t & t", "<b>")
    return dataset, make_splits(dataset, SplitSection(), 0)


def results_of(dataset, splits):
    """The content of ``results.json`` of a run in which little happened."""
    return {
        "study": "example",
        "status": "finished",
        "seed": 0,
        "data": summary(dataset, splits),
        "objective": {
            "metric": "minority_f1",
            "against": None,
            "threshold": "tuned",
            "level": "row",
        },
        "trials": {
            "asked": 2,
            "finished": 1,
            "failed": 1,
            "stopped": 0,
            "collapsed": 0,
            "ended": "trials",
            "failures": {"non-finite loss": 1},
        },
        "default": None,
        "choices": {},
        "random_search": None,
        "importance": None,
        "health": {"collapsed": {}, "by_activation": []},
        "engine": {"trials": {"fused": 2}, "reasons": {}},
        "best": {
            "trial": 0,
            "hyperparameters": {"act": "elu"},
            "searched": {"act": "elu"},
            "threshold": 0.25,
            "needs_import": [],
            "calibration": None,
            "priors": {
                "true": {"[red]a": 0.75, "<b>": 0.25},
                "trained": {"[red]a": 0.75, "<b>": 0.25},
                "corrected": False,
            },
            "reliability": {
                "validation": {"as_trained": {"brier": 0.1, "ece": 0.0375}},
                "test": {"as_trained": {"brier": 0.1, "ece": 0.0375}},
            },
            "health": [],
            "learned": [],
            "validation": {**SCORES, "minority_f1": 0.8375},
            "test": {**SCORES, "ci95": [0.7449, 0.8651], "intervals": INTERVALS},
            "test_at_half": SCORES,
            "confirmed": None,
        },
        "leaders": [
            {
                "trial": 0,
                "score": 0.75,
                "collapsed": False,
                "searched": {"model.activation": "elu"},
            }
        ],
        "pareto": None,
        "confirmation": None,
        "attention": None,
        "baselines": None,
        "comparison": [],
        "identity": {
            "seed": "0",
            "data.minority": "<b>",
            "data.split.test": "0.25",
            "spaces": SPACES,
        },
        "search": {"algorithm": "tpe", "trials": 2, "start_with": [], "time_limit": None},
        "evaluation": {"confirm": 0, "rope": 0.01},
        "seconds": {"search": 12.5},
        "search_optimism": 0.025,
        "findings": [],
        "warnings": [],
        "notes": [],
    }


def results_in_full(content):
    """Results in which everything has something to say."""
    row = {"finished": 2, "failed": 0, "stopped": 1, "collapsed": 1, "median": 0.5}
    row |= {"best": None, "best_trial": None, "over_default": None, "over_random": None}
    ranked = {**row, "value": "loss=<focal>", "trials": 3, "best": 0.75, "best_trial": 0}
    last = {**row, "value": "none", "trials": 1, "median": None}
    layer = {"dead": 0.125, "saturated": 0.25, "mean": None, "spread": 1.5}
    health = {
        "layers": [layer],
        "gradient_norms": [0.5, 1.0],
        "first_to_last": 0.5,
        "minority_gradient": 0.375,
        "collapsed": False,
    }
    numbers = {"dead_units": 0.125, "dead_layers": 0.5, "saturated_units": None}
    by_activation = {"activation": "relu", "trials": 4, "collapsed": 1, **numbers}
    stages = {
        "as_trained": {"brier": 0.25, "ece": 0.2},
        "corrected": {"brier": 0.125, "ece": 0.1},
        "calibrated": {"brier": 0.0625, "ece": 0.0125},
    }
    learned = {"layer": "fold_0/p_re_lu", "kind": "prelu slope", "count": 64, "values": []}
    best = {
        **content["best"],
        "needs_import": ["tuner.model.learned_layers"],
        "calibration": "platt",
        "priors": {
            "true": {"[red]a": 0.75, "<b>": 0.25},
            "trained": {"[red]a": 0.5, "<b>": 0.5},
            "corrected": True,
        },
        "reliability": {"validation": stages, "test": stages},
        "health": [{"start": health, "end": health}],
        "learned": [{**learned, "mean": 0.21, "min": 0.05, "max": 0.43}],
    }
    return {
        **content,
        "trials": {**content["trials"], "asked": 4, "finished": 2, "stopped": 1, "collapsed": 1},
        "choices": {"imbalance.strategy": [ranked, last]},
        "health": {
            "collapsed": {"relu": 1},
            "by_activation": [{**by_activation, "first_to_last": 2.0, "minority_gradient": 0.375}],
        },
        "best": best,
    }


def curves(dataset, splits, records=RECORDS):
    """What such a run draws."""
    share = np.linspace(0, 1, len(splits.test), dtype=np.float32)
    actual = dataset.is_minority(splits.test)
    stages = {"as_trained": share / 2, "corrected": share}
    return Curves(records, LEARNING, curves_of_test(actual, share, stages, actual))


def page_of(content, rows, records=RECORDS, pictured=False):
    """The page of a run; its curves are drawn where asked for, since that takes a second."""
    return report_page(content, curves(*rows, records) if pictured else Curves(records))


def pictures(text):
    """How many pictures a page has."""
    return text.count('<svg class="picture"')
