"""What reports say holds where the truth is known, by the studies of benchmarks/honesty.py."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from tuner.metrics import decide, score

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def honesty():
    path = ROOT / "benchmarks" / "honesty.py"
    spec = importlib.util.spec_from_file_location("honesty", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(path.parent / "honest"))
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
    return module


def test_the_readme_shows_what_was_measured(honesty):
    found = json.loads(honesty.RESULTS.read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition(honesty.BEGIN)[2].partition(honesty.END)[0]
    assert shown == honesty.markdown(found)
    assert list(found["winners"]) == list(honesty.WINNERS)
    assert list(found["comparisons"]) == list(honesty.COMPARISONS)


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_population_scores_are_those_of_very_many_rows(honesty, correlation):
    from world import World, population_scores, train

    world = World((0.6,) * 12, 240_000, correlation=correlation)
    dataset = world.draw(1)
    model = train(dataset.features[::200], dataset.labels[::200], np.arange(4), 0.1, 0)
    told = model.probabilities(dataset.features)
    expected = population_scores(*model.standard(world, 0.3), world.prevalence)
    reached = score(dataset.labels, told, decide(told, 0.3))
    for name, value in expected.items():
        assert getattr(reached, name) == pytest.approx(value, abs=0.01), name


def test_a_world_is_worth_what_it_is_made_for(honesty):
    from scipy.special import ndtr
    from world import f1_of, separation_for

    apart = separation_for(0.7, 0.1)
    reached = [f1_of(ndtr(apart - cut), ndtr(-cut), 0.1) for cut in np.linspace(0, 5, 500)]
    assert max(reached) == pytest.approx(0.7, abs=1e-3)


def test_the_test_score_is_unbiased_and_the_best_validation_score_is_not(honesty):
    world = honesty.WINNERS["F1 about .7"]
    found = honesty.of_winners([honesty.winner_study(world, seed) for seed in range(25)], world)
    off, error = found["test_bias"]
    assert abs(off) < 3 * error
    assert found["highest_bias"][0] > found["confirmed_bias"][0] > 0.0
    assert found["highest_bias"][0] > 0.03
    assert min(found["coverage"].values()) >= 0.8


def test_a_difference_is_found_where_there_is_one_and_not_elsewhere(honesty):
    same, values = honesty.COMPARISONS["equally good"]
    none = honesty.of_comparisons([honesty.comparison(same, values, s) for s in range(6)], same)
    assert none["any_better"] <= 1 / 6
    apart = honesty.world_of([0.8, 0.6], 2000)
    some = honesty.of_comparisons([honesty.comparison(apart, 2, s) for s in range(4)], apart)
    assert some["difference"] == pytest.approx(0.2, abs=0.03)
    assert (some["first_better"], some["first_worse"]) == (1.0, 0.0)
