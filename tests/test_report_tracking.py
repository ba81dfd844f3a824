"""Trackers: what TensorBoard reads, and that none ever costs a result."""

import json
import threading
import time
from types import SimpleNamespace

import pytest
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups

from tuner import InputError, load_study
from tuner.cli import main
from tuner.report.tracking import asked
from tuner.report.tracking import observer as observing
from tuner.report.tracking.asked import is_tracked, tracking_problems
from tuner.report.tracking.observer import TrackingObserver
from tuner.report.tracking.tensorboard import TensorBoardTracker
from tuner.report.tracking.tracker import Memory, Tracker, final_scores, trial_scores
from tuner.search.learning import LearningCurve
from tuner.search.places import places
from tuner.search.records import TrialRecord
from tuner.search.run_folder import RunFolder
from tuner.study.tracking_section import MlflowSection, TrackingSection

SCORES = {"minority_f1": 0.8, "pr_auc": 0.9, "confusion": [[1, 0], [0, 1]]}
OUTCOME = {"scores": SCORES, "threshold": 0.25, "parameters": 7, "seconds": 2.0, "ended": 100.0}
RECORDS = [
    TrialRecord(0, "finished", {"model.activation": "relu", "model.layers": 2}, 0.8, "", OUTCOME),
    TrialRecord(1, "failed", {"model.activation": "elu"}, None, "non-finite loss in epoch 3"),
]
CURVES = [
    LearningCurve(0, 0, 0, 2, loss=[0.5, 0.25], val_pr_auc=[0.75, 1.0]),
    LearningCurve(0, 1, 1, 1, loss=[1.0], val_pr_auc=[0.5]),
]
BEST = {
    "trial": 0,
    "validation": {"minority_f1": 0.875},
    "test": {"minority_f1": 0.75, "ci95": [0.5, 0.9], "confusion": [[3, 1], [1, 3]]},
}
CONTENT = {
    "status": "finished",
    "best": BEST,
    "data": {"minority": "ill"},
    "objective": {"metric": "minority_f1", "level": "row"},
}


def study_of(folder, tracking):
    path = folder / "study.yaml"
    text = """version: 1
name: tracked
data: {csv: data.csv, target: label, split: {folds: 2}}
model: {layers: {int: [1, 2]}, units: 4, activation: [relu, {elu: {alpha: {float: [0.5, 1.5]}}}]}
training: {epochs: 2, learning_rate: {choice: [0.01, 0.1]}}
search: {trials: 2, workers: 1}
evaluation: {confirm: 0, baselines: false}
"""
    path.write_text(f"{text}tracking: {tracking}\n")
    return path


class Noted(Tracker):
    """Notes what it is told."""

    name = "Noted"

    def __init__(self, known=(), fails_at="", waits=None):
        self.heard, self.known, self.fails_at, self.waits = [], set(known), fails_at, waits

    def _hear(self, what):
        self.heard.append(what)
        if what == self.fails_at:
            raise ConnectionError("the server is away")
        if self.waits:
            self.waits.wait()

    def begin(self):
        self._hear("begin")
        return self.known

    def trial(self, record, curves):
        self._hear(f"trial {record.number} with {len(curves)}")

    def finish(self, content, folder):
        self._hear("finish")

    def stop(self):
        self._hear("stop")


def observed(tracker, finish=CONTENT, curves=lambda number: CURVES, **more):
    told = []
    observer = TrackingObserver(tracker, told.append, **more)
    observer.store_opens(RECORDS[:1], curves)
    observer.trial_ends(RECORDS[1])
    observer.search_ends("trials")
    if finish:
        observer.report_written(finish, None)
    observer.close()
    return told


def until(reached, seconds=10):
    last = time.monotonic() + seconds
    while not reached() and time.monotonic() < last:
        time.sleep(0.005)


@pytest.fixture
def never():
    """What a tracker that does not answer waits for, until the test is over."""
    event = threading.Event()
    yield event
    event.set()


