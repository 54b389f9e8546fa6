r"""Odd-set (zero-half) cuts: what makes the relaxation of a covering program with many sites strong.

For an odd set ``K`` of rows, adding the cover rows and the rows ``z <= 1`` of ``K``, halving and rounding down gives

.. math:: \sum_{r \in K} z_r \le \tfrac{|K|-1}{2} + \sum_j \lceil |K \cap j| / 2 \rceil\, y_j ,

``K ∩ j`` the rows of ``K`` that site ``j`` covers. Three rows that pairwise share a half-open site are the smallest
violated set. Separation grows sets from a start row: two rows at a time, each the one whose cover variable outweighs
what it adds to the right-hand side, until the cut is violated or the set is full.

Source: Caprara & Fischetti (1996), {0, 1/2}-Chvatal-Gomory cuts, Mathematical Programming 74, 221-235.
"""

# ruff: noqa: NPY002, PLR0917 - numba kernels: arrays by position, nested loops, legacy generator

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from placement.solve.knapsack import KnapsackPool
from placement.solve.prices import Cuts
from placement.solve.problem import Covers, transposed
from placement.values.program import IntArray

LARGEST = 9
"""Rows of a cut at most; larger sets close no more."""

_LEAST_VIOLATION = 0.01
_SUPPORT = 1e-7
_CANDIDATES = 4000
_FOUND = 6000
_PER_ROW = 4
PER_ROUND = 500
"""Sets of one round of separation, unless more are asked for."""

_WORK = 50_000_000
"""Entries looked at in one round of separation, about a tenth of a second: wide catchments end a round early."""


class CutPool:
    """Odd sets of classes, each known by its number, and the pool of knapsack cuts.

    Parameters
    ----------
    covers
        The program's classes.

    Attributes
    ----------
    knapsack
        Numbers knapsack cuts in the same way.
    """

    def __init__(self, covers: Covers) -> None:
        self._covers = covers
        self._numbers: dict[tuple[int, ...], int] = {}
        self._sets: list[tuple[int, ...]] = []
        self._coefficients: list[tuple[NDArray[Any], NDArray[Any]]] = []
        self._built: Cuts | None = None
        self.knapsack = KnapsackPool()

    def number(self, classes: tuple[int, ...]) -> int:
        """Return the number of an odd set of classes, given in increasing order; a new one is added."""
        if classes not in self._numbers:
            self._numbers[classes] = len(self._sets)
            self._sets.append(classes)
            self._coefficients.append(odd_set_coefficients(self._covers.indptr, self._covers.sites, classes))
            self._built = None
        return self._numbers[classes]

    def classes_of(self, number: int) -> tuple[int, ...]:
        """Return the classes of a cut."""
        return self._sets[number]

    @property
    def count(self) -> int:
        """Number of cuts."""
        return len(self._sets)

    def cuts(self) -> Cuts:
        """Return all cuts in compressed form."""
        if self._built is None:
            sizes = [len(each) for each in self._sets]
            site_sizes = [sites.size for sites, _ in self._coefficients]
            nothing = np.empty(0, dtype=np.int64)
            self._built = Cuts(
                np.cumsum([0, *sizes]).astype(np.int64),
                np.array([each for classes in self._sets for each in classes], dtype=np.int64),
                np.cumsum([0, *site_sizes]).astype(np.int64),
                np.concatenate([nothing, *(sites for sites, _ in self._coefficients)]).astype(np.int32),
                np.concatenate([nothing, *(sizes for _, sizes in self._coefficients)]).astype(np.int64),
                self.knapsack.rows(),
            )
        return self._built._replace(knapsack=self.knapsack.rows())


