"""The hypermodel: an ordinary `keras_tuner.HyperModel` for data with a rare class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras
import keras_tuner
import numpy as np
from numpy.typing import NDArray

from tuner.data.augmentation import check_augmentation
from tuner.data.preprocessing import NetworkRows
from tuner.data.resamplers import Layout
from tuner.errors import InputError
from tuner.model import custom_objects  # noqa: F401  what a saved network needs is registered
from tuner.model.backbones import BACKBONES
from tuner.model.configuration import Configuration
from tuner.model.fitting import fit_rows, start_at_prior
from tuner.model.given import check_sections, given_section
from tuner.model.given_rows import checked_codes, checked_features, checked_weights
from tuner.model.hidden_activation import HiddenActivation
from tuner.model.losses import make_loss
from tuner.model.minority_f1 import MinorityF1
from tuner.model.mixed_labels import check_mixing
from tuner.model.own_backbone import Backbone, checked_hidden, own_values, refusing
from tuner.model.precision import computing_in
from tuner.model.training_rows import TrainingRows, training_rows
from tuner.spaces import NO_FILE, Value
from tuner.study.strategies import NEUTRAL

__all__ = ["ImbalancedHyperModel"]


class ImbalancedHyperModel(keras_tuner.HyperModel):  # type: ignore[misc]
    """Networks for imbalanced classes; activation and answer to rarity are conditional choices.

    It works in every Keras Tuner tuner: `build` declares all hyperparameters, the model reports
    ``val_minority_f1``, and `fit` resamples, weighs the rows and tells the loss how often each
    class occurs. Two classes end in one sigmoid unit, more in a softmax.

    Args:
        input_shape: Shape of one row, such as ``(30,)`` or ``(32, 32)``.
        classes: Labels of the codes ``0, 1, …`` that `y` holds; or just how many there are.
        minority: Code of the minority class; the last unless given.
        model: The ``model`` section of a study, as a mapping or a section. Unless given, depth,
            width, dropout, batch normalisation and every activation with its parameters are tuned.
        imbalance: The ``imbalance`` section; unless given, one choice between every class-weight
            scheme and every loss is tuned, and rows are not resampled.
        training: The ``training`` section; unless given, batch size, optimizer and learning rate
            are tuned. Its ``epochs`` hold where `fit` is not told otherwise. Pictures are augmented
            only where it says so.
        backbone: A network of your own in place of the registered ones: takes `hp`, the inputs and
            a `HiddenActivation`, and returns the last hidden tensor; see the method of this name.
            The ``model`` section then holds ``activation`` and ``kernel_initializer`` only.

    Raises:
        InputError: A section is wrong, or rows of this shape are not what the backbone or the
            augmentation takes; all problems at once.

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
        backbone: Backbone | None = None,
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
        self._given_backbone = backbone
        self.model = given_section("model", model, own_backbone=self.has_own_backbone)
        self.imbalance = given_section("imbalance", imbalance)
        self.training = given_section("training", training)
        unfit = check_sections(self.model, self.imbalance, self.classes, self.input_shape)
        unfit += check_augmentation(self.training.augmentation, self.input_shape)
        unfit += check_mixing(self.training.augmentation, self.imbalance)
        if unfit:
            raise InputError(unfit)

    @property
    def has_own_backbone(self) -> bool:
        """Whether the network is one of the caller's own and none of the registered ones."""
        overridden = type(self).backbone is not ImbalancedHyperModel.backbone
        return overridden or self._given_backbone is not None

    def backbone(
        self,
        hp: keras_tuner.HyperParameters,
        inputs: keras.KerasTensor,
        activation: HiddenActivation,
    ) -> keras.KerasTensor:
        """From the inputs to the last hidden tensor; override it for a network of your own.

        It is called whenever a network is built. The output layer, the loss and the answers to
        rarity are not its business.

        Args:
            hp: Declare hyperparameters of the network on it, under names that nothing else has,
                such as ``model.width``; values of the hypermodel are read with ``hp.get``.
            inputs: Shape ``(batch, …)``.
            activation: Makes the layer, and the kernel initializer, of each hidden layer.

        Returns:
            Shape ``(batch, features)``.

        Raises:
            InputError: A name is the hypermodel's; to its caller.
        """
        if self._given_backbone is None:
            raise TypeError("a registered backbone is built from its section, not by this method")
        return self._given_backbone(hp, inputs, activation)

    def configure(self, hp: keras_tuner.HyperParameters) -> Configuration:
        """Declares every hyperparameter and returns the current values.

        A network of your own is built for it, since only that shows what it declares.
        """
        configuration = self._settings(hp)
        if not self.has_own_backbone:
            return configuration
        self._hidden(hp, configuration, keras.Input(self.input_shape))
        declared = keras_tuner.HyperParameters()
        self._settings(declared)
        return replace(configuration, own=own_values(hp, declared))

    def _settings(self, hp: keras_tuner.HyperParameters) -> Configuration:
        model = self.model
        network: dict[str, Any] = {
            "family": model.family,
            "backbone": {
                key: space.declare(hp, f"model.{key}")
                for key, space in model.backbone_parameters.items()
            },
            "activation": model.activation.declare(hp, "model.activation"),
            "kernel_initializer": model.kernel_initializer.declare(hp, "model.kernel_initializer"),
        }
        return Configuration(**network, **self._declare_answers(hp), files=model.files)

    def _declare_answers(self, hp: keras_tuner.HyperParameters) -> dict[str, Any]:
        """What sections other than the network's hold, by the names of a configuration."""
        training = self.training
        strategy, answers = self._declare_imbalance(hp)
        changes = training.augmentation.spaces if training.augmentation.used else {}
        return {
            **answers,
            "batch_size": int(training.batch_size.declare(hp, "training.batch_size")),
            "optimizer": str(training.optimizer.declare(hp, "training.optimizer")),
            "learning_rate": float(training.learning_rate.declare(hp, "training.learning_rate")),
            "strategy": strategy,
            "augmentation": {
                key: space.declare(hp, f"training.augmentation.{key}")
                for key, space in changes.items()
            },
        }

    def _declare_imbalance(self, hp: keras_tuner.HyperParameters) -> tuple[str, dict[str, Any]]:
        section = self.imbalance
        if section.strategies is None:
            return "", {
                part: getattr(section, part).declare(hp, f"imbalance.{part}") for part in NEUTRAL
            }
        chosen = section.strategies.alternatives.declare(hp, "imbalance.strategy")
        return chosen.name, section.strategies.parts_of(chosen)

    def configuration(self, values: Mapping[str, Value]) -> Configuration:
        """The configuration that these searched values make; what is not searched is filled in."""
        hp = keras_tuner.HyperParameters()
        hp.values = dict(values)
        return self.configure(hp)

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """A compiled model of the current hyperparameters; its output is a probability."""
        model = self._compiled(hp, self._settings(hp), self.input_shape)
        # Built now, so that tuners which go on from a checkpoint (Hyperband) get its state back.
        model.optimizer.build(model.trainable_variables)
        return model

    def build_configuration(
        self, configuration: Configuration, input_shape: Sequence[int] | None = None
    ) -> keras.Model:
        """A compiled model of one configuration, without Keras Tuner.

        Args:
            configuration: Every value.
            input_shape: Shape of one row, where it is not that of the hypermodel: a category may
                be missing among the training rows of a fold.
        """
        hp = keras_tuner.HyperParameters()
        hp.values = {**configuration.flat(), **configuration.own}
        return self._compiled(hp, configuration, tuple(input_shape or self.input_shape))

    def _hidden(
        self, hp: keras_tuner.HyperParameters, configuration: Configuration, inputs: Any
    ) -> keras.KerasTensor:
        activation, initializer = configuration.activation, configuration.kernel_initializer
        if self.has_own_backbone:
            with refusing(hp, configuration.flat().keys() - configuration.own.keys()):
                hidden = self.backbone(hp, inputs, HiddenActivation(activation, initializer))
            return checked_hidden(inputs, hidden)
        backbone = BACKBONES[configuration.family]
        named = {key: configuration.files.get(key, NO_FILE) for key in backbone.files}
        values = {**configuration.backbone, **named}
        return backbone(values, inputs=inputs, activation=activation, initializer=initializer)

    def _compiled(
        self, hp: keras_tuner.HyperParameters, configuration: Configuration, shape: tuple[int, ...]
    ) -> keras.Model:
        inputs = keras.Input(shape)
        with computing_in(self.training.precision):
            hidden = self._hidden(hp, configuration, inputs)
        binary = len(self.classes) == 2
        units, last = (1, "sigmoid") if binary else (len(self.classes), "softmax")
        # Probabilities near 0 and 1 need more digits than bfloat16 has.
        output = keras.layers.Dense(units, activation=last, dtype="float32")
        model = keras.Model(inputs, output(hidden))
        optimizer = keras.optimizers.get(configuration.optimizer)
        optimizer.learning_rate = configuration.learning_rate
        model.compile(
            optimizer=optimizer,
            loss=make_loss(configuration.loss, len(self.classes), self.minority),
            metrics=[MinorityF1(self.minority)],
        )
        return model

    def training_rows(
        self,
        configuration: Configuration,
        x: NetworkRows,
        y: Any,
        sample_weight: Any = None,
        *,
        layout: Layout | None,
        seed: int,
    ) -> TrainingRows:
        """Rows as a network of this configuration is trained on them: resampled and weighed.

        Args:
            configuration: Holds resampling, class weights and loss.
            x: Rows to learn from, shape ``(rows, …)``.
            y: Their codes, shape ``(rows,)`` or ``(rows, 1)``.
            sample_weight: A further weight of each row, shaped like `y`; only proportions matter.
            layout: Which columns hold categories; None for images.
            seed: Decides what is drawn.

        Raises:
            InputError: A label is no code, a weight is negative or not finite, there are not as
                many of either as rows, a class has no row, or the resampler does not suit the rows.
            ResamplingFailed: The resampler cannot do its work with these values.
        """
        codes = checked_codes(y, self.classes)
        if x.shape[:1] != codes.shape:
            raise InputError(f"y has {len(codes)} rows, and x is of shape {x.shape}")
        return training_rows(
            configuration,
            x,
            codes,
            checked_weights(sample_weight, len(codes)),
            layout=layout,
            classes=self.classes,
            minority=self.minority,
            seed=seed,
        )

    def keras_because(self, model: keras.Model) -> str:
        """Why only Keras can train a network of this hypermodel; empty: the engines see for it."""
        return ""

    def train(
        self,
        model: keras.Model,
        configuration: Configuration,
        rows: TrainingRows,
        validation: tuple[NetworkRows, NDArray[np.int64]],
        **settings: Any,
    ) -> None:
        """Trains a network with Keras; see `fit_rows` for the settings.

        Args:
            model: Of `build_configuration`.
            configuration: What it was built of.
            rows: What to learn from.
            validation: Rows and codes that a hypermodel may look at while it trains.
            settings: Epochs, batch size, seed and callbacks.
        """
        fit_rows(model, rows, verbose=0, **settings)

    def finished(self, model: keras.Model) -> keras.Model:
        """A trained network as it is kept, which is a functional model."""
        return model

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
        """Trains `model` on arrays: resampled, weighed, with the loss and output bias set from `y`.

        Takes what ``keras.Model.fit`` takes. Epochs and batch size come from the ``training``
        section where they are not given. Columns of a table are taken for numbers, of which some
        resamplers make new rows. Resampling and augmentation follow
        ``keras.utils.set_random_seed``. Noise is in units of the pixels as they are given, and
        validation data is never augmented.

        Probabilities stay as the chosen weights, loss and resampling make them; they are not
        mapped back to the true class shares.

        A model that is saved as a whole loads where the hypermodel is imported, and with
        ``keras.models.load_model(…, compile=False)`` wherever Keras has its layers.

        Raises:
            InputError: ``class_weight`` is given, or ``validation_split`` where any trial may
                resample or augment, its validation rows too; or `y` is missing, or something of it
                is wrong.
            ResamplingFailed: The resampler cannot do its work with these values.
        """
        if kwargs.pop("class_weight", None) is not None:
            raise InputError("class weights are a hyperparameter here; pass 'imbalance' instead")
        if y is None:
            raise InputError("pass x and y as arrays; class weights are computed from y")
        resamplers = {one.entry.name for one in self.imbalance.listed("resampling")}
        if kwargs.get("validation_split") and resamplers - {"none"}:
            raise InputError("validation_split would score resampled rows; pass validation_data")
        if kwargs.get("validation_split") and self.training.augmentation.used:
            raise InputError("validation_split would score augmented rows; pass validation_data")
        configuration = self._settings(hp)
        x, seed = checked_features(x), int(np.random.randint(2**31))
        layout = Layout.of_numbers(x.shape[1]) if x.ndim == 2 else None
        rows = self.training_rows(configuration, x, y, sample_weight, layout=layout, seed=seed)
        model.loss.adapt(rows.counts)
        if self.imbalance.output_bias == "prior" and not int(model.optimizer.iterations):
            start_at_prior(model, rows)  # unless it goes on from a checkpoint
        return fit_rows(
            model,
            rows,
            batch_size=batch_size or configuration.batch_size,
            epochs=epochs or self.training.epochs,
            seed=seed,
            **kwargs,
        )
