"""From a file to checked data: labels, roles, and what is told of faults."""

from pathlib import Path

import numpy as np
import pytest

from tuner.data import RawData, assemble, fit_preprocessor, load_data, number_columns
from tuner.data.loaders.registry import existing_file
from tuner.errors import InputError
from tuner.study import PreprocessingSection, load_study


def study_of(tmp_path, data, table=None):
    if table is not None:
        content = table if isinstance(table, bytes) else table.encode()
        (tmp_path / "data.csv").write_bytes(content)
    path = tmp_path / "study.yaml"
    path.write_text(f"version: 1\nname: example\ndata:\n{data}", encoding="utf-8")
    return load_study(path)


def rows(labels, header="f0,f1,label"):
    lines = [f"{i},{i % 7}.5,{label}" for i, label in enumerate(labels)]
    return "\n".join([header, *lines]) + "\n"


def problems(tmp_path, data, table):
    with pytest.raises(InputError) as caught:
        load_data(study_of(tmp_path, data, table))
    return caught.value.problems


CSV = "  csv: data.csv\n  target: label\n"


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["01"] * 80 + ["08"] * 15 + ["010"] * 5, ("01", "08", "010")),
        (["no"] * 9 + ["yes"] * 3, ("no", "yes")),
        (["ok"] * 9 + ["NA"] * 3, ("ok", "NA")),
        (["True"] * 3 + ["False"] * 9, ("False", "True")),
        (["1"] * 90 + ["2"] * 10, ("1", "2")),
        (["11"] * 5 + ["3"] * 80 + ["7"] * 15, ("3", "7", "11")),
    ],
)
def test_labels_keep_their_text_and_the_minority_comes_last(tmp_path, labels, classes):
    dataset = load_data(study_of(tmp_path, CSV, rows(labels)))
    assert dataset.classes == classes
    assert [column.name for column in dataset.columns] == ["f0", "f1"]
    assert [dataset.classes[code] for code in dataset.labels] == labels


def test_a_class_is_named_by_its_source_text(tmp_path):
    labels = ["01"] * 10 + ["010"] * 10
    dataset = load_data(study_of(tmp_path, CSV + "  minority: 010\n", rows(labels)))
    assert dataset.minority == "010"


def test_equally_rare_classes_must_be_settled(tmp_path):
    [problem] = problems(tmp_path, CSV, rows(["a"] * 50 + ["b"] * 5 + ["c"] * 5))
    assert "'b', 'c' are equally rare (5 rows)" in problem.message
    assert problem.path == ("data", "minority")


@pytest.mark.parametrize(
    ("data", "text", "path", "line", "fragment"),
    [
        ("  csv: dta.csv\n  target: label\n", "", ("data", "csv"), 4, "did you mean 'data.csv'"),
        ("  csv: data.csv\n  target: lable\n", None, ("data", "target"), 5, "did you mean 'label'"),
        (CSV + "  ignore: [f9]\n", None, ("data", "ignore", 0), 6, "no column 'f9'"),
        (CSV + "  minority: z\n", None, ("data", "minority"), 6, "no row of class 'z'"),
        (CSV + "  separator: ','\n", "f0;label\n1;a\n", ("data", "target"), 5, "by semicolons"),
        (CSV, "f0,label\n1,b\xe9nin\n".encode("latin-1"), ("data", "csv"), 4, "byte 12"),
        (CSV, "f0,label\n1,a\n2,a\n", ("data", "csv"), 4, "two classes are needed"),
        (CSV, "f0,label\n1,a\n,b\n,b\n", ("data", "csv"), 4, "2 missing values, first in row 2"),
        (CSV, "f0,label\n?,a\n2,b\n", ("data", "csv"), 4, "1 value that is no number ('?'"),
        (CSV, "f0,label\ninf,a\n2,b\n", ("data", "csv"), 4, "1 infinite value, first in row 1"),
        (CSV, "f0,label\n1,\n2,b\n", ("data", "target"), 5, "empty in row 1"),
        (CSV, "label\na\nb\n", ("data", "csv"), 4, "no feature columns"),
        (CSV, "f0,label\n", ("data", "csv"), 4, "a header but no rows"),
        (CSV, "", ("data", "csv"), 4, "data.csv is empty"),
        (CSV, "f0,label\n1,a\n,b\n", ("data", "csv"), 4, "1 missing value, first in row 2"),
        (
            CSV,
            "f0,label\n1,a\n2,b,9\n",
            ("data", "csv"),
            4,
            "line 3 has 3 cells, but the header names 2",
        ),
        (CSV, "f0,label\n1,0,9\n2,1,8\n", ("data", "csv"), 4, "line 2 has 3 cells"),
        (CSV, "f0,f0,label\n1,2,a\n2,1,b\n", ("data", "csv"), 4, "more than one column 'f0'"),
        (CSV, "label,label\na,2\nb,1\n", ("data", "csv"), 4, "more than one column 'label'"),
        (CSV + "  group: f2\n", None, ("data", "group"), 6, "no column 'f2'"),
        ("  csv: no/data.csv\n  target: label\n", "", ("data", "csv"), 4, "no such file"),
    ],
)
def test_a_fault_of_a_table_is_told_with_its_place(tmp_path, data, text, path, line, fragment):
    content = rows(["a"] * 9 + ["b"] * 3) if text is None else text
    [problem] = problems(tmp_path, data, content)
    assert (problem.path, problem.line) == (path, line)
    assert fragment in problem.message
    assert "\n" not in problem.message


