"""Packages that a search algorithm needs beside the package's own dependencies."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType

from tuner.study.sections import ALGORITHMS, AlgorithmName

__all__ = ["PACKAGES", "missing_package"]

PACKAGES: Mapping[str, str] = MappingProxyType({"gp": "torch", "cmaes": "cmaes"})
"""By algorithm; the extra has its name."""


def missing_package(algorithm: AlgorithmName) -> str:
    """What is to be installed before `algorithm` can be used; empty where nothing is."""
    sampler = ALGORITHMS[algorithm].sampler
    package = PACKAGES.get(sampler)
    if package is None or find_spec(package) is not None:
        return ""
    install = f"pip install 'minority-tuner[{sampler}]'"
    return f"'{algorithm}' needs the package {package}; install it with: {install}"
