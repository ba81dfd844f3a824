"""Losses against NumPy and Keras: values, gradients, identities, and class frequencies set late."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import log_softmax

from tuner.errors import InputError
from tuner.model.losses import LOSSES, fixed_correction, make_loss, may_correct
from tuner.model.losses.base import RareClassLoss
from tuner.model.losses.ldam import LDAM
from tuner.model.losses.schedule import LossSchedule
from tuner.model.losses.soft_f1 import SoftF1
from tuner.spaces import Alternative, Choice, Chosen, Fixed, Float

COUNTS = {2: [90, 10], 3: [70, 25, 5]}


def true_class(values, y):
    return values[np.arange(len(y)), y]


def crossentropy(q, y, counts, minority, label_smoothing):
    k = q.shape[1]
    targets = np.eye(k)[y] * (1 - label_smoothing) + label_smoothing / k
    return -(targets * np.log(q)).sum(axis=1)


def focal(q, y, counts, minority, gamma, alpha):
    p = true_class(q, y)
    weights = np.where(y == minority, alpha, 1 - alpha) / 0.5
    return -weights * (1 - p) ** gamma * np.log(p)


def effective_weights(counts, beta):
    weights = (1 - beta) / (1 - beta ** np.asarray(counts, dtype=float))
    return weights / np.average(weights, weights=counts)


def class_balanced(q, y, counts, minority, beta):
    return -effective_weights(counts, beta)[y] * np.log(true_class(q, y))


def logit_adjusted(q, y, counts, minority, tau):
    prior = np.asarray(counts) / np.sum(counts)
    return -true_class(log_softmax(np.log(q) + tau * np.log(prior), axis=1), y)


def ldam(q, y, counts, minority, max_margin, scale, reweight_after):
    margins = 1 / np.sqrt(np.sqrt(counts))  # as the authors write it
    margins = margins * (max_margin / np.max(margins))
    logits = np.log(q) - np.eye(q.shape[1])[y] * margins
    weights = effective_weights(counts, 0.9999) if reweight_after == 0 else np.ones(len(counts))
    return -weights[y] * true_class(log_softmax(scale * logits, axis=1), y)


TABLE = [
    ("crossentropy", {"label_smoothing": 0.0}, crossentropy),
    ("crossentropy", {"label_smoothing": 0.2}, crossentropy),
    ("focal", {"gamma": 2.0, "alpha": 0.5}, focal),
    ("focal", {"gamma": 0.5, "alpha": 0.9}, focal),
    ("focal", {"gamma": 5.0, "alpha": 0.25}, focal),
    ("class_balanced", {"beta": 0.9}, class_balanced),
    ("class_balanced", {"beta": 0.999}, class_balanced),
    ("logit_adjusted", {"tau": 1.0}, logit_adjusted),
    ("logit_adjusted", {"tau": 1.7}, logit_adjusted),
    ("ldam", {"max_margin": 0.5, "scale": 1.0, "reweight_after": 0.8}, ldam),
    ("ldam", {"max_margin": 0.3, "scale": 10.0, "reweight_after": 0.0}, ldam),
]
NAMES = [f"{name}{list(parameters.values())}" for name, parameters, _ in TABLE]
each = pytest.mark.parametrize(("name", "parameters", "formula"), TABLE, ids=NAMES)
binary_and_more = pytest.mark.parametrize("classes", [2, 3])
everything = pytest.mark.parametrize(
    "chosen", [*(Chosen(name, values) for name, values, _ in TABLE), Chosen("soft_f1")],
    ids=[*NAMES, "soft_f1"],
)  # fmt: skip


def adapted(chosen, classes, minority=None, **config):
    loss = make_loss(chosen, classes, classes - 1 if minority is None else minority)
    loss.adapt(COUNTS[classes])
    return type(loss).from_config({**loss.get_config(), **config})


def rows(classes, count=40, seed=0):
    rng = np.random.default_rng(seed)
    q = rng.dirichlet(np.ones(classes), size=count)
    return q, rng.integers(classes, size=count), rng.uniform(0, 3, size=count)


def output(q):
    """What a network of two or more classes gives."""
    return (q[:, 1:] if q.shape[1] == 2 else q).astype("float32")


def of_logits(z):
    """The same from logits, which Keras keeps."""
    return keras.activations.sigmoid(z) if z.shape[1] == 1 else keras.activations.softmax(z)


def soft_f1(p, actual, w):
    return 1 - 2 * np.sum(w * p * actual) / np.sum(w * (p + actual))


def test_the_table_has_a_row_for_each_entry():
    assert {name for name, *_ in TABLE} | {"soft_f1"} == set(LOSSES)


@each
@binary_and_more
@pytest.mark.parametrize("minority", [0, 1])
def test_values_are_the_formula(name, parameters, formula, classes, minority):
    q, y, w = rows(classes)
    loss = adapted(Chosen(name, parameters), classes, minority)
    expected = formula(q, y, COUNTS[classes], minority, **parameters)
    assert float(loss(y, output(q))) == pytest.approx(expected.mean(), rel=3e-6)
    assert float(loss(y, output(q), w)) == pytest.approx((w * expected).mean(), rel=3e-6)
    each_row = type(loss).from_config({**loss.get_config(), "reduction": None})
    np.testing.assert_allclose(each_row(y, output(q)), expected, rtol=2e-5, atol=1e-6)


@binary_and_more
@pytest.mark.parametrize("minority", [0, 1])
def test_soft_f1_is_the_formula_with_row_weights_in_its_sums(classes, minority):
    q, y, w = rows(classes)
    loss = adapted(Chosen("soft_f1"), classes, minority)
    p, actual = q[:, minority], (y == minority).astype(float)
    assert float(loss(y, output(q))) == pytest.approx(soft_f1(p, actual, np.ones(40)), rel=1e-5)
    weighted = soft_f1(p, actual, w)
    assert float(loss(y, output(q), w)) == pytest.approx(weighted, rel=1e-5)
    assert float(loss(y[:, None], output(q), w[:, None])) == pytest.approx(weighted, rel=1e-5)


def test_soft_f1_of_certain_predictions_is_that_of_counts():
    loss = make_loss(Chosen("soft_f1"), 2, 1)
    # 2 found, 1 false alarm, 1 missed: F1 is 4 / 6
    q = np.array([[1.0], [1.0], [1.0], [0.0], [0.0]])
    assert float(loss([1, 1, 0, 1, 0], q)) == pytest.approx(1 - 4 / 6, rel=1e-5)


def test_soft_f1_of_a_batch_without_the_minority_is_1_and_teaches_nothing():
    loss = make_loss(Chosen("soft_f1"), 2, 1)
    z = tf.constant([[0.5], [-1.0]])
    with tf.GradientTape() as tape:
        tape.watch(z)
        value = loss([0, 0], of_logits(z))
    assert float(value) == 1.0
    np.testing.assert_array_equal(tape.gradient(value, z), [[0.0], [0.0]])
    assert float(loss([1, 1], [[0.5], [0.5]], [0.0, 0.0])) == 1.0


@everything
@binary_and_more
def test_rows_with_weight_zero_do_not_matter(chosen, classes):
    q, y, _ = rows(classes, 20)
    loss, w = adapted(chosen, classes, reduction="sum_over_batch_size"), np.r_[[1.0] * 10, [0] * 10]
    other = np.r_[q[:10], q[:9:-1]]
    assert float(loss(y, output(q), w)) == float(loss(y, output(other), w))


NEUTRAL = [
    ("crossentropy", {"label_smoothing": 0.0}),
    ("focal", {"gamma": 0.0, "alpha": 0.5}),
    ("class_balanced", {"beta": 0.0}),
    ("logit_adjusted", {"tau": 0.0}),
    ("ldam", {"max_margin": 0.0, "scale": 1.0, "reweight_after": 1.0}),
]


@pytest.mark.parametrize(("name", "parameters"), NEUTRAL)
@binary_and_more
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kept", [False, True], ids=["probabilities", "logits"])
def test_a_neutral_loss_is_keras_crossentropy(name, parameters, classes, weighted, kept):
    q, y, w = rows(classes)
    q[:6] = np.eye(classes)[[0, 0, 0, 1, 1, 1]]  # certain, and right or wrong
    z = np.random.default_rng(1).normal(scale=20, size=(40, 1 if classes == 2 else classes))
    predicted = of_logits(tf.constant(z, "float32")) if kept else output(q)
    theirs = (
        keras.losses.BinaryCrossentropy()
        if classes == 2
        else keras.losses.SparseCategoricalCrossentropy()
    )
    w = w if weighted else None
    expected = float(theirs(y[:, None], predicted, w))
    loss = adapted(Chosen(name, parameters), classes)
    assert float(loss(y, predicted, w)) == pytest.approx(expected, rel=1e-6)
    assert float(loss(y[:, None], predicted, w)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.1, 0.3])
def test_smoothed_labels_are_keras_own(smoothing):
    ours = Chosen("crossentropy", {"label_smoothing": smoothing})
    for classes, theirs in (
        (2, keras.losses.BinaryCrossentropy(label_smoothing=smoothing)),
        (3, keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)),
    ):
        q, y, w = rows(classes)
        labels = y[:, None] if classes == 2 else np.eye(3)[y]
        expected = float(theirs(labels, output(q), w))
        assert float(adapted(ours, classes)(y, output(q), w)) == pytest.approx(expected, rel=2e-6)


@pytest.mark.parametrize(("gamma", "alpha"), [(2.0, 0.25), (1.5, 0.8)])
def test_focal_is_twice_that_of_keras_with_class_balancing(gamma, alpha):
    q, y, w = rows(2)
    theirs = keras.losses.BinaryFocalCrossentropy(
        apply_class_balancing=True, alpha=alpha, gamma=gamma
    )
    ours = adapted(Chosen("focal", {"gamma": gamma, "alpha": alpha}), 2)
    expected = 2 * float(theirs(y[:, None].astype("float32"), output(q), w))
    assert float(ours(y, output(q), w)) == pytest.approx(expected, rel=3e-6)


@everything
@binary_and_more
@pytest.mark.parametrize("weighted", [False, True])
def test_gradients_are_finite_differences(chosen, classes, weighted):
    _, y, w = rows(classes, 6)
    w = w if weighted else None
    loss = adapted(chosen, classes, dtype="float64")
    z = np.random.default_rng(2).normal(scale=2, size=(6, 1 if classes == 2 else classes))

    def value(logits):
        return loss(y, of_logits(tf.convert_to_tensor(logits, "float64")), w)

    logits = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        result = value(logits)
    steps = np.eye(z.size).reshape(z.size, *z.shape) * 1e-5
    numeric = [float(value(z + step) - value(z - step)) / 2e-5 for step in steps]
    np.testing.assert_allclose(np.ravel(tape.gradient(result, logits)), numeric, atol=1e-8)


@everything
@binary_and_more
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_probabilities_give_finite_values_and_gradients(chosen, classes, data):
    shape = (5, 1 if classes == 2 else classes)
    q = data.draw(arrays("float32", shape, elements=st.floats(0, 1, width=32)))
    y = data.draw(arrays("int64", 5, elements=st.integers(0, classes - 1)))
    predicted = tf.constant(q)
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        value = adapted(chosen, classes)(y, predicted)
    assert np.isfinite(value)
    assert value >= 0
    assert np.isfinite(tape.gradient(value, predicted)).all()


@each
@binary_and_more
@pytest.mark.parametrize("size", [20.0, 200.0, 1e4])
def test_a_badly_wrong_row_teaches(name, parameters, formula, classes, size):
    loss = adapted(Chosen(name, parameters), classes)
    for y in range(classes):
        wrong = np.full((1, classes), size, "float32")
        wrong[0, y] = -size
        z = tf.constant(wrong[:, 1:] - wrong[:, :1] if classes == 2 else wrong)
        with tf.GradientTape() as tape:
            tape.watch(z)
            value = loss([y], of_logits(z))
        slope = np.asarray(tape.gradient(value, z))[0, 0 if classes == 2 else y]
        toward = slope if (classes == 2 and y == 0) else -slope
        assert np.isfinite(slope)
        assert toward > 0.05


@each
@binary_and_more
def test_a_wrong_row_teaches_where_only_its_probability_of_zero_is_known(
    name, parameters, formula, classes
):
    q = tf.constant([[0.0]] if classes == 2 else [[0.5, 0.0, 0.5]])
    with tf.GradientTape() as tape:
        tape.watch(q)
        value = adapted(Chosen(name, parameters), classes)([1], q)
    slope = np.asarray(tape.gradient(value, q))[0, 0 if classes == 2 else 1]
    assert np.isfinite(slope)
    assert slope < -1


def test_soft_f1_forgets_rows_that_are_certain_and_wrong():
    z = tf.constant([[-100.0], [0.0]])
    with tf.GradientTape() as tape:
        tape.watch(z)
        value = make_loss(Chosen("soft_f1"), 2, 1)([1, 1], of_logits(z))
    forgotten, other = np.abs(tape.gradient(value, z)).ravel()
    assert forgotten < 1e-30 < 0.1 < other


def one_weight(units, kernel, loss):
    last = "sigmoid" if units == 1 else "softmax"
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(units, last, use_bias=False)])
    model.set_weights([np.asarray([kernel], "float32")])
    model.compile(keras.optimizers.SGD(1.0), loss)
    return model


@pytest.mark.parametrize(
    ("classes", "kernel", "after"), [(2, [100.0], [99.0]), (3, [0, 100, 0], [1, 99, 0])]
)
def test_a_traced_training_step_uses_the_logits(classes, kernel, after):
    loss = make_loss(Chosen("crossentropy", {"label_smoothing": 0.0}), classes, 1)
    model = one_weight(len(kernel), kernel, loss)
    value = model.train_on_batch(np.ones((1, 1)), np.zeros(1, "int64"))
    assert float(value) == pytest.approx(100.0)
    np.testing.assert_allclose(model.get_weights()[0][0], after)


@pytest.mark.parametrize("name", ["class_balanced", "logit_adjusted", "ldam"])
def test_frequencies_set_after_tracing_count(name):
    parameters = next(values for entry, values, _ in TABLE[5:] if entry == name)
    loss = make_loss(Chosen(name, parameters), 2, 1)
    model = one_weight(1, [0.3], loss)
    x, y = np.linspace(-1, 1, 8)[:, None], np.array([0, 1, 1, 0, 1, 1, 1, 0])
    values = [model.test_on_batch(x, y)]
    for counts in ([90, 10], [10, 90]):
        loss.adapt(counts)
        values.append(model.test_on_batch(x, y))
        assert values[-1] == pytest.approx(float(loss(y, np.asarray(model(x)))), rel=1e-5)
    assert len(set(values)) == 3


@each
def test_before_adapt_classes_are_equally_frequent(name, parameters, formula):
    q, y, _ = rows(3)
    got = float(make_loss(Chosen(name, parameters), 3, 2)(y, output(q)))
    expected = formula(q, y, [7, 7, 7], 2, **parameters).mean()
    assert got == pytest.approx(expected, rel=3e-6)


@pytest.mark.parametrize(
    ("reweight_after", "on"),
    [
        (0.0, [1, 1, 1, 1, 1]),
        (0.2, [0, 1, 1, 1, 1]),
        (0.5, [0, 0, 0, 1, 1]),
        (0.8, [0, 0, 0, 0, 1]),
        (1.0, [0, 0, 0, 0, 0]),
    ],
)
def test_rows_are_reweighted_late_in_training(reweight_after, on):
    loss = LDAM(2, 1, max_margin=0.5, reweight_after=reweight_after)
    loss.adapt([9000, 10])
    model = one_weight(1, [0.0], loss)
    model.optimizer.learning_rate = 0.0
    x, y = np.ones((4, 1)), np.array([0, 0, 0, 1])
    told = model.fit(x, y, epochs=5, verbose=0, callbacks=[LossSchedule(loss)]).history["loss"]
    values = [
        ldam(np.full((4, 2), 0.5), y, [9000, 10], 1, 0.5, 1.0, late).mean() for late in (1, 0)
    ]
    np.testing.assert_allclose(told, [values[late] for late in on], rtol=1e-5)
    assert values[1] > 2 * values[0]


def test_a_share_of_epochs_is_not_off_by_one():
    loss = LDAM(2, 1, reweight_after=0.07)
    loss.adapt([9000, 10])
    values = []
    for epoch in range(5, 9):
        loss.begin_epoch(epoch, 100)  # 0.07 * 100 is 7.000000000000001
        values.append(float(loss([1], [[0.5]])))
    assert values[0] == values[1] != values[2] == values[3]


def test_a_schedule_may_count_from_another_number_of_epochs():
    loss = LDAM(2, 1, reweight_after=0.5)
    loss.adapt([9000, 10])
    model = one_weight(1, [0.0], loss)
    model.optimizer.learning_rate = 0.0
    schedule = LossSchedule(loss, epochs=4)
    told = model.fit(np.ones((2, 1)), np.array([0, 1]), epochs=8, verbose=0, callbacks=[schedule])
    assert np.diff(told.history["loss"]).nonzero()[0].tolist() == [1]


@given(
    counts=st.lists(st.integers(1, 10**6), min_size=2, max_size=6),
    beta=st.floats(0, 0.999999),
    max_margin=st.floats(0.01, 1),
)
@settings(max_examples=60, deadline=None)
def test_weights_have_mean_1_and_margins_grow_with_rarity(counts, beta, max_margin):
    balanced = make_loss(Chosen("class_balanced", {"beta": beta}), len(counts), 0)
    weights = balanced.by_class(np.asarray(counts, float))
    assert np.average(weights, weights=counts) == pytest.approx(1.0)
    margins, late = LDAM(len(counts), 0, max_margin=max_margin).by_class(np.asarray(counts, float))
    assert np.average(late, weights=counts) == pytest.approx(1.0)
    assert margins.max() == pytest.approx(max_margin)
    order = np.argsort(counts)
    assert (np.diff(margins[order]) <= 0).all()
    assert (np.diff(weights[order]) <= 1e-12).all()


@everything
@binary_and_more
def test_a_loss_comes_back_from_its_configuration(chosen, classes):
    q, y, w = rows(classes)
    loss = adapted(chosen, classes)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
    assert float(again(y, output(q), w)) == float(loss(y, output(q), w))


@everything
def test_a_compiled_model_is_saved_with_its_loss(chosen, tmp_path):
    loss = adapted(chosen, 3)
    model = one_weight(3, [0.1, 0.5, -0.3], loss)
    x, y = np.linspace(-1, 1, 9)[:, None], np.arange(9) % 3
    model.train_on_batch(x, y)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(again.loss, type(loss))
    assert again.test_on_batch(x, y) == pytest.approx(model.test_on_batch(x, y))


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([90, 0], "class 1 has 0 training rows"),
        ([90, 5, 5], "one count for each of 2 classes, got shape (3,)"),
        ([[90, 10]], "got shape (1, 2)"),
        ([90, -1], "finite counts above 0, got [90.0, -1.0]"),
        ([90, float("nan")], "finite counts above 0"),
    ],
)
def test_counts_that_say_nothing_are_refused(counts, message):
    loss = make_loss(Chosen("class_balanced", {"beta": 0.9}), 2, 1)
    with pytest.raises(InputError) as caught:
        loss.adapt(counts)
    assert message in str(caught.value)
    assert str(caught.value).startswith("imbalance.loss: ")


@pytest.mark.parametrize(("classes", "minority"), [(1, 0), (2, 2), (3, -1)])
def test_a_minority_must_be_among_the_classes(classes, minority):
    with pytest.raises(ValueError, match="a minority among them"):
        make_loss(Chosen("soft_f1"), classes, minority)


@pytest.mark.parametrize(("classes", "shape"), [(3, (4, 1)), (3, (4, 2)), (2, (4, 3)), (2, (4,))])
def test_probabilities_of_another_shape_are_refused(classes, shape):
    with pytest.raises(ValueError, match="expected probabilities of shape"):
        adapted(Chosen("focal", {"gamma": 2.0, "alpha": 0.5}), classes)(
            np.zeros(4), np.full(shape, 0.5)
        )


def test_two_softmax_columns_are_one_sigmoid():
    q, y, w = rows(2)
    for name, parameters, _ in TABLE:
        loss = adapted(Chosen(name, parameters), 2)
        one, two = loss(y, output(q), w), loss(y, q.astype("float32"), w)
        assert float(one) == pytest.approx(float(two), rel=1e-5)


def test_soft_f1_takes_no_other_reduction():
    with pytest.raises(ValueError, match="no value for a row"):
        SoftF1(2, 1, reduction="sum")


def test_a_loss_of_ones_own_needs_only_its_rows():
    class Squared(RareClassLoss):
        def row_losses(self, actual, logits):
            return keras.ops.sum((keras.ops.softmax(logits) - actual) ** 2, axis=-1)

    loss = Squared(2, 1)
    loss.adapt([9, 1])
    assert float(loss([1], [[0.25]])) == pytest.approx(2 * 0.75**2)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (Chosen("crossentropy", {"label_smoothing": 0.0}), False),
        (Chosen("focal", {"gamma": 2.0, "alpha": 0.5}), False),
        (Chosen("focal", {"gamma": 2.0, "alpha": 0.9}), True),
        (Chosen("soft_f1"), False),
        (Chosen("class_balanced", {"beta": 0.9}), True),
        (Chosen("class_balanced", {"beta": 0.0}), False),
        (Chosen("logit_adjusted", {"tau": 1.0}), True),
        (Chosen("logit_adjusted", {"tau": 0}), False),
        (Chosen("ldam", {"reweight_after": 0.8}), True),
        (Chosen("ldam", {"reweight_after": 1.0}), False),
        (Alternative("ldam", {"reweight_after": Fixed(1)}), False),
        (Alternative("ldam", {"reweight_after": Choice((1.0,))}), False),
        (Alternative("ldam", {"reweight_after": Choice((0.5, 1.0))}), True),
        (Alternative("logit_adjusted", {"tau": Float(0.0, 1.0)}), True),
    ],
)
def test_a_loss_tells_whether_it_may_correct_for_frequency(loss, expected):
    assert may_correct(loss) is expected
    assert not may_correct(loss, "noise")


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (Chosen("focal", {"gamma": 2.0, "alpha": 0.9}), True),
        (Chosen("focal", {"gamma": 2.0, "alpha": 0.5}), False),
        (Chosen("logit_adjusted", {"tau": 1.0}), False),
        (Chosen("crossentropy", {"label_smoothing": 0.0}), False),
    ],
)
def test_a_loss_tells_whether_it_corrects_by_numbers_of_the_study(loss, expected):
    assert fixed_correction(loss) is expected


@pytest.mark.parametrize(
    ("share", "epochs", "expected"), [(0.8, 10, 8), (0.07, 100, 7), (0.0, 10, 0), (1.0, 10, 0)]
)
def test_ldam_says_from_which_epoch_on_it_stays_as_it_is(share, epochs, expected):
    loss = make_loss(
        Chosen("ldam", {"max_margin": 0.5, "scale": 1.0, "reweight_after": share}), 2, 1
    )
    assert loss.settled_from(epochs) == expected


@pytest.mark.parametrize("name", [name for name in LOSSES if name != "ldam"])
def test_other_losses_never_change(name):
    values = {key: space.default for key, space in LOSSES[name].spaces.items()}
    assert make_loss(Chosen(name, values), 2, 1).settled_from(10) == 0
