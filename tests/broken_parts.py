"""Parts that are broken in one way each, for the check that must find it."""

import keras
import keras_tuner
import numpy as np

from tuner import ACTIVATIONS, BACKBONES, CLASS_WEIGHTS, LOSSES, RESAMPLERS, ImbalancedHyperModel
from tuner.data.resamplers import Resampled, Resampler
from tuner.model.activations import he, kernel_initializer, make_activation
from tuner.model.losses import estimates
from tuner.model.losses.base import RareClassLoss, negative_log_likelihood
from tuner.spaces import Choice, Float, Int

serializable = keras.saving.register_keras_serializable(package="broken_parts")
BROKEN = {}
"""For the name of a check: makes a part that it must find, and the names of all that find it."""


def found_by(*checks):
    def mark(make):
        BROKEN[checks[0]] = (make, set(checks))
        return make

    return mark


# What every entry declares.


@found_by("check_says_what_it_does")
def undocumented():
    @CLASS_WEIGHTS.register("broken")
    def broken(*, classes):
        return np.ones(len(classes))

    return broken


@found_by("check_parameters_are_declared_in_order")
def disordered():
    @CLASS_WEIGHTS.register("broken", b=Float(1.0, 2.0), a=Float(1.0, 2.0))
    def broken(a, b, *, counts):
        """Two exponents."""
        return (1.0 / counts) ** (a * b**2)

    return broken


@found_by("check_asks_only_for_what_is_supplied")
def asks_for_more():
    @CLASS_WEIGHTS.register("broken")
    def broken(*, classes, prevalence=None):
        """All alike."""
        return np.ones(len(classes))

    return broken


# Activations.


def activation(function, **spaces):
    function.__doc__ = "An activation that is broken."
    return ACTIVATIONS.register("broken", **spaces)(function)


@found_by("check_activation_makes_new_layers")
def the_same_layer():
    layer = keras.layers.Activation("relu")
    return activation(lambda: layer)


@serializable
class Overflowing(keras.layers.Layer):
    def call(self, x):
        return x + 1e-3 * keras.ops.exp(x)


@found_by("check_activation_values_are_finite")
def overflowing():
    return activation(lambda: Overflowing())


@serializable
class Doubled(keras.layers.Layer):
    def call(self, x):
        return keras.ops.concatenate([x, x], axis=-1)


@found_by("check_activation_keeps_shape_and_type")
def widening():
    return activation(lambda: Doubled())


@found_by("check_activation_has_an_initializer")
def slope_without_end():
    @he(slope="slope")
    def broken(slope):
        return keras.layers.LeakyReLU(negative_slope=slope)

    return activation(broken, slope=Float(0.1, 1e30, sampling="log"))


@serializable
class NotANumberInTraining(keras.layers.Layer):
    def call(self, x, training=False):
        return x * float("nan") if training else x


@found_by("check_activation_trains")
def no_number_in_training():
    return activation(lambda: NotANumberInTraining())


class Unregistered(keras.layers.Layer):
    def call(self, x):
        return x


@found_by("check_activation_is_saved")
def unregistered():
    return activation(lambda: Unregistered())


@serializable
class Random(keras.layers.Layer):
    def call(self, x, training=False):
        return x * np.random.default_rng().normal() if training else x


@found_by("check_activation_repeats_with_its_seed")
def unseeded():
    return activation(lambda: Random())


@found_by("check_activation_parameters_have_effects")
def idle_slope():
    return activation(lambda slope: keras.layers.ReLU(), slope=Float(0.0, 1.0))


# Class weights.


def class_weight(function, **spaces):
    function.__doc__ = "Class weights that are broken."
    return CLASS_WEIGHTS.register("broken", **spaces)(function)


@found_by("check_class_weights_are_positive")
def negative():
    return class_weight(lambda *, counts: np.where(counts == 1, -1.0, 1.0))


