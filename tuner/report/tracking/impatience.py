"""MLflow's own tries again, which are made for jobs that nobody waits for, held within seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

__all__ = ["impatient"]

_BOUNDS: Mapping[str, int] = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": 2,
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": 1,
    "MLFLOW_HTTP_REQUEST_TIMEOUT": 20,
}
"""Tries again, seconds between them, doubled each time, and seconds without an answer."""


@contextmanager
def impatient() -> Iterator[None]:
    """While its block runs, MLflow gives a server up in seconds, and not in four minutes.

    What a person has set in the environment holds. Defaults of MLflow change here and no variables:
    this is a thread of its own, and others read the environment of worker processes meanwhile.
    """
    from mlflow import environment_variables as variables

    ours = {getattr(variables, name): bound for name, bound in _BOUNDS.items()}
    before = {variable: variable.default for variable in ours}
    try:
        for variable, bound in ours.items():
            variable.default = bound
        yield
    finally:
        for variable, default in before.items():
            variable.default = default
