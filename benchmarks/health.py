"""What training health costs: time of a unit with and without its two probes.

    python benchmarks/health.py mri_like digits_eight imbalance_strategies

Trains the default configuration of each study on its first fold, with probes and without them in
alternation, and prints the share of the time that they take.
"""

import argparse
import statistics
from unittest import mock

from tuner.inspection import inspect_study
from tuner.search.trainer import fold_rows, make_hypermodel
from tuner.training import engine
from tuner.training.health import Health


def unit(inspection, probed):
    """Seconds of one unit."""
    study, dataset = inspection.study, inspection.dataset
    hypermodel = make_hypermodel(study, dataset)
    rows = fold_rows(dataset, inspection.splits.folds[0], study.data.preprocessing)
    arguments = (hypermodel, hypermodel.configuration({}), *rows, 0)
    if probed:
        return engine.train_unit(*arguments)[0].seconds
    nothing = Health((), (), 0.0, False, False)
    with mock.patch.object(engine, "probe", return_value=nothing):
        return engine.train_unit(*arguments)[0].seconds


def main():
    """Reads the call and prints a line for each study."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("studies", nargs="+")
    parser.add_argument("--pairs", type=int, default=9)
    arguments = parser.parse_args()
    for name in arguments.studies:
        inspection = inspect_study(name)
        unit(inspection, probed=True)
        pairs = [
            (unit(inspection, probed=True), unit(inspection, probed=False))
            for _ in range(arguments.pairs)
        ]
        ratio = statistics.median(with_probes / without for with_probes, without in pairs)
        seconds = statistics.median(with_probes for with_probes, _ in pairs)
        print(f"{name}: {seconds:.2f} s a unit, probes {100 * (ratio - 1):+.1f} %")


if __name__ == "__main__":
    main()
