import csv
import io
import json

import pytest
from pyproj import Transformer

from placement.errors import AlignmentError
from placement.report.tables import CSV_COLUMNS, actions_csv, actions_geojson, guarded
from tests.report.conftest import CRS, HOSTILE, make_plan, make_sites


def rows_of(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_has_a_byte_order_mark_and_one_row_an_action(plan, sites):
    data = actions_csv(plan, sites)
    assert data.startswith(b"\xef\xbb\xbfmark,action,site_id")
    rows = rows_of(data)
    assert tuple(rows[0]) == CSV_COLUMNS
    assert [row["mark"] for row in rows] == ["O1", "O2", "M1", "M2", "C1", "K1", "K2", "K3"]
    move = rows[2]
    assert (move["site_id"], move["from_site_id"], move["from_name"]) == ("S07", "S04", "Station 4")
    assert rows[0]["cost_yuan"] == "80000.05"
    assert rows[0]["from_lon"] == ""
    assert rows[0]["district"] == "江岸区"


def test_csv_costs_add_up_to_the_capital_line(plan, sites):
    fen = [round(float(row["cost_yuan"]) * 100) for row in rows_of(actions_csv(plan, sites))]
    assert sum(fen) == plan.budget_lines[0].amount_fen


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_cell_begins_like_a_formula(start):
    sites = make_sites(names=[start + "1+1"] * 12)
    for row in rows_of(actions_csv(make_plan(), sites)):
        assert row["name"] == "'" + start + "1+1"
        assert row["district"] == "'" + start + "1+1"


def test_other_text_is_not_touched():
    assert [guarded(text) for text in ("", "a=1", "'x", "5-3")] == ["", "a=1", "'x", "5-3"]


def test_hostile_names_return_from_csv_and_geojson():
    sites = make_sites(names=HOSTILE)
    expected = {site: guarded(str(name)) for site, name in sites.table["name"].items()}
    for row in rows_of(actions_csv(make_plan(), sites)):
        assert row["name"] == expected[row["site_id"]]
    for feature in json.loads(actions_geojson(make_plan(), sites))["features"]:
        assert feature["properties"]["name"] == sites.table.loc[feature["properties"]["site_id"], "name"]


def test_geojson_is_lon_lat_with_six_decimals(plan, sites):
    collection = json.loads(actions_geojson(plan, sites, notices=["(c) OSM"], simulated=["survey"]))
    assert collection["type"] == "FeatureCollection"
    assert "crs" not in collection
    assert (collection["notices"], collection["simulated"]) == (["(c) OSM"], ["survey"])
    to_degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    first = collection["features"][0]
    place = sites.table.geometry["S06"]
    lon, lat = to_degrees.transform(place.x, place.y)
    assert first["id"] == "O1"
    assert first["geometry"] == {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]}
    assert 113 < lon < 115
    assert 30 < lat < 31


def test_geojson_draws_each_move_as_a_point_and_a_line(plan, sites):
    features = json.loads(actions_geojson(plan, sites))["features"]
    assert [feature["geometry"]["type"] for feature in features].count("LineString") == 2
    point = next(feature for feature in features if feature["id"] == "M1")
    line = next(feature for feature in features if feature["id"] == "M1-route")
    assert point["properties"]["from_site_id"] == "S04"
    start = [point["properties"]["from_lon"], point["properties"]["from_lat"]]
    assert line["geometry"]["coordinates"] == [start, point["geometry"]["coordinates"]]
    assert "from_site_id" not in features[0]["properties"]


def test_bytes_do_not_depend_on_row_order(plan, sites):
    shuffled = make_plan(actions=plan.actions.sample(frac=1, random_state=2))
    assert actions_csv(plan, sites) == actions_csv(shuffled, sites)
    assert actions_geojson(plan, sites) == actions_geojson(shuffled, sites)


def test_a_site_that_is_not_in_the_table_is_named(sites):
    fewer = type(sites)(table=sites.table.drop(index=["S04", "S11"]))
    with pytest.raises(AlignmentError) as raised:
        actions_csv(make_plan(), fewer)
    assert sorted(fault.row for fault in raised.value.faults) == ["S04", "S11"]
