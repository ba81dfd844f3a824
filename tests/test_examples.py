"""The examples run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_hypermodel_is_reused(example, tmp_path):
    done = subprocess.run(
        [sys.executable, str(example)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    score = re.search(r"best validation F1 of malignant: (\S+) with \S+", done.stdout)
    assert float(score[1]) > 0.8
    assert not list(tmp_path.iterdir())


def test_reuse_takes_under_thirty_lines():
    [reuse] = [path for path in EXAMPLES if path.stem == "reuse_hypermodel"]
    assert len(reuse.read_text(encoding="utf-8").splitlines()) < 30
