"""Reads ``best_model/`` back: what decides first, the network when it is needed."""

from __future__ import annotations

import importlib
import json
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data.preprocessing import Preprocessor, preprocessor_from_json
from tuner.errors import InputError, reason_of
from tuner.metrics.calibration import calibration_from_json
from tuner.model.exported import FORMAT, MODEL_FILES, text_sha256, weights_sha256
from tuner.model.registered import unlocated
from tuner.own_code import MODEL
from tuner.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from tuner.prediction.predictor import GroupRule, Predictor

__all__ = ["Stored", "import_layers", "load_model", "stored_model"]

_AGAIN = "run the study again, which makes the winner anew and trains no trial"

_KEYS = frozenset(
    {"classes", "threshold", "group", "calibration", "needs_import", "input_shape", "sha256"}
)


@dataclass(frozen=True)
class Stored:
    """A winner on disk, its network not yet loaded, so that wrong rows are told at once.

    Attributes:
        folder: Its ``best_model``.
        preprocessor: Makes the network's input of rows.
        decision: The content of ``decision.json``.
    """

    folder: Path
    preprocessor: Preprocessor
    decision: Mapping[str, Any]

    @property
    def classes(self) -> tuple[str, ...]:
        """Label of each code; the last is the minority."""
        return tuple(self.decision["classes"])

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one row of the network's input."""
        return tuple(self.decision["input_shape"])

    @property
    def has_groups(self) -> bool:
        """Whether the run has a rule for groups of rows."""
        return self.decision["group"] is not None

    def load(self) -> Predictor:
        """The winner with its network.

        Raises:
            InputError: The network cannot be loaded, or is not the one that the rule belongs to.
        """
        with quiet_tensorflow():
            from tuner.prediction.predictor import Predictor

        calibration = self.decision["calibration"]
        return Predictor(
            self._network(),
            self.preprocessor,
            self.classes,
            float(self.decision["threshold"]),
            calibration and calibration_from_json(calibration),
            self._group(),
        )

    def _group(self) -> GroupRule | None:
        from tuner.prediction.predictor import GroupRule

        group = self.decision["group"]
        if group is None:
            return None
        rule = group["rule"]
        places = {"mean": None, "maximum": 1}[rule] if isinstance(rule, str) else rule["k_of_n"]
        return GroupRule(places, float(group["threshold"]))

    def _network(self) -> Any:
        import keras

        import_layers(self.decision["needs_import"], "import it first (--import {})")
        path = self.folder / "model.keras"
        try:
            network = keras.models.load_model(path, compile=False)
        except (
            Exception
        ) as error:  # of a damaged archive, or a layer of another version, many kinds
            if missed := unlocated(error):
                raise InputError(
                    f"{path} holds the {missed}, which Keras does not know; import the module that "
                    "registers it first (--import MODULE)"
                ) from None
            what = "cannot be loaded" if zipfile.is_zipfile(path) else "is damaged or cut off"
            raise InputError(f"{path} {what} ({reason_of(error)}); {_AGAIN}") from None
        if weights_sha256(network) != self.decision["sha256"]["weights"]:
            raise InputError(
                f"{path} is not the network that decision.json belongs to: one of them is of "
                f"another winner; {_AGAIN}"
            )
        return network


def import_layers(modules: Iterable[str], advice: str) -> None:
    """Makes the layers of modules known to Keras; ours only, since importing runs code.

    Args:
        modules: Their names.
        advice: What to do about a module of the person's own, with braces for its name.

    Raises:
        InputError: Such a module has not been imported.
    """
    for module in modules:
        if module.startswith("tuner."):
            importlib.import_module(module)
        elif not {module, f"{MODEL}{module}"} & set(sys.modules):
            raise InputError(
                f"the model holds parts of the module '{module}'; {advice.format(module)}"
            )


def load_model(run: str | Path) -> Predictor:
    """The winner of a run, for new rows.

    Layers that Keras lacks and this package has are registered by themselves; a module of your own
    must have been imported.

    Args:
        run: A run folder, or its ``best_model``, which needs nothing else of the run.

    Raises:
        InputError: There is no winner, it is damaged, or a module must be imported first.

    Example:
        >>> tuner.load_model("runs/breast_cancer").predict(frame)  # doctest: +SKIP
        array(['benign', 'malignant', 'benign'], dtype='<U9')
    """
    return stored_model(run).load()


def stored_model(run: str | Path) -> Stored:
    """The same without its network, for which TensorFlow is not needed.

    Raises:
        InputError: There is no winner, or a file of it is missing or damaged.
    """
    folder = _best_model(Path(run))
    absent = [name for name in MODEL_FILES if not (folder / name).is_file()]
    if absent:
        raise InputError(f"{folder} has no {absent[0]}; {_AGAIN}")
    texts = {name: _text(folder / name) for name in MODEL_FILES[1:]}
    decision = _parsed(folder / "decision.json", texts["decision.json"], _decision)
    if text_sha256(texts["preprocessing.json"]) != decision["sha256"]["preprocessing"]:
        raise InputError(
            f"{folder / 'preprocessing.json'} is not the one that decision.json belongs to: it was "
            f"changed, or one of them is of another winner; {_AGAIN}"
        )
    return Stored(
        folder,
        _parsed(folder / "preprocessing.json", texts["preprocessing.json"], preprocessor_from_json),
        decision,
    )


def _best_model(run: Path) -> Path:
    """The folder of the winner in a run folder, or the folder itself."""
    if not run.is_dir():
        what = "is a file" if run.exists() else "does not exist"
        raise InputError(f"{run} {what}; give a run folder, such as runs/NAME")
    if any((run / name).is_file() for name in MODEL_FILES):
        return run
    best = run / "best_model"
    if best.is_dir() and (best / "model_card.md").is_file():
        return best
    if best.is_dir() or any((run / name).is_file() for name in ("study.yaml", "study.db")):
        raise InputError(
            f"{run} has no winner yet, since its run has not ended; go on with it by the command "
            "that began it"
        )
    raise InputError(f"{run} is no run folder: it has no best_model; give one, such as runs/NAME")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({reason_of(error)}); {_AGAIN}") from None


def _parsed(path: Path, text: str, build: Callable[[Any], Any]) -> Any:
    try:
        return build(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is damaged ({reason_of(error)}); {_AGAIN}") from None


def _decision(content: dict[str, Any]) -> dict[str, Any]:
    """The content of ``decision.json``, refused where it is of another format."""
    if content.get("version") != FORMAT:
        raise InputError(f"the model was written by another version of minority-tuner; {_AGAIN}")
    if absent := _KEYS - set(content):
        raise ValueError(f"it lacks {', '.join(sorted(absent))}")
    return content
