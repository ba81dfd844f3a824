"""What all tests share."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import subprocess
import sys
from pathlib import Path

import pytest

from tuner.registry import FAMILIES

collect_ignore = ["sample_project"]  # it is tested where only the wheel is


def pytest_sessionstart():
    """TensorFlow uses one thread, as in a run; once a test has used it, that cannot be set."""
    from tuner.devices import use_threads

    use_threads(1)


@pytest.fixture(scope="session")
def build_wheel():
    """Builds the wheel of a project in a folder and returns its path."""

    def build(project, folder):
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
        subprocess.run([*command, str(folder), str(project)], check=True, capture_output=True)
        [path] = folder.glob("*.whl")
        return path

    return build


@pytest.fixture(scope="session")
def wheel_file(tmp_path_factory, build_wheel):
    """The wheel of this checkout."""
    return build_wheel(Path(__file__).parent.parent, tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def registries():
    """Takes entries that a test registers out again, at its end or when called."""
    before = {family: set(registry) for family, registry in FAMILIES.items()}

    def restore():
        for family, names in before.items():
            registry = FAMILIES[family]
            for name in set(registry) - names:
                del registry._entries[name], registry._canonical[name]

    yield restore
    restore()


@pytest.fixture
def real_data(monkeypatch):
    """The path of a file of real data; skips the test where it is missing.

    Looked for where MINORITY_TUNER_DATA says, else in ``shared/data`` beside the checkout.
    """
    beside = Path(__file__).parent.parent.parent / "shared" / "data"
    folder = Path(os.environ.get("MINORITY_TUNER_DATA") or beside)
    monkeypatch.setenv("MINORITY_TUNER_DATA", str(folder))

    def find(name):
        if not (folder / name).is_file():
            pytest.skip(f"{name} is not in the folder of MINORITY_TUNER_DATA")
        return folder / name

    return find
