"""Records made of Optuna's trials."""

from __future__ import annotations

from optuna.trial import FrozenTrial, TrialState

from tuner.search.records import TrialRecord

__all__ = ["Records"]

_STATES = {
    TrialState.COMPLETE: "finished",
    TrialState.FAIL: "failed",
    TrialState.PRUNED: "stopped",
}


class Records:
    """Makes a record of a trial; that of an ended one is made once.

    Whoever has the turn looks at all records, and most have not changed since the turn before.
    """

    def __init__(self) -> None:
        self._made: dict[int, tuple[FrozenTrial, TrialRecord]] = {}

    def __call__(self, trial: FrozenTrial) -> TrialRecord:
        """The record of a trial of Optuna's, which is not changed by anybody."""
        of, record = self._made.get(trial.number, (None, None))
        if record is None or of is not trial:
            record = _record(trial)
            if trial.state.is_finished():
                self._made[trial.number] = trial, record
        return record


def _record(trial: FrozenTrial) -> TrialRecord:
    values = trial.values or [] if trial.state is TrialState.COMPLETE else []
    return TrialRecord(
        number=trial.number,
        state=_STATES.get(trial.state, "running"),
        values=dict(trial.params),
        score=values[0] if values else None,
        against=values[1] if len(values) > 1 else None,
        reason=trial.user_attrs.get("reason", ""),
        outcome=trial.user_attrs.get("outcome", {}),
    )
