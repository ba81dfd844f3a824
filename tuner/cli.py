"""The command line: ``minority-tuner run | check | predict | report | list | schema``.

Exit status: 0 done; 1 no trial succeeded or something cannot be written; 2 the study, the data or
the call is wrong; 130 interrupted.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import importlib
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from tuner.errors import InputError, MinorityTunerError, told
from tuner.predict_command import add_export_option, add_predict_parser
from tuner.quiet import set_log_level
from tuner.report.streams import divert, spell_out

if TYPE_CHECKING:
    from tuner.inspection import Inspection
    from tuner.study import Study

__all__ = ["entry", "main"]

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    spell_out(sys.stdout)
    spell_out(sys.stderr)
    try:
        try:
            return _command(arguments)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has seen enough; a second message would fail as well.
        divert(sys.stdout)
        return 0


def _command(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    # TensorFlow reads these once, when it is imported; what it says is of no use to a user here.
    set_log_level()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    # Python looks through all objects once more when it ends, which takes a second with TensorFlow.
    atexit.register(gc.freeze)
    try:
        for module in getattr(options, "imports", ()):
            _import(module)
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except MinorityTunerError as error:
        _tell(error, options)
        return error.exit_status
    except KeyboardInterrupt:
        print("interrupted; the same command goes on", file=sys.stderr)
        return 130


def _tell(error: MinorityTunerError, options: argparse.Namespace) -> None:
    """Says what is wrong, in JSON where a program runs or checks a study."""
    from tuner.inspection import refused
    from tuner.report.output import print_json

    as_json = "study" in options and options.json
    if as_json:
        print_json(error.content or refused(options.study, error))
    if not as_json or error.content:
        print(error, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="minority-tuner",
        description="Find the rare class: hyperparameter search and honest scores.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    imports = argparse.ArgumentParser(add_help=False)
    imports.add_argument(
        "--import", action="append", default=[], metavar="MODULE", dest="imports",
        help="import a module first, for entries and layers of your own",
    )  # fmt: skip
    study = argparse.ArgumentParser(add_help=False, parents=[imports])
    study.add_argument("study", help="a study file, or the name of a known study")
    study.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides",
        help="replace a setting of the study, such as search.trials=5",
    )  # fmt: skip

    _add_run(commands, study)
    _add_check(commands, study)
    add_predict_parser(commands, imports)
    _add_report(commands, imports)

    listing = commands.add_parser(
        "list", help="list studies, data sets and what a study can choose"
    )
    listing.set_defaults(command=_list)

    schema = commands.add_parser(
        "schema", parents=[imports], help="print the JSON schema of study files, for editors"
    )
    schema.add_argument(
        "--markdown", action="store_true", help="print the reference of every key in its place"
    )
    schema.set_defaults(command=_schema)
    return parser


def _add_run(commands: _Commands, study: argparse.ArgumentParser) -> None:
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
    run.add_argument(
        "--quiet", action="store_true",
        help="print the last line alone; warnings and errors go to standard error",
    )  # fmt: skip
    run.add_argument(
        "--json", action="store_true",
        help="print results.json, errors too as JSON; all else goes to standard error",
    )  # fmt: skip
    add_export_option(run)
    run.set_defaults(command=_run)


def _add_check(commands: _Commands, study: argparse.ArgumentParser) -> None:
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


def _add_report(commands: _Commands, imports: argparse.ArgumentParser) -> None:
    report = commands.add_parser(
        "report",
        parents=[imports],
        help="print the report of a run and make its page again, or compare several runs",
    )
    report.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run folder")
    report.add_argument("--json", action="store_true", help="print results.json; of several a list")
    report.add_argument(
        "--html", type=Path, metavar="FILE",
        help="the page that compares several runs (default: report-comparison.html)",
    )  # fmt: skip
    add_export_option(report)
    report.set_defaults(command=_report)


def _run(options: argparse.Namespace) -> int:
    from joblib import cpu_count

    from tuner.prediction.formats import check_formats
    from tuner.report.output import Output
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
        output = Output.of(options.quiet, options.json)
        return run_command(options, _inspected(study, options.quiet), output, nursery)


def _read(options: argparse.Namespace) -> Study:
    from tuner.study import load_study

    return load_study(options.study, options.overrides)


def _inspected(study: Study, quiet: bool = False) -> Inspection:
    """Study, data, splits and findings, or an error with everything that is wrong."""
    from tuner.inspection import inspect_data_of
    from tuner.report.loading import LoadingBar
    from tuner.report.output import voice
    from tuner.study.python_section import PythonSection

    if isinstance(study.model, PythonSection):  # which TensorFlow is needed for
        from tuner.training.fused.disk_cache import use_disk_cache

        use_disk_cache()

    with LoadingBar(voice(stderr=True, quiet=quiet)) as progress:
        return inspect_data_of(study, progress)


def _check(options: argparse.Namespace) -> int:
    from tuner.report.output import print_json

    inspection = _inspected(_read(options))
    if options.json:
        print_json((inspection if options.no_trial else _timed(inspection)).to_json())
    else:
        _print_check(inspection, options)
    return 0


def _print_check(inspection: Inspection, options: argparse.Namespace) -> None:
    """Prints what was found before a network is trained, which may take long."""
    from tuner.report.console import print_columns, print_data, print_findings
    from tuner.report.cost import print_cost
    from tuner.report.output import voice
    from tuner.report.prose import print_prose

    console = voice()
    found = inspection.to_json()
    print_data(console, found["data"])
    print_columns(console, found["columns"])
    for note in found["notes"]:
        print_prose(console, f"note: {note}")
    print_findings(console, found["findings"])
    if not options.no_trial:
        told = len(found["findings"])
        found = _timed(inspection).to_json()
        print_findings(console, found["findings"][told:])
        if found["cost"]:
            print_cost(console, found["cost"])
    count = len(found["findings"])
    told_in_all = f"{count} warning{'s' if count != 1 else ''}" if count else "nothing wrong found"
    print_prose(console, f"{found['study']}: {told_in_all}")


def _timed(inspection: Inspection) -> Inspection:
    from tuner.inspection import timed
    from tuner.quiet import hidden_stderr
    from tuner.training.fused.disk_cache import use_disk_cache

    use_disk_cache()
    with hidden_stderr():  # what TensorFlow says of itself when it is imported
        return timed(inspection)


def _report(options: argparse.Namespace) -> int:
    from tuner.report.output import voice
    from tuner.report_command import report_command

    return report_command(options, voice())


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
    from tuner.report.output import print_json
    from tuner.study import study_reference, study_schema

    if options.markdown:
        print(study_reference(), end="")
    else:
        print_json(study_schema())
    return 0


def _import(module: str) -> None:
    from tuner.quiet import quiet_tensorflow

    sys.path.insert(0, "")  # a module beside the study, as with python -m
    wrong = ""
    with quiet_tensorflow():  # which a module with layers imports
        try:
            importlib.import_module(module.removesuffix(".py"))
        except Exception as error:  # whatever the person's own code raises
            wrong = told(error)
    if wrong:
        raise InputError(f"--import {module}: {wrong}")


def entry() -> None:
    """The installed program."""
    sys.exit(main())
