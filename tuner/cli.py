"""The command line: ``minority-tuner run | check | report | list | schema``.

Exit status: 0 done; 1 no trial succeeded or something cannot be written; 2 the study, the data or
the call is wrong; 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.errors import InputError, MinorityTunerError, told

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["entry", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    options = _parser().parse_args(arguments)
    # TensorFlow reads these once, when it is imported; what it says is of no use to a user here.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    try:
        for module in getattr(options, "imports", ()):
            _import(module)
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except MinorityTunerError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("interrupted; the same command goes on", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (head, less) has seen enough; a second message would fail as well.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="minority-tuner",
        description="Find the rare class: hyperparameter search and honest scores.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    study = argparse.ArgumentParser(add_help=False)
    study.add_argument("study", help="a study file, or the name of a known study")
    study.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides",
        help="replace a setting of the study, such as search.trials=5",
    )  # fmt: skip
    study.add_argument(
        "--import", action="append", default=[], metavar="MODULE", dest="imports",
        help="import a module first, for entries of your own",
    )  # fmt: skip

    run = commands.add_parser("run", parents=[study], help="run a study, or go on with it")
    run.add_argument(
        "--runs-dir", type=Path, default=Path("runs"), metavar="DIR", help="where run folders lie"
    )
    run.add_argument(
        "--fresh", action="store_true", help="start over; an earlier run is renamed and kept"
    )
    run.set_defaults(command=_run)

    check = commands.add_parser(
        "check", parents=[study], help="check a study and its data, train nothing"
    )
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(command=_check)

    report = commands.add_parser("report", help="print the report of a run")
    report.add_argument("run", type=Path, help="a run folder")
    report.add_argument("--json", action="store_true", help="print results.json")
    report.set_defaults(command=_report)

    listing = commands.add_parser(
        "list", help="list studies, data sets and what a study can choose"
    )
    listing.set_defaults(command=_list)

    schema = commands.add_parser("schema", help="print the JSON schema of study files")
    schema.set_defaults(command=_schema)
    return parser


def _run(options: argparse.Namespace) -> int:
    from tuner.data.summary import summary
    from tuner.quiet import hidden_stderr
    from tuner.report.console import print_data, print_report
    from tuner.search.run_folder import RunFolder

    study, dataset, splits = _checked(options)
    console = _console()
    folder = RunFolder(options.runs_dir / study.name)
    for note in study.notes:
        console.print(f"note: {note}")
    print_data(console, summary(dataset, splits))
    with folder.locked():
        if options.fresh and (aside := folder.set_aside()):
            console.print(f"the earlier run is now {aside}")
        folder.create()
        with hidden_stderr():  # what TensorFlow says of itself when it is imported
            from tuner.report.progress import ConsoleObserver
            from tuner.workflow import finished_content, run_study

        content = finished_content(study, dataset, folder)
        if content:
            console.print(f"this study is finished: {folder.path}")
        else:
            content = run_study(study, dataset, splits, folder, ConsoleObserver(console)).content
    print_report(console, content, folder.path)
    if content["status"] == "interrupted":
        console.print("interrupted; the same command goes on")
        return 130
    return 0


def _console() -> Console:
    from rich.console import Console

    # Class names and paths may hold brackets, which are markup to rich otherwise.
    return Console(markup=False, highlight=False)


def _checked(options: argparse.Namespace) -> tuple[Any, Any, Any]:
    """Study, data and splits, or an error with everything that is wrong."""
    from tuner.data import load_data, make_splits
    from tuner.model.class_weights import check_class_names
    from tuner.study import load_study

    study = load_study(options.study, options.overrides)
    dataset = load_data(study)
    problems = check_class_names(study.imbalance.class_weight, dataset.classes)
    splits = None
    try:
        splits = make_splits(dataset, study.data.split, study.seed)
    except InputError as error:
        problems += error.problems
    if problems:
        raise study.document.error(problems)
    return study, dataset, splits


def _check(options: argparse.Namespace) -> int:
    from tuner.data.summary import summary
    from tuner.report.console import print_data

    study, dataset, splits = _checked(options)
    section = summary(dataset, splits)
    if options.json:
        print(
            json.dumps({"study": study.name, "data": section, "notes": list(study.notes)}, indent=2)
        )
        return 0
    console = _console()
    print_data(console, section)
    for note in study.notes:
        console.print(f"note: {note}")
    console.print(f"{study.name}: nothing wrong found")
    return 0


def _report(options: argparse.Namespace) -> int:
    from tuner.report.console import print_data, print_report
    from tuner.report.stored import read_results

    content = read_results(options.run / "results.json")
    if options.json:
        print(json.dumps(content, indent=2, ensure_ascii=False))
        return 0
    console = _console()
    print_data(console, content["data"])
    print_report(console, content, options.run)
    return 0


def _list(options: argparse.Namespace) -> int:
    from tuner.registry import FAMILIES
    from tuner.study import known

    for what, folder in (("studies", "search_spaces"), ("data sets", "datasets")):
        print(f"{what}: {', '.join(known(folder))}")
    for family, registry in FAMILIES.items():
        print(f"\n{family}:")
        for name in registry:
            aliases = "".join(f", {alias}" for alias in registry[name].aliases)
            print(f"  {name + aliases:18} {registry[name].summary}")
    return 0


def _schema(options: argparse.Namespace) -> int:
    from tuner.study import study_schema

    print(json.dumps(study_schema(), indent=2, ensure_ascii=False))
    return 0


def _import(module: str) -> None:
    sys.path.insert(0, "")  # a module beside the study, as with python -m
    try:
        importlib.import_module(module.removesuffix(".py"))
    except Exception as error:  # whatever the person's own code raises
        raise InputError(f"--import {module}: {told(error)}") from None


def entry() -> None:
    """The installed program."""
    sys.exit(main())
