"""Backbones: their shapes, their numbers of parameters, and which rows they take."""

import keras
import keras_tuner
import numpy as np
import pytest
from scipy.signal import correlate2d

from tuner import BACKBONES, ImbalancedHyperModel, InputError
from tuner.evaluate.ensemble import average
from tuner.model.activations import ACTIVATIONS, kernel_initializer
from tuner.model.backbones.architectures import LEAST_SIDE
from tuner.model.depth import depths
from tuner.spaces import NO_FILE, Chosen, fixed_default
from tuner.training.health_passes import hidden_activations

SMALLEST = "MobileNetV3Small"
"""The published architecture that is built soonest; test_model_backbone.py has all."""


def network(family, shape, activation="relu", initializer="auto", **values):
    """The backbone alone; what is not given has its default."""
    spaces = BACKBONES[family].spaces
    defaults = {key: fixed_default(space).value for key, space in spaces.items()}
    defaults |= dict.fromkeys(BACKBONES[family].files, NO_FILE)
    if family == "backbone":
        defaults["architecture"] = SMALLEST
    chosen = activation if isinstance(activation, Chosen) else default_of(activation)
    inputs = keras.Input(shape)
    context = {"inputs": inputs, "activation": chosen, "initializer": initializer}
    return keras.Model(inputs, BACKBONES[family]({**defaults, **values}, **context))


def default_of(name):
    spaces = ACTIVATIONS[name].spaces
    return Chosen(name, {key: fixed_default(space).value for key, space in spaces.items()})


def own_layers(family, model):
    """The layers that are this package's own: of a published network those after it."""
    if family != "backbone":
        return model.layers
    pooling = of_kind(model, keras.layers.GlobalAveragePooling2D)[-1]
    return model.layers[model.layers.index(pooling) :]


def side(family):
    return LEAST_SIDE if family == "backbone" else 6


