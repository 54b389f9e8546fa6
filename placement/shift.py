"""A table in GCJ-02 or BD-09 that is called WGS-84 lies 300-700 m off in one direction: notice it, and say so.

No coordinates are changed on suspicion. The test is how far a table's points lie from the streets as they are written,
and how far they would lie if they were in one of the shifted systems.
"""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import shapely

from placement.errors import ShiftedWarning
from placement.study import Study
from placement.tables import Tables
from placement.tables.coordinates import bd09_to_wgs84, gcj02_to_wgs84
from placement.travel import Streets, snap_to_streets

SUSPICIOUS_M = 100.0
"""Only a table whose median point lies farther than this from every street is looked at."""

AT_STREETS_M = 50.0
"""A table belongs to a shifted system only if that puts its median point this near to a street."""


def warn_if_shifted(study: Study, tables: Tables, streets: Streets) -> None:
    """Warn of each table that lies off the streets and would lie on them as GCJ-02 or BD-09."""
    existing = tables.sites.table["existing"].to_numpy(dtype=bool)
    frames = {
        "population": tables.population,
        "footfall": tables.footfall,
        "stations": tables.sites.table[existing],
        "candidates": tables.sites.table[~existing],
    }
    for name, file in study.inputs.files():
        frame = frames.get(name)
        if file.coordinates != "wgs84" or frame is None or not len(frame) or not (frame.geom_type == "Point").all():
            continue
        system, before, after = _suspect(frame, streets)
        if system:
            message = (
                f"{name} looks shifted: half of it lies more than {before:,.0f} m from every street, read as {system} "
                f'only {after:,.0f} m; if it is, write {name} = {{path = ..., coordinates = "{system}"}}'
            )
            warnings.warn(message, ShiftedWarning, stacklevel=2)


def _suspect(frame: gpd.GeoDataFrame, streets: Streets) -> tuple[str, float, float]:
    xy = shapely.get_coordinates(frame.geometry.to_numpy())
    before = _median_m(streets, xy)
    if before < SUSPICIOUS_M:
        return "", before, before
    degrees = frame.geometry.to_crs("EPSG:4326")
    lon, lat = degrees.x.to_numpy(), degrees.y.to_numpy()
    medians = {}
    for system, convert in (("gcj02", gcj02_to_wgs84), ("bd09", bd09_to_wgs84)):
        moved = gpd.GeoSeries(gpd.points_from_xy(*convert(lon, lat)), crs="EPSG:4326").to_crs(frame.crs)
        medians[system] = _median_m(streets, shapely.get_coordinates(moved.to_numpy()))
    system = min(medians, key=medians.__getitem__)
    return (system, before, medians[system]) if medians[system] < AT_STREETS_M else ("", before, before)


def _median_m(streets: Streets, xy: np.ndarray) -> float:
    return float(np.median(snap_to_streets(streets, xy).access_mm)) / 1000
