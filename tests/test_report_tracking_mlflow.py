"""MLflow reads what the tracker has written, and a server that is away costs nothing."""

import shutil
import socket
import time

import pytest

pytest.importorskip("mlflow", reason="the extra mlflow is not installed")

from mlflow import environment_variables
from mlflow.tracking import MlflowClient
from test_report_tracking import CONTENT, CURVES, RECORDS

from tuner.report.tracking.impatience import impatient
from tuner.report.tracking.mlflow import MlflowTracker
from tuner.report.tracking.observer import TrackingObserver

pytestmark = [
    # MLflow 3.17 still uses a way of loading that SQLAlchemy 2.1 warns of.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow"),
]


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A database of MLflow, which takes seconds to make."""
    folder = tmp_path_factory.mktemp("mlflow")
    MlflowClient(f"sqlite:///{folder}/mlflow.db").search_experiments()
    return folder / "mlflow.db"


@pytest.fixture
def uri(empty, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # artifacts lie beside the database
    shutil.copy(empty, tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path}/mlflow.db"


@pytest.fixture
def folder(tmp_path):
    run = tmp_path / "runs" / "scans"
    (run / "best_model").mkdir(parents=True)
    for name in ("results.json", "report.html", "best_model/model.keras"):
        (run / name).write_text("content")
    return run


def tracker(folder, uri, experiment="lesions"):
    return MlflowTracker(folder / "tracking", "scans", uri, experiment, {"seed": 3})


def runs(uri, experiment="lesions"):
    client = MlflowClient(uri)
    found = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    return client, {run.info.run_name: run for run in found}


def tracked(folder, uri):
    one = tracker(folder, uri)
    assert one.begin() == set()
    for record in RECORDS:
        one.trial(record, CURVES if record.score else ())
    return one


def test_trials_are_runs_below_that_of_the_study(folder, uri):
    tracked(folder, uri).finish(CONTENT, folder)
    client, found = runs(uri)
    assert set(found) == {"scans", "trial 0", "trial 1"}
    study, first, failed = (found[name] for name in ("scans", "trial 0", "trial 1"))
    assert first.data.tags["mlflow.parentRunId"] == study.info.run_id
    assert first.data.params == {"model.activation": "relu", "model.layers": "2"}
    assert first.data.metrics["objective"] == 0.8
    assert (first.info.status, failed.info.status) == ("FINISHED", "FAILED")
    assert first.info.end_time - first.info.start_time == 2000
    assert failed.data.tags["minority_tuner.reason"] == "non-finite loss in epoch 3"
    curve = client.get_metric_history(first.info.run_id, "fold_0/loss")
    assert [(point.step, point.value) for point in curve] == [(1, 0.5), (2, 0.25)]
    assert "fold_1_repeat_1/val_pr_auc" in first.data.metrics


def test_the_study_has_test_scores_and_the_files_of_the_report(folder, uri):
    tracked(folder, uri).finish(CONTENT, folder)
    client, found = runs(uri)
    study = found["scans"]
    assert study.info.status == "FINISHED"
    assert study.data.metrics["test/minority_f1"] == 0.75
    assert study.data.tags["minority_tuner.winner"] == "trial 0"
    assert study.data.tags["mlflow.note.content"].startswith("best minority-class F1: 0.75")
    listed = [file.path for file in client.list_artifacts(study.info.run_id)]
    assert listed == ["best_model", "report.html", "results.json"]
    [model] = client.list_artifacts(study.info.run_id, "best_model")
    assert model.path == "best_model/model.keras"


def test_a_run_that_goes_on_has_no_trial_twice_and_mends_what_was_cut_off(folder, uri):
    one = tracked(folder, uri)
    half = one._new(one._run, "trial 2", {"minority_tuner.trial": "2"})  # and then it was killed
    again = tracker(folder, uri)
    assert again.begin() == {0, 1}
    client, found = runs(uri)
    assert set(found) == {"scans", "trial 0", "trial 1"}
    assert client.get_run(half).info.lifecycle_stage == "deleted"
    assert found["scans"].info.status == "RUNNING"
    again.stop()
    assert runs(uri)[1]["scans"].info.status == "KILLED"


def test_a_run_that_was_deleted_or_lies_elsewhere_begins_anew(folder, uri):
    one = tracked(folder, uri)
    assert tracker(folder, uri, "other").begin() == set()
    assert set(runs(uri, "other")[1]) == {"scans"}
    two = tracker(folder, uri)
    assert two.begin() == set()  # the memory is of the other experiment now
    assert two._run != one._run
    MlflowClient(uri).delete_run(two._run)
    three = tracker(folder, uri)
    assert three.begin() == set()
    assert three._run not in (one._run, two._run)


@pytest.mark.parametrize(
    ("status", "best", "told"),
    [("finished", None, "FAILED"), ("interrupted", CONTENT["best"], "KILLED")],
)
def test_how_a_run_ended_is_told(folder, uri, status, best, told):
    one = tracked(folder, uri)
    one.finish({**CONTENT, "status": status, "best": best}, folder)
    assert runs(uri)[1]["scans"].info.status == told


BOUNDED = ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_TIMEOUT")


def told_where_nothing_answers(folder):
    """What is told of a run whose server refuses, and after how many seconds."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = []
    observer = TrackingObserver(tracker(folder, f"http://127.0.0.1:{port}"), told.append)
    started = time.monotonic()
    observer.store_opens(RECORDS, lambda number: CURVES)
    observer.search_ends("trials")
    observer.report_written(CONTENT, folder)
    observer.close()
    return told, time.monotonic() - started


def test_a_server_that_is_away_is_one_warning(folder, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    *_, line = told_where_nothing_answers(folder)[0]
    assert line.startswith(
        "warning: MLflow hears no more of this run (MlflowException: API request"
    )
    assert "Traceback" not in line


def test_a_server_that_refuses_is_given_up_in_seconds(folder, monkeypatch):
    for name in BOUNDED:
        monkeypatch.delenv(name, raising=False)
    told, seconds = told_where_nothing_answers(folder)
    assert seconds < 15  # MLflow's own tries take four minutes
    assert told[0] == "waiting for MLflow …; Ctrl-C goes on without it"
    assert "refused" in told[-1]
    assert len(told) == 2


def test_only_our_calls_are_impatient_and_a_persons_settings_hold(monkeypatch):
    variables = [getattr(environment_variables, name) for name in BOUNDED]
    monkeypatch.delenv(BOUNDED[0], raising=False)
    monkeypatch.setenv(BOUNDED[1], "77")
    before = [variable.get() for variable in variables]
    with impatient():
        assert [variable.get() for variable in variables] == [2, 77]
    assert [variable.get() for variable in variables] == before == [7, 77]
