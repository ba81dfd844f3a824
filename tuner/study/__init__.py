"""A YAML file becomes a checked, frozen `Study`; errors carry file, line and column."""

from tuner.study.data_section import DataDefinition, DataSection
from tuner.study.evaluation_section import EvaluationSection
from tuner.study.find import find_study, known
from tuner.study.imbalance_section import ImbalanceSection
from tuner.study.objective_section import ObjectiveSection
from tuner.study.reference import study_reference
from tuner.study.schema import study_schema
from tuner.study.sections import (
    PreprocessingSection,
    SearchSection,
    SplitSection,
    TrainingSection,
)
from tuner.study.study import Study, load_study

__all__ = [
    "DataDefinition",
    "DataSection",
    "EvaluationSection",
    "ImbalanceSection",
    "ObjectiveSection",
    "PreprocessingSection",
    "SearchSection",
    "SplitSection",
    "Study",
    "TrainingSection",
    "find_study",
    "known",
    "load_study",
    "study_reference",
    "study_schema",
]
