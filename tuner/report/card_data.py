"""What the model card says of the data, and of what the model is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["data_lines", "intended_use", "usage_lines"]

_NAME = {"test": "test, scored once", "development": "development: all others"}


def intended_use(content: Mapping[str, Any]) -> Iterator[str]:
    """What the model may be used for and what not, line by line (Mitchell et al., 2019).

    Args:
        content: The content of ``results.json``; it has a winner with test scores.
    """
    data = content["data"]
    minority, prevalence = data["minority"], f"{100 * data['prevalence']:.1f} %"
    yield f"It is made for finding class `{minority}` among rows that come about as these did: of"
    yield f"the same source, with the same {_made_of(data)}, and as rarely of the class"
    yield f"({prevalence})."
    if data["synthetic"]:
        yield "The data is synthetic: it is made for trying things out, and for nothing else."
    yield ""
    yield "It is not made for"
    yield ""
    yield "- rows of another source, such as another site, device or time, before it was scored on"
    yield "  some;"
    yield f"- rows of another class, each of which is called one of {_listed(data['classes'])};"
    yield "- decisions that do harm where they are wrong, without a person who decides. Nobody has"
    yield "  examined it as a medical device or for any other use that needs to be allowed."


def _made_of(data: Mapping[str, Any]) -> str:
    return "columns" if data["columns"] else "way of making and reading pictures"


def _listed(classes: Mapping[str, int]) -> str:
    return ", ".join(f"`{name}`" for name in classes)


def data_lines(data: Mapping[str, Any]) -> Iterator[str]:
    """The data and how it was divided, as lines of Markdown.

    Args:
        data: The part of ``results.json``.
    """
    counts = ", ".join(f"`{name}` {count}" for name, count in data["classes"].items())
    groups = f" of {data['groups']} groups, none of which is divided" if data["groups"] else ""
    yield f"{data['rows']} rows{groups}: {counts}. {_kinds(data)}"
    if data["official_split"]:
        yield "The division is an official one, or goes by it."
    yield ""
    head = ["part", "rows", f"`{data['minority']}`", *["groups"] * bool(data["groups"])]
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for name, part in data["splits"].items():
        cells = [_NAME.get(name, f"{name}, for validation"), part["rows"], part["minority"]]
        cells += [part["groups"]] * bool(data["groups"])
        yield f"| {' | '.join(map(str, cells))} |"
    yield ""
    yield f"SHA-256 of rows and roles: `{data['fingerprint']}`."


def _kinds(data: Mapping[str, Any]) -> str:
    if columns := data["columns"]:
        told = [f"{columns[kind]} {name}" for kind, name in _COLUMNS.items() if columns[kind]]
        missing = columns["missing_cells"]
        return f"{' and '.join(told)}; {missing or 'no'} missing cells."
    images = data["images"]
    size = "×".join(map(str, data["shape"]))
    return f"Pictures of {size}, {images['dtype']} from {images['min']:g} to {images['max']:g}."


_COLUMNS = {"number": "columns of numbers", "category": "columns of categories"}


def usage_lines(content: Mapping[str, Any]) -> Iterator[str]:
    """The command and the code that use the model on new rows, as lines of Markdown.

    Args:
        content: The content of ``results.json``.
    """
    rows = "new.csv" if content["data"]["columns"] else "new_pictures"
    yield "```sh"
    yield f"minority-tuner predict RUN {rows} --output told.csv"
    yield "```"
    yield ""
    yield "```python"
    yield "import tuner"
    yield ""
    yield 'predictor = tuner.load_model("RUN")  # a run folder, or the folder of this card'
    yield "predictor.predict(rows), predictor.predict_proba(rows)"
    yield "```"