def odd_set_coefficients(
    indptr: NDArray[Any], sites: NDArray[Any], rows: tuple[int, ...]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return (sites, ceil of half the number of `rows` each covers)."""
    touched = np.concatenate([sites[indptr[row] : indptr[row + 1]] for row in rows])
    found, counts = np.unique(touched, return_counts=True)
    return found, (counts + 1) // 2


def violated_odd_sets(
    indptr: NDArray[Any],
    sites: NDArray[Any],
    weights: NDArray[Any],
    y: NDArray[Any],
    z: NDArray[Any],
    *,
    seed: int,
    effort: int = 1,
    most: int = PER_ROUND,
) -> list[tuple[int, ...]]:
    """Return violated odd sets of rows, the deepest first, at most four through a row and `most` in all.

    Parameters
    ----------
    indptr, sites, weights
        Rows over sites.
    y, z
        (sites,) and (rows,) the point to cut off.
    seed
        Of the start rows.
    effort
        Multiplies the number of start rows tried.
    most
        Sets returned at most.
    """
    support = _support_rows(indptr, sites, np.where(y > _SUPPORT, y, 0.0))
    rows = _worth_cutting(support, weights, y, z)
    if rows.size < 3:
        return []
    eligible = np.zeros(z.size, dtype=bool)
    eligible[rows] = True
    site_indptr, site_rows, _ = transposed(*_of_rows(*support, eligible), np.empty(0, dtype=np.int8), y.size)
    tries = effort * max(4000, 4 * rows.size)
    work = effort * _WORK
    sizes, members = _grow_sets(*support, site_indptr, site_rows, y, z, rows, eligible, seed, tries, work)
    sets = {tuple(sorted(members[k, : sizes[k]].tolist())) for k in range(sizes.size)}
    return _deepest(indptr, sites, y, z, sorted(sets), most)


def _support_rows(indptr: NDArray[Any], sites: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the rows over the sites that are open at least a little."""
    kept = y[sites] > 0
    counts = np.concatenate([[0], np.cumsum(kept)])
    return counts[indptr], sites[kept]


def _of_rows(
    indptr: NDArray[Any], sites: NDArray[Any], eligible: NDArray[np.bool_]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the entries of some rows; the others are empty."""
    lengths = np.diff(indptr)
    kept = np.repeat(eligible, lengths)
    return np.concatenate([[0], np.cumsum(np.where(eligible, lengths, 0))]), sites[kept]


def _worth_cutting(
    support: tuple[NDArray[Any], NDArray[Any]], weights: NDArray[Any], y: NDArray[Any], z: NDArray[Any]
) -> IntArray:
    """Return rows that are covered in part and by no whole site, the heaviest of each support pattern."""
    indptr, sites = support
    totals = np.concatenate([[0.0], np.cumsum(y[sites])])
    whole = np.concatenate([[0], np.cumsum(y[sites] >= 1.0 - _SUPPORT)])
    reach, opened = np.diff(totals[indptr]), np.diff(whole[indptr])
    heaviest: dict[bytes, int] = {}
    for row in np.flatnonzero((z > 0.5) & (opened == 0) & (reach < 1.4)).tolist():
        key = sites[indptr[row] : indptr[row + 1]].tobytes()
        if key not in heaviest or weights[row] > weights[heaviest[key]]:
            heaviest[key] = row
    return np.array(sorted(heaviest.values()), dtype=np.int64)


@njit(nogil=True, cache=True)
def _neighbours(indptr: Any, sites: Any, site_indptr: Any, site_rows: Any, eligible: Any, members: Any, mark: Any,
                stamp: Any, found: Any) -> Any:  # fmt: skip
    """Fill `found` with eligible rows that share a site with `members`; return how many."""
    count = 0
    for row in members:
        mark[row] = stamp
    for row in members:
        for entry in range(indptr[row], indptr[row + 1]):
            site = sites[entry]
            for at in range(site_indptr[site], site_indptr[site + 1]):
                other = site_rows[at]
                if eligible[other] and mark[other] != stamp and count < found.size:
                    mark[other] = stamp
                    found[count] = other
                    count += 1
    return count


@njit(nogil=True, cache=True)
def _entries(indptr: Any, sites: Any, site_indptr: Any, members: Any) -> Any:
    """Return how many entries :func:`_neighbours` looks at."""
    total = 0
    for row in members:
        for entry in range(indptr[row], indptr[row + 1]):
            total += site_indptr[sites[entry] + 1] - site_indptr[sites[entry]]
    return total


@njit(nogil=True, cache=True)
def _entries_of(indptr: Any, rows: Any) -> Any:
    """Return the entries of some rows."""
    total = 0
    for row in rows:
        total += indptr[row + 1] - indptr[row]
    return total


@njit(nogil=True, cache=True)
def _best_row(indptr: Any, sites: Any, y: Any, z: Any, found: Any, used: Any, times: Any, noise: Any) -> Any:
    """Return the position in `found` of the row that most raises the violation."""
    best, score = -1, -1e9
    for k in range(found.size):
        row = found[k]
        if used[row]:
            continue
        gain = z[row] + noise * np.random.random()
        for entry in range(indptr[row], indptr[row + 1]):
            if times[sites[entry]] % 2 == 0:
                gain -= y[sites[entry]]
        if gain > score:
            best, score = k, gain
    return best


@njit(nogil=True, cache=True)
def _join(indptr: Any, sites: Any, y: Any, row: Any, times: Any) -> Any:
    """Count a row in; return what it adds to the right-hand side over the sites."""
    added = 0.0
    for entry in range(indptr[row], indptr[row + 1]):
        if times[sites[entry]] % 2 == 0:
            added += y[sites[entry]]
        times[sites[entry]] += 1
    return added


@njit(nogil=True, cache=True)
def _grow_sets(indptr: Any, sites: Any, site_indptr: Any, site_rows: Any, y: Any, z: Any, rows: Any, eligible: Any,
               seed: Any, tries: Any, work: Any) -> Any:  # fmt: skip
    """Return (sizes, members) of violated sets grown from random start rows, until `tries` or `work` is used up."""
    np.random.seed(seed)
    times, used = np.zeros(y.size, np.int64), np.zeros(z.size, np.bool_)
    mark, found = np.full(z.size, -1, np.int64), np.empty(_CANDIDATES, np.int64)
    sizes, members = np.zeros(_FOUND, np.int64), np.empty((_FOUND, LARGEST), np.int64)
    count, stamp = 0, 0
    for _ in range(tries):
        if count == _FOUND or work <= 0:
            break
        current = members[count]
        current[0] = rows[np.random.randint(rows.size)]
        size, left = 1, z[current[0]]
        right = _join(indptr, sites, y, current[0], times)
        used[current[0]] = True
        violated = False
        while size + 2 <= LARGEST and not violated:
            stamp += 1
            near = _neighbours(indptr, sites, site_indptr, site_rows, eligible, current[:size], mark, stamp, found)
            work -= _entries(indptr, sites, site_indptr, current[:size]) + 2 * _entries_of(indptr, found[:near])
            for noise in (0.25, 0.001):
                best = _best_row(indptr, sites, y, z, found[:near], used, times, noise)
                if best < 0:
                    break
                current[size] = found[best]
                used[found[best]] = True
                left += z[found[best]]
                right += _join(indptr, sites, y, found[best], times)
                size += 1
            if best < 0 or size % 2 == 0:  # nothing near is left to pair with
                break
            violated = left - (size - 1) / 2 - right > _LEAST_VIOLATION
        for k in range(size):
            used[current[k]] = False
            for entry in range(indptr[current[k]], indptr[current[k] + 1]):
                times[sites[entry]] = 0
        if violated:
            sizes[count] = size
            count += 1
    return sizes[:count].copy(), members[:count].copy()


def _deepest(
    indptr: NDArray[Any],
    sites: NDArray[Any],
    y: NDArray[Any],
    z: NDArray[Any],
    sets: list[tuple[int, ...]],
    most: int,
) -> list[tuple[int, ...]]:
    """Return sets by Euclidean depth, few enough through each row that they do not say the same."""
    scored = []
    for rows in sets:
        touched, size = odd_set_coefficients(indptr, sites, rows)
        violation = z[list(rows)].sum() - (len(rows) - 1) / 2 - float(size @ y[touched])
        depth = violation / np.sqrt(len(rows) + float((size[y[touched] > 0] ** 2).sum()))
        scored.append((-depth, rows))
    through: dict[int, int] = {}
    chosen = []
    for _, rows in sorted(scored):
        if max(through.get(row, 0) for row in rows) >= _PER_ROW:
            continue
        for row in rows:
            through[row] = through.get(row, 0) + 1
        chosen.append(rows)
        if len(chosen) == most:
            break
    return chosen