@found_by("check_class_weights_have_a_mean_of_one")
def too_large():
    return class_weight(lambda *, counts: np.full(len(counts), 1e308))


@found_by("check_class_weights_leave_the_counts")
def drawn():
    return class_weight(lambda *, counts: np.random.default_rng().uniform(1, 2, len(counts)))


@found_by("check_class_weight_parameters_have_effects")
def idle_exponent():
    return class_weight(lambda exponent, *, counts: 1.0 / counts, exponent=Float(0.0, 1.0))


# Losses.


@serializable
class Broken(RareClassLoss):
    """Crossentropy of scaled logits, whose scale is not told in the configuration."""

    def __init__(self, *arguments, scale=1.0, **keywords):
        self.scale = scale
        super().__init__(*arguments, **keywords)

    def row_losses(self, actual, logits):
        return negative_log_likelihood(actual, self.scale * logits)


@serializable
class Told(Broken):
    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


def loss(kind, **spaces):
    def broken(scale=1.0, *, classes, minority):
        """A loss that is broken."""
        return kind(classes, minority, scale=scale)

    def plain(*, classes, minority):
        """A loss that is broken."""
        return kind(classes, minority)

    return LOSSES.register("broken", **spaces)(broken if spaces else plain)


SCALE = Float(1.0, 2.0)


@found_by("check_loss_is_a_rare_class_loss")
def another_minority():
    @LOSSES.register("broken")
    def broken(*, classes, minority):
        """Crossentropy of another class."""
        return Told(classes, classes - 1)

    return broken


@serializable
class Infinite(Told):
    def row_losses(self, actual, logits):
        size = keras.ops.max(keras.ops.abs(logits), axis=-1)
        own = super().row_losses(actual, logits)
        return own + 1e-30 * keras.ops.exp(keras.ops.exp(size))


@found_by("check_loss_is_finite", "check_loss_ignores_rows_without_weight")
def infinite():
    return loss(Infinite)


@serializable
class OfNeighbours(Told):
    def row_losses(self, actual, logits):
        own = super().row_losses(actual, logits)
        return own + 0.1 * keras.ops.mean(own)


@found_by("check_loss_ignores_rows_without_weight")
def of_neighbours():
    return loss(OfNeighbours)


@found_by("check_loss_comes_back_from_its_configuration")
def untold():
    return loss(Broken, scale=SCALE)


@serializable
class Teaching(Told):
    def row_losses(self, actual, logits):
        own = super().row_losses(actual, logits)
        return 0.0 * own + keras.ops.stop_gradient(own)


@found_by("check_loss_trains")
def teaches_nothing():
    return loss(Teaching)


@serializable
class Fixed(Told):
    free = (*Told.free, "scale")


@found_by("check_loss_keeps_free_parameters_in_variables")
def called_free():
    return loss(Fixed, scale=SCALE)


@found_by("check_loss_tells_a_prior_or_none")
def no_prior():
    return estimates(lambda *, counts: np.eye(len(counts))[0])(loss(Told))


@serializable
class Idle(Told):
    def row_losses(self, actual, logits):
        return negative_log_likelihood(actual, logits)


@found_by("check_loss_parameters_have_effects")
def idle_scale():
    return loss(Idle, scale=SCALE)


# Resamplers.


def resampler(act, **spaces):
    class Made(Resampler):
        name = "broken"
        makes_rows = spaces.pop("makes_rows", False)

        def __call__(self, task):
            return act(task)

    def broken(**parameters):
        """A resampler that is broken."""
        return Made()

    def idle(ratio):
        """A resampler that is broken."""
        return Made()

    def plain():
        """A resampler that is broken."""
        return Made()

    return RESAMPLERS.register("broken", **spaces)(idle if spaces else plain)


@found_by("check_resampler_returns_whole_rows")
def of_another_type():
    def act(task):
        return Resampled(task.x.astype("float64"), task.y, None, np.arange(len(task.y)))

    return resampler(act)


