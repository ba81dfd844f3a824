"""The reference of every key of a study, as a page: written from the schema and the registries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tuner.registry import FAMILIES, Declared, Entry
from tuner.spaces import NO_FILE, Choice
from tuner.study.data_section import loader_options
from tuner.study.schema import study_schema
from tuner.study.schema_words import default_of, takes
from tuner.study.tunable import value_schema

__all__ = ["study_reference"]

_BEGIN = """\
# Every key of a study

`minority-tuner schema --markdown` writes this page from what the package itself reads;
`minority-tuner schema` says the same to [editors](editors.md). A key that is left out has its
default; only `name` and `data` have none.

*A space*: where "or a space" stands, a value may be searched, over `{choice: [16, 32]}`, over a
range of whole numbers, `{int: [2, 6], step: 2}`, or of numbers, `{float: [0.001, 0.1], log: true}`.
With `default:` it names the value of the first trial.

*Entries*: a place that takes entries takes a name (`elu`), a name with parameters
(`elu: {alpha: 0.5}`, each a value or a space), `elu: tunable`, which searches each over its range,
or a list of these, of which each trial has one.
"""

_SECTIONS: Mapping[str, tuple[str, str]] = {
    "data": ("DataSection", "[data.md](data.md)"),
    "data.split": ("SplitSection", "[data.md](data.md#splits)"),
    "data.preprocessing": ("PreprocessingSection", "[data.md](data.md#preprocessing)"),
    "objective": (
        "ObjectiveSection",
        "[search.md](search.md#two-objectives), [subjects.md](subjects.md)",
    ),
    "imbalance": ("ImbalanceSection", "[imbalance.md](imbalance.md)"),
    "training": ("TrainingSection", "[training.md](training.md)"),
    "training.augmentation": ("AugmentationSection", "[augmentation.md](augmentation.md)"),
    "search": ("SearchSection", "[search.md](search.md), [stopping.md](stopping.md)"),
    "evaluation": ("EvaluationSection", "[results.md](results.md), [comparison.md](comparison.md)"),
    "tracking": ("TrackingSection", "[tracking.md](tracking.md)"),
    "tracking.mlflow": ("MlflowSection", "[tracking.md](tracking.md)"),
}
"""The sections with keys of their own, by path: the definition in the schema, and the pages."""

_FAMILIES = ("activation", "class weight", "loss", "resampling", "baseline")


def study_reference() -> str:
    """The page, in Markdown.

    Example:
        >>> study_reference().splitlines()[0]
        '# Every key of a study'
    """
    schema = study_schema()
    parts = [
        _BEGIN,
        "## Top level\n",
        _table({key: schema["properties"][key] for key in ("version", "name", "seed")}),
    ]
    for path, (name, pages) in _SECTIONS.items():
        if path == "imbalance":
            parts += _model(schema)
        section = _section(schema["$defs"][name])
        parts += [f"## {path}\n", f"More in {pages}.\n"]
        parts += _data(section) if path == "data" else [_table(section)]
    parts += [text for family in _FAMILIES for text in _family(family)]
    return "\n".join(parts)


def _section(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The keys of a section; one that may be written as a list as well has a branch for either."""
    properties: Mapping[str, Any] = schema.get("anyOf", [schema])[0]["properties"]
    return properties


def _model(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "## model\n"
    yield "More in [networks.md](networks.md).\n"
    registry = FAMILIES["backbone"]
    keys = {name: schema["$defs"][f"model_{name}"]["properties"] for name in registry}
    own = {name: {*registry[name].spaces, *registry[name].files} for name in registry}
    shared = {
        key: one for name in registry for key, one in keys[name].items() if key not in own[name]
    }
    yield _table({**shared, "family": schema["properties"]["model"]["properties"]["family"]})
    for name in registry:
        entry = registry[name]
        yield f"### family: {name}\n"
        yield f"{_plain(entry.summary)}\n"
        rows = [*_parameters(entry, "")]
        rows += [
            (f"`{key}`", "a path", "", f"`{NO_FILE}`", one.description)
            for key, one in entry.files.items()
        ]
        yield _rows(("key", "takes", "searched", "default", "what it does"), rows)
    code = schema["$defs"]["model_python"]
    yield "### A network of your own\n"
    yield f"{_plain(code['description'])} More in [own_model.md](own_model.md).\n"
    yield _table({key: code["properties"][key] for key in ("python", "arguments")})


def _data(data: Mapping[str, Any]) -> Iterator[str]:
    """The keys of every source, what each source takes besides, and these options."""
    loaders = {name: FAMILIES["loader"][name] for name in FAMILIES["loader"]}
    options = {name: [*loader_options(one)] for name, one in loaders.items()}
    every = dict.fromkeys(key for keys in options.values() for key in keys)
    yield _table({key: one for key, one in data.items() if key not in {*loaders, *every}})
    yield "### Sources\n"
    yield "Exactly one of these, or `source`.\n"
    rows = [
        (f"`{name}: …`", ", ".join(f"`{key}`" for key in options[name]), _plain(one.summary))
        for name, one in loaders.items()
    ]
    yield _rows(("source", "takes", "reads"), rows)
    yield "### Options of sources\n"
    yield _table({key: data[key] for key in every})


def _family(family: str) -> Iterator[str]:
    registry = FAMILIES[family]
    title = "Simple models" if family == "baseline" else f"Entries of {family}"
    yield f"## {title}\n"
    rows = [row for name in registry for row in _entry(registry[name])]
    yield _rows(("entry", "takes", "searched", "default", "what it is"), rows)


def _entry(entry: Entry[Any]) -> Iterator[tuple[str, ...]]:
    names = " or ".join(f"`{name}`" for name in (entry.name, *entry.aliases))
    by_name = "a number for each class" if entry.open else ""
    yield f"**{names}**", by_name, "", "", _plain(entry.summary)
    yield from _parameters(entry, f"{entry.name}: ")


def _parameters(entry: Entry[Any], before: str) -> Iterator[tuple[str, ...]]:
    for key, space in entry.spaces.items():
        told = _plain(entry.arguments.get(key, ""))
        default = default_of({"default": space.default})
        yield f"`{before}{key}`", takes(value_schema(space)), _range(space), default, told


def _range(space: Declared) -> str:
    if isinstance(space, Choice):
        return "all"
    return f"{space.low:g} to {space.high:g}{', log' if space.sampling == 'log' else ''}"


def _table(properties: Mapping[str, Any]) -> str:
    rows = [
        (f"`{key}`", takes(one), default_of(one), _plain(one.get("description", "")))
        for key, one in properties.items()
    ]
    return _rows(("key", "takes", "default", "what it does"), rows)


def _rows(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell for cell in line)} |\n" for line in lines)


def _plain(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")
