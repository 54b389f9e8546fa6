r"""Outlines of what is within a walk of a site, for maps.

The streets from which the site is reached in time are cut where the time ends: a point on edge (u, v) counts iff

.. math:: \min\{a(p, u) + D(u, s),\; a(p, v) + D(v, s),\; \text{along the edge}\} \le \text{threshold}.

The outline is a band around these pieces of street. It is a picture: who is covered is counted from the times.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from placement.errors import InputError
from placement.streets.snap import check_same_place, point_coordinates, snap_to_streets
from placement.streets.streets import Streets
from placement.travel import placed as col
from placement.travel.ask import open_streets, reach_of
from placement.travel.costs import CLOSED
from placement.travel.search import Reach
from placement.travel.speeds import Slope
from placement.travel.times import whole_cutoff
from placement.travel.walking import walking_costs, whole_reach

BAND_M = 40.0
"""Half the width of the band around streets: about half a block."""


def isochrones(
    streets: Streets,
    sites: gpd.GeoDataFrame,
    *,
    thresholds_s: Sequence[float],
    speed_m_s: float,
    slope: Slope | None = None,
    steps_factor: float = 1.0,
    band_m: float = BAND_M,
    threads: int = 2,
) -> gpd.GeoDataFrame:
    """Return one outline for each site and threshold: the streets from which people reach it in time, with a band.

    Parameters
    ----------
    streets, speed_m_s, slope, steps_factor, threads
        As in :func:`placement.travel.walking_times`.
    sites
        GeoDataFrame of points, indexed by id, in the CRS of the network.
    thresholds_s
        Seconds.
    band_m
        Half the width of the band around the streets, metres.

    Returns
    -------
    GeoDataFrame
        `site_id`, `threshold_s`, `street_m` (metres of street within reach) and the outline; empty outlines where the
        access leg alone takes longer.

    Raises
    ------
    CrsError, InputError
        As :func:`placement.travel.walking_times`; if no threshold is given or the band is not above 0.

    Examples
    --------
    >>> nodes = pd.DataFrame({"node_id": ["a", "b"], "x": [0.0, 300.0], "y": [0.0, 0.0]})
    >>> edges = pd.DataFrame({"u": ["a"], "v": ["b"], "length_m": [300.0]})
    >>> streets = Streets.from_tables(nodes, edges, crs="EPSG:32650")
    >>> bank = gpd.GeoDataFrame(geometry=gpd.points_from_xy([100], [0]), index=["bank"], crs="EPSG:32650")
    >>> isochrones(streets, bank, thresholds_s=[50, 150], speed_m_s=1.0)["street_m"].tolist()
    [100.0, 250.0]
    """
    if not len(thresholds_s):
        raise InputError.single("thresholds_s", "is empty", remedy="give seconds, e.g. [300, 600, 900]")
    if not (np.isfinite(band_m) and band_m > 0):
        raise InputError.single("band_m", f"is {band_m}", remedy="give metres above 0")
    whole_reach(min(thresholds_s), speed_m_s)
    costs, cutoff, _ = walking_costs(streets, max(thresholds_s), speed_m_s, slope=slope, steps_factor=steps_factor)
    walked, costs = open_streets(streets, costs)
    xy = point_coordinates("sites", sites, walked)
    snaps = snap_to_streets(walked, xy, threads=threads)
    check_same_place("sites", snaps, xy, walked)
    reach = reach_of(walked, costs, snaps, cutoff, "to_sites", threads=threads)
    lines, by_site = walked.lines(), _by_site(reach)
    rows = []
    for threshold_s in thresholds_s:
        limit = whole_cutoff(threshold_s)
        limit = limit if costs.unit == "ms" else limit * costs.speed_mm_s // 1000
        for number, site_id in enumerate(sites.index):
            pieces, metres = _pieces(reach, by_site, number, limit, lines)
            outline = shapely.union_all(shapely.buffer(pieces, band_m))
            rows.append({"site_id": site_id, "threshold_s": threshold_s, "street_m": metres, "geometry": outline})
    columns = ["site_id", "threshold_s", "street_m", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=streets.crs)


def _by_site(reach: Reach) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return (nodes, costs) of each site."""
    node = np.repeat(np.arange(reach.streets.n_nodes), np.diff(reach.first_reach))
    order = np.argsort(reach.reach_site, kind="stable")
    ends = np.cumsum(np.bincount(reach.reach_site, minlength=len(reach.sites)))[:-1]
    costs = reach.reach_cost[order].astype(np.int64)
    return list(zip(np.split(node[order], ends), np.split(costs, ends), strict=True))


def _pieces(
    reach: Reach,
    by_site: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
    site: int,
    limit: int,
    lines: NDArray[np.object_],
) -> tuple[list[shapely.Geometry], float]:
    """Return the pieces of street from which a site is reached, and their length in metres."""
    streets, costs = reach.streets, reach.costs
    nodes, reached = by_site[site]
    left = np.full(streets.n_nodes, -1, dtype=np.int64)
    left[nodes] = limit - reached
    own = int(reach.sites[site, col.EDGE])
    edges = np.unique(np.append(np.flatnonzero((left[streets.u] >= 0) | (left[streets.v] >= 0)), own))
    from_u = _share(left[streets.u[edges]], costs.backward[edges])
    to_v = 1 - _share(left[streets.v[edges]], costs.forward[edges])
    pieces: list[shapely.Geometry] = []
    metres = 0.0
    for edge, low, high in zip(edges, from_u, to_v, strict=True):
        spans = [(0.0, low), (high, 1.0)]
        if edge == own:
            spans.append(_around(reach, site, limit))
        for start, end in _merged(spans):
            pieces.append(substring(lines[edge], start, end, normalized=True))
            metres += (end - start) * float(streets.length_mm[edge]) / 1000
    return pieces, round(metres, 3)


def _share(left: NDArray[np.int64], cost: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return how far along an edge the time that is left reaches, 0..1; below 0 where its end is not reached."""
    open_end = (left >= 0) & (cost < CLOSED)
    share = np.minimum(left / np.maximum(cost, 1), 1.0)
    return np.where(open_end, np.where(cost == 0, 1.0, share), -1.0)


def _around(reach: Reach, site: int, limit: int) -> tuple[float, float]:
    """Return the stretch of the site's own edge from which it is reached without leaving the edge."""
    placed = reach.sites[site].astype(np.int64)
    edge, left = int(placed[col.EDGE]), limit - placed[col.ACCESS]
    length = max(int(reach.streets.length_mm[edge]), 1)
    at = placed[col.AT] / length
    if left < 0:
        return (at, -1.0)
    forward, backward = reach.costs.forward[edge], reach.costs.backward[edge]
    before = float(left / max(forward, 1)) if forward < CLOSED else 0.0
    after = float(left / max(backward, 1)) if backward < CLOSED else 0.0
    return max(at - before, 0.0), min(at + after, 1.0)


def _merged(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return disjoint spans that cover the same; a span that ends before it starts is empty."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted(span for span in spans if span[1] >= span[0]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
