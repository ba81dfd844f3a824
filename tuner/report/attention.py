"""Where the winner looks, in the page: sentences, and pictures with their captions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tuner.evaluate.attention.choice import KINDS
from tuner.report.pictures.heat import heat_picture

if TYPE_CHECKING:  # a page is made again without the data and without a network
    from tuner.data import Dataset
    from tuner.evaluate.attention.look import Attention

__all__ = ["attention_lines", "attention_pictures", "left_out_line", "pointing_rows"]

_TITLES = {
    "found": "Found",
    "missed": "Missed",
    "false alarm": "False alarms",
}

_WHICH = {
    "found": "the surest finds, with the highest probability",
    "missed": "the surest misses, with the lowest probability",
    "false alarm": "the surest false alarms, with the highest probability",
}


def attention_lines(section: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    """What people must know to read the pictures.

    Args:
        section: The ``attention`` of ``results.json``.
        data: Its ``data``.
    """
    height, width = section["places"]
    several = section["networks"] > 1
    whose = f"the mean over the winner's {section['networks']} networks" if several else "the map"
    lines = [
        "each picture of test rows stands beside the same with its Grad-CAM map, which is "
        f"{whose} of the places whose features speak for '{data['minority']}' and against all "
        f"other classes; the map has {height} × {width} places and is as coarse as that, and its "
        "colours go up to the largest value of each picture",
        "pictures are chosen by probability alone"
        + (", each of another group" if data["groups"] else "")
        + f", and not by what their maps look like; p is the probability of '{data['minority']}', "
        f"which is called from {section['threshold']:.3g} on",
    ]
    if section["minority"]:
        lines[0] += "; the outline is the box that the data names"
    return lines


def pointing_rows(section: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The table of heat within boxes: of what was found, and of the whole minority."""
    named = {"found": "found", "minority": "all of the minority"}
    told = {"heat": "heat", "hits": "hottest pixel"}
    return [
        {
            **section[key],
            "name": f"{name}: {what}",
            "own": section[key][measure],
            "others": section[key][f"{measure}_of_others"],
        }
        for key, name in named.items()
        if section[key]
        for measure, what in told.items()
    ]


def left_out_line(section: Mapping[str, Any]) -> str:
    """How many test pictures of the minority the table leaves out and why; empty for none."""
    one = section["minority"]
    if not one:
        return ""
    told = []
    if one["without_box"]:
        told.append(f"{one['without_box']} without a box")
    if one["without_map"]:
        told.append(f"{one['without_map']} with a map that is 0 everywhere")
    left_out = " and ".join(told)
    return f"of the minority's test pictures, the table leaves out {left_out}" if told else ""


def attention_pictures(
    attention: Attention, section: Mapping[str, Any], dataset: Dataset
) -> list[dict[str, Any]]:
    """For each kind of pictures its title, what it shows, and the pictures.

    Args:
        attention: Holds the maps.
        section: The ``attention`` of ``results.json``, which was made of it.
        dataset: Holds pictures and boxes.
    """
    told = [
        {
            "kind": one.kind,
            "image": heat_picture(dataset.features[one.row], one.heat, _box(dataset, one.row)),
            **_words(row, bool(one.heat.any())),
        }
        for one, row in zip(attention.shown, section["shown"], strict=True)
    ]
    return [
        {
            "title": _TITLES[kind],
            "which": _WHICH[kind],
            "pictures": [one for one in told if one["kind"] == kind],
        }
        for kind in KINDS
    ]


def _box(dataset: Dataset, row: int) -> Any:
    return None if dataset.boxes is None else dataset.boxes[row]


def _words(row: Mapping[str, Any], warm: bool) -> dict[str, str]:
    group = f", group {row['group']}" if row["group"] is not None else ""
    caption = f"row {row['row']}{group}: {row['class']}, p = {_probability(row['probability'])}"
    if not warm:
        caption += "; no place speaks for the minority"
    elif row["heat_in_box"] is not None:
        caption += f"; {_percent(row['heat_in_box'])} of the heat in the box"
    alt = f"Row {row['row']}, {row['kind']}: the picture, and the same with the places that count"
    return {"caption": caption, "alt": alt}


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.005 else "less than 1 %"


def _probability(number: float) -> str:
    """Three digits, but never 0 or 1, which no network is sure of."""
    if number < 0.0005:
        return "less than .001"
    return "more than .999" if number > 0.9995 else f"{number:.3f}".lstrip("0")
