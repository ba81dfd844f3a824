"""A small search for a score and a small network, from study to report."""

import csv
import json

from tuner.cli import main
from tuner.search.database import Database
from tuner.search.run_folder import RunFolder
from tuner.search.store import Store

STUDY = """\
version: 1
name: small
data: {sklearn: breast_cancer, minority: malignant, split: {test: 0.25, validation: 0.25}}
objective: [minority_f1, parameters]
model: {layers: {int: [1, 2]}, units: {choice: [2, 16]}, batch_normalization: true}
training: {epochs: 3}
search: {algorithm: nsga2, trials: 3}
evaluation: {confirm: 0, baselines: false}
"""


def test_a_search_for_both_tells_its_trade_offs(tmp_path, capsys):
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    assert main(["run", str(tmp_path / "study.yaml"), "--runs-dir", str(tmp_path)]) == 0
    folder = tmp_path / "small"
    content = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    table = list(csv.DictReader((folder / "trials.csv").read_text(encoding="utf-8").split("\n")))
    for row in table:
        units, layers = int(row["model.units"]), int(row["model.layers"])
        hidden = 30 * units + (layers - 1) * units**2
        # A weight and a bias of the output, a scale and a shift of each normalised unit.
        normalised = 2 * units * layers
        biases = int(row["parameters"]) - hidden - normalised - units - 1
        assert biases in (0, units * layers)
    sizes = {int(row["trial"]): int(row["parameters"]) for row in table}
    front = content["pareto"]
    assert [row["against"] for row in front] == [sizes[row["trial"]] for row in front]
    assert content["best"]["trainable_parameters"] == sizes[content["best"]["trial"]]
    assert content["best"]["validation"]["minority_f1"] == max(row["score"] for row in front)
    store = Store(Database.in_folder(RunFolder(folder)))
    assert {one.number for one in store.study.best_trials} == {row["trial"] for row in front}
    store.close()
    assert "trade-off of minority_f1 against parameters" in capsys.readouterr().out
    assert "<h3>Trade-offs</h3>" in (folder / "report.html").read_text(encoding="utf-8")
