"""Progress: what is drawn again and again on a terminal, how long it will take, and logs."""

import io
import re

import pytest
from rich.console import Console

from tuner.report.live import LiveLines, Stage
from tuner.report.progress import ConsoleObserver
from tuner.report.time_left import TimeLeft
from tuner.search.records import TrialRecord


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def console(width=80, terminal=True, **more):
    more = {"file": io.StringIO(), "force_terminal": terminal, **more}
    return Console(width=width, markup=False, highlight=False, **more)


def text(of):
    """What a console shows in the end, without colours and what moves the cursor."""
    return re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", of.file.getvalue())


def finished(number, score):
    return TrialRecord(number, "finished", {}, score)


class TestTimeLeft:
    def test_it_goes_by_the_pace_so_far_and_counts_down_between_steps(self):
        clock = Clock()
        left = TimeLeft(10, done=2, clock=clock)
        assert (left.seconds, str(left)) == (None, "")
        clock.now = 20.0
        left.reach(4)
        assert (left.seconds, str(left)) == (60.0, "about 60 s left")
        clock.now = 45.0
        left.reach(4)
        assert left.seconds == 35.0

    def test_begun_parts_count_and_a_limit_is_known_from_the_start(self):
        clock = Clock()
        left = TimeLeft(100, limit=90.0, clock=clock)
        assert left.seconds == 90.0
        clock.now = 30.0
        left.reach(0.5)
        assert left.seconds == 60.0

    def test_where_nothing_is_left_nothing_is_said(self):
        clock = Clock()
        left = TimeLeft(2, clock=clock)
        clock.now = 3.0
        left.reach(2)
        assert str(left) == ""


class TestLines:
    def drawn(self, width, **more):
        shown = console(width, **more)
        lines = LiveLines(shown)
        below = ["running: trial 7 (2 of 3)", ""]
        lines.show(lambda: Stage("search", 7.5, 12, "7 of 12 trials, about 15 s left", below))
        lines.hide()
        return text(shown)

    def test_a_stage_is_a_bar_and_lines(self):
        out = self.drawn(80)
        assert "search ━━━━━━━━━━━━━━━╺━━━━━━━━ 7 of" in out
        assert "7 of 12 trials, about 15 s left" in out
        assert "running: trial 7 (2 of 3)" in out

    @pytest.mark.parametrize("width", [12, 25, 40])
    def test_no_line_fills_a_narrow_terminal(self, width):
        lines = self.drawn(width).replace("\r", "\n").splitlines()
        assert max(map(len, lines)) < width
        assert lines[0] == "search 7 of 12 trials, about 15 s left"[: width - 1].rstrip()

    def test_a_terminal_without_unicode_gets_a_bar_of_other_signs(self):
        file = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", errors="strict")
        shown = console(file=file)
        lines = LiveLines(shown)
        lines.show(lambda: Stage("search", 6, 12, "6 of 12 trials"))
        lines.hide()
        file.flush()
        assert b"-----" in file.buffer.getvalue()

    def test_nothing_is_drawn_in_a_file_or_on_a_dumb_terminal(self, monkeypatch):
        assert self.drawn(80, terminal=False) == ""
        monkeypatch.setenv("TERM", "dumb")
        assert self.drawn(80) == ""


class TestObserver:
    def test_the_search_is_a_few_lines(self):
        clock, shown = Clock(), console()
        observer = ConsoleObserver(shown, clock=clock)
        observer.search_begins(4, 0)
        observer.trial_begins(0)
        clock.now = 10.0
        observer.unit_ends(0, 1, 2)
        stage = observer._search()
        assert (stage.done, stage.told) == (0.5, "0 of 4 trials, about 70 s left")
        assert list(stage.below) == ["running: trial 0 (1 of 2)", "best so far none yet"]
        observer.trial_ends(finished(0, 0.75))
        assert observer._search().below[1] == "best so far 0.750 (trial 0)"
        observer.search_ends("trials")
        assert text(shown).rstrip().endswith("search ended: all trials are done")

    def test_the_last_trial_of_a_log_has_no_time_left(self):
        log = console(terminal=False)
        observer = ConsoleObserver(log)
        observer.search_begins(1, 0)
        observer.trial_ends(finished(0, 0.417))
        assert text(log) == "1 of 1, trial 0: 0.417, best so far 0.417\n"

    def test_a_log_hears_of_long_work_now_and_then(self):
        clock, log = Clock(), console(terminal=False)
        observer = ConsoleObserver(log, clock=clock)
        observer.comparison_begins(["model.activation"], 30)
        for done in range(1, 31):
            clock.now += 10.0
            observer.networks_go_on(done, 30)
        observer.networks_end()
        lines = text(log).splitlines()
        assert lines[0] == "comparing model.activation on the same folds (30 networks)"
        assert lines[1] == "comparison: 3 of 30 networks, about 4 min left"
        assert len(lines) == 10  # every 30 seconds, and not at the end

    def test_winner_and_simple_models_have_bars_too(self):
        clock, shown = Clock(), console()
        observer = ConsoleObserver(shown, clock=clock)
        observer.winner_begins(finished(3, 0.5))
        observer.networks_go_on(0, 3)
        clock.now = 4.0
        observer.networks_go_on(1, 3)
        assert observer._stage().told == "1 of 3 networks, about 8 s left"
        observer.networks_end()
        observer.baselines_begin(9)
        observer.networks_go_on(1, 9)
        assert observer._stage().told.startswith("1 of 9 simple models")
        observer.close()
        assert text(shown).count("training the winner, trial 3") == 1

    def test_whatever_ends_a_run_the_cursor_comes_back(self):
        shown = console()
        observer = ConsoleObserver(shown)
        observer.search_begins(4, 0)
        observer.close()
        assert shown.file.getvalue().rindex("\x1b[?25h") > shown.file.getvalue().rindex("\x1b[?25l")
