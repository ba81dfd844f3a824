"""What a study cannot use of a person's code is told in one line."""

import own_models as own
import pytest
from own_models import BUILD, found

from tuner.errors import InputError
from tuner.model.own.code import Surroundings
from tuner.model.own.discovery import discover
from tuner.study import ImbalanceSection, TrainingSection
from tuner.study.python_section import PythonSection


def test_a_hypermodel_for_other_classes_is_refused(tmp_path):
    made = own.IMBALANCED + "\nNet = Net((3,), 2, 0)\n"
    with pytest.raises(InputError, match=r"made for 2 classes and minority 0.* has 2, .*1, is the"):
        found(tmp_path, made, "Net")
    made = made.replace("(3,), 2, 0", "(3,), 3, 2")
    with pytest.raises(InputError, match=r"made for 3 classes and minority 2.* study has 2"):
        found(tmp_path, made, "Net")
    assert found(tmp_path, made.replace("3, 2)", "2, 1)"), "Net").declared.places


ONE = "keras.Model(inputs, keras.layers.Dense(1, activation='sigmoid')(inputs))"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BUILD + "1 / 0", "build failed: ZeroDivisionError: division by zero \\(line 14 of .*net"),
        (BUILD + "return None", "build must return a Keras model, got NoneType"),
        (BUILD + "return network((4,))", r"takes rows of shape \(4,\), and the data have \(3,\)"),
        (BUILD + "return network(input_shape, last='linear')", "not Dense\\(1, activation='linear"),
        (
            BUILD + "return keras.Sequential([keras.layers.Dense(2, activation='softmax')])",
            "of 2 classes the network must end in keras.layers.Dense\\(1, activation='sigmoid'\\)",
        ),
        (
            BUILD + "return keras.Sequential([keras.layers.Dense(1), keras.layers.ReLU()])",
            "must end in .*, and its last layer is ReLU",
        ),
        (
            BUILD + "return keras.Sequential([keras.layers.Dense(1, 'sigmoid', use_bias=False)])",
            "must have a bias",
        ),
        (
            BUILD + "inputs = keras.Input((3,))\n    other = keras.Input((3,))\n"
            "    both = keras.layers.Add()([inputs, other])\n"
            "    return keras.Model([inputs, other], keras.layers.Dense(1, 'sigmoid')(both))",
            "must have one of its inputs, it has 2",
        ),
        (
            BUILD + "return keras.Sequential([keras.layers.Lambda(abs),"
            " keras.layers.Dense(1, 'sigmoid')])",
            "is a Lambda",
        ),
        (
            "class Odd(keras.layers.Layer):\n    def call(self, x):\n        return x\n\n"
            + BUILD
            + "return keras.Sequential([Odd(), keras.layers.Dense(1, 'sigmoid')])",
            "layer Odd is not registered.*register_keras_serializable",
        ),
        (
            "@keras.saving.register_keras_serializable('test_own')\n"
            "class Sized(keras.layers.Layer):\n    def __init__(self, size, **kwargs):\n"
            "        super().__init__(**kwargs)\n\n    def call(self, x):\n        return x\n\n"
            + BUILD
            + "return keras.Sequential([Sized(object()), keras.layers.Dense(1, 'sigmoid')])",
            "Keras cannot copy the network: NotImplementedError: [^{]{1,310}$",
        ),
        (
            "def thrice(x):\n    return 3 * x\n\n"
            + BUILD
            + "return keras.Sequential([keras.layers.Dense(2, thrice), keras.layers.Dense(1,"
            " 'sigmoid')])",
            "since it does not know the function 'thrice'; register it by keras.saving.reg.*able$",
        ),
        (
            "class Whole(keras.Model):\n    def call(self, x):\n        return x\n\n"
            + BUILD
            + "return Whole()",
            "Whole is a subclassed model",
        ),
        (
            "class Bent(keras.Model):\n    def call(self, x):\n        return super().call(x)\n\n"
            + BUILD
            + f"inputs = keras.Input((3,))\n    made = {ONE}\n"
            + "    return Bent(made.inputs, made.outputs)",
            "Bent has a call of its own",
        ),
        (
            "class Own(keras.Model):\n    pass\n\n"
            + BUILD
            + f"inputs = keras.Input((3,))\n    made = {ONE}\n"
            + "    return Own(made.inputs, made.output)",
            "give Own its input as one tensor",
        ),
        (
            BUILD + "model = network(input_shape)\n    model.compile('adam')\n    return model",
            "compiles the network without a loss",
        ),
        (
            BUILD + "model = network(input_shape)\n    if hp.Boolean('x'):\n"
            "        model.compile('adam', 'mse')\n    return model",
            "compiles some networks and leaves others",
        ),
        (
            BUILD + "return keras.Sequential([keras.layers.Conv2D(2, 3), keras.layers.Dense(1)])",
            "cannot be built for rows of shape \\(3,\\): ",
        ),
        (
            "def build(hp, shape):\n    pass",
            "cannot be called: missing a required argument",
        ),
        ("class build:\n    pass", "is a class without build"),
        (
            own.IMBALANCED.replace("Net", "build")
            + "\n    def fit(self, *args, **kwargs):\n        pass\n",
            "is an ImbalancedHyperModel with a fit of its own",
        ),
    ],
)
def test_what_a_study_cannot_use_is_told_in_one_line(tmp_path, text, told):
    with pytest.raises(InputError, match=told) as caught:
        found(tmp_path, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"hp": 4}, "build cannot be called: multiple values for argument 'hp'$"),
        ({"widht": 3}, "unexpected keyword argument 'widht'; did you mean 'width'\\?$"),
    ],
)
def test_arguments_that_do_not_fit_are_named(tmp_path, arguments, told):
    text = "def build(hp, width):\n    return network((3,), width)"
    with pytest.raises(InputError, match=told):
        found(
            tmp_path, text, arguments={"width": 3, **arguments} if "hp" in arguments else arguments
        )


