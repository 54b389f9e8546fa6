r"""The most violated odd set of three rows around each of many start rows.

For three rows ``a, b, c`` the cut of :mod:`placement.solve.cuts.pool` is violated by

.. math:: s_{ab} + s_{bc} + s_{ac} - 2\, y(a \cap b \cap c) - e_a - e_b - e_c - 1 ,

``s`` how far the sites that two rows share are open, ``y(.)`` how far those that all three share are, and
``e_r = y(r) - z_r`` what a row is open beyond its cover. With ``q_ab = s_ab - (e_a + e_b) / 2`` this is
``q_ab + q_ac + q_bc - 1 - 2 y(a ∩ b ∩ c)``. Let ``a`` be the row of the two largest of the three ``q``, and ``q_ab``
the largest. Then it is at most ``q_ab + 2 q_ac - 1``, and, since ``y(a ∩ b ∩ c) >= s_ab + s_ac - y(a)``, at most
``2 z_a - q_ab - 1``. Rows near ``a`` are looked at while these bounds are above the best set found; where very many
are near, those of a sample by weight.
"""

# ruff: noqa: NPY002, PLR0917 - numba kernels: arrays by position, nested loops, legacy generator

from __future__ import annotations

from typing import Any

import numpy as np

from placement.kernels import Longs, inner, kernel
from placement.solve.cuts.arrays import Support


@kernel
def best_triples(
    support: Support, starts: Longs, least: float, work: int, seed: int, near_rows: int, pair_cost: int
) -> Any:
    """Return (sets, 3) rows violated by more than `least`, the best around each start row, until `work` is used up.

    About `near_rows` rows near a start row are looked at; each pair of them counts as `pair_cost` of `work`.
    """
    np.random.seed(seed)
    members = np.empty((starts.size, 3), np.int64)
    share, near, pull = np.zeros(support.z.size), np.empty(support.z.size, np.int64), np.empty(support.z.size)
    times = np.zeros(support.y.size, np.int64)
    count = 0
    for start in starts:
        if work <= 0:
            break
        found, looked = _near_rows(support, start, share, near, pull, near_rows)
        work -= looked
        order = np.argsort(-pull[:found])
        members[count, 0] = start
        violation, looked = _best_pair(support, members[count], near[order], pull[order], least, times)
        work -= pair_cost * looked
        count += violation > least
    return members[:count].copy()


@inner
def _near_rows(support: Any, start: Any, share: Any, near: Any, pull: Any, most: Any) -> Any:
    """Fill `near` and `pull` (``q`` above) with rows that share sites with `start`; return (rows, entries seen)."""
    count, looked = 0, 0
    for entry in range(support.indptr[start], support.indptr[start + 1]):
        site = support.sites[entry]
        looked += support.site_indptr[site + 1] - support.site_indptr[site]
        if support.y[site] <= 0.0:  # what is shared there would not tell that a row was met
            continue
        for at in range(support.site_indptr[site], support.site_indptr[site + 1]):
            row = support.site_rows[at]
            if share[row] == 0.0:
                near[count] = row
                count += 1
            share[row] += support.y[site]
    total = 0.0
    for k in range(count):
        row = near[k]
        pull[k] = share[row] - 0.5 * (support.excess[start] + support.excess[row])
        share[row] = 0.0
        if row == start:
            pull[k] = 0.0
        elif pull[k] > 0.0:
            total += support.weights[row]
    kept = 0
    for k in range(count):
        if pull[k] > 0.0 and np.random.random() * total <= most * support.weights[near[k]]:
            near[kept], pull[kept] = near[k], pull[k]
            kept += 1
    return kept, looked


@inner
def _best_pair(support: Any, members: Any, near: Any, pull: Any, least: Any, times: Any) -> Any:
    """Fill in the two rows that violate most with the first member; return (violation, pairs looked at).

    `near` is sorted by `pull`, the largest first; `times` is all zero before and after.
    """
    best, looked, cover = least, 0, support.z[members[0]]
    limits = np.minimum(3.0 * pull, 2.0 * cover - pull) - 1.0
    alone = cover - 1.0 - _uneven(support, members[0], times, np.inf)
    _count(support, members[0], times, 1)
    for k in np.argsort(-limits):
        if limits[k] <= best:
            break
        pair = alone + support.z[near[k]] - _uneven(support, near[k], times, np.inf)
        _count(support, near[k], times, 1)
        for other in range(k + 1, near.size):
            if pull[k] + 2.0 * pull[other] - 1.0 <= best:
                break
            looked += 1
            most = pair + support.z[near[other]]
            violation = most - _uneven(support, near[other], times, most - best)
            if violation > best:
                best, members[1], members[2] = violation, near[k], near[other]
        _count(support, near[k], times, -1)
    _count(support, members[0], times, -1)
    return best, looked


@inner
def _count(support: Any, row: Any, times: Any, change: Any) -> None:
    for entry in range(support.indptr[row], support.indptr[row + 1]):
        times[support.sites[entry]] += change


@inner
def _uneven(support: Any, row: Any, times: Any, enough: Any) -> Any:
    """Return what a row adds to the right-hand side over the sites, infinity once that is `enough`."""
    total = 0.0
    for entry in range(support.indptr[row], support.indptr[row + 1]):
        site = support.sites[entry]
        if times[site] % 2 == 0:
            total += support.y[site]
            if total >= enough:
                return np.inf
    return total
