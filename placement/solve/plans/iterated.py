r"""Iterated local search that stays local: for programs with so many rows that annealing runs out of time.

One iteration closes a few open columns near each other, refills (the first time with some noise, near the first one
closed; then by best gain per cost anywhere), and repairs the surroundings by swaps with near sites. A much worse
outcome is undone from a log of the moves, so that an iteration costs what it touches, not the size of the program; a
little worse ones are gone on from while the search is hot, without which it soon finds nothing any more.

Sources: Lourenco, Martin & Stutzle (2003), Iterated local search, Handbook of Metaheuristics, 320-353; Martin, Otto &
Felten (1991), Large-step Markov chains for the traveling salesman problem, Complex Systems 5, 299-326, for the heat.
"""

# ruff: noqa: NPY002, PLR0917 - numba kernels: arrays by position, nested loops, legacy generator

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from placement.kernels import Bools, inner, kernel
from placement.solve.plans.swaps import Field, add, fill, fits, remove, start_tally, worth
from placement.solve.settings import PlanSettings


class Shaking(NamedTuple):
    """Numbers of :class:`placement.solve.settings.PlanSettings` that an iteration goes by.

    Attributes
    ----------
    most_closed
        Open columns that are closed at most.
    noise
        Random part of what decides on the first column opened.
    most_toggles, most_repaired
        Columns opened and closed at most, and columns whose surroundings are repaired.
    tries
        Draws of an open column among neighbours.
    """

    most_closed: int
    noise: float
    most_toggles: int
    most_repaired: int
    tries: int


def shaking(settings: PlanSettings) -> Shaking:
    """Return the numbers of an iteration."""
    return Shaking(
        settings.most_closed,
        settings.refill_noise,
        settings.most_toggles,
        settings.most_repaired,
        settings.near_tries,
    )


@inner
def _toggle(field: Any, tally: Any, column: Any, log: Any, length: Any) -> Any:
    """Open or close a column, note it, and return the length of the log."""
    if tally.chosen[column]:
        remove(field, tally, column)
    else:
        add(field, tally, column)
    log[length] = column
    return length + 1


@inner
def _open_near(field: Any, tally: Any, site: Any, tries: Any) -> Any:
    """Return a random open column at most two sites away, or -1."""
    if site < 0:
        return -1
    begin, end = field.near_indptr[site], field.near_indptr[site + 1]
    if begin == end:
        return -1
    for attempt in range(2 * tries):
        other = field.near[begin + np.random.randint(end - begin)]
        if attempt >= tries:
            first, last = field.near_indptr[other], field.near_indptr[other + 1]
            if first < last:
                other = field.near[first + np.random.randint(last - first)]
        for at in range(field.site_indptr_columns[other], field.site_indptr_columns[other + 1]):
            if tally.chosen[field.site_columns[at]]:
                return field.site_columns[at]
    return -1


@inner
def _best_near(field: Any, tally: Any, site: Any, least: Any, noise: Any, by_cost: Any) -> Any:
    """Return the closed column near `site` of most worth above `least` that fits, or -1."""
    best = -1
    for k in range(field.near_indptr[site] - 1, field.near_indptr[site + 1]):
        other = site if k < field.near_indptr[site] else field.near[k]
        for at in range(field.site_indptr_columns[other], field.site_indptr_columns[other + 1]):
            column = field.site_columns[at]
            if tally.chosen[column]:
                continue
            gain = float(worth(field, tally, column))
            if by_cost:
                gain *= (1.0 - noise * np.random.random()) / field.cost[column]
            if gain > least and fits(field, tally, column):
                best, least = column, gain
    return best


@inner
def _shake(field: Any, tally: Any, column: Any, log: Any, shaking: Any) -> Any:
    """Close `column` and a few open ones near it, and refill; return the length of the log."""
    length, site = 0, field.column_site[column]
    other = column
    for _ in range(2 + np.random.randint(shaking.most_closed - 1)):
        if other < 0 or not tally.chosen[other]:
            break
        length = _toggle(field, tally, other, log, length)
        other = _open_near(field, tally, field.column_site[log[np.random.randint(length)]], shaking.tries)
    if site >= 0:
        first = _best_near(field, tally, site, 0.0, shaking.noise, True)
        if first >= 0:
            length = _toggle(field, tally, first, log, length)
    before = tally.chosen.copy()
    fill(field, tally)
    for k in np.flatnonzero(tally.chosen != before):
        log[length] = k
        length += 1
    return length


@inner
def _repair(field: Any, tally: Any, log: Any, length: Any, shaking: Any) -> Any:
    """Swap open columns near the touched ones for better near ones; return the length of the log."""
    at, full = 0, shaking.most_toggles - 2
    while at < min(length, shaking.most_repaired) and length < full:
        site = field.column_site[log[at]]
        at += 1
        if site < 0:
            continue
        for k in range(field.near_indptr[site] - 1, field.near_indptr[site + 1]):
            near = site if k < field.near_indptr[site] else field.near[k]
            for entry in range(field.site_indptr_columns[near], field.site_indptr_columns[near + 1]):
                column = field.site_columns[entry]
                if not tally.chosen[column] or length >= full:
                    continue
                remove(field, tally, column)
                other = _best_near(field, tally, near, float(worth(field, tally, column)), 0.0, False)
                add(field, tally, column if other < 0 else other)
                if other >= 0:
                    log[length], log[length + 1] = column, other
                    length += 2
    return length


@kernel
def iterated_search(
    field: Field, start: Bools, iterations: int, hot: float, cold: float, seed: int, shaking: Shaking
) -> Any:
    """Return (best plan, its value, last plan) after some iterations from `start`.

    `field` needs lists of near sites. A plan worse by the heat, which goes from `hot` to `cold` (in the unit of the
    weights), is gone on from with probability 1/e, a still worse one less often.
    """
    np.random.seed(seed)
    tally = start_tally(field, start)
    best, best_value = tally.chosen.copy(), tally.value[0]
    log = np.empty(shaking.most_toggles + field.column_site.size, np.int64)
    opened = np.flatnonzero(tally.chosen)
    for turn in range(iterations):
        if not opened.size:
            break
        before = tally.value[0]
        length = _shake(field, tally, opened[np.random.randint(opened.size)], log, shaking)
        if tally.value[0] != before:
            length = _repair(field, tally, log, length, shaking)
        heat = hot + (cold - hot) * turn / iterations
        if tally.value[0] >= before + heat * np.log(1.0 - np.random.random()):
            opened = np.flatnonzero(tally.chosen)
            if tally.value[0] > best_value:
                best_value = tally.value[0]
                best[:] = tally.chosen
            continue
        for k in range(length - 1, -1, -1):
            if tally.chosen[log[k]]:
                remove(field, tally, log[k])
            else:
                add(field, tally, log[k])
    return best, best_value, tally.chosen.copy()
