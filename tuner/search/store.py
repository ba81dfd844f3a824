"""What is kept of a search: trials in Optuna's tables, units in one of ours, in one database."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import optuna
import sqlalchemy as sa
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState

from tuner.errors import InputError, brief
from tuner.search.database import Database
from tuner.search.frozen_records import Records
from tuner.search.patience import Patience
from tuner.search.records import TrialRecord
from tuner.search.suggest import Suggestion, new_trial
from tuner.search.trial_rows import Ending, end_trial, write_suggestion
from tuner.search.units import UnitKey, read_unit, write_unit
from tuner.spaces import Value
from tuner.study.objective_section import Direction
from tuner.training.unit import UnitResult

__all__ = ["Store"]

_T = TypeVar("_T")


class Store:
    """What is kept of one run; safe to use from many threads.

    Everything here waits for a server that is away, and may be done twice.

    Args:
        database: Where it lies; a run folder exists.
        sampler: Suggests the values of new trials.
        directions: Where each objective goes, the score first; of a new database.
        patience: How a server is waited for; of no effect in a run folder.
        about: What the run must be about whenever it is this process's turn; None: not looked at.

    Attributes:
        database: As given.
        study: Optuna's study.
        engine: SQLAlchemy's, of the database.
        study_id: Optuna's id of the study.

    Raises:
        InputError: It cannot be opened, or is not of this program.
        StoreError: The server was away for too long.
    """

    def __init__(
        self,
        database: Database,
        sampler: optuna.samplers.BaseSampler | None = None,
        directions: Sequence[Direction] = ("maximize",),
        patience: Patience | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self.database = database
        self._about = about
        # A file is there or it is not; of another process SQLite itself waits for the end.
        self._patience = (patience or Patience()) if database.shared else Patience(limit=0.0)
        self._turn = threading.local()
        # Threads that wait on the server would take all connections from the one with the turn.
        self._threads = threading.Lock()
        opening = partial(_open, database, sampler, directions)
        self.study = self._patience(opening, partial(_refused, database))
        self.engine = _engine(self.study)
        self.study_id = int(self.study._study_id)
        self._records = Records()

    def close(self) -> None:
        """Lets go of the database."""
        self.engine.dispose()

    def patiently(self, operation: Callable[[], _T]) -> _T:
        """The result of an operation on the database, done again while a server is away.

        Raises:
            StoreError: The server was away for too long, or the database says no.
        """
        return self._patience(operation)

    def in_turn(self, operation: Callable[[], _T]) -> _T:
        """The result of an operation during which no other process has its turn.

        It is done again, in a new turn, where the turn was lost: whatever an attempt did before may
        have been seen, and changed, by others. Within a turn of the same thread it is just done.

        Raises:
            InputError: Another machine has changed what the run is about.
            StoreError: As in `patiently`.
        """
        if getattr(self._turn, "held", False):
            return operation()
        return self._patience(partial(self._hold_turn, operation))

    def _hold_turn(self, operation: Callable[[], _T]) -> _T:
        with self._threads, self.database.turn(self.engine):
            self._turn.held = True
            try:
                self._check_identity()
                return operation()
            finally:
                self._turn.held = False

    def _check_identity(self) -> None:
        if not self.database.shared or self._about is None:
            return
        if self.identity() != self._about:
            raise InputError(
                f"another machine has changed the study on {self.database} meanwhile; run the "
                "command again, with the study file that is used there"
            )

    # Trials

    def trials(self) -> list[FrozenTrial]:
        """All of Optuna's trials by number; not to be changed."""
        return self._patience(partial(self.study.get_trials, deepcopy=False))

    def records(self, trials: Sequence[FrozenTrial] | None = None) -> list[TrialRecord]:
        """All trials by number; suggestions that repeated an earlier one are not trials.

        Args:
            trials: What `trials` gave a moment ago; None: they are read now.
        """
        return [
            self._records(trial)
            for trial in (self.trials() if trials is None else trials)
            if "duplicate_of" not in trial.user_attrs and trial.state is not TrialState.WAITING
        ]

    def record(self, number: int) -> TrialRecord:
        """One trial."""
        return self._records(self.trials()[number])

    def next_trial(
        self, trials: Sequence[FrozenTrial], given: Mapping[str, Value] | None = None
    ) -> FrozenTrial:
        """The trial to find values for: one that somebody enqueued, else a new one.

        Args:
            trials: What `trials` gave in this turn.
            given: Values of a new trial; None: those of an enqueued one, or as the sampler says.
        """
        return self._patience(partial(self._next_trial, trials, given))

    def begin(self, suggestion: Suggestion) -> int:
        """Keeps a trial that runs from now on with its values; its number."""
        write = partial(write_suggestion, self.engine, self.study_id, suggestion)
        return self._patience(write)

    def finish(
        self, number: int, score: float, outcome: Mapping[str, Any], against: float | None = None
    ) -> None:
        """Ends a trial with its score, and with what that is traded against in a search for both.

        Of both, a collapsed trial breaks a constraint, as Optuna calls it: it may be the smallest
        network, and is no good one.

        The first end of a trial counts. A second one, by a machine that was held for dead, is
        ignored; so it is with `fail`, `stop` and `discard`.
        """
        kept, values, broken = {"outcome": _ended(outcome)}, [score], {}
        if against is not None:
            values = [score, against]
            broken = {"collapsed": outcome["health"]["collapsed"]}
        self._end(number, Ending(TrialState.COMPLETE, kept, values, broken))

    def fail(self, number: int, reason: str, seconds: float, traceback: str = "") -> None:
        """Ends a trial as failed, after so many seconds."""
        told = {"traceback": traceback} if traceback else {}
        kept = {"reason": reason, "outcome": _ended({"seconds": seconds}), **told}
        self._end(number, Ending(TrialState.FAIL, kept))

    def stop(self, number: int, reason: str, outcome: Mapping[str, Any]) -> None:
        """Ends a trial without a score: it ran, and going on was not worth it."""
        kept = {"reason": reason, "outcome": _ended(outcome)}
        # Of two objectives a curve says nothing.
        values = None if len(self.study.directions) == 1 else ()
        self._end(number, Ending(TrialState.PRUNED, kept, values))

    def discard(self, number: int, duplicate_of: int) -> None:
        """Ends a suggestion that repeats an earlier trial."""
        self._end(number, Ending(TrialState.FAIL, {"duplicate_of": duplicate_of}))

    def keep_curve(self, trial: FrozenTrial, curve: Mapping[int, float]) -> None:
        """Keeps values by epoch among Optuna's intermediate values of a trial that was running."""
        self._patience(partial(self._keep_curve, trial, curve))

    def _end(self, number: int, ending: Ending) -> None:
        # In turn, so that whoever has the turn sees no trial end.
        self.in_turn(partial(end_trial, self.engine, self.study_id, number, ending))

    def _next_trial(
        self, trials: Sequence[FrozenTrial], given: Mapping[str, Value] | None
    ) -> FrozenTrial:
        storage = self.study._storage
        for trial in trials if given is None else ():
            waits = trial.state is TrialState.WAITING
            if waits and storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING):
                return storage.get_trial(trial._trial_id)
        return new_trial(trials, given)

    def _keep_curve(self, trial: FrozenTrial, curve: Mapping[int, float]) -> None:
        for epoch, value in curve.items():
            # Optuna's Trial.report keeps the first value of an epoch and warns of a second one.
            if trial.intermediate_values.get(epoch) != value:
                with contextlib.suppress(UpdateFinishedTrialError):  # ended by another machine
                    self.study._storage.set_trial_intermediate_value(trial._trial_id, epoch, value)

    # What the run is about

    def identity(self) -> dict[str, Any]:
        """What was said of the study when the run began; empty for a new run."""
        identity: dict[str, Any] = self._patience(lambda: self.study.user_attrs).get("identity", {})
        return identity

    def set_identity(self, identity: Mapping[str, Any]) -> None:
        """Says what the run is about."""
        self._patience(partial(self.study.set_user_attr, "identity", dict(identity)))

    # Units

    def unit(self, trial: int, fold: int, repeat: int) -> UnitResult | None:
        """A finished unit, or None."""
        key = UnitKey(self.study_id, trial, fold, repeat)
        return self._patience(partial(read_unit, self.engine, key))

    def add_unit(self, trial: int, fold: int, repeat: int, result: UnitResult) -> None:
        """Keeps a finished unit; where there is one already, that one stays.

        Raises:
            StoreError: The database cannot be written.
        """
        key = UnitKey(self.study_id, trial, fold, repeat)
        self._patience(partial(write_unit, self.engine, key, result))


def _open(
    database: Database,
    sampler: optuna.samplers.BaseSampler | None,
    directions: Sequence[Direction],
) -> optuna.Study:
    try:
        storage = database.connect()
    except (RuntimeError, TypeError, ValueError) as error:
        # Tables of another version of Optuna, or an option that PyMySQL does not take.
        raise _refused(database, error) from None
    try:
        return optuna.create_study(
            study_name=database.study_name,
            storage=storage,
            sampler=sampler,
            directions=directions,
            load_if_exists=True,
        )
    except BaseException:
        storage.engine.dispose()
        raise


def _engine(study: optuna.Study) -> sa.Engine:
    storage: Any = study._storage
    engine: sa.Engine = getattr(storage, "_backend", storage).engine
    return engine


def _ended(outcome: Mapping[str, Any]) -> dict[str, Any]:
    return {**outcome, "ended": time.time()}


def _refused(database: Database, error: Exception) -> InputError:
    told = f"{database} cannot be opened ({brief(error.__cause__ or error)})"
    if database.shared:
        return InputError(f"{told}; see docs/cluster.md")
    return InputError(
        f"{told}; start over with --fresh, which keeps the old folder under another name"
    )
