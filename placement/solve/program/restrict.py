r"""The program that is left at a node of the tree: undecided columns, rows that still matter, merged again.

A class one of whose sites is open is covered; one with no live site is lost; one with a single live site is folded
into that site; the others are restricted to their live sites and merged where these are equal. Multipliers
``mu = lambda / (w (1 + phi))`` of merged rows are shared by their classes, so that prices of the restricted program
are prices of the whole one.
"""

# ruff: noqa: PLR0917, SIM110 - numba kernels take arrays by position and have plain loops

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from placement.kernels import Bools, Bytes, Floats, FloatTable, Ints, Keys, Longs, OutInts, inner, kernel, read_only
from placement.solve.program.forest import Forest, build_forest
from placement.solve.program.problem import FREE, NO_LIMIT, ONE, Covers, Problem, Side, first_layer, transposed

COVERED, LOST, FOLDED = -1, -2, -3
"""What became of a class that is no row of the restricted program."""

_DEAD, _LIVE, _OPEN = 0, 1, 2


class Work(NamedTuple):
    """A restricted program in floating point.

    Attributes
    ----------
    row_of_class
        (classes,) row, or `COVERED`, `LOST`, `FOLDED`.
    indptr, sites, weights, label, inverse_degree
        Rows over live sites (numbered anew), their weights, floor labels, and 1 / number of columns covering them.
    forest
        The rows again, by their differences.
    columns, column_site, values
        Undecided columns (ids of the program), their live site or -1, the program's values.
    fold
        (labels, live sites) weight of the folded classes.
    covered
        (labels,) weight of the covered classes.
    constant
        Value of the chosen columns.
    side_rows, side_indptr, side_columns, side_coefficients
        Side rows that can still bind (ids of the program), over undecided columns.
    column_indptr, column_rows, column_coefficients
        The same, transposed.
    low, high
        Their limits less what is chosen.
    main
        The row that is projected on exactly, or -1.
    label_indptr, label_floors, label_worth, minimum
        Floors, and what a unit of weight of each label adds to the objective beside those that add most.
    """

    row_of_class: Ints
    indptr: Longs
    sites: Ints
    weights: Floats
    label: Ints
    inverse_degree: Floats
    forest: Forest
    columns: Longs
    column_site: Longs
    values: Floats
    fold: FloatTable
    covered: Floats
    constant: float
    side_rows: Longs
    side_indptr: Longs
    side_columns: Ints
    side_coefficients: Floats
    column_indptr: Longs
    column_rows: Ints
    column_coefficients: Floats
    low: Floats
    high: Floats
    main: int
    label_indptr: Longs
    label_floors: Longs
    label_worth: Floats
    minimum: Floats


@kernel
def _site_states(site: Longs, status: Bytes, n_sites: int) -> Any:
    state = np.zeros(n_sites, np.int8)
    free = np.zeros(n_sites, np.int64)
    for column in range(site.size):
        at = site[column]
        if at < 0:
            continue
        if status[column] == ONE:
            state[at] = _OPEN
        elif status[column] == FREE:
            free[at] += 1
            if state[at] == _DEAD:
                state[at] = _LIVE
    return state, free


@kernel
def _live_rows(covers: Covers, state: Bytes, foldable: Bools) -> Any:
    """Return (kind of each class, number of rows left, number of their entries)."""
    kind = np.empty(covers.weights.size, np.int32)
    rows, entries = 0, 0
    for row in range(kind.size):
        live, last, opened = 0, -1, False
        for entry in range(covers.indptr[row], covers.indptr[row + 1]):
            at = covers.sites[entry]
            if state[at] == _OPEN:
                opened = True
                break
            if state[at] == _LIVE:
                live += 1
                last = at
        if opened:
            kind[row] = COVERED
        elif live == 0:
            kind[row] = LOST
        elif live == 1 and foldable[last]:
            kind[row] = FOLDED
        else:
            kind[row] = rows
            rows += 1
            entries += live
    return kind, rows, entries


@kernel
def _compact_rows(covers: Covers, state: Bytes, kind: Ints, number: Longs, rows: int, entries: int) -> Any:
    """Return (indptr, live sites numbered anew, class of each row) before merging."""
    indptr = np.zeros(rows + 1, np.int64)
    sites = np.empty(entries, np.int32)
    of_row = np.empty(rows, np.int64)
    at = 0
    for row in range(kind.size):
        if kind[row] < 0:
            continue
        of_row[kind[row]] = row
        for entry in range(covers.indptr[row], covers.indptr[row + 1]):
            if state[covers.sites[entry]] == _LIVE:
                sites[at] = number[covers.sites[entry]]
                at += 1
        indptr[kind[row] + 1] = at
    return indptr, sites, of_row


