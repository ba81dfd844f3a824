"""Reads a YAML file and remembers where everything stands in it.

PyYAML reads ``1e-3`` as text, ``no`` and ``off`` as False, ``010`` as 8, and keeps the last of two
equal keys without a word. This reader follows YAML 1.2 instead: ``true`` and ``false`` are the only
truth values, numbers are written as in JSON, keys are their source text, and a key given twice is
an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

import yaml

from tuner.errors import InputError, Path, Problem

__all__ = ["Document", "parse_scalar", "read_yaml", "read_yaml_text", "to_yaml"]

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


@dataclass(frozen=True)
class Document:
    """The content of a YAML file with the place of each value.

    Attributes:
        content: Dicts, lists, texts, numbers, truth values and None.
        file: Name of the file, as the person gave it; empty for content that came from Python.
        places: Line and column, from 1, of the key (or list item) at each path.
        text: The YAML text that holds the content.
        overridden: Paths whose values came from ``--set`` instead of the file.
    """

    content: Any
    file: str = ""
    places: Mapping[Path, tuple[int, int]] = field(default_factory=dict)
    text: str = ""
    overridden: frozenset[Path] = frozenset()

    def locate(self, problem: Problem) -> Problem:
        """Adds the file, line and column of the nearest place that stands in the file."""
        for length in range(len(problem.path), -1, -1):
            if problem.path[:length] in self.overridden:
                return replace(problem, file="--set")
            place = self.places.get(problem.path[:length])
            if place:
                return replace(problem, file=self.file, line=place[0], column=place[1])
        return replace(problem, file=problem.file or self.file)

    def error(self, problems: list[Problem]) -> InputError:
        """An error with all problems located, in the order of the file."""
        located = [self.locate(problem) for problem in problems]
        return InputError(sorted(located, key=lambda p: (p.line, p.column)))


def read_yaml(path: FilePath, keep_text: Callable[[Path], bool] = lambda _: False) -> Document:
    """Reads the YAML file at `path`.

    Args:
        path: The file.
        keep_text: Tells for which paths the source text counts (class names: ``010`` and ``no``).

    Raises:
        InputError: The file cannot be read, is not YAML, or gives a key twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            Problem(f"not UTF-8 text (byte {error.start}); save it as UTF-8", file=str(path))
        ) from None
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror}", file=str(path))) from None
    return read_yaml_text(text, str(path), keep_text)


def read_yaml_text(
    text: str, file: str = "", keep_text: Callable[[Path], bool] = lambda _: False
) -> Document:
    """Reads YAML from a text; see `read_yaml`."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise InputError(
            Problem(f"not valid YAML: {error.problem}", file=file, line=line, column=column)
        ) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise InputError(
            Problem(f"not valid YAML: {error.reason}", file=file, line=line, column=column)
        ) from None
    builder = _Builder(file, keep_text)
    content = builder.build(root, ()) if root is not None else None
    if builder.problems:
        raise InputError(builder.problems)
    return Document(content, file, builder.places, text)


def to_yaml(content: Any) -> str:
    """YAML text of plain values."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def parse_scalar(text: str) -> Any:
    """The value of an unquoted YAML 1.2 scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text) and not _LEADING_ZERO.match(text):
        return float(text)
    return text


class _Dumper(yaml.SafeDumper):
    """Quotes texts that this reader would take for something else; PyYAML leaves ``1e-3`` bare."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        bare = isinstance(parse_scalar(data), str) and "\x85" not in data
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=None if bare else '"')


_Dumper.add_representer(str, _Dumper.represent_str)


class _Builder:
    """Turns YAML nodes into Python values and notes their places."""

    def __init__(self, file: str, keep_text: Callable[[Path], bool]) -> None:
        self.file = file
        self.keep_text = keep_text
        self.places: dict[Path, tuple[int, int]] = {}
        self.problems: list[Problem] = []
        self.open: list[yaml.Node] = []

    def build(self, node: yaml.Node, path: Path) -> Any:
        if node in self.open:
            self._report(node, path, "an alias must not stand inside its own anchor")
            return None
        self.open.append(node)
        try:
            return self._build(node, path)
        finally:
            self.open.pop()

    def _build(self, node: yaml.Node, path: Path) -> Any:
        self.places.setdefault(path, _place(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        if node.style is not None:
            return node.value
        value = parse_scalar(node.value)
        return node.value if value is not None and self.keep_text(path) else value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._report(key_node, path, "a key must be plain text")
                continue
            key: str = key_node.value
            if key in result:
                first = self.places[(*path, key)][0]
                self._report(key_node, (*path, key), f"given twice, first in line {first}")
                continue
            self.places[(*path, key)] = _place(key_node)
            result[key] = self.build(value_node, (*path, key))
        return result

    def _report(self, node: yaml.Node, path: Path, message: str) -> None:
        line, column = _place(node)
        self.problems.append(Problem(message, path, self.file, line, column))


def _place(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
