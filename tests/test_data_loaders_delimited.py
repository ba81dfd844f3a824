"""CSV and TSV files: what is found in them, and what is told of their faults."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data import assemble
from tuner.data.loaders import load_csv, load_tsv
from tuner.data.tables import text_file
from tuner.errors import InputError

CASES = Path(__file__).parent / "cases"


def loaded(tmp_path, text, load=load_csv, **options):
    content = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "data.csv").write_bytes(content)
    return load(location="data.csv", folder=tmp_path, **{"target": "label", **options})


def refused(tmp_path, text, load=load_csv, **options):
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, text, load, **options)
    for problem in caught.value.problems:
        assert "\n" not in problem.message
    return caught.value.problems


def case(file, **options):
    return load_csv(location=file, folder=CASES, **{"target": "label", **options})


def test_a_row_weight_is_no_feature():
    raw = case("05_class_weight_with_sample_weight/data.csv", weight="w")
    table = pd.read_csv(CASES / "05_class_weight_with_sample_weight/data.csv")
    assert [column.name for column in raw.columns] == ["f0", "f1", "f2", "f3"]
    assert raw.weights.tolist() == table["w"].tolist()
    assert np.array_equal(raw.features, table.drop(columns=["label", "w"]).to_numpy(float))


@pytest.mark.parametrize("given", [{}, {"separator": ";", "decimal": ","}, {"decimal": ","}])
def test_semicolons_and_decimal_commas_are_read_as_numbers(given):
    raw = case("34_csv_semicolon_decimal_comma/data.csv", **given)
    assert raw.features.shape[1] == 4
    assert [column.categories for column in raw.columns] == [None] * 4
    assert raw.features[:, 0].mean() == pytest.approx(0.32286, abs=5e-6)
    assert set(raw.labels) == {"0", "1"}


def test_a_latin_1_file_needs_its_encoding_and_keeps_every_character():
    file = "36_csv_latin1/data.csv"
    raw = case(file, encoding="latin-1")
    assert sorted(set(raw.labels)) == ["bénin", "malin"]
    with pytest.raises(InputError, match=r"data.csv is not UTF-8 \(byte 19\).*'encoding'.*latin-1"):
        case(file)


@pytest.mark.parametrize("file", ["data.csv", "allnan.csv"])
def test_missing_cells_stay_missing(file):
    raw = case(f"38_nan_inf_features/{file}")
    table = pd.read_csv(CASES / f"38_nan_inf_features/{file}").drop(columns="label")
    assert np.isnan(raw.features[3, 1])
    assert np.array_equal(raw.features, table.to_numpy(float), equal_nan=True)


def test_infinite_cells_are_told_with_column_and_row():
    with pytest.raises(InputError, match="column 'f2' has 1 infinite value, first in row 6"):
        assemble(case("38_nan_inf_features/inf.csv"), "t")


def test_texts_among_numbers_are_told_and_can_be_declared_missing():
    with pytest.raises(InputError) as caught:
        case("38_nan_inf_features/text.csv")
    [problem] = caught.value.problems
    assert "column 'f0' has 2 values that are no numbers ('?', 'missing', first in row 8)" in str(
        problem
    )
    raw = case("38_nan_inf_features/text.csv", missing=["?", "missing"])
    assert np.isnan(raw.features[:, 0]).sum() == 2


def test_reported_duplicates_are_counted():
    plain = assemble(case("41_duplicates_across_split/data.csv"), "t")
    assert len(plain) == 140
    [finding] = plain.findings
    assert "40 rows repeat the features of an earlier row (40 sets" in finding.message
    conflict = assemble(case("41_duplicates_across_split/conflict.csv"), "t")
    assert {f.code: f.message[:1] for f in conflict.findings}["conflicting-labels"] == "1"


def test_a_saved_row_number_is_left_out_and_told():
    raw = case("44_id_index_column_leak/data.csv")
    assert [column.name for column in raw.columns] == ["f0", "f1", "f2", "f3"]
    [finding] = raw.findings
    assert (finding.level, finding.code) == ("warning", "row-id")
    assert finding.message.startswith("column 'Unnamed: 0' looks like a row number and is left out")
    assert case("44_id_index_column_leak/data.csv", ignore=["Unnamed: 0"]).findings == ()


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("data.csv", {"no": 80, "yes": 20}),
        ("bool.csv", {"False": 80, "True": 20}),
        ("codes.csv", {"01": 80, "010": 5, "08": 15}),
    ],
)
def test_labels_keep_their_text(file, counts):
    names, found = np.unique(case(f"53_yaml_booleans_and_octal/{file}").labels, return_counts=True)
    assert dict(zip(names.tolist(), found.tolist(), strict=True)) == counts


def test_all_roles_are_read_as_text_and_weights_as_numbers(tmp_path):
    text = "g,f0,part,w,label,note\n007,1,train,0.5,NA,x\n7,2,test,2,010,y\n"
    raw = loaded(tmp_path, text, group="g", weight="w", official_split="part", ignore=["note"])
    assert raw.groups.tolist() == ["007", "7"]
    assert raw.labels.tolist() == ["NA", "010"]
    assert raw.parts.tolist() == ["train", "test"]
    assert raw.weights.tolist() == [0.5, 2.0]
    assert raw.features.tolist() == [[1.0], [2.0]]
    assert raw.first_row == 1


def test_categories_are_coded_in_sorted_order(tmp_path):
    raw = loaded(
        tmp_path,
        "c,b,z,label\nred,True,3,x\nNA,FALSE,1,y\nblue,True,,x\n",
        categories=["z"],
    )
    assert [column.categories for column in raw.columns] == [
        ("blue", "red"),
        ("FALSE", "True"),
        ("1", "3"),
    ]
    expected = [[1, 1, 1], [np.nan, 0, 0], [0, 1, np.nan]]
    assert np.array_equal(raw.features, np.asarray(expected), equal_nan=True)


@pytest.mark.parametrize(
    "text",
    [
        "f0;f1;label\n1,5;2;a\n2,5;3;b\n",
        "f0\tf1\tlabel\n1,5\t2\ta\n2,5\t3\tb\n",
        "f0|f1|label\r\n1,5|2|a\r\n2,5|3|b",
        'f0,f1,label\n"1,5",2,a\n"2,5",3,b\n',
        "f0,f1,label\r1.5,2,a\r2.5,3,b\r",
        "sep=;\nf0;f1;label\n1.5;2;a\n2.5;3;b\n",
        "\n\nf0,f1,label\n1.5,2,a\n  \n2.5,3,b\n\n",
        "f0,f1,label,\n1.5,2,a,\n2.5,3,b,\n",
        "\ufefff0,f1,label\n1.5,2,a\n2.5,3,b\n",
        "f0,f1,label\n1.5,2,a\n2.5,3,b\n".encode("utf-16"),
        gzip.compress(b"f0,f1,label\n1.5,2,a\n2.5,3,b\n", mtime=0),
    ],
)
def test_one_table_is_read_in_all_its_spellings(tmp_path, text):
    raw = loaded(tmp_path, text)
    assert raw.features.tolist() == [[1.5, 2.0], [2.5, 3.0]]
    assert raw.labels.tolist() == ["a", "b"]
    assert [column.name for column in raw.columns] == ["f0", "f1"]
    assert raw.findings == ()


@pytest.mark.parametrize(
    ("text", "options", "path", "fragments"),
    [
        ("", {}, ("csv",), ["data.csv is empty"]),
        ("f0,label\n", {}, ("csv",), ["a header but no rows"]),
        ("label\na\n", {}, ("csv",), ["no feature columns"]),
        ("1,2\n3,4\n", {"target": "2"}, ("csv",), ["no header", "add a line"]),
        ("f0,f0,label\n1,2,a\n", {}, ("csv",), ["more than one column 'f0'"]),
        ("f0,label\n1,a\n2,b,9\n", {}, ("csv",), ["line 3 has 3 cells", "names 2 columns"]),
        ("f,g,label\n1,2,a\n\n2,b\n", {}, ("csv",), ["line 4 has 2 cells", "names 3 columns"]),
        ("f,label\n1,0,9\n2,1,8\n", {}, ("csv",), ["line 2 has 3 cells"]),
        ('f,label\n1,a\n2,"b\n3,c\n', {}, ("csv",), ["quote is opened in line 3", "close it"]),
        ("f0,label\n1,\n2,b\n3, \n", {}, ("target",), ["empty in 2 rows, first in row 1"]),
        ("f0,label\n1,a\n", {"target": "lable"}, ("target",), ["did you mean 'label'"]),
        ("f0;label\n1;a\n", {"separator": ","}, ("target",), ["separated by semicolons, not comm"]),
        ("f0,label\n1,a\n", {"separator": "xy"}, ("separator",), ["one character", "'xy'"]),
        ("f0,label\n1,a\n", {"ignore": ["f0"]}, ("csv",), ["no feature columns"]),
        ("f0,label\n1,a\n", {"ignore": ["f9"]}, ("ignore", 0), ["no column 'f9'"]),
        ("f0,label\n1,a\n", {"group": "label"}, ("group",), ["more than one role"]),
        ("f,w,label\n1,-1,a\n", {"weight": "w"}, ("weight",), ["first in row 1 (-1)"]),
        ("f,w,label\n1,,a\n", {"weight": "w"}, ("weight",), ["first in row 1 (nothing)"]),
        ("f,w,label\n1,?,a\n", {"weight": "w"}, ("weight",), ["1 weight", "'?' in row 1"]),
        ("f0,label\n1,x\n", {"encoding": "hex"}, ("encoding",), ["unknown encoding 'hex'"]),
        (b"f0,label\n1,\xe9\n", {"encoding": "ascii"}, ("encoding",), ["not ascii (byte 11)"]),
        (b"f0,label\n1,don\x92t\n", {}, ("csv",), ["byte 14", "cp1252", "'don’t'"]),
        ("f0,label\n1,é\n".encode("utf-16-le"), {}, ("csv",), ["perhaps to utf-16-le"]),
        ("f0,label\n1,e\n".encode("utf-16-le"), {}, ("csv",), ["characters of value 0"]),
        (b"PK\x03\x04...", {}, ("csv",), ["Excel"]),
        (gzip.compress(b"f0,label\n1,a\n", mtime=0)[:-6], {}, ("csv",), ["cannot be read"]),
        ("f,label\n1.5,a\nx,b\n", {}, ("csv",), ["1 value that is no number ('x'", "row 2"]),
        ("f,label\na,a\n7,b\nb,a\n", {}, ("csv",), ["holds texts ('a', 'b'", "numbers ('7'"]),
        ("f,label\n1,a\n2,b,\n", {}, ("csv",), ["line 3 has 3 cells", "quote a cell that holds"]),
        ("f,g,label\n1,a\n", {}, ("csv",), ["line 2 has 2 cells", "correct the line"]),
        ("f,label\n1,a\n,\n", {}, ("target",), ["empty in row 2; fill it in, or remove the row"]),
        ("# by me\n\nf,label\n1,a\n", {}, ("target",), ["in a later line", "remove the lines"]),
        ("f label\n1 a\n", {}, ("target",), ["separated by blanks; set 'separator' to ' '"]),
        ('"f" "label"\n1 "a"\n', {}, ("target",), ["separated by blanks"]),
        ("f,label\n0x1F,a\n", {}, ("csv",), ["1 number written in another way ('0x1F'"]),
        ("f,label\n1.5D+01,a\n", {}, ("csv",), ["1 number written in another way ('1.5D+01'"]),
        ("f,label\n12:30,a\n", {}, ("csv",), ["holds dates or times ('12:30'"]),
        ("f,label\n9:05 pm,a\n", {}, ("csv",), ["holds dates or times ('9:05 pm'"]),
        ("f,label\n2020-01-31,a\n", {}, ("csv",), ["holds dates or times ('2020-01-31'"]),
        ('f,label\n"1,500",a\n', {}, ("csv",), ["'1,500'", "thousands", "'decimal'"]),
        ("f;g;label\n1,5;2.5;a\n", {}, ("csv",), ["'1,5' in column 'f'", "'2.5' in column 'g'"]),
        ('f,label\n"1,5",a\n', {"decimal": "."}, ("csv",), ["set 'decimal' if ','"]),
        ("f;label\n1.5;a\n", {"decimal": ","}, ("csv",), ["set 'decimal' if '.'"]),
    ],
)
def test_a_fault_is_told_in_one_line_with_what_to_do(tmp_path, text, options, path, fragments):
    [problem] = refused(tmp_path, text, **options)
    assert problem.path == path
    assert [fragment for fragment in fragments if fragment not in problem.message] == []


@pytest.mark.parametrize("cell", ["1.234,56", "12 %", "$5", "1 000", "1'000", "€ 3", "1_000"])
def test_numbers_in_another_spelling_are_no_categories(tmp_path, cell):
    text = f"f;label\n{cell};a\n{cell};b\n"
    [problem] = refused(tmp_path, text, decimal=".")
    assert "column 'f' has 2 numbers written in another way" in problem.message
    raw = loaded(tmp_path, text, decimal=".", categories=["f"])
    assert raw.columns[0].categories == (cell,)


def test_blanks_are_a_separator_that_is_given(tmp_path):
    raw = loaded(tmp_path, 'f0 "my label"\n1.5 a\n2 "b c"\n', separator=" ", target="my label")
    assert (raw.features.tolist(), raw.labels.tolist()) == ([[1.5], [2.0]], ["a", "b c"])


def test_all_repeated_names_are_told_at_once(tmp_path):
    problems = refused(tmp_path, "f,g,f,g,f,label\n1,2,3,4,5,a\n")
    assert [problem.message.split(";")[0] for problem in problems] == [
        "data.csv has more than one column 'f'",
        "data.csv has more than one column 'g'",
    ]


def test_a_message_does_not_list_very_many_columns(tmp_path):
    names = [f"f{number}" for number in range(3000)]
    text = ",".join([*names, "label"]) + "\n" + "1," * 3000 + "a\n"
    [problem] = refused(tmp_path, text, target="?")
    assert problem.message.endswith(" and 2961 more")
    assert len(problem.message) < 500


def test_all_faulty_columns_and_roles_are_told_at_once(tmp_path):
    text = "f0,f1,label\n?,x,a\n1,2,\n3,3,b\n"
    assert [problem.path for problem in refused(tmp_path, text)] == [("target",), *[("csv",)] * 2]


def test_a_column_that_is_no_row_number_is_told_too(tmp_path):
    raw = loaded(tmp_path, ",f0,label,\n3,1,a,\n1,2,b,x\n")
    assert [finding.message.split(" and ")[0] for finding in raw.findings] == [
        "column 'Unnamed: 0' has no name of its own",
        "column 'Unnamed: 3' has no name of its own",
    ]


def test_tabs_are_what_a_tsv_file_has(tmp_path):
    assert loaded(tmp_path, "f0\tlabel\n1\ta\n", load_tsv).features.tolist() == [[1.0]]
    [problem] = refused(tmp_path, "f0,label\n1,a\n", load_tsv)
    assert "separated by commas, not tabs; name it under 'csv'" in problem.message


def test_quotes_protect_separators_and_newlines_anywhere(tmp_path, monkeypatch):
    rows = ['1,"a, ""b"""', '2,"c\nd"', '3,5" b', '4,"x" y'] * 50
    monkeypatch.setattr(text_file, "_PIECE", 61)
    raw = loaded(tmp_path, "f0,label\n" + "\n".join(rows) + "\n")
    assert raw.features[:, 0].tolist() == [1.0, 2.0, 3.0, 4.0] * 50
    assert raw.labels.tolist() == ['a, "b"', "c\nd", '5" b', "x y"] * 50


