"""Whether a coordinate reference system measures metres where the data lie.

Every distance of this library is a distance in the plane of a projected CRS. A projection that was made for another
place draws a metre longer or shorter than it is: Web Mercator in Wuhan by 16 %, a UTM zone 9 degrees away by 1 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray

from placement.errors import CrsError

MEAN_TOLERANCE = 0.002
"""How much the mean scale of all directions may differ from 1 where a study's data lie: a UTM zone reaches 0.1 % at its
borders, and half a zone beyond them 0.2 %."""

WORST_TOLERANCE = 0.005
"""How much the scale of any one direction may differ from 1. Equal-area projections of large states (Alaska Albers:
0.4 % in Anchorage) keep the mean of all directions and pass; frames handed to single functions are held to this alone,
because coordinates counted from the false origin of a UTM zone lie 0.27 % off."""

SPREAD_DEG = 8.0
"""Data wider than this in longitude fit no UTM zone within the tolerance."""

_TOO_FAR_M = 3e7
"""Coordinates farther than this from the origin of a CRS are on no Earth: its meridians are 20,000 km long."""


_RADIUS_M = 6_378_137.0
"""Of the ellipsoids GRS 1980 and WGS 84."""


def metric_crs(table: str, crs: object, *, row: str = "") -> pyproj.CRS:
    """Return the CRS, or raise where it is missing, unknown, tied to no place, in degrees or not in metres."""
    remedy = "name a projected CRS in metres, e.g. the UTM zone of the city (EPSG:32650 for Wuhan)"
    if crs is None:
        raise CrsError.single(table, "has no CRS", row=row, remedy=remedy)
    try:
        known = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise CrsError.single(table, f"unknown CRS {crs!r}", row=row, remedy=remedy) from error
    if known.is_geographic:
        raise CrsError.single(table, f"{_name(known)} is in degrees, not metres", row=row, remedy=remedy)
    if not known.is_projected:
        problem = f"{_name(known)} is no projected CRS ({known.type_name}): it is tied to no place on Earth"
        raise CrsError.single(table, problem, row=row, remedy=remedy)
    # A compound CRS adds heights; they play no part in distances, and neither does their unit.
    units = {axis.unit_name for axis in known.axis_info[:2]}
    if units - {"metre"}:
        problem = f"{_name(known)} is in {', '.join(sorted(units))}, not metres"
        raise CrsError.single(table, problem, row=row, remedy=remedy)
    return known


def utm_zone(lon: float, lat: float) -> str:
    """Return the EPSG code of the UTM zone (WGS 84) of a place.

    Examples
    --------
    >>> utm_zone(114.3, 30.6), utm_zone(-43.2, -22.9), utm_zone(180.5, 10)
    ('EPSG:32650', 'EPSG:32723', 'EPSG:32601')
    """
    zone = min(int(((lon + 180) % 360) // 6) + 1, 60)
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Scales:
    """The scales of a CRS at places: metres of the plane for a metre on the ground.

    Parameters
    ----------
    mean
        (places,) of all directions; infinite where the CRS has no coordinates.
    worst
        (places,) the largest difference from 1 in any direction.
    """

    mean: NDArray[np.float64]
    worst: NDArray[np.float64]

    def misfit(self, *, mean_counts: bool = True) -> NDArray[np.bool_]:
        """Return (places,) where the CRS is off by more than the tolerance."""
        off = self.worst > WORST_TOLERANCE
        return off | (np.abs(self.mean - 1) > MEAN_TOLERANCE) if mean_counts else off


def scales(crs: pyproj.CRS, lon: ArrayLike, lat: ArrayLike) -> Scales:
    """Return the scales of a CRS at places given in degrees.

    Source: Tissot's indicatrix as PROJ computes it (``Proj.get_factors``); a straight line of random direction is
    drawn longer by about the mean of its two half-axes.

    Examples
    --------
    >>> at = scales(pyproj.CRS("EPSG:3857"), [117.0], [30.55])
    >>> round(float(at.mean[0]), 3), bool(at.misfit()[0])
    (1.161, True)
    """
    lon, lat = np.atleast_1d(np.asarray(lon, dtype=float)), np.atleast_1d(np.asarray(lat, dtype=float))
    if not lon.size:
        return Scales(mean=np.empty(0), worst=np.empty(0))
    factors = _projection(crs).get_factors(lon, lat, errcheck=False)
    major, minor = np.asarray(factors.tissot_semimajor), np.asarray(factors.tissot_semiminor)
    with np.errstate(invalid="ignore"):
        known = np.isfinite(major) & np.isfinite(minor) & (minor > 0) & (major < 1e6)
        mean = np.where(known, (major + minor) / 2, np.inf)
        worst = np.where(known, np.maximum(np.abs(major - 1), np.abs(minor - 1)), np.inf)
    return Scales(mean=mean, worst=worst)


def degrees(crs: pyproj.CRS, xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return WGS-84 longitude and latitude of (n, 2) metres; infinite where the CRS has no such place."""
    lon, lat = _to_degrees(crs).transform(xy[:, 0], xy[:, 1])
    return np.atleast_1d(np.asarray(lon, dtype=float)), np.atleast_1d(np.asarray(lat, dtype=float))


