r"""Local search over columns: lazy greedy, swaps, iterated local search with site-neighbour lists.

For programs whose side rows are ``<=`` with coefficients >= 0 (budgets, counts, at most one column a site); with other
rows a start is improved as far as single columns and swaps go, see :mod:`placement.solve.plans.relocate` for more. The
state is the number of open columns over each row; the gain of a site is the weight of its rows that nobody covers.
Adding or removing a column touches only the rows of its site and, where a row changes side, the sites of that row.

Sources: Church & ReVelle (1974) for greedy adding; Teitz & Bart (1968), Heuristic methods for estimating the
generalized vertex median of a weighted graph, Operations Research 16, 955-961, for the swap; Lourenco, Martin & Stutzle
(2003), Iterated local search, Handbook of Metaheuristics.
"""

# ruff: noqa: NPY002 - numba kernels take arrays by position and know only the legacy generator

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from placement.kernels import Bools, Floats, Ints, Longs, OutBools, OutInts, OutLongs, inner, kernel, read_only
from placement.solve.deadline import NEVER, Deadline
from placement.solve.program.problem import transposed
from placement.solve.program.restrict import Work, row_gains, site_gains
from placement.solve.settings import DEFAULTS


class Field(NamedTuple):
    """What the search runs over; all amounts are integers.

    Attributes
    ----------
    indptr, sites, site_indptr, site_rows, weights
        Covers both ways.
    column_site, values, site_indptr_columns, site_columns
        Columns and the columns of each site.
    column_indptr, column_rows, column_coefficients, lows, limits
        Side rows of each column, and their lower and upper limits.
    row_indptr, row_columns, row_coefficients
        The same, transposed.
    cost
        (columns,) float > 0 by which gains are divided.
    near_indptr, near
        Sites that share rows with each site, those that share most first; empty where there are no lists.
    """

    indptr: Longs
    sites: Ints
    site_indptr: Longs
    site_rows: Ints
    weights: Longs
    column_site: Longs
    values: Longs
    site_indptr_columns: Longs
    site_columns: Longs
    column_indptr: Longs
    column_rows: Ints
    column_coefficients: Longs
    lows: Longs
    limits: Longs
    row_indptr: Longs
    row_columns: Ints
    row_coefficients: Longs
    cost: Floats
    near_indptr: Longs
    near: Ints


class Tally(NamedTuple):
    """State of a search: open columns, rows' cover counts, sites' gains, use of side rows, and ``value[0]``."""

    chosen: OutBools
    counts: OutInts
    gain: OutLongs
    used: OutLongs
    value: OutLongs


def build_field(work: Work, *, neighbours: bool = False) -> Field:
    """Return the search field of a restricted program."""
    n_sites, n_columns = work.fold.shape[1], work.columns.size
    nothing = np.empty(0, dtype=np.int64)
    site_indptr, site_rows, _ = transposed(work.indptr, work.sites, nothing, n_sites)
    placed = work.column_site >= 0
    folded = site_gains(work)[work.column_site]
    order = np.argsort(work.column_site[placed], kind="stable")
    counts = np.bincount(work.column_site[placed], minlength=n_sites)
    limits = np.where(np.isinf(work.high), 2**61, work.high).astype(np.int64)
    lows = np.where(np.isinf(work.low), -(2**61), work.low).astype(np.int64)
    share = work.column_coefficients / np.maximum(1, limits[work.column_rows])
    cost = np.bincount(np.repeat(np.arange(n_columns), np.diff(work.column_indptr)), weights=share, minlength=n_columns)
    near_indptr, near = np.zeros(n_sites + 1, dtype=np.int64), np.empty(0, dtype=np.int32)
    if neighbours:
        near_indptr, near = near_sites(work.indptr, work.sites, site_indptr, site_rows)
    return read_only(
        Field(
            indptr=work.indptr,
            sites=work.sites,
            site_indptr=site_indptr,
            site_rows=site_rows,
            weights=row_gains(work).astype(np.int64),
            column_site=work.column_site,
            values=(work.values + folded).astype(np.int64),
            site_indptr_columns=np.concatenate([[0], np.cumsum(counts)]),
            site_columns=np.flatnonzero(placed)[order],
            column_indptr=work.column_indptr,
            column_rows=work.column_rows,
            column_coefficients=work.column_coefficients.astype(np.int64),
            lows=lows,
            limits=limits,
            row_indptr=work.side_indptr,
            row_columns=work.side_columns,
            row_coefficients=work.side_coefficients.astype(np.int64),
            cost=np.maximum(cost, 1e-9),
            near_indptr=near_indptr,
            near=near,
        )
    )


