"""How much of the differences between trials goes by each place, by fANOVA over all of them.

A forest learns the score from what was searched, and fANOVA (Hutter, Hoos and Leyton-Brown, 2014)
says what share of the forest's variance over the whole space each place explains alone. A forest
finds something everywhere, so each place stands beside a copy of itself whose values were shuffled
among the trials: what that copy gets is chance (the shadows of Kursa and Rudnicki, 2010). All is
done again and again on trials drawn with replacement, for the spread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.evaluate.fanova import explained
from tuner.search.places import Place
from tuner.search.records import TrialRecord
from tuner.spaces import Space, Value

__all__ = ["RESAMPLES", "TRIALS_NEEDED", "Importance", "Importances", "importances"]

TRIALS_NEEDED = 20
"""Trials with a score below which nothing is told."""
RESAMPLES = 24
"""How often the trials are drawn."""
_SHADOW = "\nshuffled"
"""Ends the names of shuffled copies; no place has a line break in its name."""


@dataclass(frozen=True)
class Importance:
    """What one place explains.

    Attributes:
        place: Its name.
        share: Of what all places explain alone, 0 to 1; the mean over resamples.
        low: The 5th percentile over resamples.
        high: The 95th percentile over resamples.
        chance: The 95th percentile of the share that its shuffled copy gets, 1 at most.
        trials: How many trials it was judged by.
        parent: The family place that it hangs on; empty where it exists in every trial.
        entry: The entry that it belongs to, which all those trials had; or empty.
    """

    place: str
    share: float
    low: float
    high: float
    chance: float
    trials: int
    parent: str = ""
    entry: str = ""


@dataclass(frozen=True)
class Importances:
    """What the places of a study explain.

    Attributes:
        places: Those that exist in every trial, the most important first; their shares are 1
            together. Then the parameters of entries.
        trials: How many trials there were to judge by.
        reason: Why nothing can be told; empty otherwise.
        left_out: Places that cannot be judged, and why.
    """

    places: tuple[Importance, ...] = ()
    trials: int = 0
    reason: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)


def importances(
    records: Sequence[TrialRecord], known: Mapping[str, Place], seed: int
) -> Importances:
    """The importance of every searched place.

    Trials without a score (failed, stopped, still running) say nothing, and those that collapsed
    are left out as wherever trials are ranked: their score is that of calling all rows one class,
    and how far it is from others would outweigh everything else. Places that exist in every trial
    are judged together, the parameters of an entry among the trials that had the entry.

    Args:
        records: All trials, in any order.
        known: All tunable places; see `tuner.search.places`.
        seed: Of the resamples; the same gives the same to the last digit.

    Example:
        >>> from tuner.spaces import Int
        >>> units = Place("units", Int(0, 4))
        >>> records = [TrialRecord(n, "finished", {"units": n % 5}, n % 5 / 5) for n in range(40)]
        >>> importances(records, {"units": units}, seed=0).places[0].share
        1.0
    """
    told = [one for one in records if one.score is not None and not one.collapsed]
    told.sort(key=lambda record: record.number)
    searched = {place.name: place for place in known.values() if place.searched}
    conditional = {name: one for name, one in searched.items() if one.parent in searched}
    shared = {name: one for name, one in searched.items() if name not in conditional}
    found, left_out, reason = _judged(shared, {}, told, seed)
    if reason:
        return Importances((), len(told), reason)
    for parent, entry in dict.fromkeys((one.parent, one.entry) for one in conditional.values()):
        own = {n: one for n, one in conditional.items() if _belongs(one, parent, entry)}
        having = [r for r in told if all(one.active(r.values) for one in own.values())]
        more, without, reason = _judged(own, shared, having, seed)
        found += [replace(one, parent=parent, entry=str(entry)) for one in more]
        left_out |= dict.fromkeys(own, reason) if reason else without
    return Importances(tuple(found), len(told), "", left_out)


def _belongs(place: Place, parent: str, entry: Value) -> bool:
    return (place.parent, place.entry) == (parent, entry)


def _judged(
    those: Mapping[str, Place],
    beside: Mapping[str, Place],
    told: Sequence[TrialRecord],
    seed: int,
) -> tuple[list[Importance], dict[str, str], str]:
    """What each of `those` explains, the most important first, beside other places.

    Returns:
        Also the places that are left out, and why; and why there is nothing at all, or an empty
        text.
    """
    if reason := _refusal(told):
        return [], {}, reason
    own, left_out = _varied(those, told)
    if not own:
        return [], left_out, "" if beside else "no place had two values"
    spaces = {name: one.space for name, one in (own | _varied(beside, told)[0]).items()}
    real, shadow = _resampled(spaces, list(own), told, seed)
    if 2 * len(real) < RESAMPLES:
        return [], {}, "too few trials differ in their score"
    found = [
        _importance(name, real[:, at], shadow[:, at], len(told)) for at, name in enumerate(own)
    ]
    return sorted(found, key=lambda one: -one.share), left_out, ""


def _refusal(told: Sequence[TrialRecord]) -> str:
    """Why these trials say nothing; empty where they do."""
    if len(told) < TRIALS_NEEDED:
        return (
            f"it takes {TRIALS_NEEDED} trials with a score that did not collapse; "
            f"there {'is 1' if len(told) == 1 else f'are {len(told)}'}"
        )
    return ""


def _varied(
    those: Mapping[str, Place], told: Sequence[TrialRecord]
) -> tuple[dict[str, Place], dict[str, str]]:
    """The places that have more than one value in these trials; of the others, why not."""
    left_out = {}
    for name in those:
        values = {record.values.get(name) for record in told}
        if None in values:
            left_out[name] = "not every trial has it"
        elif len(values) == 1:
            left_out[name] = "all trials have the same value"
    return {name: one for name, one in those.items() if name not in left_out}, left_out


def _resampled(
    spaces: Mapping[str, Space], names: Sequence[str], told: Sequence[TrialRecord], seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares of some places and of their shuffled copies, over what all places explain together.

    Where that is little, a copy may get more: all there is, then.

    Args:
        spaces: Of all places, `names` first.
        names: The places that are asked for.
        told: The trials.
        seed: Of the resamples.

    Returns:
        Two arrays of shape ``(resamples, names)``; a resample in which nothing explains anything is
        missing.
    """
    rng = np.random.default_rng(seed)
    every = {**spaces, **{name + _SHADOW: spaces[name] for name in names}}
    scores = [float(record.score or 0.0) for record in told]
    drawn = []
    for number in range(RESAMPLES):
        # Shuffled before they are drawn: a trial that is drawn twice is twice the same for both.
        rows = _shadowed(spaces, names, told, rng)
        shares = explained(every, rows, scores, rng.integers(0, len(told), len(told)), number)
        if shares is not None and (real := shares[: len(spaces)].sum()) > 0:
            drawn.append(np.minimum(shares / real, 1))
    found = np.array(drawn).reshape(-1, len(every))
    return found[:, : len(names)], found[:, len(spaces) :]


def _shadowed(
    spaces: Mapping[str, Space],
    names: Sequence[str],
    told: Sequence[TrialRecord],
    rng: np.random.Generator,
) -> list[dict[str, Value]]:
    """The values of each trial, with a copy of some places shuffled among the trials."""
    rows: list[dict[str, Any]] = [{name: one.values[name] for name in spaces} for one in told]
    for name in names:
        for row, other in zip(rows, rng.permutation(len(told)), strict=True):
            row[name + _SHADOW] = told[other].values[name]
    return rows


def _importance(
    name: str, real: NDArray[np.float64], shadow: NDArray[np.float64], trials: int
) -> Importance:
    """Of one place, from its own shares and those of its copy, each of shape ``(resamples,)``."""
    low, high = np.quantile(real, [0.05, 0.95])
    chance = np.quantile(shadow, 0.95)
    return Importance(name, float(real.mean()), float(low), float(high), float(chance), trials)
