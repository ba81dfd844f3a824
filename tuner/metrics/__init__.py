"""Scores from full predictions; needs nothing but arrays."""

from tuner.metrics.scores import METRICS, Scores, decide, minority_f1, score
from tuner.metrics.thresholds import best_threshold, cross_fitted_thresholds

__all__ = [
    "METRICS",
    "Scores",
    "best_threshold",
    "cross_fitted_thresholds",
    "decide",
    "minority_f1",
    "score",
]
