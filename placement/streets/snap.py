"""Points on their nearest street edge.

A point is placed on the nearest *edge*: the edge, the position along it in whole millimetres, and the straight access
leg between the point and that position, in whole millimetres too. Snapping to the nearest *node* instead, as is often
done, was measured against this (15 minutes at 1.3 m/s; ``tests/benchmarks/travel.py --parts error``):

=====================================  ==========  =============  ============================
network                                mean error  95th centile   cover entries wrong
=====================================  ==========  =============  ============================
synthetic, 190 nodes a km2             31-41 s     87-95 s        7 % with access legs, 9 % without
Wuhan, drivable streets (OSM)          165 s       590-670 s      38 % with, 43 % without
=====================================  ==========  =============  ============================
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from placement.errors import CrsError, Fault, InputError
from placement.streets.space_order import morton_order
from placement.streets.streets import Streets
from placement.values.arrays import frozen_array
from placement.values.crs import degrees
from placement.values.demand import check_points
from placement.values.immutable import immutable
from placement.values.row_faults import row_faults
from placement.values.shown import Shown

if TYPE_CHECKING:
    from placement.streets.grid import Grid

FAR_SNAP_M = 500.0
"""Points farther than this from every street are listed as far."""

NOWHERE_NEAR_M = 10_000.0
"""Where not one point lies this near to a street, points and streets are of different places."""

_FARTHEST_MM = 2**31 - 1


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Snaps:
    """Where points stand on the streets.

    Parameters
    ----------
    edge
        (points,) int32 number of the nearest edge.
    position_mm
        (points,) int32 whole millimetres from the edge's node u along its length.
    access_mm
        (points,) int32 straight distance to the edge, whole millimetres (2,147 km at most).
    """

    edge: NDArray[np.int32]
    position_mm: NDArray[np.int32]
    access_mm: NDArray[np.int32]

    def __post_init__(self) -> None:
        for name in ("edge", "position_mm", "access_mm"):
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.int32))

    def take(self, at: NDArray[np.intp]) -> Snaps:
        """Return where some of the points stand, in the order given."""
        return Snaps(edge=self.edge[at], position_mm=self.position_mm[at], access_mm=self.access_mm[at])

    def table(self, streets: Streets, ids: pd.Index, kind: str, far_snap_m: float) -> pd.DataFrame:
        """Return the report rows `id`, `kind`, `access_m`, `part`, `far`."""
        access_m = self.access_mm / 1000
        return pd.DataFrame(
            {
                "id": ids.astype(str),
                "kind": kind,
                "access_m": access_m,
                "part": streets.part[streets.u[self.edge]].astype(np.int64),
                "far": access_m > far_snap_m,
            }
        )

    def _shown(self) -> Shown:
        farthest = float(self.access_mm.max(initial=0)) / 1000
        return f"Snaps: {self.edge.size:,} points on their nearest streets, {farthest:,.1f} m away at most", ()


def snap_to_streets(streets: Streets, xy: NDArray[np.float64], *, threads: int = 2) -> Snaps:
    """Return the nearest edge of each point and the place on it; of equally near edges the one numbered first.

    Parameters
    ----------
    streets
        The network.
    xy
        (points, 2) finite metres in the CRS of the network.
    threads
        Threads that search at once.
    """
    return SortedStreets.of(streets).snap(xy, threads=threads)


@dataclass(frozen=True, kw_only=True, eq=False)
class SortedStreets:
    """Streets cut into straight pieces and sorted by place: for who looks for the nearest one more than once.

    Parameters
    ----------
    streets
        The network.
    grid
        Its pieces by place; None where they are spread too unevenly.
    edge, before_m, length_m
        (pieces,) edge, metres before the piece on its edge, and its own.
    """

    streets: Streets
    grid: Grid | None
    edge: NDArray[np.int64]
    before_m: NDArray[np.float64]
    length_m: NDArray[np.float64]

    @classmethod
    def of(cls, streets: Streets) -> SortedStreets:
        """Return the pieces of a network."""
        from placement.streets.grid import build_grid  # noqa: PLC0415 - compiles or loads the kernels

        segments, edge, before, lengths = _segments(streets)
        return cls(streets=streets, grid=build_grid(segments), edge=edge, before_m=before, length_m=lengths)

    def snap(self, xy: NDArray[np.float64], *, threads: int = 2) -> Snaps:
        """Return what :func:`snap_to_streets` does."""
        order = morton_order(xy)
        edge, along, distance = (np.empty(len(xy), dtype) for dtype in (np.int64, np.float64, np.float64))
        edge[order], along[order], distance[order] = self._nearest(xy[order], threads)
        length = self.streets.length_mm[edge]
        return Snaps(
            edge=edge.astype(np.int32),
            position_mm=np.clip(np.rint(along * length), 0, length).astype(np.int32),
            access_mm=np.minimum(np.rint(distance * 1000), _FARTHEST_MM).astype(np.int32),
        )

    def _nearest(
        self, xy: NDArray[np.float64], threads: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Return (edge, share of its length from u, distance) for each point."""
        if self.grid is None:
            found = np.full(len(xy), -1, dtype=np.int64)
            distance, share = np.zeros(len(xy)), np.zeros(len(xy))
        else:
            chunks = np.array_split(xy, max(threads, 1))
            with ThreadPoolExecutor(max(threads, 1)) as pool:
                parts = list(pool.map(self.grid.nearest, chunks))
            found, distance, share = (np.concatenate([part[which] for part in parts]) for which in range(3))
        edge = self.edge[found]
        total = np.add.reduceat(self.length_m, np.flatnonzero(np.diff(self.edge, prepend=-1)))[edge]
        along = (self.before_m[found] + share * self.length_m[found]) / np.where(total > 0, total, 1.0)
        remote = np.flatnonzero(found < 0)
        if remote.size:
            edge[remote], along[remote], distance[remote] = _nearest_by_tree(self.streets, xy[remote])
        return edge, along, distance