@inner
def merge_equal_rows(indptr: Any, sites: Any, label: Any, keys: Any) -> Any:
    """Return (group of each row, first row of each group); rows of different labels stay apart."""
    n_rows = indptr.size - 1
    capacity = 16
    while capacity < 2 * n_rows:
        capacity *= 2
    table = np.full(capacity, -1, np.int32)
    hashed = np.empty(n_rows, np.uint64)
    group = np.empty(n_rows, np.int32)
    first = np.empty(n_rows, np.int64)
    count = 0
    for row in range(n_rows):
        key = np.uint64(label[row])
        for entry in range(indptr[row], indptr[row + 1]):
            key += keys[sites[entry]]
        at = np.int64((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(33)) & (capacity - 1)
        while table[at] >= 0:
            other = first[table[at]]
            if hashed[table[at]] == key and label[other] == label[row] and _equal(indptr, sites, other, row):
                break
            at = (at + 1) & (capacity - 1)
        if table[at] < 0:
            table[at] = count
            hashed[count] = key
            first[count] = row
            count += 1
        group[row] = table[at]
    return group, first[:count].copy()


@inner
def _equal(indptr: Any, sites: Any, one: Any, other: Any) -> Any:
    begin, length, shift = indptr[one], indptr[one + 1] - indptr[one], indptr[other]
    if indptr[other + 1] - shift != length:
        return False
    for entry in range(length):
        if sites[begin + entry] != sites[shift + entry]:
            return False
    return True


@kernel
def _merged_rows(
    indptr: Longs, sites: Ints, of_row: Longs, kind: OutInts, weights: Longs, labels: Ints, keys: Keys
) -> Any:
    """Merge rows; `kind` of each class comes to name the merged row."""
    label = np.empty(of_row.size, np.int32)
    for row in range(of_row.size):
        label[row] = labels[of_row[row]]
    group, first = merge_equal_rows(indptr, sites, label, keys)
    merged_weights = np.zeros(first.size, np.float64)
    for row in range(of_row.size):
        merged_weights[group[row]] += weights[of_row[row]]
        kind[of_row[row]] = group[row]
    merged_indptr = np.zeros(first.size + 1, np.int64)
    for row in range(first.size):
        merged_indptr[row + 1] = merged_indptr[row] + indptr[first[row] + 1] - indptr[first[row]]
    merged_sites = np.empty(merged_indptr[-1], np.int32)
    merged_label = np.empty(first.size, np.int32)
    for row in range(first.size):
        merged_label[row] = label[first[row]]
        for entry in range(merged_indptr[row + 1] - merged_indptr[row]):
            merged_sites[merged_indptr[row] + entry] = sites[indptr[first[row]] + entry]
    return merged_indptr, merged_sites, merged_weights, merged_label


@kernel
def _fold(covers: Covers, kind: Ints, state: Bytes, number: Longs, labels: Ints, n_labels: int, n_live: int) -> Any:
    """Return weights of folded classes by label and live site, and of covered classes by label."""
    fold = np.zeros((n_labels, n_live), np.float64)
    covered = np.zeros(n_labels, np.float64)
    for row in range(kind.size):
        if kind[row] == COVERED:
            covered[labels[row]] += covers.weights[row]
        elif kind[row] == FOLDED:
            for entry in range(covers.indptr[row], covers.indptr[row + 1]):
                if state[covers.sites[entry]] == _LIVE:
                    fold[labels[row], number[covers.sites[entry]]] += covers.weights[row]
    return fold, covered


@kernel
def _live_side(side: Side, status: Bytes, low: Longs, high: Longs, number: Longs) -> Any:
    """Return the side rows that can still bind, over undecided columns, with what is left of their limits."""
    n_rows = low.size
    keep = np.empty(n_rows, np.int64)
    new_low, new_high = np.empty(n_rows, np.float64), np.empty(n_rows, np.float64)
    indptr = np.zeros(n_rows + 1, np.int64)
    columns, coefficients = np.empty(side.columns.size, np.int32), np.empty(side.columns.size, np.float64)
    rows, entries = 0, 0
    for row in range(n_rows):
        chosen, least, most = 0, 0, 0
        at = entries
        for entry in range(side.indptr[row], side.indptr[row + 1]):
            column, size = side.columns[entry], side.coefficients[entry]
            if status[column] == ONE:
                chosen += size
            elif status[column] == FREE:
                columns[at], coefficients[at] = number[column], size
                at += 1
                least += min(size, 0)
                most += max(size, 0)
        binds_high = high[row] < NO_LIMIT and chosen + most > high[row]
        binds_low = low[row] > -NO_LIMIT and chosen + least < low[row]
        if not (binds_high or binds_low):
            continue
        keep[rows] = row
        new_high[rows] = high[row] - chosen if binds_high else np.inf
        new_low[rows] = low[row] - chosen if binds_low else -np.inf
        rows, entries = rows + 1, at
        indptr[rows] = entries
    return keep[:rows], indptr[: rows + 1], columns[:entries], coefficients[:entries], new_low[:rows], new_high[:rows]


@kernel
def _inverse_degree(indptr: Longs, sites: Ints, columns_at: Longs) -> Any:
    inverse = np.empty(indptr.size - 1, np.float64)
    for row in range(inverse.size):
        degree = 0
        for entry in range(indptr[row], indptr[row + 1]):
            degree += columns_at[sites[entry]]
        inverse[row] = 1.0 / degree
    return inverse


@kernel
def _main_row(indptr: Longs, low: Floats) -> Any:
    """Return the longest row with an upper limit alone, or -1."""
    main, length = -1, 0
    for row in range(low.size):
        if low[row] == -np.inf and indptr[row + 1] - indptr[row] > length:
            main, length = row, indptr[row + 1] - indptr[row]
    return main


@kernel
def _in_order(order: Longs, indptr: Longs, sites: Ints, weights: Floats, label: Ints, kind: OutInts) -> Any:
    """Return the rows in another order; `kind` of each class comes to name the row there."""
    moved, pointers = np.empty_like(sites), np.zeros_like(indptr)
    place = np.empty(order.size, np.int32)
    at = 0
    for new in range(order.size):
        old = order[new]
        place[old] = new
        for entry in range(indptr[old], indptr[old + 1]):
            moved[at] = sites[entry]
            at += 1
        pointers[new + 1] = at
    for row in range(kind.size):
        if kind[row] >= 0:
            kind[row] = place[kind[row]]
    return pointers, moved, weights[order], label[order]


def restrict(problem: Problem, status: NDArray[np.int8], low: NDArray[Any], high: NDArray[Any]) -> Work:
    """Return what is left of `problem` where columns have the given status and side rows the given limits."""
    covers, floors = problem.covers, problem.floors
    state, free_at = _site_states(problem.site, status, problem.exclusive.size)
    live = np.flatnonzero(state == _LIVE)
    number = np.full(state.size + 1, -1, dtype=np.int64)
    number[live] = np.arange(live.size)
    kind, rows, entries = _live_rows(covers, state, problem.exclusive | (free_at == 1))
    indptr, sites, of_row = _compact_rows(covers, state, kind, number, rows, entries)
    keys = np.random.default_rng(live.size).integers(1, 2**63, max(live.size, 1), dtype=np.uint64)
    indptr, sites, weights, label = _merged_rows(indptr, sites, of_row, kind, covers.weights, floors.label, keys)
    order, forest = build_forest(indptr, sites, live.size, problem.settings)
    indptr, sites, weights, label = _in_order(order, indptr, sites, weights, label, kind)
    columns = np.flatnonzero(status == FREE)
    column_number = np.full(status.size, -1, dtype=np.int64)
    column_number[columns] = np.arange(columns.size)
    side = _live_side(problem.side, status, low, high, column_number)
    fold, covered = _fold(covers, kind, state, number, floors.label, floors.indptr.size - 1, live.size)
    return read_only(
        Work(
            row_of_class=kind,
            indptr=indptr,
            sites=sites,
            weights=weights,
            label=label,
            forest=forest,
            inverse_degree=_inverse_degree(indptr, sites, free_at[live]),
            columns=columns,
            column_site=number[problem.site[columns]],
            values=problem.values[columns].astype(np.float64),
            fold=fold,
            covered=covered,
            constant=float(problem.values[status == ONE].sum()),
            **_side_fields(side, columns.size),
            label_indptr=floors.indptr,
            label_floors=floors.floor_index,
            label_worth=_relative(first_layer(problem)),
            minimum=floors.minimum.astype(np.float64),
        )
    )


def _side_fields(side: tuple[NDArray[Any], ...], n_columns: int) -> dict[str, Any]:
    """Return what a restricted program says of its side rows."""
    names = ("side_rows", "side_indptr", "side_columns", "side_coefficients", "low", "high")
    turned = ("column_indptr", "column_rows", "column_coefficients")
    return {
        **dict(zip(names, side, strict=True)),
        **dict(zip(turned, transposed(side[1], side[2], side[3], n_columns), strict=True)),
        "main": int(_main_row(side[1], side[4])),
    }


def _relative(first: NDArray[np.int64]) -> NDArray[Any]:
    """Return what the labels' first layers count beside the one that counts most, which is 1."""
    return np.asarray(first / max(1, int(first.max(initial=0))))


def row_gains(work: Work) -> NDArray[Any]:
    """Return (rows,) what covering each adds to the objective."""
    return np.asarray(work.weights * work.label_worth[work.label])


def site_gains(work: Work) -> NDArray[Any]:
    """Return (live sites,) what the folded classes of each add to the objective, and a last 0 for no site."""
    return np.append(work.label_worth @ work.fold, 0.0)


def label_membership(work: Work) -> NDArray[Any]:
    """Return which labels stand in which floors, (floors, labels) of 0.0 and 1.0."""
    membership = np.zeros((work.minimum.size, work.label_indptr.size - 1))
    labels = np.repeat(np.arange(work.label_indptr.size - 1), np.diff(work.label_indptr))
    membership[work.label_floors, labels] = 1.0
    return membership
