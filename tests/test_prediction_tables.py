"""New rows of a table in a file are those of the same table in memory."""

import gzip

import numpy as np
import pandas as pd
import pytest
from winners import exported, frame, table

from tuner.data.tables import text_file
from tuner.errors import InputError
from tuner.prediction.chunks import Asked
from tuner.prediction.predict import open_rows
from tuner.prediction.stored import stored_model


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return stored_model(exported(tmp_path_factory.mktemp("r") / "r", table(), group=(1, 0.5)))


@pytest.fixture(scope="module")
def expected(stored):
    return stored.load().predict_proba(frame())


def chunks(path, stored, **asked):
    return list(open_rows(path, stored, Asked(**asked)).chunks())


def told(path, stored, **asked):
    predictor = stored.load()
    found = [predictor.told_of(one.x).probabilities for one in chunks(path, stored, **asked)]
    return np.concatenate(found)


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def csv(**options):
    return frame().to_csv(index=False, lineterminator="\n", **options)


FILES = {
    "plain": (csv(), "new.csv", "utf-8"),
    "semicolons and decimal commas": (csv(sep=";", decimal=","), "new.csv", "utf-8"),
    "tabs": (csv(sep="\t"), "new.tsv", "utf-8"),
    "windows lines": (csv().replace("\n", "\r\n"), "new.csv", "utf-8"),
    "old lines": (csv().replace("\n", "\r"), "new.csv", "utf-8"),
    "a mark at the beginning": ("\ufeff" + csv(), "new.csv", "utf-8"),
    "UTF-16": (csv(), "new.csv", "utf-16"),
    "an index": (frame().to_csv(), "new.csv", "utf-8"),
    "quotes": (csv(quoting=1), "new.txt", "utf-8"),
    "blank lines": (csv().replace("\n", "\n\n"), "new.csv", "utf-8"),
    "other words for missing": (csv(na_rep="n/a"), "new.csv", "utf-8"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_text_is_understood_however_it_is_written(stored, expected, tmp_path, name):
    text, file, encoding = FILES[name]
    path = written(tmp_path / file, text, encoding)
    assert told(path, stored) == pytest.approx(expected, abs=1e-6)


def test_a_compressed_text_is_read(stored, expected, tmp_path):
    path = tmp_path / "new.csv.gz"
    path.write_bytes(gzip.compress(csv().encode()))
    assert told(path, stored) == pytest.approx(expected, abs=1e-6)


def test_parquet_is_read(stored, expected, tmp_path):
    path = tmp_path / "new.parquet"
    frame().to_parquet(path)
    assert told(path, stored) == pytest.approx(expected, abs=1e-6)
    [one] = chunks(path, stored, keep=("patient",), group="patient")
    assert one.kept["patient"].tolist() == one.groups.tolist() == frame()["patient"].tolist()
    frame().assign(size="x").to_parquet(path)
    with pytest.raises(InputError, match="column 'size' holds 40 values of type text"):
        chunks(path, stored)


@pytest.mark.parametrize("piece", [64, 300, 1000])
def test_where_a_file_is_cut_makes_no_difference(stored, expected, tmp_path, monkeypatch, piece):
    monkeypatch.setattr(text_file, "_PIECE", piece)
    path = written(tmp_path / "new.csv", csv())
    assert len(chunks(path, stored)) > 1
    assert told(path, stored) == pytest.approx(expected, abs=1e-6)
    kept = [one.kept["patient"] for one in chunks(path, stored, keep=("patient",))]
    assert np.concatenate(kept).tolist() == frame()["patient"].tolist()


def test_how_training_data_was_written_is_known(tmp_path):
    """Marks for missing values and the encoding that a study states hold for new rows."""
    from tuner.data.assemble import assemble
    from tuner.data.loaders.delimited import load_csv

    text = frame().to_csv(index=False, na_rep="-999").replace("rome", "Köln")
    written(tmp_path / "old.csv", text, "latin-1")
    raw = load_csv(
        location="old.csv",
        folder=tmp_path,
        target="label",
        ignore=["patient"],
        missing=["-999"],
        encoding="latin-1",
    )
    assert raw.reading == {
        "loader": "csv",
        "target": "label",
        "ignore": ["patient"],
        "missing": ["-999"],
        "decimal": ".",
        "encoding": "latin-1",
    }
    stored = stored_model(exported(tmp_path / "r", assemble(raw, "t", impute=True)))
    expected = stored.load().predict_proba(frame().replace("rome", "Köln"))
    for encoding in ("latin-1", "utf-8"):
        path = written(tmp_path / "new.csv", text, encoding)
        assert told(path, stored) == pytest.approx(expected, abs=1e-6)
        assert open_rows(path, stored, Asked()).notes == ()


def test_a_column_is_kept_as_it_is_written(stored, tmp_path):
    data = frame().assign(id=[f"{row:03}" for row in range(40)])
    path = written(tmp_path / "new.csv", data.to_csv(index=False))
    [one] = chunks(path, stored, keep=("id", "size", "depth"))
    assert list(one.kept) == ["id", "size", "depth"]
    assert one.kept["id"][:2].tolist() == ["000", "001"]
    assert one.kept["depth"][0] == ""
    assert [float(text) for text in one.kept["size"]] == frame()["size"].tolist()


def test_columns_that_nobody_knows_are_told(stored, tmp_path):
    path = written(tmp_path / "new.csv", frame().assign(id=1, other=2).to_csv(index=False))
    [note] = open_rows(path, stored, Asked()).notes
    assert note == "new.csv: columns that the model does not know, left out: 'id', 'other'"
    path = written(tmp_path / "new.csv", csv())
    assert open_rows(path, stored, Asked()).notes == ()  # patient and label have had their roles


def line(number, text):
    """The CSV with another line, counted from 1."""
    lines = csv().split("\n")
    lines[number - 1] = text
    return "\n".join(lines)


BROKEN = {
    "a word": (line(20, "s1,oslo,0.1,1,big,well"), r"column 'size' .*\('big', first in line 20\)"),
    "a cell too many": (line(20, "s1,oslo,0.1,1,2,well,"), "line 20 has 7 cells"),
    "a cell too few": (line(20, "s1,oslo"), "line 20 has 2 cells"),
    "an open quote": (line(20, 's1,"oslo,0.1,1,2,well'), "a quote is opened in line 20"),
    "no rows": (csv().split("\n")[0] + "\n", "has a header but no rows"),
    "nothing": ("", "new.csv is empty"),
    "after a cell of two lines": (
        line(10, 's1,"os\nlo",0.1,1,2,well').replace("s9,", "s9,", 1) + "x,oslo,0.1,1,no,ill\n",
        "first in line 43",
    ),
    "zeros": ("\0\0\0\0", "is no text"),
    "no header": ("1,2\n3,4\n", "has no header"),
    "beyond numbers": (line(7, "s1,oslo,0.1,1,1e300,well"), r"first 1e\+300 in line 7"),
    "two marks": (line(7, 's1,oslo,"0,1",1,1.5,well'), "a decimal comma"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_row_that_cannot_be_read_is_told_with_its_line(stored, tmp_path, name):
    text, message = BROKEN[name]
    path = written(tmp_path / "new.csv", text)
    with pytest.raises(InputError, match=message):
        chunks(path, stored)


def test_every_column_that_is_missing_is_named(stored, tmp_path):
    path = written(
        tmp_path / "new.csv",
        frame().drop(columns=["site"]).rename(columns={"depth": "Depth"}).to_csv(index=False),
    )
    with pytest.raises(InputError) as caught:
        chunks(path, stored)
    assert str(caught.value).split("\n") == [
        "new.csv has no column 'depth'; did you mean 'Depth'? rename it",
        "new.csv has no column 'site', which the model needs; it holds: 'patient', 'Depth', "
        "'scanner', 'size', 'label'",
    ]


OPTIONS = {
    "a column to keep": ({"keep": ("Size",)}, "--keep: new.csv has no column 'Size'; did you mean"),
    "a group": ({"group": "Patient"}, "--group: new.csv has no column 'Patient'; did you mean"),
    "a name of ours": ({"keep": ("decision",)}, "--keep: the output has a column 'decision'"),
    "a separator": ({"separator": "ab"}, "--separator: expected one character"),
    "another separator": ({"separator": ";"}, "separated by commas, not semicolons"),
    "an encoding": ({"encoding": "utf-99"}, "--encoding: unknown encoding 'utf-99'"),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_that_does_not_fit_is_named(stored, tmp_path, name):
    asked, message = OPTIONS[name]
    path = written(tmp_path / "new.csv", csv())
    with pytest.raises(InputError, match=message):
        chunks(path, stored, **asked)


def test_a_decimal_comma_is_known_from_training_where_a_file_does_not_tell(tmp_path):
    """1,234 may be a thousand; training data with other decimal commas says that it is not."""
    from tuner.data.assemble import assemble
    from tuner.data.loaders.delimited import load_csv

    old = "a;b;y\n" + "".join(f"{n},{n}5;{n % 3};{'in'[n % 2]}\n" for n in range(1, 9))
    written(tmp_path / "old.csv", old)
    raw = load_csv(location="old.csv", folder=tmp_path, target="y")
    stored = stored_model(exported(tmp_path / "r", assemble(raw, "t", "i")))
    path = written(tmp_path / "new.csv", "a;b\n1,234;1\n")
    one = told(path, stored)
    assert one == pytest.approx(stored.load().predict_proba(pd.DataFrame({"a": [1.234], "b": [1]})))


def test_unseen_categories_are_counted(stored, tmp_path):
    path = written(tmp_path / "new.csv", csv().replace("oslo", "lima").replace("rome", "lima"))
    [one] = chunks(path, stored)
    [unseen] = one.unseen
    assert (unseen.column, unseen.rows) == ("site", int((frame()["site"] != "Zürich").sum()))
