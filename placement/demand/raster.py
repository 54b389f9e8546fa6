"""Population rasters (GeoTIFFs of WorldPop and GHS-POP kind: people a cell) to areas or demand points.

A cell that lies partly within an area gives the covered share of its people, and never more than it has. Cells without
data hold nobody; a value for no data that the file does not declare is refused: numbers below zero, more people than
:data:`MOST_PER_KM2`, and numbers that are kept for it (65535, 9999) where they stand apart. The CRS of the
raster is kept and the areas are brought into it: people are counts, and resampling them to another grid would make and
lose some.

This is the only file that imports exactextract (extra `raster`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from placement.demand.geotiff import Cells, read_cells, unread_beside
from placement.errors import CrsError, InputError, MissingExtraError
from placement.notes import Note, about
from placement.tables import overlap_faults
from placement.values.crs import check_frame
from placement.values.immutable import immutable

MOST_PER_KM2 = 4_000_000.0
"""Twice the Kowloon Walled City of 1987 (33,000 to 50,000 people on 0.026 km2), the densest place there has been; wards
of today's densest cities have up to about 200,000 people per km2."""
_MARKS = (9_999.0, 99_999.0, 999_999.0, 9_999_999.0, 2.0**15 - 1, 2.0**16 - 1, 2.0**31 - 1, 2.0**32 - 1)
"""Numbers that files keep for no data, whatever their type."""
_APART = 0.5
"""A largest number that may be a mark is one where all others are below this share of it."""
_OUTSIDE = 0.5
"""People outside all areas from which they are told."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class RasterPeople:
    """Demand points of a raster.

    Parameters
    ----------
    points
        Indexed by ``demand_id`` (``<number of the cell>``, with the place of the area where a border runs through it):
        points at the cell centres in the CRS of the areas, `people`, and `district` where the areas have it.
    notes
        How many people around the areas lie in none of them, and which files beside the raster are not read.
    """

    points: gpd.GeoDataFrame
    notes: tuple[str, ...]


def people_in_areas(path: str | Path, areas: gpd.GeoDataFrame, *, band: int | None = None) -> pd.Series:
    """Return the people of a raster within each area.

    Parameters
    ----------
    path
        GeoTIFF with people a cell.
    areas
        Polygons in any CRS, e.g. cells of :func:`placement.demand.grid`.
    band
        Which band holds people; may be left out where there is one.

    Returns
    -------
    pandas.Series
        People by the index of `areas`.

    Raises
    ------
    InputError
        If the file cannot be read as a GeoTIFF, is turned or too large, an area reaches beyond it, it has several bands
        and none is named, or cells hold values that are no people.
    CrsError
        If raster or areas have no CRS.
    MissingExtraError
        If rasterio or exactextract is not installed.
    """
    table, _ = _covered(path, areas, band)
    sums = np.bincount(table["place"], table["value"] * table["coverage"], minlength=len(areas))
    return pd.Series(sums, index=areas.index, name="people")


def points_from_raster(path: str | Path, area: gpd.GeoDataFrame, *, band: int | None = None) -> gpd.GeoDataFrame:
    """Return the raster's cells within areas as demand points: `points` of :func:`raster_people`."""
    return raster_people(path, area, band=band).points


def raster_people(path: str | Path, area: gpd.GeoDataFrame, *, band: int | None = None) -> RasterPeople:
    """Return the raster's cells within areas as demand points.

    Parameters
    ----------
    path
        GeoTIFF with people a cell.
    area
        Polygons in a projected CRS, not overlapping; a column `district` is handed on.
    band
        Which band holds people; may be left out where there is one.

    Returns
    -------
    RasterPeople

    Raises
    ------
    InputError, CrsError, MissingExtraError
        As :func:`people_in_areas`; and where areas overlap.
    """
    check_frame("area", area)
    names = area["district"] if "district" in area.columns else area.index
    faults, _ = overlap_faults("districts", pd.Index(names), area.geometry.to_numpy())
    if faults:
        raise InputError(faults)
    table, cells = _covered(path, area.set_index(pd.Index(names)), band)
    # Slivers between areas are tolerated, but a cell has no more people than it holds.
    over = np.bincount(table["local"], table["coverage"], minlength=cells.people.size)
    table["people"] = table["value"] * table["coverage"] / np.maximum(over, 1.0)[table["local"]]
    outside = _outside(cells, float(table["people"].sum()))
    table = table[table["people"] > 0]
    shared = table["cell"].duplicated(keep=False)
    ids = table["cell"].astype(str).where(~shared, table["cell"].astype(str) + "-" + table["place"].astype(str))
    centres = gpd.GeoSeries(gpd.points_from_xy(table["x"], table["y"]), crs=cells.crs).to_crs(area.crs)
    columns: dict[str, object] = {"people": table["people"].to_numpy()}
    if "district" in area.columns:
        columns["district"] = area["district"].to_numpy()[table["place"].to_numpy()]
    index = pd.Index(ids, name="demand_id")
    points = gpd.GeoDataFrame(columns, geometry=centres.to_numpy(), index=index, crs=area.crs)
    return RasterPeople(points=points, notes=(*unread_beside(path), *outside))


