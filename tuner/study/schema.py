"""The JSON schema of study files, with which editors complete and check them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.registry import FAMILIES
from tuner.study.family import one_schema
from tuner.study.study import Study

__all__ = ["study_schema"]

_FAMILIES = ("activation", "class weight", "loss", "resampling")
"""The families whose entries stand in more than one place of a study."""


def study_schema() -> dict[str, Any]:
    """The JSON schema of study files."""
    schema = Study.model_json_schema()
    data = schema["$defs"]["DataSection"]
    data["additionalProperties"] = True  # a loader and its options stand next to the other keys
    entries = {
        f"{family.replace(' ', '_')}_entry": one_schema(FAMILIES[family]) for family in _FAMILIES
    }
    schema = _with_references(schema, entries)
    schema["$defs"] |= entries
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _with_references(schema: Any, entries: Mapping[str, Any]) -> Any:
    """The same schema, in which the entries of a family are said once."""
    for name, entry in entries.items():
        if schema == entry:
            return {"$ref": f"#/$defs/{name}"}
    if isinstance(schema, dict):
        return {key: _with_references(value, entries) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_with_references(value, entries) for value in schema]
    return schema
