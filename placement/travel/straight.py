"""Straight-line times: an honest fallback for places whose streets are not known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.errors import CrsError, InputError
from placement.streets.snap import point_coordinates
from placement.travel.times import TravelTimes
from placement.travel.walking import whole_reach


def straight_line_times(
    points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, *, cutoff_s: float, speed_m_s: float, detour: float = 1.3
) -> TravelTimes:
    """Return times along straight lines made longer by a detour factor, for where no streets are known.

    Parameters
    ----------
    points, sites
        GeoDataFrames of points, indexed by id, in one projected CRS.
    cutoff_s, speed_m_s
        As in :func:`placement.travel.walking_times`.
    detour
        Length along streets over straight length, 1 or more; the name of the mode tells it to every reader.

    Raises
    ------
    CrsError, InputError
        As :func:`placement.travel.walking_times`, and for a detour below 1.

    Examples
    --------
    >>> at = lambda name, x, y: gpd.GeoDataFrame(geometry=gpd.points_from_xy([x], [y]), index=[name], crs="EPSG:32650")
    >>> times = straight_line_times(at("home", 0, 0), at("bank", 30, 40), cutoff_s=900, speed_m_s=1.0, detour=1.2)
    >>> times.mode, times.seconds.toarray().tolist()
    ('straight line x 1.2', [[60.0]])
    """
    speed_mm_s, cutoff_mm = whole_reach(cutoff_s, speed_m_s)
    if not (np.isfinite(detour) and detour >= 1):
        raise InputError.single("detour", f"is {detour}", remedy="give a factor of 1 or more, e.g. 1.3")
    from_xy, to_xy = point_coordinates("points", points), point_coordinates("sites", sites)
    if points.crs != sites.crs:
        raise CrsError.single("sites", "are in another CRS than the points", remedy="use to_crs(points.crs)")
    return TravelTimes(
        point_ids=points.index,
        site_ids=sites.index,
        matrix=_straight(from_xy, to_xy, detour, cutoff_mm),
        unit="mm",
        cutoff_s=cutoff_s,
        speed_m_s=speed_mm_s / 1000,
        mode=f"straight line x {detour:g}",
    )


def _straight(
    from_xy: NDArray[np.float64], to_xy: NDArray[np.float64], detour: float, cutoff_mm: int
) -> sparse.csr_array:
    from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to load, and seldom needed

    shape = (len(from_xy), len(to_xy))
    if 0 in shape:
        return sparse.csr_array(shape, dtype=np.int32)
    near = cKDTree(from_xy).sparse_distance_matrix(
        cKDTree(to_xy), (cutoff_mm + 1) / 1000 / detour, output_type="ndarray"
    )
    i, j = near["i"], near["j"]
    # Measured again from the coordinates: a pair's length must not depend on how the tree was walked.
    millimetres = np.rint(np.hypot(*(from_xy[i] - to_xy[j]).T) * (detour * 1000))
    kept = millimetres <= cutoff_mm
    entries = (millimetres[kept].astype(np.int32), (i[kept], j[kept]))
    return sparse.coo_array(entries, shape=shape).tocsr()
