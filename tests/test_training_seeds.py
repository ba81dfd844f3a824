"""What is drawn for a unit follows from its seed, whatever was drawn before."""

import random

import numpy as np
import pytest

from tuner import ImbalancedHyperModel
from tuner.model.activations import ACTIVATIONS
from tuner.registry import Entry, foreign_entries
from tuner.training import seeds
from tuner.training.seeds import seed_unit


@pytest.fixture
def fully(monkeypatch):
    """Seeds with which TensorFlow was seeded."""
    told = []
    monkeypatch.setattr(seeds, "seed_fully", told.append)
    monkeypatch.setattr(seeds, "_begun", iter(range(1, 99)))
    monkeypatch.setattr(seeds, "foreign_entries", lambda: iter(()))
    return told


def hypermodel(kind=ImbalancedHyperModel):
    return kind((4,), 2, model={"layers": 1, "units": 4, "activation": "relu"})


def weights():
    return hypermodel().build_configuration(hypermodel().configuration({})).get_weights()


def test_weights_are_those_of_the_seed(fully):
    drawn = []
    for _ in range(2):
        seed_unit(hypermodel(), 7)
        drawn.append([weights(), random.random(), np.random.random()])
    np.testing.assert_equal(drawn[0], drawn[1])
    seed_unit(hypermodel(), 8)
    assert (weights()[0] != drawn[0][0][0]).any()
    assert fully == []


def test_weights_are_the_same_where_tensorflow_is_seeded_too(monkeypatch):
    monkeypatch.setattr(seeds, "foreign_entries", lambda: iter(()))
    drawn = []
    for number in (0, 1):  # the first of a hundred units forgets kernels
        monkeypatch.setattr(seeds, "_begun", iter([number]))
        seed_unit(hypermodel(), 7)
        drawn.append(weights())
    np.testing.assert_equal(drawn[0], drawn[1])


def test_tensorflow_is_seeded_where_something_is_not_ours(fully, monkeypatch):
    class Own(ImbalancedHyperModel):
        pass

    seed_unit(hypermodel(Own), 3)
    monkeypatch.setattr(seeds, "foreign_entries", lambda: iter([("loss", "mine", "my_module")]))
    seed_unit(hypermodel(), 4)
    assert fully == [3, 4]


def test_entries_of_this_package_are_not_foreign(monkeypatch):
    def foreign():
        return {name for family, name, _ in foreign_entries() if family == "activation"}

    assert "relu" not in foreign()

    def mine():
        """Of the person's own."""

    monkeypatch.setitem(ACTIVATIONS._entries, "mine", Entry("mine", mine))
    monkeypatch.setitem(ACTIVATIONS._canonical, "mine", "mine")
    assert "mine" in foreign()
