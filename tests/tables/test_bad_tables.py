"""Each kind of bad table gives one clear fault: table, row, problem, remedy."""

import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from placement.errors import InputError, MissingExtraError
from placement.study import read_study
from placement.tables import read_tables
from tests.there import there


def test_missing_column(spoiled):
    spoiled.write("population", spoiled.frame("population").drop(columns="people"))
    assert spoiled.only_fault() == (
        "population: column people is missing -> add it; the table has: lon, lat, district, parent, elderly"
    )


def test_misspelt_column(spoiled):
    spoiled.write("population", spoiled.frame("population").rename(columns={"people": "peopel"}))
    assert "population: column people is missing -> did you mean column peopel?" in spoiled.faults()


def test_duplicate_id(spoiled):
    spoiled.cell("stations", 1, "site_id", "S00")
    assert spoiled.only_fault() == "stations [S00]: site_id is repeated -> ids must be unique"


def test_same_id_in_stations_and_candidates(spoiled):
    spoiled.cell("candidates", 2, "site_id", "S01")
    assert "candidates [S01]: site_id stands in stations too" in spoiled.only_fault()


def test_blank_id_names_the_line(spoiled):
    spoiled.cell("population", 4, "demand_id", " ")
    assert spoiled.only_fault() == "population [row 6]: demand_id is blank -> give every row an id"


def test_ids_keep_leading_zeros(spoiled):
    spoiled.cell("stations", 0, "site_id", "007")
    assert "007" in read_tables(read_study(spoiled.folder)).sites.ids


@pytest.mark.parametrize("value", ["", "nan", "somewhere"])
def test_missing_coordinate(spoiled, value):
    spoiled.cell("stations", 2, "lon", value)
    assert spoiled.only_fault().startswith("stations [S02]: lon is ")


def test_swapped_axes_in_china(spoiled):
    frame = spoiled.frame("stations")
    spoiled.write("stations", frame.rename(columns={"lon": "lat", "lat": "lon"}))
    faults = spoiled.faults()
    assert len(faults) == len(frame)
    assert faults[0].startswith("stations [S00]: lon/lat look swapped: lat is beyond 90 -> swap the two columns")


def test_swapped_axes_where_both_fit_is_seen_by_the_crs(spoiled):
    spoiled.setting('crs = "EPSG:32650"', 'crs = "EPSG:32631"')
    for table in ("population", "footfall", "stations", "candidates"):
        frame = spoiled.frame(table)
        spoiled.write(table, frame.assign(lon="2.35", lat="48.85"))
    spoiled.cell("stations", 0, "lon", "48.85")
    spoiled.cell("stations", 0, "lat", "2.35")
    assert "stations [S00]: lon/lat look swapped: the point lies in the study area" in spoiled.only_fault()


def test_metres_instead_of_degrees(spoiled):
    spoiled.cell("stations", 0, "lon", "500123.4")
    spoiled.cell("stations", 0, "lat", "3380123.4")
    assert spoiled.only_fault().startswith("stations [S00]: lon/lat are not degrees")


def test_degrees_where_metres_are_needed(spoiled):
    spoiled.setting('crs = "EPSG:32650"', 'crs = "EPSG:4326"')
    fault = spoiled.only_fault()
    assert fault.startswith("study.toml [study.crs]: EPSG:4326 is in degrees, not metres -> name a projected CRS")


def test_point_outside_the_crs(spoiled):
    spoiled.cell("population", 0, "lon", "2.35")
    spoiled.cell("population", 0, "lat", "48.85")
    assert "population [D000]: point lies outside the area of EPSG:32650" in spoiled.only_fault()


def test_empty_geometry_in_a_geopackage(spoiled):
    raw = spoiled.frame("stations")
    points = [Point(float(x), float(y)) for x, y in zip(raw["lon"], raw["lat"], strict=True)]
    points[1] = None
    frame = gpd.GeoDataFrame(raw.drop(columns=["lon", "lat"]), geometry=points, crs="EPSG:4326")
    frame.to_file(spoiled.folder / "stations.gpkg")
    spoiled.setting("stations.csv", "stations.gpkg")
    assert spoiled.only_fault() == "stations [S01]: geometry is empty -> draw the point or remove the row"