def test_all_faulty_columns_are_told(tmp_path):
    text = "f0,f1,f2,label\n?,1,z,a\n1,x,2,b\n"
    found = problems(tmp_path, CSV, text)
    assert [problem.message.split("'")[1] for problem in found] == ["f0", "f1", "f2"]


def npz(tmp_path, y, options="", **more):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", X=rng.normal(size=(50, 3)), y=y, **more)
    return study_of(tmp_path, f"  npz: data.npz\n{options}")


def test_one_hot_column_and_integer_targets_mean_the_same(tmp_path):
    codes = np.repeat([0, 1, 2], [35, 10, 5])
    forms = (codes, codes[:, None], np.eye(3)[codes], codes.astype(float))
    datasets = [load_data(npz(tmp_path, y)) for y in forms]
    assert {dataset.fingerprint for dataset in datasets} == {datasets[0].fingerprint}
    assert datasets[0].classes == ("0", "1", "2")


@pytest.mark.parametrize(
    ("y", "options", "fragment"),
    [
        (np.array(["a", "b"] * 25, dtype=object), "", "dtype object; save it as str or int"),
        (np.zeros(49), "", "X has 50, y has 49"),
        (np.zeros(50), "  target: z\n", "no array 'z' in data.npz; it holds: X, y"),
        (np.eye(3)[[0] * 50] + np.eye(50, 3, -17), "", "row 17 of y is not one-hot (sum 2)"),
        (np.array(3), "", "y in data.npz is one value"),
        (np.full((50, 2), "a"), "", "y has shape (50, 2); expected one label a row"),
        (np.ones((50, 1, 1)), "", "y has shape (50, 1, 1); expected one label a row"),
        (np.where(np.arange(50) == 7, np.nan, 1.0), "", "the label of row 7 is missing"),
        (np.zeros(50), "  group: g\n  target: z\n", "no array 'g'"),
    ],
)
def test_a_fault_of_an_archive_is_told(tmp_path, y, options, fragment):
    with pytest.raises(InputError) as caught:
        load_data(npz(tmp_path, y, options))
    assert fragment in str(caught.value)


def test_a_generator_is_called_with_its_arguments(tmp_path):
    (tmp_path / "make.py").write_text(
        "import numpy as np\n"
        "def rows(n):\n"
        "    labels = np.repeat(['a', 'b'], [n - 3, 3])\n"
        "    return {'features': np.ones((n, 2, 2)), 'labels': labels, 'groups': np.arange(n)}\n"
    )
    dataset = load_data(study_of(tmp_path, "  python: make.py:rows\n  arguments: {n: 12}\n"))
    assert dataset.features.shape == (12, 2, 2)
    assert dataset.groups[3] == "3"
    with pytest.raises(InputError, match="did you mean 'rows'"):
        load_data(study_of(tmp_path, "  python: make.py:row\n"))


