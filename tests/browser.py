"""Pages in a headless browser: what axe finds in them, how they are laid out, and how they look."""

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
ROOT = Path(__file__).parent.parent
AXE = Path(
    os.environ.get("MINORITY_TUNER_AXE")
    or ROOT / ".node" / "node_modules" / "axe-core" / "axe.min.js"
)
"""Installed by ``.ci/run``; nothing of it is part of the package."""

SCHEMES = {"dark": 0, "light": 1}

needs_browser = pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")
needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: see .ci/run")

_MEASURE = """
const box = (one) => one.getBoundingClientRect();
const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5
  && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1.5;
const pairs = (ones, far) => {
  const found = [];
  ones.forEach((one, at) => ones.slice(at + 1).forEach((other) => {
    if (!one.contains(other) && meet(box(one), box(other))) found.push(
      [one, other].map((it) => it.tagName + ': ' + it.textContent.trim().slice(0, 30)).join(' / '));
  }));
  return found;
};
const measured = () => {
  const root = document.documentElement;
  const shown = (one) => box(one).width > 0 && box(one).height > 0;
  const outer = 'main > section > *, header > *, nav';
  const blocks = [...document.querySelectorAll(outer)].filter(shown);
  const texts = [...document.querySelectorAll('svg.picture')].flatMap((picture) =>
    pairs([...picture.querySelectorAll('text')].filter(shown)));
  const cut = [...document.querySelectorAll('svg.picture')].flatMap((picture) => {
    const whole = box(picture);
    return [...picture.querySelectorAll('text')].filter((text) =>
      box(text).left < whole.left - 2 || box(text).right > whole.right + 2
      || box(text).top < whole.top - 2 || box(text).bottom > whole.bottom + 2)
      .map((text) => text.textContent);
  });
  const out = (one) => one.scrollWidth - one.clientWidth;
  const matrix = Math.max(0, ...[...document.querySelectorAll('.scroll.confusion')].map(out));
  return { wide: out(root), blocks: pairs(blocks), texts, cut, matrix };
};
"""

_HEAR = """
const errors = [];
addEventListener('error', (event) => errors.push(event.message));
"""

_CLICK = """
const clicked = () => document.querySelectorAll('table[data-sortable]').forEach((table) => {
  const heads = [...table.tHead.rows[0].cells];
  if ([...table.tBodies[0].rows].some((row) => row.cells.length !== heads.length))
    errors.push(table.caption.id + ': a row has other columns than the head');
  heads.forEach((head) => ['ascending', 'descending'].forEach((way) => {
    head.querySelector('button').click();
    if (head.getAttribute('aria-sort') !== way)
      errors.push(`${table.caption.id}: not sorted by ${head.textContent}`);
  }));
});
"""

_AXE_RUN = """
const audited = async () => {
  const result = await axe.run(document, { resultTypes: ['violations'] });
  const why = (node) => (node.any[0] || node.all[0] || node.none[0] || {}).message;
  const told = (node) => node.html.slice(0, 120) + ' ' + why(node);
  const some = (one) => one.nodes.slice(0, 3).map(told).join(' | ');
  return result.violations.map((one) => `${one.id}: ${some(one)}`);
};
"""


def looked_at(pages, folder, width, scheme, axe=True):
    """What is found in pages that stand in frames of one browser window.

    Args:
        pages: Texts by name.
        folder: For files of this test.
        width: Of the frames, in pixels.
        scheme: A key of `SCHEMES`.
        axe: Whether accessibility is checked too; ``own``: what the page brings is run.

    Returns:
        By name ``wide`` (pixels that stick out), ``blocks``, ``texts`` (pairs that overlap),
        ``cut`` (texts beyond their picture), ``matrix`` (pixels of a confusion matrix that are out
        of sight), ``dark``, ``violations``, and ``errors`` of its script
        when every heading of a table that sorts was clicked.
    """
    frames = "".join(_frame(name, _probed(text, name, axe), width) for name, text in pages.items())
    left = json.dumps(list(pages))
    folder.joinpath("frames.html").write_text(_OUTER % (left, frames), encoding="utf-8")
    done = _browser(folder, scheme, "--virtual-time-budget=120000", "--dump-dom")
    [found] = re.findall(r'<pre id="found">(.*?)</pre>', done, flags=re.DOTALL)
    return json.loads(html.unescape(found))


_OUTER = """<!doctype html><html style="color-scheme: light dark"><meta charset="utf-8">
<script>
const left = %s, found = {};
addEventListener('message', (event) => {
  found[event.data.name] = event.data;
  if (left.every((name) => name in found)) {
    const told = document.createElement('pre');
    told.id = 'found';
    told.textContent = JSON.stringify(found);
    document.body.replaceChildren(told);
  }
});
</script><body>%s"""


def _frame(name, text, width):
    style = f"width: {width}px; height: 900px; border: 0"
    return f'<iframe title="{name}" style="{style}" srcdoc="{html.escape(text)}"></iframe>'


def _probed(text, name, axe):
    """The page with what looks at it; the policy of the page would not let that in."""
    text = re.sub(r"<meta http-equiv=[^>]*>", "", text)
    text = text.replace("<head>", f"<head><script>{_HEAR}</script>", 1)
    script = AXE.read_text(encoding="utf-8") if axe is True else ""
    run = _AXE_RUN if axe else "const audited = async () => [];"
    ending = f"""
addEventListener('load', async () => {{
  document.querySelectorAll('details').forEach((one) => {{ one.open = true; }});
  let violations;
  try {{ violations = await audited(); }} catch (error) {{ violations = [String(error)]; }}
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const laid = measured();
  clicked();
  parent.postMessage({{ name: {json.dumps(name)}, violations, dark, errors, ...laid }}, '*');
}});"""
    return text.replace(
        "</body>",
        f"<script>{script}</script><script>{_MEASURE}{_CLICK}{run}{ending}</script></body>",
    )


def picture_of(text, folder, width, height, scheme):
    """The pixels of a page, shape ``(height, width, 3)``, from 0 to 1."""
    from matplotlib.image import imread

    folder.joinpath("frames.html").write_text(text, encoding="utf-8")
    size = (f"--window-size={width},{height}", "--hide-scrollbars")
    _browser(folder, scheme, f"--screenshot={folder / 'page.png'}", *size)
    return imread(folder / "page.png")[..., :3]


def _browser(folder, scheme, *options):
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'own'}",
        f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}", *options,
        (folder / "frames.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return done.stdout
