"""Finds studies and data definitions by path or by name.

A path is what has a suffix. A bare name is looked for in the working folder, then in the checkout
that this package runs from, then in the files that travel inside the installed package.
"""

from __future__ import annotations

from pathlib import Path

from tuner.errors import InputError, Problem, did_you_mean

__all__ = ["find_definition", "find_study", "known"]

_PACKAGE = Path(__file__).resolve().parent.parent


def find_study(name: str) -> Path:
    """The file of a study.

    Raises:
        InputError: There is no such file, or no study of this name.
    """
    return _find(name, "search_spaces", "study")


def find_definition(name: str, beside: Path) -> Path:
    """The file of a data definition; `beside` is the folder that relative paths start from."""
    if Path(name).suffix and not Path(name).is_absolute():
        name = str(beside / name)
    return _find(name, "datasets", "data definition")


def known(folder: str) -> dict[str, Path]:
    """All files of ``search_spaces`` or ``datasets`` by bare name, nearest first."""
    found: dict[str, Path] = {}
    for root in _roots():
        for path in sorted((root / folder).glob("*.yaml")):
            found.setdefault(path.stem, path)
    return found


def _roots() -> list[Path]:
    return [Path(), _PACKAGE.parent, _PACKAGE / "_bundled"]


def _find(name: str, folder: str, what: str) -> Path:
    if Path(name).suffix:
        path = Path(name)
        if path.is_file():
            return path
        raise InputError(Problem(f"no such file; {_names(path.stem, folder)}", file=name))
    path_of = known(folder)
    if name in path_of:
        return path_of[name]
    raise InputError(f"no {what} named '{name}'; {did_you_mean(name, path_of)}")


def _names(stem: str, folder: str) -> str:
    names = known(folder)
    return f"{did_you_mean(stem, names)}" if names else "none is known by name"
