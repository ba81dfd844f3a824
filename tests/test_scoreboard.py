"""The measurement against published scores: who sees what, resuming, and its table."""

import importlib.util
import json
import sqlite3
import sys
from pathlib import Path
from unittest.mock import ANY

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(scope="module")
def published():
    path = BENCHMARKS / "published.py"
    spec = importlib.util.spec_from_file_location("published", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        yield module


@pytest.fixture
def database(tmp_path):
    """One set of 40 rows whose only feature is the number of the row."""
    path = tmp_path / "sets.db"
    with sqlite3.connect(path) as connection:
        connection.execute('create table "SET (2)" (f text, target integer)')
        rows = [(str(number), int(number % 4 == 0)) for number in range(40)]
        connection.executemany('insert into "SET (2)" values (?, ?)', rows)
    connection.close()
    return path


class Recorder:
    """A contender that writes down what it gets."""

    title, team, identity = "recorder", 1, "one"

    def __init__(self, protocol):
        self.protocol = protocol
        self.calls = []

    def told(self, train, test, seed):
        self.calls.append((train, test, seed))
        inside, outside = (6.0 * (x[:, :1].T % 4 == 0) - 3 for x in (train.x, test))
        parts = self.protocol.inner_parts(train.y, seed)
        return self.protocol.Told(("only",), parts, inside, outside)


@pytest.fixture
def recorder(published, monkeypatch):
    from scoreboard import protocol

    made = Recorder(protocol)
    monkeypatch.setattr(published, "contenders", lambda: {"recorder": made})
    monkeypatch.setattr("tuner.devices.use_threads", lambda count: None)
    return made


def pieces(published, seeds=(0,)):
    return published.pieces(["SET (2)"], list(seeds), ["recorder"])


def test_a_contender_gets_no_test_row_to_learn_from(published, recorder, database, tmp_path):
    published.train(database, tmp_path / "state", pieces(published))
    assert len(recorder.calls) == 5
    for train, test, _ in recorder.calls:
        assert not set(train.x[:, 0]) & set(test[:, 0])
        assert sorted([*train.x[:, 0], *test[:, 0]]) == list(range(40))
    tested = np.concatenate([test[:, 0] for _, test, _ in recorder.calls])
    assert sorted(tested) == list(range(40))


def test_finished_pieces_are_not_trained_again(published, recorder, database, tmp_path):
    state = published.State(tmp_path / "state")
    todo = pieces(published)
    published.train(database, tmp_path / "state", todo[:2])
    sets = published.load_sets(database)
    options = type(
        "Options",
        (),
        {
            "data": database,
            "state": tmp_path / "state",
            "workers": 1,
            "seeds": [0],
            "contenders": ["recorder"],
        },
    )
    published.train_all(options, sets, state)
    assert len(recorder.calls) == 5
    from scoreboard.results import finished_seeds

    assert finished_seeds(sets, state, "recorder", recorder) == [0]
    recorder.identity = "another"  # which answers differently
    assert finished_seeds(sets, state, "recorder", recorder) == []


def test_a_piece_is_read_as_it_was_written(published, recorder, tmp_path):
    state = published.State(tmp_path)
    told = recorder.protocol.Told(
        ("a", "b"), np.array([0, 1, 2]), np.array([[1.5, 2, 3], [4, 5, 6]]), np.ones((2, 4))
    )
    piece = pieces(published)[0]
    state.write(piece, "one", told)
    read = state.read(piece, "one")
    assert read.names == told.names
    for name in ("parts", "inside", "outside"):
        np.testing.assert_array_equal(getattr(read, name), getattr(told, name))
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]


def answers(published, rng, folds=3):
    """Two candidates: one that is right about training rows and wrong about test rows, and one
    that is the other way round."""
    from scoreboard.protocol import Told

    found = []
    for _ in range(folds):
        train, test = (
            rng.permutation(np.arange(40) % 4 == 0),
            rng.permutation(np.arange(20) % 4 == 0),
        )
        inside = np.array([8.0 * train - 4, 4 - 8.0 * train])
        outside = np.array([4 - 8.0 * test, 8.0 * test - 4])
        parts = np.arange(40) % 3
        told = Told(("right inside", "right outside"), parts, inside, outside)
        found.append((told, train.astype(int), test.astype(int)))
    return found


def test_test_rows_have_no_say_in_the_nested_column(published):
    from scoreboard.tables import nested, nested_choice

    given = answers(published, np.random.default_rng(0))
    found = nested(given, 1)
    assert found == {"f1": 0.0, "gmean": 0.0, "auc": 0.0}
    for told, train, _ in given:
        other = type(told)(told.names, told.parts, told.inside, told.outside[:, ::-1] * -7)
        assert nested_choice(other, train, 1) == nested_choice(told, train, 1) == (0, ANY)


def test_the_published_protocol_lets_test_rows_choose(published):
    from scoreboard.tables import best_on_test, on_test

    teams = [[0], [1]]
    found = best_on_test(on_test(answers(published, np.random.default_rng(0)), teams), teams)
    assert found == {"f1": 1.0, "gmean": 1.0, "auc": 1.0}


