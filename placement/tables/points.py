"""Rows with lon/lat or geometry into points in the study's CRS, with every misplaced row named."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from placement.errors import CrsError
from placement.tables.checks import Table
from placement.tables.coordinates import to_wgs84

_MARGIN_DEG = 0.5


def study_crs(text: str) -> pyproj.CRS:
    """Return the study's CRS.

    Raises
    ------
    CrsError
        If it is unknown, geographic, or not in metres.
    """
    try:
        crs = pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError as error:
        raise CrsError.single(
            "study.toml", f"unknown CRS {text!r}", row="study.crs", remedy="e.g. EPSG:32650"
        ) from error
    if not crs.is_projected:
        remedy = "name a projected CRS, e.g. the UTM zone of the city (EPSG:32650 for Wuhan)"
        raise CrsError.single("study.toml", f"{text} is in degrees, not metres", row="study.crs", remedy=remedy)
    if any(axis.unit_conversion_factor != 1.0 for axis in crs.axis_info):
        raise CrsError.single("study.toml", f"{text} is not in metres", row="study.crs", remedy="name a metric CRS")
    return crs


def to_points(table: Table, crs: pyproj.CRS, coordinates: str) -> gpd.GeoSeries:
    """Return point geometry in `crs` for a table with lon/lat columns or a geometry column.

    Faulty rows get an empty point and a fault; polygons are a fault (population polygons are handled before).
    """
    frame = table.frame
    if isinstance(frame, gpd.GeoDataFrame):
        return _from_geometry(table, frame.geometry, crs)
    lon, lat = table.number("lon", minimum=-np.inf), table.number("lat", minimum=-np.inf)
    if not {"lon", "lat"} <= set(frame.columns):
        return gpd.GeoSeries([None] * len(frame), index=frame.index, crs=crs)
    usable = np.isfinite(lon) & np.isfinite(lat)
    usable &= _in_degrees(table, lon, lat, usable)
    _check_area(table, lon, lat, usable, crs)
    x, y = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    wgs_lon, wgs_lat = to_wgs84(lon[usable], lat[usable], coordinates)
    transformer = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    x[usable], y[usable] = transformer.transform(wgs_lon, wgs_lat)
    return gpd.GeoSeries(gpd.points_from_xy(x, y), index=frame.index, crs=crs)


def holds_areas(frame: pd.DataFrame) -> bool:
    """Return whether a frame's geometry has polygons."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return False
    return bool(frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).any())


def _in_degrees(table: Table, lon: pd.Series, lat: pd.Series, usable: pd.Series) -> pd.Series:
    metres = usable & ((lon.abs() > 180) | (lat.abs() > 180))
    table.flag(
        metres, "lon/lat are not degrees", "lon and lat are WGS-84 degrees; write projected points as GeoPackage"
    )
    swapped = usable & ~metres & (lat.abs() > 90)
    table.flag(swapped, "lon/lat look swapped: lat is beyond 90", "swap the two columns")
    return ~metres & ~swapped


def _check_area(table: Table, lon: pd.Series, lat: pd.Series, usable: pd.Series, crs: pyproj.CRS) -> None:
    area = crs.area_of_use
    if area is None:
        return
    outside = usable & ~_within(lon, lat, area)
    swapped = outside & _within(lat, lon, area)
    table.flag(swapped, "lon/lat look swapped: the point lies in the study area the other way round", "swap them")
    where = f"lon {area.west:g}..{area.east:g}, lat {area.south:g}..{area.north:g}"
    table.flag(
        outside & ~swapped, f"point lies outside the area of {crs.to_string()} ({where})", "mend it or study.crs"
    )


def _within(lon: pd.Series, lat: pd.Series, area: Any) -> pd.Series:
    east_west = (lon >= area.west - _MARGIN_DEG) & (lon <= area.east + _MARGIN_DEG)
    return east_west & (lat >= area.south - _MARGIN_DEG) & (lat <= area.north + _MARGIN_DEG)


def _from_geometry(table: Table, geometry: gpd.GeoSeries, crs: pyproj.CRS) -> gpd.GeoSeries:
    geometry = gpd.GeoSeries(geometry.to_numpy(), index=table.frame.index, crs=geometry.crs)
    if geometry.crs is None:
        table.fault("has no CRS", remedy="save it with its CRS")
        table.ok = False
        return geometry.set_crs(crs)
    empty = geometry.isna() | geometry.is_empty
    table.flag(empty, "geometry is empty", "draw the point or remove the row")
    wrong = ~empty & (geometry.geom_type != "Point")
    table.flag(wrong, "geometry is not a point", "give one point a row")
    moved = geometry.to_crs(crs)
    infinite = (
        ~empty & ~wrong & ~np.isfinite(np.hypot(moved.where(~wrong).x.fillna(0), moved.where(~wrong).y.fillna(0)))
    )
    table.flag(infinite, "geometry leaves the area of the CRS", "check its CRS and axis order")
    return moved