def _covered(path: str | Path, areas: gpd.GeoDataFrame, band: int | None) -> tuple[pd.DataFrame, Cells]:
    """Return the cells that areas cover: `place` of the area, `cell`, `local`, `x`, `y`, `value`, `coverage`."""
    try:
        import exactextract  # noqa: PLC0415 - only who reads rasters needs it
        from exactextract.raster import NumPyRasterSource  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("exactextract", "raster", "reading a population raster") from error
    if areas.crs is None:
        raise CrsError.single("areas", "have no CRS", remedy="set it with set_crs(...)")
    cells, shapes = read_cells(path, areas, band)
    west, south, east, north = cells.bounds
    source = NumPyRasterSource(cells.people, west, south, east, north, srs_wkt=cells.crs.to_wkt())
    asked = ["cell_id", "center_x", "center_y", "coverage"]
    found = exactextract.exact_extract(source, shapes, asked, output="pandas", strategy="raster-sequential")
    place = np.repeat(np.arange(len(found)), [len(part) for part in found["cell_id"]])
    local, x, y, coverage = (np.concatenate([np.zeros(0), *found[name]]) for name in asked)
    local = local.astype(np.int64)
    value = cells.people.ravel()[local]
    table = pd.DataFrame({"place": place, "cell": cells.numbers.ravel()[local], "local": local, "x": x, "y": y})
    table = table.assign(value=value, coverage=coverage)[~np.isnan(value)]
    _check_values(Path(path).name, table, cells)
    return table, cells


def _check_values(name: str, table: pd.DataFrame, cells: Cells) -> None:
    """Raise where a cell within the areas holds what cannot be people: a value for no data that is not declared."""
    if not len(table):
        return
    lowest = float(table["value"].min())
    if lowest < 0:
        raise _undeclared(name, f"holds negative people ({lowest:g})", lowest)
    density = table["value"].to_numpy() / cells.km2()[table["local"].to_numpy() // cells.people.shape[1]]
    worst = int(np.argmax(density))
    if density[worst] > MOST_PER_KM2:
        cell = table.iloc[worst]
        where = _degrees(cells.crs, float(cell["x"]), float(cell["y"]))
        told = f"{cell['value']:g} people in cell {int(cell['cell'])} at {where}, {density[worst]:,.0f} per km2"
        raise _undeclared(name, f"holds {told}: more than any city", float(cell["value"]))
    values = table["value"].to_numpy()
    largest, times = float(values.max()), int((values == values.max()).sum())
    others = values[values < largest]
    mark = largest in _MARKS or (largest == cells.most and times > 1)
    if mark and others.size and others.max() < _APART * largest:
        told = f"holds {largest:g} in {times:,} cell{'s' * (times != 1)} and otherwise at most {others.max():g}"
        raise _undeclared(name, told, largest)


def _undeclared(name: str, problem: str, value: float) -> InputError:
    problem = f"{problem}: a value for no data that is not declared as such"
    return InputError.single(name, problem, remedy=f"declare it, e.g. gdal_edit.py -a_nodata {value:g} FILE")


def _degrees(crs: pyproj.CRS, x: float, y: float) -> str:
    lon, lat = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    return f"lon {lon:.4f}, lat {lat:.4f}"


def _outside(cells: Cells, inside: float) -> tuple[str, ...]:
    """Return in words how many people in the rectangle around the areas lie in none of them."""
    plausible = (cells.people >= 0) & (cells.people <= MOST_PER_KM2 * cells.km2()[:, None])
    around = float(cells.people[plausible].sum())
    if around - inside < _OUTSIDE:
        return ()
    form = (
        "{outside:,.0f} of {around:,.0f} people in the rectangle around the districts lie in none of them and are not "
        "counted"
    )
    return (about("population", Note(form, outside=around - inside, around=around)),)
