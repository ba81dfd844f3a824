"""Where the winner looks: its section of the page, its entry in results.json, and a whole run."""

import base64
import html
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from tuner import ending
from tuner.cli import main
from tuner.data import RawData, assemble
from tuner.evaluate.attention.look import Attention, Shown
from tuner.evaluate.attention.pointing import Pointing
from tuner.report.attention import (
    attention_lines,
    attention_pictures,
    left_out_line,
    pointing_rows,
)
from tuner.report.pictures.heat import displayed, heat_picture
from tuner.report.sections.section import sentence

DATA = {"minority": "<ill>", "groups": None}
POINTING = Pointing(
    rows=9, groups=None, box=0.02, heat=0.25, hits=0.5, heat_of_others=0.05, hits_of_others=None,
    without_box=0, without_map=0,
)  # fmt: skip


def heat(*hot):
    values = np.zeros((8, 6))
    for place in hot:
        values[place] = 1 / len(hot)
    return values


def example(shown, pointing=POINTING, groups=None, box=(0, 0, 0.5, 0.5)):
    """What was looked at, its entry in ``results.json``, and the data."""
    images = np.random.default_rng(0).integers(0, 255, (20, 8, 6), dtype=np.uint8)
    labels = np.repeat(["well", "<ill>"], [14, 6])
    boxes = np.tile(box, (20, 1)) if pointing else None
    raw = RawData(images, labels, groups, boxes=boxes, first_row=1)
    dataset = assemble(raw, "t", "<ill>")
    seen = Attention(3, 0.25, (4, 3), tuple(shown), pointing, pointing)
    return seen, seen.to_json(dataset), dataset


FOUND = Shown("found", 15, 0.98765, heat((0, 0), (7, 5)), 0.5)
COLD = Shown("missed", 17, 0.00001, heat(), None)


def test_captions_say_row_group_class_probability_and_heat():
    groups = np.arange(20) // 2
    told = attention_pictures(*example([FOUND, COLD], groups=groups))
    found, missed, false = told
    assert [kind["title"] for kind in told] == ["Found", "Missed", "False alarms"]
    [one], [other] = found["pictures"], missed["pictures"]
    assert one["caption"] == "row 16, group 7: <ill>, p = .988; 50 % of the heat in the box"
    assert other["caption"] == (
        "row 18, group 8: <ill>, p = less than .001; no place speaks for the minority"
    )
    assert one["alt"].startswith("Row 16, found: ")
    assert false["pictures"] == []


def test_without_groups_and_boxes_captions_are_short():
    plain = Shown("false alarm", 3, 0.99999, heat((1, 1)), None)
    *_, false = attention_pictures(*example([plain], pointing=None))
    [one] = false["pictures"]
    assert one["caption"] == "row 4: well, p = more than .999"


def test_notes_say_what_a_map_is_and_how_pictures_were_chosen():
    _, section, _ = example([FOUND])
    first, second = attention_lines(section, DATA)
    assert "the mean over the winner's 3 networks" in first
    assert "the map has 4 × 3 places" in first
    assert first.endswith("the outline is the box that the data names")
    assert "of another group" not in second
    assert "called from 0.25 on" in second
    _, section, _ = example([FOUND], pointing=None)
    grouped = attention_lines({**section, "networks": 1}, {**DATA, "groups": 5})
    assert "outline" not in grouped[0]
    assert "networks" not in grouped[0]
    assert "each of another group" in grouped[1]


def test_the_table_has_heat_and_hits_of_both():
    _, section, _ = example([FOUND])
    rows = pointing_rows(section)
    assert [row["name"] for row in rows] == [
        "found: heat",
        "found: hottest pixel",
        "all of the minority: heat",
        "all of the minority: hottest pixel",
    ]
    assert [(row["own"], row["others"], row["box"]) for row in rows[:2]] == [
        (0.25, 0.05, 0.02),
        (0.5, None, 0.02),
    ]
    assert left_out_line(section) == ""
    section["minority"] |= {"without_box": 2, "without_map": 1}
    assert left_out_line(section) == (
        "of the minority's test pictures, the table leaves out 2 without a box and 1 with a map "
        "that is 0 everywhere"
    )
    assert pointing_rows({"found": None, "minority": None}) == []
    assert left_out_line({"found": None, "minority": None}) == ""


def pixels(address):
    kind, _, text = address.partition(",")
    assert kind == "data:image/png;base64"
    return imread(io.BytesIO(base64.b64decode(text)))[..., :3]


