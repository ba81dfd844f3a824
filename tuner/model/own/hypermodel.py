"""The person's hypermodel as one that the engines, the search and the report know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import keras
import keras_tuner
import numpy as np
from numpy.typing import NDArray

from tuner.data.preprocessing import NetworkRows
from tuner.errors import InputError
from tuner.model.configuration import Configuration
from tuner.model.fitting import fit_rows
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.model.losses import make_loss
from tuner.model.own.code import Code, Surroundings, load_code
from tuner.model.own.configuration import OwnConfiguration
from tuner.model.own.errors import OwnModelError
from tuner.model.own.networks import (
    as_functional,
    check_network,
    loss_told,
    of_own_class,
    plain_crossentropy,
)
from tuner.model.own.running import build_own, fit_own
from tuner.model.own_backbone import SHARED
from tuner.model.precision import computing_in
from tuner.model.training_rows import TrainingRows
from tuner.spaces import Chosen, Value
from tuner.study import Study
from tuner.study.python_section import Declared, OwnPlace, PythonSection

__all__ = ["PythonHyperModel"]

_NOTHING = Chosen("")


class PythonHyperModel(ImbalancedHyperModel):
    """Networks of the person's own code, with the answers to rarity of the study.

    What `build` of the code returns uncompiled is compiled with the loss and the optimizer of the
    study. What it compiles keeps its own; crossentropy is replaced by ours, which is equal, so that
    either engine may train it.

    Args:
        study: Its model section names the code and knows what that declares.
        input_shape: Shape of one row; that of a fold may differ.
        classes: Label of each code, the minority last.

    Raises:
        InputError: The code has changed since, or cannot be imported.
    """

    def __init__(self, study: Study, input_shape: Sequence[int], classes: Sequence[str]) -> None:
        super().__init__(
            input_shape,
            classes,
            model=study.model,
            imbalance=study.imbalance,
            training=study.training,
            name=study.name,
        )
        assert isinstance(study.model, PythonSection)
        self._declared: Declared | None = study.model.declared
        self._absent = study.model.absent(study.training)
        self._code: Code = _loaded(study.model)
        self._made: dict[tuple[int, ...], Any] = {}
        self._kept: WeakKeyDictionary[keras.Model, Any] = WeakKeyDictionary()

    @property
    def _known(self) -> Declared:
        assert self._declared is not None  # the study has been inspected
        return self._declared

    def configure(self, hp: keras_tuner.HyperParameters) -> Configuration:
        """Declares every hyperparameter and returns the current values; nothing is built."""
        values: dict[str, Value] = {}
        scopes: dict[str, tuple[OwnPlace, ...]] = {}
        for place in self._known.places:
            above = scopes.get(place.parent, ())
            scopes[place.name] = (*above, place)
            with ExitStack() as stack:
                for one in scopes[place.name]:
                    if one.parent:
                        stack.enter_context(hp.conditional_scope(one.parent, list(one.values)))
                value = place.space.declare(hp, place.name)
            if not place.parent or values.get(place.parent) in place.values:
                values[place.name] = value
        return self._with(hp, values)

    def _with(
        self, hp: keras_tuner.HyperParameters, values: Mapping[str, Value]
    ) -> OwnConfiguration:
        answers = self._declare_answers(hp)
        names = {place.name: place.own for place in self._known.places}
        others = {key: value for key, value in hp.values.items() if key not in names}
        return OwnConfiguration(
            family=self.model.family,
            backbone={name.split(".", 1)[1]: value for name, value in values.items()},
            activation=_NOTHING,
            kernel_initializer="",
            **answers,
            code=self._code.title,
            searched={**others, **{names[name]: value for name, value in values.items()}},
            absent=self._absent,
        )

    def build_configuration(
        self, configuration: Configuration, input_shape: Sequence[int] | None = None
    ) -> keras.Model:
        """A compiled network of one configuration.

        Raises:
            OwnModelError: The code fails, declares something new, or returns no fitting network.
        """
        assert isinstance(configuration, OwnConfiguration)
        shape = tuple(input_shape or self.input_shape)
        if shape not in self._made:
            self._made[shape] = self._code.hypermodel(self._around(shape))
        with computing_in(self.training.precision):
            hp, model = build_own(self._code, self._made[shape], configuration.searched)
        self._check_declared(hp)
        check_network(model, shape, len(self.classes))
        return self._settled(configuration, model, self._made[shape], hp)

    def _around(self, shape: tuple[int, ...]) -> Surroundings:
        return Surroundings(shape, self.classes, self.imbalance, self.training)

    def _check_declared(self, hp: keras_tuner.HyperParameters) -> None:
        known = {place.own for place in self._known.places}
        new = [one.name for one in hp.space if one.name not in known]
        new = [name for name in new if not name.startswith(SHARED)]
        if new:
            raise OwnModelError(
                f"'{new[0]}' is declared in this configuration only, so that it was not searched;"
                " declare it whatever the other values are, or under hp.conditional_scope"
            )

    def _settled(
        self, configuration: OwnConfiguration, model: keras.Model, made: Any, hp: Any
    ) -> keras.Model:
        """The network as it is trained: compiled, and functional unless its class matters."""
        if self._known.fits:
            self._kept[model] = (made, hp)
            return model
        compiled = bool(model.compiled)
        if compiled != (self._known.loss != "study" or isinstance(made, ImbalancedHyperModel)):
            before = "not compiled" if compiled else "compiled"
            raise OwnModelError(
                f"the network is {before} at the defaults, and here it is otherwise"
            )
        if of_own_class(model):
            if not compiled:
                self._compile_as_asked(configuration, model)
            return model
        whole = as_functional(model)
        if not compiled:
            self._compile_as_asked(configuration, whole)
            return whole
        whole.compile(optimizer=model.optimizer, loss=self._loss(model.loss))
        return whole

    def _compile_as_asked(self, configuration: Configuration, model: keras.Model) -> None:
        optimizer = keras.optimizers.get(configuration.optimizer)
        optimizer.learning_rate = configuration.learning_rate
        loss = make_loss(configuration.loss, len(self.classes), self.minority)
        model.compile(optimizer=optimizer, loss=loss)

    def _loss(self, own: Any) -> Any:
        smoothing = plain_crossentropy(own, len(self.classes))
        if self._known.loss == "crossentropy" and smoothing != 0.0:
            raise OwnModelError(
                f"the network is compiled with crossentropy at the defaults, and here with"
                f" {loss_told(own)}"
            )
        if smoothing is None:
            return own
        chosen = Chosen("crossentropy", {"label_smoothing": smoothing})
        return make_loss(chosen, len(self.classes), self.minority)

    def training_rows(
        self, configuration: Configuration, *args: Any, **kwargs: Any
    ) -> TrainingRows:
        """Rows as a network of this configuration is trained on them; see the base class.

        Which class shares a loss, a fit or a training step of the code's own leads to is not known.
        """
        rows = super().training_rows(configuration, *args, **kwargs)
        return rows if self._known.shares_known else replace(rows, trained_prior=None)

    def keras_because(self, model: keras.Model) -> str:
        """Why only Keras can train the network."""
        if self._known.fits:
            return f"{self._code.title} has a fit of its own"
        if name := of_own_class(model):
            return f"{name} is a model class of its own"
        return ""

    def finished(self, model: keras.Model) -> keras.Model:
        """The network without a class of its own; see the base class."""
        kept = self._known.fits or of_own_class(model)
        return as_functional(model) if kept else model

    def train(
        self,
        model: keras.Model,
        configuration: Configuration,
        rows: TrainingRows,
        validation: tuple[NetworkRows, NDArray[np.int64]],
        **settings: Any,
    ) -> None:
        """Trains with Keras, or as the code does itself.

        Raises:
            OwnModelError: The code fails, or declares what `build` does not.
        """
        if not self._known.fits:
            fit_rows(model, rows, verbose=0, **settings)
            return
        made, hp = self._kept[model]
        given = None if "training.batch_size" in self._absent else configuration.batch_size
        fit_own(
            self._code,
            made,
            hp,
            model,
            rows,
            validation,
            batch_size=given,
            epochs=settings["epochs"],
            callbacks=settings["callbacks"],
        )
        self._check_declared(hp)


def _loaded(section: PythonSection) -> Code:
    try:
        return load_code(section)
    except InputError as error:
        raise InputError(one.under("model") for one in error.problems) from error
