"""The end of a run: the winner is made, and the files are written that say how it went."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Finding, Splits
from tuner.errors import MinorityTunerError, brief
from tuner.evaluate.attention.look import Attention, look, networks_with_maps
from tuner.evaluate.baselines.compare import Comparison
from tuner.evaluate.baselines.results import BaselineResult
from tuner.evaluate.ensemble import single_networks
from tuner.evaluate.held_out import TestResult, score_test
from tuner.evaluate.winner import Winner, train_winner
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.report.attention import attention_pictures
from tuner.report.baselines import baselines_section
from tuner.report.best import best_section, provisional_section
from tuner.report.card import write_model_card
from tuner.report.confirmation_section import confirmed_scores
from tuner.report.curves import Curves, curves_of_test
from tuner.report.export import export_winner
from tuner.report.page import report_page
from tuner.report.results import results, to_text
from tuner.report.table import trials_csv
from tuner.search.interrupt import Interrupt
from tuner.search.levels import ROWS
from tuner.search.observer import Observer
from tuner.search.records import TrialRecord
from tuner.search.run import SearchResult, candidates
from tuner.search.run_folder import RunFolder, write_atomically
from tuner.search.trainer import make_hypermodel
from tuner.study import Study
from tuner.training.best_weights import predict
from tuner.training.unit import LabelledRows, TrainingFailed

__all__ = ["TRIED", "Ending"]

TRIED = 3
"""Trials that are trained for the test rows at most, where the better ones fail."""


class Ending:
    """What happens after the search: the winner, then the files that say how it went.

    Attributes:
        problem: Why there is no winner though trials have finished; empty otherwise.
    """

    def __init__(
        self,
        study: Study,
        dataset: Dataset,
        splits: Splits,
        folder: RunFolder,
        observer: Observer,
        interrupt: Interrupt,
    ) -> None:
        self._study, self._dataset, self._splits = study, dataset, splits
        self._folder, self._observer, self._interrupt = folder, observer, interrupt
        self._winner: Winner | None = None
        self._model: keras.Model | None = None
        self._test: TestResult | None = None
        self._attention: Attention | None = None
        self._passed_over: list[str] = []
        self._baselines: list[BaselineResult] = []
        self._baseline_notes: list[str] = []
        self._unseen = ""
        self.problem = ""

    def train_winner(self, search: SearchResult) -> None:
        """Trains the best trial, or the next where that fails, exports it, and scores it once."""
        hypermodel = make_hypermodel(self._study, self._dataset)
        for record in candidates(search)[:TRIED]:
            self._observer.winner_begins(record)
            try:
                winner, model = self._made(hypermodel, record)
            except TrainingFailed as error:
                self._passed_over.append(
                    f"trial {record.number} was ranked before the winner but failed when it was "
                    f"trained for the test rows: {error}"
                )
                self.problem = str(error)
                continue
            except MinorityTunerError:
                raise
            except Exception as error:  # an entry of the person's own that cannot be saved
                self.problem = brief(error)
                return
            finally:
                self._observer.networks_end()
            self._score(winner, model)
            return

    def _made(
        self, hypermodel: ImbalancedHyperModel, record: TrialRecord
    ) -> tuple[Winner, keras.Model]:
        winner = train_winner(
            hypermodel,
            hypermodel.configuration(record.values),
            record,
            self._dataset,
            self._splits,
            self._study,
            self._before_each(len(self._splits.folds)),
        )
        return winner, export_winner(winner, self._dataset, self._folder)

    def _before_each(self, folds: int) -> Callable[[], None]:
        """Tells how many folds of the winner are trained, and ends where the person wants to."""
        done = itertools.count()

        def before() -> None:
            self._observer.networks_go_on(next(done), folds)
            self._interrupt.check()

        return before

    def _score(self, winner: Winner, model: keras.Model) -> None:
        """Scores the winner on the test rows; these must not decide which trial that is."""
        dataset, splits = self._dataset, self._splits
        test_rows = LabelledRows.of(dataset, splits.test, winner.preprocessor)
        try:
            probabilities = predict(model, test_rows.x)
            alone = [predict(network, test_rows.x) for network in single_networks(model)]
        except TrainingFailed:
            self.problem = (
                "its predictions of test rows are not finite: test rows hold values far beyond "
                "those of other rows"
            )
            return
        self._winner, self._model, self.problem = winner, model, ""
        self._test = score_test(probabilities, winner, dataset, splits, self._study.seed, alone)

    def look(self) -> None:
        """Finds out where the winner looks in test pictures; a report does without if it cannot."""
        if self._winner is None or self._test is None or self._dataset.is_table:
            return
        try:
            self._attention = self._looked(self._winner, self._test.probabilities)
        except MinorityTunerError:
            raise
        except Exception as error:  # a network of the person's own may be like no other
            self._unseen = f"where the winner looks could not be found out: {brief(error)}"

    def _looked(self, winner: Winner, probabilities: NDArray[np.float32]) -> Attention | None:
        dataset, rows = self._dataset, self._splits.test
        networks = networks_with_maps(self._model)
        if not networks:
            return None
        x = LabelledRows.of(dataset, rows, winner.preprocessor).x
        return look(networks, x, rows, dataset, probabilities[:, -1], winner.row_threshold)

    def compare(self) -> None:
        """Fits the simple models that the study asks for; what is done stays if it is cut off."""
        names = self._study.evaluation.names
        if self._test is None or not names:
            return
        self._observer.baselines_begin(len(names))
        comparison = Comparison(self._study, self._dataset, self._splits, self._interrupt.check)
        try:
            for result in comparison.results():
                self._baselines.append(result)
                self._observer.networks_go_on(len(self._baselines), len(names))
        finally:
            self._observer.networks_end()
            self._baseline_notes = comparison.notes

    def write(
        self,
        search: SearchResult,
        seconds: dict[str, float],
        findings: Sequence[Finding] = (),
    ) -> dict[str, Any]:
        """Writes everything but the model and returns the content of ``results.json``."""
        study, dataset, splits, folder = self._study, self._dataset, self._splits, self._folder
        best = self._best(search)
        baselines = baselines_section(self._baselines, self._baseline_notes)
        looked = self._attention.to_json(dataset) if self._attention else None
        content = results(
            study, dataset, splits, search, best, seconds, findings, baselines, looked
        )
        content["warnings"] += [*self._passed_over, *[self._unseen] * bool(self._unseen)]
        if self.problem and content["status"] == "finished":
            content["warnings"].append(f"the winner could not be made: {self.problem}")
        if self._winner:
            write_model_card(content, folder)
        curves = self._curves(search, content)
        page = report_page(content, curves)
        write_atomically(folder.trials, trials_csv(search.records))
        write_atomically(folder.curves, curves.to_text())
        write_atomically(folder.report, page)
        # Last, since its presence says that the run is complete.
        write_atomically(folder.results, to_text(content))
        return content

    def _curves(self, search: SearchResult, content: Mapping[str, Any]) -> Curves:
        test, pictures = None, []
        if self._winner and self._test:
            test = self._test_curves(self._winner, self._test)
        if self._attention:
            pictures = attention_pictures(self._attention, content["attention"], self._dataset)
        return Curves(search.records, search.learning, test, pictures)

    def _test_curves(self, winner: Winner, test: TestResult) -> dict[str, Any]:
        dataset, rows = self._dataset, self._splits.test
        steps = winner.stages(test.probabilities)
        stages = {stage: own[:, -1] for stage, own in steps.items()}
        scored = test.scored or ROWS.scored(dataset, rows, test.probabilities)
        actual = scored.labels == scored.probabilities.shape[1] - 1
        return curves_of_test(
            actual, scored.probabilities[:, -1], stages, dataset.is_minority(rows)
        )

    def _best(self, search: SearchResult) -> dict[str, Any] | None:
        if self._winner and self._test:
            confirmed = confirmed_scores(search, self._winner.record.number)
            return best_section(self._winner, self._test, self._dataset.classes, confirmed)
        record = next(iter(candidates(search)), None)
        if record is None:
            return None
        hypermodel = make_hypermodel(self._study, self._dataset)
        configuration = hypermodel.configuration(record.values)
        return provisional_section(record, configuration, confirmed_scores(search, record.number))
