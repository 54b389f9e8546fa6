"""Distances between sites: for pairing stations that move with the places they move to, and for keeping them apart."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from placement.streets.streets import Streets
from placement.travel.walking import walking_times

_FAR_M = 200_000.0
"""Farther than any two sites of a city; at 1 m/s a second is a metre."""


def distances_mm(
    origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame, streets: Streets | None
) -> NDArray[np.int64]:
    """Return (origins, destinations) walking distances in whole millimetres.

    Along the streets where they lead from one to the other, otherwise (and without streets) the straight line.
    """
    pairs = shapely.distance(origins.geometry.to_numpy()[:, None], destinations.geometry.to_numpy()[None, :])
    lengths: NDArray[np.int64] = np.rint(pairs * 1000).astype(np.int64)
    if streets is None or not lengths.size:
        return lengths
    times = walking_times(streets, origins, destinations, cutoff_s=_FAR_M, speed_m_s=1.0)
    reached = times.matrix.tocoo()
    lengths[reached.coords] = reached.data
    return lengths


def nearer_than(sites: gpd.GeoDataFrame, streets: Streets | None, apart_mm: int) -> NDArray[np.bool_]:
    """Return (sites, sites) whether two sites are less than so many millimetres apart; none is near itself.

    Along the streets; in a straight line where there are none.
    """
    n = len(sites)
    near = np.zeros((n, n), dtype=np.bool_)
    if not n or apart_mm <= 0:
        return near
    if streets is None:
        near |= distances_mm(sites, sites, None) < apart_mm
    else:
        times = walking_times(streets, sites, sites, cutoff_s=apart_mm / 1000, speed_m_s=1.0)
        ways = times.matrix.tocoo()
        rows, columns = (at[ways.data < apart_mm] for at in ways.coords)
        near[rows, columns] = True
    np.fill_diagonal(near, val=False)
    return near | near.T
