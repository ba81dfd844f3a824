"""The example runs as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent.parent / "examples" / "reuse_hypermodel.py"


@pytest.mark.slow
def test_the_hypermodel_is_reused_in_under_thirty_lines(tmp_path):
    assert len(EXAMPLE.read_text().splitlines()) < 30
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    score = re.search(r"best validation F1 of malignant: (\S+) with (\w+)", done.stdout)
    assert float(score[1]) > 0.8
    assert not list(tmp_path.iterdir())
