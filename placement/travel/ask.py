"""A search over a network with given costs: what is asked for, and the ways to get it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.errors import InputError
from placement.streets.snap import Snaps, check_same_place, point_coordinates, snap_to_streets
from placement.streets.streets import Streets
from placement.streets.subset import keep_edges
from placement.travel.cache import fingerprint_of, keep, kept, with_ids
from placement.travel.costs import CLOSED, EdgeCosts
from placement.travel.search import Reach, search
from placement.travel.stream import TimesStream
from placement.travel.times import TravelTimes
from placement.values.immutable import held, immutable

Direction = Literal["to_sites", "from_sites"]
_DIRECTIONS = ("to_sites", "from_sites")

STREAM_FROM_PAIRS = 50_000_000
"""Reachable pairs from which times are better made block by block than held: they would take 400 MB, and the covers of
four segments a gigabyte."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class TravelRun:
    """Travel times that can be asked for; nothing is computed before.

    Made by :func:`placement.travel.walking_run` and :func:`placement.travel.vehicle_run`.

    Parameters
    ----------
    streets, points, sites, direction, far_snap_m, threads
        As in :func:`placement.travel.walking_times`.
    costs
        What passing each edge costs.
    cutoff
        Whole cost up to which pairs count, in the unit of the costs.
    cutoff_s, speed_mm_s, mode
        What the times are labelled with; None for vehicles, which have no one speed.
    """

    streets: Streets
    points: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    costs: EdgeCosts
    cutoff: int
    cutoff_s: float
    speed_mm_s: int | None
    mode: str
    direction: Direction
    far_snap_m: float
    threads: int

    def times(self, *, cache: Path | None = None) -> TravelTimes:
        """Return all times at once: from the folder `cache` where they are kept there, else computed and kept."""
        found = self._kept(cache)
        return self._keep(cache, self.stream().whole()) if found is None else found

    def stream(self) -> TimesStream:
        """Search, and return the times as something that makes them block by block."""
        xy = self._coordinates()
        streets, costs = open_streets(self.streets, self.costs)
        points, sites = snap_both(streets, *xy, threads=self.threads)
        reach = reach_of(streets, costs, sites, self.cutoff, self.direction, threads=self.threads)
        tables = [
            points.table(streets, held(self, "points").index, "point", self.far_snap_m),
            sites.table(streets, held(self, "sites").index, "site", self.far_snap_m),
        ]
        return TimesStream(
            point_ids=held(self, "points").index, site_ids=held(self, "sites").index,
            unit=costs.unit, cutoff_s=self.cutoff_s,
            speed_m_s=None if self.speed_mm_s is None else self.speed_mm_s / 1000, mode=self.mode,
            snaps=pd.concat(tables, ignore_index=True), source=self.streets.fingerprint(), reach=reach,
            points=points, sites=sites,
        )  # fmt: skip

    def held_or_stream(
        self, *, most_pairs: int = STREAM_FROM_PAIRS, cache: Path | None = None
    ) -> TravelTimes | TimesStream:
        """Return all times at once where they are kept or at most so many, else the stream of them."""
        found = self._kept(cache)
        if found is not None:
            return found
        stream = self.stream()
        return self._keep(cache, stream.whole()) if stream.most_pairs <= most_pairs else stream

    def _coordinates(self) -> list[NDArray[np.float64]]:
        return [point_coordinates(name, held(self, name), self.streets) for name in ("points", "sites")]

    def _key(self) -> str:
        costs = self.costs
        return fingerprint_of(
            self.streets.fingerprint(), costs.forward, costs.backward, costs.unit, costs.speed_mm_s, self.cutoff,
            self.direction, self.far_snap_m, self.cutoff_s, self.speed_mm_s, self.mode, held(self, "points").index,
            held(self, "sites").index, *self._coordinates(),
        )  # fmt: skip

    def _kept(self, cache: Path | None) -> TravelTimes | None:
        if cache is None:
            return None
        found = kept(cache, self._key(), self._is_asked)
        return None if found is None else with_ids(found, held(self, "points").index, held(self, "sites").index)

    def _keep(self, cache: Path | None, times: TravelTimes) -> TravelTimes:
        if cache is not None:
            keep(cache, self._key(), times)
        return times

    def _is_asked(self, times: TravelTimes) -> bool:
        """Return whether a file under this run's key holds what the key says."""
        speed_m_s = None if self.speed_mm_s is None else self.speed_mm_s / 1000
        asked = (self.cutoff_s, speed_m_s, self.mode, self.costs.unit, self.streets.fingerprint())
        ids = (held(self, "points").index.map(str), held(self, "sites").index.map(str))
        return (times.cutoff_s, times.speed_m_s, times.mode, times.unit, times.source) == asked and (
            list(times.point_ids) == list(ids[0]) and list(times.site_ids) == list(ids[1])
        )


def reach_of(
    streets: Streets, costs: EdgeCosts, sites: Snaps, cutoff: int, direction: Direction, *, threads: int
) -> Reach:
    """Return what reaches each site (``to_sites``), or what each site reaches (``from_sites``)."""
    if direction not in _DIRECTIONS:
        raise InputError.single("direction", f"is {direction!r}", remedy=f"use one of {', '.join(_DIRECTIONS)}")
    if threads < 1:
        raise InputError.single("threads", f"is {threads}", remedy="give 1 or more")
    return search(streets, costs if direction == "to_sites" else costs.turned(), sites, cutoff, threads)


def open_streets(streets: Streets, costs: EdgeCosts) -> tuple[Streets, EdgeCosts]:
    """Return network and costs without edges that are closed both ways, so that no point is snapped to them."""
    closed = (costs.forward == CLOSED) & (costs.backward == CLOSED)
    if not closed.any():
        return streets, costs
    if closed.all():
        raise InputError.single("streets", "every street is closed", remedy="check speeds and steps_factor")
    kept = EdgeCosts(
        forward=costs.forward[~closed], backward=costs.backward[~closed], unit=costs.unit, speed_mm_s=costs.speed_mm_s
    )
    return keep_edges(streets, ~closed), kept


def snap_both(
    streets: Streets, points: NDArray[np.float64], sites: NDArray[np.float64], *, threads: int
) -> tuple[Snaps, Snaps]:
    """Return where the (n, 2) coordinates of points and sites stand on the streets."""
    both = snap_to_streets(streets, np.concatenate([points, sites]), threads=threads)
    parts = [
        Snaps(edge=both.edge[part], position_mm=both.position_mm[part], access_mm=both.access_mm[part])
        for part in (slice(None, len(points)), slice(len(points), None))
    ]
    for name, part, xy in zip(("points", "sites"), parts, (points, sites), strict=True):
        check_same_place(name, part, xy, streets)
    return parts[0], parts[1]