def test_what_a_column_holds_is_judged_over_the_whole_file(tmp_path, monkeypatch):
    monkeypatch.setattr(text_file, "_PIECE", 64)
    late = ["", "", "True", "TRUE", "x", ""]
    lines = [f"{i},{late[i // 500]},{'ab'[i % 2]}" for i in range(3000)]
    raw = loaded(tmp_path, "f0,c,label\n" + "\n".join(lines))
    assert raw.columns[1].categories == ("TRUE", "True", "x")
    assert raw.features[[999, 1000, 1500, 2000], 1].tolist()[1:] == [1.0, 0.0, 2.0]
    assert np.isnan(raw.features[999, 1])
    [problem] = refused(tmp_path, "f0,c,label\n" + "\n".join([*lines, "1,8,a"]))
    assert "column 'c' holds texts ('True', 'TRUE', 'x'" in problem.message
    assert "numbers ('8', first in row 3001)" in problem.message
    [problem] = refused(tmp_path, "f0,c,label\n" + "\n".join([*lines, "no,,a"]))
    assert "column 'f0' has 1 value that is no number ('no', first in row 3001)" in problem.message


def test_a_row_of_another_length_is_told_with_its_line_far_into_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(text_file, "_PIECE", 64)
    lines = ["f0,label", *(f"{i},{'ab'[i % 2]}" for i in range(500)), "7", "8,a,b"]
    [problem] = refused(tmp_path, "\n".join(lines))
    assert "line 502 has 1 cell, but the header names 2 columns" in problem.message


