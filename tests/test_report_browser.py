"""Pages of every kind as a browser shows them: accessible, in their width, in both schemes."""

import numpy as np
import pytest
from browser import looked_at, needs_axe, needs_browser, picture_of
from report_kinds import kinds, table
from report_pages import results_in_full, results_of, some_rows

from tuner.report.page import report_page

pytestmark = needs_browser


@pytest.fixture(scope="module")
def pages():
    return kinds()


def check(found):
    for name, one in found.items():
        assert one["violations"] == [], name
        assert one["errors"] == [], name
        assert (one["wide"], one["matrix"]) == (0, 0), name
        assert (one["blocks"], one["texts"], one["cut"]) == ([], [], []), name


@needs_axe
@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (375, "dark"),
        (1280, "light"),
        pytest.param(375, "light", marks=pytest.mark.exhaustive),
        pytest.param(1280, "dark", marks=pytest.mark.exhaustive),
    ],
)
def test_pages_are_accessible_and_nothing_overlaps_or_sticks_out(pages, tmp_path, width, scheme):
    found = looked_at(pages, tmp_path, width, scheme)
    assert set(found) == set(pages)
    assert all(one["dark"] == (scheme == "dark") for one in found.values())
    check(found)


@needs_axe
def test_the_look_finds_what_is_wrong(pages, tmp_path):
    text = pages["little"].replace('<html lang="en">', "<html>")
    text = text.replace("--muted: #54616c", "--muted: #b4c1cc")
    text = text.replace("</main>", '<p style="width: 2000px">wide</p></main>')
    text = text.replace(
        "</svg>", '<text x="9" y="9">over</text><text x="9" y="9">over</text></svg>'
    )
    [one] = looked_at({"little": text}, tmp_path, 375, "light").values()
    rules = {line.partition(":")[0] for line in one["violations"]}
    assert {"html-has-lang", "color-contrast"} <= rules
    assert one["wide"] > 300
    assert any("over / " in pair for pair in one["texts"])


def test_both_schemes_show_something_on_their_own_ground(pages, tmp_path):
    for scheme, ground in (("light", 1.0), ("dark", 0.1)):
        seen = picture_of(pages["table"], tmp_path, 1280, 1600, scheme)
        assert np.median(seen) == pytest.approx(ground, abs=0.05)
        assert np.abs(seen - np.median(seen, axis=(0, 1))).mean() > 0.005


def test_a_page_of_500_trials_is_small_and_laid_out(tmp_path):
    rows = some_rows()
    page = report_page(*table(rows, results_in_full(results_of(*rows)), 500, 24))
    assert len(page) < 2_000_000
    found = looked_at({"large": page}, tmp_path, 375, "light", axe=False)
    check(found)


def test_the_table_of_trials_is_sorted_by_its_buttons_and_filtered(pages, tmp_path):
    script = """
const table = document.querySelector('#trials-table').closest('table');
const rows = () => [...table.tBodies[0].rows];
const head = table.tHead.rows[0].cells[2];
const seen = [];
for (const turn of [1, -1]) {
  head.querySelector('button').click();
  const own = rows().map((row) => turn * Number(row.cells[2].textContent));
  seen.push(head.getAttribute('aria-sort'), own.every((one, at) => !at || own[at - 1] <= one));
}
const input = document.querySelector('#trials-table-filter');
input.value = 'elu balanced';
input.dispatchEvent(new Event('input'));
const left = rows().filter((row) => !row.hidden);
seen.push(left.length > 0 && left.length < rows().length);
seen.push(left.every((row) => /elu.*balanced/.test(row.textContent)));
window.axe = { run: async () => ({ violations: [{ id: JSON.stringify(seen), nodes: [] }] }) };
"""
    text = pages["table"].replace("</body>", f"<script>{script}</script></body>")
    [one] = looked_at({"table": text}, tmp_path, 1280, "light", axe="own").values()
    assert one["violations"] == ['["ascending",true,"descending",true,true,true]: ']
