"""Times along streets, for people on foot and for vehicles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np

from placement.errors import InputError
from placement.streets.snap import FAR_SNAP_M
from placement.streets.streets import Streets
from placement.tables import LARGEST
from placement.travel.ask import Direction, TravelRun
from placement.travel.costs import EdgeCosts
from placement.travel.speeds import SLOPES, Slope, hill_costs, table_costs
from placement.travel.times import TravelTimes, whole_cutoff


def walking_times(
    streets: Streets,
    points: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    cutoff_s: float,
    speed_m_s: float,
    slope: Slope | None = None,
    steps_factor: float = 1.0,
    direction: Direction = "to_sites",
    far_snap_m: float = FAR_SNAP_M,
    threads: int = 2,
    cache: str | Path | None = None,
) -> TravelTimes:
    """Return exact walking times along the streets, from point to site, for every pair within the cutoff.

    A way leads from the point straight to its nearest street edge, along streets, and from the edge nearest to the
    site straight to the site. On the level, lengths are whole millimetres, and one run serves every speed: `within`
    takes any that the cutoff reaches. With slopes or a factor for steps, times are whole milliseconds at the speed
    given, each edge rounded once; other speeds follow in proportion.

    Parameters
    ----------
    streets
        The network. One-way streets do not bind people on foot.
    points, sites
        GeoDataFrames of points, indexed by id, in the CRS of the network.
    cutoff_s
        Seconds up to which pairs are stored.
    speed_m_s
        Metres a second on the level, rounded to whole millimetres; for several speeds, the fastest.
    slope
        ``tobler`` or ``irmischer-clarke``: how gradients change the speed (see :mod:`placement.travel.speeds`); needs
        elevations. None: level.
    steps_factor
        How many times as long a metre of steps takes; ``float("inf")`` closes steps, for wheelchairs.
    direction
        ``to_sites``: people walk to the site. ``from_sites``: from it. They differ on slopes only.
    far_snap_m
        Access legs longer than this are marked `far` in `TravelTimes.snaps`; they still count.
    threads
        Threads that search at once.
    cache
        Folder in which results are kept by the fingerprint of everything they follow from; None: compute.

    Raises
    ------
    CrsError
        If points, sites and streets are not in one projected CRS, or of different places.
    InputError
        Listing repeated ids and rows without a point; if cutoff or speed are not positive numbers; if elevations are
        missing.

    Examples
    --------
    >>> import pandas as pd
    >>> nodes = pd.DataFrame({"node_id": ["a", "b"], "x": [0.0, 130.0], "y": [0.0, 0.0]})
    >>> edges = pd.DataFrame({"u": ["a"], "v": ["b"], "length_m": [130.0]})
    >>> streets = Streets.from_tables(nodes, edges, crs="EPSG:32650")
    >>> at = lambda name, x, y: gpd.GeoDataFrame(geometry=gpd.points_from_xy([x], [y]), index=[name], crs="EPSG:32650")
    >>> times = walking_times(streets, at("home", 10, 3), at("bank", 110, 0), cutoff_s=900, speed_m_s=1.0)
    >>> times.seconds.toarray().tolist()  # 3 m to the street and 100 m along it
    [[103.0]]
    """
    run = walking_run(
        streets, points, sites, cutoff_s=cutoff_s, speed_m_s=speed_m_s, slope=slope, steps_factor=steps_factor,
        direction=direction, far_snap_m=far_snap_m, threads=threads,
    )  # fmt: skip
    return run.times(cache=None if cache is None else Path(cache))


def walking_run(
    streets: Streets,
    points: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    cutoff_s: float,
    speed_m_s: float,
    slope: Slope | None = None,
    steps_factor: float = 1.0,
    direction: Direction = "to_sites",
    far_snap_m: float = FAR_SNAP_M,
    threads: int = 2,
) -> TravelRun:
    """Return the walking times of :func:`walking_times` as something to ask: for all at once, or block by block.

    Examples
    --------
    >>> import pandas as pd
    >>> nodes = pd.DataFrame({"node_id": ["a", "b"], "x": [0.0, 130.0], "y": [0.0, 0.0]})
    >>> edges = pd.DataFrame({"u": ["a"], "v": ["b"], "length_m": [130.0]})
    >>> streets = Streets.from_tables(nodes, edges, crs="EPSG:32650")
    >>> at = lambda name, x, y: gpd.GeoDataFrame(geometry=gpd.points_from_xy([x], [y]), index=[name], crs="EPSG:32650")
    >>> run = walking_run(streets, at("home", 10, 3), at("bank", 110, 0), cutoff_s=900, speed_m_s=1.0)
    >>> [block.seconds.toarray().tolist() for block in run.stream().blocks()]
    [[[103.0]]]
    """
    costs, cutoff, mode = walking_costs(streets, cutoff_s, speed_m_s, slope=slope, steps_factor=steps_factor)
    return TravelRun(
        streets=streets, points=points, sites=sites, costs=costs, cutoff=cutoff, cutoff_s=cutoff_s,
        speed_mm_s=costs.speed_mm_s, mode=mode, direction=direction, far_snap_m=far_snap_m, threads=threads,
    )  # fmt: skip


def vehicle_times(
    streets: Streets,
    points: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    cutoff_s: float,
    speeds_m_s: Mapping[str, float],
    mode: str,
    oneway: bool = True,
    access_speed_m_s: float = 1.3,
    direction: Direction = "to_sites",
    far_snap_m: float = FAR_SNAP_M,
    threads: int = 2,
    cache: str | Path | None = None,
) -> TravelTimes:
    """Return exact times by a table of speeds, for cycling or driving.

    Parameters
    ----------
    streets, points, sites, cutoff_s, far_snap_m, threads, cache
        As in :func:`walking_times`.
    speeds_m_s
        Metres a second by `highway`; ``"*"`` stands for every kind not named. Kinds that are not named are closed, and
        no point is snapped to them.
    mode
        Words for reports, e.g. "driving".
    oneway
        Whether one-way streets bind.
    access_speed_m_s
        Speed between a point and its street.
    direction
        ``to_sites`` or ``from_sites`` (an ambulance); one-way streets make them differ.

    Raises
    ------
    CrsError, InputError
        As :func:`walking_times`; listing speeds that are not above 0.
    """
    run = vehicle_run(
        streets, points, sites, cutoff_s=cutoff_s, speeds_m_s=speeds_m_s, mode=mode, oneway=oneway,
        access_speed_m_s=access_speed_m_s, direction=direction, far_snap_m=far_snap_m, threads=threads,
    )  # fmt: skip
    return run.times(cache=None if cache is None else Path(cache))


def vehicle_run(
    streets: Streets,
    points: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    cutoff_s: float,
    speeds_m_s: Mapping[str, float],
    mode: str,
    oneway: bool = True,
    access_speed_m_s: float = 1.3,
    direction: Direction = "to_sites",
    far_snap_m: float = FAR_SNAP_M,
    threads: int = 2,
) -> TravelRun:
    """Return the times of :func:`vehicle_times` as something to ask: for all at once, or block by block."""
    access_mm_s, _ = whole_reach(cutoff_s, access_speed_m_s)
    costs = table_costs(streets, speeds_m_s, oneway=oneway, access_speed_mm_s=access_mm_s)
    return TravelRun(
        streets=streets, points=points, sites=sites, costs=costs, cutoff=whole_cutoff(cutoff_s), cutoff_s=cutoff_s,
        speed_mm_s=None, mode=mode, direction=direction, far_snap_m=far_snap_m, threads=threads,
    )  # fmt: skip


def walking_costs(
    streets: Streets, cutoff_s: float, speed_m_s: float, *, slope: Slope | None, steps_factor: float
) -> tuple[EdgeCosts, int, str]:
    """Return the costs of walking, the cutoff in their unit, and the mode in words."""
    speed_mm_s, cutoff_mm = whole_reach(cutoff_s, speed_m_s)
    if slope is None and steps_factor == 1:
        return EdgeCosts.flat(streets, speed_mm_s), cutoff_mm, "walking along streets"
    costs = hill_costs(streets, speed_mm_s, slope=slope, steps_factor=steps_factor)
    words = ["walking along streets"]
    words += [f"slopes after {SLOPES[slope]}"] if slope else []
    words += [f"steps x {steps_factor:g}"] if steps_factor != 1 else []
    return costs, whole_cutoff(cutoff_s), ", ".join(words)


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
