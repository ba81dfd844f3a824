"""NumPy archives and arrays: roles, official parts, faults."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from tuner.data import load_data, make_splits
from tuner.data.memory import from_arrays
from tuner.errors import InputError
from tuner.study import load_study


def study_of(folder, data):
    path = folder / "study.yaml"
    path.write_text(f"version: 1\nname: example\ndata:\n{data}", encoding="utf-8")
    return load_study(path)


def problems_of(folder, data):
    with pytest.raises(InputError) as caught:
        load_data(study_of(folder, data))
    return [f"{'.'.join(map(str, p.path))}: {p.message}" for p in caught.value.problems]


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return {
        "X": rng.normal(size=(40, 3)),
        "y": np.repeat([0, 1], [30, 10]),
        "g": np.arange(40) // 2,
        "w": np.linspace(0.5, 2, 40),
        "s": np.array((["train"] * 6 + ["val"] * 2 + ["test"] * 2) * 4),
        "names": np.array(["well", "ill"]),
    }


KEYS = "  group: g\n  weight: w\n  official_split: s\n  class_names: names\n"


def test_an_archive_and_single_files_with_the_same_roles_are_the_same_data(tmp_path, arrays):
    np.savez(tmp_path / "data.npz", **arrays)
    for key, array in arrays.items():
        np.save(tmp_path / f"{key}.npy", array)
    files = "".join(f"{line}.npy\n" for line in f"  target: y\n{KEYS}".splitlines())
    one = load_data(study_of(tmp_path, f"  npz: data.npz\n{KEYS}"))
    many = load_data(study_of(tmp_path, f"  npy: X.npy\n{files}"))
    roles = {"weights": arrays["w"], "official_split": arrays["s"], "class_names": arrays["names"]}
    memory = from_arrays(arrays["X"], arrays["y"], arrays["g"], **roles)
    assert one.fingerprint == many.fingerprint == memory.fingerprint
    assert one.classes == ("well", "ill")
    assert np.array_equal(one.weights, arrays["w"])
    assert one.parts.tolist() == [{"val": "validation"}.get(part, part) for part in arrays["s"]]
    assert np.array_equal(one.features, arrays["X"])


def test_features_keep_the_type_of_their_source(tmp_path):
    for dtype in (np.uint8, np.uint16, np.int32, np.float32, np.float64):
        x = np.arange(80).reshape(20, 2, 2).astype(dtype)
        np.savez(tmp_path / "data.npz", X=x, y=np.repeat([0, 1], [14, 6]))
        assert load_data(study_of(tmp_path, "  npz: data.npz\n")).features.dtype == dtype


def parts_archive(folder, **changed):
    rng = np.random.default_rng(0)
    arrays = {}
    for part, rows in (("train", 12), ("val", 4), ("test", 6)):
        arrays[f"{part}_images"] = rng.integers(0, 255, (rows, 4, 4), dtype=np.uint8)
        arrays[f"{part}_labels"] = np.arange(rows)[:, None] % 2
    np.savez(folder / "data.npz", **{**arrays, **changed})
    return '  npz: data.npz\n  features: "*_images"\n  target: "*_labels"\n  minority: 1\n'


def test_parts_in_arrays_of_their_own_are_an_official_split(tmp_path):
    study = study_of(tmp_path, parts_archive(tmp_path))
    dataset = load_data(study)
    splits = make_splits(dataset, study.data.split, 0)
    assert splits.test.tolist() == list(range(16, 22))
    [fold] = splits.folds
    assert fold.train.tolist() == list(range(12))
    assert fold.validation.tolist() == list(range(12, 16))


@pytest.mark.parametrize(
    ("changed", "fragment"),
    [
        ({"test_labels": np.zeros(5)}, "arrays differ in rows"),
        ({"val_images": np.zeros((4, 5, 5), np.uint8)}, "val (5, 5)"),
    ],
)
def test_parts_must_fit_together(tmp_path, changed, fragment):
    [problem] = problems_of(tmp_path, parts_archive(tmp_path, **changed))
    assert fragment in problem


def test_one_array_of_labels_does_not_serve_all_parts(tmp_path):
    data = parts_archive(tmp_path).replace('"*_labels"', "train_labels") + "  group: train_labels\n"
    told = "'train_labels' would be read for every part; put a * into it"
    assert problems_of(tmp_path, data) == [f"data.target: {told}", f"data.group: {told}"]


def test_an_archive_may_hold_files_that_are_no_arrays(tmp_path, arrays):
    np.savez(tmp_path / "data.npz", **arrays)
    with zipfile.ZipFile(tmp_path / "data.npz", "a") as archive:
        archive.writestr("notes.txt", "made by hand")
    [problem] = problems_of(tmp_path, "  npz: data.npz\n  target: notes.txt\n")
    assert problem == "data.target: notes.txt in data.npz is no array, but a file of another kind"


def test_parts_that_are_not_there_are_told_with_what_is(tmp_path):
    data = parts_archive(tmp_path).replace("_images", "_pictures")
    [problem] = problems_of(tmp_path, data)
    assert problem.startswith("data.features: no array '*_pictures' in data.npz with * as one of ")
    assert "it holds: train_images, train_labels" in problem


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"names": np.array(["a", "a"])}, "data.class_names: class_names must be different names"),
        (
            {"names": np.array(["a"])},
            "data.target: row 30 of y is 1, but class_names holds 1 name, counted from 0",
        ),
        ({"y": np.repeat(["a", "b"], 20)}, "data.target: y must hold whole numbers"),
        ({"w": -np.ones(40)}, "data.weight: the weight of row 0 is '-1.0'"),
        ({"w": np.full(40, np.nan)}, "data.weight: the weight of row 0 is 'nan'"),
        ({"w": np.repeat(["x"], 40)}, "data.weight: the weight of row 0 is 'x'"),
        ({"w": np.repeat([1.0, 0.0], [30, 10])}, "data.weight: all rows of class 'ill' have"),
        ({"g": np.zeros((40, 2))}, "data.group: g has shape (40, 2); expected one value a row"),
        ({"s": np.repeat(["train", "tset"], 20)}, "data.official_split: unknown part 'tset'"),
        ({"s": np.repeat(["train", "val"], 20)}, "data.official_split: the official split has no"),
        ({"s": np.repeat(["train"], 39)}, "data.target: arrays differ in rows: X has 40, y has 40"),
    ],
)
def test_a_faulty_role_is_told_at_its_key(tmp_path, arrays, changed, problem):
    np.savez(tmp_path / "data.npz", **{**arrays, **changed})
    [found] = problems_of(tmp_path, f"  npz: data.npz\n{KEYS}")
    assert found.startswith(problem)


def test_all_faulty_files_are_told_at_once_and_nothing_is_unpickled(tmp_path, arrays):
    np.save(tmp_path / "X.npy", arrays["X"])
    np.save(tmp_path / "y.npy", np.array(["a", 1], dtype=object))
    np.savez(tmp_path / "g.npy.npz", g=arrays["g"])
    (tmp_path / "g.npy.npz").rename(tmp_path / "g.npy")
    (tmp_path / "w.npy").write_text("text")
    data = (
        "  npy: X.npy\n  target: y.npy\n  group: g.npy\n  weight: w.npy\n  official_split: s.npy\n"
    )
    target, group, weight, parts = problems_of(tmp_path, data)
    assert target == "data.target: y.npy has dtype object; save it as str or int"
    assert group == "data.group: g.npy is an archive; use 'npz'"
    assert weight.startswith("data.weight: w.npy is no NPY file, or is damaged or cut off; get it")
    assert parts.startswith("data.official_split: no such file: ")


def test_one_array_is_no_archive(tmp_path):
    np.save(tmp_path / "data.npz", np.zeros(3))
    (tmp_path / "data.npz.npy").rename(tmp_path / "data.npz")
    [problem] = problems_of(tmp_path, "  npz: data.npz\n")
    assert problem == "data.npz: data.npz holds one array; use 'npy'"


def test_a_file_is_looked_for_in_the_folder_that_the_variable_names(tmp_path, arrays, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    np.savez(elsewhere / "far.npz", **arrays)
    monkeypatch.delenv("MINORITY_TUNER_DATA", raising=False)
    [problem] = problems_of(tmp_path, "  npz: far.npz\n")
    assert "name its folder in the variable MINORITY_TUNER_DATA" in problem
    monkeypatch.setenv("MINORITY_TUNER_DATA", str(elsewhere))
    assert len(load_data(study_of(tmp_path, "  npz: far.npz\n"))) == 40
    [problem] = problems_of(tmp_path, "  npz: fat.npz\n")
    assert f"nor in {elsewhere} (MINORITY_TUNER_DATA)" in problem
    np.savez(tmp_path / "far.npz", X=arrays["X"][:30], y=arrays["y"][10:])
    assert len(load_data(study_of(tmp_path, "  npz: far.npz\n"))) == 30


def defined(folder, arrays, more):
    np.savez(folder / "data.npz", **arrays)
    (folder / "rows.yaml").write_text(
        f"version: 1\nname: rows\ntitle: some rows\nnpz: data.npz\nminority: 1\n{more}"
    )
    return study_of(folder, "  source: rows.yaml\n")


def test_another_content_than_the_checksum_says_is_refused(tmp_path, arrays):
    study = defined(tmp_path, arrays, f"sha256: {'0' * 64}\n")
    with pytest.raises(InputError) as caught:
        load_data(study)
    [problem] = caught.value.problems
    assert (Path(problem.file).name, problem.line, problem.path) == ("rows.yaml", 6, ("sha256",))
    assert "data.npz is not the file that is meant: its SHA-256 is " in problem.message
    found = problem.message.split("SHA-256 is ")[1][:12]
    import hashlib

    whole = hashlib.sha256((tmp_path / "data.npz").read_bytes()).hexdigest()
    assert whole.startswith(found)
    assert len(load_data(defined(tmp_path, arrays, f"sha256: {whole.upper()}\n"))) == 40


def test_what_a_definition_says_of_its_data_is_kept(tmp_path, arrays):
    more = "caveat: few patients\nreferences: {a rule: 0.5}\nsynthetic: true\n"
    about = load_data(defined(tmp_path, arrays, more)).about
    assert (about.title, about.caveat, about.synthetic) == ("some rows", "few patients", True)
    assert dict(about.references) == {"a rule": 0.5}


def test_the_brain_study_divides_no_series(real_data):
    real_data("brain_mri_64.npz")
    study = load_study("brain_mri")
    dataset = load_data(study)
    counts = dict(zip(dataset.classes, dataset.counts.tolist(), strict=True))
    assert counts == {"glioma": 1426, "pituitary": 930, "meningioma": 708}
    assert dataset.minority == "meningioma"
    assert "patients" in dataset.about.caveat
    splits = make_splits(dataset, study.data.split, study.seed)
    assert len(np.unique(dataset.groups)) == 505
    assert not set(dataset.groups[splits.test]) & set(dataset.groups[splits.development])
    for fold in splits.folds:
        assert not set(dataset.groups[fold.train]) & set(dataset.groups[fold.validation])


@pytest.mark.parametrize("shape", [(3, 32, 30), (1, 28, 28), (4, 9, 9)])
def test_pictures_with_channels_first_are_told_with_the_way_out(tmp_path, shape):
    x = np.random.default_rng(0).normal(size=(8, *shape))
    np.savez(tmp_path / "x.npz", X=x, y=[0, 1, 0, 0, 1, 0, 0, 0])
    [message] = problems_of(tmp_path, "  npz: x.npz\n")
    channels, height, width = shape
    assert f"features of shape {x.shape} look like pictures with channels first" in message
    assert f"here (8, {height}, {width}, {channels}): np.moveaxis(features, 1, -1)" in message
    last = from_arrays(np.moveaxis(x, 1, -1), [0, 1, 0, 0, 1, 0, 0, 0])
    assert last.features.shape == (8, height, width, channels)


@pytest.mark.parametrize("shape", [(9, 9, 3), (3, 4, 9), (3, 9, 3), (2, 9, 9), (3, 9)])
def test_other_pictures_are_taken_as_they_are(shape):
    x = np.random.default_rng(0).normal(size=(4, *shape))
    assert from_arrays(x, [0, 1, 0, 0]).features.shape == x.shape


def test_parts_with_numbers_of_different_kinds_are_refused(tmp_path):
    x, y = np.zeros((6, 4, 4)), [0, 1, 0, 0, 1, 0]
    np.savez(tmp_path / "x.npz", train_X=x.astype(np.uint8), train_y=y, test_X=x, test_y=y)
    keys = "  features: '*_X'\n  target: '*_y'\n"
    assert problems_of(tmp_path, f"  npz: x.npz\n{keys}") == [
        "data.features: the parts hold numbers of different kinds: train uint8, test float64;"
        " nothing says how they compare, so convert them to one"
    ]


def test_features_of_objects_are_to_be_numbers_and_labels_names(tmp_path):
    objects = np.array([[1], [None]], dtype=object)
    np.savez(tmp_path / "x.npz", X=objects, y=objects[:, 0])
    assert problems_of(tmp_path, "  npz: x.npz\n") == [
        "data.features: X in x.npz has dtype object; save it as whole numbers or floats",
        "data.target: y in x.npz has dtype object; save it as str or int",
    ]


def test_an_archive_that_is_cut_off_is_told(tmp_path):
    np.savez(tmp_path / "x.npz", X=np.arange(99), y=np.arange(99))
    content = (tmp_path / "x.npz").read_bytes()
    (tmp_path / "x.npz").write_bytes(content[: len(content) // 2])
    [message] = problems_of(tmp_path, "  npz: x.npz\n")
    assert message.startswith("data.npz: x.npz is no NPZ file, or is damaged or cut off (")


class TestRows:
    """Some rows of an archive, by their numbers in another one."""

    @pytest.fixture
    def folder(self, tmp_path, arrays):
        np.savez(tmp_path / "all.npz", **arrays)
        return tmp_path

    def chosen(self, folder, numbers, more=KEYS):
        np.savez(folder / "some.npz", index=numbers)
        data = f"  npz: all.npz\n{more}  rows: some.npz:index\n"
        return load_data(study_of(folder, data))

    def test_all_roles_are_those_of_the_rows(self, folder, arrays):
        rows = np.array([39, 2, 31, 5, 8, 33, 36])
        dataset = self.chosen(folder, rows)
        np.testing.assert_array_equal(dataset.features, arrays["X"][rows])
        assert [dataset.classes[code] for code in dataset.labels] == [
            ["well", "ill"][code] for code in arrays["y"][rows]
        ]
        np.testing.assert_array_equal(dataset.weights, arrays["w"][rows])
        assert dataset.groups.tolist() == [str(number) for number in arrays["g"][rows]]

    @pytest.mark.parametrize(
        ("numbers", "told"),
        [
            ([0, 40], "expected numbers from 0 to 39, one at least"),
            ([-1, 3], "expected numbers from 0 to 39, one at least"),
            (np.zeros(0, int), "expected numbers from 0 to 39, one at least"),
            ([1, 2, 1], "a row is named twice; name each once"),
            ([0.5, 1.0], "expected whole numbers of shape (rows,), got float64 of shape (2,)"),
            ([[1, 2]], "expected whole numbers of shape (rows,), got int64 of shape (1, 2)"),
        ],
    )
    def test_numbers_that_are_no_rows_are_refused(self, folder, numbers, told):
        np.savez(folder / "some.npz", index=np.array(numbers))
        data = f"  npz: all.npz\n{KEYS}  rows: some.npz:index\n"
        assert problems_of(folder, data) == [f"data.rows: {told}"]

    @pytest.mark.parametrize(
        ("rows", "told"),
        [
            ("some.npz", "expected file.npz:key, got 'some.npz'"),
            ("some.npz:rows", "no array 'rows' in some.npz; it holds: index"),
            ("none.npz:index", "no such file: "),
        ],
    )
    def test_what_names_no_numbers_is_refused(self, folder, rows, told):
        np.savez(folder / "some.npz", index=[1, 2])
        [problem] = problems_of(folder, f"  npz: all.npz\n{KEYS}  rows: {rows}\n")
        assert problem.startswith(f"data.rows: {told}")

    def test_a_single_array_holds_no_named_numbers(self, folder):
        np.save(folder / "some.npy", [1, 2])
        [problem] = problems_of(folder, f"  npz: all.npz\n{KEYS}  rows: some.npy:index\n")
        assert problem == "data.rows: some.npy holds one array; expected an NPZ file"

    def test_parts_that_are_arrays_of_their_own_have_no_common_numbers(self, tmp_path):
        np.savez(tmp_path / "some.npz", index=[1])
        parts = {f"{part}_{key}": np.zeros(4) for part in ("train", "test") for key in ("X", "y")}
        np.savez(tmp_path / "all.npz", **parts)
        keys = '  features: "*_X"\n  target: "*_y"\n  rows: some.npz:index\n'
        [problem] = problems_of(tmp_path, f"  npz: all.npz\n{keys}")
        assert problem.startswith("data.rows: rows are numbered in one array; *_X are many")
