r"""Swap annealing on row counters alone.

A move closes an open column and opens another, mostly one whose site shares rows with the first's. Its effect is
counted on the rows of the two sites only, with no gains to maintain, which allows millions of moves a second. What a
run leaves is a start for iterated search (`improve`). Several runs differ where the decision is hard, and the exact
optimum over the union of their columns is better than all of them.

Source: Kirkpatrick, Gelatt & Vecchi (1983), Optimization by simulated annealing, Science 220, 671-680.
"""

# ruff: noqa: NPY002, PLR0917 - numba kernels: arrays by position, nested loops, legacy generator

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_COOLING_EVERY = 1000


@njit(nogil=True, cache=True)
def _close(field: Any, counts: Any, used: Any, column: Any) -> Any:
    """Close a column; return the weight lost."""
    lost = field.values[column]
    for at in range(field.column_indptr[column], field.column_indptr[column + 1]):
        used[field.column_rows[at]] -= field.column_coefficients[at]
    site = field.column_site[column]
    if site >= 0:
        for at in range(field.site_indptr[site], field.site_indptr[site + 1]):
            row = field.site_rows[at]
            counts[row] -= 1
            if counts[row] == 0:
                lost += field.weights[row]
    return lost


@njit(nogil=True, cache=True)
def _open(field: Any, counts: Any, used: Any, column: Any) -> Any:
    """Open a column."""
    for at in range(field.column_indptr[column], field.column_indptr[column + 1]):
        used[field.column_rows[at]] += field.column_coefficients[at]
    site = field.column_site[column]
    if site >= 0:
        for at in range(field.site_indptr[site], field.site_indptr[site + 1]):
            counts[field.site_rows[at]] += 1


@njit(nogil=True, cache=True)
def _gain(field: Any, counts: Any, column: Any) -> Any:
    gained = field.values[column]
    site = field.column_site[column]
    if site >= 0:
        for at in range(field.site_indptr[site], field.site_indptr[site + 1]):
            if counts[field.site_rows[at]] == 0:
                gained += field.weights[field.site_rows[at]]
    return gained


@njit(nogil=True, cache=True)
def _room(field: Any, used: Any, column: Any) -> Any:
    for at in range(field.column_indptr[column], field.column_indptr[column + 1]):
        row = field.column_rows[at]
        if used[row] + field.column_coefficients[at] > field.limits[row]:
            return False
    return True


@njit(nogil=True, cache=True)
def _partner(field: Any, column: Any, far_share: Any) -> Any:
    """Return a random column near `column`, or any with the given probability."""
    site = field.column_site[column]
    if site < 0 or np.random.random() < far_share or field.near_indptr[site + 1] == field.near_indptr[site]:
        return np.random.randint(field.column_site.size)
    begin, end = field.near_indptr[site], field.near_indptr[site + 1]
    other = field.near[begin + np.random.randint(end - begin)]
    begin, end = field.site_indptr_columns[other], field.site_indptr_columns[other + 1]
    if begin == end:
        return np.random.randint(field.column_site.size)
    return field.site_columns[begin + np.random.randint(end - begin)]


@njit(nogil=True, cache=True)
def anneal(field: Any, start: Any, moves: Any, hot: Any, cold: Any, far_share: Any, seed: Any) -> Any:
    """Return (best plan, its value) of a run of `moves` proposed swaps, cooled from `hot` to `cold`.

    Parameters
    ----------
    field
        With lists of near sites.
    start
        A plan that keeps the side rows.
    moves
        Swaps to propose.
    hot, cold
        Temperatures, in the unit of the weights.
    far_share
        Share of moves to any column rather than a near one.
    seed
        Of the run.
    """
    np.random.seed(seed)
    chosen = start.copy()
    counts, used = np.zeros(field.weights.size, np.int32), np.zeros(field.limits.size, np.int64)
    opened = np.flatnonzero(chosen)
    value = 0
    for column in opened:
        value += _gain(field, counts, column)
        _open(field, counts, used, column)
    best, best_value = chosen.copy(), value
    if not opened.size:
        return best, best_value
    temperature = hot
    factor = (cold / hot) ** (_COOLING_EVERY / max(moves, _COOLING_EVERY))
    for move in range(moves):
        if move % _COOLING_EVERY == 0 and move:
            temperature *= factor
        at = np.random.randint(opened.size)
        column = opened[at]
        other = _partner(field, column, far_share)
        if chosen[other]:
            continue
        change = -_close(field, counts, used, column)
        allowed = _room(field, used, other)
        if allowed:
            change += _gain(field, counts, other)
        if allowed and (change >= 0 or np.random.random() < np.exp(change / temperature)):
            _open(field, counts, used, other)
            chosen[column], chosen[other] = False, True
            opened[at] = other
            value += change
            if value > best_value:
                best_value = value
                best[:] = chosen
        else:
            _open(field, counts, used, column)
    return best, best_value
