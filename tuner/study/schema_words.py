"""What a schema accepts, in the words of a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["default_of", "takes"]


def default_of(schema: Mapping[str, Any]) -> str:
    """The default, as a study spells it; empty where there is none that a line could hold.

    Example:
        >>> default_of({"default": True})
        '`true`'
    """
    default = schema.get("default")
    if isinstance(default, float):
        return f"`{default:g}`"
    if default is None or isinstance(default, dict | list):
        return ""
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def takes(schema: Mapping[str, Any]) -> str:
    """What a schema accepts, in words.

    Example:
        >>> takes({"anyOf": [{"type": "integer", "minimum": 1}, {"const": "auto"}]})
        'a whole number from 1 or `auto`'
    """
    if "if" in schema:
        return _one_of([schema["else"], schema["then"]])
    if "anyOf" in schema:
        return _one_of(schema["anyOf"])
    if reference := schema.get("$ref") or "":
        name = reference.rpartition("/")[2]
        return "entries" if name.endswith("_entry") else "keys"
    if "enum" in schema or "const" in schema:
        options = schema.get("enum", [schema.get("const")])
        return ", ".join(f"`{one if isinstance(one, str) else json.dumps(one)}`" for one in options)
    if schema.get("type") == "array":
        return _list(schema)
    if schema.get("type") == "object":
        return "keys" if "properties" in schema else "keys with values"
    return _scalar(schema)


def _one_of(branches: list[dict[str, Any]]) -> str:
    spaces = [one for one in branches if "choice" in one.get("properties", {})]
    values = [one for one in branches if one not in spaces and one.get("type") != "null"]
    told = list(dict.fromkeys(map(takes, values)))
    if "entries" in told:
        return "entries"
    return " or ".join([*told, *(["a space"] if spaces else [])])


def _list(schema: Mapping[str, Any]) -> str:
    if "prefixItems" in schema:
        return f"a list of {len(schema['prefixItems'])}"
    items = schema["items"]
    told = takes(items)
    if told == "keys with values":
        return "a list of mappings"
    plain = told in ("a name", "a text")
    return f"a list of {told.removeprefix('a ')}s" if plain else f"a list, each {told}"


def _scalar(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "")
    if kind == "boolean":
        return "`true` or `false`"
    if kind not in ("integer", "number"):
        return "a name" if isinstance(kind, list) else "a text"
    words = {
        "minimum": "from", "exclusiveMinimum": "above",
        "maximum": "up to", "exclusiveMaximum": "below",
    }  # fmt: skip
    limits = ", ".join(f"{word} {schema[key]:g}" for key, word in words.items() if key in schema)
    limits = limits.replace(", up to", " to")
    return f"a {'whole ' * (kind == 'integer')}number {limits}".strip()
