"""What editors make of the schema: asked of the language server itself, where it is installed.

``.ci/run`` installs it in the folder ``.node``; elsewhere, it is looked for among all programs, or
where the variable YAML_LANGUAGE_SERVER says.
"""

import os
import shutil

import pytest
import yaml
from editors.client import Editor
from pages.blocks import ROOT, all_blocks, page
from pages.studies import completed, is_study

OURS = ROOT / ".node" / "node_modules" / ".bin"
PLACES = os.pathsep.join([str(OURS), os.environ.get("PATH", "")])
SERVER = os.environ.get("YAML_LANGUAGE_SERVER") or shutil.which("yaml-language-server", path=PLACES)

pytestmark = pytest.mark.skipif(not SERVER, reason="yaml-language-server is not installed")

HEADER = "# yaml-language-server: $schema=study.schema.json\n"
BEGIN = f"{HEADER}version: 1\nname: own\ndata: {{source: mri_like}}\n"


@pytest.fixture(scope="module")
def editor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "study.schema.json", folder)
    with Editor(SERVER, folder) as running:
        yield running


@pytest.mark.parametrize("path", sorted((ROOT / "search_spaces").glob("*.yaml")), ids=str)
def test_nothing_is_wrong_with_a_shipped_study(editor, path):
    header, _, rest = path.read_text(encoding="utf-8").partition("\n")
    assert header == "# yaml-language-server: $schema=../study.schema.json"
    assert editor.problems(HEADER + rest) == []


def test_nothing_is_wrong_with_the_studies_of_the_pages(editor):
    shown = [
        block
        for block in all_blocks("yaml")
        if is_study(yaml.safe_load(block.code)) and ".register(" not in page(block.page)
    ]
    assert len(shown) > 10
    told = {str(one): editor.problems(HEADER + completed(one.code)) for one in shown}
    assert {place: problems for place, problems in told.items() if problems} == {}


@pytest.mark.parametrize(
    ("written", "line", "told"),
    [
        ("serach: {trials: 3}", 5, "serach is not allowed"),
        ("search:\n  trails: 3", 6, "trails is not allowed"),
        ("search: {trials: 0}", 5, "minimum of 1"),
        ("search: {time_limit: 10 minutes}", 5, "pattern"),
        ("model:\n  activation:\n    - relu\n    - leaky_rleu", 8, '"leaky_relu"'),
        ("model:\n  activation:\n    - elu: {beta: 1}", 7, "beta is not allowed"),
        ("model:\n  activation:\n    - elu: {alpha: {flaot: [1, 2]}}", 7, "flaot is not allowed"),
        ("model:\n  layers: 3\n  dropout: 1.5", 7, "maximum of 1"),
        ("model:\n  family: conv\n  layers: 3", 7, "layers is not allowed"),
        ("model:\n  family: cnv", 6, '"conv"'),
        ("imbalance:\n  strategies:\n    - none\n    - loss: {focal: {gama: 1}}", 8, "gama"),
        ("objective: [minority_f1, size]", 5, '"parameters"'),
    ],
)
def test_a_mistake_is_told_once_at_its_line(editor, written, line, told):
    [(where, message)] = editor.problems(f"{BEGIN}{written}\n")
    assert where == line
    assert told in message


@pytest.mark.parametrize(
    ("written", "offered", "documentation"),
    [
        ("", "training", "Training of one network"),
        ("model:\n  ", "layers", "Number of hidden layers. Default 2"),
        ("model:\n  family: conv\n  ", "filters", "Channels of the first block"),
        ("model:\n  family: ", "conv", "Blocks of convolutions"),
        ("model:\n  activation: ", "elu", "Clevert et al., 2016"),
        ("model:\n  activation:\n    - ", "silu", "Ramachandran"),
        ("model:\n  activation:\n    - elu:\n        ", "alpha", "Default 1; searched from 0.1 to"),
        ("model:\n  dropout:\n    ", "float", "From the first value"),
        ("training:\n  optimizer: ", "adamw", ""),
        ("training:\n  batch_size: ", "128", ""),
        (
            "imbalance:\n  strategies:\n    - loss:\n        focal:\n          ",
            "gamma",
            "Default 2",
        ),
    ],
)
def test_what_can_be_written_is_offered(editor, written, offered, documentation):
    items = editor.completions(f"{BEGIN}{written}")
    assert documentation in items[offered]


def test_sources_and_their_options_are_offered(editor):
    items = editor.completions(f"{HEADER}version: 1\nname: own\ndata:\n  csv: scans.csv\n  ")
    assert {"target", "group", "missing", "split"} <= set(items)
    assert not {"loader", "location", "options"} & set(items)


def test_an_entry_is_explained_where_the_mouse_is(editor):
    text = f"{BEGIN}model: {{activation: [relu, elu: {{alpha: 0.1}}]}}\n"
    line = text.splitlines()[4]
    assert "Clevert et al., 2016" in editor.hover(text, 5, line.index("elu:") + 2)
    assert "searched from 0.1 to 2" in editor.hover(text, 5, line.index("alpha") + 2)
