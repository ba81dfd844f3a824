"""A project of another person that has the wheel: its parts, its tests and its study."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tuner.testing import CHECKS

HERE = Path(__file__).parent / "sample_project"


@pytest.fixture(scope="module")
def project(tmp_path_factory, wheel_file, build_wheel):
    """An environment that holds both wheels; what they need comes from the running one."""
    folder = tmp_path_factory.mktemp("project")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
    python = folder / "env" / "bin" / "python"
    where = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    [own] = called([python, "-c", where], folder).stdout.split()
    (Path(own) / "beside.pth").write_text(sysconfig.get_paths()["purelib"], encoding="utf-8")
    wheels = [wheel_file, build_wheel(HERE, folder)]
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps"]
    assert called([*pip, "--force-reinstall", *wheels], folder).returncode == 0
    return folder


def called(command, folder):
    """A command as another person would give it, with nothing of this checkout in reach."""
    names = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    environment = {key: value for key, value in os.environ.items() if key not in names}
    environment["TF_CPP_MIN_LOG_LEVEL"] = "3"
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)


def script(project, *words):
    return called([project / "env" / "bin" / words[0], *words[1:]], project)


@pytest.mark.slow
def test_the_project_has_the_wheel_and_not_the_checkout(project):
    done = script(project, "python", "-c", "import tuner; print(tuner.__file__)")
    assert Path(done.stdout.strip()).is_relative_to(project / "env")


@pytest.mark.slow
def test_its_parts_pass_the_shipped_checks(project):
    pytest_ = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    done = script(project, *pytest_, str(HERE / "tests"), "--rootdir", str(project))
    assert done.returncode == 0, done.stdout
    kinds = ("activation", "class weight", "backbone", "ImbalancedHyperModel", "hypermodel")
    assert f"{sum(len(CHECKS[kind]) for kind in kinds)} passed" in done.stdout


@pytest.mark.slow
def test_its_study_runs(project):
    run = ("minority-tuner", "run", str(HERE / "study.yaml"), "--import", "sample_project")
    done = script(project, *run)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("best minority-class F1: ")
    assert (project / "runs" / "sample" / "report.html").is_file()
