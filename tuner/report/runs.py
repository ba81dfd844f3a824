"""Several runs side by side: what each reached, what differs, and whether they can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tuner.report.values import spelled_value

__all__ = ["side_by_side", "spelled_space"]

Content = Mapping[str, Any]

_SCORED = ("minority_f1", "precision", "recall", "pr_auc", "mcc")
_NO_DIFFERENCE = ("format", "data content", "spaces", "study")


def side_by_side(runs: Sequence[tuple[str, Content]]) -> dict[str, Any]:
    """What is told of several runs.

    Args:
        runs: The name of each, and the content of its ``results.json``; two at least.

    Returns:
        ``runs``, the scores of each; ``reasons``, why scores of some must not be compared;
        ``same_test``, whether all that have a test score, two at least, were scored on the same
        test rows; ``notes``, what to know of a comparison; ``studies`` and ``winners``, each a list
        of ``key`` and ``values`` by run, of what differs between the studies, and of all that the
        best trials have.
    """
    contents = [content for _, content in runs]
    return {
        "runs": [_told(name, content) for name, content in runs],
        "reasons": [*_reasons(contents), *_untested(runs)],
        "same_test": _same_test(contents),
        "notes": _notes(contents),
        "studies": [row for row in _rows(map(_asked, contents)) if not row["same"]],
        "winners": _rows((c["best"]["hyperparameters"] if c["best"] else {}) for c in contents),
    }


def _told(name: str, content: Content) -> dict[str, Any]:
    best, trials = content["best"], content["trials"]
    tested = _tested(content)
    return {
        "name": name,
        "study": content["study"],
        "status": content["status"],
        "data": content["data"]["title"],
        "minority": content["data"]["minority"],
        "test_rows": content["data"]["splits"]["test"]["rows"],
        "test_minority": content["data"]["splits"]["test"]["minority"],
        "trials": sum(trials[state] for state in ("finished", "failed", "stopped")),
        "seconds": content["seconds"].get("search"),
        "trial": best["trial"] if best else None,
        "test": {key: best["test"][key] for key in (*_SCORED, "ci95")} if tested else None,
        "validation": best["validation"]["minority_f1"] if best else None,
        "parameters": best.get("trainable_parameters") if best else None,
    }


def _tested(content: Content) -> bool:
    return bool(content["best"] and content["best"]["test"])


def _reasons(contents: Sequence[Content]) -> Iterator[str]:
    """Why some scores are of different things."""
    data = [content["data"] for content in contents]
    if _differ(one["fingerprint"] for one in data):
        yield "the runs are of different data, so that their scores say nothing of each other"
    if _differ(one["minority"] for one in data):
        yield "the rare class is another one, so that scores are of different questions"
    if _differ(content["objective"]["level"] for content in contents):
        yield "some score rows and others groups of rows, which are different questions"
    if _differ(content["objective"]["metric"] for content in contents):
        yield (
            "the searches maximised different scores: the validation F1 of each was chosen for "
            "something else"
        )


def _untested(runs: Sequence[tuple[str, Content]]) -> Iterator[str]:
    for name, content in runs:
        if not _tested(content):
            yield f"there is no test score of {name} yet, and so nothing to compare it by"


def _same_test(contents: Sequence[Content]) -> bool:
    tested = [content for content in contents if _tested(content)]
    return len(tested) > 1 and not _differ(
        (content["data"]["fingerprint"], *_division(content["identity"])) for content in tested
    )


def _division(identity: Content) -> list[tuple[str, Any]]:
    """What decides which rows are the test rows."""
    keys = ("seed", "data.minority", "data.duplicates")
    return [
        (key, identity[key])
        for key in sorted(identity)
        if key in keys or key.startswith("data.split.")
    ]


def _notes(contents: Sequence[Content]) -> list[str]:
    tested = [content for content in contents if _tested(content)]
    if len(tested) < 2 or _differ(content["data"]["fingerprint"] for content in tested):
        return []
    if _same_test(tested):
        which = "all" if len(tested) == len(contents) else f"all {len(tested)} that have a score"
        rows = f"{which} were scored on the same test rows"
    else:
        rows = (
            "the test rows are not the same, since seeds or splits differ: part of a difference is "
            "the luck of their rows"
        )
    return [
        rows,
        "intervals that overlap are no test, and neither are intervals that do not: they say how "
        "far each score may be off by itself, and nothing of a difference on rows that runs share",
        "whoever keeps the run with the best test score has chosen on the test rows, and must "
        "expect less on new ones",
        "to test a difference, put both choices into one study and name their place in "
        "evaluation.compare",
    ]


def _asked(content: Content) -> dict[str, str]:
    """All that was asked, by key."""
    identity = content["identity"]
    told = {key: str(value) for key, value in identity.items() if key not in _NO_DIFFERENCE}
    spaces = identity.get("spaces", {})
    told |= {name: spelled_space(place["space"]) for name, place in spaces.items()}
    for section in ("search", "evaluation"):
        told |= {f"{section}.{key}": _plain(value) for key, value in content[section].items()}
    return told


def spelled_space(space: Any) -> str:
    """A space as people write it.

    Example:
        >>> spelled_space({"float": [0.01, 0.3], "step": None, "log": True})
        '0.01 to 0.3, log'
    """
    if not isinstance(space, Mapping):
        return _plain(space)
    if "choice" in space:
        return " | ".join(map(_plain, space["choice"]))
    low, high = space.get("float") or space["int"]
    return f"{low:g} to {high:g}{', log' * bool(space['log'])}"


def _plain(value: Any) -> str:
    """With enough digits to tell studies apart."""
    return spelled_value(value, digits=6)


def _rows(by_run: Any) -> list[dict[str, Any]]:
    """A row for each key, with its value in each run; empty where a run has none."""
    columns = list(by_run)
    keys = dict.fromkeys(key for column in columns for key in column)
    table = [(key, [column.get(key, "") for column in columns]) for key in keys]
    return [
        {"key": key, "values": values, "same": len({repr(one) for one in values}) == 1}
        for key, values in table
    ]


def _differ(values: Any) -> bool:
    return len({repr(value) for value in values}) > 1
