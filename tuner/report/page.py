"""``report.html``: one file that needs nothing else."""
from __future__ import annotations
def report_page(content, records, dataset, splits, probabilities) -> str:
    return "todo"