def test_progress_hears_bytes_up_to_the_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(text_file, "_PIECE", 100)
    heard = []
    text = "f0,label\n" + "1,a\n2,b\n" * 100
    loaded(tmp_path, text, progress=lambda *told: heard.append(told))
    reading = [told for told in heard if told[0] == "reading data.csv"]
    assert reading == sorted(reading, key=lambda told: told[1])
    assert len(reading) > 2
    assert reading[-1][1:] == (len(text), len(text))


names = st.text("abcdeXYZ_é ß", min_size=1, max_size=6).filter(str.strip)
words = st.text("abcxyzé ü\"',;|\t\n", min_size=1, max_size=6).filter(
    lambda text: text.strip() and text not in ("nan", "null")
)


@st.composite
def frames(draw):
    rows = draw(st.integers(2, 12))
    columns = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    numbers = st.floats(allow_nan=True, allow_infinity=False)
    column = st.one_of(
        st.lists(numbers, min_size=rows, max_size=rows),
        st.lists(st.integers(-(2**53), 2**53), min_size=rows, max_size=rows),
        st.lists(words.map(lambda word: "w" + word), min_size=rows, max_size=rows),
    )
    frame = pd.DataFrame({name: draw(column) for name in columns})
    frame["the label"] = draw(st.lists(words, min_size=rows, max_size=rows))
    return frame


@settings(max_examples=150, deadline=None)
@given(
    frame=frames(),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    decimal=st.sampled_from([".", ","]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    piece=st.sampled_from([7, 50, 1 << 23]),
)
def test_what_pandas_writes_is_read_back_exactly(
    tmp_path_factory, frame, separator, decimal, encoding, newline, piece
):
    path = tmp_path_factory.mktemp("round") / "data.csv"
    form = {"sep": separator, "decimal": decimal, "encoding": encoding, "lineterminator": newline}
    frame.to_csv(path, index=False, **form)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_file, "_PIECE", piece)
        raw = load_csv(
            location=path.name,
            folder=path.parent,
            target="the label",
            separator=separator,
            decimal=decimal,
            encoding="latin-1" if encoding == "latin-1" else None,
        )
    assert raw.labels.tolist() == frame["the label"].tolist()
    for place, column in enumerate(raw.columns):
        values = raw.features[:, place]
        if column.categories is None:
            assert np.array_equal(values, frame[column.name].to_numpy(float), equal_nan=True)
        else:
            texts = [column.categories[int(code)] for code in values]
            assert texts == frame[column.name].tolist()
    assert [column.name for column in raw.columns] == list(frame.columns[:-1])
