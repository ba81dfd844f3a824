"""How near to the front between a score and the size of a network each algorithm comes.

    python benchmarks/trade_off.py
    python benchmarks/trade_off.py --algorithms nsga2 --populations 6 10 20 --searches 10

Nothing is trained. The space has numbers, choices and conditional parameters, as a study has. The
parameters are those of a dense network for 30 columns. The stand-in for a score rises with their
logarithm and falls where depth, learning rate, dropout, activation or strategy do not fit, the
learning rate and the dropout differently for small and for large networks; it is told with noise
(standard deviation .02), and a score below .02 counts as collapsed.

Takes the trials that no other beats in what was told, and prints the area under them by their
scores without noise: the mean score that a network of at most so many parameters has, over the
logarithm of that number from the smallest network to the largest. Mean over searches, and its
standard error.
"""

import argparse
import logging
import math
import statistics
import warnings

import keras_tuner
import numpy as np
import optuna
from optuna.trial import TrialState

from tuner.search.nsga2 import Nsga2Sampler
from tuner.search.samplers import make_sampler
from tuner.search.space import complete, dimensions, signature
from tuner.spaces import Alternative, Alternatives, Choice, Float, Int

_ALGORITHMS = ("random", "qmc", "nsga2", "tpe")
_POPULATIONS = (6, 8, 10, 14, 20, 30)
_NOISE = 0.02


def space():
    """The hyperparameters of a dense network, an activation and an answer to rarity."""
    hp = keras_tuner.HyperParameters()
    Int(1, 6, default=3).declare(hp, "layers")
    Choice((8, 16, 32, 64, 128, 256), 64).declare(hp, "units")
    Float(0.0, 0.5, default=0.0).declare(hp, "dropout")
    slope = Float(0.01, 0.3, sampling="log", default=0.1)
    alpha = Float(0.1, 2.0, sampling="log", default=1.0)
    leaky, elu = Alternative("leaky", {"slope": slope}), Alternative("elu", {"alpha": alpha})
    Alternatives((Alternative("relu"), leaky, elu, Alternative("swish"))).declare(hp, "act")
    Float(1e-4, 1e-1, sampling="log", default=1e-3).declare(hp, "lr")
    power = Alternative("power", {"exponent": Float(0.25, 1.0, default=0.5)})
    focal = Alternative("focal", {"gamma": Float(0.5, 5.0, default=2.0)})
    Alternatives((Alternative("none"), power, focal)).declare(hp, "strategy")
    return dimensions(hp)


def parameters(values):
    """Weights and biases of hidden layers of equal width and one output."""
    units, layers = values["units"], values["layers"]
    return 31 * units + (layers - 1) * (units + 1) * units + units + 1


def score(values):
    """The stand-in, without noise; .8 to .9 at best."""
    size, depth = math.log10(parameters(values)), (values["layers"] - 3) ** 2 / 3
    rate = 2.3 + math.log10(values["lr"]) - 0.1 * (math.log2(values["units"]) - 5)
    dropout = 0.1 + 0.25 * min(1.0, max(0.0, (size - 3) / 2))
    told = 0.9 * (1 - math.exp(-(size - 1.8) / 0.9)) - 0.12 * min(3.0, rate**2)
    told -= 0.6 * (values["dropout"] - dropout) ** 2
    told -= (0.01 if values["act"] == "swish" else 0.03) * depth
    return told + activation(values) + strategy(values)


def activation(values):
    """What the activation adds."""
    if values["act"] == "leaky":
        return 0.05 - 0.1 * min(1.0, (math.log10(values["act.leaky.slope"]) + 1.3) ** 2)
    if values["act"] == "elu":
        return 0.06 - 0.2 * min(1.0, (math.log10(values["act.elu.alpha"]) - 0.1) ** 2)
    return {"relu": -0.05, "swish": -0.02}[values["act"]]


def strategy(values):
    """What the answer to rarity adds."""
    if values["strategy"] == "power":
        return 0.05 - 0.4 * (values["strategy.power.exponent"] - 0.6) ** 2
    if values["strategy"] == "focal":
        return 0.03 - 0.01 * (values["strategy.focal.gamma"] - 1.5) ** 2
    return 0.0


def search(sampler, seed, trials):
    """Score without noise, score that is told, and parameters of each trial."""
    sampler.space = own = space()
    study = optuna.create_study(sampler=sampler, directions=["maximize", "minimize"])
    found, seen = [], set()
    while len(found) < trials:
        trial = study.ask()
        values = suggested(study, trial, own) if found else complete(own, {})
        keep(study, trial, values, own)
        if signature(values) in seen:
            study.tell(trial, state=TrialState.FAIL)
            continue
        seen.add(signature(values))
        noise = np.random.default_rng([seed, trial.number]).normal(0.0, _NOISE)
        told = max(0.0, score(values) + float(noise))
        trial.set_constraint("collapsed", told < _NOISE)
        study.tell(trial, [told, parameters(values)])
        found.append((score(values), told, parameters(values)))
    return found


def suggested(study, trial, own):
    """The values of a trial, as `tuner.search.suggest` finds them in a database."""
    frozen, values = study._storage.get_trial(trial._trial_id), {}
    for one in own:
        if one.active(values):
            together = trial.relative_params
            values[one.name] = (
                together[one.name]
                if one.name in together
                else study.sampler.sample_independent(study, frozen, one.name, one.distribution)
            )
    return values


def keep(study, trial, values, own):
    """Writes the values of a trial."""
    for one in own:
        if one.name in values:
            value = one.distribution.to_internal_repr(values[one.name])
            study._storage.set_trial_param(trial._trial_id, one.name, value, one.distribution)


def area(found):
    """The area under the trials that no other beats in what was told."""
    best = [
        (math.log10(size), without)
        for without, told, size in found
        if not any(t >= told and s <= size and (t, s) != (told, size) for _, t, s in found)
    ]
    ends = [
        math.log10(parameters({"units": units, "layers": layers}))
        for units, layers in ((8, 1), (256, 6))
    ]
    total, reached, start = 0.0, 0.0, ends[0]
    for size, without in sorted(best):
        total, start = total + (size - start) * reached, size
        reached = max(reached, without)
    return (total + (ends[1] - start) * reached) / (ends[1] - ends[0])


def main():
    """Reads the call and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--algorithms", nargs="+", default=_ALGORITHMS, choices=(*_ALGORITHMS, "gp")
    )
    parser.add_argument("--populations", nargs="+", type=int, default=_POPULATIONS)
    parser.add_argument("--budgets", nargs="+", type=int, default=(30, 60, 100, 200))
    parser.add_argument("--searches", type=int, default=24, help="searches, each with its seed")
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(logging.WARNING)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    print(f"{'trials':<12}" + "".join(f"{budget:>16}" for budget in arguments.budgets))
    for name in arguments.algorithms:
        for population in arguments.populations if name == "nsga2" else (0,):
            areas = []
            for seed in range(arguments.searches):
                own = Nsga2Sampler(seed, population) if population else make_sampler(name, seed)
                found = search(own, seed, max(arguments.budgets))
                areas.append([area(found[:budget]) for budget in arguments.budgets])
            cells = [cell(column) for column in zip(*areas, strict=True)]
            print(f"{name + f' {population}' * bool(population):<12}" + "".join(cells), flush=True)


def cell(areas):
    """Mean and standard error."""
    error = statistics.stdev(areas) / math.sqrt(len(areas))
    return f"{statistics.mean(areas):>9.3f} ± {error:.3f}"


if __name__ == "__main__":
    main()
