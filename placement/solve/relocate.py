r"""Local search for programs in which some columns make room for others: a station's machine leaves, another arrives.

A column is an *enabler* where it has a coefficient < 0 in a row that others fill (the machine that is given away, in
the row that balances tokens). Greedy adding and swaps never choose one, for it is worth nothing by itself. Here an
enabler is chosen together with what it makes room for: what excludes it goes (the station that was kept), the best
column it enables comes in, what money is left is spent; or all of that is taken back. The outcome is kept if it is
worth more.

Source: Glover (1996), Ejection chains, reference structures and alternating path methods for traveling salesman
problems, Discrete Applied Mathematics 65, 223-253.
"""

# ruff: noqa: NPY002 - numba kernels take arrays by position and know only the legacy generator

from __future__ import annotations

from typing import Any

import numpy as np

from placement.kernels import kernel
from placement.solve.search import add, fill, fits, keeps_lows, remove, start_tally, swap, worth

_CHOSEN = 0.3
_SHORT_ROW = 4
"""Rows of fewer columns than this exclude one decision by another."""


@kernel
def _is_enabler(field: Any, column: Any) -> Any:
    """Return the row that the column makes room in, or -1; columns that cover something are no enablers."""
    if field.column_site[column] >= 0:
        return -1
    for at in range(field.column_indptr[column], field.column_indptr[column + 1]):
        row = field.column_rows[at]
        if field.column_coefficients[at] < 0 and field.lows[row] == field.limits[row]:
            return row
    return -1


@kernel
def _make_way(field: Any, tally: Any, column: Any) -> Any:
    """Remove what short rows exclude the column by."""
    for at in range(field.column_indptr[column], field.column_indptr[column + 1]):
        row = field.column_rows[at]
        begin, end = field.row_indptr[row], field.row_indptr[row + 1]
        if end - begin >= _SHORT_ROW or tally.used[row] + field.column_coefficients[at] <= field.limits[row]:
            continue
        for entry in range(begin, end):
            if tally.chosen[field.row_columns[entry]]:
                remove(field, tally, field.row_columns[entry])


@kernel
def _best_in_row(field: Any, tally: Any, row: Any) -> Any:
    """Return the column of most worth that fits among those that fill the row, or -1."""
    best, most = -1, 0
    for entry in range(field.row_indptr[row], field.row_indptr[row + 1]):
        column = field.row_columns[entry]
        if field.row_coefficients[entry] > 0 and not tally.chosen[column]:
            gain = worth(field, tally, column)
            if gain > most and fits(field, tally, column):
                best, most = column, gain
    return best


@kernel
def _least_in_row(field: Any, tally: Any, row: Any) -> Any:
    """Return the chosen column that fills the row and loses least where it goes, or -1."""
    best, least = -1, 0
    for entry in range(field.row_indptr[row], field.row_indptr[row + 1]):
        column = field.row_columns[entry]
        if field.row_coefficients[entry] > 0 and tally.chosen[column]:
            remove(field, tally, column)
            loss = worth(field, tally, column)
            add(field, tally, column)
            if best < 0 or loss < least:
                best, least = column, loss
    return best


@kernel
def _exchange(field: Any, tally: Any, column: Any, row: Any) -> None:
    """Choose an enabler and what it enables, or give both up; then spend what is left."""
    if tally.chosen[column]:
        other = _least_in_row(field, tally, row)
        if other >= 0:
            remove(field, tally, other)
        remove(field, tally, column)
    else:
        _make_way(field, tally, column)
        if not fits(field, tally, column):
            return
        add(field, tally, column)
        other = _best_in_row(field, tally, row)
        if other >= 0:
            add(field, tally, other)
    fill(field, tally)


@kernel
def _excluded_worth(field: Any, tally: Any, column: Any) -> Any:
    """Return the most that what `column` excludes in short rows would be worth."""
    most = 0
    for at in range(field.column_indptr[column], field.column_indptr[column + 1]):
        row = field.column_rows[at]
        begin, end = field.row_indptr[row], field.row_indptr[row + 1]
        if end - begin < _SHORT_ROW:
            for entry in range(begin, end):
                if field.row_columns[entry] != column:
                    most = max(most, worth(field, tally, field.row_columns[entry]))
    return most


@kernel
def _replace(field: Any, tally: Any, column: Any, row: Any) -> None:
    """Let an enabler take the place of the chosen one whose return is worth most; then spend what is left."""
    leaving, most = -1, -1
    for entry in range(field.row_indptr[row], field.row_indptr[row + 1]):
        other = field.row_columns[entry]
        if field.row_coefficients[entry] < 0 and tally.chosen[other]:
            gain = _excluded_worth(field, tally, other)
            if gain > most:
                leaving, most = other, gain
    if leaving < 0:
        return
    remove(field, tally, leaving)
    _make_way(field, tally, column)
    if fits(field, tally, column):
        add(field, tally, column)
    fill(field, tally)


@kernel
def _undo(field: Any, tally: Any, before: Any) -> None:
    """Go back to the plan `before`."""
    for column in np.flatnonzero(tally.chosen & ~before):
        remove(field, tally, column)
    for column in np.flatnonzero(before & ~tally.chosen):
        add(field, tally, column)


@kernel
def _pass(field: Any, tally: Any) -> None:
    """Try to exchange every enabler once."""
    for column in np.random.permutation(tally.chosen.size):
        row = _is_enabler(field, column)
        if row < 0:
            continue
        for replacing in (False, True):
            if replacing and tally.chosen[column]:
                continue
            before, old = tally.chosen.copy(), tally.value[0]
            if replacing:
                _replace(field, tally, column, row)
            else:
                _exchange(field, tally, column, row)
            if tally.value[0] <= old or not keeps_lows(field, tally):
                _undo(field, tally, before)


@kernel
def _near(field: Any, tally: Any, x: Any) -> None:
    """Choose what a point of the relaxation chooses, enablers first, as long as it fits."""
    order = np.argsort(-x)
    for enabling in (True, False):
        for column in order:
            if x[column] > _CHOSEN and enabling == (_is_enabler(field, column) >= 0) and fits(field, tally, column):
                add(field, tally, column)
    for column in order[::-1]:
        row = _is_enabler(field, column)
        if row >= 0 and tally.chosen[column] and tally.used[row] < field.lows[row]:
            remove(field, tally, column)


@kernel
def relocation_plan(field: Any, x: Any, passes: Any, seed: Any) -> Any:
    """Return (plan, value): a point of the relaxation rounded, then improved by exchanges and swaps."""
    np.random.seed(seed)
    tally = start_tally(field, np.zeros(x.size, np.bool_))
    _near(field, tally, x)
    fill(field, tally)
    for _ in range(passes):
        value = tally.value[0]
        _pass(field, tally)
        swap(field, tally, 1, seed)
        if tally.value[0] == value:
            break
    return tally.chosen, tally.value[0]