@pytest.mark.parametrize(
    ("data", "fragment"),
    [
        ("  target: label\n", "names no source"),
        ("  csv: a.csv\n  npz: b.npz\n  target: y\n", "not both csv and npz"),
        ("  csv: a.csv\n", "'csv' data needs 'target'"),
        ("  csv: a.csv\n  target: y\n  grup: g\n", "did you mean 'group'"),
        ("  csv: a.csv\n  target: [label, label2]\n", "label2"),
        ("  sklearn: iris\n  loader: csv\n", "unknown key"),
        ("  source: mri_lik\n", "did you mean 'mri_like'"),
    ],
)
def test_a_wrong_data_section_is_refused(tmp_path, data, fragment):
    with pytest.raises(InputError) as caught:
        study_of(tmp_path, data)
    assert fragment in str(caught.value)


def test_one_class_against_the_rest():
    raw = RawData(np.ones((6, 1)), np.array([1, 2, 3, 3, 2, 1]))
    dataset = assemble(raw, "t", one_vs_rest="2")
    assert dataset.classes == ("rest", "2")
    assert dataset.counts.tolist() == [4, 2]
    common = RawData(np.ones((5, 1)), np.array(["a", "b", "b", "b", "b"]))
    assert assemble(common, "t", one_vs_rest="b").classes == ("rest", "b")


@pytest.mark.parametrize("change", ["features", "labels", "groups"])
def test_the_fingerprint_depends_on_all_parts(change):
    parts = {
        "features": np.arange(8.0).reshape(4, 2),
        "labels": np.array([0, 0, 0, 1]),
        "groups": np.array([0, 1, 2, 3]),
    }
    same = assemble(RawData(**parts), "t")
    other = assemble(RawData(**{**parts, change: parts[change][::-1]}), "t")
    assert assemble(RawData(**parts), "other title").fingerprint == same.fingerprint
    assert other.fingerprint != same.fingerprint


def test_mri_like_is_what_it_says():
    dataset = load_data(load_study("mri_like"))
    assert dataset.about.synthetic
    assert "synthetic" in dataset.about.title
    assert dataset.features.shape[1:] == (32, 32)
    assert len(np.unique(dataset.groups)) == 160
    assert 0.04 < dataset.prevalence < 0.06
    slices = np.unique(dataset.groups, return_counts=True)[1]
    assert (slices.min(), slices.max()) == (10, 14)
    assert len(np.unique(dataset.groups[dataset.labels == 1])) == 40


CASES = Path(__file__).parent / "cases"


def case(tmp_path, file, options=""):
    kind = Path(file).suffix[1:]
    return study_of(tmp_path, f"  {kind}: {CASES / file}\n{options}")


TABLE = "  target: label\n"


@pytest.mark.parametrize(
    ("file", "options", "counts"),
    [
        ("01_labels_start_at_1/data.csv", TABLE, {"1": 90, "2": 10}),
        ("01_labels_start_at_1/gaps.csv", TABLE, {"3": 80, "7": 15, "11": 5}),
        ("03_onehot_target_npz/onehot.npz", "", {"0": 70, "1": 20, "2": 10}),
        ("03_onehot_target_npz/col.npz", "", {"0": 70, "1": 20, "2": 10}),
        ("03_onehot_target_npz/int.npz", "", {"0": 70, "1": 20, "2": 10}),
        ("46_npz_pickle/uni.npz", "", {"neg": 42, "pos": 8}),
        ("53_yaml_booleans_and_octal/data.csv", TABLE, {"no": 80, "yes": 20}),
        ("53_yaml_booleans_and_octal/bool.csv", TABLE, {"False": 80, "True": 20}),
        ("53_yaml_booleans_and_octal/codes.csv", TABLE, {"01": 80, "08": 15, "010": 5}),
    ],
)
def test_classes_of_reported_files_are_counted_under_their_own_names(
    tmp_path, file, options, counts
):
    dataset = load_data(case(tmp_path, file, options))
    found = dict(zip(dataset.classes, dataset.counts.tolist(), strict=True))
    assert found == counts
    assert dataset.minority == list(counts)[-1]


