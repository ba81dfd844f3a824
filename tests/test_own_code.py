"""Code of a person's own is found, imported, and blamed with its line."""

import os
import sys

import pytest

from tuner.errors import InputError
from tuner.own_code import (
    MODEL,
    checksum_of,
    import_file,
    import_module,
    importable,
    is_file,
    member,
    module_file,
    split_location,
    told_of,
)


@pytest.mark.parametrize(
    ("location", "parts", "file"),
    [
        ("mine.py:Net", ("mine.py", "Net"), True),
        ("models/mine:Net", ("models/mine", "Net"), True),
        ("package.module:Net", ("package.module", "Net"), False),
        ("C:\\models\\mine.py:Net", ("C:\\models\\mine.py", "Net"), True),
        ("mine.py", ("", ""), False),
        (":Net", ("", ""), False),
        ("mine.py:", ("", ""), False),
    ],
)
def test_a_location_is_a_file_or_a_module_and_a_name(location, parts, file):
    assert split_location(location) == parts
    assert is_file(parts[0]) == file


def test_a_file_is_imported_under_a_name_that_hides_nothing(tmp_path):
    path = tmp_path / "json.py"
    path.write_text("value = 3\n")
    module = import_file(path, MODEL, "python")
    assert module.value == 3
    assert sys.modules["json"] is not module
    assert importable(module.__name__) == "json"


def test_a_version_of_the_same_second_and_size_is_another(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = tmp_path / "net.py"
    for value in (1, 2, 1):
        path.write_text(f"value = {value}\n")
        os.utime(path, (1e9, 1e9))
        assert import_file(path, MODEL, "python").value == value


def test_a_module_is_imported_from_the_working_folder(tmp_path, monkeypatch):
    (tmp_path / "a_net_of_mine.py").write_text("def build(hp): pass\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    module = import_module("a_net_of_mine", "python")
    assert member(module, "build", "function", "a_net_of_mine", "python") is module.build
    assert module_file("a_net_of_mine").name == "a_net_of_mine.py"
    del sys.modules["a_net_of_mine"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero \\(line 1 of .*net.py\\)"),
        ("def f(:", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_what_a_file_raises_is_told_in_one_line(tmp_path, text, told):
    path = tmp_path / "net.py"
    path.write_text(text + "\n")
    with pytest.raises(InputError, match=f"net.py cannot be imported: {told}") as caught:
        import_file(path, MODEL, "python")
    assert "\n" not in str(caught.value)


def test_a_module_that_is_not_there_is_named():
    with pytest.raises(InputError, match="no_such_module_here cannot be imported: ModuleNotFound"):
        import_module("no_such_module_here", "python")


def test_a_name_that_is_not_there_has_one_spelled_alike(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("class MyNet: pass\nnumber = 3\n")
    module = import_file(path, MODEL, "python")
    with pytest.raises(InputError, match=r"no class 'MyNt' in net.py; did you mean 'MyNet'"):
        member(module, "MyNt", "class", "net.py", "python")
    with pytest.raises(InputError, match="no class 'number'"):
        member(module, "number", "class", "net.py", "python")


def test_the_line_that_is_told_is_of_the_persons_own_file(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("import json\n\n\ndef build():\n    return json.loads('{')\n")
    module = import_file(path, MODEL, "python")
    with pytest.raises(ValueError, match="Expecting property name") as caught:
        module.build()
    assert told_of(caught.value, path).endswith(f"(line 5 of {path})")
    other = told_of(caught.value, tmp_path / "other.py")
    assert other == told_of(caught.value, None)
    assert other.startswith("JSONDecodeError: Expecting property name")
    assert " of " not in other


def test_what_is_told_does_not_grow_without_end():
    assert len(told_of(ValueError("word " * 2000), None)) < 330
    keras = TypeError(f"config={'x' * 900}.\n\nException encountered: no such units")
    assert told_of(keras, None) == "TypeError: no such units"
    assert told_of(ValueError(), None) == "ValueError: no message"


def test_a_checksum_goes_by_the_content(tmp_path):
    for name, text in (("a.py", "x = 1\n"), ("b.py", "x = 1\n"), ("c.py", "x = 2\n")):
        (tmp_path / name).write_text(text)
    a, b, c = (checksum_of(tmp_path / name) for name in ("a.py", "b.py", "c.py"))
    assert a == b != c
