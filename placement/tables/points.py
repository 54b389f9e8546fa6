"""Rows with lon/lat or geometry into points in the study's CRS, with every misplaced row named."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from placement.errors import CrsError
from placement.study import TABLE
from placement.tables.checks import Table
from placement.tables.coordinates import to_wgs84
from placement.values.arrays import BoolArray, FloatArray
from placement.values.crs import metric_crs, middle, misfit, scales, zone_remedy

_MARGIN_DEG = 0.5
"""How far places may lie beyond the area that a CRS is made for: its bounds are rounded, cities lie on borders."""

_MOST = 0.5
"""Where the CRS does not fit more than this share of a table, it is not the rows that are wrong."""

_SHOWN = 50
_CRS_ROW = "study.crs"
_WGS84_LIKE = (4326, 4490)
"""WGS-84 and CGCS2000, which agree to centimetres: what layers of shifted degrees are called."""

_BEYOND_ANY_MAP = 1e9
"""Coordinates beyond it say nothing of a CRS; they are refused as others off the map are."""


def study_crs(text: str, *, table: str = TABLE) -> pyproj.CRS:
    """Return the study's CRS; `table` is the name of the study file.

    Raises
    ------
    CrsError
        If it is unknown, geographic, tied to no place, or not in metres.
    """
    return metric_crs(table, text, row=_CRS_ROW)


def to_points(table: Table, crs: pyproj.CRS, coordinates: str) -> gpd.GeoSeries:
    """Return point geometry in `crs` for a table with lon/lat columns or a geometry column.

    Faulty rows get an empty point and a fault; polygons are a fault (population polygons are handled before). A CRS
    that does not measure metres where most of the table lies is a fault of the study, named once. `coordinates` are
    those of the columns; a layer was brought back by :func:`shifted_back` when it was read.
    """
    frame = table.frame
    if isinstance(frame, gpd.GeoDataFrame):
        found = _degrees_of_geometry(table)
    else:
        found = _degrees_of_columns(table, coordinates)
    if found is None:
        return gpd.GeoSeries([None] * len(frame), index=frame.index, crs=crs)
    lon, lat = found
    usable = np.isfinite(lon) & np.isfinite(lat)
    x, y = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    if usable.any():
        usable &= ~_misplaced(table, lon, lat, usable, crs)
        transformer = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        x[usable], y[usable] = transformer.transform(lon[usable], lat[usable])
        endless = usable & ~np.isfinite(np.hypot(x, y))
        _flag(table, endless, "the point leaves the area of the CRS", "check its coordinates")
    return gpd.GeoSeries(gpd.points_from_xy(x, y), index=frame.index, crs=crs)


def to_areas(table: Table, crs: pyproj.CRS) -> gpd.GeoSeries:
    """Return the polygons of a table in `crs`; anything else than a polygon is a fault.

    Outlines may reach beyond the place of the study; only where the CRS fits none of them is it a fault.
    """
    geometry = _own_geometry(table)
    if geometry is None:
        return gpd.GeoSeries([None] * len(table.frame), index=table.frame.index, crs=crs)
    empty = geometry.isna() | geometry.is_empty
    table.flag(empty, "geometry is empty", "draw the polygon or remove the row")
    wrong = ~empty & ~geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    table.flag(wrong, "geometry is not a polygon", "do not mix points, lines and polygons")
    shapes = geometry[~empty & ~wrong].to_crs("EPSG:4326")
    bounds = shapes.bounds.to_numpy()
    # Centroids of what cannot be drawn end in errors of shapely's; the middles of boxes do not.
    known = (np.abs(bounds) <= _BEYOND_ANY_MAP).all(axis=1)
    lon, lat = 0.5 * (bounds[known, :2] + bounds[known, 2:]).T
    if known.any() and scales(crs, lon, lat).misfit().all():
        _crs_fault(table, crs, lon, lat)
    return geometry.to_crs(crs)


def shifted_back(table: str, frame: gpd.GeoDataFrame, coordinates: str) -> gpd.GeoDataFrame:
    """Return a layer whose degrees are GCJ-02 or BD-09 in WGS-84.

    Raises
    ------
    CrsError
        If its own CRS says that its coordinates are something else than such degrees.
    """
    if coordinates == "wgs84":
        return frame
    crs = frame.crs
    if crs is None or not crs.is_geographic or crs.to_epsg(min_confidence=20) not in _WGS84_LIKE:
        found = "it has no CRS" if crs is None else f"its CRS is {crs.to_string()[:60]}"
        remedy = f"export the {coordinates} degrees as they are, called EPSG:4326, or leave coordinates out"
        raise CrsError.single(table, f'coordinates = "{coordinates}" goes with degrees, but {found}', remedy=remedy)

    def back(xy: Any) -> Any:
        """Return (n, 2) WGS-84 degrees of shifted ones."""
        return np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], coordinates))

    return frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), back), crs=crs)


def holds_areas(frame: pd.DataFrame) -> bool:
    """Return whether a frame's geometry has polygons."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return False
    return bool(frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).any())


