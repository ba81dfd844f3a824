"""The ``tracking`` section: which other programs hear of a study."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from tuner.errors import Problem
from tuner.study.problems import raise_problems
from tuner.study.section import Section

__all__ = ["MlflowSection", "TrackingSection"]

Name = Annotated[str, Field(strict=True, min_length=1)]


def _checked_uri(uri: str) -> str:
    """Refuses what MLflow would refuse later, and a password, which is not shown again."""
    parts = urlsplit(uri)
    if parts.password:
        told = "expected no password, since others read a study"
        ways = "set MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_URI and leave tracking_uri out"
        raise_problems([Problem(f"{told}; {ways}")])
    if parts.scheme == "file" or len(parts.scheme) < 2:  # a letter is a drive of Windows
        expected = "a database or a server, such as sqlite:///mlflow.db or http://host:5000"
        folders = "MLflow keeps no runs in plain folders any more"
        raise_problems([Problem(f"expected {expected}, got {uri!r}; {folders}")])
    return uri


class MlflowSection(Section):
    """A run of MLflow for the study, and one below it for each trial."""

    tracking_uri: Annotated[Name, AfterValidator(_checked_uri)] | None = Field(
        None,
        description="Where MLflow keeps runs, such as `sqlite:///mlflow.db` or `http://host:5000`;"
        " null: where MLFLOW_TRACKING_URI says.",
    )
    experiment: Name | None = Field(
        None, description="The experiment of the runs; null: the study's name."
    )


def _switched(raw: Any) -> Any:
    """Keys as they are, ``true`` as none of them; refuses a value that was forgotten."""
    if raw is None:
        told = "expected true, false or keys such as tracking_uri, got nothing"
        raise_problems([Problem(f"{told}; write true for all defaults")])
    if isinstance(raw, bool):
        return {} if raw else None
    return raw


class TrackingSection(Section):
    """Programs beside the report that trials, curves and test scores are written for."""

    tensorboard: Annotated[bool, Field(strict=True)] = Field(
        False, description="Writes event files for TensorBoard into `tracking/` of the run folder."
    )
    mlflow: Annotated[
        MlflowSection | None,
        BeforeValidator(_switched, json_schema_input_type=MlflowSection | bool),
    ] = Field(
        None,
        description="Logs to MLflow, which is an extra; `true` takes all defaults.",
        json_schema_extra={"default": False},
    )