def test_geopackage_gives_the_same_points_as_csv(spoiled):
    expected = read_tables(read_study(spoiled.folder)).sites.table.geometry
    raw = spoiled.frame("stations")
    frame = gpd.GeoDataFrame(
        raw.drop(columns=["lon", "lat"]), geometry=gpd.points_from_xy(raw["lon"], raw["lat"]), crs="EPSG:4326"
    )
    frame.to_file(spoiled.folder / "stations.gpkg")
    spoiled.setting("stations.csv", "stations.gpkg")
    assert read_tables(read_study(spoiled.folder)).sites.table.geometry.geom_equals_exact(expected, 1e-6).all()


def test_unknown_district_shows_both_lists_and_the_near_name(spoiled):
    frame = spoiled.frame("survey")
    spoiled.write("survey", frame.assign(district=frame["district"].replace("west-1", "west-11")))
    assert spoiled.only_fault() == (
        "survey [row 2]: district west-11 is not in population "
        "(only in survey: west-11; only in population: east-2, west-1) -> did you mean west-1?"
    )


def test_district_of_the_population_that_the_survey_lacks_is_predicted(spoiled):
    frame = spoiled.frame("survey")
    spoiled.write("survey", frame[frame["district"] != "west-1"])
    assert "west-1" not in set(there(read_tables(read_study(spoiled.folder)).survey)["district"])


def test_unknown_districts_of_sites_and_settings_show_both_lists(spoiled):
    frame = spoiled.frame("stations")
    spoiled.write("stations", frame.assign(district=["wst-1", *["west-1"] * (len(frame) - 1)]))
    spoiled.setting("[travel]\n", "[travel]\nthreshold_min_by_district = {east-9 = 10}\n")
    stations, setting = sorted(spoiled.faults())
    assert stations.startswith("stations [S00]: district wst-1 is not in population (only in stations: wst-1; only in")
    assert stations.endswith("did you mean west-1?")
    assert setting.startswith(
        "study.toml [travel.threshold_min_by_district]: district east-9 is not in population "
        "(only in study.toml: east-9; only in population: "
    )


def test_unknown_district_of_questionnaires(spoiled):
    rows = [("west-1", "yes", 1), ("wst-2", "no", 0), ("", "yes", 1)]
    pd.DataFrame(rows, columns=["district", "heard", "used"]).to_csv(spoiled.folder / "survey.csv", index=False)
    assert spoiled.only_fault().startswith("survey [row 3]: district wst-2 is not in population")


def test_answers_in_a_column_aware_are_questionnaires(spoiled):
    rows = [("west-1", "yes"), ("west-2", "no"), ("west-2", "")]
    pd.DataFrame(rows, columns=["district", "aware"]).to_csv(spoiled.folder / "survey.csv", index=False)
    assert spoiled.only_fault() == (
        "survey: column aware holds answers, not counts -> name it heard: one questionnaire a row"
    )


def test_a_weight_of_nothing(spoiled):
    frame = spoiled.frame("survey").assign(weight="1")
    frame.loc[1, "weight"] = "0"
    spoiled.write("survey", frame)
    assert spoiled.only_fault() == "survey [row 3]: weight is not above 0 ('0') -> must be above 0"


def test_negative_people(spoiled):
    spoiled.cell("population", 7, "people", "-3")
    assert "population [D007]: people is below 0 ('-3') -> must be 0 or more" in spoiled.faults()


def test_nobody_anywhere(spoiled):
    spoiled.write("population", spoiled.frame("population").assign(people="0", elderly="0"))
    assert spoiled.only_fault() == "population: people are 0 everywhere -> give residents to at least one point"


def test_negative_counts_of_people_asked_and_passing(spoiled):
    spoiled.cell("survey", 0, "asked", "-4")
    spoiled.cell("footfall", 0, "people_per_day", "-1")
    assert [fault.split(" (")[0] for fault in spoiled.faults()] == [
        "footfall [F1]: people_per_day is below 0",
        "survey [row 2]: asked is below 0",
        "survey [row 2]: aware exceeds asked",
    ]


def test_nobody_asked_in_a_row_is_kept(spoiled):
    for column in ("asked", "aware", "used"):
        spoiled.cell("survey", 0, column, "0")
    survey = read_tables(read_study(spoiled.folder)).survey
    assert there(survey).set_index(["district", "age_group"]).loc[("west-1", "general"), "asked"] == 0


