"""minority-tuner: find the rare class, and find out which choices helped.

The registries are imported here, so that a study always knows every entry. What needs TensorFlow
is imported when it is first used.
"""

from typing import TYPE_CHECKING, Any

from tuner.data import RESAMPLERS, Dataset, Splits, load_data, make_splits
from tuner.data.loaders import LOADERS
from tuner.data.memory import from_arrays, from_frame
from tuner.errors import InputError, MinorityTunerError, NoTrialSucceeded
from tuner.evaluate.baselines import BASELINES, Baseline
from tuner.model import ACTIVATIONS, BACKBONES, CLASS_WEIGHTS, LOSSES
from tuner.spaces import Choice, Float, Int
from tuner.study import Study, load_study

if TYPE_CHECKING:
    from tuner import activations, class_weights, testing
    from tuner.classifier.estimator import MinorityTunerClassifier
    from tuner.model.hypermodel import ImbalancedHyperModel
    from tuner.model.minority_f1 import MinorityF1
    from tuner.prediction.predictor import Predictor
    from tuner.prediction.stored import load_model
    from tuner.running import StudyResult, run_study

__all__ = [
    "ACTIVATIONS",
    "BACKBONES",
    "BASELINES",
    "CLASS_WEIGHTS",
    "LOADERS",
    "LOSSES",
    "RESAMPLERS",
    "Baseline",
    "Choice",
    "Dataset",
    "Float",
    "ImbalancedHyperModel",
    "InputError",
    "Int",
    "MinorityF1",
    "MinorityTunerClassifier",
    "MinorityTunerError",
    "NoTrialSucceeded",
    "Predictor",
    "Splits",
    "Study",
    "activations",
    "class_weights",
    "StudyResult",
    "from_arrays",
    "from_frame",
    "load_data",
    "load_model",
    "load_study",
    "make_splits",
    "testing",
    "run_study",
]

_LAZY = {
    "ImbalancedHyperModel": "tuner.model.hypermodel",
    "MinorityF1": "tuner.model.minority_f1",
    "Predictor": "tuner.prediction.predictor",
    "StudyResult": "tuner.running",
    "load_model": "tuner.prediction.stored",
    "MinorityTunerClassifier": "tuner.classifier.estimator",
    "run_study": "tuner.running",
}

_MODULES = ("activations", "class_weights", "testing")


def __getattr__(name: str) -> Any:
    import importlib

    if name in _MODULES:
        return importlib.import_module(f"tuner.{name}")
    if name not in _LAZY:
        raise AttributeError(f"module 'tuner' has no attribute '{name}'")
    return getattr(importlib.import_module(_LAZY[name]), name)
