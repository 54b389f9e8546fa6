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
    for row in range(n):
        spent = int(lengths[np.arange(row), fixed[:row]].sum())
        free = np.setdiff1d(np.arange(n), fixed[:row])
        for column in free[free < fixed[row]]:
            rest = free[free != column]
            block = lengths[row + 1 :][:, rest]
            order = linear_sum_assignment(block)[1]
            if spent + int(lengths[row, column]) + int(block[np.arange(rest.size), order].sum()) == best:
                fixed = np.concatenate([fixed[:row], [column], rest[order]])
                break
    return fixed
