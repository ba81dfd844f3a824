"""Every fenced block of every page runs, or is checked, or says in the page why not."""

import contextlib
import io
import json
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml
from pages.afterwards import AFTERWARDS
from pages.assumed import copy_run, lay_out, trained
from pages.blocks import FENCE, PAGES, ROOT, all_blocks, page, page_blocks
from pages.commands import Command, check, commands, printed
from pages.outputs import matches
from pages.smaller import SMALLER, smaller
from pages.studies import completed, is_definition, is_job, is_study

from tuner.study import DataDefinition, load_study, study_schema

LANGUAGES = {"", "text", "formula", "python", "yaml", "sh", "console", "json", "csv"}

NOT_RUN = {
    "README.md": 1,  # what a search of three minutes prints
    "docs/tutorial.md": 3,  # what its two searches print, and what the winner says
}
"""How many blocks of a page are run by nothing; each says why in the page's source."""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The run of the assumed study, made once."""
    folder = tmp_path_factory.mktemp("assumed")
    lay_out(folder)
    with contextlib.chdir(folder):
        return trained(folder)


@pytest.fixture
def folder(tmp_path, monkeypatch, request):
    """A folder with the files that pages assume, and where the page needs it, with a run."""
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def validator():
    return jsonschema.Draft202012Validator(study_schema())


RUNNING = [
    name for name in PAGES if any(one.language in ("python", "sh") for one in page_blocks(name))
]
STUDIES = [
    one for one in all_blocks("yaml") if one.mark in ("", "tested by") and one.page not in RUNNING
]


def test_no_block_escapes():
    for name in PAGES:
        found = page_blocks(name)
        assert len(FENCE.findall(page(name))) == 2 * len(found), name
        assert {block.language for block in found} <= LANGUAGES, name
    assert {name for name in PAGES if not page(name)} <= {"CONTRIBUTING.md"}


@pytest.mark.parametrize("name", PAGES)
def test_code_stands_between_fences(name):
    """Indented code would be found by nobody; what is indented belongs to an item of a list."""
    prose = re.sub(r"^```.*?^```$", "", page(name), flags=re.DOTALL | re.MULTILINE)
    last = ""
    for paragraph in re.split(r"\n\s*\n", prose):
        if paragraph.startswith("    "):
            assert re.match(r"[-*] |\d+\. ", last), f"{name}: {paragraph}"
        else:
            last = paragraph.strip()


def test_every_page_is_in_the_index():
    index = page("docs/README.md")
    pages = [name.removeprefix("docs/") for name in PAGES if name.startswith("docs/")]
    assert [one for one in pages if f"]({one})" not in index and one != "README.md"] == []


def test_few_blocks_are_not_run_and_those_say_why():
    blocks = [block for name in PAGES for block in page_blocks(name) if block.mark == "not run"]
    assert all(len(block.text) > 10 for block in blocks)
    counts = {name: sum(block.page == name for block in blocks) for name in PAGES}
    assert {name: count for name, count in counts.items() if count} == NOT_RUN


def test_what_is_made_smaller_is_there():
    for name, numbers in SMALLER.items():
        assert [shown for shown in numbers if shown not in page(name)] == []


def test_tests_that_blocks_name_are_there():
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.rglob("test_*.py"))
    named = {b.text for name in PAGES for b in page_blocks(name) if b.mark == "tested by"}
    assert sorted(one for one in named if f"def {one}(" not in tests) == []


@pytest.mark.parametrize("name", RUNNING)
def test_a_page_runs_from_top_to_bottom(name, folder, registries, request):
    """Files are written, code and commands are run, and outputs compared, in their order."""
    if "runs/scans" in page(name):
        copy_run(request.getfixturevalue("run"), folder)
    space, output = {"__name__": "__page__"}, ""
    for block in page_blocks(name):
        if block.file:
            (folder / block.file).write_text(block.code, encoding="utf-8")
        if block.mark in ("not run", "tested by"):
            continue
        if block.language == "python":
            output = executed(block, space)
        elif block.language == "yaml":
            check_study(block, folder, jsonschema.Draft202012Validator(study_schema()))
        elif block.language in ("sh", "console"):
            run_commands(block, folder)
        elif block.mark == "printed by" or (block.touching and block.language in ("", "text")):
            shown = printed_by(block.text) if block.mark else output
            assert matches(block.code, shown), f"{block} shows not what is printed:\n{shown}"
    AFTERWARDS.get(name, lambda space: None)(space)


def executed(block, space):
    """What a block prints; its lines are numbered as in the page, for tracebacks."""
    code = compile("\n" * block.line + smaller(block), str(ROOT / block.page), "exec")
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(code, space)
    return output.getvalue()


def run_commands(block, folder):
    done = subprocess.run(["bash", "-n", "-c", block.code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b""), block
    for command in commands(block.code):
        check(command, folder, block.text.split() if block.mark == "run with" else ())


def printed_by(text):
    [command] = commands(text)
    return printed(command.arguments)


@pytest.mark.parametrize("block", STUDIES, ids=str)
def test_a_study_shown_is_one(block, folder, validator):
    check_study(block, folder, validator)


def check_study(block, folder, validator):
    """Loads a study, or a part of one, where entries of the page's own are known."""
    content = yaml.safe_load(block.code)
    if is_job(content):
        [container] = content["spec"]["template"]["spec"]["containers"]
        check(Command((*container["command"], *container["args"])), folder)
    elif is_definition(content):
        DataDefinition.model_validate(content)
    else:
        assert is_study(content), f"{block}: of what file are {sorted(content)} keys?"
        (folder / "study.yaml").write_text(completed(block.code), encoding="utf-8")
        validator.validate(load_study("study.yaml").document.content)


def test_every_output_says_where_it_comes_from():
    for block in all_blocks("", "text", "csv"):
        assert block.mark or block.touching, f"{block}: nothing says where this comes from"
        assert block.page in RUNNING or block.mark != "printed by", f"{block} is compared nowhere"
    for block in all_blocks("json"):
        json.loads(block.code)


def test_inline_commands_are_understood(folder):
    """Commands in the prose, in backticks."""
    for name in PAGES:
        for text in re.findall(r"`(minority-tuner [^`…]+)`", page(name)):
            [command, *_] = commands(text)
            assert command.arguments[0] in {
                "run", "check", "predict", "report", "list", "schema",
            }, text  # fmt: skip
