"""Registering an entry checks it; looking one up helps with the name."""

import pytest

from tuner.registry import FAMILIES, Registry, UnknownName
from tuner.spaces import ByName, Float, SpaceError


@pytest.fixture
def registry():
    registry = Registry("fruit")
    yield registry
    del FAMILIES["fruit"]


def test_an_entry_takes_values_and_what_it_asks_for_of_the_context(registry):
    @registry.register("apple", aliases=("malus",), weight=Float(0.1, 1.0, default=0.2))
    def apple(weight, *, colour):
        """An apple."""
        return weight, colour

    assert registry["malus"]({"weight": 0.5}, colour="red", size=3) == (0.5, "red")
    assert (registry["apple"].name, registry["apple"].summary) == ("apple", "An apple.")
    assert "malus" in registry
    assert list(registry) == ["apple"]


def test_an_open_entry_takes_further_parameters_by_name(registry):
    @registry.register("basket", contents=ByName(Float(0.0, 9.0, default=1.0)))
    def basket(contents, *, colour):
        return contents, colour

    assert registry["basket"].open is not None
    assert registry["basket"]({"colour": 2.0}, colour="red") == ({"colour": 2.0}, "red")


@pytest.mark.parametrize(
    ("spaces", "function"),
    [
        ({}, lambda weight: weight),
        ({"wieght": Float(0.1, 1.0)}, lambda weight: weight),
        ({"weight": Float(0.1, 1.0), "size": Float(0.1, 1.0)}, lambda weight: weight),
    ],
)
def test_spaces_must_match_the_signature(registry, spaces, function):
    with pytest.raises(ValueError, match="differ"):
        registry.register("apple", **spaces)(function)


def test_a_default_must_lie_in_its_range():
    with pytest.raises(SpaceError, match="outside"):
        Float(0.1, 1.0, default=3.0)


@pytest.mark.parametrize("taken", ["apple", "malus"])
def test_a_name_or_alias_is_given_once(registry, taken):
    registry.register("apple", aliases=("malus",))(lambda: 1)
    with pytest.raises(ValueError, match="registered already"):
        registry.register(taken)(lambda: 2)


def test_an_unknown_name_is_answered_with_the_nearest(registry):
    registry.register("apple")(lambda: 1)
    with pytest.raises(UnknownName) as caught:
        registry["aple"]
    assert str(caught.value) == "unknown name 'aple'; did you mean 'apple'?"


def test_an_alias_can_be_the_suggestion(registry):
    registry.register("apple", aliases=("malus",))(lambda: 1)
    with pytest.raises(UnknownName, match="did you mean 'malus'"):
        registry["mallus"]


def test_where_nothing_is_near_all_names_are_told(registry):
    registry.register("apple", aliases=("malus",))(lambda: 1)
    with pytest.raises(UnknownName, match="unknown name 'zzz'; known: apple, malus"):
        registry["zzz"]
    assert "zzz" not in registry


def test_a_refused_entry_leaves_nothing_behind(registry):
    registry.register("apple")(lambda: 1)
    with pytest.raises(ValueError, match="'apple' is registered already"):
        registry.register("pear", aliases=("apple",))(lambda: 2)
    with pytest.raises(ValueError, match="differ"):
        registry.register("plum")(lambda weight: weight)
    assert list(registry) == ["apple"]
    assert "pear" not in registry
    assert "plum" not in registry
    assert registry["apple"]({}) == 1


def test_parameters_by_name_go_with_no_others(registry):
    with pytest.raises(ValueError, match="go with no others"):
        registry.register("basket", weight=Float(0.1, 1.0), contents=ByName(Float(0.0, 9.0)))(
            lambda weight, contents: weight
        )


def test_the_decorated_function_stays_as_it_is(registry):
    @registry.register("apple", weight=Float(0.1, 1.0))
    def apple(weight):
        return weight

    assert apple(0.3) == 0.3
    with pytest.raises(TypeError):
        registry["apple"].spaces["weight"] = None


def test_a_family_has_one_registry(registry):
    with pytest.raises(ValueError, match="a registry for 'fruit' exists already"):
        Registry("fruit")
    assert FAMILIES["fruit"] is registry