SOFTMAX = """
class Own(keras.Model):
    pass


def build(hp, input_shape):
    inputs = keras.Input(input_shape)
    model = KIND(inputs, keras.layers.Dense(3, activation="softmax")(inputs))
    model.compile("adam", LOSS)
    return model


class Net(keras_tuner.HyperModel):
    def build(self, hp):
        return build(hp, (3,))

    def fit(self, hp, model, *args, **kwargs):
        return model.fit(*args, **kwargs)
"""


@pytest.mark.parametrize(
    ("kind", "loss", "name", "refused"),
    [
        ("Own", "'categorical_crossentropy'", "build", True),
        ("Own", "keras.losses.CategoricalCrossentropy()", "build", True),
        ("Own", "'sparse_categorical_crossentropy'", "build", False),
        ("keras.Model", "'categorical_crossentropy'", "Net", True),
        ("keras.Model", "keras.losses.categorical_crossentropy", "Net", True),
        ("keras.Model", "'sparse_categorical_crossentropy'", "Net", False),
        ("keras.Model", "'categorical_crossentropy'", "build", False),
        ("keras.Model", "keras.losses.CategoricalFocalCrossentropy()", "build", True),
    ],
)
def test_a_loss_of_one_hot_labels_is_refused_where_it_is_not_replaced(
    tmp_path, kind, loss, name, refused
):
    text, classes = SOFTMAX.replace("KIND", kind).replace("LOSS", loss), ("a", "b", "c")
    if not refused:
        assert found(tmp_path, text, name, classes).failed == ()
        return
    with pytest.raises(InputError, match=r"takes one-hot labels.*with sparse_categorical_cross"):
        found(tmp_path, text, name, classes)


SHARED = """
class Net(keras_tuner.HyperModel):
    def build(self, hp):
        hp.Int("training.batch_size", 16, 64)
        return network((3,))
"""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (SHARED, "training.batch_size"),
        (SHARED.replace('"training.batch_size"', '"imbalance.factor"'), "imbalance.factor"),
        (own.IMBALANCED.replace('"frozen"', '"training.frozen"'), "training.frozen"),
        # Only networks with three layers declare it.
        (own.PLAIN.replace('"units_{i}"', "\"{'training.' * (i > 1)}u_{i}\""), "training.u_2"),
    ],
)
def test_a_name_of_another_section_is_refused(tmp_path, text, name):
    section, _, rest = name.partition(".")
    with pytest.raises(InputError) as caught:
        found(tmp_path, text, "Net")
    [problem] = caught.value.problems
    assert str(problem) == (
        f"python: '{name}' would never be searched, since it reads as a key of the {section}"
        f" section; declare it as '{rest}'"
    )


def test_a_backbone_that_takes_a_name_of_the_hypermodel_is_refused(tmp_path):
    text = """
class Net(ImbalancedHyperModel):
    def backbone(self, hp, inputs, activation):
        return keras.layers.Dense(hp.Int("training.batch_size", 4, 8))(inputs)
"""
    with pytest.raises(InputError, match=r"the backbone declares 'training\.batch_size'") as caught:
        found(tmp_path, text, "Net")
    assert "\n" not in str(caught.value)


def test_a_coarse_output_is_refused(tmp_path):
    path = own.write(tmp_path, own.FUNCTION)
    training = TrainingSection(precision="mixed_bfloat16")
    around = Surroundings((3,), ("common", "rare"), ImbalanceSection(), training)
    with pytest.raises(InputError, match="the last layer computes in bfloat16"):
        discover(PythonSection(python=f"{path}:build"), around)