def _segments(
    streets: Streets,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return (ends (n, 4), edge, metres before it on its edge, own metres) of every straight piece of the streets."""
    starts = np.delete(np.arange(len(streets.coordinates)), streets.starts[1:] - 1)
    segments = np.hstack([streets.coordinates[starts], streets.coordinates[starts + 1]])
    edge = np.repeat(np.arange(streets.n_edges), np.diff(streets.starts) - 1)
    lengths = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    before = np.cumsum(lengths) - lengths
    heads = np.flatnonzero(np.diff(edge, prepend=-1))
    before -= np.repeat(before[heads], np.diff(streets.starts) - 1)
    return segments, edge, before, lengths


def _nearest_by_tree(
    streets: Streets, xy: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return (edge, share of its length from u, distance), of points far from all streets, or streets thinly spread."""
    lines, points = streets.lines(), shapely.points(xy)
    matches = shapely.STRtree(lines).query_nearest(points)
    edge = np.full(len(xy), streets.n_edges, dtype=np.int64)
    np.minimum.at(edge, matches[0], matches[1])
    share = np.nan_to_num(shapely.line_locate_point(lines[edge], points, normalized=True))
    return edge, share, shapely.distance(lines[edge], points)


def point_coordinates(table: str, frame: gpd.GeoDataFrame, streets: Streets | None = None) -> NDArray[np.float64]:
    """Return (rows, 2) metres of a frame of points, checked.

    Raises
    ------
    CrsError
        If the CRS is missing, in degrees, or not that of the streets.
    InputError
        If ids repeat or geometries are missing, empty, not points or not finite; every row is listed.
    """
    check_points(table, frame)
    if streets is not None and frame.crs != streets.crs:
        raise CrsError.single(
            table,
            f"is in {frame.crs.to_string()}, the streets in {streets.crs.to_string()}",
            remedy="bring both to one CRS with to_crs(...)",
        )
    shapes = frame.geometry.to_numpy()
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    other = ~missing & (shapely.get_type_id(shapes) != shapely.GeometryType.POINT)
    faults: list[Fault] = row_faults(table, frame.index, missing, "geometry is missing", remedy="give a point")
    faults += row_faults(table, frame.index, other, "geometry is no point", remedy="give a point, e.g. the centroid")
    xy = np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
    endless = ~missing & ~other & ~np.isfinite(xy).all(axis=1)
    faults += row_faults(table, frame.index, endless, "coordinates are not finite", remedy="check the projection")
    if faults:
        raise InputError(faults)
    return xy


def check_same_place(table: str, snaps: Snaps, xy: NDArray[np.float64], streets: Streets) -> None:
    """Raise where not one of the (n, 2) points is anywhere near a street, with how far apart they are."""
    if not snaps.access_mm.size or float(snaps.access_mm.min()) <= NOWHERE_NEAR_M * 1000:
        return
    places = []
    for name, where in (("they lie", xy), ("the streets", streets.xy)):
        lon, lat = degrees(streets.crs, np.median(where, axis=0)[None, :])
        places.append(f"{name} around lon {lon[0]:.3f}, lat {lat[0]:.3f}")
    nearest = f"the nearest is {snaps.access_mm.min() / 1e6:,.0f} km away"
    raise CrsError.single(
        table,
        f"not one lies within {NOWHERE_NEAR_M / 1000:g} km of any street: {nearest}; {', '.join(places)}",
        remedy="use streets of the same place; check their CRS, and that lon and lat are not swapped",
    )