@pytest.mark.parametrize(
    ("file", "fragments"),
    [
        ("03_onehot_target_npz/bad.npz", ["data.target", "row 17", "sum 2"]),
        ("08_multiclass_minority_definition/tie.csv", ["data.minority", "'B', 'C'", "20 rows"]),
        ("36_csv_latin1/data.csv", ["data.csv", "not UTF-8 (byte 19)"]),
        ("38_nan_inf_features/data.csv", ["column 'f1' has 1 missing value, first in row 4"]),
        ("38_nan_inf_features/inf.csv", ["column 'f2'", "1 infinite value", "first in row 6"]),
        ("38_nan_inf_features/text.csv", ["column 'f0'", "2 values", "'?', 'missing'", "row 8"]),
        ("38_nan_inf_features/allnan.csv", ["column 'f3' is empty; name it in 'ignore'"]),
        ("46_npz_pickle/obj.npz", ["y in obj.npz has dtype object; save it as str or int"]),
        ("46_npz_pickle/keys.npz", ["no array 'X'", "no array 'y'", "it holds: a, b"]),
        ("46_npz_pickle/len.npz", ["X has 50, y has 49"]),
    ],
)
def test_a_fault_of_a_reported_file_is_named(tmp_path, file, fragments):
    options = "  target: label\n" if file.endswith("csv") else ""
    with pytest.raises(InputError) as caught:
        load_data(case(tmp_path, file, options))
    assert [fragment for fragment in fragments if fragment not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("content", "fragment"),
    [(b"text", "is no NPZ file"), (b"", "is no NPZ file"), (None, "X in data.npz is damaged")],
)
def test_a_damaged_archive_is_told_without_advice_to_unpickle(tmp_path, content, fragment):
    study = npz(tmp_path, np.arange(50) % 2)
    path = tmp_path / "data.npz"
    flipped = bytearray(path.read_bytes())
    flipped[500] ^= 255
    path.write_bytes(bytes(flipped) if content is None else content)
    with pytest.raises(InputError) as caught:
        load_data(study)
    assert fragment in str(caught.value)
    assert "pickle" not in str(caught.value)


@pytest.mark.parametrize(
    ("returned", "fragment"),
    [
        ("1, 2", "must return features and labels, or a pandas frame; got tuple"),
        ("{'features': []}", "or a pandas frame; got ['features']"),
        (
            "{'features': [[1], []], 'labels': [0, 1]}",
            "features of make.py:rows is no array: its rows",
        ),
        ("{'features': [[1]], 'labels': 'a'}", "labels of make.py:rows must be an array with one"),
        ("{'features': [], 'labels': []}", "features of make.py:rows has no rows"),
        (
            "{'features': [[1]] * 2, 'labels': [[[0]], [[1]]]}",
            "(2, 1, 1); expected one label a row",
        ),
        ("{'features': [[1]] * 2, 'labels': [[0.5] * 2] * 2}", "not one-hot (not only 0 and 1)"),
        ("{'features': [[1]] * 3, 'labels': [1, 1, 0, 1]}", "arrays differ in rows: features of"),
        ("{'features': [[1]], 'labels': [1], 'feature_names': 'a'}", "must be a list of names"),
        ("{'features': [[1]], 'labels': None}", "must return features and labels, or a pandas"),
        ("{'features': [['x']] * 3, 'labels': [1, 1, 0]}", "features must be real numbers"),
        (
            "{'features': [1, 2, 3], 'labels': [1, 1, 0]}",
            "features must have shape (rows, columns)",
        ),
        ("{'features': [[1.0 / n]] * 3, 'labels': [1, 1, 0]}", "column 0 is empty"),
        ("{'features': [[[n]], [[1]]], 'labels': [1, 0]}", "1 feature value is not finite"),
    ],
)
def test_a_generator_must_return_arrays(tmp_path, returned, fragment):
    (tmp_path / "make.py").write_text(
        f"import numpy as np\nn = np.float32('nan')\ndef rows(): return {returned}\n"
    )
    with pytest.raises(InputError) as caught:
        load_data(study_of(tmp_path, "  python: make.py:rows\n"))
    assert fragment in str(caught.value)


@pytest.mark.parametrize("labels", ["[0, 0, 1]", "[[0], [0], [1]]", "[[1, 0], [1, 0], [0, 1]]"])
def test_labels_of_a_generator_mean_the_same_in_every_form(tmp_path, labels):
    returned = f"dict(features=[[1], [2], [3]], labels={labels}, feature_names=None, groups=None)"
    (tmp_path / "make.py").write_text(f"def rows(): return {returned}\n")
    data = load_data(study_of(tmp_path, "  python: make.py:rows\n"))
    assert (data.classes, data.labels.tolist(), data.groups) == (("0", "1"), [0, 0, 1], None)