@kernel
def near_sites(indptr: Longs, sites: Ints, site_indptr: Longs, site_rows: Ints) -> Any:
    """Return (indptr, sites) of the sites that share rows with each site, those that share most of them first."""
    n_sites = site_indptr.size - 1
    shared = np.zeros(n_sites, np.int64)
    near_indptr = np.zeros(n_sites + 1, np.int64)
    near, met = np.empty(max(16, 32 * n_sites), np.int32), np.empty(n_sites, np.int32)
    for site in range(n_sites):
        found = 0
        for at in range(site_indptr[site], site_indptr[site + 1]):
            row = site_rows[at]
            for entry in range(indptr[row], indptr[row + 1]):
                other = sites[entry]
                if not shared[other] and other != site:
                    met[found] = other
                    found += 1
                shared[other] += 1
        begin = near_indptr[site]
        near_indptr[site + 1] = begin + found
        if begin + found > near.size:
            larger = np.empty(2 * near.size + found, np.int32)
            larger[:begin] = near[:begin]
            near = larger
        near[begin : begin + found] = met[:found][np.argsort(-shared[met[:found]], kind="mergesort")]
        shared[site] = 0
        shared[met[:found]] = 0
    return near_indptr, near[: near_indptr[n_sites]].copy()


@kernel
def start_tally(field: Field, chosen: Bools) -> Any:
    """Return the state of a plan; its side rows are not checked."""
    n_sites = field.site_indptr.size - 1
    tally = Tally(
        np.zeros(chosen.size, np.bool_),
        np.zeros(field.weights.size, np.int32),
        np.zeros(n_sites, np.int64),
        np.zeros(field.limits.size, np.int64),
        np.zeros(1, np.int64),
    )
    for site in range(n_sites):
        for at in range(field.site_indptr[site], field.site_indptr[site + 1]):
            tally.gain[site] += field.weights[field.site_rows[at]]
    for column in range(chosen.size):
        if chosen[column]:
            add(field, tally, column)
    return tally


@inner
def worth(field: Any, tally: Any, column: Any) -> Any:
    """Return what adding the column would add to the value."""
    site = field.column_site[column]
    return field.values[column] + (tally.gain[site] if site >= 0 else 0)


@inner
def fits(field: Any, tally: Any, column: Any) -> Any:
    """Return whether adding the column takes no side row beyond its limit; one that gives room fits any row."""
    for at in range(field.column_indptr[column], field.column_indptr[column + 1]):
        row, size = field.column_rows[at], field.column_coefficients[at]
        if size > 0 and tally.used[row] + size > field.limits[row]:
            return False
    return True


@inner
def add(field: Any, tally: Any, column: Any) -> Any:
    """Choose a column."""
    tally.value[0] += worth(field, tally, column)
    tally.chosen[column] = True
    for at in range(field.column_indptr[column], field.column_indptr[column + 1]):
        tally.used[field.column_rows[at]] += field.column_coefficients[at]
    site = field.column_site[column]
    if site < 0:
        return
    for at in range(field.site_indptr[site], field.site_indptr[site + 1]):
        row = field.site_rows[at]
        tally.counts[row] += 1
        if tally.counts[row] == 1:
            for entry in range(field.indptr[row], field.indptr[row + 1]):
                tally.gain[field.sites[entry]] -= field.weights[row]


@inner
def remove(field: Any, tally: Any, column: Any) -> Any:
    """Give up a column."""
    tally.chosen[column] = False
    for at in range(field.column_indptr[column], field.column_indptr[column + 1]):
        tally.used[field.column_rows[at]] -= field.column_coefficients[at]
    site = field.column_site[column]
    if site >= 0:
        for at in range(field.site_indptr[site], field.site_indptr[site + 1]):
            row = field.site_rows[at]
            tally.counts[row] -= 1
            if tally.counts[row] == 0:
                for entry in range(field.indptr[row], field.indptr[row + 1]):
                    tally.gain[field.sites[entry]] += field.weights[row]
    tally.value[0] -= worth(field, tally, column)


@inner
def keeps_lows(field: Any, tally: Any) -> Any:
    """Return whether every side row reaches its lower limit."""
    return bool((tally.used >= field.lows).all())


