"""The hypermodel: an ordinary `keras_tuner.HyperModel` for data with a rare class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import keras_tuner
import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from tuner.errors import InputError
from tuner.model.backbones import BACKBONES
from tuner.model.class_weights import check_class_names, class_weights
from tuner.model.configuration import Configuration
from tuner.model.minority_f1 import MinorityF1
from tuner.registry import UnknownName
from tuner.spaces import Value
from tuner.study import ImbalanceSection, TrainingSection
from tuner.study.model_section import ModelSection, model_section
from tuner.study.problems import problems_of
from tuner.study.sections import tunable_section

__all__ = ["ImbalancedHyperModel"]


class ImbalancedHyperModel(keras_tuner.HyperModel):  # type: ignore[misc]
    """Networks for imbalanced classes, with activation and class weights as conditional choices.

    It works in every Keras Tuner tuner: `build` declares all hyperparameters, the model reports
    ``val_minority_f1``, and `fit` turns the chosen class weights into row weights. Two classes end
    in one sigmoid unit, more in a softmax.

    Args:
        input_shape: Shape of one row, such as ``(30,)`` or ``(32, 32)``.
        classes: Labels of the codes ``0, 1, …`` that `y` holds; or just how many there are.
        minority: Code of the minority class; the last unless given.
        model: The ``model`` section of a study, as a mapping or a section. Unless given, depth,
            width, dropout, batch normalisation and every activation with its parameters are tuned.
        imbalance: The ``imbalance`` section; unless given, every class-weight scheme is tuned.
        training: The ``training`` section; unless given, batch size, optimizer and learning rate
            are tuned. Its ``epochs`` hold where `fit` is not told otherwise.

    Raises:
        InputError: A section is wrong; all problems at once.

    Example:
        >>> hypermodel = ImbalancedHyperModel((30,), model={"activation": ["relu", "elu"]})
        >>> model = hypermodel.build(keras_tuner.HyperParameters())
        >>> model.output_shape
        (None, 1)
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        classes: int | Sequence[str] = 2,
        minority: int | None = None,
        *,
        model: Any = None,
        imbalance: Any = None,
        training: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.input_shape = tuple(input_shape)
        names = [str(code) for code in range(classes)] if isinstance(classes, int) else classes
        self.classes = tuple(names)
        self.minority = len(self.classes) - 1 if minority is None else minority
        if len(self.classes) < 2 or not 0 <= self.minority < len(self.classes):
            raise InputError(
                f"expected two classes or more and a minority among them, got {self.classes} and"
                f" {self.minority}"
            )
        self.model = _section("model", model)
        self.imbalance = _section("imbalance", imbalance)
        self.training = _section("training", training)
        if unfit := check_class_names(self.imbalance.class_weight, self.classes):
            raise InputError(unfit)

    def configure(self, hp: keras_tuner.HyperParameters) -> Configuration:
        """Declares every hyperparameter and returns the current values."""
        model, training = self.model, self.training
        return Configuration(
            family=model.family,
            backbone={
                key: space.declare(hp, f"model.{key}")
                for key, space in model.backbone_parameters.items()
            },
            activation=model.activation.declare(hp, "model.activation"),
            kernel_initializer=str(
                model.kernel_initializer.declare(hp, "model.kernel_initializer")
            ),
            class_weight=self.imbalance.class_weight.declare(hp, "imbalance.class_weight"),
            batch_size=int(training.batch_size.declare(hp, "training.batch_size")),
            optimizer=str(training.optimizer.declare(hp, "training.optimizer")),
            learning_rate=float(training.learning_rate.declare(hp, "training.learning_rate")),
        )

    def configuration(self, values: Mapping[str, Value]) -> Configuration:
        """The configuration that these searched values make; what is not searched is filled in."""
        hp = keras_tuner.HyperParameters()
        hp.values = dict(values)
        return self.configure(hp)

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """A compiled model of the current hyperparameters; its output is a probability."""
        return self.build_configuration(self.configure(hp))

    def build_configuration(
        self, configuration: Configuration, input_shape: Sequence[int] | None = None
    ) -> keras.Model:
        """A compiled model of one configuration, without Keras Tuner.

        Args:
            configuration: Every value.
            input_shape: Shape of one row, where it is not that of the hypermodel: a category may
                be missing among the training rows of a fold.
        """
        inputs = keras.Input(tuple(input_shape or self.input_shape))
        hidden = BACKBONES[configuration.family](
            configuration.backbone,
            inputs=inputs,
            activation=configuration.activation,
            initializer=configuration.kernel_initializer,
        )
        binary = len(self.classes) == 2
        units, last = (1, "sigmoid") if binary else (len(self.classes), "softmax")
        model = keras.Model(inputs, keras.layers.Dense(units, activation=last)(hidden))
        optimizer = keras.optimizers.get(configuration.optimizer)
        optimizer.learning_rate = configuration.learning_rate
        # Built now, so that tuners which go on from a checkpoint (Hyperband) get its state back.
        optimizer.build(model.trainable_variables)
        model.compile(
            optimizer=optimizer,
            loss="binary_crossentropy" if binary else "sparse_categorical_crossentropy",
            metrics=[MinorityF1(self.minority)],
        )
        return model

    def row_weights(
        self,
        configuration: Configuration,
        labels: NDArray[np.int64],
        sample_weight: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float32]:
        """The weight of each training row: its class weight times `sample_weight`.

        Args:
            configuration: Holds the class-weight scheme.
            labels: Codes of the training rows, shape ``(rows,)``, ``(rows, 1)``.
            sample_weight: A further weight of each row, shaped like `labels`.

        Raises:
            InputError: A label is no code, there is more than one for a row, or a weight is
                negative or not finite.
        """
        codes = self._codes(labels)
        weights = class_weights(configuration.class_weight, codes, self.classes, self.minority)
        own = np.ones(1) if sample_weight is None else np.asarray(sample_weight).reshape(-1)
        if not (np.isfinite(own) & (own >= 0)).all():
            raise InputError("sample_weight must hold finite numbers >= 0")
        return (weights[codes] * own).astype(np.float32)

    def _codes(self, labels: Any) -> NDArray[np.int64]:
        given = np.asarray(labels)
        expected = f"y must hold one code from 0 to {len(self.classes) - 1} for each row"
        if given.size != len(given):
            raise InputError(f"{expected}, got shape {given.shape}")
        given = given.reshape(-1)
        unknown = given[~np.isin(given, np.arange(len(self.classes)))]
        if unknown.size:
            raise InputError(f"{expected}, got {unknown[0]}")
        return given.astype(np.int64)

    def fit(
        self,
        hp: keras_tuner.HyperParameters,
        model: keras.Model,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int | None = None,
        *,
        sample_weight: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Trains `model` on arrays, with class weights computed from `y`.

        Takes what ``keras.Model.fit`` takes. Epochs and batch size come from the ``training``
        section where they are not given.

        Raises:
            InputError: ``class_weight`` is given, or `y` is missing: class weights need the labels
                as an array.
        """
        if kwargs.pop("class_weight", None) is not None:
            raise InputError("class weights are a hyperparameter here; pass 'imbalance' instead")
        if y is None:
            raise InputError("pass x and y as arrays; class weights are computed from y")
        configuration = self.configure(hp)
        weights = self.row_weights(configuration, y, sample_weight)
        return model.fit(
            x,
            y,
            batch_size=batch_size or configuration.batch_size,
            epochs=epochs or self.training.epochs,
            sample_weight=weights,
            **kwargs,
        )


def _section(name: str, given: Any) -> Any:
    """A section from a mapping, from a section, or with everything tunable."""
    if isinstance(given, _KINDS[name]):
        return given
    family = given.get("family", "dense") if isinstance(given, Mapping) else "dense"
    try:
        kind: Any = model_section(str(family)) if name == "model" else _KINDS[name]
    except UnknownName as error:
        raise InputError(str(error), (name, "family")) from None
    if given is None:
        return tunable_section(kind, **_NOT_TUNED.get(name, {}))
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        problems = problems_of(error, kind)
        raise InputError([problem.under(name) for problem in problems]) from None


_KINDS = {"model": ModelSection, "imbalance": ImbalanceSection, "training": TrainingSection}
_NOT_TUNED = {"model": {"kernel_initializer": "auto", "l2": 0.0}}
