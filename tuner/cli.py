"""The command line: ``minority-tuner run | check | predict | report | list | schema``.

Exit status: 0 done; 1 no trial succeeded or something cannot be written; 2 the study, the data or
the call is wrong; 130 interrupted.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import importlib
import io
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.errors import InputError, MinorityTunerError, told
from tuner.predict_command import add_export_option, add_predict_parser

if TYPE_CHECKING:
    from rich.console import Console

    from tuner.inspection import Inspection
    from tuner.study import Study

__all__ = ["entry", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal of another encoding shows a name as it can, as standard error does.
        sys.stdout.reconfigure(errors="backslashreplace")
    # TensorFlow reads these once, when it is imported; what it says is of no use to a user here.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    # Python looks through all objects once more when it ends, which takes a second with TensorFlow.
    atexit.register(gc.freeze)
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
    run.add_argument(
        "--storage", metavar="URL",
        help="keep the trials on a server that many machines share: postgresql://user@host/db",
    )  # fmt: skip
    add_export_option(run)
    run.set_defaults(command=_run)

    check = commands.add_parser(
        "check",
        parents=[study],
        help="check a study and its data, and time one network; keep nothing",
    )
    check.add_argument("--json", action="store_true", help="print JSON, errors too")
    check.add_argument(
        "--no-trial",
        action="store_true",
        help="train nothing: leaves out how long the search will take",
    )
    check.set_defaults(command=_check)

    add_predict_parser(commands)

    report = commands.add_parser("report", help="print the report of a run")
    report.add_argument("run", type=Path, help="a run folder")
    report.add_argument("--json", action="store_true", help="print results.json")
    add_export_option(report)
    report.set_defaults(command=_report)

    listing = commands.add_parser(
        "list", help="list studies, data sets and what a study can choose"
    )
    listing.set_defaults(command=_list)

    schema = commands.add_parser("schema", help="print the JSON schema of study files")
    schema.set_defaults(command=_schema)
    return parser


def _run(options: argparse.Namespace) -> int:
    from joblib import cpu_count

    from tuner.prediction.formats import check_formats
    from tuner.run_command import run_command
    from tuner.search.nursery import Nursery
    from tuner.search.workers import side_by_side
    from tuner.training.fused.disk_cache import use_disk_cache

    check_formats(options.export)
    study = _read(options)
    with Nursery(study.training.threads) as nursery:
        if side_by_side(study, cpu_count()):
            use_disk_cache()
            nursery.warm()  # it imports TensorFlow while the data are checked here
        return run_command(options, _inspected(study), _console(), nursery)


def _console() -> Console:
    from rich.console import Console

    # Class names and paths may hold brackets, which are markup to rich otherwise.
    return Console(markup=False, emoji=False, highlight=False)


def _read(options: argparse.Namespace) -> Study:
    from tuner.study import load_study

    return load_study(options.study, options.overrides)


def _inspected(study: Study) -> Inspection:
    """Study, data, splits and findings, or an error with everything that is wrong."""
    from rich.console import Console

    from tuner.inspection import inspect_data_of
    from tuner.report.loading import LoadingBar

    with LoadingBar(Console(stderr=True, markup=False, emoji=False)) as progress:
        return inspect_data_of(study, progress)


def _check(options: argparse.Namespace) -> int:
    from tuner.inspection import refused

    if not options.json:
        _print_check(_inspected(_read(options)), options)
        return 0
    try:
        inspection = _inspected(_read(options))
        _print_json((inspection if options.no_trial else _timed(inspection)).to_json())
    except InputError as error:
        _print_json(refused(options.study, error))
        return error.exit_status
    return 0


def _print_check(inspection: Inspection, options: argparse.Namespace) -> None:
    """Prints what was found before a network is trained, which may take long."""
    from tuner.report.console import print_columns, print_data, print_findings
    from tuner.report.cost import print_cost

    console = _console()
    found = inspection.to_json()
    print_data(console, found["data"])
    print_columns(console, found["columns"])
    for note in found["notes"]:
        console.print(f"note: {note}", soft_wrap=True)
    print_findings(console, found["findings"])
    if not options.no_trial:
        told = len(found["findings"])
        found = _timed(inspection).to_json()
        print_findings(console, found["findings"][told:])
        if found["cost"]:
            print_cost(console, found["cost"])
    count = len(found["findings"])
    told_in_all = f"{count} warning{'s' if count != 1 else ''}" if count else "nothing wrong found"
    console.print(f"{found['study']}: {told_in_all}")


def _timed(inspection: Inspection) -> Inspection:
    from tuner.inspection import timed
    from tuner.quiet import hidden_stderr
    from tuner.training.fused.disk_cache import use_disk_cache

    use_disk_cache()
    with hidden_stderr():  # what TensorFlow says of itself when it is imported
        return timed(inspection)


def _print_json(content: Any) -> None:
    print(json.dumps(content, indent=2, ensure_ascii=False))


def _report(options: argparse.Namespace) -> int:
    from tuner.prediction.formats import export_formats
    from tuner.report.console import print_data, print_report
    from tuner.report.stored import read_results

    content = read_results(options.run / "results.json")
    export_formats(options.run, options.export, _note)
    if options.json:
        _print_json(content)
        return 0
    console = _console()
    print_data(console, content["data"])
    print_report(console, content, options.run)
    return 0


def _note(line: str) -> None:
    """A line for people, beside what programs read from standard output."""
    print(line, file=sys.stderr)


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

    _print_json(study_schema())
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