def test_the_table_has_means_ranks_and_wins(published):
    from scoreboard.tables import lines

    def scores(*f1):
        return {
            name: {"f1": value, "gmean": value / 2, "auc": 0.5}
            for name, value in zip("abc", f1, strict=True)
        }

    rows = {
        ("first", "x"): scores(0.9, 0.5, 0.2),
        ("second", "y"): scores(0.9, 0.4, 0.8),
        ("third", "z"): scores(0.3, 0.3, 0.3),
    }
    by_title = {line.title: line for line in lines(rows, ["a", "b", "c"])}
    assert [*by_title] == ["second", "first", "third"]
    assert by_title["first"].f1 == pytest.approx(1.6 / 3)
    assert by_title["first"].gmean == pytest.approx(0.8 / 3)
    assert by_title["first"].rank == pytest.approx((1.5 + 1 + 3) / 3)
    assert by_title["second"].rank == pytest.approx((1.5 + 2 + 1) / 3)
    assert [by_title[name].wins for name in ("first", "second", "third")] == [2, 2, 0]


def test_the_page_shows_what_was_measured(published):
    from scoreboard.results import BEGIN, END

    found = json.loads((published.RESULTS / "published.json").read_text(encoding="utf-8"))
    page = (BENCHMARKS.parent / "docs" / "scoreboard.md").read_text(encoding="utf-8")
    assert page.partition(BEGIN)[2].partition(END)[0] == published.markdown(found, short=True)


def test_everything_is_gathered_and_written(published, recorder, database, tmp_path):
    from scoreboard.results import BEGIN, END

    published.train(database, tmp_path / "state", pieces(published))
    sets, state = published.load_sets(database), published.State(tmp_path / "state")
    other = {"SET (2)": {"f1": 0.5, "gmean": 0.6, "auc": 0.7}}
    found = published.measured(sets, state, {"recorder": recorder}, {"LR + none": other})
    (tmp_path / "README.md").write_text(f"before\n{BEGIN}old\n{END}after\n", encoding="utf-8")
    published.write(found, tmp_path / "results", tmp_path / "README.md")
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert readme == f"before\n{BEGIN}{published.markdown(found, short=True)}{END}after\n"
    assert "| LR + none, published | test rows | 0.500 | 0.600 | 0.700 | 3.0 | 0 | 3 |" in readme
    assert "| recorder | training rows | 1.000 | 1.000 | 1.000 | 1.5 | 1 | 1 |" in readme
    kept = json.loads((tmp_path / "results" / "published.json").read_text(encoding="utf-8"))
    assert published.markdown(kept) == published.markdown(found)


def test_the_short_table_has_the_best_published_line_of_each_classifier(published):
    lines = [
        {"title": title, "kind": "k", "f1": 0.5, "gmean": 0.5, "auc": 0.5, "rank": 1, "wins": 0}
        for title in ("LR + smote, published", "LR + none, published", "ours", "DT + x, published")
    ]
    found = {"table": [{**line, "seeds": [0]} for line in lines], "best_of_everything": {}}
    shown = published.markdown(found, short=True)
    assert [title in shown for title in ("LR + smote", "LR + none", "ours", "DT")] == [
        True,
        False,
        True,
        True,
    ]


def test_thresholds_come_from_training_rows(published):
    from scoreboard.protocol import threshold

    labels = np.array([0] * 30 + [1] * 10)
    inside = np.where(labels == 1, 2.0, -3.0)
    assert -3 < threshold("tuned", labels, inside) < 2
    assert -3 < threshold("expected", labels, inside) < 2
    assert threshold("half", labels, inside) == 0
    assert threshold("prevalence", labels, inside) == pytest.approx(np.log(1 / 3))


def test_encodings_rise_with_the_number_and_have_a_fixed_width(published):
    from scoreboard.encoding import ENCODINGS

    learned = np.column_stack([np.arange(40.0) ** 2, np.arange(40) % 2])
    shown = ENCODINGS["steps"](learned)(learned)
    assert shown.shape == (40, 2 + 2 * 8)
    assert (np.diff(shown[:, 2::2].sum(axis=1)) > 0).all()
    ranked = ENCODINGS["ranks"](learned)(np.array([[-1e9, 0], [400, 0], [1e9, 1]]))
    assert ranked[:, 2] == pytest.approx([-3, 0, 3], abs=0.1)


def test_networks_answer_for_every_row_and_do_not_depend_on_test_rows(published):
    from scoreboard.networks import CONFIGURATIONS, Networks
    from scoreboard.sources import Rows

    sections = {
        **CONFIGURATIONS["plain"][1],
        "training": {"epochs": 2, "patience": 2, "batch_size": 32},
    }
    contender = Networks({"one": ("plain", sections)})
    rng = np.random.default_rng(0)
    train, test = Rows(rng.normal(size=(60, 3)), np.arange(60) % 4 // 3), rng.normal(size=(7, 3))
    told = contender.told(train, test, seed=1)
    assert (told.inside.shape, told.outside.shape) == ((1, 60), (1, 7))
    again = contender.told(train, test[:3] + 5, seed=1)
    np.testing.assert_array_equal(again.inside, told.inside)
