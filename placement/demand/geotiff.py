"""The cells of a GeoTIFF around some areas: people a cell as floats, whatever type, scale and order of rows it has.

A file is opened as a GeoTIFF or not at all, whatever its name: other drivers of GDAL (VRT) open further files and
addresses. Nothing beside it is read, for the same reason: a mask or a scale that lies there is told, not used.

This is the only file that imports rasterio (extra `raster`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
from numpy.typing import NDArray

from placement.demand.checks import raise_faults
from placement.errors import CrsError, Fault, InputError, MissingExtraError, listed
from placement.notes import Note, about
from placement.values.arrays import FloatArray

MOST_CELLS = 10_000_000
"""Cells around the areas that are read at most: 90 km squared at 30 m, 300 km squared at 100 m."""
_MOST_BLOCK = 100_000_000
"""Cells of one compressed block of a file, which is unpacked as a whole."""
_DENSITY = re.compile(
    r"densit|(?:/|\bper\b|\bp(?=/))\s*(?:sq\w*\.?\s*|square\s+)?(?:km|kilomet|ha\b|hectare|mi|m2|m²|m\^2)"
)
_SAMPLES = 33
_ALONE = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO", "GDAL_GEOREF_SOURCES": "INTERNAL"}
"""GDAL opens what lies beside a file (``.msk``, ``.ovr``, ``.aux.xml``) with any driver, VRT and remote ones too."""
_BESIDE = (b"<NoDataValue", b"<Scale", b"<Offset", b"<GeoTransform", b"<SRS", b"<GCPList", b"MASK", b"<CategoryNames")
_MOST_BESIDE = 1 << 20


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """Part of a raster, north up.

    Parameters
    ----------
    people
        (rows, columns) people a cell; NaN without data.
    bounds
        West, south, east, north in the raster's CRS.
    crs
        Of the raster.
    numbers
        (rows, columns) the number of each cell in the whole file, row by row from its first.
    most
        The largest number that the file's type holds, if it is one of whole numbers.
    """

    people: FloatArray
    bounds: tuple[float, float, float, float]
    crs: pyproj.CRS
    numbers: NDArray[np.int64]
    most: float | None

    def km2(self) -> FloatArray:
        """Return (rows,) km2 of a cell in the middle of each row, on the ellipsoid."""
        west, south, east, north = self.bounds
        rows, columns = self.people.shape
        high, middle = (north - south) / rows, (west + east) / 2
        half = (east - west) / columns / 2
        sampled = np.unique(np.linspace(0, rows - 1, min(rows, _SAMPLES)).round().astype(int))
        to_degrees = pyproj.Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)
        ellipsoid = pyproj.Geod(ellps="WGS84")
        areas = []
        for row in sampled:
            top = north - row * high
            x = [middle - half, middle + half, middle + half, middle - half]
            lon, lat = to_degrees.transform(x, [top - high, top - high, top, top])
            areas.append(abs(ellipsoid.polygon_area_perimeter(lon, lat)[0]) / 1e6)
        return np.asarray(np.interp(np.arange(rows), sampled, areas), dtype=float)


def read_cells(path: str | Path, areas: gpd.GeoDataFrame, band: int | None) -> tuple[Cells, gpd.GeoDataFrame]:
    """Return the cells around some areas, and the areas in the raster's CRS.

    Raises
    ------
    InputError
        If the file is no GeoTIFF, turned, too large, holds densities or several bands of which none is named, or the
        areas reach beyond it.
    CrsError
        If the raster has no CRS.
    MissingExtraError
        If rasterio is not installed.
    """
    rasterio = _rasterio()
    name = Path(path).name
    try:
        with rasterio.Env(**_ALONE), rasterio.open(Path(path), driver="GTiff", sharing=False) as raster:
            chosen = _band(name, raster, band)
            _check_grid(name, raster)
            crs = _crs(name, raster)
            shapes = _in_crs(name, areas, crs)
            _check_extent(name, raster, shapes)
            return _read(raster, chosen, _window(name, raster, shapes), crs), shapes
    except (rasterio.errors.RasterioError, rasterio._err.CPLE_BaseError) as error:  # noqa: SLF001 -- GDAL's own, as met
        remedy = "give a GeoTIFF; convert others with gdal_translate -of GTiff"
        raise InputError.single(name, f"cannot be read as a GeoTIFF: {error}", remedy=remedy) from error


def unread_beside(path: str | Path) -> tuple[str, ...]:
    """Return a note on each file beside a raster from which other programs take a mask, a scale or a place."""
    files = [Path(f"{path}{suffix}") for suffix in (".msk", ".aux.xml")]
    told = []
    for file in files:
        if not file.is_file():
            continue
        with file.open("rb") as opened:
            head = opened.read(_MOST_BESIDE)
        if file.suffix == ".msk" or any(word in head for word in _BESIDE):
            form = "{file} is not read: what counts is what {raster} itself holds"
            told.append(about("population", Note(form, file=file.name, raster=Path(path).name)))
    return tuple(told)


def _rasterio() -> Any:
    try:
        import rasterio  # noqa: PLC0415 - only who reads rasters needs it
    except ImportError as error:
        raise MissingExtraError("rasterio", "raster", "reading a population raster") from error
    return rasterio


def _band(name: str, raster: Any, band: int | None) -> int:
    """Return the band to read, or raise with those there are."""
    alpha = [interpretation.name == "alpha" for interpretation in raster.colorinterp]
    number = {place: text for place, text in enumerate(raster.descriptions, start=1) if not alpha[place - 1]}
    told = listed(f"{place} ({text})" if text else place for place, text in number.items())
    if band is None and len(number) > 1:
        remedy = f'name one: population = {{path = "{name}", band = {next(iter(number))}}}'
        raise InputError.single(name, f"has the bands {told}", remedy=remedy)
    if band is not None and band not in number:
        raise InputError.single(name, f"has no band {band}: its bands are {told}", remedy="name one of them")
    chosen = next(iter(number)) if band is None else band
    if raster.dtypes[chosen - 1].startswith("complex"):
        raise InputError.single(name, "holds complex numbers", remedy="give people a cell")
    words = [raster.units[chosen - 1], raster.descriptions[chosen - 1]]
    words += [f"{key}: {text}" for key, text in (raster.tags() | raster.tags(chosen)).items() if "unit" in key.lower()]
    density = next((text for text in words if text and _DENSITY.search(text.lower())), None)
    if density is not None:
        remedy = "give people a cell: multiply by the area of a cell, or take the count product"
        raise InputError.single(name, f"says that it holds densities ({density})", remedy=remedy)
    return int(chosen)


def _check_grid(name: str, raster: Any) -> None:
    if not raster.crs:
        raise CrsError.single(name, "has no CRS", remedy="assign it, e.g. gdal_edit.py -a_srs EPSG:4326 FILE")
    turn = raster.transform
    if not np.isfinite(tuple(turn)).all() or turn.b or turn.d or turn.a <= 0 or turn.e == 0:
        remedy = "straighten it, e.g. with gdalwarp (sums change a little), or ask for the grid it was made on"
        raise InputError.single(name, f"is turned or mirrored ({tuple(turn)[:6]})", remedy=remedy)


def _crs(name: str, raster: Any) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_wkt(raster.crs.to_wkt())
    except pyproj.exceptions.CRSError as error:
        raise CrsError.single(name, f"has an unknown CRS: {error}", remedy="mend the CRS of the raster") from error


def _in_crs(name: str, areas: gpd.GeoDataFrame, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    try:
        shapes = gpd.GeoDataFrame(geometry=areas.geometry.to_numpy(), crs=areas.crs).to_crs(crs)
    except pyproj.exceptions.ProjError as error:
        problem = f"has a CRS to which the areas cannot be brought: {error}"
        raise CrsError.single(name, problem, remedy="mend the CRS of the raster") from error
    return shapes.set_index(areas.index.astype(str))


def _check_extent(name: str, raster: Any, shapes: gpd.GeoDataFrame) -> None:
    west, south, east, north = _bounds(raster)
    slack = 1e-6 * max(abs(raster.res[0]), abs(raster.res[1]))
    bounds = shapes.bounds
    lost = ~np.isfinite(bounds).all(axis=1)
    away = (
        lost | (bounds["maxx"] < west) | (bounds["minx"] > east) | (bounds["maxy"] < south) | (bounds["miny"] > north)
    )
    if len(shapes) and away.all():
        seen = ", ".join(f"{value:g}" for value in shapes.total_bounds)
        problem = f"lies elsewhere than the areas: it covers {west:g}, {south:g}, {east:g}, {north:g}, they {seen}"
        remedy = f"give the raster of the study's area, or mend its CRS ({raster.crs.to_string()[:40]})"
        raise InputError.single(name, problem, remedy=remedy)
    beyond = (
        away
        | (bounds["minx"] < west - slack)
        | (bounds["miny"] < south - slack)
        | (bounds["maxx"] > east + slack)
        | (bounds["maxy"] > north + slack)
    )
    remedy = "use a raster that covers it, or cut the area"
    raise_faults(
        [
            Fault(table="areas", row=str(row), problem=f"reaches beyond the raster {name}", remedy=remedy)
            for row in shapes.index[beyond]
        ]
    )


def _bounds(raster: Any) -> tuple[float, float, float, float]:
    west, south, east, north = raster.bounds
    return min(west, east), min(south, north), max(west, east), max(south, north)


def _window(name: str, raster: Any, shapes: gpd.GeoDataFrame) -> tuple[int, int, int, int]:
    """Return first row, rows, first column and columns of the part of the file around some shapes."""
    west, south, east, north = shapes.total_bounds if len(shapes) else raster.bounds
    turn = raster.transform
    columns = sorted(((west - turn.c) / turn.a, (east - turn.c) / turn.a))
    rows = sorted(((south - turn.f) / turn.e, (north - turn.f) / turn.e))
    left, right = max(int(np.floor(columns[0])), 0), min(int(np.ceil(columns[1])), raster.width)
    first, end = max(int(np.floor(rows[0])), 0), min(int(np.ceil(rows[1])), raster.height)
    cells, block = (end - first) * (right - left), max(high * wide for high, wide in raster.block_shapes)
    if cells > MOST_CELLS or block > _MOST_BLOCK:
        problem = f"has {cells:,} cells around the areas (in blocks of {block:,}); {MOST_CELLS:,} are read at most"
        remedy = "sum its cells to larger ones, cut it (gdal_translate -co TILED=YES), or give polygons"
        raise InputError.single(name, problem, remedy=remedy)
    return first, max(end - first, 1), left, max(right - left, 1)


def _read(raster: Any, band: int, window: tuple[int, int, int, int], crs: pyproj.CRS) -> Cells:
    first, rows, left, columns = window
    raw = raster.read(band, window=((first, first + rows), (left, left + columns)), masked=True)
    people = np.ma.filled(raw.astype(np.float64), np.nan)
    people = people * float(raster.scales[band - 1]) + float(raster.offsets[band - 1])
    numbers = (first + np.arange(rows)[:, None]) * raster.width + (left + np.arange(columns))[None, :]
    turn = raster.transform
    south_north = sorted((turn.f + first * turn.e, turn.f + (first + rows) * turn.e))
    if turn.e > 0:
        people, numbers = people[::-1], numbers[::-1]
    whole = np.dtype(raster.dtypes[band - 1])
    scale, offset = float(raster.scales[band - 1]), float(raster.offsets[band - 1])
    return Cells(
        people=np.ascontiguousarray(people),
        bounds=(turn.c + left * turn.a, south_north[0], turn.c + (left + columns) * turn.a, south_north[1]),
        crs=crs,
        numbers=np.ascontiguousarray(numbers.astype(np.int64)),
        most=np.iinfo(whole).max * scale + offset if whole.kind in "iu" else None,
    )
