"""Best replies: of every row the inequality that says least at a point, and their sums over groups of rows.

At a point y of the relaxation (how much of a station stands at each site) the tangent at y is compared with both
families of submodular inequalities for some sets of sites: those with y of at least a threshold. See
:mod:`placement.values.majorants` for the inequalities.
"""

# ruff: noqa: PLR0917 - numba kernels take arrays by position

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from placement.kernels import Floats, Longs, OutFloats, OutLongs, inner, kernel, read_only
from placement.values.arrays import FloatArray, IntArray
from placement.values.whole_capture import OUTSIDE, WholeCapture

_TIE = 1e-9
"""A set is taken instead of a tangent where it says less by this share of the row's mass."""


class Rows(NamedTuple):
    """A capture in floating point, as kernels take it.

    Attributes
    ----------
    indptr, site, pull
        CSR over rows; pull in units of the outside option.
    mass
        (rows,) thousandths of a visit a month.
    everything
        (rows,) pull of all sites together.
    group
        (rows,) group of each row.
    """

    indptr: Longs
    site: Longs
    pull: Floats
    mass: Floats
    everything: Floats
    group: Longs


def rows_of(capture: WholeCapture, groups: int) -> Rows:
    """Return the rows of a capture in `groups` groups at most: rows near the same site are in one."""
    pull = capture.pull / OUTSIDE
    everything = np.add.reduceat(pull, capture.indptr[:-1]) if capture.mass.size else np.zeros(0)
    strongest = np.lexsort((-pull, capture.row_of_entry))[capture.indptr[:-1]]
    nearest = capture.site[strongest]
    place = nearest * min(groups, capture.n_sites) // max(1, capture.n_sites)
    group = np.unique(place, return_inverse=True)[1].astype(np.int64)
    mass = capture.mass.astype(np.float64)
    return read_only(Rows(capture.indptr, capture.site, pull, mass, everything, group))


@dataclass(frozen=True, kw_only=True, eq=False)
class Reply:
    """The least inequality of each row at a point.

    Parameters
    ----------
    point
        (sites,) y.
    thresholds
        The sets are those of sites with y of at least one of these.
    choice
        (rows,) 0: the tangent; ``2 t + f``: family f of threshold t.
    slope
        (rows,) price of the tangent, thousandths.
    constant
        (groups,) sum of the constants.
    coefficient
        (groups, sites) sum of the coefficients.
    """

    point: FloatArray
    thresholds: FloatArray
    choice: IntArray
    slope: FloatArray
    constant: FloatArray
    coefficient: NDArray[np.float64]


def best_reply(
    rows: Rows, point: FloatArray, thresholds: FloatArray, n_groups: int, *, at: FloatArray | None = None
) -> Reply:
    """Return the least inequality of each row, of those made at `point`, (sites,) from 0 to 1, as read at `at`."""
    choice, slope = np.zeros(rows.mass.size, dtype=np.int64), np.zeros(rows.mass.size)
    constant, coefficient = np.zeros(n_groups), np.zeros(n_groups * point.size)
    _choose(rows, point, point if at is None else at, thresholds, choice, slope)
    _sum_up(rows, point, thresholds, choice, slope, constant, coefficient)
    table = coefficient.reshape(n_groups, point.size)
    return Reply(
        point=point, thresholds=thresholds, choice=choice, slope=slope, constant=constant, coefficient=table
    )  # fmt: skip


@inner
def _seen(mass: Any, pull: Any) -> Any:
    return mass * pull / (pull + 1.0)


@kernel
def _choose(rows: Rows, point: Floats, read: Floats, thresholds: Floats, choice: OutLongs, slope: OutFloats) -> None:
    for row in range(rows.mass.size):
        begin, end, mass = rows.indptr[row], rows.indptr[row + 1], rows.mass[row]
        pulled, beyond, all_of_it = 0.0, 0.0, rows.everything[row]
        for at in range(begin, end):
            pulled += rows.pull[at] * point[rows.site[at]]
            beyond += rows.pull[at] * (read[rows.site[at]] - point[rows.site[at]])
        slope[row] = mass / (pulled + 1.0) ** 2
        least, best = _seen(mass, pulled) + slope[row] * beyond, 0
        most = _seen(mass, all_of_it)
        for number in range(thresholds.size):
            inside = 0.0
            for at in range(begin, end):
                if point[rows.site[at]] >= thresholds[number]:
                    inside += rows.pull[at]
            here = _seen(mass, inside)
            first, second = here, here
            for at in range(begin, end):
                y, pull = read[rows.site[at]], rows.pull[at]
                if point[rows.site[at]] >= thresholds[number]:
                    first -= (most - _seen(mass, all_of_it - pull)) * (1.0 - y)
                    second -= (here - _seen(mass, inside - pull)) * (1.0 - y)
                else:
                    first += (_seen(mass, inside + pull) - here) * y
                    second += _seen(mass, pull) * y
            if first < least - _TIE * mass:
                least, best = first, 2 * number + 1
            if second < least - _TIE * mass:
                least, best = second, 2 * number + 2
        choice[row] = best


@kernel
def _sum_up(
    rows: Rows,
    point: Floats,
    thresholds: Floats,
    choice: Longs,
    slope: Floats,
    constant: OutFloats,
    coefficient: OutFloats,
) -> None:
    n_sites = point.size
    for row in range(rows.mass.size):
        begin, end, mass = rows.indptr[row], rows.indptr[row + 1], rows.mass[row]
        group = rows.group[row]
        base = group * n_sites
        if choice[row] == 0:
            constant[group] += (np.sqrt(mass) - np.sqrt(slope[row])) ** 2
            for at in range(begin, end):
                coefficient[base + rows.site[at]] += slope[row] * rows.pull[at]
            continue
        threshold, family = thresholds[(choice[row] - 1) // 2], 1 + (choice[row] - 1) % 2
        all_of_it, inside = rows.everything[row], 0.0
        for at in range(begin, end):
            if point[rows.site[at]] >= threshold:
                inside += rows.pull[at]
        here, most = _seen(mass, inside), _seen(mass, all_of_it)
        constant[group] += here
        for at in range(begin, end):
            pull, site = rows.pull[at], rows.site[at]
            if point[site] >= threshold:
                rest = most - _seen(mass, all_of_it - pull)
                taken = rest if family == 1 else here - _seen(mass, inside - pull)
                constant[group] -= taken
                coefficient[base + site] += taken
            elif family == 1:
                coefficient[base + site] += _seen(mass, inside + pull) - here
            else:
                coefficient[base + site] += _seen(mass, pull)
