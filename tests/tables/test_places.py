"""A CRS that does not measure metres where the data lie is refused, naming the UTM zone; misplaced rows are named."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.demand import spread_footfall
from placement.errors import CrsError, InputError
from placement.streets import Streets
from placement.study import read_study
from placement.tables import read_tables
from placement.toy import write_study
from placement.travel import straight_line_times
from placement.values.crs import metric_crs, scales, utm_zone
from tests.there import there

TABLES = ("population", "footfall", "stations", "candidates", "nodes")


def moved(folder, lon, lat, crs):
    """The toy town with its corner at another place on Earth, without streets."""
    write_study(folder, seed=1)
    text = (folder / "study.toml").read_text().replace("EPSG:32650", crs)
    text = text.replace('streets = {nodes = "nodes.csv", edges = "edges.csv"}\n', "")
    (folder / "study.toml").write_text(text.replace("[travel]\n", "[travel]\ndetour = 1.3\n"))
    for name in TABLES:
        frame = pd.read_csv(folder / f"{name}.csv", dtype=str)
        stretch = np.cos(np.radians(30.55)) / np.cos(np.radians(lat))
        frame["lon"] = (lon + (frame["lon"].astype(float) - 117) * stretch + 180) % 360 - 180
        frame["lat"] = lat + frame["lat"].astype(float) - 30.55
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def faults(folder):
    with pytest.raises(InputError) as caught:
        read_tables(read_study(folder))
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("lon", "lat", "crs", "zone"),
    [
        (117.0, 30.55, "EPSG:3857", "EPSG:32650"),
        (114.3, 30.6, "EPSG:32648", "EPSG:32650"),  # two zones away
        (114.3, 30.6, "EPSG:27700", "EPSG:32650"),  # Great Britain's grid
        (114.3, 30.6, "EPSG:3035", "EPSG:32650"),  # Europe's equal-area grid
        (114.3, 30.6, "EPSG:4087", "EPSG:32650"),  # plate carree in metres: 14 % too wide
        (114.3, 30.6, "+proj=tmerc +lon_0=90 +units=m +type=crs", "EPSG:32650"),  # no area of use
        (-43.2, -22.9, "EPSG:32650", "EPSG:32723"),
    ],
)
def test_a_crs_that_does_not_fit_names_the_zone(tmp_path, lon, lat, crs, zone):
    found = faults(moved(tmp_path, lon, lat, crs))
    assert len(found) == 1
    assert found[0].startswith("study.toml [study.crs]: ")
    assert f"use {zone} (UTM zone" in found[0]


@pytest.mark.parametrize(
    ("lon", "lat", "crs"),
    [
        (117.0, 30.55, "EPSG:32650"),
        (113.6, 30.6, "EPSG:32650"),  # a city beyond the border of the zone
        (114.3, 30.6, "EPSG:4547"),  # CGCS2000, three-degree zone
        (-149.98, 61.2, "EPSG:3338"),  # Alaska Albers: its area of use crosses 180 degrees
        (-178.0, -18.0, "EPSG:3460"),  # Fiji
        (178.4, -18.1, "EPSG:3460"),
        (179.999, -16.8, "EPSG:32760"),  # a town on both sides of 180 degrees
        (-0.1, 51.5, "EPSG:7405"),  # compound: heights play no part
        (114.3, 30.6, "+proj=tmerc +lon_0=114.3 +units=m +type=crs"),
    ],
)
def test_a_crs_that_fits_is_taken(tmp_path, lon, lat, crs):
    tables = read_tables(read_study(moved(tmp_path, lon, lat, crs)))
    side = there(tables.population).total_bounds
    assert max(side[2] - side[0], side[3] - side[1]) == pytest.approx(1480, abs=40)


@pytest.mark.parametrize(
    ("crs", "words"),
    [
        ("EPSG:2263", "is in US survey foot, not metres"),
        ("EPSG:4326", "is in degrees, not metres"),
        ("EPSG:4978", "is no projected CRS (Geocentric CRS)"),
        ('LOCAL_CS["works",UNIT["metre",1]]', "is no projected CRS (Engineering CRS)"),
        ("nonsense", "unknown CRS 'nonsense'"),
        (None, "has no CRS"),
    ],
)
def test_a_crs_without_metres_of_a_place_is_refused(crs, words):
    with pytest.raises(CrsError, match="EPSG:32650 for Wuhan") as caught:
        metric_crs("study.toml", crs, row="study.crs")
    assert words in str(caught.value)


@given(st.floats(-180, 180), st.floats(-80, 80))
def test_the_utm_zone_of_a_place_fits_it(lon, lat):
    assert not scales(pyproj.CRS(utm_zone(lon, lat)), [lon], [lat]).misfit()[0]


@given(st.floats(-60, 60).filter(lambda lat: abs(lat) > 10), st.floats(-180, 180))
def test_web_mercator_never_fits_away_from_the_equator(lat, lon):
    at = scales(pyproj.CRS("EPSG:3857"), [lon], [lat])
    assert at.misfit()[0]
    # The sphere's scale is 1 / cos(latitude); the ellipsoid moves it by less than 0.7 %.
    assert at.mean[0] * np.cos(np.radians(lat)) == pytest.approx(1, rel=0.007)


@pytest.mark.parametrize("geometry", [False, True])
def test_rows_in_the_sea_swapped_or_elsewhere_are_named(tmp_path, geometry):
    write_study(tmp_path, seed=1)
    frame = pd.read_csv(tmp_path / "stations.csv", dtype=str)
    frame.loc[0, ["lon", "lat"]] = ["0", "0"]
    frame.loc[1, ["lon", "lat"]] = ["30.55", "117.0"] if not geometry else frame.loc[1, ["lon", "lat"]]
    frame.loc[2, ["lon", "lat"]] = ["-43.2", "-22.9"]
    frame.to_csv(tmp_path / "stations.csv", index=False)
    if geometry:
        points = gpd.points_from_xy(frame["lon"], frame["lat"])
        layer = gpd.GeoDataFrame(frame.drop(columns=["lon", "lat"]), geometry=points, crs="EPSG:4326")
        layer.to_file(tmp_path / "stations.geojson", driver="GeoJSON")
        text = (tmp_path / "study.toml").read_text().replace("stations.csv", "stations.geojson")
        (tmp_path / "study.toml").write_text(text)
    # More rows of the table are right than wrong: it is they that are named, not the CRS.
    more = [f for f in faults(tmp_path) if f.startswith("stations [")]
    assert any("[S00]: lon and lat are both 0" in f for f in more)
    assert any("[S02]: point lies outside the area of EPSG:32650" in f and "lon -43.2" in f for f in more)
    assert geometry or any("[S01]: lon/lat look swapped" in f for f in more)


def test_a_whole_table_with_lon_and_lat_swapped_is_named_row_by_row(tmp_path):
    folder = moved(tmp_path, 8.5, 47.3, "EPSG:32632")
    frame = pd.read_csv(folder / "stations.csv").rename(columns={"lon": "lat", "lat": "lon"})
    frame.to_csv(folder / "stations.csv", index=False)
    found = faults(folder)
    assert len(found) == 4
    assert all("lon/lat look swapped" in fault for fault in found)


def at(places, crs):
    xy = np.array(list(places.values()), dtype=float)
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), index=list(places), crs=crs)


def test_functions_refuse_frames_whose_metres_are_none():
    mercator = at({"a": (13_024_380, 3_574_000), "b": (13_024_980, 3_574_000)}, "EPSG:3857")
    with pytest.raises(CrsError, match=r"draws lengths 16\.1% too long.*EPSG:32650"):
        straight_line_times(mercator, mercator, cutoff_s=900, speed_m_s=1.0)
    counters = mercator.assign(people_per_day=[10.0, 20.0])
    with pytest.raises(CrsError, match="EPSG:32650"):
        spread_footfall(counters, mercator)
    nodes = pd.DataFrame({"node_id": ["a", "b"], "x": [13_024_380.0, 13_024_980.0], "y": [3_574_000.0] * 2})
    edges = pd.DataFrame({"u": ["a"], "v": ["b"], "length_m": [600.0]})
    with pytest.raises(CrsError, match="streets: EPSG:3857 does not fit"):
        Streets.from_tables(nodes, edges, crs="EPSG:3857")
    with pytest.raises(CrsError, match="US survey foot"):
        straight_line_times(mercator.set_crs(2263, allow_override=True), mercator, cutoff_s=9, speed_m_s=1.0)
