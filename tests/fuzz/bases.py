"""Small whole studies as bytes by file name, one for each family of formats that the library reads."""

from __future__ import annotations

import functools
import io
import re
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from placement.toy import write_study

Files = dict[str, bytes]

TOML = "study.toml"
_CRS = "EPSG:32650"
_DISTRICTS = ("west-1", "west-2", "east-1", "east-2")
_SIZE: dict[str, Any] = {"blocks": 3, "points": 24, "stations": 3, "candidates": 5}


@functools.cache
def _plain() -> Mapping[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        write_study(folder, seed=3, **_SIZE)
        files = {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
    files["usage.csv"] = _csv(_usage())
    files["covariates.csv"] = _csv(pd.DataFrame({"district": list(_DISTRICTS), "income": [4.1, 5.2, 3.9, 4.4]}))
    return files | {TOML: _named(files[TOML], usage="usage.csv", covariates="covariates.csv")}


def table(name: str) -> pd.DataFrame:
    """Return a table of the plain study, all cells text."""
    return pd.read_csv(io.BytesIO(_plain()[f"{name}.csv"]), dtype=str, keep_default_na=False)


def places(name: str) -> gpd.GeoDataFrame:
    """Return a table of the plain study with its points as geometry in place of lon and lat."""
    frame = table(name)
    points = gpd.points_from_xy(frame.pop("lon").astype(float), frame.pop("lat").astype(float))
    return gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")


def plain() -> Files:
    """CSV tables throughout."""
    return dict(_plain())


def sheets() -> Files:
    """Excel workbooks, and foot traffic as a series."""
    files = plain()
    for name in ("population", "stations", "candidates", "survey"):
        files[f"{name}.xlsx"] = _saved(partial(table(name).to_excel, index=False), ".xlsx")
        del files[f"{name}.csv"]
    files["footfall.csv"] = _csv(table("footfall")[["counter_id", "lon", "lat"]])
    files["counts.csv"] = _csv(_counts())
    toml = re.sub(rb"(population|stations|candidates|survey)\.csv", rb"\1.xlsx", files[TOML])
    return files | {TOML: _named(toml, footfall_counts="counts.csv")}


def shapes() -> Files:
    """GeoPackage, GeoJSON and GeoParquet; streets as a layer of lines."""
    files = plain()
    nodes = table("nodes").set_index("node_id")[["lon", "lat"]].astype(float)
    edges = table("edges")
    lines = shapely.linestrings(np.stack([nodes.loc[edges["u"]], nodes.loc[edges["v"]]], axis=1))
    streets = gpd.GeoDataFrame(geometry=lines, crs="EPSG:4326")
    files["streets.geojson"] = streets.to_json().encode()
    files["stations.geojson"] = places("stations").to_json().encode()
    files["population.gpkg"] = _saved(lambda path: places("population").to_file(path), ".gpkg")
    files["candidates.parquet"] = _saved(lambda path: places("candidates").to_parquet(path), ".parquet")
    for name in ("stations", "population", "candidates", "nodes", "edges"):
        del files[f"{name}.csv"]
    toml = files[TOML].replace(b"population.csv", b"population.gpkg").replace(b"stations.csv", b"stations.geojson")
    toml = toml.replace(b"candidates.csv", b"candidates.parquet")
    return files | {TOML: re.sub(rb"(?m)^streets = .*$", b'streets = {lines = "streets.geojson"}', toml)}


def osm() -> Files:
    """Streets from an OSM file."""
    files = plain()
    nodes, edges = table("nodes"), table("edges")
    number = {name: position for position, name in enumerate(nodes["node_id"], start=1)}
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
    lines += [
        f'<node id="{number[row.node_id]}" version="1" lat="{row.lat}" lon="{row.lon}"/>' for row in nodes.itertuples()
    ]
    lines += [
        f'<way id="{way}" version="1"><nd ref="{number[edge.u]}"/><nd ref="{number[edge.v]}"/>'
        '<tag k="highway" v="residential"/></way>'
        for way, edge in enumerate(edges.itertuples(), start=1)
    ]
    files["streets.osm"] = "\n".join([*lines, "</osm>"]).encode()
    del files["nodes.csv"], files["edges.csv"]
    return files | {TOML: re.sub(rb"(?m)^streets = .*$", b'streets = {osm = "streets.osm"}', files[TOML])}


def areas() -> Files:
    """Population in polygons, a survey of questionnaires, districts to draw."""
    files = plain()
    squares = _squares()
    people = pd.DataFrame({"demand_id": list("abcd"), "people": [900, 700, 800, 600], "elderly": [90, 70, 80, 60]})
    districts = [str(name) for name in squares["district"]]
    given = gpd.GeoDataFrame(people.assign(district=districts), geometry=squares.geometry, crs="EPSG:4326")
    files["population.geojson"] = given.to_json().encode()
    files["districts.geojson"] = squares.to_json().encode()
    answers = pd.DataFrame({"district": districts * 5, "age": [str(20 + 4 * i) for i in range(20)]})
    files["survey.csv"] = _csv(
        answers.assign(heard=["yes", "no", "yes", "yes"] * 5, used=["yes", "no", "no", "yes"] * 5)
    )
    del files["population.csv"], files["covariates.csv"]
    toml = (
        files[TOML].replace(b"population.csv", b"population.geojson").replace(b'covariates = "covariates.csv"\n', b"")
    )
    bands = b"[demand]\ngrid_m = 250\nage_bands = {general = 0, elderly = 60}\n"
    return files | {TOML: _named(toml.replace(b"[demand]\n", bands), districts="districts.geojson")}


def raster() -> Files:
    """Population as a GeoTIFF."""
    import rasterio
    from rasterio.transform import Affine

    files = plain()
    with rasterio.MemoryFile() as memory:
        origin = Affine(100, 0, 500_000, 0, -100, 3_380_800)
        shape = {"width": 8, "height": 8, "count": 1, "dtype": "float32", "crs": _CRS, "transform": origin}
        with memory.open(driver="GTiff", nodata=-1.0, **shape) as target:
            target.write(np.random.default_rng(5).integers(0, 90, (8, 8)).astype("float32"), 1)
        files["population.tif"] = memory.read()
    files["districts.geojson"] = _squares().to_json().encode()
    del files["population.csv"]
    toml = files[TOML].replace(b"population.csv", b"population.tif")
    toml = toml.replace(b"[demand.periods]", b"[demand.age_share]\nelderly = 0.2\n[demand.periods]")
    return files | {TOML: _named(toml, districts="districts.geojson")}


def given_times() -> Files:
    """A travel table in place of streets, a standard in steps, and no foot traffic."""
    files = plain()
    points, sites = (
        places("population").to_crs(_CRS),
        pd.concat([places("stations"), places("candidates")]).to_crs(_CRS),
    )
    rows = [
        (one.demand_id, other.site_id, round(1.3 * one.geometry.distance(other.geometry)))
        for one in points.itertuples()
        for other in sites.itertuples()
    ]
    files["travel.csv"] = _csv(pd.DataFrame(rows, columns=["demand_id", "site_id", "metres"]))
    del files["nodes.csv"], files["edges.csv"], files["footfall.csv"]
    toml = re.sub(rb"(?m)^footfall\w* = .*\n", b"", files[TOML])
    toml = re.sub(rb"(?m)^non_resident_share = .*\n", b"", toml)
    steps = b"step = [{threshold_min = 3, share = 1}, {threshold_min = 5, share = 0.6}]"
    toml = re.sub(rb"(?m)^threshold_min = .*$", steps, toml)
    return files | {TOML: re.sub(rb"(?m)^streets = .*$", b'travel = "travel.csv"', toml)}


BASES: dict[str, Callable[[], Files]] = {
    function.__name__: functools.cache(function)
    for function in (plain, sheets, shapes, osm, areas, raster, given_times)
}


def _csv(frame: pd.DataFrame) -> bytes:
    return bytes(frame.to_csv(index=False, lineterminator="\n"), "utf-8")


def _saved(save: Callable[[Path], object], suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix}"
        save(path)
        return path.read_bytes()


def _named(toml: bytes, **inputs: str) -> bytes:
    lines = "".join(f'{name} = "{path}"\n' for name, path in inputs.items())
    return toml.replace(b"[inputs]\n", f"[inputs]\n{lines}".encode())


def _usage() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    months = [f"2025-{month:02d}" for month in range(1, 8)]
    rows = [(f"S{site:02d}", month, str(rng.integers(40, 300))) for site in range(3) for month in months]
    return pd.DataFrame(rows, columns=["site_id", "month", "transactions"])


def _counts() -> pd.DataFrame:
    hours = pd.date_range("2025-03-03", periods=24 * 7, freq="h").strftime("%Y-%m-%d %H:%M")
    rng = np.random.default_rng(2)
    parts = [
        pd.DataFrame({"counter_id": name, "time": hours, "count": rng.integers(20, 400, hours.size)})
        for name in ("F1", "F2", "F3")
    ]
    return pd.concat(parts)


def _squares() -> gpd.GeoDataFrame:
    names = [("west-1", 0, 0), ("west-2", 0, 1), ("east-1", 1, 0), ("east-2", 1, 1)]
    boxes = [
        shapely.box(500_000 + 375 * x, 3_380_000 + 375 * y, 500_375 + 375 * x, 3_380_375 + 375 * y) for _, x, y in names
    ]
    frame = gpd.GeoDataFrame({"district": [name for name, _, _ in names]}, geometry=boxes, crs=_CRS)
    return frame.to_crs("EPSG:4326")
