"""Files into frames: CSV, Excel, GeoJSON, GeoPackage, GeoParquet. Nothing is guessed: an encoding must be true."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pyproj
import shapely

from placement.errors import CrsError, InputError, MissingExtraError
from placement.tables.csv_file import read_csv
from placement.tables.excel import read_excel
from placement.tables.gdal import check_content, no_network
from placement.tables.geojson import read_geojson
from placement.tables.limits import MOST_BYTES, check_bytes, check_file, check_shape
from placement.values.crs import near_wgs84

_GEO = {".gpkg", ".shp", ".fgb"}
_EXPANDED = 4
"""A Parquet file may unpack to so many times the bytes that a file may have."""
_BATCH = 1024
_SHOWN = 300
_UNWRITTEN = ("-wal", "-journal")
"""What SQLite keeps beside a file while a program has changes in it that are not written yet."""


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
            return _tidy(table, read_geojson(table, path))
        if suffix in {".parquet", ".geoparquet"}:
            return _tidy(table, _read_parquet(table, path))
        if suffix in _GEO:
            return _tidy(table, _read_with_gdal(table, path, encoding, layer))
    except (InputError, MissingExtraError):
        raise
    except Exception as error:
        # Readers of five formats raise as many families of errors; the planner needs one.
        raise InputError.single(
            table, f"{path.name} cannot be read: {str(error)[:_SHOWN]}", remedy="open it and save it again"
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
        remedy = f'name it: {table} = {{path = "{path.name}", encoding = "gb18030"}}'
        try:
            frame = gpd.read_file(path, layer=layer, encoding=encoding)
        except UnicodeDecodeError as error:
            problem = f"{path.name} holds texts that are not {error.encoding}"
            raise InputError.single(table, problem, remedy=remedy) from error
        silent = encoding is None and path.suffix.lower() == ".shp" and str(info["encoding"]).upper() != "UTF-8"
        if silent and table != "streets":  # names of streets are not read
            odd = _beyond_ascii(frame)
            if odd is not None:
                problem = f"{path.name} does not say in which encoding its texts are (as Latin-1: {odd!r})"
                raise InputError.single(table, problem, remedy=remedy)
        return frame


def _beyond_ascii(frame: pd.DataFrame) -> str | None:
    texts = (value for name in frame.select_dtypes(["object", "string"]) for value in frame[name])
    return next((text[:_SHOWN] for text in texts if isinstance(text, str) and not text.isascii()), None)


def _one_layer(table: str, path: Path, layer: str | None) -> str:
    """Return the layer that is meant: a stored table, since a view or a computed column may count without end."""
    for suffix in _UNWRITTEN:
        beside = path.with_name(path.name + suffix)
        if beside.is_file() and beside.stat().st_size:
            problem = f"{path.name} has changes that are not written yet ({beside.name})"
            raise InputError.single(table, problem, remedy="close it in QGIS, or save the layer to a new file")
    names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    if layer is None and len(names) > 1:
        remedy = f'name one: {table} = {{path = "{path.name}", layer = "{names[0]}"}}'
        raise InputError.single(table, f"{path.name} has the layers {', '.join(names)}", remedy=remedy)
    if not names or (layer is not None and layer not in names):
        problem = f"{path.name} has no layer{'' if layer is None else f' {layer!r}'}"
        raise InputError.single(table, problem, remedy=f"it has: {', '.join(names) or 'none'}")
    found = names[0] if layer is None else layer
    with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True) as base:
        asked = "SELECT type, sql FROM sqlite_master WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')"
        kinds = base.execute(asked, (found,)).fetchall()
        views = any(kind != "table" or str(sql).upper().startswith("CREATE VIRTUAL") for kind, sql in kinds)
        hidden = views or base.execute("SELECT 1 FROM pragma_table_xinfo(?) WHERE hidden <> 0", (found,)).fetchall()
    base.close()
    if hidden or not kinds:
        what = "is a view" if views or not kinds else "has computed columns"
        raise InputError.single(table, f"the layer {found} of {path.name} {what}", remedy="save it as a layer")
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
    _check_unpacked(table, path, pq)
    is_geo = b"geo" in (about.metadata or {})
    frame = gpd.read_parquet(path) if is_geo else pd.read_parquet(path)
    return frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()


def _check_unpacked(table: str, path: Path, pq: Any) -> None:
    """Refuse a file of few values that stand in many rows: what it says of its size counts each of them once."""
    total = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH):
            total += sum(_unpacked(column) for column in batch.columns)
            if total > _EXPANDED * MOST_BYTES:
                problem = f"{path.name} unpacks to more than {_EXPANDED * MOST_BYTES:,} bytes"
                raise InputError.single(table, problem, remedy="leave columns out")


def _unpacked(column: Any) -> int:
    """Return the bytes of a column with each value of a dictionary as often as it stands."""
    import pyarrow as pa  # noqa: PLC0415 -- optional extra
    import pyarrow.compute as pc  # noqa: PLC0415 -- optional extra

    kind = column.type
    if not pa.types.is_dictionary(kind) or not any(
        test(kind.value_type) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)
    ):
        return int(column.nbytes)
    sizes = pc.take(pc.binary_length(column.dictionary), column.indices)
    return int(pc.sum(sizes.cast(pa.int64())).as_py() or 0)


def _tidy(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with numbered rows and text names, geometry called geometry and in the plane."""
    numbered: Any = frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row"), axis=0)
    kinds = {
        name: kind.categories.dtype for name, kind in frame.dtypes.items() if isinstance(kind, pd.CategoricalDtype)
    }
    numbered = numbered.astype({name: object if kind.kind in "iub" else kind for name, kind in kinds.items()})
    if isinstance(numbered, gpd.GeoDataFrame):
        _check_on_earth(table, numbered)
        if numbered.geometry.name != "geometry":
            numbered = numbered.rename_geometry("geometry")
        numbered.geometry = shapely.force_2d(numbered.geometry.to_numpy())
    return numbered.rename(columns=str)


def _check_on_earth(table: str, frame: gpd.GeoDataFrame) -> None:
    """Refuse a CRS from which no way leads to degrees (a drawing's, the Moon's), or only that of leaving them."""
    crs: pyproj.CRS | None = frame.crs
    if crs is None:
        return
    try:
        way = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except pyproj.exceptions.ProjError as error:
        problem = f"its CRS ({crs.name[:60]}) does not say where on earth it lies"
        raise CrsError.single(table, problem, remedy="georeference it, and save it in WGS-84 or UTM") from error
    if not near_wgs84(crs) and not frame.geometry.is_empty.all() and _accuracy_m(way, frame) < 0:
        problem = f"its CRS ({crs.name[:60]}) is of another datum, and no way to WGS-84 is known here: up to 200 m off"
        raise CrsError.single(table, problem, remedy="convert it with its parameters, e.g. to CGCS2000 or WGS-84")


def _accuracy_m(way: pyproj.Transformer, frame: gpd.GeoDataFrame) -> float:
    """Return how far places may lie off by a way to degrees; -1 where it leaves the numbers as they are."""
    west, south, east, north = frame.total_bounds
    way.transform((west + east) / 2, (south + north) / 2)
    try:
        return float(way.get_last_used_operation().accuracy)
    except pyproj.exceptions.ProjError:  # there is one way only
        return float(way.accuracy)