class TestObserver:
    def test_trials_of_earlier_runs_come_first_and_none_twice(self):
        fresh, resumed = Noted(), Noted(known=[0])
        assert observed(fresh) == observed(resumed) == []
        assert fresh.heard == ["begin", "trial 0 with 2", "trial 1 with 2", "finish"]
        assert resumed.heard == ["begin", "trial 1 with 2", "finish"]

    def test_curves_that_the_tracker_has_are_not_read(self):
        read, tracker = [], Noted(known=[0])
        observer = TrackingObserver(tracker, print)
        observer.store_opens(RECORDS[:1], lambda number: read.append(number) or CURVES)
        observer.trial_ends(RECORDS[1])
        until(lambda: "begin" in tracker.heard and (observer.unit_ends(2, 1, 2) or read))
        observer.search_ends("trials")
        observer.close()
        assert read == [1]
        assert tracker.heard == ["begin", "trial 1 with 2", "stop"]

    def test_nothing_is_read_for_a_tracker_that_failed(self):
        read, told = [], []
        observer = TrackingObserver(Noted(fails_at="begin"), told.append)
        observer.store_opens(RECORDS, lambda number: read.append(number) or CURVES)
        until(lambda: observer.unit_ends(2, 1, 2) or told)
        observer.search_ends("trials")
        observer.close()
        assert (read, len(told)) == ([], 1)

    def test_a_run_that_ends_early_is_closed(self):
        tracker = Noted()
        assert observed(tracker, finish=None) == []
        assert tracker.heard[-1] == "stop"

    @pytest.mark.parametrize("fails_at", ["begin", "trial 0 with 2", "finish"])
    def test_a_tracker_that_fails_is_one_warning_and_hears_no_more(self, fails_at):
        tracker = Noted(fails_at=fails_at)
        [line] = observed(tracker)
        assert line.startswith(
            "warning: Noted hears no more of this run (ConnectionError: the server is away);"
        )
        assert tracker.heard[-1] == fails_at

    def test_curves_that_cannot_be_read_are_no_fault_of_the_run(self):
        def broken(number):
            raise OSError("gone")

        [line] = observed(Noted(), curves=broken)
        assert "(OSError: gone)" in line

    def test_a_tracker_that_does_not_answer_holds_up_nothing_for_long(self, never):
        started = time.monotonic()
        [line] = observed(Noted(waits=never), patience=0.1)
        assert time.monotonic() - started < 5
        assert "(no answer for 0.1 seconds)" in line

    def test_what_is_waited_for_is_told(self, never, monkeypatch):
        monkeypatch.setattr(observing, "_SILENCE", 0.0)
        first, _ = observed(Noted(waits=never), patience=0.2)
        assert first == "waiting for Noted …; Ctrl-C goes on without it"

    def test_one_that_has_failed_is_not_waited_for(self, never):
        class Slow(Noted):
            def trial(self, record, curves):
                never.wait()

        def broken(number):
            raise OSError("gone")

        started = time.monotonic()
        [line] = observed(Slow(), curves=broken)
        assert time.monotonic() - started < 5
        assert "(OSError: gone)" in line

    @pytest.mark.parametrize("finish", [{**CONTENT, "status": "interrupted"}, None])
    def test_after_an_interruption_the_wait_is_short(self, never, finish):
        started = time.monotonic()
        [line] = observed(Noted(waits=never), finish, patience=60, haste=0.1)
        assert time.monotonic() - started < 5
        assert "(not done 0.1 seconds after the end of the run)" in line

    def test_the_end_of_a_whole_run_is_waited_for(self, never):
        threading.Timer(0.3, never.set).start()
        tracker = Noted(waits=never)
        assert observed(tracker, haste=0.0) == []
        assert tracker.heard[-1] == "finish"

    def test_an_interruption_ends_the_waiting_and_nothing_else(self, never, monkeypatch):
        monkeypatch.setattr(observing, "_SILENCE", 0.0)
        told = []

        def tell(line):
            told.append(line)
            if line.startswith("waiting"):
                raise KeyboardInterrupt

        observer = TrackingObserver(Noted(waits=never), tell)
        observer.store_opens(RECORDS, lambda number: CURVES)
        observer.close()
        assert "(Ctrl-C ended the waiting for it)" in told[1]

    def test_where_the_search_did_not_begin_there_is_nothing_to_close(self):
        tracker = Noted()
        TrackingObserver(tracker, print).close()
        assert tracker.heard == []


class TestScores:
    def test_of_a_trial(self):
        told = trial_scores(RECORDS[0])
        assert told == {
            "minority_f1": 0.8,
            "pr_auc": 0.9,
            "threshold": 0.25,
            "parameters": 7.0,
            "seconds": 2.0,
            "objective": 0.8,
        }
        assert trial_scores(RECORDS[1]) == {}

    def test_of_the_winner(self):
        assert final_scores(CONTENT) == {
            "validation/minority_f1": 0.875,
            "test/minority_f1": 0.75,
            "test/minority_f1_low": 0.5,
            "test/minority_f1_high": 0.9,
        }
        assert final_scores({"best": None}) == {}
        assert set(final_scores({"best": {**BEST, "test": None}})) == {"validation/minority_f1"}


