"""GCJ-02 and BD-09, the shifted coordinates of Chinese maps, to and from WGS-84.

The official transformation is unpublished; this is the public approximation used by every open library, good to about
a metre. The inverse is found by fixed-point iteration on the forward formula. Outside mainland China's bounding box
GCJ-02 equals WGS-84.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placement.values.arrays import FloatArray

_SEMI_MAJOR_M = 6378245.0  # Krasovsky 1940, the ellipsoid of the public formula
_ECCENTRICITY_2 = 0.00669342162296594323
_BD_FACTOR = np.pi * 3000.0 / 180.0
_BOX = (72.004, 137.8347, 0.8293, 55.8271)  # lon_min, lon_max, lat_min, lat_max
_ITERATIONS = 30


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return GCJ-02 longitude and latitude in degrees of WGS-84 ones."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    east, north = lon - 105.0, lat - 35.0
    d_lat, d_lon = _shift_lat(east, north), _shift_lon(east, north)
    phi = np.radians(lat)
    magic = 1 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    d_lat = np.degrees(d_lat / (_SEMI_MAJOR_M * (1 - _ECCENTRICITY_2) / (magic * np.sqrt(magic))))
    d_lon = np.degrees(d_lon / (_SEMI_MAJOR_M / np.sqrt(magic) * np.cos(phi)))
    inside = in_box(lon, lat)
    return np.where(inside, lon + d_lon, lon), np.where(inside, lat + d_lat, lat)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return WGS-84 longitude and latitude in degrees of GCJ-02 ones.

    Examples
    --------
    >>> lon, lat = gcj02_to_wgs84(*wgs84_to_gcj02([114.27], [30.59]))
    >>> round(float(lon[0]), 9), round(float(lat[0]), 9)
    (114.27, 30.59)
    """
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    guess_lon, guess_lat = lon, lat
    for _ in range(_ITERATIONS):
        there_lon, there_lat = wgs84_to_gcj02(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon - (there_lon - lon), guess_lat - (there_lat - lat)
    return guess_lon, guess_lat


def in_box(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Return whether WGS-84 degrees lie in mainland China's bounding box, outside of which GCJ-02 shifts nothing."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    return np.asarray((lon >= _BOX[0]) & (lon <= _BOX[1]) & (lat >= _BOX[2]) & (lat <= _BOX[3]))


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return BD-09 longitude and latitude in degrees of WGS-84 ones.

    Examples
    --------
    >>> lon, lat = bd09_to_wgs84(*wgs84_to_bd09([114.27], [30.59]))
    >>> round(float(lon[0]), 5), round(float(lat[0]), 5)
    (114.27, 30.59)
    """
    x, y = wgs84_to_gcj02(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_FACTOR)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_FACTOR)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return GCJ-02 longitude and latitude in degrees of BD-09 ones."""
    x, y = np.asarray(lon, dtype=float) - 0.0065, np.asarray(lat, dtype=float) - 0.006
    radius = np.hypot(x, y) - 0.00002 * np.sin(y * _BD_FACTOR)
    angle = np.arctan2(y, x) - 0.000003 * np.cos(x * _BD_FACTOR)
    return radius * np.cos(angle), radius * np.sin(angle)


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return WGS-84 longitude and latitude in degrees of BD-09 ones."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def to_wgs84(lon: ArrayLike, lat: ArrayLike, coordinates: str) -> tuple[FloatArray, FloatArray]:
    """Return WGS-84 degrees of ``wgs84``, ``gcj02`` or ``bd09`` ones."""
    if coordinates == "gcj02":
        return gcj02_to_wgs84(lon, lat)
    if coordinates == "bd09":
        return bd09_to_wgs84(lon, lat)
    return np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)


def _shift_lat(x: FloatArray, y: FloatArray) -> FloatArray:
    shift = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    return shift + _waves(x) + _ripples(y, (20.0, 40.0, 160.0, 320.0), (1.0, 3.0, 12.0, 30.0))


def _shift_lon(x: FloatArray, y: FloatArray) -> FloatArray:
    shift = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    return shift + _waves(x) + _ripples(x, (20.0, 40.0, 150.0, 300.0), (1.0, 3.0, 12.0, 30.0))


def _waves(x: FloatArray) -> FloatArray:
    return (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0


def _ripples(t: FloatArray, sizes: tuple[float, ...], divisors: tuple[float, ...]) -> FloatArray:
    waves = [size * np.sin(t / divisor * np.pi) for size, divisor in zip(sizes, divisors, strict=True)]
    return np.asarray(np.sum(waves, axis=0) * 2.0 / 3.0)