@found_by("check_resampler_raises_no_other_class")
def drops_the_rare():
    def act(task):
        rare = np.flatnonzero(task.y == 1)
        return Resampled.taken(task, np.delete(np.arange(len(task.y)), rare[::2]))

    return resampler(act)


@found_by("check_resampler_leaves_the_given_rows")
def writes_into_rows():
    def act(task):
        done = Resampled.taken(task, np.arange(len(task.y)))
        task.x[:] = 0
        return done

    return resampler(act)


@found_by("check_resampler_repeats_with_its_seed")
def of_the_global_seed():
    def act(task):
        copies = np.random.choice(np.flatnonzero(task.y == 1), 20)
        return Resampled.taken(task, np.r_[np.arange(len(task.y)), copies])

    return resampler(act)


@found_by("check_resampler_tells_where_rows_come_from")
def of_other_rows():
    def act(task):
        return Resampled(task.x[::-1], task.y[::-1], None, np.arange(len(task.y)))

    return resampler(act)


@found_by("check_resampler_keeps_its_word")
def makes_none():
    return resampler(Resampled.unchanged, makes_rows=True)


@found_by("check_resampler_parameters_have_effects")
def idle_ratio():
    return resampler(Resampled.unchanged, ratio=Float(0.1, 1.0))


# Backbones.


def backbone(between=lambda x: x, start=kernel_initializer, behind=make_activation):
    """One dense layer; what is given replaces a part of it."""

    def broken(*, inputs, activation, initializer):
        """A backbone that is broken."""
        x = keras.layers.Dense(4, kernel_initializer=start(activation, initializer))(inputs)
        return between(behind(activation)(x))

    return BACKBONES.register("broken")(broken)


@found_by("check_backbone_builds")
def two_axes():
    @BACKBONES.register("broken", flat=Choice((True, False)))
    def broken(flat, *, inputs, activation, initializer):
        """A backbone that is broken."""
        kernel = kernel_initializer(activation, initializer)
        x = make_activation(activation)(keras.layers.Dense(4, kernel_initializer=kernel)(inputs))
        return x if flat else keras.layers.Reshape((2, 2))(x)

    return broken


@found_by("check_backbone_uses_the_activation")
def fixed_activation():
    return backbone(behind=lambda activation: keras.layers.ReLU())


@found_by("check_backbone_uses_the_initializer")
def fixed_initializer():
    return backbone(start=lambda activation, initializer: "glorot_uniform")


@found_by("check_backbone_trains")
def breaks_in_training():
    return backbone(lambda x: NotANumberInTraining()(x))


@found_by("check_backbone_is_saved")
def unregistered_backbone():
    return backbone(lambda x: Unregistered()(x))


@found_by("check_backbone_repeats_with_its_seed")
def unseeded_backbone():
    return backbone(lambda x: Random()(x))


@found_by("check_backbone_parameters_have_effects")
def idle_width():
    @BACKBONES.register("broken", width=Int(2, 4))
    def broken(width, *, inputs, activation, initializer):
        """A backbone that is broken."""
        kernel = kernel_initializer(activation, initializer)
        return make_activation(activation)(keras.layers.Dense(4, kernel_initializer=kernel)(inputs))

    return broken


# Hypermodels of any kind.


class Good(keras_tuner.HyperModel):
    """One that all checks let pass; each broken one changes a part."""

    rate = 0.1

    def layers(self, hp):
        units = hp.Int("units", 2, 3)
        return [keras.layers.Dense(units, activation="relu")]

    def build(self, hp):
        output = keras.layers.Dense(1, activation="sigmoid")
        model = keras.Sequential([keras.Input((3,)), *self.layers(hp), output])
        rate = keras.optimizers.SGD(self.rate)
        model.compile(rate, "binary_crossentropy", run_eagerly=True)  # which is soon done
        return model