def _degrees_of_columns(table: Table, coordinates: str) -> tuple[FloatArray, FloatArray] | None:
    """Return WGS-84 degrees of the columns lon and lat, NaN in faulty rows; None without the columns."""
    lon, lat = table.number("lon"), table.number("lat")
    if not {"lon", "lat"} <= set(table.frame.columns):
        return None
    usable = np.isfinite(lon) & np.isfinite(lat)
    metres = usable & ((lon.abs() > 180) | (lat.abs() > 180))
    table.flag(
        metres, "lon/lat are not degrees", "lon and lat are WGS-84 degrees; write projected points as GeoPackage"
    )
    swapped = usable & ~metres & (lat.abs() > 90)
    table.flag(swapped, "lon/lat look swapped: lat is beyond 90", "swap the two columns")
    bad = (~usable | metres | swapped).to_numpy()
    east, north = (np.where(bad, np.nan, part.to_numpy(dtype=float)) for part in (lon, lat))
    return to_wgs84(east, north, coordinates)


def _degrees_of_geometry(table: Table) -> tuple[FloatArray, FloatArray] | None:
    """Return degrees of a geometry column, NaN in faulty rows; None without a CRS."""
    geometry = _own_geometry(table)
    if geometry is None:
        return None
    alone = (geometry.geom_type == "MultiPoint") & (shapely.get_num_geometries(geometry.to_numpy()) == 1)
    geometry[alone] = shapely.get_geometry(geometry[alone].to_numpy(), 0)
    empty = geometry.isna() | geometry.is_empty
    table.flag(empty, "geometry is empty", "draw the point or remove the row")
    wrong = ~empty & (geometry.geom_type != "Point")
    table.flag(wrong, "geometry is not a point", "give one point a row")
    degrees = geometry.to_crs("EPSG:4326").to_numpy()
    lon, lat = shapely.get_x(degrees), shapely.get_y(degrees)
    with np.errstate(invalid="ignore"):
        nowhere = ~np.isfinite(lon) | ~np.isfinite(lat) | (np.abs(lon) > 180) | (np.abs(lat) > 90)
    _flag(
        table,
        nowhere & ~(empty | wrong).to_numpy(),
        "geometry leaves the area of the CRS",
        "check its CRS and axis order",
    )
    return np.where(nowhere, np.nan, lon), np.where(nowhere, np.nan, lat)


def _own_geometry(table: Table) -> gpd.GeoSeries | None:
    """Return the geometry of a table by row, in its own CRS; None, and a fault, where it has none."""
    geometry = table.frame.geometry
    if geometry.crs is None:
        table.fault("has no CRS", remedy="save it with its CRS")
        table.ok = False
        return None
    return gpd.GeoSeries(geometry.to_numpy(), index=table.frame.index, crs=geometry.crs)


