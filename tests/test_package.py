"""What the wheel holds and what the package offers."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

import tuner

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(wheel_file):
    with zipfile.ZipFile(wheel_file) as archive:
        return archive.namelist()


def test_the_wheel_has_one_top_level_name(wheel):
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"tuner"}


def test_the_wheel_brings_studies_data_and_templates(wheel):
    studies = {f"tuner/_bundled/search_spaces/{p.name}" for p in ROOT.glob("search_spaces/*.yaml")}
    data = {f"tuner/_bundled/datasets/{p.name}" for p in ROOT.glob("datasets/*.*")}
    others = {"tuner/report/templates/report.html", "tuner/py.typed"}
    assert studies | data | others <= set(wheel)


def test_the_wheel_holds_no_tests_and_no_data(wheel):
    own = [name for name in wheel if not name.startswith("tuner/testing/")]  # checks for others
    assert not [name for name in own if "test" in name or name.endswith((".npz", ".csv", ".db"))]


def test_the_source_distribution_holds_all_that_people_read_and_run():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    include = listed["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert [name for name in include if not (ROOT / name).exists()] == []
    papers = {"CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff", "LICENSE", "README.md"}
    assert papers | {"docs", "tests", "benchmarks", "examples"} <= set(include)


def test_the_citation_and_the_changelog_are_of_this_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == project["version"]
    assert cited["license"] == project["license"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{project['version']}]" in changes


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
        "Predictor",
        "Splits",
        "Study",
        "activations",
        "class_weights",
        "StudyResult",
        "from_arrays",
        "from_frame",
        "load_data",
        "load_model",
        "load_study",
        "make_splits",
        "testing",
        "run_study",
    }
    assert all(getattr(tuner, name) is not None for name in tuner.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tuner.nothing


def test_importing_the_package_loads_few_others():
    # These take half a second of processor time; each other one that slips in takes as long.
    code = """
import sys
before = set(sys.modules)
import tuner
tops = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(tops - set(sys.stdlib_module_names)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    light = {"tuner", "numpy", "pydantic", "pydantic_core", "yaml", "_yaml"}
    light |= {"annotated_types", "typing_extensions", "typing_inspection"}
    built = ("_cython", "cython_runtime", "_sysconfigdata", "_distutils_hack")
    assert {name for name in done.stdout.split() if not name.startswith(built)} <= light


def test_tensorflow_waits_until_it_is_needed():
    code = """
import sys, tuner
tuner.load_study("mri_like")
sys.exit(any(name in sys.modules for name in ("tensorflow", "keras", "sklearn", "pandas")))
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
