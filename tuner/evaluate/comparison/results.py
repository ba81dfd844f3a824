"""What is said of a factor that was compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.evaluate.comparison.pairs import Pair, all_pairs, more_repeats
from tuner.evaluate.comparison.ranks import cliques, mean_ranks
from tuner.evaluate.comparison.together import Together, together, together_verdict
from tuner.evaluate.comparison.verdict import verdict
from tuner.search.compare import Compared
from tuner.spaces import Value

__all__ = ["FactorComparison"]


@dataclass(frozen=True)
class FactorComparison:
    """The values of a factor against each other.

    Contexts in which no value was trained to anything, because all failed or collapsed, tell
    nothing of differences and are left out.

    Attributes:
        compared: What each reached.
        repeats: How often the rows were divided.
        rope: Difference up to which it does not matter.
        reach: The largest difference that there can be of the score.
    """

    compared: Compared
    repeats: int
    rope: float
    reach: float = 1.0

    @cached_property
    def useful(self) -> NDArray[np.bool_]:
        """Which contexts tell something, shape ``(contexts,)``."""
        useful: NDArray[np.bool_] = self.compared.sound.max(axis=0)
        return useful

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Every two values, or pairs of values; none where nothing can be said."""
        return all_pairs(*self._told, self.rope) if self.useful.any() else ()

    @cached_property
    def together(self) -> tuple[Together, ...]:
        """What the values of two places do together; none where there is one place."""
        levels = self.compared.factor.levels
        if len(levels) == 1 or not self.useful.any():
            return ()
        scores, contributions, validation_to_train = self._told
        shape = (len(levels[0]), len(levels[1]))
        return together(scores, contributions, shape, validation_to_train, self.rope)

    @property
    def _told(self) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        one, useful = self.compared, self.useful
        return one.scores[:, useful], one.contributions[:, useful], one.validation_to_train

    @cached_property
    def means(self) -> NDArray[np.float64]:
        """The mean score of each, over contexts and repeats."""
        scores = self._told[0] if self.useful.any() else self.compared.scores
        means: NDArray[np.float64] = scores.mean(axis=(1, 2))
        return means

    @property
    def more(self) -> int | None:
        """What further repeats are counted from; None where rows can be divided in no other way."""
        known = self.compared
        return self.repeats if known.divisible and known.divisions == self.repeats else None

    @property
    def verdict(self) -> str:
        """What a person may conclude, in a sentence."""
        if not self.pairs:
            return "nothing can be said: every network failed, or says the same of every row"
        names = [" with ".join(_name(value) for value in cell) for cell in self._cells]
        told = verdict(names, self.means.tolist(), self.pairs, self.more)
        if self.together:
            levels = ([_name(value) for value in own] for own in self.compared.factor.levels)
            told = f"{together_verdict(self.together, *levels)}; {told}"
        return told

    @property
    def _cells(self) -> Sequence[tuple[Value, ...]]:
        return self.compared.factor.cells

    def to_json(self) -> dict[str, Any]:
        """The entry of ``results.json``; values are in order, the best mean first."""
        one = self.compared
        ranks = mean_ranks(self._told[0] if self.useful.any() else one.scores)
        by_rank = sorted(range(len(ranks)), key=lambda cell: float(ranks[cell]))
        by_mean = sorted(range(len(ranks)), key=lambda cell: -float(self.means[cell]))
        return {
            "factors": list(one.factor.names),
            "verdict": self.verdict,
            "repeats": self.repeats,
            "divisions": one.divisions,
            "resamples": one.contributions.shape[2],
            "rope": self.rope,
            "values": [
                {
                    "value": self._value(cell),
                    "mean": float(self.means[cell]),
                    "rank": float(ranks[cell]),
                    "by_context": one.scores[cell].mean(axis=1).tolist(),
                }
                for cell in by_mean
            ],
            "pairs": [self._pair(pair) for pair in self.pairs],
            "not_told_apart": [
                [self._value(cell) for cell in run] for run in cliques(by_rank, self.pairs)
            ],
            "together": [self._together(effect) for effect in self.together],
            "contexts": [dict(context) for context in one.contexts],
            "left_out": [int(context) for context in np.flatnonzero(~self.useful)],
            "failed": one.failed,
            "collapsed": int((~one.sound).sum()) - one.failed,
            "reasons": list(one.reasons),
        }

    def _value(self, cell: int) -> Any:
        """The value, or the list of both where there are two places."""
        values = self._cells[cell]
        return values[0] if len(values) == 1 else list(values)

    def _pair(self, pair: Pair) -> dict[str, Any]:
        settled = pair.verdict != "undecided"
        return {
            "first": self._value(pair.first),
            "second": self._value(pair.second),
            **self._known(pair),
            "more_repeats": more_repeats(pair, self.more) if self.more and not settled else None,
        }

    def _together(self, one: Together) -> dict[str, Any]:
        first, second = self.compared.factor.levels
        return {"first": first[one.first], "second": second[one.second], **self._known(one.effect)}

    def _known(self, pair: Pair) -> dict[str, Any]:
        interval = np.clip(pair.difference.interval(), -self.reach, self.reach)
        return {
            "difference": pair.difference.mean,
            "ci95": interval.tolist(),
            "p_value": pair.difference.p_value,
            "p_holm": pair.adjusted,
            "better": pair.better,
            "equal": pair.equal,
            "worse": pair.worse,
            "verdict": pair.verdict,
        }


def _name(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
