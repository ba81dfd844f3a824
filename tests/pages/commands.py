"""Shell blocks: which commands they hold, and whether ours are ones that we understand."""

import contextlib
import io
import re
import shlex
from dataclasses import dataclass

from pages.blocks import ROOT
from tuner.cli import _parser, main
from tuner.study import known, load_study

__all__ = ["OTHERS", "Command", "check", "commands", "printed"]

OTHERS = {
    "bash", "cat", "cd", "cp", "curl", "do", "done", "echo", "export", "for", "git", "head", "ls",
    "mkdir", "open", "optuna-dashboard", "mlflow", "npm", "python3", "srun", "ssh", "tensorboard",
}  # fmt: skip
"""Programs that are not ours, whose arguments nobody checks here."""

_TOOLS = ("pytest", "pip", "venv", "ruff", "mypy", "build")
"""Modules that `python -m` may run in a page."""

_CHEAP = ("list", "schema", "report", "predict")
"""Commands of ours that train nothing, and are really run."""


@dataclass(frozen=True)
class Command:
    """One simple command.

    Attributes:
        words: The program and its arguments.
        into: The file that its output goes to, or nothing.
    """

    words: tuple[str, ...]
    into: str = ""

    @property
    def arguments(self):
        """The arguments of a command of ours, and None for any other program."""
        words = [word.removeprefix(".venv/bin/") for word in self.words]
        if words[0] == "minority-tuner":
            return words[1:]
        if words[0] in ("python", "python3") and words[1:2] == ["run_search.py"]:
            return ["run", *words[2:]]
        return None


def commands(text):
    """The simple commands of a script, without comments and assignments."""
    text = text.replace("\\\n", " ")
    found = []
    for line in text.splitlines():
        line = line.removeprefix("$ ")
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|")
        lexer.whitespace_split = True
        found += _split(list(lexer))
    return found


def _split(words):
    current, found = [], []
    for word in [*words, ";"]:
        if set(word) <= set(";&|"):
            found += [_command(current)] if current else []
            current = []
        else:
            current.append(word)
    return [one for one in found if one]


def _command(words):
    while words and re.fullmatch(r"\w+=\S*", words[0]):
        words = words[1:]
    words = [word for word in words if not re.fullmatch(r"2>(&1)?\S*|1", word)]
    into = ""
    for at, word in enumerate(words):
        if word.startswith(">"):
            into = word.lstrip(">") or words[at + 1]
            words = words[:at]
            break
    return Command(tuple(words), into) if words else None


def check(command, folder, settings=()):
    """Says whether a command is one that works, and runs it where that costs next to nothing.

    A command that trains is run where there are settings that make it short.
    """
    if (arguments := command.arguments) is not None:
        _check_ours(arguments, command, folder)
        if settings and arguments[0] == "run":
            more = [word for setting in settings for word in ("--set", setting)]
            printed([*arguments, *more])
        return
    program, *arguments = (word.removeprefix(".venv/bin/") for word in command.words)
    if program == "make":
        makefile = (ROOT / "Makefile").read_text("utf-8")
        targets = [word for word in arguments if "=" not in word]
        assert all(re.search(rf"^{target}:", makefile, re.M) for target in targets)
    elif program in ("python", "python3"):
        _check_python(arguments)
    elif program in ("pip", "ruff", "mypy"):
        _check_python(["-m", program, *arguments])
    else:
        assert program in OTHERS, f"what is {program}? see OTHERS"


def _check_ours(arguments, command, folder):
    options = _parser().parse_args(arguments)
    if study := getattr(options, "study", None):
        there = study in known("search_spaces") or any(
            (one / study).is_file() for one in (folder, ROOT)
        )
        assert there or study == "study.yaml", f"there is no {study}"
        if there:
            with contextlib.chdir(folder if (folder / study).is_file() else ROOT):
                load_study(study, options.overrides)
    if arguments[0] in _CHEAP or "--no-trial" in arguments:
        with contextlib.chdir(folder):
            output = printed(arguments)
            if command.into:
                (folder / command.into).write_text(output, encoding="utf-8")


def _check_python(arguments):
    if arguments[:1] == ["-m"]:
        assert arguments[1] in _TOOLS, f"python -m {arguments[1]}?"
        extras = re.findall(r"\[([\w,]+)\]", " ".join(arguments))
        offered = (ROOT / "pyproject.toml").read_text("utf-8").partition("optional-dep")[2]
        names = [name for group in extras for name in group.split(",")]
        assert all(re.search(rf"^{name} = ", offered, re.M) for name in names)
    elif arguments[:1] != ["-c"]:
        text = (ROOT / arguments[0]).read_text("utf-8")
        options = [word for word in arguments[1:] if word.startswith("--")]
        assert all(f'"{option}"' in text for option in options)


def printed(arguments):
    """What a command of ours prints, which must end well or with a mistake told."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(arguments)
    assert status in (0, 2), err.getvalue()
    return out.getvalue() if status == 0 else err.getvalue()