def misfit(crs: pyproj.CRS, lon: NDArray[np.float64], lat: NDArray[np.float64], *, strict: bool = True) -> str:
    """Return in words how the CRS is off in the middle of the places, and "" where it fits there."""
    place = middle(lon, lat)
    at = scales(crs, *place)
    if not at.misfit(mean_counts=strict)[0]:
        return ""
    where = f"where the data lie (lon {place[0]:.3f}, lat {place[1]:.3f})"
    if not np.isfinite(at.mean[0]):
        return f"{_name(crs)} has no coordinates {where}"
    off = f"{abs(at.mean[0] - 1):.1%} too {'long' if at.mean[0] > 1 else 'short'}"
    if abs(at.mean[0] - 1) <= MEAN_TOLERANCE:
        off = f"up to {at.worst[0]:.1%} too long or short, by direction,"
    return f"{_name(crs)} does not fit: it draws lengths {off} {where}"


def middle(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[float, float]:
    """Return the median place; longitudes are counted across 180 degrees where the places lie on both sides of it."""
    turned = lon % 360 if np.ptp(lon) > 180 else lon
    return float((np.median(turned) + 180) % 360 - 180), float(np.median(lat))


def require_fit(table: str, crs: pyproj.CRS, xy: NDArray[np.float64], *, strict: bool = True, row: str = "") -> None:
    """Raise where the CRS does not fit the middle of (n, 2) finite metres, naming the UTM zone that does.

    `strict` holds the mean of all directions to :data:`MEAN_TOLERANCE` beside the :data:`WORST_TOLERANCE` of any one.

    Raises
    ------
    CrsError
        If lengths are off by more than the tolerance, or the coordinates lie on no Earth.
    """
    if not len(xy):
        return
    if np.abs(np.median(xy, axis=0)).max() > _TOO_FAR_M:
        raise CrsError.single(table, f"coordinates lie outside {_name(crs)}", row=row, remedy="check the projection")
    lon, lat = degrees(crs, np.median(xy, axis=0)[None, :])
    found = misfit(crs, lon, lat, strict=strict) if np.isfinite(lon).all() else f"lies outside {_name(crs)}"
    if found:
        raise CrsError.single(table, found, row=row, remedy=zone_remedy(lon, lat))


def zone_remedy(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> str:
    """Return the advice which UTM zone to use."""
    if not np.isfinite(lon).all():
        return "check the coordinates, or name the UTM zone of the city"
    place = middle(lon, lat)
    code = utm_zone(*place)
    zone = f"UTM zone {int(code[-2:])}{'N' if place[1] >= 0 else 'S'}"
    return f"use {code} ({zone}); if the coordinates are elsewhere than they should be, mend them"


def check_frame(table: str, frame: gpd.GeoDataFrame | gpd.GeoSeries) -> None:
    """Raise unless a frame's geometry is in metres of a CRS that measures metres there.

    Raises
    ------
    CrsError
        If the CRS is missing, in degrees, not in metres, or off by more than :data:`WORST_TOLERANCE` where the data
        lie; the message names the UTM zone.
    """
    if frame.crs is None:
        raise CrsError.single(table, "has no CRS", remedy="set it with set_crs(...) or name it in study.toml")
    crs = metric_crs(table, frame.crs)
    xy = shapely.get_coordinates(frame.geometry.to_numpy())
    require_fit(table, crs, xy[np.isfinite(xy).all(axis=1)], strict=False)


@lru_cache(maxsize=64)
def _projection(crs: pyproj.CRS) -> pyproj.Proj:
    return pyproj.Proj(_plane(crs))


@lru_cache(maxsize=64)
def _to_degrees(crs: pyproj.CRS) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(_plane(crs), "EPSG:4326", always_xy=True)


def _plane(crs: pyproj.CRS) -> pyproj.CRS:
    """Return the horizontal part of a CRS."""
    return crs.sub_crs_list[0] if crs.is_compound else crs.to_2d()


def _name(crs: pyproj.CRS) -> str:
    text = crs.to_string()
    return text if len(text) <= 60 else crs.name


def near_wgs84(crs: pyproj.CRS) -> bool:
    """Return whether degrees of `crs` lie within a metre or two of WGS-84's: its ellipsoid is that of GRS 1980.

    So are ETRS89, NAD83, CGCS2000 and most that are centred on the earth; Beijing 1954, Xi'an 1980, NAD27 and others of
    their age are not, and lie up to some hundred metres off.
    """
    ellipsoid = crs.ellipsoid
    return ellipsoid is not None and abs(ellipsoid.semi_major_metre - _RADIUS_M) < 1
