"""What the tests of faults share."""

import pytest

from faults.studies import Runs, quick_training


@pytest.fixture
def runs(tmp_path):
    """A study in a folder of its own, whose search trains a stand-in."""
    made = Runs(tmp_path)
    with quick_training(made.log):
        yield made