def test_elderly_beyond_people(spoiled):
    spoiled.cell("population", 7, "elderly", "100000")
    assert spoiled.only_fault().startswith("population [D007]: elderly exceed people")


def test_aware_beyond_asked(spoiled):
    spoiled.cell("survey", 1, "aware", "99")
    assert spoiled.only_fault() == "survey [row 3]: aware exceeds asked ('99') -> aware counts within asked"


def test_used_beyond_aware(spoiled):
    spoiled.cell("survey", 1, "used", "98")
    assert "survey [row 3]: used exceeds aware" in spoiled.only_fault()


def test_empty_candidates(spoiled):
    spoiled.write("candidates", spoiled.frame("candidates").iloc[:0])
    assert spoiled.only_fault() == "candidates: has no rows -> add rows or remove it from [inputs]"


def test_unreadable_file(spoiled):
    (spoiled.folder / "stations.csv").write_bytes(b"\x00\x01\x02\xff\xfe")
    assert spoiled.only_fault().startswith("stations: stations.csv ")


def test_truncated_geopackage(spoiled):
    (spoiled.folder / "stations.gpkg").write_bytes(b"SQLite format 3\x00" + b"\x00" * 50)
    spoiled.setting("stations.csv", "stations.gpkg")
    assert spoiled.only_fault().startswith("stations: stations.gpkg cannot be read")


def test_gb18030_is_refused_until_it_is_named(spoiled):
    frame = spoiled.frame("stations").assign(name="江汉路便民服务站")
    (spoiled.folder / "stations.csv").write_bytes(frame.to_csv(index=False).encode("gb18030"))
    fault = spoiled.only_fault()
    assert "stations.csv is not UTF-8 text" in fault
    assert 'write stations = {path = "stations.csv", encoding = "gb18030"}' in fault
    spoiled.setting('"stations.csv", ', '"stations.csv", encoding = "gb18030", ')
    assert set(read_tables(read_study(spoiled.folder)).sites.table["name"][:4]) == {"江汉路便民服务站"}


def test_excel_needs_its_extra_or_reads_text_cells(spoiled):
    pytest.importorskip("openpyxl", reason="the extra [excel] is not installed")
    spoiled.frame("stations").assign(site_id=["01", "02", "03", "04"]).to_excel(
        spoiled.folder / "stations.xlsx", index=False
    )
    spoiled.setting("stations.csv", "stations.xlsx")
    assert list(read_tables(read_study(spoiled.folder)).sites.ids[:4]) == ["01", "02", "03", "04"]