@pytest.mark.parametrize("text", ["import sys; sys.exit(3)", "def rows(): raise SystemExit(3)"])
def test_a_generator_that_ends_the_program_is_a_fault_of_it(tmp_path, text):
    (tmp_path / "make.py").write_text(text + "\n")
    with pytest.raises(InputError, match="SystemExit: 3"):
        load_data(study_of(tmp_path, "  python: make.py:rows\n"))


@pytest.mark.parametrize(
    ("location", "arguments", "fragment"),
    [
        ("make.py", "{}", "expected file.py:function, got 'make.py'"),
        ("mak.py:rows", "{}", "did you mean 'make.py'?"),
        ("make.py:number", "{}", "no function 'number'"),
        ("make.py:rows", "{m: 3}", "unexpected keyword argument 'm'"),
    ],
)
def test_a_generator_must_be_found_and_take_its_arguments(tmp_path, location, arguments, fragment):
    (tmp_path / "make.py").write_text("number = 3\ndef rows(n=1): return n\n")
    with pytest.raises(InputError) as caught:
        load_data(study_of(tmp_path, f"  python: {location}\n  arguments: {arguments}\n"))
    assert fragment in str(caught.value)


@pytest.mark.parametrize(
    ("data", "minority", "shape", "rows"),
    [
        ("  sklearn: breast_cancer\n", "malignant", (30,), 212),
        ("  sklearn: digits\n  one_vs_rest: 8\n", "8", (8, 8), 174),
        ("  sklearn: iris\n  minority: virginica\n", "virginica", (4,), 50),
    ],
)
def test_scikit_learns_data_keep_their_shape_and_names(tmp_path, data, minority, shape, rows):
    dataset = load_data(study_of(tmp_path, data))
    assert (dataset.minority, dataset.features.shape[1:]) == (minority, shape)
    assert dataset.counts[-1] == rows


def test_an_unknown_scikit_learn_set_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(InputError, match="did you mean 'digits'"):
        load_data(study_of(tmp_path, "  sklearn: digit\n"))


def test_an_unknown_class_against_the_rest_is_answered_with_the_nearest():
    raw = RawData(np.ones((3, 1)), np.array(["benign", "benign", "malign"]))
    with pytest.raises(
        InputError, match="no row of class 'malin'; did you mean 'malign'"
    ) as caught:
        assemble(raw, "t", one_vs_rest="malin")
    assert caught.value.problems[0].path == ("one_vs_rest",)


def test_the_fingerprint_is_the_same_on_every_machine():
    raw = RawData(np.arange(6.0).reshape(3, 2), np.array([0, 0, 1]), np.array([1, 1, 2]))
    assert assemble(raw, "t").fingerprint == (
        "d41ad84e65bd8168a72abf4c072f450f176a40a2b1bf766dd8ba63a501f6b629"
    )


def test_a_column_of_row_weights_is_no_feature(tmp_path):
    file = "05_class_weight_with_sample_weight/data.csv"
    dataset = load_data(case(tmp_path, file, TABLE + "  weight: w\n"))
    written = np.loadtxt(CASES / file, delimiter=",", skiprows=1)
    assert [column.name for column in dataset.columns] == ["f0", "f1", "f2", "f3"]
    assert np.array_equal(dataset.weights, written[:, -1])


def test_row_weights_multiply_class_weights_on_the_way_into_the_loss():
    import keras
    import keras_tuner

    from tuner.model.hypermodel import ImbalancedHyperModel
    from tuner.training.unit import LabelledRows

    file = CASES / "05_class_weight_with_sample_weight" / "probe.csv"
    probe = np.genfromtxt(file, delimiter=",", names=True)
    raw = RawData(
        np.arange(len(probe))[:, None],
        probe["y"],
        columns=number_columns("x"),
        weights=probe["sample_weight"],
    )
    dataset = assemble(raw, "t", "1")
    rows = np.arange(len(dataset))
    train = LabelledRows.of(dataset, rows, fit_preprocessor(dataset, rows, PreprocessingSection()))
    assert train.weights.tolist() == probe["sample_weight"].tolist()
    explicit = {"explicit": {"0": 0.5, "1": 2.0}}
    hypermodel = ImbalancedHyperModel((1,), dataset.classes, imbalance={"class_weight": explicit})
    configuration = hypermodel.configure(keras_tuner.HyperParameters())
    weights = hypermodel.training_rows(
        configuration, train.x, train.y, train.weights, layout=train.layout, seed=0
    ).weights
    loss = keras.losses.BinaryCrossentropy()
    actual, predicted = train.y[:, None].astype("float32"), probe["p"][:, None].astype("float32")
    both = probe["class_weight"] * probe["sample_weight"]
    scale = both.mean()  # ours are scaled to a mean of 1 over the rows
    weighted = float(loss(actual, predicted, sample_weight=weights)) * scale
    assert weighted == pytest.approx(1.946122, rel=1e-5)
    assert float(loss(actual, predicted)) == pytest.approx(0.400367, rel=1e-5)


