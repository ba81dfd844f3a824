"""New pictures: files, folders and arrays."""

import numpy as np
import PIL.Image
import pytest
from winners import exported, pictures, table

from tuner.data.assemble import assemble
from tuner.data.loaders.images import load_images
from tuner.errors import InputError
from tuner.prediction.chunks import Asked
from tuner.prediction.predict import open_rows
from tuner.prediction.stored import stored_model


def save(path, seed, size=(6, 5)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, size, dtype=np.uint8)
    PIL.Image.fromarray(pixels).save(path)
    return pixels


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures")
    for number in range(9):
        save(root / "old" / ("ill" if number < 3 else "well") / f"{number}.png", number)
    return root


@pytest.fixture(scope="module")
def stored(folder):
    raw = load_images(location="old", folder=folder)
    return stored_model(exported(folder / "r", assemble(raw, "t"), group=(1, 0.5)))


@pytest.fixture(scope="module")
def of_arrays(folder):
    return stored_model(exported(folder / "a", pictures(), group=(1, 0.5)))


def chunks(path, stored, **asked):
    return list(open_rows(path, stored, Asked(**asked)).chunks())


def test_a_folder_is_read_at_any_depth_in_sorted_order(stored, tmp_path):
    pixels = [
        save(tmp_path / name, 20 + n) for n, name in enumerate(["a.png", "p1/b.png", "z.PNG"])
    ]
    (tmp_path / "notes.txt").touch()
    rows = open_rows(tmp_path, stored, Asked(group="^(.)"))
    assert rows.notes == (
        f"1 file in {tmp_path.name} left out (.txt: 1); read are PNG and JPEG files",
    )
    [one] = rows.chunks()
    assert one.kept["file"].tolist() == ["a.png", "p1/b.png", "z.PNG"]
    assert one.groups.tolist() == ["a", "p", "z"]
    predictor = stored.load()
    expected = predictor.predict_proba(np.stack(pixels))
    assert predictor.told_of(one.x).probabilities == pytest.approx(expected, abs=1e-6)
    assert one.row_name(1) == "'p1/b.png'"


def test_many_files_come_in_pieces(stored, tmp_path, monkeypatch):
    monkeypatch.setattr("tuner.prediction.pictures._FILES", 2)
    for number in range(5):
        save(tmp_path / f"{number}.png", number)
    found = chunks(tmp_path, stored, group=r"^(\d)")
    assert [one.kept["file"].tolist() for one in found] == [
        ["0.png", "1.png"], ["2.png", "3.png"], ["4.png"]
    ]  # fmt: skip
    assert [one.groups.tolist() for one in found] == [["0", "1"], ["2", "3"], ["4"]]


def test_one_file_is_enough_and_is_resized_as_training_was(stored, tmp_path):
    save(tmp_path / "one.png", 1, size=(12, 10))
    [one] = chunks(tmp_path / "one.png", stored)
    assert one.x.shape == (1, 6, 5)


@pytest.mark.parametrize("key", ["X", None])
def test_arrays_are_read_from_an_archive(of_arrays, tmp_path, key):
    features = pictures().features
    np.savez(tmp_path / "new.npz", **{key or "only": features, **({"y": [1]} if key else {})})
    [one] = chunks(tmp_path / "new.npz", of_arrays, features=key)
    predictor = of_arrays.load()
    expected = predictor.predict_proba(features)
    assert predictor.told_of(one.x).probabilities == pytest.approx(expected, abs=1e-6)


def test_a_single_array_is_mapped_and_read_in_pieces(of_arrays, tmp_path, monkeypatch):
    monkeypatch.setattr("tuner.prediction.arrays._NUMBERS", 7 * 30)
    np.save(tmp_path / "new.npy", pictures().features)
    found = chunks(tmp_path / "new.npy", of_arrays)
    assert [len(one.x) for one in found] == [7, 7, 6]
    assert found[1].row_name(2) == "row 9"


def array(path, **arrays):
    np.savez(path, **arrays)
    return path


def refusal(path, stored, **asked):
    with pytest.raises(InputError) as caught:
        chunks(path, stored, **asked)
    return str(caught.value)


class TestRefused:
    def test_what_is_no_picture(self, stored, tmp_path):
        (tmp_path / "new.csv").write_text("a,b\n1,2\n")
        assert "new.csv holds no pictures" in refusal(tmp_path / "new.csv", stored)
        assert "no such file" in refusal(tmp_path / "none", stored)
        (tmp_path / "empty").mkdir()
        assert "holds no PNG or JPEG files" in refusal(tmp_path / "empty", stored)

    def test_a_broken_file_is_named(self, stored, tmp_path):
        save(tmp_path / "a.png", 1)
        (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:40])
        assert "b.png' " in refusal(tmp_path, stored)

    def test_files_for_a_model_that_learned_from_arrays(self, of_arrays, tmp_path):
        save(tmp_path / "a.png", 1)
        assert "did not learn from PNG and JPEG files" in refusal(tmp_path, of_arrays)

    def test_pictures_for_a_model_of_tables(self, tmp_path):
        tables = stored_model(exported(tmp_path / "t", table()))
        assert "is no table, which the model takes" in refusal(tmp_path, tables)
        assert "--group: the run had no groups" in refusal(tmp_path, tables, group="x")

    def test_an_archive_of_something_else(self, of_arrays, tmp_path):
        path = array(tmp_path / "a.npz", a=np.zeros((2, 6, 5), np.uint8), b=np.zeros(2))
        assert refusal(path, of_arrays) == "--features: a.npz holds a, b; name one of them"
        assert "--features: no array 'c' in a.npz" in refusal(path, of_arrays, features="c")
        assert "--keep names columns" in refusal(path, of_arrays, keep=("x",), features="a")
        path = array(tmp_path / "b.npz", X=np.zeros((2, 7, 5), np.uint8))
        assert "shape (6, 5), got (7, 5) in b.npz" in refusal(path, of_arrays)
        path = array(tmp_path / "c.npz", X=np.zeros((2, 6, 5)))
        assert "c.npz holds float64 from 0 to 0, and the model learned" in refusal(path, of_arrays)
        (tmp_path / "d.npz").write_bytes(b"PK\3\4")
        assert "d.npz is no NPZ file" in refusal(tmp_path / "d.npz", of_arrays)

    def test_columns_are_not_kept_of_pictures(self, stored, tmp_path):
        save(tmp_path / "a.png", 1)
        assert "--keep names columns of a table" in refusal(tmp_path, stored, keep=("x",))

    @pytest.mark.parametrize("pattern", ["(", "a", "(z)"])
    def test_a_pattern_that_finds_no_group(self, stored, tmp_path, pattern):
        save(tmp_path / "a.png", 1)
        assert refusal(tmp_path, stored, group=pattern).startswith("--group: '")