@pytest.fixture
def tracked(tmp_path):
    """A folder with what TensorBoard reads, and the study."""
    study = load_study(study_of(tmp_path, "{tensorboard: true}"))
    tracker = TensorBoardTracker(tmp_path / "tracking", places(study), "minority_f1")
    assert tracker.begin() == set()
    for record in RECORDS:
        tracker.trial(record, CURVES if record.score else ())
    tracker.finish(CONTENT, tmp_path)
    return tmp_path / "tracking" / "tensorboard", study


def read(folder):
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    return multiplexer


def points(multiplexer, run, tag):
    return [
        (event.step, float(event.tensor_proto.float_val[0]))
        for event in multiplexer.Tensors(run, tag)
    ]


def hparams_of(folder):
    provider = MultiplexerDataProvider(read(folder), str(folder))
    return backend_context.Context(SimpleNamespace(data_provider=provider))


class TestTensorBoard:
    def test_curves_are_runs_below_their_trial(self, tracked):
        multiplexer = read(tracked[0])
        network = "trial_0000/fold_0"
        assert points(multiplexer, network, "epoch/loss") == [(1, 0.5), (2, 0.25)]
        assert points(multiplexer, network, "epoch/val_pr_auc") == [(1, 0.75), (2, 1.0)]
        assert points(multiplexer, "trial_0000/fold_1_repeat_1", "best_epoch") == [(0, 1.0)]
        assert points(multiplexer, "trial_0000", "objective")[0][1] == pytest.approx(0.8)
        assert points(multiplexer, "winner", "test/minority_f1") == [(0, 0.75)]
        answer = multiplexer.Tensors("winner", "answer")[0].tensor_proto.string_val[0]
        assert answer.decode().startswith("best minority-class F1: 0.75 (test, 95 % CI 0.50–0.90")

    def test_its_own_backend_knows_the_hyperparameters(self, tracked):
        context = hparams_of(tracked[0])
        found = context.experiment_from_metadata(
            RequestContext(),
            "",
            include_metrics=True,
            hparams_run_to_tag_to_content=context.hparams_metadata(RequestContext(), ""),
            data_provider_hparams=[],
        )
        infos = {info.name: info for info in found.hparam_infos}
        assert set(infos) == {
            "model.layers",
            "model.activation",
            "model.activation.elu.alpha",
            "training.learning_rate",
        }
        assert set(infos["model.activation"].domain_discrete) == {"relu", "elu"}
        assert infos["model.activation.elu.alpha"].domain_interval.max_value == 1.5
        scores = [info.name.tag for info in found.metric_infos]
        assert scores == ["objective", "minority_f1", "pr_auc", "seconds"]

    def test_its_own_backend_lists_each_trial_with_scores(self, tracked):
        context = hparams_of(tracked[0])
        request = api_pb2.ListSessionGroupsRequest(
            allowed_statuses=[api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE], slice_size=9
        )
        handler = list_session_groups.Handler(RequestContext(), context, "", request)
        groups = {group.name: group for group in handler.run().session_groups}
        assert set(groups) == {"trial 0", "trial 1"}
        assert groups["trial 0"].hparams["model.activation"].string_value == "relu"
        scores = {value.name.tag: value.value for value in groups["trial 0"].metric_values}
        assert scores["minority_f1"] == pytest.approx(0.8)
        assert groups["trial 1"].sessions[0].status == api_pb2.STATUS_FAILURE

    def test_a_run_that_goes_on_writes_no_trial_twice(self, tracked):
        folder, study = tracked
        (folder / ".trial_0007.new").mkdir()  # of a process that was killed
        again = TensorBoardTracker(folder.parent, places(study), "minority_f1")
        assert again.begin() == {0, 1}
        assert not (folder / ".trial_0007.new").exists()
        again.finish(CONTENT, folder)
        assert len(list((folder / "winner").iterdir())) == 1