@inner
def _mends(field: Any, tally: Any, removed: Any, column: Any) -> Any:
    """Return whether adding `column` keeps the rows of `removed` within both limits."""
    for at in range(field.column_indptr[removed], field.column_indptr[removed + 1]):
        row = field.column_rows[at]
        used = tally.used[row]
        if field.lows[row] <= used <= field.limits[row]:
            continue
        for other in range(field.column_indptr[column], field.column_indptr[column + 1]):
            if field.column_rows[other] == row:
                used += field.column_coefficients[other]
        if not field.lows[row] <= used <= field.limits[row]:
            return False
    return True


@inner
def fill(field: Any, tally: Any) -> Any:
    """Add the column of best gain per cost as long as one fits and gains."""
    while _fill_in(field, tally):
        pass


@inner
def _fill_in(field: Any, tally: Any) -> Any:
    """Add the column of best gain per cost that fits and gains; return whether there was one."""
    best, ratio = -1, 0.0
    for column in range(tally.chosen.size):
        if tally.chosen[column]:
            continue
        gain = worth(field, tally, column) / field.cost[column]
        if gain > ratio and fits(field, tally, column):
            best, ratio = column, gain
    if best >= 0:
        add(field, tally, best)
    return best >= 0


@kernel
def _fill_some(field: Field, tally: Tally, most: int) -> Any:
    """Add so many columns at most; return whether there may be more."""
    count = 0
    while count < most and _fill_in(field, tally):
        count += 1
    return count == most


@inner
def _best_other(field: Any, tally: Any, removed: Any) -> Any:
    """Return the column worth more than the one just removed that fits in its place, the best there is, or -1."""
    best, least = -1, worth(field, tally, removed)
    for column in range(tally.chosen.size):
        if not tally.chosen[column]:
            gain = worth(field, tally, column)
            if gain > least and fits(field, tally, column) and _mends(field, tally, removed, column):
                best, least = column, gain
    return best


@kernel
def _in_random_order(tally: Tally, seed: int) -> Any:
    """Return the open columns shuffled; a seed of 0 or more begins a new sequence of random numbers."""
    if seed >= 0:
        np.random.seed(seed)
    opened = np.flatnonzero(tally.chosen)
    np.random.shuffle(opened)
    return opened


@kernel
def _swap_each(field: Field, tally: Tally, opened: Longs) -> Any:
    """Exchange each open column for a better one, and spend what is left; return whether anything improved."""
    improved = False
    for column in opened:
        if not tally.chosen[column]:
            continue
        remove(field, tally, column)
        other = _best_other(field, tally, column)
        if other >= 0:
            add(field, tally, other)
            fill(field, tally)
            improved = True
        else:
            add(field, tally, column)
    return improved


def pieces(columns: NDArray[Any], field: Field, until: Deadline, looks: int) -> Iterator[NDArray[Any]]:
    """Yield columns a piece at a time, of so many looks at columns, until the deadline."""
    size = max(1, looks // max(1, field.values.size))
    for begin in range(0, columns.size, size):
        if until.passed():
            return
        yield columns[begin : begin + size]


def fill_until(field: Field, tally: Tally, until: Deadline, looks: int) -> None:
    """Add columns of best gain per cost as long as one fits and gains, or until the deadline."""
    most = max(1, looks // max(1, field.values.size))
    while not until.passed() and _fill_some(field, tally, most):
        pass


def swap(field: Field, tally: Tally, passes: int, seed: int, *, until: Deadline, looks: int) -> None:
    """Exchange an open column for a better one, and spend what is left, until nothing improves or the deadline."""
    for turn in range(passes):
        opened = _in_random_order(tally, -1 if turn else seed)
        improved = [_swap_each(field, tally, piece) for piece in pieces(opened, field, until, looks)]
        if not any(improved) or until.passed():
            return


def greedy_plan(
    field: Field,
    start: NDArray[np.bool_],
    passes: int,
    seed: int,
    *,
    until: Deadline = NEVER,
    looks: int = DEFAULTS.plans.looks,
) -> tuple[NDArray[np.bool_], int]:
    """Return (plan, value): `start` filled greedily, then improved by swaps; the clock is read every `looks` looks."""
    tally = start_tally(field, start)
    fill_until(field, tally, until, looks)
    swap(field, tally, passes, seed, until=until, looks=looks)
    return tally.chosen, int(tally.value[0])


@kernel
def rounded(field: Field, x: Floats, above: float) -> Any:
    """Return the columns of `x` above `above`, largest first, as long as they fit."""
    tally = start_tally(field, np.zeros(x.size, np.bool_))
    for column in np.argsort(-x):
        if x[column] > above and fits(field, tally, column):
            add(field, tally, column)
    return tally.chosen.copy()
