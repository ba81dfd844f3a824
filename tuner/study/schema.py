"""The JSON schema of study files, with which editors complete and check them.

It is made for what editors show: no titles, which they would show in place of descriptions; one
branch for each backbone, chosen by ``family``, so that a mistake is told of that one only; and
the keys of all loaders.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.registry import FAMILIES
from tuner.study.data_schema import loader_keys, names_as_written
from tuner.study.data_section import HIDDEN
from tuner.study.family import one_schema
from tuner.study.model_section import DEFAULT_FAMILY
from tuner.study.python_section import PYTHON
from tuner.study.study import Study

__all__ = ["study_schema"]

_FAMILIES = ("activation", "class weight", "loss", "resampling")
"""The families whose entries stand in more than one place of a study."""


def study_schema() -> dict[str, Any]:
    """The JSON schema of study files.

    Example:
        >>> sorted(study_schema()["required"])
        ['data', 'name']
    """
    schema = _for_editors(Study.model_json_schema())
    properties = schema["properties"]
    properties["name"] = names_as_written("name", properties["name"])
    _add_loaders(schema["$defs"]["DataSection"])
    properties["model"], sections = _by_family(properties["model"])
    entries = {
        f"{family.replace(' ', '_')}_entry": one_schema(FAMILIES[family]) for family in _FAMILIES
    }
    schema["$defs"] |= sections
    schema = _with_references(schema, entries)
    schema["$defs"] |= entries
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _add_loaders(data: dict[str, Any]) -> None:
    shown = {key: one for key, one in data["properties"].items() if key not in HIDDEN}
    own = {key: names_as_written(key, one) for key, one in shown.items()}
    data["properties"] = own | loader_keys()


def _by_family(model: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of ``model``, which sends to that of its family, and those by name."""
    sections = {_family(section): section for section in model.pop("anyOf")}
    names = {"description": "The backbone.", "default": DEFAULT_FAMILY, "enum": [*sections]}
    told = [section["description"] for section in sections.values()]
    chosen: dict[str, Any] = {"$ref": f"#/$defs/model_{DEFAULT_FAMILY}"}
    properties = {"family": {**names, "enumDescriptions": told}}
    for name, section in sections.items():
        section["properties"]["family"] = True  # said above for all of them
        required = section.pop("required", [])
        if name != DEFAULT_FAMILY:
            this = {"properties": {"family": {"const": name}}, "required": ["family"]}
            if name == PYTHON:  # chosen by its own key
                this = {"required": required}
                properties |= {key: section["properties"][key] for key in required}
            chosen = {"if": this, "then": {"$ref": f"#/$defs/model_{name}"}, "else": chosen}
    whole = {**model, "type": "object", "properties": properties, **chosen}
    return whole, {f"model_{name}": section for name, section in sections.items()}


def _family(section: Mapping[str, Any]) -> str:
    return str(section["properties"]["family"]["const"])


def _for_editors(schema: Any) -> Any:
    """The same schema without titles, and with defaults that a study could hold."""
    if isinstance(schema, list):
        return [_for_editors(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        # Keys of a study may be called as words of a schema are.
        word: {key: _for_editors(one) for key, one in value.items()}
        if word in ("properties", "$defs")
        else _for_editors(value)
        for word, value in schema.items()
        if word != "title"
    }
    default = kept.get("default")
    if isinstance(default, dict):
        # A fixed space is spelled as its value; a whole section is nothing to insert.
        del kept["default"]
        kept |= {"default": default["value"]} if set(default) == {"value"} else {}
    return kept


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
