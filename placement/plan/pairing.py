"""Which station moves where: least total walking distance between places given up and places that receive.

The program only says which stations give up their machines and which sites receive some. They are matched as an
assignment problem (Kuhn 1955, The Hungarian method, Naval Research Logistics Quarterly 2, 83-97), in whole
millimetres along the streets, a straight line where no street leads. Among matchings of equal total length the one
that is first by site ids is taken.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from placement.streets import Streets
from placement.travel.between import distances_mm


def pair_moves(
    table: gpd.GeoDataFrame, giving: NDArray[np.int64], receiving: NDArray[np.int64], streets: Streets | None
) -> list[tuple[int, int]]:
    """Return (origin, destination) positions, ordered by the origins' ids."""
    giving = giving[np.argsort(table.index[giving].to_numpy(dtype=str), kind="stable")]
    receiving = receiving[np.argsort(table.index[receiving].to_numpy(dtype=str), kind="stable")]
    if not giving.size:
        return []
    lengths = distances_mm(table.iloc[giving], table.iloc[receiving], streets)
    chosen = first_assignment(lengths)
    return [(int(origin), int(receiving[column])) for origin, column in zip(giving, chosen, strict=True)]


def pair_machines(
    table: gpd.GeoDataFrame,
    streets: Streets | None,
    *,
    leaving: NDArray[np.int64],
    coming: NDArray[np.int64],
    sent: NDArray[np.int64],
    brought: NDArray[np.int64],
    leaving_class: NDArray[np.int64],
    coming_class: NDArray[np.int64],
) -> list[tuple[int, int]]:
    """Return (origin, destination) positions of each machine that moves, ordered by the origins' ids.

    Of machines that leave a class some are sent, of those that come to a class some are brought; any one sent may be
    brought anywhere. Those that are not stand opposite a place of their own class that costs no walk.

    Parameters
    ----------
    leaving, coming
        (sites,) machines that leave and come.
    sent, brought
        (classes,) how many of them move; both add up to the same.
    leaving_class, coming_class
        (sites,) class of each site.
    """
    if not sent.sum():
        return []
    order = np.argsort(table.index.to_numpy(dtype=str), kind="stable")
    origins, destinations = np.repeat(order, leaving[order]), np.repeat(order, coming[order])
    stay, bought = (
        np.repeat(np.arange(moved.size), np.bincount(classes[places], minlength=moved.size) - moved)
        for moved, classes, places in ((sent, leaving_class, origins), (brought, coming_class, destinations))
    )
    starts, of_start = np.unique(origins, return_inverse=True)
    ends, of_end = np.unique(destinations, return_inverse=True)
    lengths = distances_mm(table.iloc[starts], table.iloc[ends], streets)[of_start][:, of_end]
    never = int(lengths.max()) * min(lengths.shape) + 1
    square = np.full((origins.size + bought.size, destinations.size + stay.size), never, dtype=np.int64)
    square[: origins.size, : destinations.size] = lengths
    square[: origins.size, destinations.size :][leaving_class[origins][:, None] == stay] = 0
    square[origins.size :, : destinations.size][bought[:, None] == coming_class[destinations]] = 0
    chosen = first_assignment(square)[: origins.size]
    moves = chosen < destinations.size
    return [(int(a), int(destinations[b])) for a, b in zip(origins[moves], chosen[moves], strict=True)]


def first_assignment(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the column of each row in the least-cost assignment that is lexicographically first.

    Examples
    --------
    >>> first_assignment(np.array([[2, 1], [1, 0]])).tolist()
    [0, 1]
    """
    n = lengths.shape[0]
    fixed = np.array(linear_sum_assignment(lengths)[1])
    best = int(lengths[np.arange(n), fixed].sum())
    tight = _tight(lengths, fixed)
    for row in range(n):
        spent = int(lengths[np.arange(row), fixed[:row]].sum())
        free = np.setdiff1d(np.arange(n), fixed[:row])
        for column in free[(free < fixed[row]) & tight[row, free]]:
            rest = free[free != column]
            block = lengths[row + 1 :][:, rest]
            order = linear_sum_assignment(block)[1]
            if spent + int(lengths[row, column]) + int(block[np.arange(rest.size), order].sum()) == best:
                fixed = np.concatenate([fixed[:row], [column], rest[order]])
                break
    return fixed


def _tight(lengths: NDArray[np.int64], fixed: NDArray[np.int64]) -> NDArray[np.bool_]:
    r"""Return (n, n) which pairs a least-cost assignment may have: those that cost no more than dual prices say.

    With `fixed` the columns of one, prices v of columns keep :math:`v_j \le v_{f(i)} + c_{ij} - c_{i f(i)}` for all i
    and j: shortest paths, which exist as no cycle of exchanges gains anything.
    """
    beyond = lengths - lengths[np.arange(fixed.size), fixed][:, None]
    prices = np.zeros(fixed.size, dtype=np.int64)
    while True:
        lower = np.minimum(prices, (prices[fixed][:, None] + beyond).min(axis=0, initial=0))
        if (lower == prices).all():
            return np.asarray(prices[fixed][:, None] + beyond == prices)
        prices = lower
