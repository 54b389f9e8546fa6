"""Walking times along streets, and straight-line times as an honest fallback."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from placement.errors import CrsError, InputError
from placement.travel._search import search
from placement.travel.costs import EdgeCosts
from placement.travel.snap import FAR_SNAP_M, Snaps, check_same_place, point_coordinates, snap_to_streets
from placement.travel.streets import Streets
from placement.travel.times import LARGEST, TravelTimes, whole_cutoff


def walking_times(
    streets: Streets,
    points: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    cutoff_s: float,
    speed_m_s: float,
    far_snap_m: float = FAR_SNAP_M,
    threads: int = 2,
) -> TravelTimes:
    """Return exact walking times along the streets, from point to site, for every pair within the cutoff.

    A way leads from the point straight to its nearest street edge, along streets, and from the edge nearest to the
    site straight to the site. Lengths are whole millimetres, so one run serves every speed: `within` takes any that
    the cutoff reaches.

    Parameters
    ----------
    streets
        The network.
    points, sites
        GeoDataFrames of points, indexed by id, in the CRS of the network.
    cutoff_s
        Seconds up to which pairs are stored.
    speed_m_s
        Metres a second, rounded to whole millimetres; for several speeds, the fastest.
    far_snap_m
        Access legs longer than this are marked `far` in `TravelTimes.snaps`; they still count.
    threads
        Threads that search at once.

    Raises
    ------
    CrsError
        If points, sites and streets are not in one projected CRS, or of different places.
    InputError
        Listing repeated ids and rows without a point; or if cutoff or speed are not positive numbers.

    Examples
    --------
    >>> nodes = pd.DataFrame({"node_id": ["a", "b"], "x": [0.0, 130.0], "y": [0.0, 0.0]})
    >>> edges = pd.DataFrame({"u": ["a"], "v": ["b"], "length_m": [130.0]})
    >>> streets = Streets.from_tables(nodes, edges, crs="EPSG:32650")
    >>> at = lambda name, x, y: gpd.GeoDataFrame(geometry=gpd.points_from_xy([x], [y]), index=[name], crs="EPSG:32650")
    >>> times = walking_times(streets, at("home", 10, 3), at("bank", 110, 0), cutoff_s=900, speed_m_s=1.0)
    >>> times.seconds.toarray().tolist()  # 3 m to the street and 100 m along it
    [[103.0]]
    """
    speed_mm_s, cutoff_mm = whole_reach(cutoff_s, speed_m_s)
    point_snaps, site_snaps = snap_both(streets, points, sites, threads)
    reach = search(streets, EdgeCosts.flat(streets, speed_mm_s), site_snaps, cutoff_mm, threads)
    return TravelTimes(
        point_ids=points.index,
        site_ids=sites.index,
        matrix=reach.matrix(point_snaps),
        unit="mm",
        cutoff_s=cutoff_s,
        speed_m_s=speed_mm_s / 1000,
        mode="walking along streets",
        snaps=snap_report(streets, points, sites, point_snaps, site_snaps, far_snap_m=far_snap_m),
        source=streets.fingerprint(),
    )


def straight_line_times(
    points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, *, cutoff_s: float, speed_m_s: float, detour: float = 1.3
) -> TravelTimes:
    """Return times along straight lines made longer by a detour factor, for where no streets are known.

    Parameters
    ----------
    points, sites
        GeoDataFrames of points, indexed by id, in one projected CRS.
    cutoff_s, speed_m_s
        As in :func:`walking_times`.
    detour
        Length along streets over straight length, 1 or more; the name of the mode tells it to every reader.

    Raises
    ------
    CrsError, InputError
        As :func:`walking_times`, and for a detour below 1.

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
    matrix = _straight(from_xy, to_xy, detour, cutoff_mm)
    return TravelTimes(
        point_ids=points.index,
        site_ids=sites.index,
        matrix=matrix,
        unit="mm",
        cutoff_s=cutoff_s,
        speed_m_s=speed_mm_s / 1000,
        mode=f"straight line x {detour:g}",
    )


def whole_reach(cutoff_s: float, speed_m_s: float) -> tuple[int, int]:
    """Return the speed in whole millimetres a second and the reach in whole millimetres, checked."""
    if not (np.isfinite(speed_m_s) and round(speed_m_s * 1000) >= 1):
        raise InputError.single("speed_m_s", f"is {speed_m_s}", remedy="give metres a second above 0, e.g. 1.3")
    if not (np.isfinite(cutoff_s) and cutoff_s >= 0):
        raise InputError.single("cutoff_s", f"is {cutoff_s}", remedy="give seconds, e.g. 1200")
    speed_mm_s = round(speed_m_s * 1000)
    reach_mm = whole_cutoff(cutoff_s) * speed_mm_s // 1000
    if max(reach_mm, whole_cutoff(cutoff_s)) > LARGEST:
        raise InputError.single("cutoff_s", f"{cutoff_s} s is beyond 2,147 km or 596 h", remedy="lower it")
    return speed_mm_s, reach_mm


def snap_both(streets: Streets, points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, threads: int) -> tuple[Snaps, Snaps]:
    """Return where points and sites stand on the streets; both are checked."""
    xy = [point_coordinates(name, frame, streets) for name, frame in (("points", points), ("sites", sites))]
    count = len(xy[0])
    both = snap_to_streets(streets, np.concatenate(xy), threads=threads)
    parts = [
        Snaps(edge=both.edge[part], position_mm=both.position_mm[part], access_mm=both.access_mm[part])
        for part in (slice(None, count), slice(count, None))
    ]
    for name, part in zip(("points", "sites"), parts, strict=True):
        check_same_place(name, part)
    return parts[0], parts[1]


def snap_report(
    streets: Streets,
    points: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    point_snaps: Snaps,
    site_snaps: Snaps,
    *,
    far_snap_m: float,
) -> pd.DataFrame:
    """Return the rows of both sides: how each end met the streets."""
    rows = [
        point_snaps.table(streets, points.index, "point", far_snap_m),
        site_snaps.table(streets, sites.index, "site", far_snap_m),
    ]
    return pd.concat(rows, ignore_index=True)


def _straight(
    from_xy: NDArray[np.float64], to_xy: NDArray[np.float64], detour: float, cutoff_mm: int
) -> sparse.csr_array:
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