def test_missing_extra_is_named(spoiled, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (spoiled.folder / "stations.xlsx").write_bytes(b"")
    spoiled.setting("stations.csv", "stations.xlsx")
    assert "pip install 'station-placement[excel]'" in spoiled.only_fault()
    assert issubclass(MissingExtraError, ImportError)


def test_bad_times_amounts_and_months(spoiled):
    spoiled.cell("stations", 0, "opens", "8h")
    spoiled.cell("stations", 1, "machines", "1.5")
    frame = spoiled.frame("candidates").assign(rent=["", "600.123", "abc", *[""] * 5])
    spoiled.write("candidates", frame)
    assert [fault.split(" ->")[0] for fault in spoiled.faults()] == [
        "stations [S00]: opens is not a time ('8h')",
        "stations [S01]: machines is not a whole number ('1.5')",
        "candidates [C01]: rent is not an amount in yuan ('600.123')",
        "candidates [C02]: rent is not an amount in yuan ('abc')",
    ]


def test_all_tables_report_together(spoiled):
    spoiled.cell("population", 0, "people", "many")
    spoiled.cell("survey", 0, "asked", "-1")
    spoiled.cell("stations", 0, "lat", "")
    tables = {fault.split(" ", 1)[0].rstrip(":") for fault in spoiled.faults()}
    assert tables == {"population", "survey", "stations"}


def test_gcj02_table_is_converted(spoiled):
    from placement.tables import wgs84_to_gcj02

    before = read_tables(read_study(spoiled.folder)).sites.table.geometry
    frame = spoiled.frame("stations")
    lon, lat = wgs84_to_gcj02(frame["lon"].astype(float), frame["lat"].astype(float))
    spoiled.write("stations", frame.assign(lon=lon, lat=lat))
    spoiled.setting('"stations.csv", ', '"stations.csv", coordinates = "gcj02", ')
    after = read_tables(read_study(spoiled.folder)).sites.table.geometry
    assert np.max(after.distance(before)) < 1e-3


def test_extra_columns_are_listed_not_lost_silently(spoiled):
    spoiled.write("stations", spoiled.frame("stations").assign(remark="old"))
    assert read_tables(read_study(spoiled.folder)).ignored == ("stations.remark",)


def test_error_type_is_a_value_error(spoiled):
    spoiled.cell("population", 0, "people", "x")
    with pytest.raises(ValueError, match="1 fault in the input"):
        read_tables(read_study(spoiled.folder))
    assert issubclass(InputError, ValueError)
    assert isinstance(spoiled.frame("population"), pd.DataFrame)


def test_several_layers_are_listed_until_one_is_named(spoiled):
    raw = spoiled.frame("stations")
    points = gpd.points_from_xy(raw["lon"], raw["lat"])
    frame = gpd.GeoDataFrame(raw.drop(columns=["lon", "lat"]), geometry=points, crs="EPSG:4326")
    frame.iloc[:1].to_file(spoiled.folder / "stations.gpkg", layer="old")
    frame.to_file(spoiled.folder / "stations.gpkg", layer="new")
    spoiled.setting("stations.csv", "stations.gpkg")
    assert "stations.gpkg has the layers old, new" in spoiled.only_fault()
    spoiled.setting('"stations.gpkg", ', '"stations.gpkg", layer = "new", ')
    assert read_tables(read_study(spoiled.folder)).sites.table["existing"].sum() == len(raw)


def test_rows_wider_than_the_header_are_named_not_shifted(spoiled):
    path = spoiled.folder / "stations.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], lines[1] + ",", *lines[2:]]) + "\n", encoding="utf-8")
    assert spoiled.only_fault() == (
        "stations [row 2]: has 10 fields, the header 9 -> check its commas, quote texts that hold one"
    )


def test_a_column_that_stands_twice(spoiled):
    path = spoiled.folder / "stations.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0] + ",lon", *(line + ",0" for line in lines[1:])]) + "\n", encoding="utf-8")
    assert spoiled.only_fault() == "stations: column 'lon' stands twice -> remove one"


@pytest.mark.parametrize(("sign", "name"), [(";", "semicolons"), ("\t", "tabs"), ("，", "fullwidth commas")])
def test_other_separators_than_commas(spoiled, sign, name):
    path = spoiled.folder / "stations.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",", sign), encoding="utf-8")
    assert spoiled.only_fault() == f"stations: is separated by {name} -> save it with commas"


def test_a_byte_order_mark_is_no_part_of_a_column_name(spoiled):
    path = spoiled.folder / "stations.csv"
    before = read_tables(read_study(spoiled.folder)).sites.table
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_tables(read_study(spoiled.folder)).sites.table.equals(before)


def test_an_empty_file(spoiled):
    (spoiled.folder / "stations.csv").write_bytes(b"")
    assert spoiled.only_fault() == "stations: is empty -> give a header and rows"


def test_excel_unicode_text(spoiled):
    path = spoiled.folder / "stations.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    assert spoiled.only_fault() == "stations: stations.csv is not UTF-8 text (byte 0) -> save it as CSV, UTF-8"


def test_blank_rows_are_no_rows(spoiled):
    path = spoiled.folder / "stations.csv"
    path.write_text(path.read_text(encoding="utf-8") + ",,,,,,,,\n\n", encoding="utf-8")
    assert read_tables(read_study(spoiled.folder)).sites.table["existing"].sum() == 4


def test_machines_and_hours_that_contradict_themselves(spoiled):
    spoiled.cell("stations", 0, "machines", "9")
    spoiled.cell("stations", 1, "closes", "08:00")
    spoiled.cell("stations", 1, "opens", "08:00")
    faults = spoiled.faults()
    assert faults[0].startswith("stations [S00]: machines exceed max_machines")
    assert faults[1] == "stations [S01]: opens equals closes ('08:00') -> round the clock is 00:00 to 24:00"
