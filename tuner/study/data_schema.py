"""The JSON schema of what a study says of its data: the keys of all loaders."""

from __future__ import annotations

from typing import Any, get_type_hints

from pydantic import TypeAdapter

from tuner.registry import FAMILIES
from tuner.study.data_section import is_name, loader_options

__all__ = ["loader_keys", "names_as_written"]

_TEXT = {"type": ["string", "number", "boolean"]}
"""A name from the data; ``8`` and ``no`` are texts there, which editors take for other things."""


def loader_keys() -> dict[str, Any]:
    """The schema of each key that names a loader or an option of one.

    An option of several loaders takes what any of them takes; which go together is told by
    ``check``, whose messages are better than those of a schema.
    """
    loaders = {name: FAMILIES["loader"][name] for name in FAMILIES["loader"]}
    sources = {
        name: {**_TEXT, "description": f"{entry.summary} {entry.arguments.get('location', '')}"}
        for name, entry in loaders.items()
    }
    options: dict[str, dict[str, Any]] = {}
    for name, entry in loaders.items():
        hints = get_type_hints(entry.function)
        for key in loader_options(entry):
            kind = names_as_written(key, TypeAdapter(hints[key]).json_schema())
            known = options.setdefault(
                key, {"anyOf": [], "description": entry.arguments.get(key, "")}
            )
            known["anyOf"] += [] if kind in known["anyOf"] else [kind]
            known.setdefault("loaders", []).append(name)
    return sources | {key: _option(known) for key, known in options.items()}


def _option(known: dict[str, Any]) -> dict[str, Any]:
    told = f"{known['description']} For {', '.join(known['loaders'])}."
    kinds = known["anyOf"]
    if options := [_options(one) for one in kinds] if all(map(_options, kinds)) else []:
        kinds = [{"enum": [*dict.fromkeys(option for listed in options for option in listed)]}]
    return {**(kinds[0] if len(kinds) == 1 else {"anyOf": kinds}), "description": told}


def _options(schema: dict[str, Any]) -> list[Any]:
    """The values that a schema lists; none where it takes others as well."""
    if "anyOf" in schema:
        listed = [_options(one) for one in schema["anyOf"]]
        return [option for options in listed for option in options] if all(listed) else []
    return list(schema.get("enum", [schema["const"]] if "const" in schema else []))


def names_as_written(key: str, schema: Any) -> Any:
    """The schema of a key, where texts may be written as what YAML takes for numbers."""
    if not is_name(key):
        return schema
    if isinstance(schema, dict):
        if schema.get("type") == "string":
            return {**schema, **_TEXT}
        return {word: names_as_written(key, value) for word, value in schema.items()}
    return [names_as_written(key, one) for one in schema] if isinstance(schema, list) else schema
