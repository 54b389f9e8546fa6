r"""A plan out of two: what one chooses around a site, and what the other chooses away from it.

How good a station is depends on its neighbours alone, so that two plans differ by parts that are good or bad as wholes.
The ball around a random site cuts through few of these, and needs no coordinates: its order is that of a breadth-first
search over sites that share rows, the nearest of each site first.

Source: Falkenauer (1998), Genetic algorithms and grouping problems, Wiley, for crossing parts rather than positions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from placement.kernels import Bools, inner, kernel
from placement.solve.plans.swaps import Field, add, fill, fits, start_tally


@inner
def ball_ranks(field: Any, centre: Any) -> Any:
    """Return (sites,) the turn at which a breadth-first search from `centre` meets each site; unmet ones last."""
    n_sites = field.near_indptr.size - 1
    ranks = np.full(n_sites, n_sites, np.int64)
    queue = np.empty(n_sites, np.int64)
    queue[0], ranks[centre] = centre, 0
    head, count = 0, 1
    while head < count:
        site = queue[head]
        head += 1
        for at in range(field.near_indptr[site], field.near_indptr[site + 1]):
            other = field.near[at]
            if ranks[other] == n_sites:
                ranks[other] = count
                queue[count] = other
                count += 1
    return ranks


@kernel
def recombined(field: Field, centre: int, share: float, inner: Bools, outer: Bools) -> Any:
    """Return a plan of the `share` of the columns of `inner` nearest to `centre`, and of the farthest of `outer`.

    Columns of `outer` join from the farthest as long as they fit; what is left then is filled greedily.
    """
    ranks = ball_ranks(field, centre)
    tally = start_tally(field, np.zeros(inner.size, np.bool_))
    near, far = np.flatnonzero(inner), np.flatnonzero(outer)
    order = np.argsort(_ranks_of(field, ranks, near))
    for k in range(int(share * near.size)):
        add(field, tally, near[order[k]])
    order = np.argsort(-_ranks_of(field, ranks, far))
    for k in range(far.size):
        column = far[order[k]]
        if not tally.chosen[column] and fits(field, tally, column):
            add(field, tally, column)
    fill(field, tally)
    return tally.chosen


@inner
def _ranks_of(field: Any, ranks: Any, columns: Any) -> Any:
    found = np.empty(columns.size, np.int64)
    for k in range(columns.size):
        site = field.column_site[columns[k]]
        found[k] = ranks[site] if site >= 0 else ranks.size
    return found
