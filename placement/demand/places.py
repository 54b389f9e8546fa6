"""Demand points where a planner has only totals: a square or hexagonal grid over an area, or points along streets."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from placement.errors import InputError
from placement.tables import polygon_parts
from placement.values.crs import check_frame

_MOST_CELLS = 5_000_000


def grid(area: gpd.GeoDataFrame | gpd.GeoSeries, spacing_m: float) -> gpd.GeoDataFrame:
    """Return demand points on a square grid over an area.

    Parameters
    ----------
    area
        Polygons in a projected CRS; they are joined.
    spacing_m
        Side of a cell, metres. Cells start at whole multiples of it, so that grids of neighbouring areas fit.

    Returns
    -------
    geopandas.GeoDataFrame
        Indexed by ``demand_id`` (``x<column>y<row>``): `geometry`, a point within the cell's part of the area (its
        centre where that lies inside); `cell`, that part; `area_m2`. Spread people over the cells with
        ``areal_weights(polygons, grid.set_geometry("cell"))``.

    Raises
    ------
    CrsError
        If the CRS is missing or in degrees.
    InputError
        If the spacing is not above 0, the area is empty, or there would be more than five million cells.

    Examples
    --------
    >>> from shapely import box
    >>> grid(gpd.GeoSeries([box(0, 0, 250, 100)], crs="EPSG:32650"), 100)["area_m2"].to_dict()
    {'x0y0': 10000.0, 'x1y0': 10000.0, 'x2y0': 5000.0}
    """
    whole = _joined(area, spacing_m)
    west, south, east, north = (float(value) for value in whole.bounds)
    columns = np.arange(np.floor(west / spacing_m), np.ceil(east / spacing_m))
    rows = np.arange(np.floor(south / spacing_m), np.ceil(north / spacing_m))
    _check_count(len(columns) * len(rows))
    column, row = (part.ravel() for part in np.meshgrid(columns, rows))
    x, y = column * spacing_m, row * spacing_m
    return _clipped(shapely.box(x, y, x + spacing_m, y + spacing_m), column, row, whole, area.crs)


def hexagons(area: gpd.GeoDataFrame | gpd.GeoSeries, spacing_m: float) -> gpd.GeoDataFrame:
    """Return demand points on a hexagonal grid over an area; see :func:`grid`.

    Parameters
    ----------
    area
        Polygons in a projected CRS; they are joined.
    spacing_m
        Distance between the centres of neighbouring cells, metres, the same to all six.
    """
    whole = _joined(area, spacing_m)
    height = spacing_m * np.sqrt(3.0) / 2.0
    radius = spacing_m / np.sqrt(3.0)
    west, south, east, north = (float(value) for value in whole.bounds)
    columns = np.arange(np.floor(west / spacing_m) - 1, np.ceil(east / spacing_m) + 2)
    rows = np.arange(np.floor(south / height) - 1, np.ceil(north / height) + 2)
    _check_count(len(columns) * len(rows))
    column, row = (part.ravel() for part in np.meshgrid(columns, rows))
    x, y = (column + 0.5 * (row % 2)) * spacing_m, row * height
    angle = np.deg2rad(np.arange(6) * 60.0 + 30.0)
    corners = np.stack([x[:, None] + radius * np.cos(angle), y[:, None] + radius * np.sin(angle)], axis=-1)
    return _clipped(shapely.polygons(corners), column, row, whole, area.crs)


def points_along_streets(lines: gpd.GeoDataFrame | gpd.GeoSeries, spacing_m: float) -> gpd.GeoDataFrame:
    """Return demand points along streets: each line cut into equal pieces, a point in the middle of each.

    Parameters
    ----------
    lines
        Streets in a projected CRS, indexed by a unique id, e.g. ``Streets.edges``.
    spacing_m
        Longest piece, metres.

    Returns
    -------
    geopandas.GeoDataFrame
        Indexed by ``demand_id`` (``<street>-<piece>``): `geometry` and `length_m` of the piece, which is the density to
        spread people by street length: ``areal_weights(polygons, points, density="length_m")``.

    Raises
    ------
    CrsError
        If the CRS is missing or in degrees.
    InputError
        If the spacing is not above 0 or a geometry is not a line.

    Examples
    --------
    >>> from shapely import LineString
    >>> streets = gpd.GeoSeries([LineString([(0, 0), (250, 0)])], index=["s1"], crs="EPSG:32650")
    >>> points = points_along_streets(streets, 100)
    >>> points.geometry.x.round(1).to_dict()
    {'s1-0': 41.7, 's1-1': 125.0, 's1-2': 208.3}
    """
    _check_area(lines, spacing_m)
    shapes = lines.geometry.to_numpy()
    wrong = lines.index[shapely.get_type_id(shapes) != shapely.GeometryType.LINESTRING]
    if len(wrong):
        raise InputError.single("streets", "is not a line", row=str(wrong[0]), remedy="explode multi-part lines")
    lengths = shapely.length(shapes)
    pieces = np.maximum(np.ceil(lengths / spacing_m - 1e-9), 1).astype(int)
    pieces[lengths == 0] = 0
    _check_count(int(pieces.sum()))
    street = np.repeat(np.arange(len(shapes)), pieces)
    piece = np.arange(len(street)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    size = lengths[street] / pieces[street]
    points = shapely.line_interpolate_point(shapes[street], (piece + 0.5) * size)
    ids = [f"{name}-{number}" for name, number in zip(lines.index[street], piece, strict=True)]
    return gpd.GeoDataFrame({"length_m": size}, geometry=points, index=ids, crs=lines.crs).rename_axis("demand_id")


def _joined(area: gpd.GeoDataFrame | gpd.GeoSeries, spacing_m: float) -> BaseGeometry:
    _check_area(area, spacing_m)
    whole = shapely.union_all(area.geometry.to_numpy())
    if not shapely.area(whole) > 0:
        raise InputError.single("area", "is empty", remedy="give polygons")
    return whole


def _check_area(area: gpd.GeoDataFrame | gpd.GeoSeries, spacing_m: float) -> None:
    check_frame("area", area)
    if not (np.isfinite(spacing_m) and spacing_m > 0):
        raise InputError.single("area", f"spacing_m is {spacing_m}", remedy="give metres above 0")


def _check_count(cells: int) -> None:
    if cells > _MOST_CELLS:
        problem = f"would hold {cells:,} cells; {_MOST_CELLS:,} is the limit"
        raise InputError.single("area", problem, remedy="use a larger spacing, or degrees are taken for metres")


def _clipped(
    cells: NDArray[np.object_], column: NDArray[Any], row: NDArray[Any], whole: BaseGeometry, crs: object
) -> gpd.GeoDataFrame:
    """Return the parts of the cells within the area, those that only touch it left out."""
    shapely.prepare(whole)
    inside = shapely.contains_properly(whole, cells)
    meets = inside | shapely.intersects(whole, cells)
    cells, column, row, inside = cells[meets], column[meets], row[meets], inside[meets]
    parts = cells.copy()
    parts[~inside] = shapely.intersection(cells[~inside], whole)
    for mixed in np.flatnonzero(shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts[mixed] = polygon_parts(parts[mixed])  # a border along the cell's side adds a line to its part
    size = shapely.area(parts)
    some = size > 1e-9 * shapely.area(cells)
    parts, column, row, size = parts[some], column[some], row[some], size[some]
    centres = shapely.centroid(parts)
    out = ~shapely.intersects(parts, centres)
    centres[out] = shapely.point_on_surface(parts[out])
    ids = [f"x{int(a)}y{int(b)}" for a, b in zip(column, row, strict=True)]
    frame = gpd.GeoDataFrame({"area_m2": size}, geometry=centres, index=ids, crs=crs).rename_axis("demand_id")
    frame["cell"] = gpd.GeoSeries(parts, index=ids, crs=crs)
    return frame
