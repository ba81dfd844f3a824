"""The parts pass the checks that minority-tuner ships."""

from sample_project import bounded, log_smoothed, pyramid
from sample_project.hypermodels import Gated, Plain

from tuner.testing import parametrize_with_checks

GATED = Gated((5,), model={"activation": ["relu", "bounded"]}, imbalance={}, training={})


@parametrize_with_checks([bounded, log_smoothed, pyramid, GATED, Plain(5)])
def test_parts(item, check):
    check(item)
