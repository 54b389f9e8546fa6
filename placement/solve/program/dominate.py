r"""Columns that some best plan does without, since another does no worse.

Column ``j`` is dominated by ``k`` where every class that ``j``'s site covers is covered by ``k``'s, ``b_j <= b_k``,
``b_j <= 0``, ``A_lj >= A_lk`` and ``A_lj >= 0`` in every ``<=`` row and both are 0 in every ``=`` row: if ``k`` is
chosen too, ``j`` can go; else ``k`` can take its place. Pairs are applied one after the other, each among the columns
still left, so that equal columns do not remove each other.

Source: Church & ReVelle (1974), Toregas & ReVelle (1973) for the covering case (column dominance).
"""

# ruff: noqa: PLR0917 - numba kernels take arrays by position

from __future__ import annotations

from typing import Any

import numpy as np

from placement.kernels import Bools, Bytes, Longs, inner, kernel
from placement.solve.program.problem import FREE, ZERO, Covers, Problem, Side
from placement.values.arrays import IntArray

NO_PAIRS: IntArray = np.zeros((0, 2), dtype=np.int64)
"""No column is dominated: where rows count in layers, a second column adds to what a better one gives."""


def dominated_columns(problem: Problem) -> IntArray:
    """Return pairs (dominated, by which), (pairs, 2), in an order in which they may be applied."""
    equality = problem.low[: problem.n_linear] == problem.high[: problem.n_linear]
    candidates = _may_go(problem.side, equality, problem.n_linear, problem.values, problem.status)
    found = _pairs(problem.covers, problem.site, problem.values, problem.side, equality, problem.n_linear, candidates)
    return np.asarray(found, dtype=np.int64).reshape(-1, 2)


@kernel
def _may_go(side: Side, equality: Bools, n_linear: int, values: Longs, status: Bytes) -> Any:
    """Return which columns have no coefficient that speaks for choosing them."""
    may = np.empty(values.size, np.bool_)
    for column in range(values.size):
        may[column] = status[column] == FREE and values[column] <= 0
        for entry in range(side.column_indptr[column], side.column_indptr[column + 1]):
            row = side.column_rows[entry]
            if row < n_linear and (side.column_coefficients[entry] < 0 or equality[row]):
                may[column] = False
    return may


@inner
def _no_dearer(side: Any, equality: Any, n_linear: Any, column: Any, other: Any) -> Any:
    """Return whether `other` uses no more of any row than `column`."""
    at, end = side.column_indptr[column], side.column_indptr[column + 1]
    for entry in range(side.column_indptr[other], side.column_indptr[other + 1]):
        row, size = side.column_rows[entry], side.column_coefficients[entry]
        if row >= n_linear:
            break
        if equality[row]:
            return False
        while at < end and side.column_rows[at] < row:
            at += 1
        own = side.column_coefficients[at] if at < end and side.column_rows[at] == row else 0
        if size > own:
            return False
    return True


@inner
def _sites_within(covers: Any, site: Any, count: Any, touched: Any) -> Any:
    """Fill `touched` with the sites that cover all classes of `site`; return how many there are."""
    begin, end = covers.site_indptr[site], covers.site_indptr[site + 1]
    n_touched, left = 0, 0
    for at in range(begin, end):
        row = covers.site_rows[at]
        step, left = at - begin, 0
        for entry in range(covers.indptr[row], covers.indptr[row + 1]):
            other = covers.sites[entry]
            if count[other] == step:
                if step == 0:
                    touched[n_touched] = other
                    n_touched += 1
                count[other] = step + 1
                left += 1
        if left <= 1:
            break
    kept = 0
    for k in range(n_touched):
        other = touched[k]
        whole = count[other] == end - begin and left > 1
        count[other] = 0
        if whole and other != site:
            touched[kept] = other
            kept += 1
    return kept


@kernel
def _pairs(
    covers: Covers, sites: Longs, values: Longs, side: Side, equality: Bools, n_linear: int, candidates: Bools
) -> Any:
    n_sites = covers.site_indptr.size - 1
    column_indptr = np.zeros(n_sites + 1, np.int64)
    for column in range(sites.size):
        if sites[column] >= 0:
            column_indptr[sites[column] + 1] += 1
    column_indptr = np.cumsum(column_indptr)
    at = column_indptr[:-1].copy()
    columns = np.empty(column_indptr[-1], np.int64)
    for column in range(sites.size):
        if sites[column] >= 0:
            columns[at[sites[column]]] = column
            at[sites[column]] += 1
    gone = np.zeros(sites.size, np.bool_)
    pairs = np.empty((sites.size, 2), np.int64)
    count, touched = np.zeros(n_sites, np.int64), np.empty(n_sites, np.int64)
    n_pairs = 0
    for column in range(sites.size):
        site = sites[column]
        if not candidates[column] or site < 0 or covers.site_indptr[site] == covers.site_indptr[site + 1]:
            continue
        n_touched = _sites_within(covers, site, count, touched)
        for k in range(n_touched):
            for entry in range(column_indptr[touched[k]], column_indptr[touched[k] + 1]):
                other = columns[entry]
                if (
                    not gone[column]
                    and not gone[other]
                    and candidates[other]
                    and values[other] >= values[column]
                    and _no_dearer(side, equality, n_linear, column, other)
                ):
                    gone[column] = True
                    pairs[n_pairs, 0], pairs[n_pairs, 1] = column, other
                    n_pairs += 1
    return pairs[:n_pairs].copy()


def without(problem: Problem, dominated: IntArray) -> Problem:
    """Return the problem with dominated columns decided against."""
    status = problem.status.copy()
    status[dominated[:, 0]] = ZERO
    return problem._replace(status=status)