def test_a_picture_stands_beside_itself_with_its_map_and_box():
    grey = np.full((8, 8), 100, np.uint8)
    grey[0] = 0
    grey[7] = 255
    drawn = pixels(heat_picture(grey, heat((4, 4))[:, :6].repeat(2, 1)[:, 2:10], None))
    left, right = drawn[:, : drawn.shape[1] // 2], drawn[:, drawn.shape[1] // 2 :]
    assert np.allclose(left[..., 0], left[..., 2], atol=0.01)  # no colour on the left
    assert (right[..., 0] - right[..., 2]).max() > 0.3
    boxed = pixels(heat_picture(grey, np.zeros((8, 8)), np.array([0.25, 0.25, 0.5, 0.5])))
    blue = (boxed[..., 2] - boxed[..., 0]) > 0.5
    assert blue[:, : boxed.shape[1] // 2].any()
    assert blue[:, boxed.shape[1] // 2 :].any()
    none = pixels(heat_picture(grey, np.zeros((8, 8)), np.full(4, np.nan)))
    assert not ((none[..., 2] - none[..., 0]) > 0.5).any()


def test_the_same_picture_is_the_same_file():
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    assert heat_picture(grey, np.eye(8) / 8, None) == heat_picture(grey, np.eye(8) / 8, None)


@pytest.mark.parametrize("shape", [(6, 9), (6, 9, 1), (6, 9, 2), (6, 9, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_every_kind_of_picture_can_be_shown(shape, dtype):
    numbers = np.random.default_rng(0).uniform(0, 200, shape).astype(dtype)
    shown = displayed(numbers)
    assert shown.shape == (shape if shape[-1] == 3 else shape[:2])
    assert (shown.min(), shown.max()) >= (0, 0)
    assert shown.max() <= 1
    assert heat_picture(numbers, np.zeros((6, 9)), None).startswith("data:image/png")
    assert not displayed(np.zeros(shape, dtype)).any()


MRI_LIKE = Path(__file__).parent.parent / "datasets" / "mri_like.py"

STUDY = """
version: 1
name: looks
data:
  python: {file}:generate
  arguments: {{subjects: 24}}
  minority: lesion
  split: {{test: 0.3, validation: 0.3}}
model: {model}
training: {{epochs: 1, batch_size: 64}}
search: {{algorithm: random, trials: 1}}
evaluation: {{confirm: 0, baselines: false}}
"""
CONV = "{family: conv, blocks: 2, filters: 2, units: 4}"
DENSE = "{family: dense, layers: 1, units: 4}"


def run(folder, model, *more):
    file = folder / "looks.yaml"
    file.write_text(STUDY.format(file=MRI_LIKE, model=model), encoding="utf-8")
    settings = [part for setting in more for part in ("--set", setting)]
    assert main(["run", str(file), "--runs-dir", str(folder / "runs"), *settings]) == 0
    made = folder / "runs" / "looks"
    return json.loads((made / "results.json").read_text()), (made / "report.html").read_text()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("conv")
    return folder, *run(folder, CONV)


def test_a_run_with_convolutions_says_where_the_winner_looks(finished):
    _, content, page = finished
    told = content["attention"]
    assert told["networks"] == 1
    assert told["places"] == [16, 16]
    test = content["data"]["splits"]["test"]
    counted = told["minority"]["rows"] + told["minority"]["without_map"]
    assert counted == test["minority"]
    assert content["data"]["boxes"]["rows"] == content["data"]["classes"]["lesion"]
    assert content["seconds"]["attention"] > 0
    assert page.count("data:image/png;base64,") == len(told["shown"]) > 0
    assert "<h3>Where the winner looks</h3>" in page
    assert "Heat within the box" in page
    captions = [html.unescape(one) for one in re.findall(r"<figcaption>(row .*?)<", page)]
    rows = [int(re.match(r"row (\d+),", caption)[1]) for caption in captions]
    assert rows == [one["row"] for one in told["shown"]]
    assert re.search(r'alt="Row \d+, (found|missed|false alarm): ', page)


def test_shown_rows_are_those_that_the_rule_says(finished):
    _, content, _ = finished
    confusion = content["best"]["test"]["confusion"]
    kinds = [one["kind"] for one in content["attention"]["shown"]]
    counts = {"found": confusion[1][1], "missed": confusion[1][0], "false alarm": confusion[0][1]}
    for kind, count in counts.items():
        assert (kind in kinds) == (count > 0)
        assert kinds.count(kind) <= min(4, count)
    classes = {"found": "lesion", "missed": "lesion", "false alarm": "healthy"}
    assert all(one["class"] == classes[one["kind"]] for one in content["attention"]["shown"])


def test_other_boxes_make_the_report_again_and_train_no_trial(finished, monkeypatch, capsys):
    folder, content, page = finished
    again, same = run(folder, CONV)
    assert (again, same) == (content, page)
    assert "this study is finished" in capsys.readouterr().out
    path = folder / "runs" / "looks" / "results.json"
    path.write_text(path.read_text().replace(content["data"]["boxes"]["fingerprint"], "other"))

    def never(*_, **__):
        raise AssertionError("no trial is to be trained")

    from tuner.search import trainer

    monkeypatch.setattr(trainer, "train_unit", never)
    again, _ = run(folder, CONV)
    assert again["attention"] == content["attention"]
    assert again["data"]["boxes"] == content["data"]["boxes"]


def test_a_dense_network_has_no_such_section(tmp_path):
    content, page = run(tmp_path, DENSE)
    assert content["attention"] is None
    assert "Where the winner looks" not in page
    assert "image/png" not in page


def test_a_network_that_cannot_be_looked_into_is_told_and_costs_nothing_else(tmp_path, monkeypatch):
    def broken(*_):
        raise ValueError("no such layer")

    monkeypatch.setattr(ending, "networks_with_maps", broken)
    content, page = run(tmp_path, CONV)
    assert content["best"]["test"] is not None
    assert content["attention"] is None
    warning = "where the winner looks could not be found out: ValueError: no such layer"
    assert warning in content["warnings"]
    assert sentence(warning) in page
