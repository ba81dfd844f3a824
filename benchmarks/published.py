"""A side-by-side measurement with published scores of 48 imbalanced tables.

    python benchmarks/published.py --data PATH/gsmote_imbalanced.db --workers 2

The published protocol: stratified 5-fold cross-validation, repeated with 3 seeds; F1, G-mean and
ROC AUC are means over the 15 test folds, and so is F1 here, so that the numbers compare. The
published rows are the best of a small grid *on these test folds*. Each contender has two lines:

- *training rows*: nested. Inner folds of each training part choose candidate and threshold, and
  the test fold is scored once. This is what can be expected of new rows.
- *test rows*: as the published rows. Of each metric the best mean over test folds, of all
  candidates and rules for the threshold. It promises too much, in the way of the published ones.

The published scores are looked for in ``published/gsmote_perdataset_best.csv`` beside the folder of
the data; `--published` names another file. Finished pieces are kept under `--state`, so that the
same command goes on after an interruption. Of each contender the table has the seeds that all sets
have finished, and says which these are; `--table` makes it and trains nothing. Prints the table
and puts it into ``benchmarks/results/published.{json,csv}`` and into ``docs/scoreboard.md``.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # of boosting by histograms
HERE = Path(__file__).parent
RESULTS = HERE / "results"
sys.path.insert(0, str(HERE))

from scoreboard.protocol import FOLDS, SEEDS, outer_folds  # noqa: E402 - from this folder
from scoreboard.results import markdown, measured, write  # noqa: E402
from scoreboard.sources import Rows, load_published, load_sets  # noqa: E402
from scoreboard.state import Piece, State, pieces  # noqa: E402


def contenders() -> dict[str, Any]:
    """By key; imported late, since only those who train need TensorFlow."""
    from scoreboard.boosting import Boosting, HistogramBoosting
    from scoreboard.networks import Networks

    return {"networks": Networks(), "gbc": Boosting(), "hgb": HistogramBoosting()}


def train(path: Path, folder: Path, todo: list[Piece]) -> None:
    """Trains pieces one after the other, in this process."""
    from tuner.devices import use_threads

    use_threads(1)
    sets, state, known = load_sets(path), State(folder), contenders()
    for number, piece in enumerate(todo, start=1):
        contender = known[piece.contender]
        rows = sets[piece.name]
        learned, tested = list(outer_folds(rows.y, piece.seed))[piece.fold]
        seed = int(1000 * piece.seed + piece.fold)
        told = contender.told(rows.take(learned), rows.x[tested], seed)
        state.write(piece, contender.identity, told)
        if number % FOLDS == 0:
            print(f"{number} of {len(todo)}: {piece.contender}, {piece.name}", flush=True)


def train_all(options: argparse.Namespace, sets: dict[str, Rows], state: State) -> None:
    """Trains what is not finished, in as many processes as asked for."""
    known = contenders()
    todo = [
        piece
        for piece in pieces(sets, options.seeds, options.contenders)
        if not state.has(piece, known[piece.contender].identity)
    ]
    print(f"{len(todo)} pieces to train", flush=True)
    if options.workers == 1:
        return train(options.data, options.state, todo)
    # By set, so that what is compiled for one is used again.
    names = list(sets)
    shares = [
        [piece for piece in todo if names.index(piece.name) % options.workers == worker]
        for worker in range(options.workers)
    ]
    from multiprocessing import get_context

    with ProcessPoolExecutor(options.workers, get_context("spawn")) as pool:
        jobs = [pool.submit(train, options.data, options.state, share) for share in shares]
        for job in jobs:
            job.result()
    return None


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the SQLite file of the sets")
    parser.add_argument("--published", type=Path, help="the CSV file of published scores")
    parser.add_argument("--state", type=Path, default=RESULTS / "published_state")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seeds", type=int, nargs="+", choices=SEEDS, default=[*SEEDS])
    parser.add_argument("--contenders", nargs="+", default=["networks", "gbc", "hgb"])
    parser.add_argument("--table", action="store_true", help="train nothing")
    options = parser.parse_args()
    if options.published is None:
        options.published = options.data.parent.parent / "published/gsmote_perdataset_best.csv"
    sets, state = load_sets(options.data), State(options.state)
    if not options.table:
        train_all(options, sets, state)
    found = measured(sets, state, contenders(), load_published(options.published))
    print(markdown(found))
    write(found, RESULTS, HERE.parent / "docs" / "scoreboard.md")


if __name__ == "__main__":
    main()
