"""Files into frames: CSV, Excel, GeoJSON, GeoPackage, GeoParquet. Nothing is guessed: an encoding must be true."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from placement.errors import Fault, InputError, MissingExtraError

_SHOWN = 50
_SEPARATORS = {";": "semicolons", "\t": "tabs", "，": "fullwidth commas"}
_GEO = {".geojson", ".json", ".gpkg", ".shp", ".fgb"}


def read_frame(table: str, path: Path, *, encoding: str | None = None, layer: str | None = None) -> pd.DataFrame:
    """Read a table; a GeoDataFrame where the file carries geometry.

    Cells of CSV and Excel files are text, so that ids keep their leading zeros.

    Raises
    ------
    InputError
        If the file cannot be read, with what to do.
    MissingExtraError
        For Excel without openpyxl, or Parquet without pyarrow.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == ".csv":
            return _read_csv(table, path, encoding)
        if suffix in {".xlsx", ".xlsm"}:
            return _read_excel(path, layer)
        if suffix in {".parquet", ".geoparquet"}:
            return _read_parquet(path)
        if suffix in _GEO:
            _one_layer(table, path, layer)
            return gpd.read_file(path, layer=layer, encoding=encoding)
    except (InputError, MissingExtraError):
        raise
    except Exception as error:
        # Readers of five formats raise as many families of errors; the planner needs one.
        raise InputError.single(
            table, f"{path.name} cannot be read: {error}", remedy="open it and save it again"
        ) from error
    known = "csv, xlsx, parquet, geojson, gpkg, shp, fgb"
    raise InputError.single(table, f"{path.name} is of no known format", remedy=f"use one of {known}")


def _read_csv(table: str, path: Path, encoding: str | None) -> pd.DataFrame:
    raw = path.read_bytes()
    try:
        text = raw.decode(encoding or "utf-8-sig")
    except LookupError as error:
        raise InputError.single(table, f"unknown encoding {encoding!r}", remedy="e.g. utf-8 or gb18030") from error
    except UnicodeDecodeError as error:
        raise InputError.single(
            table,
            f"{path.name} is not {encoding or 'UTF-8'} text (byte {error.start})",
            remedy=_encoding_remedy(table, path, raw),
        ) from error
    if "\x00" in text:
        raise InputError.single(table, f"{path.name} contains NUL bytes", remedy="save it as CSV, UTF-8")
    return _rows_to_frame(table, list(csv.reader(io.StringIO(text))))


def _rows_to_frame(table: str, lines: list[list[str]]) -> pd.DataFrame:
    """Return the rows beneath the header; rows of another width than it and repeated columns are faults."""
    numbered = [(number, cells) for number, cells in enumerate(lines, start=1) if any(cell.strip() for cell in cells)]
    if not numbered:
        raise InputError.single(table, "is empty", remedy="give a header and rows")
    header = [name.strip() for name in numbered[0][1]]
    separator = next((name for sign, name in _SEPARATORS.items() if len(header) == 1 and sign in header[0]), None)
    if separator is not None:
        raise InputError.single(table, f"is separated by {separator}", remedy="save it with commas")
    repeated = sorted({name for name in header if header.count(name) > 1})
    faults = [Fault(table=table, problem=f"column {name!r} stands twice", remedy="remove one") for name in repeated]
    wrong = [(number, len(cells)) for number, cells in numbered[1:] if len(cells) != len(header)]
    faults += [
        Fault(
            table=table,
            row=f"row {number}",
            problem=f"has {count} fields, the header {len(header)}",
            remedy="check its commas, quote texts that hold one",
        )
        for number, count in wrong[:_SHOWN]
    ]
    if faults:
        raise InputError(faults)
    return pd.DataFrame([cells for _, cells in numbered[1:]], columns=header, dtype=str)


def _one_layer(table: str, path: Path, layer: str | None) -> None:
    names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    if layer is None and len(names) > 1:
        remedy = f'name one: {table} = {{path = "{path.name}", layer = "{names[0]}"}}'
        raise InputError.single(table, f"{path.name} has the layers {', '.join(names)}", remedy=remedy)


def _encoding_remedy(table: str, path: Path, raw: bytes) -> str:
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return "save it as CSV, UTF-8"
    return f'it reads as GB18030: write {table} = {{path = "{path.name}", encoding = "gb18030"}}, or save it as UTF-8'


def _read_excel(path: Path, layer: str | None) -> pd.DataFrame:
    try:
        return pd.read_excel(path, sheet_name=layer or 0, dtype=str, keep_default_na=False, engine="openpyxl")
    except ImportError as error:
        raise MissingExtraError("openpyxl", "excel", f"reading {path.name}") from error


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        import pyarrow.parquet as pq  # noqa: PLC0415 -- optional extra
    except ImportError as error:
        raise MissingExtraError("pyarrow", "parquet", f"reading {path.name}") from error
    is_geo = b"geo" in (pq.read_schema(path).metadata or {})
    return gpd.read_parquet(path) if is_geo else pd.read_parquet(path)
