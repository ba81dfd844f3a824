"""Every fenced block of the pages, with the comment above it.

A comment in the page's source right above a block says what is special about it:

    <!-- not run: why -->            nothing of it is run; listed in tests/test_docs_blocks.py
    <!-- tested by: test_name -->    a test of that name checks it
    <!-- printed by: command -->     what `minority-tuner …` prints, run in the page's folder
    <!-- run with: key=value … -->   its `minority-tuner run` is really run, with these settings
"""

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FENCE", "PAGES", "ROOT", "Block", "all_blocks", "page", "page_blocks"]

ROOT = Path(__file__).parent.parent.parent

PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
]
"""Every page that people read; a new one is among them as soon as it is there."""

FENCE = re.compile(r"^[ >]*(?:```|~~~)", flags=re.MULTILINE)

_BLOCK = re.compile(
    r"(?:^<!--\s*(?P<mark>not run|tested by|printed by|run with):\s*(?P<text>[^>]*?)\s*-->\n)?"
    r"^```(?P<language>\w*)\n(?P<code>.*?)^```$",
    flags=re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        page: The page that shows it.
        line: Where it begins there.
        language: What stands behind the fence; nothing for output.
        code: Its content.
        mark: What the comment above it says, such as "not run", or nothing.
        text: The rest of that comment.
        touching: Whether nothing but blank lines stands between the block before it and this one.
    """

    page: str
    line: int
    language: str
    code: str
    mark: str = ""
    text: str = ""
    touching: bool = False

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def file(self) -> str:
        """The name of the file that it shows, if its first line is a comment with a file's name."""
        named = re.match(r"# ([\w.-]+\.(?:py|ya?ml))(?=\s|:|$)", self.code)
        return named[1] if named else ""


def page(name):
    """The source of a page."""
    return (ROOT / name).read_text(encoding="utf-8") if (ROOT / name).exists() else ""


def page_blocks(name):
    """The blocks of one page, in its order."""
    text = page(name)
    blocks, end = [], 0
    for found in _BLOCK.finditer(text):
        touching = bool(blocks) and not text[end : found.start()].strip()
        end = found.end()
        blocks.append(
            Block(
                name,
                text.count("\n", 0, found.start("language")) + 1,
                found["language"],
                found["code"],
                found["mark"] or "",
                found["text"] or "",
                touching,
            )
        )
    return blocks


def all_blocks(*languages):
    """The blocks of all pages in one of the languages."""
    blocks = (block for name in PAGES for block in page_blocks(name))
    return [block for block in blocks if block.language in languages]