@found_by("check_hypermodel_leaves_the_given_rows")
class Writes(Good):
    def fit(self, hp, model, x, y, **kwargs):
        x *= 2
        return model.fit(x, y, **kwargs)


class Nothing(Good):
    def build(self, hp):
        return None


@found_by("check_hypermodel_builds_at_every_end", "check_hypermodel_hyperparameters_have_effects")
class Fails(Good):
    def layers(self, hp):
        if hp.Int("units", 2, 3) == 3:
            raise ValueError("three is too many")
        return []


@found_by("check_hypermodel_declares_everything_in_build")
class Late(Good):
    def fit(self, hp, model, x, y, **kwargs):
        return model.fit(x, y, batch_size=hp.Int("batch_size", 8, 16), **kwargs)


@found_by("check_hypermodel_trains")
class Still(Good):
    rate = 0.0


@found_by("check_hypermodel_tells_validation_scores")
class Silent(Good):
    def fit(self, *args, **kwargs):
        super().fit(*args, **kwargs)


@found_by("check_hypermodel_is_saved")
class Unsaved(Good):
    def layers(self, hp):
        return [*super().layers(hp), Unregistered()]


@found_by("check_hypermodel_repeats_with_its_seed", "check_hypermodel_only_scores_validation_rows")
class Unseeded(Good):
    def fit(self, hp, model, x, y, **kwargs):
        order = np.random.default_rng().permutation(len(x))
        return model.fit(x[order], y[order], batch_size=4, **kwargs)


@found_by("check_hypermodel_hyperparameters_have_effects")
class IdleUnits(Good):
    def layers(self, hp):
        hp.Int("units", 2, 3)
        return [keras.layers.Dense(4)]


@found_by("check_hypermodel_inactive_hyperparameters_have_none")
class Reads(Good):
    def layers(self, hp):
        kind = hp.Choice("kind", ["wide", "narrow"])
        with hp.conditional_scope("kind", ["wide"]):
            hp.Int("units", 2, 3)
        units = hp.values.get("units", 2) + (kind == "wide")
        return [keras.layers.Dense(units, activation="relu")]


@found_by("check_hypermodel_only_scores_validation_rows")
class Peeks(Good):
    def fit(self, hp, model, x, y, *, validation_data, **kwargs):
        x, y = (np.concatenate(both) for both in zip((x, y), validation_data, strict=True))
        return model.fit(x, y, validation_data=validation_data, **kwargs)


# Ours with networks of a person's own.


class Own(ImbalancedHyperModel):
    """One that all checks let pass."""

    def __init__(self):
        training = {"batch_size": 64, "learning_rate": 0.01}
        super().__init__((3,), model={"activation": "relu"}, imbalance={}, training=training)

    def build(self, hp):
        model = super().build(hp)
        model.run_eagerly = True
        return model

    def backbone(self, hp, inputs, activation):
        kernel = activation.initializer()
        return activation()(keras.layers.Dense(3, kernel_initializer=kernel)(inputs))


@found_by(
    "check_imbalanced_gives_probabilities",
    "check_hypermodel_trains",
    "check_hypermodel_tells_validation_scores",
)
class Linear(Own):
    def build(self, hp):
        model = super().build(hp)
        model.layers[-1].activation = keras.activations.linear
        return model


@found_by("check_imbalanced_knows_the_class_counts")
class Compiled(Own):
    def build(self, hp):
        model = super().build(hp)
        metrics = [type(one)(1) for one in model._compile_metrics._user_metrics]
        model.compile("sgd", "binary_crossentropy", metrics=metrics, run_eagerly=True)
        return model

    def fit(self, hp, model, x, y, **kwargs):
        return model.fit(x, y, **kwargs)


@found_by("check_imbalanced_reports_minority_f1")
class Unscored(Own):
    def build(self, hp):
        model = super().build(hp)
        model.compile("sgd", model.loss, metrics=["accuracy"], run_eagerly=True)
        return model
