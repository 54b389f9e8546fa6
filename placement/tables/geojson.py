"""GeoJSON into a frame, read without GDAL, which takes any JSON for one of its many kinds and some for commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from placement.errors import Fault, InputError
from placement.tables.grid import SHOWN
from placement.tables.limits import MOST_JSON_BYTES, check_bytes, check_shape

_FEATURE_ID = "id (of the feature)"
_WGS84 = "EPSG:4326"
_UNFIT = (AttributeError, TypeError, ValueError, RecursionError, shapely.errors.ShapelyError)


def read_geojson(table: str, path: Path) -> gpd.GeoDataFrame:
    """Return the features of a FeatureCollection, indexed by their number from 1; their own `id` is a column.

    Raises
    ------
    InputError
        If it is no FeatureCollection, or listing the features that cannot be read.
    """
    check_bytes(table, path, MOST_JSON_BYTES)
    content = _parsed(table, path)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection" or not isinstance(features, list):
        remedy = "export it as GeoJSON (RFC 7946); TopoJSON and Esri JSON are not read"
        raise InputError.single(table, f"{path.name} is no GeoJSON FeatureCollection", remedy=remedy)
    rows: list[dict[str, Any]] = []
    shapes: list[Any] = []
    faults: list[Fault] = []
    for number, feature in enumerate(features, start=1):
        try:
            properties, shape = _feature(feature)
        except (LookupError, ArithmeticError, *_UNFIT) as error:
            problem = f"cannot be read: {error}"
            faults.append(Fault(table=table, row=f"feature {number}", problem=problem, remedy="draw it again"))
            continue
        rows.append(properties)
        shapes.append(shape)
    if faults:
        raise InputError(faults[:SHOWN])
    _take_ids(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    check_shape(table, len(rows), len(names))
    index = pd.RangeIndex(1, len(rows) + 1, name="row")
    columns = {name: pd.Series([row.get(name) for row in rows], index=index, dtype=object) for name in names}
    frame = pd.DataFrame(columns, index=index)
    if "geometry" in names:
        frame = frame.rename(columns={"geometry": "geometry (property)"})
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=index, crs=_crs(table, content)))


def _parsed(table: str, path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(text, parse_constant=_refused, object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        problem = f"{path.name} is not UTF-8 text (byte {error.start})"
        raise InputError.single(table, problem, remedy="GeoJSON is UTF-8; export it again") from error
    except (ValueError, RecursionError) as error:
        why = "is nested too deeply" if isinstance(error, RecursionError) else str(error)
        problem = f"{path.name} cannot be read: {why}"
        raise InputError.single(table, problem, remedy="export it again as GeoJSON") from error


def _refused(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} stands twice in one object")
    return found


def _feature(feature: Any) -> tuple[dict[str, Any], Any]:
    if feature["type"] != "Feature":
        raise ValueError(f"its type is {feature['type']!r}, not Feature")
    properties = dict(feature.get("properties") or {})
    if feature.get("id") is not None:
        properties[_FEATURE_ID] = feature["id"]
    geometry = feature.get("geometry")
    return properties, None if geometry is None else shapely.geometry.shape(geometry)


def _take_ids(rows: list[dict[str, Any]]) -> None:
    """Make the ids of features a column `id` where no property is called an id; writers number features at will."""
    own = [row.pop(_FEATURE_ID, None) for row in rows]
    if all(name is None for name in own) or any(name.casefold().endswith("id") for row in rows for name in row):
        return
    for name, row in zip(own, rows, strict=True):
        row["id"] = name


def _crs(table: str, content: dict[str, Any]) -> pyproj.CRS | None:
    if "crs" not in content:
        return pyproj.CRS.from_user_input(_WGS84)
    if content["crs"] is None:
        return None
    try:
        found = pyproj.CRS.from_user_input(str(content["crs"]["properties"]["name"]))
    except (KeyError, TypeError, pyproj.exceptions.CRSError) as error:
        shown = json.dumps(content["crs"])[:80]
        raise InputError.single(table, f"its crs is unknown: {shown}", remedy="export it in WGS-84") from error
    # CRS84 is WGS-84 with longitude first, as all GeoJSON has it.
    return pyproj.CRS.from_user_input(_WGS84) if found.to_authority() == ("OGC", "CRS84") else found
