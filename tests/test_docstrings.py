"""The examples of all docstrings run, and print what they show."""

import doctest
import importlib
from pathlib import Path

import pytest

import tuner

PACKAGE = Path(tuner.__file__).parent

MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name, tmp_path, monkeypatch, registries):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    examples = [one for one in doctest.DocTestFinder().find(module, name) if one.examples]
    assert examples
    for one in examples:
        told = []
        assert not doctest.DocTestRunner().run(one, out=told.append).failed, "".join(told)