class TestAsked:
    @pytest.mark.parametrize(
        ("tracking", "told"),
        [
            ("{tensorbord: true}", "did you mean 'tensorboard'?"),
            ("{tensorboard: 1}", "tracking.tensorboard: input should be a valid boolean, got 1"),
            ("{mlflow: {tracking_uri: runs}}", "expected a database or a server"),
            ("{mlflow: {tracking_uri: 'file:///runs'}}", "expected a database or a server"),
            ("{mlflow: {tracking_uri: 'https://me:secret@host'}}", "expected no password"),
            ("{mlflow: {experiment: ''}}", "tracking.mlflow.experiment"),
            ("{mlflow: }", "study.yaml:8:12: tracking.mlflow: expected true, false or keys"),
            ("{mlflow: }", "got nothing; write true for all defaults"),
            ("{mlflow: 1}", "tracking.mlflow: expected keys with values, got 1"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_key(self, tmp_path, tracking, told):
        with pytest.raises(InputError) as caught:
            load_study(study_of(tmp_path, tracking))
        assert told in str(caught.value)
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize(("given", "asks"), [("true", True), ("{}", True), ("false", False)])
    def test_mlflow_is_switched_as_tensorboard_is(self, tmp_path, given, asks):
        tracking = load_study(study_of(tmp_path, f"{{mlflow: {given}}}")).tracking
        assert tracking == TrackingSection(mlflow=MlflowSection() if asks else False)
        assert (tracking.mlflow is not None) is asks

    def test_a_missing_package_is_told_before_the_search(self, tmp_path, monkeypatch):
        study = load_study(study_of(tmp_path, "{mlflow: {}}"))
        monkeypatch.setattr(asked, "find_spec", lambda name: None)
        [problem] = tracking_problems(study)
        assert str(problem) == (
            "tracking.mlflow: needs the package mlflow; install it with: "
            "pip install 'minority-tuner[mlflow]'"
        )

    def test_what_a_tracker_lacks_is_known(self, tmp_path):
        uri = "sqlite:///runs.db"
        study = load_study(
            study_of(tmp_path, f"{{tensorboard: true, mlflow: {{tracking_uri: '{uri}'}}}}")
        )
        folder = RunFolder(tmp_path)
        assert not is_tracked(study, folder)
        Memory(folder.tracking / "tensorboard.json").write({"finished": True})
        settings = {"tracking_uri": uri, "experiment": "tracked"}
        mlflow = Memory(folder.tracking / "mlflow.json")
        for known, whole in (
            ({**settings, "finished": False}, False),
            ({**settings, "experiment": "other", "finished": True}, False),
            ({**settings, "run_id": "a1", "finished": True}, True),
        ):
            mlflow.write(known)
            assert is_tracked(study, folder) is whole

    def test_a_damaged_memory_is_none(self, tmp_path):
        (tmp_path / "m.json").write_text("{")
        assert Memory(tmp_path / "m.json").read() == {}


def test_a_whole_run_is_tracked_and_what_is_lacking_is_written_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i * 37 % 101},{i % 7},{'ill' if i % 5 == 0 else 'well'}" for i in range(200)]
    (tmp_path / "data.csv").write_text("\n".join(["a,b,label", *rows, ""]))
    call = ["run", str(study_of(tmp_path, "{tensorboard: true}")), "--quiet"]
    assert main(call) == 0
    folder = tmp_path / "runs/tracked/tracking/tensorboard"
    files = {path: path.stat().st_mtime_ns for path in folder.glob("trial_*/**/events*")}
    assert len(files) == 2 * (1 + 2)
    results = json.loads((tmp_path / "runs/tracked/results.json").read_text())
    network = read(folder)
    assert len(points(network, "trial_0001/fold_1", "epoch/val_pr_auc")) == 2
    [(_, told)] = points(network, "winner", "test/minority_f1")
    assert told == pytest.approx(results["best"]["test"]["minority_f1"])
    # As a process leaves it that is killed between the end of a trial and the tracker's.
    for lost in (path for path in files if "trial_0001" in str(path)):
        lost.unlink()
    (folder / "trial_0001").rename(folder / ".trial_0001.new")
    Memory(folder.parent / "tensorboard.json").write({"finished": False})
    assert main(call) == 0
    again = {path: path.stat().st_mtime_ns for path in folder.glob("trial_*/**/events*")}
    assert len(again) == len(files)
    assert {path for path in files if "trial_0000" in str(path)} <= set(again)
    assert main(call[:2]) == 0
    assert "this study is finished" in capsys.readouterr().out
