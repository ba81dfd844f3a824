"""`MinorityTunerClassifier`: the search as a scikit-learn classifier."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from tuner.classifier.decision import decision_values
from tuner.classifier.rows import as_value_errors, checked_rows, labelled_rows
from tuner.classifier.settings import study_of
from tuner.errors import InputError
from tuner.quiet import quiet_tensorflow, without_known_warnings

if TYPE_CHECKING:
    from tuner.classifier.search import Found
    from tuner.prediction.predictor import Told
    from tuner.search.observer import Observer

__all__ = ["MinorityTunerClassifier"]

_NEVER = "none"


class MinorityTunerClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Searches for a network that finds the rare class, and predicts with the best one.

    `fit` divides the rows into folds, tries configurations of network, training and answer to
    rarity, trains the best one once for each fold and averages these networks. Their decision
    threshold is tuned on validation rows. It sets no test rows aside: what the classifier is worth
    is told by rows that `fit` is not given, as in `cross_val_score`.

    The arguments are sections of a study file, each a mapping with the keys of that section, or
    None. Where `model`, `imbalance` or `training` is None, everything in it that can be is tuned;
    a key that is left out of a mapping has the default of a study file.

    Args:
        model: The network.
        imbalance: Class weights, losses, resampling, calibration.
        training: Epochs, patience, batch size, optimizer, learning rate, engine.
        search: Algorithm, number of trials, time limit, workers.
        objective: Metric and threshold.
        preprocessing: What fills missing values, scaling, categories.
        split: ``folds`` or ``validation``, and ``repeats``; there is no ``test``. None: 3 folds, or
            2 where the minority has no more rows.
        evaluation: ``confirm`` and ``repeats``: how many of the best trials are trained again on
            other folds, of which the winner is the best; None: 3, once.
        minority: Label of the class to find. None: the rarest in `fit`, of equally rare ones the
            last in sorted order, which is scikit-learn's positive class.
        duplicates: What happens to rows with equal features: ``together`` in one part of every
            split, ``drop`` all but the first, or ``separate``.
        directory: Folder in which the trials of each fit are kept, in a folder named by its rows,
            settings and seed; the same fit goes on there after an interruption. None: nothing is
            kept.
        verbose: 1 shows the progress of the search; 0 prints nothing.
        random_state: A number makes `fit` repeatable, to the last bit on the same machine.

    Attributes:
        classes_: Labels in sorted order.
        minority_: Label of the class that is sought.
        n_features_in_: Number of columns.
        feature_names_in_: Their names, where `fit` was given a frame with names.
        threshold_: Probability of the minority, before calibration, from which it is predicted.
        best_params_: The searched values of the winner, by their path in a study file.
        configuration_: All its values, fixed ones included.
        best_score_: Its validation score in the search, which promises too much; see
            `confirmed_score_`.
        confirmed_score_: Its score when it was trained again; None where it was not.
        trials_: A frame with a row for each trial: number, state, scores, and its values.

    Example:
        >>> classifier = MinorityTunerClassifier(search={"trials": 20}, random_state=0)
        >>> classifier.set_params(split={"folds": 5}).get_params()["split"]
        {'folds': 5}
    """

    def __init__(
        self,
        model: Any = None,
        imbalance: Any = None,
        training: Any = None,
        search: Any = None,
        objective: Any = None,
        *,
        preprocessing: Any = None,
        split: Any = None,
        evaluation: Any = None,
        minority: Any = None,
        duplicates: str = "together",
        directory: Any = None,
        verbose: int = 0,
        random_state: Any = None,
    ) -> None:
        self.model = model
        self.imbalance = imbalance
        self.training = training
        self.search = search
        self.objective = objective
        self.preprocessing = preprocessing
        self.split = split
        self.evaluation = evaluation
        self.minority = minority
        self.duplicates = duplicates
        self.directory = directory
        self.verbose = verbose
        self.random_state = random_state

    def fit(
        self, X: Any, y: Any, *, groups: Any = None, sample_weight: Any = None
    ) -> MinorityTunerClassifier:
        """Searches, and trains the winner.

        Args:
            X: Shape ``(rows, columns)``: an array of numbers, or a pandas frame, whose texts, truth
                values and categories are categories. Or pictures, ``(rows, height, width[,
                channels])``.
            y: Class of each row, shape ``(rows,)``.
            groups: Group of each row, such as a patient; rows of a group stand in one fold.
            sample_weight: Weight of each row in the training loss; rows of weight 0 are left out.
                Thresholds, scores and resampling count rows and not weights.

        Raises:
            ValueError: Rows, labels or an argument are wrong; with all problems.
            NoTrialSucceeded: Every trial failed.
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        with as_value_errors(), without_known_warnings():
            study = study_of(self.get_params(deep=False), _seed(self.random_state))
            X, y = checked_rows(self, X, y, reset=True)
            rows = labelled_rows(
                X,
                y,
                groups=groups,
                sample_weight=sample_weight,
                minority=self.minority,
                impute=self._imputes,
                duplicates=study.data.duplicates,
            )
            with quiet_tensorflow():
                from tuner.classifier.search import search, split_as_asked
            study, splits = split_as_asked(study, rows.dataset)
            found = search(study, rows.dataset, splits, self._observer(), self.directory)
        self._of_frame = isinstance(X, pd.DataFrame)
        self.classes_, self._order = rows.classes, rows.order
        self.minority_ = rows.classes[rows.order[-1]]
        self._keep(found, rows.dataset.classes, study.objective.metric)
        return self

    def _keep(self, found: Found, classes: tuple[str, ...], metric: str) -> None:
        from tuner.classifier.results import confirmed_score, trials_frame
        from tuner.prediction.predictor import Predictor

        winner = found.winner
        self._predictor = Predictor(
            winner.model, winner.preprocessor, classes, winner.row_threshold, winner.calibration
        )
        self._metric = metric
        self.threshold_ = float(winner.row_threshold)
        self.best_params_ = dict(winner.record.values)
        self.configuration_ = winner.configuration.flat()
        self.best_score_ = winner.record.score
        self.confirmed_score_ = confirmed_score(found.result, winner.record.number)
        self.trials_ = trials_frame(found.result)

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of each row: the minority from `threshold_` on, else the likeliest other one.

        Args:
            X: As in `fit`.

        Raises:
            ValueError: The rows do not fit those of `fit`.
        """
        told = self._told(X)
        labels: NDArray[Any] = self.classes_[self._order[told.codes]]
        return labels

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities in the order of `classes_`, calibrated where `imbalance` asks for it.

        Args:
            X: As in `fit`.
        """
        return self._in_order(self._told(X).probabilities)

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """How far each row is on the side of a class; its sign, or its largest, is the prediction.

        Of two classes, the distance between the logits of the probability and of `threshold_`,
        above 0 for the second class; shape ``(rows,)``. Of more, shape ``(rows, classes)``.

        Args:
            X: As in `fit`.
        """
        values = decision_values(self._told(X).given, self.threshold_)
        if values.shape[1] > 2:
            return self._in_order(values)
        own: NDArray[np.float64] = values[:, 1] if self._order[1] == 1 else -values[:, 1]
        return own

    def score(self, X: Any, y: Any) -> float:
        """The score that the search was after (minority F1 unless `objective` says otherwise).

        Args:
            X: As in `fit`.
            y: True classes, all of them known from `fit`.
        """
        from tuner.metrics import score

        told = self._told(X)
        place = np.searchsorted(self.classes_, np.asarray(y)).clip(max=len(self.classes_) - 1)
        if not np.array_equal(self.classes_[place], np.asarray(y)):
            raise ValueError("y holds classes that fit has not seen")
        codes = np.argsort(self._order)[place]
        return float(getattr(score(codes, told.given, told.codes), self._metric))

    def _told(self, X: Any) -> Told:
        check_is_fitted(self)
        X, _ = checked_rows(self, X, reset=False)
        if isinstance(X, pd.DataFrame) and not self._of_frame:
            X = X.to_numpy()
        with as_value_errors(), without_known_warnings():
            return self._predictor.told(X)

    def _in_order(self, of_codes: NDArray[Any]) -> NDArray[np.float64]:
        values = np.empty(of_codes.shape)
        values[:, self._order] = of_codes
        return values

    @property
    def _imputes(self) -> bool:
        given = self.preprocessing
        asked = given.get("impute", _NEVER) if isinstance(given, Mapping) else None
        return (asked or getattr(given, "impute", _NEVER)) != _NEVER

    def _observer(self) -> Observer:
        from tuner.search.observer import Observer

        if not self.verbose:
            return Observer()
        from tuner.report.output import voice
        from tuner.report.progress import ConsoleObserver

        return ConsoleObserver(voice())

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self._imputes
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "_predictor" in state:
            from tuner.classifier.kept import to_plain

            state["_predictor"] = to_plain(state["_predictor"])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "_predictor" in state:
            with quiet_tensorflow():
                from tuner.classifier.kept import from_plain

                self._predictor = from_plain(state["_predictor"])


def _seed(random_state: Any) -> int:
    """The seed of a study; a number is one."""
    if isinstance(random_state, numbers.Integral) and not isinstance(random_state, bool):
        if random_state < 0:
            raise InputError(f"expected a number from 0 on, got {random_state}", ("random_state",))
        return int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
