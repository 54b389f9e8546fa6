r"""Swap annealing on row counters alone.

A move closes an open column and opens another, mostly one whose site shares rows with the first's. What an open column
alone covers is known at all times: a row remembers, beside how many open columns cover it, the sum of their numbers,
which is the number of the column where there is but one. So a move that is declined, as most are, costs a look at the
rows of one site, and there are no gains to maintain, which allows millions of moves a second.

Source: Kirkpatrick, Gelatt & Vecchi (1983), Optimization by simulated annealing, Science 220, 671-680.
"""

# ruff: noqa: NPY002, PLR0917 - numba kernels: arrays by position, nested loops, legacy generator

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from placement.kernels import Bools, inner, kernel
from placement.solve.plans.swaps import Field

_ONE = 2**32
"""What an open column adds to the state of a row, beside its number."""


class _State(NamedTuple):
    """State of a run.

    Attributes
    ----------
    over
        (rows,) how many open columns cover a row, times `_ONE`, plus the sum of their numbers.
    lost
        (columns,) what closing an open column would lose.
    used
        (side rows,) how much of each is used.
    """

    over: NDArray[Any]
    lost: NDArray[Any]
    used: NDArray[Any]


@inner
def _close(field: Any, state: Any, column: Any) -> Any:
    """Close a column."""
    for at in range(field.column_indptr[column], field.column_indptr[column + 1]):
        state.used[field.column_rows[at]] -= field.column_coefficients[at]
    site = field.column_site[column]
    if site < 0:
        return
    for at in range(field.site_indptr[site], field.site_indptr[site + 1]):
        row = field.site_rows[at]
        state.over[row] -= _ONE + column
        if _ONE <= state.over[row] < 2 * _ONE:
            state.lost[state.over[row] - _ONE] += field.weights[row]


@inner
def _open(field: Any, state: Any, column: Any) -> Any:
    """Open a column."""
    lost = field.values[column]
    for at in range(field.column_indptr[column], field.column_indptr[column + 1]):
        state.used[field.column_rows[at]] += field.column_coefficients[at]
    site = field.column_site[column]
    if site >= 0:
        for at in range(field.site_indptr[site], field.site_indptr[site + 1]):
            row = field.site_rows[at]
            if state.over[row] == 0:
                lost += field.weights[row]
            elif state.over[row] < 2 * _ONE:
                state.lost[state.over[row] - _ONE] -= field.weights[row]
            state.over[row] += _ONE + column
    state.lost[column] = lost


@inner
def _weight_left(rows: Any, weights: Any, over: Any, closed: Any) -> Any:
    """Return the weight of the rows that no open column but `closed` covers."""
    weight, alone = 0, _ONE + closed
    for at in range(rows.size):
        if over[rows[at]] == 0 or over[rows[at]] == alone:
            weight += weights[rows[at]]
    return weight


@inner
def _room(field: Any, state: Any, column: Any, closed: Any) -> Any:
    """Return whether `column` fits once the open column `closed` is closed."""
    for at in range(field.column_indptr[column], field.column_indptr[column + 1]):
        row = field.column_rows[at]
        used = state.used[row] + field.column_coefficients[at]
        for other in range(field.column_indptr[closed], field.column_indptr[closed + 1]):
            if field.column_rows[other] == row:
                used -= field.column_coefficients[other]
        if used > field.limits[row]:
            return False
    return True


@inner
def _near(near: Any) -> Any:
    """Return a random one of a list of near sites; the nearer the likelier.

    The logarithm of its turn is uniform: short moves are accepted more often, long ones go farther, and which of them
    is needed changes as the run cools down.
    """
    return near[min(near.size, int((near.size + 1) ** np.random.random())) - 1]


@inner
def _beside(near: Any, columns_indptr: Any, columns: Any, count: Any) -> Any:
    """Return a random column of a random near site, or any of `count` where there is none."""
    if near.size:
        site = _near(near)
        begin, end = columns_indptr[site], columns_indptr[site + 1]
        if begin < end:
            return columns[begin + np.random.randint(end - begin)]
    return np.random.randint(count)


@inner
def _started(field: Any, opened: Any) -> Any:
    """Return the state of a plan and its value."""
    state = _State(
        np.zeros(field.weights.size, np.int64),
        np.zeros(field.column_site.size, np.int64),
        np.zeros(field.limits.size, np.int64),
    )
    value = 0
    for column in opened:
        _open(field, state, column)
        value += state.lost[column]
    return state, value


@kernel
def anneal(
    field: Field, start: Bools, moves: int, hot: float, cold: float, far_share: float, cooling_every: int, seed: int
) -> Any:
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
    cooling_every
        Moves between two temperatures.
    seed
        Of the run.
    """
    np.random.seed(seed)
    chosen, opened = start.copy(), np.flatnonzero(start)
    state, value = _started(field, opened)
    best, best_value = chosen.copy(), value
    if not opened.size:
        return best, best_value
    # Calls that pass the whole field cost as much as the move itself.
    column_site, near_indptr, near = field.column_site, field.near_indptr, field.near
    site_indptr, site_rows, weights = field.site_indptr, field.site_rows, field.weights
    columns_indptr, columns, values = field.site_indptr_columns, field.site_columns, field.values
    temperature = hot
    factor = (cold / hot) ** (cooling_every / max(moves, cooling_every))
    for move in range(moves):
        if move % cooling_every == 0 and move:
            temperature *= factor
        at = np.random.randint(opened.size)
        column = opened[at]
        site, other = column_site[column], np.random.randint(chosen.size)
        if site >= 0 and np.random.random() >= far_share:
            other = _beside(near[near_indptr[site] : near_indptr[site + 1]], columns_indptr, columns, chosen.size)
        if chosen[other]:
            continue
        site, change = column_site[other], values[other] - state.lost[column]
        if site >= 0:
            change += _weight_left(site_rows[site_indptr[site] : site_indptr[site + 1]], weights, state.over, column)
        if change < 0 and np.random.random() >= np.exp(change / temperature):
            continue
        if _room(field, state, other, column):
            _close(field, state, column)
            _open(field, state, other)
            chosen[column], chosen[other] = False, True
            opened[at] = other
            value += change
            if value > best_value:
                best_value = value
                best[:] = chosen
    return best, best_value
