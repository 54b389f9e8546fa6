r"""Counters that count the same people: each stands for a share of its street, so that the street is counted once.

Two counters overlap by :math:`o(d) = 1` up to :data:`SAME_M` apart along the streets (straight lines without streets),
falling evenly to 0 at :data:`APART_M`; counters that say they count different ways do not overlap at all, for what
passes them adds up. Counter c counts with the share

.. math::
    v_c = 1 \Big/ \sum_{c'} o(d_{cc'})

of its people (c itself included): two of 5,000 people ten metres apart are a street of 5,000 people.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from scipy import sparse

from placement.streets import Streets
from placement.travel import walking_times
from placement.values.arrays import FloatArray

SAME_M = 25.0
"""Counters this near each other count the same people."""
APART_M = 100.0
"""Counters this far from each other count different ones."""


def street_shares(counters: gpd.GeoDataFrame, streets: Streets | None = None) -> FloatArray:
    """Return (counters,) shares (0..1] of its people that each counter stands for; 1 where it stands by itself.

    Parameters
    ----------
    counters
        Points in a projected CRS, optional `direction`: the way a counter counts, empty where it counts both.
    streets
        Walking network.
    """
    if len(counters) < 2:
        return np.ones(len(counters))
    near = _near(counters, streets)
    one, other = near.row, near.col
    overlap = np.clip((APART_M - near.data) / (APART_M - SAME_M), 0.0, 1.0)
    if "direction" in counters.columns:
        ways = counters["direction"].fillna("").astype(str).str.strip().to_numpy()
        overlap = np.where((ways[one] != ways[other]) & (ways[one] != "") & (ways[other] != ""), 0.0, overlap)
    overlap = np.where(one == other, 1.0, overlap)
    return np.asarray(1.0 / np.bincount(one, weights=overlap, minlength=len(counters)))


def _near(counters: gpd.GeoDataFrame, streets: Streets | None) -> sparse.coo_array:
    """Return metres of the pairs of counters within :data:`APART_M`, those of a counter with itself included."""
    bare = gpd.GeoDataFrame(index=counters.index.astype(str), geometry=counters.geometry.to_numpy(), crs=counters.crs)
    same = np.arange(len(bare))
    if streets is not None:
        # At a metre a second the seconds are metres.
        times = walking_times(streets, bare, bare, cutoff_s=APART_M, speed_m_s=1.0)
        found = sparse.coo_array(sparse.csr_array(times.seconds))
        apart = found.row != found.col
        row, column, metres = found.row[apart], found.col[apart], found.data[apart]
    else:
        tree = bare.sindex
        row, column = tree.query(bare.geometry, predicate="dwithin", distance=APART_M)
        row, column = row[row != column], column[row != column]
        metres = bare.geometry.iloc[row].distance(bare.geometry.iloc[column], align=False).to_numpy(dtype=float)
    row, column = np.concatenate([row, same]), np.concatenate([column, same])
    shape = (len(bare), len(bare))
    return sparse.coo_array((np.concatenate([metres, np.zeros(len(same))]), (row, column)), shape=shape)
