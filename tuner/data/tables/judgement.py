"""What a column holds, now that all its rows are known, and what is said of its faults."""

from __future__ import annotations

import numpy as np

from tuner.data.dataset import Column
from tuner.data.tables.cells import is_date, looks_numeric
from tuner.data.tables.columns import Seen, TextColumn, ValueColumn

__all__ = ["empty_text", "judged", "weight_problem"]

_ROWS = 1 << 16


def judged(place: str, column: ValueColumn, rows: int, first_row: int) -> Column | str:
    """The column, its categories in sorted order; or the one line that says what is wrong.

    Args:
        place: What holds the table, for messages.
        column: All its rows; codes of categories are brought into their order.
        rows: Number of rows.
        first_row: Number of the first row as people count.
    """
    fault = None if column.category else _fault(column, first_row)
    if fault:
        return f"{place}: column '{column.name}' {fault}"
    if not column.codes:
        return Column(column.name)
    _sort_codes(column, rows)
    return Column(column.name, tuple(sorted(column.codes)))


def _fault(column: ValueColumn, first_row: int) -> str | None:
    """Why a column is neither numbers nor categories; None where it is one of them."""
    words, numbers = column.words, column.numbers
    if not words.count:
        return None
    other = "name the column in 'categories' if it holds categories"
    shown = _shown(words, first_row)
    spelled = [text for text in column.codes if looks_numeric(text)]
    if len(spelled) == len(column.codes):
        if column.cells.typed:
            return f"holds numbers that are stored as text {shown}; convert it, or {other}"
        what = f"{_count(words, 'number')} written in another way"
        return f"has {what} {shown}; {_set_decimal(column, spelled)}write plain numbers, or {other}"
    if numbers.count and words.count <= numbers.count:
        what = "value that is no number" if words.count == 1 else "values that are no numbers"
        it = "it" if words.count == 1 else "them"
        todo = f"{_set_decimal(column, spelled)}correct {it}, list {it} in 'missing', or {other}"
        return f"has {words.count} {what} {shown}; {todo}"
    if numbers.count or spelled:
        odd = numbers if numbers.count else Seen(len(spelled), -1, dict.fromkeys(spelled[:5]))
        found = f"{shown} and numbers {_shown(odd, first_row)}"
        return f"holds texts {found}; correct them, or {other}"
    if all(map(is_date, column.codes)):
        return (
            f"holds dates or times {shown}; make numbers of them, name it in 'ignore', or {other}"
        )
    return None


def _set_decimal(column: ValueColumn, spelled: list[str]) -> str:
    mark = "," if column.cells.decimal == "." else "."
    if not any(mark in text for text in spelled):
        return ""
    return f"set 'decimal' if '{mark}' is the decimal mark, "


def _count(seen: Seen, what: str) -> str:
    return f"{seen.count} {what}{'s' * (seen.count != 1)}"


def _shown(seen: Seen, first_row: int) -> str:
    parts = [f"'{text}'" for text in seen.examples]
    if seen.first >= 0:
        parts.append(f"first in row {seen.first + first_row}")
    return f"({', '.join(parts)})"


def _sort_codes(column: ValueColumn, rows: int) -> None:
    """Codes by first occurrence become codes by sorted text, in pieces that need little memory."""
    order = np.empty(len(column.codes))
    order[[column.codes[text] for text in sorted(column.codes)]] = np.arange(len(column.codes))
    for start in range(0, rows, _ROWS):
        piece = column.values[start : min(start + _ROWS, rows)]
        known = ~np.isnan(piece)
        piece[known] = order[piece[known].astype(np.int64)]


def empty_text(place: str, column: TextColumn, first_row: int) -> str:
    """What is said of a role that some rows do not have."""
    count, row = column.empty.count, column.empty.first + first_row
    where = f"row {row}" if count == 1 else f"{count} rows, first in row {row}"
    todo = "fill it in, or remove the row" if count == 1 else "fill it in, or remove these rows"
    return f"{place}: column '{column.name}' is empty in {where}; {todo}"


def weight_problem(place: str, column: ValueColumn, rows: int, first_row: int) -> str | None:
    """What is wrong with weights, which must be finite numbers that are not negative."""
    weights = column.values[:rows]
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if column.codes:
        word = next(iter(column.codes))
        return (
            f"{place}: column '{column.name}' has {_count(column.words, 'weight')} that cannot be "
            f"read as a number ('{word}' in row {column.words.first + first_row}); correct it"
        )
    where = np.flatnonzero(bad)
    if not where.size:
        return None
    value = weights[where[0]]
    first = "nothing" if np.isnan(value) else f"{value:g}"
    return (
        f"{place}: column '{column.name}' has {len(where)} row{'s' * (len(where) > 1)} whose "
        f"weight is no finite number >= 0, first in row {where[0] + first_row} ({first}); correct "
        f"{'them' if len(where) > 1 else 'it'}"
    )
