"""Streets from any layer of lines."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from placement.errors import InputError
from placement.streets.chains import tables_of_ways
from placement.streets.parts import StreetTables, one_way
from placement.values.crs import metric_crs
from placement.values.row_faults import row_faults

_TABLE = "street lines"


def line_tables(lines: gpd.GeoDataFrame, *, planar: bool, tolerance_m: float) -> StreetTables:
    """Return the network of a layer of lines; see :meth:`placement.streets.Streets.from_lines`."""
    crs = metric_crs(_TABLE, lines.crs)
    if not (np.isfinite(tolerance_m) and tolerance_m >= 0.001):
        raise InputError.single("tolerance_m", f"is {tolerance_m}", remedy="give metres, 0.001 or more")
    shapes, attributes = _checked(lines)
    if planar:
        shapes, attributes = _planar(shapes, attributes)
    coordinates, belongs = shapely.get_coordinates(shapes, return_index=True)
    starts = np.searchsorted(belongs, np.arange(len(shapes) + 1))
    vertex, first = _vertices(coordinates, tolerance_m)
    xy = coordinates[first]

    def straight(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the metres between vertices in the plane."""
        return np.asarray(np.hypot(*(xy[a] - xy[b]).T))

    return tables_of_ways(
        _TABLE, vertex, starts, attributes=attributes, ids=pd.RangeIndex(len(xy)), xy=xy, measure=straight, crs=crs,
        left_out=[],
    )  # fmt: skip


def _checked(lines: gpd.GeoDataFrame) -> tuple[NDArray[np.object_], pd.DataFrame]:
    """Return single lines and their attributes, or raise with every row that is no line."""
    if not len(lines):
        raise InputError.single(_TABLE, "the layer is empty", remedy="give streets")
    shapes = shapely.force_2d(lines.geometry.to_numpy())
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    kinds = (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING, shapely.GeometryType.MULTILINESTRING)
    other = ~missing & ~np.isin(shapely.get_type_id(shapes), kinds)
    endless = ~missing & ~other
    endless[endless] = ~np.isfinite(shapely.bounds(shapes[endless])).all(axis=1)
    faults = row_faults(_TABLE, lines.index, missing, "geometry is missing", remedy="remove the row or draw the line")
    faults += row_faults(_TABLE, lines.index, other, "geometry is no line", remedy="give lines, e.g. centre lines")
    faults += row_faults(_TABLE, lines.index, endless, "coordinates are not finite", remedy="check the projection")
    if faults:
        raise InputError(faults)
    single, row = shapely.get_parts(shapes, return_index=True)
    highway = lines["highway"].fillna("").astype(str) if "highway" in lines else pd.Series("", index=lines.index)
    oneway = one_way(lines.get("oneway"), len(lines))
    return single, pd.DataFrame({"highway": highway.to_numpy(dtype=object)[row], "oneway": oneway[row]})


def _planar(shapes: NDArray[np.object_], attributes: pd.DataFrame) -> tuple[NDArray[np.object_], pd.DataFrame]:
    """Cut lines wherever they cross or touch; a piece keeps the attributes of the line it lies on."""
    pieces = shapely.get_parts(shapely.node(shapely.multilinestrings(shapes)))
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    found = shapely.STRtree(shapes).query_nearest(middle)
    owner = np.full(pieces.size, len(shapes), dtype=np.int64)
    np.minimum.at(owner, found[0], found[1])
    # Noding may turn a piece round; its one-way mark has to follow.
    at = [shapely.line_locate_point(shapes[owner], shapely.get_point(pieces, end)) for end in (0, -1)]
    kept = attributes.iloc[owner].reset_index(drop=True)
    kept["oneway"] = np.where(at[0] > at[1], -kept["oneway"], kept["oneway"]).astype(np.int8)
    return pieces, kept


def _vertices(coordinates: NDArray[np.float64], tolerance_m: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of each vertex (equal within one cell of the tolerance) and the first vertex of each number."""
    cells = np.rint(coordinates / tolerance_m).astype(np.int64)
    number = pd.DataFrame(cells).groupby([0, 1], sort=False).ngroup().to_numpy()
    first = np.full(int(number.max(initial=-1)) + 1, -1, dtype=np.int64)
    first[number[::-1]] = np.arange(number.size)[::-1]
    return number, first
