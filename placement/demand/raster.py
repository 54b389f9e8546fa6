"""Population rasters (GeoTIFFs of WorldPop and GHS-POP kind: people a cell) to areas or demand points.

A cell that lies partly within an area gives the covered share of its people. Cells without data hold nobody. The CRS of
the raster is kept and the areas are brought into it: people are counts, and resampling them to another grid would make
and lose some.

This is the only file that imports rasterio and exactextract (extra `raster`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from placement.demand._check import raise_faults
from placement.errors import CrsError, Fault, InputError, MissingExtraError
from placement.values.crs import check_frame


def people_in_areas(path: str | Path, areas: gpd.GeoDataFrame) -> pd.Series:
    """Return the people of a raster within each area.

    Parameters
    ----------
    path
        GeoTIFF with people a cell in its first band.
    areas
        Polygons in any CRS, e.g. cells of :func:`placement.demand.grid`.

    Returns
    -------
    pandas.Series
        People by the index of `areas`.

    Raises
    ------
    InputError
        If the file cannot be read, an area reaches beyond the raster, or cells with data are negative.
    CrsError
        If raster or areas have no CRS.
    MissingExtraError
        If rasterio or exactextract is not installed.
    """
    table = _extract(path, areas, ["sum", "min"])
    _refuse_negative(path, table["min"].min())
    return pd.Series(table["sum"].fillna(0.0).to_numpy(dtype=float), index=areas.index, name="people")


def points_from_raster(path: str | Path, area: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the raster's cells within an area as demand points.

    Parameters
    ----------
    path
        GeoTIFF with people a cell in its first band.
    area
        Polygons in a projected CRS, not overlapping; a column `district` is handed on.

    Returns
    -------
    geopandas.GeoDataFrame
        Indexed by ``demand_id`` (``<number of the cell>``, with the place of the area where a border runs through
        it): points at the cell centres in the CRS of `area`, `people`, and `district` where `area` has it.

    Raises
    ------
    InputError, CrsError, MissingExtraError
        As :func:`people_in_areas`.
    """
    check_frame("area", area)
    cells = _extract(path, area, ["cell_id", "center_x", "center_y", "values", "coverage"])
    parts = []
    for place, row in enumerate(cells.itertuples(index=False)):
        value = np.ma.filled(np.ma.masked_invalid(row.values), 0.0).astype(float)
        part = pd.DataFrame({"cell": row.cell_id, "x": row.center_x, "y": row.center_y, "value": value})
        parts.append(part.assign(people=value * row.coverage, place=place))
    table = pd.concat(parts, ignore_index=True)
    _refuse_negative(path, table["value"].min())
    table = table[table["people"] > 0]
    shared = table["cell"].duplicated(keep=False)
    ids = table["cell"].astype(str).where(~shared, table["cell"].astype(str) + "-" + table["place"].astype(str))
    points = gpd.GeoSeries(gpd.points_from_xy(table["x"], table["y"]), crs=_raster_crs(path)).to_crs(area.crs)
    columns: dict[str, Any] = {"people": table["people"].to_numpy()}
    if "district" in area.columns:
        columns["district"] = area["district"].to_numpy()[table["place"].to_numpy()]
    index = pd.Index(ids, name="demand_id")
    return gpd.GeoDataFrame(columns, geometry=points.to_numpy(), index=index, crs=area.crs)


def _extract(path: str | Path, areas: gpd.GeoDataFrame, operations: list[str]) -> pd.DataFrame:
    """Return one row an area with the asked results of exactextract."""
    try:
        import exactextract  # noqa: PLC0415 - only who reads rasters needs it
    except ImportError as error:
        raise MissingExtraError("exactextract", "raster", "reading a population raster") from error
    if areas.crs is None:
        raise CrsError.single("areas", "have no CRS", remedy="set it with set_crs(...)")
    crs = _raster_crs(path)
    shapes = gpd.GeoDataFrame(geometry=areas.geometry.to_numpy(), crs=areas.crs).to_crs(crs)
    _check_extent(path, shapes.set_index(areas.index.astype(str)))
    return exactextract.exact_extract(str(path), shapes, operations, output="pandas", strategy="raster-sequential")


def _rasterio() -> Any:
    try:
        import rasterio  # noqa: PLC0415 - only who reads rasters needs it
    except ImportError as error:
        raise MissingExtraError("rasterio", "raster", "reading a population raster") from error
    return rasterio


def _raster_crs(path: str | Path) -> Any:
    rasterio = _rasterio()
    try:
        with rasterio.open(path) as raster:
            crs = raster.crs
    except rasterio.errors.RasterioIOError as error:
        raise InputError.single(str(path), f"cannot be read: {error}", remedy="give a GeoTIFF") from error
    if crs is None:
        raise CrsError.single(str(path), "has no CRS", remedy="assign it, e.g. gdal_edit.py -a_srs EPSG:4326 FILE")
    return crs.to_wkt()


def _check_extent(path: str | Path, shapes: gpd.GeoDataFrame) -> None:
    with _rasterio().open(path) as raster:
        west, south, east, north = raster.bounds
        slack = 1e-6 * max(abs(raster.res[0]), abs(raster.res[1]))
    bounds = shapes.bounds
    beyond = (
        (bounds["minx"] < west - slack)
        | (bounds["miny"] < south - slack)
        | (bounds["maxx"] > east + slack)
        | (bounds["maxy"] > north + slack)
    )
    raise_faults(
        [
            Fault(
                table="areas",
                row=str(row),
                problem=f"reaches beyond the raster {Path(path).name}",
                remedy="use a raster that covers it, or cut the area",
            )
            for row in shapes.index[beyond]
        ]
    )


def _refuse_negative(path: str | Path, lowest: float) -> None:
    if lowest < 0:
        problem = f"holds negative people ({lowest:g}): a value for no data that is not declared as such"
        raise InputError.single(str(path), problem, remedy=f"declare it, e.g. gdal_edit.py -a_nodata {lowest:g} FILE")
