"""What the wheel holds and what the package offers."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import tuner

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)
    [path] = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_the_wheel_has_one_top_level_name(wheel):
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"tuner"}


def test_the_wheel_brings_studies_data_and_templates(wheel):
    studies = {f"tuner/_bundled/search_spaces/{p.name}" for p in ROOT.glob("search_spaces/*.yaml")}
    data = {f"tuner/_bundled/datasets/{p.name}" for p in ROOT.glob("datasets/*.*")}
    assert studies | data | {"tuner/report/templates/report.html"} <= set(wheel)


def test_the_wheel_holds_no_tests_and_no_data(wheel):
    assert not [name for name in wheel if "test" in name or name.endswith((".npz", ".csv", ".db"))]


def test_the_public_names_are_these():
    assert set(tuner.__all__) == {
        "ACTIVATIONS",
        "BACKBONES",
        "BASELINES",
        "CLASS_WEIGHTS",
        "LOADERS",
        "LOSSES",
        "RESAMPLERS",
        "Baseline",
        "Choice",
        "Dataset",
        "Float",
        "ImbalancedHyperModel",
        "InputError",
        "Int",
        "MinorityF1",
        "MinorityTunerClassifier",
        "MinorityTunerError",
        "NoTrialSucceeded",
        "Splits",
        "Study",
        "from_arrays",
        "from_frame",
        "load_data",
        "load_study",
        "make_splits",
    }
    assert all(getattr(tuner, name) is not None for name in tuner.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tuner.nothing


def test_tensorflow_waits_until_it_is_needed():
    code = """
import sys, tuner
tuner.load_study("mri_like")
sys.exit(any(name in sys.modules for name in ("tensorflow", "keras", "sklearn", "pandas")))
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
