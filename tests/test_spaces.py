"""Spaces: what they refuse, and what they declare on a real Keras Tuner object."""

import keras_tuner
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.spaces import Alternative, Alternatives, Choice, Fixed, Float, Int, SpaceError


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Choice(()), "at least one option"),
        (lambda: Choice((1, "a")), "of one type"),
        (lambda: Choice((1, 1)), "must differ"),
        (lambda: Choice((1, 2), default=3), "default 3 is not one of"),
        (lambda: Float(1.0, 1.0), "must be below"),
        (lambda: Float(0.0, 1.0, sampling="log"), "must start above 0"),
        (lambda: Float(0.0, 1.0, default=2.0), "outside"),
        (lambda: Float(0.0, 1.0, step=0.3), "does not lead from"),
        (lambda: Float(0.0, 1.0, step=-0.5), "step must be above 0"),
        (lambda: Int(1, 100, step=2, sampling="log"), "takes no step"),
        (lambda: Float(-1.0, 1.0, ge=0.0), "expected a finite number >= 0"),
        (lambda: Float(0.0, float("inf"), step=1.0), "expected a finite number, got inf"),
        (lambda: Float(0.0, float("nan")), "must be below"),
        (lambda: Float(0.0, 1.0, default=float("nan")), "outside"),
        (lambda: Float(0.0, 0.5, step=float("inf")), "above 0 and finite, got inf"),
        (lambda: Float(0.0, 0.5, step=float("nan")), "above 0 and finite, got nan"),
        (lambda: Float(0.0, 0.5, step=1e12), "does not lead from"),
        (lambda: Float(1.0, 3.0, step=1.0, sampling="log"), "takes no step"),
        (lambda: Int(1, 6, step=0), "above 0"),
        (lambda: Int(1.5, 3), "expected a whole number, got 1.5"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(make, message):
    with pytest.raises(SpaceError, match=message):
        make()


@pytest.mark.parametrize(
    ("space", "value", "allowed"),
    [
        (Float(0.1, 1.0, gt=0.0), 0.0, False),
        (Float(0.1, 1.0, gt=0.0), 5.0, True),
        (Float(0.1, 1.0), float("nan"), False),
        (Float(0.1, 1.0), float("inf"), False),
        (Float(0.1, 1.0), True, False),
        (Float(0.1, 1.0), "0.5", False),
        (Float(0.1, 0.9, ge=0.0, lt=1.0), 1.0, False),
        (Int(1, 6, ge=1), 0, False),
        (Int(1, 6, ge=1), 2.0, False),
        (Int(1, 6, ge=1), 2.5, False),
        (Choice(("a", "b")), "c", False),
        (Choice((False, True)), 1, False),
        (Choice((False, True)), True, True),
    ],
)
def test_what_is_allowed_at_all_is_more_than_what_is_searched(space, value, allowed):
    assert (space.refusal(value) is None) == allowed


@given(low=st.integers(-20, 20), count=st.integers(1, 12), step=st.integers(1, 5))
def test_a_grid_has_both_ends(low, count, step):
    grid = Int(low, low + count * step, step=step).grid()
    assert (grid[0], grid[-1], len(grid)) == (low, low + count * step, count + 1)


def test_grids_of_floats():
    assert Float(0.0, 1.0, step=0.25).grid() == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert Float(0.0, 0.3, step=0.1).grid()[-1] == 0.3
    assert Float(0.0, 1.0).grid() is None


@pytest.mark.parametrize(
    ("space", "value"),
    [
        (Fixed("adam"), "adam"),
        (Choice((False, True)), False),
        (Choice((False, True), default=True), True),
        (Choice((1, 2.5)), 1.0),
        (Choice(("b", "a")), "b"),
        (Int(2, 6, default=4), 4),
        (Float(0.1, 0.9), 0.1),
    ],
)
def test_the_default_is_declared_with_its_type(space, value):
    hp = keras_tuner.HyperParameters()
    got = space.declare(hp, "x")
    assert got == value
    assert type(got) is type(value)


def test_what_has_one_value_is_not_declared():
    hp = keras_tuner.HyperParameters()
    assert (Fixed(3).declare(hp, "a"), Choice((7,)).declare(hp, "b")) == (3, 7)
    assert hp.space == []


def test_parameters_are_active_with_their_entry_only():
    place = Alternatives(
        (Alternative("relu"), Alternative("elu", {"alpha": Float(0.1, 2.0, default=1.0)}))
    )
    hp = keras_tuner.HyperParameters()
    assert dict(place.declare(hp, "act").parameters) == {}
    assert [space.name for space in hp.space] == ["act", "act.elu.alpha"]
    hp.values = {"act": "elu", "act.elu.alpha": 0.5}
    chosen = place.declare(hp, "act")
    assert (chosen.name, dict(chosen.parameters)) == ("elu", {"alpha": 0.5})


def test_a_space_is_spelled_as_in_a_study():
    place = Alternatives(
        (Alternative("relu"), Alternative("elu", {"alpha": Float(0.1, 2.0, sampling="log")}))
    )
    assert str(place) == "[relu, {elu: {alpha: {float: [0.1, 2.0], log: true}}}]"
    assert str(Choice((False, True))) == "{choice: [false, true]}"
    assert str(Int(2, 6, step=2)) == "{int: [2, 6], step: 2}"


@given(low=st.floats(-10, 10), step=st.floats(0.001, 3), count=st.integers(1, 40))
def test_a_grid_of_floats_stays_in_its_range(low, step, count):
    high = low + count * step
    grid = Float(low, high, step=step).grid()
    assert (grid[0], grid[-1], len(grid)) == (low, high, count + 1)
    assert list(grid) == sorted(grid)


@settings(deadline=None)
@given(low=st.integers(-9, 9), width=st.integers(1, 9), default=st.integers(-30, 30))
def test_a_default_is_declared_or_refused(low, width, default):
    high = low + width
    if not low <= default <= high:
        with pytest.raises(SpaceError, match=f"default {default} is outside"):
            Int(low, high, default=default)
        return
    hp = keras_tuner.HyperParameters()
    assert Int(low, high, default=default).declare(hp, "x") == default


@pytest.mark.parametrize("current", [True, False])
def test_a_boolean_comes_back_as_a_boolean(current):
    hp = keras_tuner.HyperParameters()
    hp.values["x"] = current
    assert Choice((False, True)).declare(hp, "x") is current


PLACE = Alternatives(
    (
        Alternative("relu"),
        Alternative("elu", {"alpha": Float(0.1, 2.0)}),
        Alternative("prelu", {"start": Choice((0.0, 0.25)), "shared": Choice((False, True))}),
    )
)


def test_one_call_declares_the_whole_conditional_space():
    hp = keras_tuner.HyperParameters()
    PLACE.declare(hp, "act")
    names = ["act", "act.elu.alpha", "act.prelu.start", "act.prelu.shared"]
    assert [space.name for space in hp.space] == names


@pytest.mark.parametrize(
    ("entry", "own"),
    [
        ("relu", {}),
        ("elu", {"alpha": 0.5}),
        ("prelu", {"start": 0.25, "shared": True}),
    ],
)
def test_only_the_parameters_of_the_current_entry_are_chosen(entry, own):
    hp = keras_tuner.HyperParameters()
    PLACE.declare(hp, "act")
    hp.values = {"act": entry, **{f"act.{entry}.{key}": value for key, value in own.items()}}
    chosen = PLACE.declare(hp, "act")
    assert (chosen.name, dict(chosen.parameters)) == (entry, own)
    active = {space.name for space in hp.space if hp.is_active(space)}
    assert active == set(hp.values)


def test_the_parameters_of_a_single_entry_are_always_active():
    hp = keras_tuner.HyperParameters()
    chosen = Alternatives((Alternative("elu", {"alpha": Float(0.1, 2.0)}),)).declare(hp, "act")
    assert (chosen.name, dict(chosen.parameters)) == ("elu", {"alpha": 0.1})
    assert [space.name for space in hp.space] == ["act.elu.alpha"]