@pytest.mark.parametrize(
    ("study", "definition", "classes"),
    [
        ("", "minority: b", ("a", "c", "b")),
        ("minority: c", "minority: b", ("a", "b", "c")),
        ("one_vs_rest: a", "minority: b", ("rest", "a")),
        ("", "one_vs_rest: c", ("rest", "c")),
        ("one_vs_rest: a", "one_vs_rest: c", ("rest", "a")),
        ("minority: rest", "one_vs_rest: c", ("c", "rest")),
    ],
)
def test_a_study_has_the_last_word_on_the_class_of_a_definition(
    tmp_path, study, definition, classes
):
    np.savez(tmp_path / "d.npz", X=np.arange(9)[:, None], y=np.repeat(["a", "b", "c"], [4, 3, 2]))
    (tmp_path / "given.yaml").write_text(
        f"version: 1\nname: given\ntitle: nine rows\nnpz: d.npz\n{definition}\n", encoding="utf-8"
    )
    dataset = load_data(study_of(tmp_path, f"  source: given.yaml\n  {study}\n"))
    assert dataset.classes == classes
    assert dataset.about.title == "nine rows"


def test_a_fault_of_the_rows_is_told_where_it_was_written(tmp_path):
    np.savez(tmp_path / "d.npz", X=np.arange(4)[:, None], y=np.repeat(["a", "b"], 2))
    (tmp_path / "given.yaml").write_text(
        "version: 1\nname: given\ntitle: four rows\nnpz: d.npz\nminority: x\n", encoding="utf-8"
    )
    for options, file, line in (("", "given.yaml", 5), ("  minority: y\n", "study.yaml", 5)):
        with pytest.raises(InputError) as caught:
            load_data(study_of(tmp_path, f"  source: given.yaml\n{options}"))
        [problem] = caught.value.problems
        assert (Path(problem.file).name, problem.line) == (file, line)


@pytest.mark.parametrize(
    ("options", "rows", "units"),
    [("", 50, 40), ("  duplicates: drop\n", 40, None), ("  duplicates: separate\n", 50, None)],
)
def test_a_study_says_what_becomes_of_equal_rows(tmp_path, options, rows, units):
    x = np.arange(50)[:, None] % 40
    np.savez(tmp_path / "d.npz", X=x, y=np.where(x[:, 0] % 4, "a", "b"))
    dataset = load_data(study_of(tmp_path, f"  npz: d.npz\n{options}"))
    assert len(dataset) == rows
    assert units == (None if dataset.units is None else len(np.unique(dataset.units)))


def test_a_study_says_whether_missing_values_are_filled(tmp_path):
    x = np.arange(12.0)[:, None]
    x[3] = np.nan
    np.savez(tmp_path / "d.npz", X=x, y=np.repeat(["a", "b"], [8, 4]))
    with pytest.raises(InputError, match="column 0 has 1 missing value, first in row 3"):
        load_data(study_of(tmp_path, "  npz: d.npz\n"))
    options = "  npz: d.npz\n  preprocessing: {impute: median}\n"
    assert len(load_data(study_of(tmp_path, options))) == 12


def test_a_missing_file_is_not_taken_for_a_neighbour_of_another_kind(tmp_path, monkeypatch):
    monkeypatch.delenv("MINORITY_TUNER_DATA", raising=False)
    (tmp_path / "scans.yaml").write_text("")
    with pytest.raises(InputError) as caught:
        existing_file("scans_64.npz", tmp_path, "npz")
    assert "MINORITY_TUNER_DATA" in str(caught.value)
    assert "did you mean" not in str(caught.value)
