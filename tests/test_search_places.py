"""Which space lies in which."""

import json

import keras_tuner
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.search.places import (
    contains,
    default_values,
    holds,
    places,
    places_from_json,
    places_to_json,
)
from tuner.search.space import complete, dimensions
from tuner.spaces import Choice, Fixed, Float, Int
from tuner.study import load_study

NUMBERS = st.integers(-50, 50)


@st.composite
def choices(draw):
    options = draw(st.lists(NUMBERS, min_size=2, max_size=6, unique=True))
    return Choice(tuple(options))


@st.composite
def ints(draw):
    low, step = draw(NUMBERS), draw(st.integers(1, 5))
    return Int(low, low + step * draw(st.integers(1, 10)), step=step)


@st.composite
def floats(draw):
    low, step = draw(NUMBERS) / 10, draw(st.sampled_from([None, 0.1, 0.25, 0.3]))
    return Float(low, low + (step or 0.1) * draw(st.integers(1, 10)), step=step)


SPACES = st.one_of(st.builds(Fixed, NUMBERS), choices(), ints(), floats())


def grown(space, data):
    """A larger space of the same kind."""
    if isinstance(space, Fixed):
        return Choice((space.value, space.value + 1))
    if isinstance(space, Choice):
        return Choice((max(space.options) + 1, *space.options[::-1]))
    below, above = data.draw(st.tuples(st.integers(0, 3), st.integers(1, 3)))
    step = space.step or 0.1
    if isinstance(space, Int):
        return Int(space.low - below * step, space.high + above * step, step=step)
    return Float(space.low - below * step, space.high + above * step, step=space.step)


@given(SPACES, st.data())
def test_a_grown_space_contains_the_old_one_and_not_the_other_way(space, data):
    larger = grown(space, data)
    assert contains(larger, space)
    assert not contains(space, larger)


@given(SPACES)
def test_a_space_contains_itself(space):
    assert contains(space, space)


@given(SPACES, SPACES)
def test_what_is_contained_has_no_value_elsewhere(outer, inner):
    if inner.grid() is not None:
        assert contains(outer, inner) == all(holds(outer, value) for value in inner.grid())


@given(SPACES, SPACES, SPACES)
def test_containment_is_transitive(one, two, three):
    if contains(one, two) and contains(two, three):
        assert contains(one, three)


@pytest.mark.parametrize(
    ("outer", "inner", "inside"),
    [
        (Float(0.0, 1.0), Float(0.0, 1.0, step=0.1), True),
        (Float(0.0, 1.0, step=0.1), Float(0.0, 1.0), False),
        (Float(0.0, 1.0, step=0.1), Float(0.2, 0.8, step=0.2), True),
        (Float(0.0, 1.0, step=0.1), Float(0.0, 0.9, step=0.15), False),
        (Float(0.01, 1.0, sampling="log"), Float(0.01, 1.0), True),
        (Int(1, 9, step=2), Int(1, 9), False),
        (Int(1, 9), Int(1, 9, step=2), True),
        (Int(1, 10**9), Int(5, 10**8), True),
        (Choice((1, 2, 3)), Int(1, 3), True),
        (Choice((1, 2, 3)), Int(1, 10**9), False),
        (Choice(("a", "b")), Fixed("c"), False),
        (Int(1, 3), Choice((1, 3)), True),
    ],
    ids=str,
)
def test_steps_and_kinds(outer, inner, inside):
    assert contains(outer, inner) is inside


@pytest.mark.parametrize("value", ["a", 2.5, 0, 4, float("nan")])
def test_what_lies_outside_of_a_range(value):
    assert not holds(Int(1, 3), value)


@pytest.mark.parametrize("name", ["mri_like", "imbalance_strategies", "breast_cancer"])
def test_places_come_back_from_json(name):
    those = places(load_study(name))
    back = places_from_json(json.loads(json.dumps(places_to_json(those))))
    assert places_to_json(back) == places_to_json(those)
    assert all(contains(back[key].space, those[key].space) for key in those)


@pytest.mark.parametrize("name", ["mri_like", "imbalance_strategies", "breast_cancer"])
def test_places_are_what_the_hypermodel_declares(name):
    import keras_tuner

    from tuner.model.hypermodel import ImbalancedHyperModel
    from tuner.search.space import dimensions

    study = load_study(name)
    sections = {"model": study.model, "imbalance": study.imbalance, "training": study.training}
    hp = keras_tuner.HyperParameters()
    ImbalancedHyperModel((4,), 2, **sections).configure(hp)
    those = places(study)
    searched = [place for place in those.values() if place.searched]
    declared = {one.name: one for one in dimensions(hp)}
    assert {place.name for place in searched} == set(declared)
    for place in searched:
        # With one entry a family place is not searched, and its parameters are always active.
        conditional = place.parent and those[place.parent].searched
        expected = ((place.parent, (place.entry,)),) if conditional else ()
        assert declared[place.name].conditions == expected


@pytest.mark.parametrize("name", ["mri_like", "breast_cancer", "imbalance_strategies"])
def test_the_default_values_are_those_of_the_first_trial_of_a_search(name):
    study = load_study(name)
    hypermodel = ImbalancedHyperModel(
        (4,), ("common", "rare"), model=study.model, imbalance=study.imbalance,
        training=study.training,
    )  # fmt: skip
    declared = keras_tuner.HyperParameters()
    hypermodel.configure(declared)
    first = complete(dimensions(declared), {})
    assert default_values(places(study)) == first
