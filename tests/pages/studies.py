"""YAML blocks as whole files: a fragment gets the keys that it leaves out."""

import yaml

from tuner.registry import FAMILIES
from tuner.study import Study

__all__ = ["completed", "is_definition", "is_job", "is_study"]

_SECTIONS = set(Study.model_fields)


def is_study(content):
    """Whether a block is a study, or some sections of one."""
    return set(content) <= _SECTIONS and not is_definition(content)


def is_definition(content):
    """Whether a block is a data definition, a file of `datasets/`."""
    return "title" in content


def is_job(content):
    """Whether a block is a job of Kubernetes."""
    return "apiVersion" in content


def completed(text):
    """The text of a study with the keys that a study must have."""
    content = yaml.safe_load(text)
    head = [] if "version" in content else ["version: 1"]
    head += [] if "name" in content else ["name: own"]
    head += [] if "data" in content else ["data: {source: rare_table}"]
    if not _has_source(content.get("data", {"source": "rare_table"})):
        text = text.replace("data:\n", "data:\n  csv: scans.csv\n  target: label\n", 1)
    return "\n".join([*head, text])


def _has_source(data):
    return "source" in data or any(key in FAMILIES["loader"] for key in data)
