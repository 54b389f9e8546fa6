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
from numpy.typing import NDArray

from placement.kernels import Floats, Longs, inner, kernel
from placement.solve.deadline import NEVER, Deadline
from placement.solve.plans.swaps import (
    Field,
    Tally,
    add,
    fill,
    fill_until,
    fits,
    keeps_lows,
    pieces,
    remove,
    start_tally,
    swap,
    worth,
)
from placement.solve.settings import DEFAULTS, PlanSettings

_SHORT_ROW = 4
"""Rows of fewer columns than this exclude one decision by another.

It is a matter of how programs are built, not of how much time is spent."""


@inner
def _is_enabler(field: Any, column: Any) -> Any:
    """Return the row that the column makes room in, or -1; columns that cover something are no enablers."""
    if field.column_site[column] >= 0:
        return -1
    for at in range(field.column_indptr[column], field.column_indptr[column + 1]):
        row = field.column_rows[at]
        if field.column_coefficients[at] < 0 and field.lows[row] == field.limits[row]:
            return row
    return -1


@inner
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


@inner
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


@inner
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


@inner
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


@inner
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


@inner
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


@inner
def _undo(field: Any, tally: Any, before: Any) -> None:
    """Go back to the plan `before`."""
    for column in np.flatnonzero(tally.chosen & ~before):
        remove(field, tally, column)
    for column in np.flatnonzero(before & ~tally.chosen):
        add(field, tally, column)


@kernel
def _in_random_order(tally: Tally) -> Any:
    return np.random.permutation(tally.chosen.size)


@kernel
def _exchange_each(field: Field, tally: Tally, columns: Longs) -> None:
    """Try to exchange each of the columns that is an enabler."""
    for column in columns:
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


@inner
def _mend(field: Any, tally: Any) -> None:
    """Choose what gives room in rows beyond their limits, as long as it fits: stations that would be dear to close."""
    for row in range(field.limits.size):
        if tally.used[row] > field.limits[row]:
            for entry in range(field.row_indptr[row], field.row_indptr[row + 1]):
                column = field.row_columns[entry]
                gives = field.row_coefficients[entry] < 0 and field.column_site[column] >= 0
                if gives and not tally.chosen[column] and fits(field, tally, column):
                    add(field, tally, column)


@inner
def _enabled_row(field: Any, column: Any) -> Any:
    """Return the row that a column can only fill once an enabler has made room, or -1."""
    for at in range(field.column_indptr[column], field.column_indptr[column + 1]):
        row = field.column_rows[at]
        if field.column_coefficients[at] > 0 and field.lows[row] == field.limits[row]:
            return row
    return -1


@inner
def _loss(field: Any, tally: Any, column: Any) -> Any:
    """Return what giving up a chosen column would take from the value."""
    total, site = field.values[column], field.column_site[column]
    if site >= 0:
        for at in range(field.site_indptr[site], field.site_indptr[site + 1]):
            if tally.counts[field.site_rows[at]] == 1:
                total += field.weights[field.site_rows[at]]
    return total


@inner
def _excluded_loss(field: Any, tally: Any, column: Any) -> Any:
    """Return what making way for a column would take from the value."""
    total = 0
    for at in range(field.column_indptr[column], field.column_indptr[column + 1]):
        row = field.column_rows[at]
        begin, end = field.row_indptr[row], field.row_indptr[row + 1]
        if end - begin < _SHORT_ROW:
            for entry in range(begin, end):
                if tally.chosen[field.row_columns[entry]]:
                    total += _loss(field, tally, field.row_columns[entry])
    return total


@inner
def _most_worth(field: Any, tally: Any) -> Any:
    """Return (column of most worth that fits once an enabler has made room, its worth, the row), or -1."""
    best, most, row = -1, 0, -1
    for column in range(tally.chosen.size):
        at = _enabled_row(field, column)
        if at >= 0 and not tally.chosen[column]:
            tally.used[at] -= 1
            gain = worth(field, tally, column)
            if gain > most and fits(field, tally, column):
                best, most, row = column, gain, at
            tally.used[at] += 1
    return best, most, row


@inner
def _least_loss(field: Any, tally: Any, row: Any, most: Any) -> Any:
    """Return the enabler of a row that makes others go at the least loss, if that is less than `most`, or -1."""
    best, least = -1, most
    for entry in range(field.row_indptr[row], field.row_indptr[row + 1]):
        column = field.row_columns[entry]
        if field.row_coefficients[entry] < 0 and not tally.chosen[column]:
            loss = _excluded_loss(field, tally, column)
            if loss < least:
                best, least = column, loss
    return best


@kernel
def _move(field: Field, tally: Tally) -> Any:
    """Let the enabler that costs least make room for the column of most worth; return whether that gained."""
    best, most, row = _most_worth(field, tally)
    giver = _least_loss(field, tally, row, most) if best >= 0 else -1
    if giver < 0:
        return False
    before, old = tally.chosen.copy(), tally.value[0]
    _make_way(field, tally, giver)
    for column in (giver, best):
        if fits(field, tally, column):
            add(field, tally, column)
    if tally.value[0] > old and keeps_lows(field, tally):
        return True
    _undo(field, tally, before)
    return False


@inner
def _near(field: Any, tally: Any, x: Any, above: Any) -> None:
    """Choose what a point of the relaxation chooses by more than `above`, enablers first, as long as it fits."""
    order = np.argsort(-x)
    for enabling in (True, False):
        for column in order:
            if x[column] > above and enabling == (_is_enabler(field, column) >= 0) and fits(field, tally, column):
                add(field, tally, column)
    for column in order[::-1]:
        row = _is_enabler(field, column)
        if row >= 0 and tally.chosen[column] and tally.used[row] < field.lows[row]:
            remove(field, tally, column)


@kernel
def _begun(field: Field, x: Floats, above: float, seed: int) -> Any:
    """Return the state of a point of the relaxation, rounded as far as rows allow."""
    np.random.seed(seed)
    tally = start_tally(field, np.zeros(x.size, np.bool_))
    _near(field, tally, x, above)
    _mend(field, tally)
    return tally


def relocation_plan(
    field: Field, x: NDArray[Any], seed: int, until: Deadline = NEVER, settings: PlanSettings = DEFAULTS.plans
) -> tuple[NDArray[np.bool_], int]:
    """Return (plan, value): a point of the relaxation rounded, then improved by exchanges and swaps."""
    tally = _begun(field, x, settings.rounded_from, seed)
    while (field.limits < 0).any() and not until.passed() and _move(field, tally):
        pass
    fill_until(field, tally, until, settings.looks)
    for _ in range(settings.passes):
        value = int(tally.value[0])
        for piece in pieces(_in_random_order(tally), field, until, settings.looks):
            _exchange_each(field, tally, piece)
        swap(field, tally, 1, seed, until=until, looks=settings.looks)
        if until.passed() or int(tally.value[0]) == value:
            break
    return tally.chosen, int(tally.value[0])
