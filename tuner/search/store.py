"""What is kept of a search: trials in Optuna's tables, units in one of ours, in one database."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import optuna
import sqlalchemy as sa
from optuna.exceptions import StorageInternalError
from optuna.trial import FrozenTrial, TrialState

from tuner.errors import InputError, brief
from tuner.search.records import TrialRecord
from tuner.search.run_folder import RunFolder, StoreError
from tuner.training.unit import UnitResult

__all__ = ["Store", "writing"]

_STUDY_NAME = "search"

_UNITS = sa.Table(
    "minority_tuner_units",
    sa.MetaData(),
    sa.Column("trial", sa.Integer, primary_key=True),
    sa.Column("fold", sa.Integer, primary_key=True),
    sa.Column("repeat", sa.Integer, primary_key=True),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("classes", sa.Integer, nullable=False),
    sa.Column("probabilities", sa.LargeBinary, nullable=False),
)


class Store:
    """The database of one run.

    Args:
        folder: The run's folder; it exists.
        sampler: Suggests the values of new trials.

    Raises:
        InputError: The file is not a database of this program.
    """

    def __init__(
        self, folder: RunFolder, sampler: optuna.samplers.BaseSampler | None = None
    ) -> None:
        # A URL made by hand would cut a path at '?' or '#'.
        url = sa.URL.create("sqlite", database=str(folder.database.absolute()))
        try:
            storage = optuna.storages.RDBStorage(
                url.render_as_string(), engine_kwargs={"connect_args": {"timeout": 60}}
            )
            self.study = optuna.create_study(
                study_name=_STUDY_NAME,
                storage=storage,
                sampler=sampler,
                direction="maximize",
                load_if_exists=True,
            )
            self._engine = storage.engine
            _UNITS.create(self._engine, checkfirst=True)
        except (sa.exc.SQLAlchemyError, StorageInternalError, RuntimeError) as error:
            raise InputError(
                f"{folder.database} cannot be opened ({brief(error)}); "
                "start over with --fresh, which keeps the old folder under another name"
            ) from None

    def close(self) -> None:
        """Lets go of the file."""
        self._engine.dispose()

    # Trials

    def records(self) -> list[TrialRecord]:
        """All trials by number; suggestions that repeated an earlier one are not trials."""
        return [
            _record(trial)
            for trial in self.study.get_trials(deepcopy=False)
            if "duplicate_of" not in trial.user_attrs and trial.state is not TrialState.WAITING
        ]

    def record(self, number: int) -> TrialRecord:
        """One trial."""
        return _record(self.study.get_trials(deepcopy=False)[number])

    def running(self) -> list[FrozenTrial]:
        """Trials that were begun and not ended: of this process, or of one that was killed."""
        return self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))

    def finish(self, number: int, score: float, outcome: Mapping[str, Any]) -> None:
        """Ends a trial with its score."""
        with writing():
            trial_id = self.trial_id(number)
            self._set(trial_id, "outcome", outcome)
            self.study.tell(optuna.Trial(self.study, trial_id), score)

    def fail(self, number: int, reason: str, seconds: float, traceback: str = "") -> None:
        """Ends a trial as failed, after so many seconds."""
        with writing():
            trial_id = self.trial_id(number)
            self._set(trial_id, "reason", reason)
            self._set(trial_id, "outcome", {"seconds": seconds})
            if traceback:
                self._set(trial_id, "traceback", traceback)
            self.study.tell(optuna.Trial(self.study, trial_id), state=TrialState.FAIL)

    def stop(self, number: int, reason: str, outcome: Mapping[str, Any]) -> None:
        """Ends a trial without a score: it ran, and going on was not worth it."""
        with writing():
            trial_id = self.trial_id(number)
            self._set(trial_id, "reason", reason)
            self._set(trial_id, "outcome", outcome)
            self.study.tell(optuna.Trial(self.study, trial_id), state=TrialState.PRUNED)

    def discard(self, trial: optuna.Trial, duplicate_of: int) -> None:
        """Ends a suggestion that repeats an earlier trial."""
        with writing():
            trial.set_user_attr("duplicate_of", duplicate_of)
            self.study.tell(trial, state=TrialState.FAIL)

    def trial_id(self, number: int) -> int:
        """The database's id of a trial."""
        return self.study.get_trials(deepcopy=False)[number]._trial_id

    def _set(self, trial_id: int, key: str, value: Any) -> None:
        self.study._storage.set_trial_user_attr(trial_id, key, value)

    # What the run is about

    def identity(self) -> dict[str, Any]:
        """What was said of the study when the run began; empty for a new run."""
        identity: dict[str, Any] = self.study.user_attrs.get("identity", {})
        return identity

    def set_identity(self, identity: Mapping[str, Any]) -> None:
        """Says what the run is about."""
        with writing():
            self.study.set_user_attr("identity", dict(identity))

    # Units

    def unit(self, trial: int, fold: int, repeat: int) -> UnitResult | None:
        """A finished unit, or None."""
        key = (_UNITS.c.trial == trial, _UNITS.c.fold == fold, _UNITS.c.repeat == repeat)
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(_UNITS).where(*key)).one_or_none()
        if row is None:
            return None
        flat = np.frombuffer(row.probabilities, dtype="<f4").astype(np.float32)
        return UnitResult.from_facts(flat.reshape(-1, row.classes), json.loads(row.facts))

    def add_unit(self, trial: int, fold: int, repeat: int, result: UnitResult) -> None:
        """Keeps a finished unit.

        Raises:
            StoreError: The database cannot be written.
        """
        row = {
            "trial": trial,
            "fold": fold,
            "repeat": repeat,
            "facts": json.dumps(result.facts()),
            "classes": result.probabilities.shape[1],
            "probabilities": result.probabilities.astype("<f4").tobytes(),
        }
        with writing(), self._engine.begin() as connection:
            connection.execute(sa.insert(_UNITS).values(row))


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """Turns what a database says of a full or missing disk into a `StoreError`."""
    try:
        yield
    except (sa.exc.SQLAlchemyError, StorageInternalError) as error:
        cause = error.__cause__ or error
        message = f"cannot write the database ({brief(cause)}); what was finished is kept"
        raise StoreError(message) from error


def _record(trial: FrozenTrial) -> TrialRecord:
    states = {
        TrialState.COMPLETE: "finished",
        TrialState.FAIL: "failed",
        TrialState.PRUNED: "stopped",
    }
    return TrialRecord(
        number=trial.number,
        state=states.get(trial.state, "running"),
        values=dict(trial.params),
        score=trial.value if trial.state is TrialState.COMPLETE else None,
        reason=trial.user_attrs.get("reason", ""),
        outcome=trial.user_attrs.get("outcome", {}),
    )
