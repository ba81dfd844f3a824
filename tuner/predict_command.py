"""``minority-tuner predict``: probabilities and decisions for new rows, as CSV."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import IO

from tuner.errors import InputError
from tuner.model.exported import EXPORTS

__all__ = ["add_export_option", "add_predict_parser", "predict_command"]


def add_export_option(command: argparse.ArgumentParser) -> None:
    """Adds the option that writes the winner's network in formats of other programs.

    Args:
        command: The parser of a command that ends with a winner.
    """
    command.add_argument(
        "--export", action="append", default=[], choices=sorted(EXPORTS),
        help="write the winner's network in this format too; may be given several times",
    )  # fmt: skip


def add_predict_parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], imports: argparse.ArgumentParser
) -> None:
    """Adds the command and its options to a parser.

    Args:
        commands: Takes commands.
        imports: Has the option that imports modules first.
    """
    one = commands.add_parser(
        "predict",
        parents=[imports],
        help="write probabilities and decisions for new rows, as CSV",
    )
    one.add_argument("run", type=Path, help="a run folder, or its best_model")
    one.add_argument("rows", type=Path, help="a table, or pictures: a file or a folder")
    one.add_argument(
        "--output", default="-", metavar="FILE", help="where to write; - is standard output"
    )
    one.add_argument(
        "--keep", action="append", default=[], metavar="COLUMN",
        help="write this column of the table beside, such as an identifier",
    )  # fmt: skip
    one.add_argument(
        "--group", metavar="COLUMN",
        help="decide on groups of rows: a column of the table, or for pictures a regular expression"
        " on the path of a file",
    )  # fmt: skip
    one.add_argument("--separator", help="what stands between cells; found unless given")
    one.add_argument("--decimal", choices=[".", ","], help="the decimal mark; found unless given")
    one.add_argument("--encoding", help="such as latin-1; found unless given")
    one.add_argument("--features", metavar="KEY", help="the array in an NPZ file")
    one.set_defaults(command=predict_command)


def predict_command(options: argparse.Namespace) -> int:
    """Writes what the model says of new rows, and returns the exit status.

    Args:
        options: Of the command line.

    Raises:
        InputError: There is no model, or rows are not as it needs them.
    """
    from tuner.prediction.chunks import Asked
    from tuner.prediction.output import replaced
    from tuner.prediction.predict import open_rows, write_predictions
    from tuner.prediction.stored import stored_model

    if options.group is not None and options.keep:
        raise InputError(
            "--keep belongs to rows, and --group writes a line for each group; leave one out"
        )
    asked = Asked(
        tuple(dict.fromkeys(options.keep)),
        options.group,
        options.separator,
        options.decimal,
        options.encoding,
        options.features,
    )
    stored = stored_model(options.run)
    rows = open_rows(options.rows, stored, asked)
    for note in rows.notes:
        _tell(f"note: {note}")
    predictor = stored.load()
    try:
        if options.output == "-":
            write_predictions(rows, predictor, _standard_output(), _tell)
            sys.stdout.flush()
        else:
            with replaced(Path(options.output)) as stream:
                written = write_predictions(rows, predictor, stream, _tell)
            _tell(f"{written} lines in {options.output}")
    except KeyboardInterrupt:
        _tell("interrupted; the same command begins anew")
        return 130
    return 0


def _standard_output() -> IO[str]:
    """Standard output, in UTF-8 wherever it goes, since a class may have any name."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    return sys.stdout


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
