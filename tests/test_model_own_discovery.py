"""What the person's code searches is found by building it."""

import keras
import own_models as own
import pytest
from own_models import BUILD, found, names

from tuner.errors import InputError
from tuner.model.own.code import Surroundings, load_code
from tuner.model.own.discovery import discover
from tuner.spaces import Int
from tuner.study import ImbalanceSection, TrainingSection
from tuner.study.python_section import PythonSection


@pytest.mark.parametrize(
    ("text", "name", "loss", "fits", "expected"),
    [
        (own.FUNCTION, "build", "study", False, ["model.units"]),
        (own.OWN_FIT, "Net", "crossentropy", True, ["model.rate", "model.batch"]),
        (own.LOOP, "Net", "own", True, ["model.units"]),
        (own.STEPPING, "build", "own", False, ["model.units"]),
        (own.REGISTERED, "build", "study", False, ["model.units"]),
        (
            own.IMBALANCED,
            "Net",
            "study",
            False,
            ["model.layers", "model.activation", "model.frozen"],
        ),
        (own.PLAIN + "\nNet = Net()\n", "Net", "crossentropy", False, ["model.layers"]),
    ],
)
def test_classes_instances_and_functions(tmp_path, text, name, loss, fits, expected):
    discovery = found(tmp_path, text, name)
    assert (discovery.declared.loss, discovery.declared.fits) == (loss, fits)
    assert names(discovery)[: len(expected)] == expected


STEP = """
class Stepping(keras.Model):
    def train_step(self, data):
        return super().train_step(data[:2])


def build(hp, input_shape):
    inner = network(input_shape)
    return Stepping(inner.input, inner.output)
"""


@pytest.mark.parametrize(
    ("text", "name", "known"),
    [
        (own.FUNCTION, "build", True),
        (own.ONE_GRAPH, "Net", True),
        (own.OWN_FIT, "Net", False),
        (own.LOOP, "Net", False),
        (own.STEPPING, "build", False),
        (STEP, "build", False),
        (STEP.replace("train_step(self, data)", "test_step(self, data)"), "build", True),
        (STEP.replace("train_step(self, data)", "compute_loss(self, data)"), "build", False),
    ],
)
def test_class_shares_are_unknown_where_the_code_decides_what_is_learned(
    tmp_path, text, name, known
):
    assert found(tmp_path, text, name).declared.shares_known == known


def test_a_file_that_was_another_between_is_run_again(tmp_path):
    at = {"input_shape": (3,), "classes": ("common", "rare")}
    around = Surroundings(**at, imbalance=ImbalanceSection(), training=TrainingSection())
    (tmp_path / "b").mkdir()
    first = own.write(tmp_path, own.REGISTERED)
    other = own.write(tmp_path / "b", own.REGISTERED.replace("2.0", "3.0"))
    for path in (first, other, first):
        assert discover(PythonSection(python=f"{path}:build"), around).declared.places
        code = load_code(PythonSection(python=f"{path}:build"))
        layer = keras.saving.get_registered_object("test_own_models>Scaled")
        assert layer is code.named.__globals__["Scaled"]


def test_arguments_reach_the_code(tmp_path):
    [place] = found(tmp_path, own.FUNCTION, arguments={"width": 6}).declared.places
    assert place.space == Int(6, 12)


def test_several_classes_end_in_a_softmax(tmp_path):
    text = """
def build(hp, classes):
    return keras.Sequential([keras.layers.Dense(classes, "softmax")])
"""
    assert found(tmp_path, text, classes=("a", "b", "c")).declared.loss == "study"
    with pytest.raises(InputError, match=r"of 3 classes the network must end in .*Dense\(3, a"):
        found(tmp_path, BUILD + "return network(input_shape)", classes=("a", "b", "c"))