def of_kind(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


def conv_parameters(channels, filters, size, units, blocks, normalised=False):
    """Kernels, and a bias for each unit or four numbers of its normalisation."""
    more = 4 if normalised else 1
    total = 0
    for _ in range(blocks):
        total += size * size * channels * filters + more * filters
        channels, filters = filters, 2 * filters
    return total + channels * units + more * units


TABLE = [
    ("dense", (30,), {"layers": 3, "units": 8}, 30 * 8 + 8 + 2 * (8 * 8 + 8)),
    ("dense", (5, 4), {"layers": 1, "units": 8}, 20 * 8 + 8),
    ("dense", (30,), {"layers": 1, "units": 8, "batch_normalization": True}, 30 * 8 + 4 * 8),
    (
        "conv",
        (12, 10),
        {"blocks": 1, "filters": 4, "units": 6},
        (3 * 3 * 1 * 4 + 4) + (4 * 6 + 6),
    ),
    (
        "conv",
        (28, 28, 3),
        {"blocks": 2, "filters": 16, "kernel_size": 5, "units": 32},
        (5 * 5 * 3 * 16 + 16) + (5 * 5 * 16 * 32 + 32) + (32 * 32 + 32),
    ),
    (
        "conv",
        (28, 28, 1),
        {"blocks": 3, "filters": 8, "units": 10, "normalization": "batch"},
        conv_parameters(1, 8, 3, 10, 3, normalised=True),
    ),
    ("backbone", (32, 32, 3), {"units": 7}, 939_120 + 576 * 7 + 7),
    ("conv", (3, 2), {"blocks": 4, "filters": 4, "units": 5}, conv_parameters(1, 4, 3, 5, 4)),
]


def test_the_table_has_rows_for_each_entry():
    assert {name for name, *_ in TABLE} == set(BACKBONES)


@pytest.mark.parametrize(("family", "shape", "values", "parameters"), TABLE)
def test_structure(family, shape, values, parameters):
    model = network(family, shape, **values)
    assert model.output_shape == (None, values["units"])
    assert model.count_params() == parameters
    out = model(np.random.default_rng(0).normal(size=(3, *shape)).astype("float32"))
    assert np.isfinite(out).all()


# Of a published network only one layer is hidden in this sense; test_model_backbone.py has it.
@pytest.mark.parametrize("family", [name for name in BACKBONES if name != "backbone"])
def test_every_hidden_layer_has_the_settings_of_all(family):
    normalised = {"conv": {"normalization": "batch"}}.get(family, {"batch_normalization": True})
    model = network(family, (6, 6), "elu", l2=0.01, **normalised)
    kernels = [layer for layer in model.layers if hasattr(layer, "kernel")]
    normalised = of_kind(model, keras.layers.BatchNormalization)
    assert len(kernels) == len(normalised) == len(of_kind(model, keras.layers.ELU)) > 1
    for layer in kernels:
        assert float(layer.kernel_regularizer.l2) == pytest.approx(0.01)
        assert not layer.use_bias
    plain = [layer for layer in network(family, (6, 6)).layers if hasattr(layer, "kernel")]
    assert all(layer.use_bias and layer.kernel_regularizer is None for layer in plain)


@pytest.mark.parametrize("family", list(BACKBONES))
def test_dropout_comes_last_and_only_where_it_is_asked_for(family):
    shape = (side(family), side(family))
    dropping = network(family, shape, dropout=0.3)
    assert isinstance(dropping.layers[-1], keras.layers.Dropout)
    assert dropping.layers[-1].rate == 0.3
    assert of_kind(network(family, shape), keras.layers.Dropout) == []


# Building a published network takes long, and what is behind its dense layer is made as in others.
SOME = ("relu", "rrelu", "celu", "by_depth")
PAIRS = [(one, two) for one in BACKBONES for two in (SOME if one == "backbone" else ACTIVATIONS)]


@pytest.mark.parametrize(("family", "activation"), PAIRS)
def test_every_activation_is_found_after_every_kernel_and_exported(family, activation):
    shape = (side(family), side(family), 2)
    hidden = network(family, shape, activation)
    kernels = [layer for layer in own_layers(family, hidden) if hasattr(layer, "kernel")]
    model = keras.Model(hidden.input, keras.layers.Dense(1, "sigmoid")(hidden.output))
    behind = set(own_layers(family, hidden))
    assert len([one for one in hidden_activations(model) if one in behind]) == len(kernels)
    x = np.random.default_rng(0).normal(size=(5, *shape)).astype("float32")
    exported = average([(model.get_config(), model.get_weights())])
    np.testing.assert_allclose(exported(x), model(x), atol=1e-6)


class TestConv:
    """Convolutions."""

    def test_the_numbers_are_those_of_the_formula(self):
        keras.utils.set_random_seed(0)
        model = network("conv", (5, 4), "relu", blocks=1, filters=3, units=2)
        rng = np.random.default_rng(1)
        model.set_weights([rng.normal(size=one.shape) for one in model.get_weights()])
        kernel, bias, weights, shift = model.get_weights()
        picture = rng.normal(size=(5, 4)).astype("float32")
        means = []
        for channel in range(3):
            sums = correlate2d(picture, kernel[:, :, 0, channel], "same") + bias[channel]
            on = np.maximum(sums, 0)[:4]  # the fifth row has no second to pool with
            means.append(on.reshape(2, 2, 2, 2).max(axis=(1, 3)).mean())
        expected = np.maximum(np.array(means) @ weights + shift, 0)
        np.testing.assert_allclose(model(picture[None])[0], expected, atol=1e-5)

    def test_filters_double_and_pictures_halve(self):
        model = network("conv", (28, 20, 3), blocks=3, filters=6)
        convolutions = of_kind(model, keras.layers.Conv2D)
        assert [layer.output.shape[1:] for layer in convolutions] == [
            (28, 20, 6),
            (14, 10, 12),
            (7, 5, 24),
        ]

    @pytest.mark.parametrize("residual", [False, True])
    def test_strides_leave_every_second_place_of_the_first_convolution(self, residual):
        options = {"blocks": 2, "filters": 3, "convolutions": 2, "residual": residual}
        model = network("conv", (9, 8), strides=2, **options)
        inner = [layer for layer in of_kind(model, keras.layers.Conv2D) if layer.kernel_size[0] > 1]
        assert [layer.output.shape[1:3] for layer in inner] == [(5, 4), (5, 4), (2, 2), (2, 2)]
        assert [layer.strides for layer in inner] == [(2, 2), (1, 1), (1, 1), (1, 1)]
        assert model(np.ones((1, 9, 8), "float32")).shape == (1, 64)

    @pytest.mark.parametrize(
        ("shape", "left"),
        [
            ((8, 8), (1, 1)),
            ((1, 1), (1, 1)),
            ((2, 9), (1, 4)),
            ((40, 3), (20, 1)),
            ((17, 17), (1, 1)),
        ],
    )
    def test_pooling_ends_where_a_side_is_one_pixel(self, shape, left):
        model = network("conv", shape, blocks=4, filters=2)
        [mean] = of_kind(model, keras.layers.GlobalAveragePooling2D)
        assert mean.input.shape[1:] == (*left, 16)
        assert len(of_kind(model, keras.layers.Conv2D)) == 4

    def test_pictures_without_channels_have_one(self):
        with_axis, without = (network("conv", shape, filters=4) for shape in ((6, 6, 1), (6, 6)))
        with_axis.set_weights(without.get_weights())
        x = np.random.default_rng(0).normal(size=(4, 6, 6)).astype("float32")
        np.testing.assert_array_equal(without(x), with_axis(x[..., None]))

    @pytest.mark.parametrize(
        ("shared", "shapes"),
        [(False, [(1, 1, 4), (1, 1, 8), (5,)]), (True, [(1, 1, 1), (1, 1, 1), (1,)])],
    )
    def test_a_learned_slope_is_one_for_each_channel(self, shared, shapes):
        chosen = Chosen("prelu", {"alpha_initializer": 0.1, "shared": shared})
        model = network("conv", (9, 9), chosen, filters=4, units=5)
        slopes = [layer.alpha for layer in of_kind(model, keras.layers.PReLU)]
        assert [tuple(alpha.shape) for alpha in slopes] == shapes

    def test_a_learned_beta_is_one_for_each_channel(self):
        model = network("conv", (9, 9), "swish_beta", filters=4, units=5)
        betas = [layer.beta for layer in model.layers if hasattr(layer, "beta")]
        assert [tuple(beta.shape) for beta in betas] == [(4,), (8,), (5,)]

    def test_the_dense_layer_is_the_last_hidden_layer(self):
        chosen = Chosen("by_depth", {"first": "leaky_relu", "middle": "selu", "last": "elu"})
        model = network("conv", (9, 9), chosen, blocks=2)
        kinds = [type(layer).__name__ for layer in hidden_activations(model)]
        assert kinds == ["LeakyReLU", "Activation"]
        assert isinstance(model.layers[-1], keras.layers.ELU)
        kernels = [layer for layer in model.layers if hasattr(layer, "kernel")]
        for layer, depth in zip(kernels, depths(3), strict=True):
            expected = kernel_initializer(chosen, depth=depth)
            got = layer.kernel_initializer
            assert (type(got), got.scale) == (type(expected), expected.scale)

    def test_initial_weights_have_the_variance_of_their_fan_in(self):
        keras.utils.set_random_seed(0)
        model = network("conv", (9, 9), "relu", blocks=2, filters=64, kernel_size=5)
        kernel = of_kind(model, keras.layers.Conv2D)[1].get_weights()[0]
        assert kernel.var() == pytest.approx(2 / (5 * 5 * 64), rel=0.03)

    def test_blocks_may_have_several_convolutions(self):
        model = network("conv", (8, 8), blocks=2, convolutions=3, filters=4)
        shapes = [layer.output.shape[1:] for layer in of_kind(model, keras.layers.Conv2D)]
        assert shapes == [(8, 8, 4)] * 3 + [(4, 4, 8)] * 3
        assert len(of_kind(model, keras.layers.MaxPooling2D)) == 2
        assert len(hidden_activations(model)) == 6  # the last layer of all has no kernel after it

    def test_what_goes_into_a_residual_block_is_added_before_the_last_activation(self):
        keras.utils.set_random_seed(0)
        options = {"blocks": 1, "convolutions": 2, "filters": 3, "units": 2}
        model = network("conv", (5, 4), "relu", residual=True, **options)
        convolutions = of_kind(model, keras.layers.Conv2D)
        [shortcut] = [layer for layer in convolutions if layer.kernel_size == (1, 1)]
        first, second = sorted(set(convolutions) - {shortcut}, key=lambda one: one.kernel.shape[2])
        picture = np.random.default_rng(1).normal(size=(2, 5, 4, 1)).astype("float32")
        sums = second(keras.ops.relu(first(picture))) + shortcut(picture)
        [pooled] = of_kind(model, keras.layers.MaxPooling2D)
        inner = keras.Model(model.input, pooled.input)
        np.testing.assert_allclose(inner(picture[..., 0]), keras.ops.relu(sums), atol=1e-6)

    def test_a_block_that_keeps_its_channels_adds_what_it_is_given(self):
        model = network("conv", (6, 6, 4), blocks=2, filters=4, residual=True)
        kernels = [tuple(layer.kernel.shape) for layer in of_kind(model, keras.layers.Conv2D)]
        # The first block has 4 channels already, the second brings 4 to 8.
        assert sorted(kernels) == [(1, 1, 4, 8), (3, 3, 4, 4), (3, 3, 4, 8)]
        assert len(of_kind(model, keras.layers.Add)) == 2

    def test_later_blocks_are_left_out_more_often(self):
        model = network("conv", (8, 8), blocks=4, filters=2, residual=True, stochastic_depth=0.4)
        dropped = of_kind(model, keras.layers.Dropout)
        assert [layer.rate for layer in dropped] == pytest.approx([0.1, 0.2, 0.3, 0.4])
        assert {layer.noise_shape for layer in dropped} == {(None, 1, 1, 1)}
        x = np.ones((4000, 2, 2, 1), "float32")
        kept = np.asarray(dropped[3](x, training=True)).reshape(4000, 4)
        assert np.unique(kept.round(4)).tolist() == pytest.approx([0, 1 / 0.6], abs=1e-4)
        assert (kept == kept[:, :1]).all()  # a row is left out as a whole
        assert (kept[:, 0] == 0).mean() == pytest.approx(0.4, abs=0.03)

    @pytest.mark.parametrize(("filters", "groups"), [(16, 8), (12, 4), (3, 1)])
    def test_groups_divide_the_channels(self, filters, groups):
        model = network("conv", (6, 6), blocks=1, filters=filters, normalization="group", units=8)
        first, head = of_kind(model, keras.layers.GroupNormalization)
        assert (first.groups, head.groups) == (groups, 1)
        x = np.random.default_rng(0).normal(2, 3, (5, 6, 6, filters)).astype("float32")
        parts = np.asarray(first(x)).reshape(5, 36, groups, -1)
        np.testing.assert_allclose(parts.mean(axis=(1, 3)), 0, atol=1e-5)
        np.testing.assert_allclose(parts.std(axis=(1, 3)), 1, atol=1e-3)

    def test_the_maximum_of_a_channel_may_go_on(self):
        model = network("conv", (6, 6), pooling="max")
        assert len(of_kind(model, keras.layers.GlobalMaxPooling2D)) == 1
        assert of_kind(model, keras.layers.GlobalAveragePooling2D) == []

    @pytest.mark.parametrize("units", [8, 16, 17])
    def test_groups_leave_what_the_dense_layer_says(self, units):
        keras.utils.set_random_seed(0)
        model = network("conv", (6, 6), normalization="group", units=units, activation="elu")
        out = model(np.random.default_rng(0).normal(size=(50, 6, 6)).astype("float32"))
        assert np.median(np.asarray(out).std(axis=0)) > 0.1

    def test_few_units_are_not_normalised_by_groups(self):
        model = {"family": "conv", "units": {"choice": [3, 8]}, "normalization": "group"}
        with pytest.raises(InputError, match="leaves little of few units; give 4 units at least"):
            ImbalancedHyperModel((8, 8), model=model)

    @pytest.mark.parametrize(
        ("given", "refused"),
        [
            ({"stochastic_depth": 0.1}, True),
            ({"stochastic_depth": {"float": [0.0, 0.5]}, "residual": False}, True),
            ({"stochastic_depth": 0.0}, False),
            ({"stochastic_depth": 0.1, "residual": True}, False),
            ({"stochastic_depth": 0.1, "residual": {"choice": [False, True]}}, False),
        ],
    )
    def test_nothing_can_be_left_out_without_residual_blocks(self, given, refused):
        model = {"family": "conv", "filters": 2, **given}
        if not refused:
            assert ImbalancedHyperModel((8, 8), model=model)
            return
        with pytest.raises(InputError, match=r"model: 'stochastic_depth' drops residual blocks"):
            ImbalancedHyperModel((8, 8), model=model)


class TestRows:
    """Which rows a backbone takes."""

    @pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (8, 8, 4)])
    def test_images_are_taken(self, shape):
        hypermodel = ImbalancedHyperModel(shape, model={"family": "conv", "filters": 2})
        model = hypermodel.build(keras_tuner.HyperParameters())
        assert model.input_shape == (None, *shape)
        assert model.output_shape == (None, 1)

    @pytest.mark.parametrize(
        ("shape", "fragment"),
        [
            ((30,), r"model\.family: 'conv' takes images, and the rows are those of a table"),
            (
                (4, 8, 8, 1),
                r"\(height, width, channels\), and the rows are of shape \(4, 8, 8, 1\)",
            ),
            ((None, None, 3), r"the rows are of shape \(None, None, 3\)"),
        ],
    )
    def test_other_rows_are_refused(self, shape, fragment):
        with pytest.raises(InputError, match=fragment):
            ImbalancedHyperModel(shape, model={"family": "conv"})

    def test_the_refusal_comes_with_all_other_problems(self):
        with pytest.raises(InputError) as caught:
            ImbalancedHyperModel(
                (30,),
                model={"family": "conv"},
                imbalance={"class_weight": {"explicit": {"0": 1.0}}},
            )
        assert {problem.path[0] for problem in caught.value.problems} == {"model", "imbalance"}