def _misplaced(table: Table, lon: FloatArray, lat: FloatArray, usable: BoolArray, crs: pyproj.CRS) -> BoolArray:
    """Return (rows,) which points lie where the CRS is not used or does not fit, with a fault for each of them.

    Where the CRS does not fit most of the table, it is the CRS that is at fault, or both columns.
    """
    null: BoolArray = usable & (lon == 0) & (lat == 0)
    _flag(table, null, "lon and lat are both 0", "give the place, or remove the row")
    rest = usable & ~null
    if not rest.any():
        return null
    outside = rest & (_outside(lon, lat, crs) | _misfits(lon, lat, rest, crs))
    swapped = outside & ~_outside(lat, lon, crs) & ~_misfits(lat, lon, outside & (np.abs(lon) <= 90), crs)
    swapped &= np.abs(lon) <= 90
    if outside[rest].mean() > _MOST and not swapped[outside].mean() > _MOST:
        _crs_fault(table, crs, lon[outside], lat[outside])
        return null
    _flag(table, swapped, "lon/lat look swapped: the point lies in the study area the other way round", "swap them")
    lost = outside & ~swapped
    _flag(
        table,
        lost,
        f"point lies outside the area of {crs.to_string()}{_bounds(crs)}",
        "mend it or study.crs",
        (lon, lat),
    )
    found: BoolArray = null | outside
    return found


def _crs_fault(table: Table, crs: pyproj.CRS, lon: FloatArray, lat: FloatArray) -> None:
    """Add the fault of the study's CRS, once for all tables."""
    table.ok = False
    if any(fault.table == table.faults.study and fault.row == _CRS_ROW for fault in table.faults.items):
        return
    place = "lon {:.3f}, lat {:.3f}".format(*middle(lon, lat))
    problem = misfit(crs, lon, lat) or f"{crs.to_string()} is not meant for {place}{_bounds(crs)}"
    table.faults.add(table.faults.study, f"{problem} ({table.name})", row=_CRS_ROW, remedy=zone_remedy(lon, lat))


def _misfits(lon: FloatArray, lat: FloatArray, where: BoolArray, crs: pyproj.CRS) -> BoolArray:
    found = np.zeros(len(lon), dtype=bool)
    found[where] = scales(crs, lon[where], lat[where]).misfit()
    return found


def _outside(lon: FloatArray, lat: FloatArray, crs: pyproj.CRS) -> BoolArray:
    """Return (rows,) which places lie outside the area of use, which may run across 180 degrees."""
    area = crs.area_of_use
    if area is None:
        return np.zeros(len(lon), dtype=bool)
    width = area.east - area.west + (360 if area.east < area.west else 0) + 2 * _MARGIN_DEG
    with np.errstate(invalid="ignore"):
        beside = (lon - area.west + _MARGIN_DEG) % 360 > width
        found: BoolArray = beside | (lat < area.south - _MARGIN_DEG) | (lat > area.north + _MARGIN_DEG)
    return found


def _bounds(crs: pyproj.CRS) -> str:
    area = crs.area_of_use
    if area is None:
        return ""
    return f" (lon {area.west:g}..{area.east:g}, lat {area.south:g}..{area.north:g})"


def _flag(
    table: Table, mask: BoolArray, problem: str, remedy: str, shown: tuple[FloatArray, FloatArray] | None = None
) -> None:
    """Add a fault for each row of a mask, with its place in degrees where `shown` brings it."""
    if not mask.any():
        return
    if shown is None:
        table.flag(pd.Series(mask, index=table.frame.index), problem, remedy)
        return
    table.ok = False
    rows = np.flatnonzero(mask)
    for at in rows[:_SHOWN]:
        where = f"{problem}: lon {shown[0][at]:g}, lat {shown[1][at]:g}"
        table.fault(where, row=table.frame.index[at], remedy=remedy)
    if len(rows) > _SHOWN:
        table.fault(f"{problem}: {len(rows) - _SHOWN} more rows", remedy=remedy)
