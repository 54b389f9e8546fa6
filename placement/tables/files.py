"""Files into frames: CSV, Excel, GeoJSON, GeoPackage, GeoParquet. Nothing is guessed: an encoding must be true."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from placement.errors import InputError, MissingExtraError
from placement.tables.csv_file import read_csv
from placement.tables.excel import read_excel
from placement.tables.gdal import check_content, no_network
from placement.tables.geojson import read_geojson
from placement.tables.limits import MOST_BYTES, check_bytes, check_file, check_shape

_GEO = {".gpkg", ".shp", ".fgb"}
_EXPANDED = 4
"""A Parquet file may unpack to so many times the bytes that a file may have."""


def read_frame(table: str, path: Path, *, encoding: str | None = None, layer: str | None = None) -> pd.DataFrame:
    """Read a table; a GeoDataFrame, its geometry called so, where the file carries geometry.

    Cells of CSV and Excel files are text, so that ids keep their leading zeros. The index, named ``row``, is the line
    of the file, the row of the sheet, or the number of the feature from 1. The file is opened as what its suffix says,
    whatever it holds.

    Raises
    ------
    InputError
        If the file cannot be read, with what to do.
    MissingExtraError
        For Excel without openpyxl, or Parquet without pyarrow.
    """
    check_file(table, path)
    suffix = path.suffix.lower()
    try:
        if suffix == ".csv":
            return read_csv(table, path, encoding)
        if suffix in {".xlsx", ".xlsm"}:
            return read_excel(table, path, layer)
        if suffix in {".geojson", ".json"}:
            return _tidy(read_geojson(table, path))
        if suffix in {".parquet", ".geoparquet"}:
            return _tidy(_read_parquet(table, path))
        if suffix in _GEO:
            return _tidy(_read_with_gdal(table, path, encoding, layer))
    except (InputError, MissingExtraError):
        raise
    except Exception as error:
        # Readers of five formats raise as many families of errors; the planner needs one.
        raise InputError.single(
            table, f"{path.name} cannot be read: {error}", remedy="open it and save it again"
        ) from error
    known = "csv, xlsx, parquet, geojson, gpkg, shp, fgb"
    raise InputError.single(table, f"{path.name} is of no known format", remedy=f"use one of {known}")


def _read_with_gdal(table: str, path: Path, encoding: str | None, layer: str | None) -> pd.DataFrame:
    check_bytes(table, path)
    check_content(table, path)
    with no_network():
        if path.suffix.lower() == ".gpkg":
            layer = _one_layer(table, path, layer)
        info = pyogrio.read_info(path, layer=layer)
        check_shape(table, int(info["features"]), len(info["fields"]))
        return gpd.read_file(path, layer=layer, encoding=encoding)


def _one_layer(table: str, path: Path, layer: str | None) -> str:
    """Return the layer that is meant: a stored table, since a view may count without end."""
    names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    if layer is None and len(names) > 1:
        remedy = f'name one: {table} = {{path = "{path.name}", layer = "{names[0]}"}}'
        raise InputError.single(table, f"{path.name} has the layers {', '.join(names)}", remedy=remedy)
    if not names or (layer is not None and layer not in names):
        problem = f"{path.name} has no layer{'' if layer is None else f' {layer!r}'}"
        raise InputError.single(table, problem, remedy=f"it has: {', '.join(names) or 'none'}")
    found = names[0] if layer is None else layer
    with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True) as base:
        kinds = base.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", (found,)).fetchall()
    base.close()
    if any(kind != "table" or str(sql).upper().startswith("CREATE VIRTUAL") for kind, sql in kinds):
        raise InputError.single(table, f"the layer {found} of {path.name} is a view", remedy="save it as a layer")
    return found


def _read_parquet(table: str, path: Path) -> pd.DataFrame:
    try:
        import pyarrow.parquet as pq  # noqa: PLC0415 -- optional extra
    except ImportError as error:
        raise MissingExtraError("pyarrow", "parquet", f"reading {path.name}") from error
    check_bytes(table, path)
    about = pq.read_metadata(path)
    check_shape(table, about.num_rows, about.num_columns)
    expanded = sum(about.row_group(number).total_byte_size for number in range(about.num_row_groups))
    if expanded > _EXPANDED * MOST_BYTES:
        raise InputError.single(table, f"{path.name} unpacks to {expanded:,} bytes", remedy="leave columns out")
    is_geo = b"geo" in (about.metadata or {})
    frame = gpd.read_parquet(path) if is_geo else pd.read_parquet(path)
    return frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with numbered rows and text names, geometry called geometry and in the plane."""
    numbered: Any = frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row"), axis=0)
    if isinstance(numbered, gpd.GeoDataFrame):
        if numbered.geometry.name != "geometry":
            numbered = numbered.rename_geometry("geometry")
        numbered.geometry = shapely.force_2d(numbered.geometry.to_numpy())
    return numbered.rename(columns=str)
