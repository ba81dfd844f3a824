"""Bad folders of images and scans, and bad arrays, as a person meets them at the command line."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from tuner.cli import main

nib = pytest.importorskip("nibabel")
STUDY = "version: 1\nname: bad\ndata:\n  {0}\n  split: {{test: 0.25, validation: 0.25}}\n"
SHAPE = (6, 5, 4)


def pixels(seed, shape=(6, 5)):
    return np.random.default_rng(seed).integers(0, 250, shape, dtype=np.uint8)


def picture(path, seed=0, shape=(6, 5), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(seed, shape)).save(path, **options)
    return path


def scan(path, seed=0, shape=SHAPE, affine=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    voxels = np.random.default_rng(seed).integers(0, 900, shape).astype(np.int16)
    nib.save(nib.Nifti1Image(voxels, np.eye(4) if affine is None else affine), path)
    return path


def arrays(path, **changed):
    rng = np.random.default_rng(0)
    content = {"X": rng.normal(size=(18, 6, 5)), "y": np.repeat([0, 1], [12, 6])} | changed
    np.savez(path, **content)
    return path


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Writes sound data of a kind: a folder of classes, or an archive."""
    monkeypatch.chdir(tmp_path)

    def write(kind):
        make = {"images": picture, "nifti": scan}.get(kind)
        for number in range(18):
            if make:
                label = "ill" if number < 6 else "well"
                name = f"s{number:02}.{'png' if kind == 'images' else 'nii'}"
                make(tmp_path / "data" / label / name, number)
        if not make:
            arrays(tmp_path / "data.npz")
        (tmp_path / "study.yaml").write_text(
            STUDY.format(f"{kind}: data" if make else "npz: data.npz"), encoding="utf-8"
        )
        return tmp_path / "data" if make else tmp_path / "data.npz"

    return write


def halved(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


FAULTS = [
    ("images", "sizes", lambda at: picture(at / "ill/x.png", 1, (9, 5)), "'ill/x.png'"),
    ("images", "channels", lambda at: picture(at / "ill/x.png", 1, (6, 5, 3)), "'ill/x.png'"),
    ("images", "depth", lambda at: Image.fromarray(pixels(1).astype(np.uint16)).save(
        at / "ill/x.png"), "16-bit in 1 (first 'ill/x.png')"),
    ("images", "cut", lambda at: halved(picture(at / "ill/x.png", 1)), "'ill/x.png' is damaged or"),
    ("images", "empty", lambda at: (at / "ill/x.png").touch(), "'ill/x.png' is empty"),
    ("images", "text", lambda at: (at / "ill/x.png").write_text("no"), "'ill/x.png' is no PNG"),
    ("images", "gif", lambda at: picture(at / "ill/x.png", 1, format="GIF"), "but GIF; convert it"),
    ("images", "class", lambda at: (at / "none").mkdir(), "class folder 'none' holds no PNG"),
    ("images", "link", lambda at: os.symlink("nowhere", at / "ill/x.png"), "'ill/x.png' cannot be"),
    ("images", "alias", lambda at: os.symlink("ill", at / "more"), "'more' is a link to a folder"),
    ("images", "stray", lambda at: picture(at / "x.png"), "'x.png' lies in no class folder"),
    ("nifti", "sizes", lambda at: scan(at / "ill/x.nii", 1, (5, 5, 4)), "(first 'ill/x.nii')"),
    ("nifti", "cut", lambda at: halved(scan(at / "ill/x.nii.gz", 1)), "'ill/x.nii.gz' is no NIfTI"),
    ("nifti", "series", lambda at: scan(at / "ill/x.nii", 1, (6, 5, 4, 2)), "several volumes (6×5"),
    ("npz", "channels first", lambda at: arrays(at, X=np.zeros((18, 3, 9, 9))), "channels first"),
    ("npz", "NaN", lambda at: arrays(at, X=np.full((18, 6, 5), np.nan)), "first in row 0 at"),
    ("npz", "complex", lambda at: arrays(at, X=np.ones((18, 6, 5), complex)), "got complex128"),
    ("npz", "lengths", lambda at: arrays(at, y=np.arange(17)), "X has 18, y has 17"),
    ("npz", "cut", lambda at: halved(arrays(at)), "or is damaged or cut off ("),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "spoil", "told"),
    [pytest.param(kind, spoil, told, id=f"{kind}-{name}") for kind, name, spoil, told in FAULTS],
)
def test_a_fault_is_named_and_nothing_is_trained(study, tmp_path, capsys, kind, spoil, told):
    spoil(study(kind))
    assert main(["check", "study.yaml", "--no-trial"]) == 2
    checked = capsys.readouterr().err
    assert main(["run", "study.yaml"]) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.err == checked
    [line] = captured.err.splitlines()
    assert line.startswith("study.yaml:")
    assert not (tmp_path / "runs").exists()


HARMLESS = [
    ("images", lambda at: (at / "ill/.DS_Store").touch(), "1 file in data left out (hidden: 1)"),
    ("images", lambda at: (at / "Thumbs.db").touch(), "1 file in data left out (.db: 1)"),
    ("images", lambda at: os.mkfifo(at / "ill/x.png"), "left out (no regular file: 1)"),
    ("images", lambda at: os.symlink("..", at / "ill/loop"), "left out (link in a circle: 1)"),
    ("images", lambda at: picture(at / "Ill/x.png", 99), "classes 'Ill', 'ill' differ in blanks"),
    ("nifti", lambda at: (at / "ill/._s00.nii").touch(), "1 file in data left out (hidden: 1)"),
    ("nifti", lambda at: scan(at / "ill/x.nii", 1, (6, 5, 1)), "1 scan has one slice only"),
    ("nifti", lambda at: scan(at / "ill/x.nii", 1, affine=np.diag([-1, -1, 1, 1])),
     "RAS in 18 (first 'ill/s00.nii'), LPS in 1 (first 'ill/x.nii')"),
    ("nifti", lambda at: scan(at / "ill/x.nii", 1, affine=np.diag([1, 1, 3, 1])),
     "the distance of slices differs between scans: 1 mm in 'ill/s00.nii', 3 mm in 'ill/x.nii'"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "change", "told"), HARMLESS)
def test_what_is_odd_and_harmless_is_told_and_goes_on(study, capsys, kind, change, told):
    change(study(kind))
    split = "data.split={test: 0.25, validation: 0.25}"
    more = ["--set", "data.minority=ill", "--set", split]
    assert main(["check", "study.yaml", "--no-trial", "--json", *more]) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [one["message"] for one in found if told in one["message"]]
