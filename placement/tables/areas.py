"""Polygons of a table: what can be mended without changing an area is mended and told, all else is a fault."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from placement.errors import Fault, listed
from placement.notes import Names, Note, about, counted
from placement.tables.checks import Table
from placement.tables.points import to_areas

SLIVER_SHARE = 0.01
"""Overlaps up to this share of the smaller polygon are slivers of drawing; beyond it the same ground belongs to two."""
SAME_AREA = 1e-6
"""Largest relative change of area by which mending a polygon changes nothing."""
_ROUNDING = 1e-9
"""Overlaps below this share come from coordinates with so many digits, and nobody is told."""
_SHOWN = 50
_KINDS = ("Polygon", "MultiPolygon")


def whole_areas(table: Table, crs: pyproj.CRS) -> tuple[gpd.GeoSeries, tuple[str, ...]]:
    """Return the polygons of a table in `crs` and what was mended or tolerated; all else is a fault.

    Polygons that cross themselves where that adds no area, such as doubled borders, are mended; heights are dropped.
    Overlaps are slivers up to :data:`SLIVER_SHARE`.
    """
    geometry = to_areas(table, crs)
    flat = gpd.GeoSeries(shapely.force_2d(geometry.to_numpy()), index=geometry.index, crs=crs)
    drawn = flat.geom_type.isin(_KINDS) & ~flat.is_empty
    infinite = drawn & ~np.isfinite(flat.bounds).all(axis=1)
    table.flag(infinite, "geometry leaves the area of the CRS", "check its CRS and axis order")
    usable = (drawn & ~infinite).to_numpy(dtype=bool)
    names = flat.index.astype(str)
    shapes, faults, mended = mend(table.name, names, flat.to_numpy(), usable)
    notes = [Note("polygons mended without a change of area: {names}", names=Names(mended))] if mended else []
    if not faults and usable.all():
        faults, slivers = overlap_faults(table.name, names, shapes)
        notes += slivers
    for fault in faults:
        table.fault(fault.problem, row=fault.row, remedy=fault.remedy)
        table.ok = False
    return gpd.GeoSeries(shapes, index=flat.index, crs=crs), tuple(about(table.name, note) for note in notes)


def mend(
    table: str, names: pd.Index, shapes: NDArray[np.object_], usable: NDArray[np.bool_]
) -> tuple[NDArray[np.object_], list[Fault], list[str]]:
    """Return the polygons, those made valid that lose or gain no area by it; faults of the others; which were mended.

    Parameters
    ----------
    table, names
        Name of the table and ids of its rows.
    shapes
        (rows,) polygons.
    usable
        (rows,) which of them are looked at.
    """
    shapes = shapes.copy()
    area = np.where(usable, shapely.area(shapes), 1.0)
    broken = np.flatnonzero(usable & ~shapely.is_valid(shapes))
    faults: list[Fault] = []
    mended: list[str] = []
    for place in broken:
        whole = polygon_parts(_made_valid(shapes[place]))
        if area[place] > 0 and abs(whole.area - area[place]) <= SAME_AREA * area[place]:
            shapes[place] = whole
            mended.append(str(names[place]))
            continue
        problem = f"is not a valid polygon ({shapely.is_valid_reason(shapes[place])})"
        remedy = "its area depends on how it is mended: draw it again, or choose with make_valid (QGIS: fix geometries)"
        faults.append(Fault(table=table, row=str(names[place]), problem=problem, remedy=remedy))
    flat = [place for place in np.flatnonzero(usable & (area <= 0)) if place not in set(broken)]
    remedy = "draw it again, or remove the row"
    faults += [Fault(table=table, row=str(names[i]), problem="is a polygon without area", remedy=remedy) for i in flat]
    return shapes, _cut(table, faults), mended


def overlap_faults(table: str, names: pd.Index, shapes: NDArray[np.object_]) -> tuple[list[Fault], list[Note]]:
    """Return a fault for each pair of polygons that share more than a sliver, the largest first, and what is tolerated.

    Parameters
    ----------
    table, names
        Name of the table and ids of its rows.
    shapes
        (rows,) valid polygons.
    """
    twice = pd.Series(shapely.to_wkb(shapely.normalize(shapes))).duplicated(keep=False).to_numpy()
    if twice.any():
        remedy = "people there would count twice: remove all but one"
        rows = [str(name) for name in names[twice]]
        problem = f"is the same polygon as another: {listed(rows)}"
        return [Fault(table=table, row=rows[0], problem=problem, remedy=remedy)], []
    first, second = shapely.STRtree(shapes).query(shapes, "intersects")
    first, second = first[first < second], second[first < second]
    shared = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    share = shared / np.maximum(np.minimum(shapely.area(shapes[first]), shapely.area(shapes[second])), 1e-300)
    beyond = np.flatnonzero(share > SLIVER_SHARE)
    remedy = f"people there would count twice: cut one of them ({SLIVER_SHARE:.0%} of the smaller is tolerated)"
    faults = [
        Fault(
            table=table,
            row=str(names[first[pair]]),
            problem=f"overlaps {names[second[pair]]} by {shared[pair]:,.0f} m2, {share[pair]:.1%} of the smaller one",
            remedy=remedy,
        )
        for pair in beyond[np.argsort(-shared[beyond], kind="stable")]
    ]
    slivers = np.flatnonzero((share > _ROUNDING) & (share <= SLIVER_SHARE))
    if not len(slivers):
        return _cut(table, faults), []
    told = counted(
        len(slivers),
        "{count} pair of polygons overlap by slivers ({area:,.3g} m2 in all, {share:.2g} of the smaller one at most): "
        "{pairs}",
        "{count} pairs of polygons overlap by slivers ({area:,.3g} m2 in all, {share:.2g} of the smaller one at most): "
        "{pairs}",
        area=shared[slivers].sum(), share=share[slivers].max(),
        pairs=Names(Note("{one} and {other}", one=names[first[pair]], other=names[second[pair]]) for pair in slivers),
    )  # fmt: skip
    return _cut(table, faults), [told]


def polygon_parts(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a shape without the lines and points that cutting and mending leave."""
    parts = [part for part in shapely.get_parts(shape, return_index=False) if part.geom_type in _KINDS]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def _made_valid(shape: shapely.Geometry) -> shapely.Geometry:
    try:
        return shapely.make_valid(shape)
    except shapely.GEOSException:  # crossing rings beside one that is but a point
        return shapely.make_valid(shape, method="structure")


def _cut(table: str, faults: list[Fault]) -> list[Fault]:
    """Return the first faults, and how many more there are."""
    if len(faults) <= _SHOWN:
        return faults
    more = f"{len(faults) - _SHOWN} more polygons with such faults"
    return [*faults[:_SHOWN], Fault(table=table, problem=more, remedy=faults[0].remedy)]
