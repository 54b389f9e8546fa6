r"""What knapsack cuts are made of: side rows, sums of side rows, and floors over a set of sites.

A *base* is one row ``sum_k a_k x_k <= g`` in whole numbers that every plan keeps, and is named by what it is made of,
so that a checker makes it again. Three kinds are of use:

- a side row with unequal coefficients: what a budget says about whole stations;
- the same without its negative coefficients: where at most one of some columns can be chosen, each such row is added
  as often as it takes. *What selling brings in at most* joins the limit, and the base says how many can be bought;
- a floor over a set ``T`` of sites: ``F(T)`` being what they cover of it and ``G_j`` what ``j`` covers beside, every
  plan keeps ``F(T) + sum_k G_j(k) x_k >= m``. What ``T`` lacks of ``m`` has to come from others, in lumps of ``G``.

Sources: Marchand & Wolsey (2001), Aggregation and mixed integer rounding to solve MIPs, Operations Research 49,
363-371, for sums of rows; Nemhauser & Wolsey (1981), Maximizing submodular set functions, Annals of Discrete
Mathematics 11, 279-301, for floors over ``T``; Carr, Fleischer, Leung & Phillips (2000), Strengthening integrality gaps
for capacitated network design and covering problems, for rounding what ``T`` lacks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.kernels import Bools, Ints, OutLongs, kernel
from placement.solve.program.problem import NO_LIMIT, Covers, Problem
from placement.solve.settings import DEFAULTS, CutSettings
from placement.values.arrays import BoolArray, IntArray

_SHORT = 3
"""Rows of fewer columns say nothing that bounds do not."""

_LARGEST = 2.0**50
"""Rows whose numbers add up to more are left alone, so that no product of a cut leaves 64 bits."""


@dataclass(frozen=True)
class Base:
    """What a base is made of.

    Parameters
    ----------
    rows
        (side row, how many times), increasing, each row once.
    floor, sites
        A floor and ``T``, increasing; -1 where there is none.
    """

    rows: tuple[tuple[int, int], ...] = ()
    floor: int = -1
    sites: tuple[int, ...] = ()


def base_row(problem: Problem, base: Base) -> tuple[IntArray, IntArray, int]:
    """Return (columns, coefficients, limit) of a base; limits of side rows are those of the root."""
    sums, limit = np.zeros(problem.n_columns, dtype=np.int64), 0
    for row, times in base.rows:
        inside, sizes = _entries(problem, row)
        sums[inside] += times * sizes
        limit += times * int(problem.high[row])
    if base.floor >= 0:
        opened = np.zeros(problem.exclusive.size, dtype=bool)
        opened[list(base.sites)] = True
        reached, gains = _beside(problem, base.floor, opened)
        sums -= np.append(gains, 0)[problem.site]
        limit += reached - int(problem.floors.minimum[base.floor])
    columns: IntArray = np.flatnonzero(sums)
    return columns, sums[columns], limit


def _entries(problem: Problem, row: int) -> tuple[NDArray[np.int32], IntArray]:
    entries = slice(int(problem.side.indptr[row]), int(problem.side.indptr[row + 1]))
    return problem.side.columns[entries], problem.side.coefficients[entries]


def money_bases(problem: Problem) -> list[Base]:
    """Return the side rows with an upper limit alone, unequal coefficients, and more columns than fit.

    After each that pays something back stands its sum with the rows by which that comes once a site.
    """
    once, bases = _once(problem), []
    for row in range(problem.n_linear):
        columns, sizes = _entries(problem, row)
        limit = int(problem.high[row])
        if sizes.size < _SHORT or problem.low[row] > -NO_LIMIT or np.ptp(np.abs(sizes)) == 0:
            continue
        total = np.abs(sizes.astype(np.float64)).sum() + abs(limit)
        if total < _LARGEST and int(sizes[sizes > 0].sum()) > limit:
            bases.append(Base(rows=((row, 1),)))
            others = _paid_back(columns[sizes < 0].tolist(), -sizes[sizes < 0], once)
            if others:
                bases.append(Base(rows=tuple(sorted([(row, 1), *others]))))
    return bases


def _once(problem: Problem) -> dict[int, int]:
    """Return a side row by which at most one of some columns is chosen, for each column that has one."""
    found: dict[int, int] = {}
    for row in np.flatnonzero(problem.high[: problem.n_linear] == 1).tolist():
        columns, sizes = _entries(problem, row)
        if (sizes == 1).all():
            found.update((column, row) for column in columns.tolist() if column not in found)
    return found


def _paid_back(columns: list[int], sizes: IntArray, once: dict[int, int]) -> list[tuple[int, int]]:
    """Return (row, times) that make every coefficient ``-size`` 0 or more; nothing where a column has no row."""
    times: dict[int, int] = {}
    for column, size in zip(columns, sizes.tolist(), strict=True):
        if column not in once:
            return []
        times[once[column]] = max(size, times.get(once[column], 0))
    return sorted(times.items())


class FloorBases:
    """Bases of the floors of a program.

    Parameters
    ----------
    problem
        The program.
    settings
        How open a site of a point must be to be in ``T``.
    """

    def __init__(self, problem: Problem, settings: CutSettings = DEFAULTS.cuts) -> None:
        self._problem, self._settings = problem, settings
        nowhere = np.zeros(problem.exclusive.size, dtype=bool)
        self._touches = [_beside(problem, floor, nowhere)[1] > 0 for floor in range(problem.floors.minimum.size)]

    def near(self, x: NDArray[Any]) -> Iterator[Base]:
        """Yield a few bases of each floor that its own sites, as far as they are open at `x`, do not keep yet."""
        problem = self._problem
        placed = problem.site >= 0
        y = np.bincount(problem.site[placed], weights=x[placed], minlength=problem.exclusive.size)
        for floor, touches in enumerate(self._touches):
            sets = {tuple(np.flatnonzero(touches & (y >= share)).tolist()) for share in self._settings.floor_shares}
            for sites in sorted(sets):
                yield Base(floor=floor, sites=sites)


def _beside(problem: Problem, floor: int, opened: BoolArray) -> tuple[int, IntArray]:
    """Return what open sites cover of a floor, and (sites,) what each site covers of it beside."""
    floors = problem.floors
    inside = np.zeros(floors.indptr.size - 1, dtype=bool)
    inside[np.repeat(np.arange(inside.size), np.diff(floors.indptr))[floors.floor_index == floor]] = True
    gains = np.zeros(opened.size, dtype=np.int64)
    return int(_gains(problem.covers, floors.label, inside, opened, gains)), gains


@kernel
def _gains(covers: Covers, label: Ints, inside: Bools, opened: Bools, gains: OutLongs) -> Any:
    """Add up what each site covers of the labels `inside` that no open site covers; return what these do cover."""
    reached = 0
    for row in range(covers.weights.size):
        if not inside[label[row]]:
            continue
        hit = False
        for entry in range(covers.indptr[row], covers.indptr[row + 1]):
            if opened[covers.sites[entry]]:
                hit = True
                break
        if hit:
            reached += covers.weights[row]
        else:
            for entry in range(covers.indptr[row], covers.indptr[row + 1]):
                gains[covers.sites[entry]] += covers.weights[row]
    return reached
