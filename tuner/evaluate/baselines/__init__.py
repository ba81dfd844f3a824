"""Simple models on the splits of the networks: what a tuned network is to be measured by.

Their registry is imported here, without scikit-learn; `compare` fits and scores them.
"""

from tuner.evaluate.baselines.registry import BASELINES, Baseline

__all__ = ["BASELINES", "Baseline"]
