"""Trains one unit, with the engine that the study asks for or that can."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from tuner.data.resamplers import ResamplingFailed
from tuner.devices import prepare_devices
from tuner.metrics.calibration import prior_shift
from tuner.model.configuration import Configuration
from tuner.model.fitting import shift_output, start_at_prior
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.model.losses.base import RareClassLoss
from tuner.model.own.errors import OwnModelError
from tuner.model.training_rows import TrainingRows
from tuner.training.best_weights import BestWeights, FiniteLoss, predict
from tuner.training.collapse import StopCollapsed
from tuner.training.custom_gradients import custom_gradients_let_go
from tuner.training.engine_choice import choose_engine
from tuner.training.fused.compilations import Plan
from tuner.training.fused.fit import fit_fused
from tuner.training.health_batch import HEALTH_ROWS, fixed_batch
from tuner.training.health_of_any import ledger, probed
from tuner.training.priors import Priors
from tuner.training.reporting import EpochReport
from tuner.training.row_memory import rows_differentiated
from tuner.training.seeds import seed_fully, seed_unit
from tuner.training.unit import LabelledRows, TrainingFailed, UnitResult

__all__ = ["train_unit"]


def train_unit(
    hypermodel: ImbalancedHyperModel,
    configuration: Configuration,
    train: LabelledRows,
    validation: LabelledRows,
    seed: int,
    *,
    stop_collapsed: bool = False,
    goes_on: Callable[[int, float], bool] | None = None,
) -> tuple[UnitResult, keras.Model]:
    """Trains a new network, stopping early, and predicts the validation rows at its best epoch.

    Training rows are resampled here; validation rows stay as they are. Where weights, resampling or
    the loss moved the class shares and the study does not say otherwise, the output bias of the
    trained network is shifted so that its probabilities are those of the true shares.

    Args:
        hypermodel: Builds the network; its training section sets epochs and patience. Its
            minority is the last class, as in every `Dataset`.
        configuration: The values to build and train with.
        train: Rows to learn from.
        validation: Rows to stop on and to predict.
        seed: Seed of weights, resampling, shuffling and dropout.
        stop_collapsed: Whether training ends once the network says the same of all validation rows;
            see `StopCollapsed`.
        goes_on: Hears of every epoch and says whether training goes on; see `EpochReport`.

    Returns:
        The result, and the network with the weights of its best epoch.

    Raises:
        InputError: The study asks for the fused engine, which cannot take the network.
        TrainingFailed: The loss or a prediction is not finite, the rows cannot be resampled, or
            memory ran out.
        Pruned: Training does not go on.
    """
    started = time.perf_counter()
    prepare_devices()
    seed_unit(hypermodel, seed)
    with _told_as_failure(), custom_gradients_let_go():
        rows = hypermodel.training_rows(
            configuration, train.x, train.y, train.weights, layout=train.layout, seed=seed
        )
        priors = _priors(hypermodel, rows)
        losses = FiniteLoss()
        best = _best_weights(hypermodel, validation, priors)
        callbacks = [losses, best, *[StopCollapsed(best)] * stop_collapsed]
        if goes_on is not None:
            callbacks.append(EpochReport(best, goes_on))
        model = hypermodel.build_configuration(configuration, train.x.shape[1:])
        because = hypermodel.keras_because(model)
        engine, plan = choose_engine(hypermodel.training.engine, model, because)
        if plan is None:
            seed_fully(seed)  # it shuffles rows by TensorFlow's own generator
            gc.collect()  # each of its trainings leaves some MB in circles of references
        health = _fit(hypermodel, configuration, model, plan, rows, validation, seed, callbacks)
        if because:
            best.at_end(model)
        probabilities = best.best
        if priors.shifted and priors.trained is not None:
            shift_output(model, prior_shift(priors.trained, priors.true))
        if plan is not None or priors.shifted:
            # Compiled code rounds otherwise; what is told is what the network that is kept says.
            probabilities = predict(model, validation.x)
    result = UnitResult(
        probabilities,
        best.best_epoch,
        {"loss": losses.losses, "val_pr_auc": best.values},
        time.perf_counter() - started,
        priors,
        health,
        _trainable(model),
        engine,
    )
    return result, hypermodel.finished(model)


def _fit(
    hypermodel: ImbalancedHyperModel,
    configuration: Configuration,
    model: keras.Model,
    plan: Plan | None,
    rows: TrainingRows,
    validation: LabelledRows,
    seed: int,
    callbacks: list[keras.callbacks.Callback],
) -> dict[str, Any]:
    loss = getattr(model, "loss", None)
    if isinstance(loss, RareClassLoss):
        loss.adapt(rows.counts)
    if hypermodel.imbalance.output_bias == "prior":
        start_at_prior(model, rows)
    batch = fixed_batch(
        LabelledRows(rows.x, rows.y),
        rows.mean_weights,
        hypermodel.minority,
        seed,
        size=rows_differentiated(model, HEALTH_ROWS),
    )
    before = probed(model, batch, loss)
    settings: dict[str, Any] = {
        "batch_size": configuration.batch_size,
        "epochs": hypermodel.training.epochs,
        "seed": seed,
        "callbacks": callbacks,
    }
    if plan is None:
        told = (validation.x, validation.y)
        hypermodel.train(model, configuration, rows, told, **settings)
    else:
        fit_fused(model, plan, rows, validation.x, **settings)
    return ledger(before, probed(model, batch, loss))


def _trainable(model: keras.Model) -> int:
    return sum(math.prod(variable.shape) for variable in model.trainable_weights)


def _priors(hypermodel: ImbalancedHyperModel, rows: TrainingRows) -> Priors:
    """Which class shares the probabilities belong to, and whether they are to be mapped back."""
    true, trained = tuple(rows.true_prior.tolist()), rows.trained_prior
    if trained is None:
        return Priors(true, None, False)
    moved = not np.allclose(rows.true_prior, trained, rtol=1e-6)
    corrected = moved and hypermodel.imbalance.prior_correction
    return Priors(true, tuple(trained.tolist()), corrected)


def _best_weights(
    hypermodel: ImbalancedHyperModel, validation: LabelledRows, priors: Priors
) -> BestWeights:
    actual = validation.y == hypermodel.minority
    patience = hypermodel.training.patience
    # Of two classes the order of rows stays, and with it the best epoch.
    if not priors.shifted or len(priors.true) == 2:
        return BestWeights(validation.x, actual, patience)
    return BestWeights(validation.x, actual, patience, priors.correct)


@contextmanager
def _told_as_failure() -> Iterator[None]:
    """Turns what only this configuration cannot do into the failure of its trial."""
    import tensorflow as tf

    try:
        yield
    except ResamplingFailed as error:
        raise TrainingFailed(f"resampling: {error}") from error
    except OwnModelError as error:
        raise TrainingFailed(str(error)) from error
    except (tf.errors.ResourceExhaustedError, MemoryError) as error:
        said = str(error).strip().splitlines()[:1]
        raise TrainingFailed(": ".join(["out of memory", *said])) from error
