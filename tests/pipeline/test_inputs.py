"""Population as polygons or raster, questionnaires, counter series, services: a study takes them as they come."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from placement.errors import InputError
from placement.pipeline.prepare import prepare_inputs
from placement.study import read_study
from placement.summary import check_lines, check_record
from tests.there import there, whole_times


def corner(spoiled) -> tuple[float, float]:
    frame = spoiled.frame("population").astype({"lon": float, "lat": float})
    points = gpd.GeoSeries(gpd.points_from_xy(frame["lon"], frame["lat"]), crs="EPSG:4326").to_crs("EPSG:32650")
    west, south, *_ = points.total_bounds
    return float(west), float(south)


def polygons(spoiled) -> gpd.GeoDataFrame:
    x, y = corner(spoiled)
    data = {
        "demand_id": ["A", "B"],
        "district": ["west-1", "east-1"],
        "parent": ["west", "east"],
        "people": [1001.0, 500.0],
        "elderly": [200.0, 90.0],
    }
    shapes = [box(x, y, x + 700, y + 900), box(x + 700, y, x + 1200, y + 900)]
    return gpd.GeoDataFrame(data, geometry=shapes, crs="EPSG:32650")


def without_survey_rows(spoiled, districts) -> None:
    frame = spoiled.frame("survey")
    spoiled.write("survey", frame[frame["district"].isin(districts)])


def test_polygons_are_cut_and_keep_their_totals(spoiled):
    polygons(spoiled).to_file(spoiled.folder / "population.gpkg")
    spoiled.setting('"population.csv"', '"population.gpkg"')
    without_survey_rows(spoiled, ["west-1", "east-1"])
    assert spoiled.only_fault() == "population: holds polygons -> say how finely to cut them: [demand] grid_m = 250"
    spoiled.setting("need_share = 0.5", "need_share = 0.5\ngrid_m = 200")
    ready = prepare_inputs(read_study(spoiled.folder))
    totals = ready.population.groupby("parent")[["people", "elderly"]].sum()
    assert totals.loc["west"].tolist() == pytest.approx([1001, 200], rel=1e-12)
    assert totals.loc["east"].tolist() == pytest.approx([500, 90], rel=1e-12)
    assert ready.demand.people.sum() == pytest.approx(1501, rel=1e-12)
    assert len(ready.demand.ids) >= 35


@pytest.mark.parametrize("shape", ["hexagon", "streets"])
def test_polygons_become_hexagons_or_points_along_streets(spoiled, shape):
    polygons(spoiled).to_file(spoiled.folder / "population.gpkg")
    spoiled.setting('"population.csv"', '"population.gpkg"')
    without_survey_rows(spoiled, ["west-1", "east-1"])
    spoiled.setting("need_share = 0.5", f'need_share = 0.5\ngrid_m = 150\ngrid_shape = "{shape}"')
    ready = prepare_inputs(read_study(spoiled.folder))
    totals = ready.population.groupby("parent")[["people", "elderly"]].sum()
    assert totals.loc["west"].tolist() == pytest.approx([1001, 200], rel=1e-12)
    assert totals.loc["east"].tolist() == pytest.approx([500, 90], rel=1e-12)
    from_street = ready.population.distance(there(ready.streets).edges.union_all())
    assert (from_street.max() < 0.01) == (shape == "streets")
    if shape == "streets":
        # A piece of street in the west has people in proportion to its length, beside all street there.
        west = ready.population.query("district == 'west-1'")
        share = west["elderly"] / west["people"]
        assert share.to_numpy() == pytest.approx(200 / 1001)
        assert np.ptp(west["people"]) > 0


def test_overlapping_polygons_are_named(spoiled):
    areas = polygons(spoiled)
    areas.geometry = [areas.geometry[0], areas.geometry[1].union(areas.geometry[0].buffer(-200))]
    areas.to_file(spoiled.folder / "population.gpkg")
    spoiled.setting('"population.csv"', '"population.gpkg"')
    without_survey_rows(spoiled, ["west-1", "east-1"])
    spoiled.setting("need_share = 0.5", "need_share = 0.5\ngrid_m = 200")
    with pytest.raises(InputError, match=r"population \[A\]: overlaps B by 150,000 m2"):
        prepare_inputs(read_study(spoiled.folder))


def test_points_along_streets_need_streets(spoiled):
    spoiled.setting("need_share = 0.5", 'need_share = 0.5\ngrid_shape = "streets"')
    spoiled.setting('streets = {nodes = "nodes.csv", edges = "edges.csv"}', "")
    spoiled.setting("[travel]\n", "[travel]\ndetour = 1.3\n")
    with pytest.raises(InputError, match=r'demand\.grid_shape = "streets" needs inputs\.streets'):
        read_study(spoiled.folder)


def test_covariates_speak_for_districts_with_few_asked(spoiled):
    districts = [f"d{i:02d}" for i in range(16)]
    people = spoiled.frame("population")
    spoiled.write("population", people.assign(district=[districts[i % 16] for i in range(len(people))]))
    income = np.linspace(-1.5, 1.5, 16)
    rate = 1 / (1 + np.exp(-0.2 - income))
    asked = np.where(np.arange(16) == 15, 0, 60)
    aware = (asked * rate).round().astype(int)
    survey = {"district": districts, "asked": asked, "aware": aware, "used": aware // 2}
    spoiled.write("survey", pd.DataFrame(survey))
    plain = there(prepare_inputs(read_study(spoiled.folder)).awareness).table["mean"].iloc[15]
    spoiled.setting("survey = {", 'covariates = "covariates.csv"\nsurvey = {')
    spoiled.write("covariates", pd.DataFrame({"district": districts, "income": 8000 + 2000 * income}))
    ready = prepare_inputs(read_study(spoiled.folder))
    assert abs(there(ready.awareness).table["mean"].iloc[15] - rate[15]) < 0.04 < abs(plain - rate[15])
    # The district nobody asked in is richer than all the others.
    beyond = "survey: extrapolated beyond the surveyed districts' income of 5000 to 10600: d15"
    assert ready.notes == (beyond,)
    spoiled.write("covariates", pd.DataFrame({"district": districts, "income": 8000 - 2000 * abs(income)}))
    assert prepare_inputs(read_study(spoiled.folder)).notes == ()
    spoiled.write("covariates", pd.DataFrame({"district": districts, "income": 8000, "far": -abs(income)}))
    assert prepare_inputs(read_study(spoiled.folder)).notes == (
        "survey: covariate income left out: the same everywhere",
    )


def test_bad_covariates_are_named(spoiled):
    spoiled.setting("survey = {", 'covariates = "covariates.csv"\nsurvey = {')
    frame = pd.DataFrame({"district": ["west-1", "west-2", "east-1", "east2"], "income": [1, 2, 3, 4]})
    spoiled.write("covariates", frame)
    assert spoiled.only_fault() == (
        "population [east-2]: district east-2 is not in covariates "
        "(only in population: east-2; only in covariates: east2) -> did you mean east2?"
    )
    spoiled.write("covariates", frame.assign(income=["1", "x", "3", "4"]))
    assert spoiled.only_fault().startswith("covariates [west-2]: income is not a number")
    spoiled.write("covariates", frame[["district"]])
    assert spoiled.only_fault() == "covariates: has no column beside district -> add numbers such as income"


def test_draws_vary_as_much_as_the_study_says(spoiled):
    spoiled.setting(
        "need_share = 0.5",
        "need_share = 0.5\ntrip_rate_cv = 0.0\nfootfall_cv = 0.0\nneed_area_cv = 0.0\npeople_cv = 0.0",
    )
    demand = prepare_inputs(read_study(spoiled.folder)).demand
    one, two = demand.draws(2, seed=1)
    assert (one.need == demand.need).all()
    assert (one.awareness != two.awareness).any()
    spoiled.setting("trip_rate_cv = 0.0", "trip_rate_cv = 0.3")
    need = [drawn.need[:, 2:].sum() for drawn in prepare_inputs(read_study(spoiled.folder)).demand.draws(300, seed=1)]
    assert np.std(need) / np.mean(need) == pytest.approx(0.3, abs=0.04)


def test_a_stated_share_where_ages_are_not_known(spoiled):
    spoiled.write("population", spoiled.frame("population").drop(columns="elderly"))
    assert "column elderly is missing" in spoiled.only_fault()
    spoiled.setting("need_share = 0.5", "need_share = 0.5\nage_share = {elderly = 0.25}")
    ready = prepare_inputs(read_study(spoiled.folder))
    people = ready.demand.people
    assert people[:, 1] == pytest.approx(people.sum(axis=1) * 0.25)


def test_a_raster_gives_its_people(spoiled):
    rasterio = pytest.importorskip("rasterio", reason="the extra [raster] is not installed")
    pytest.importorskip("exactextract", reason="the extra [raster] is not installed")
    x, y = corner(spoiled)
    areas = polygons(spoiled)[["district", "parent", "geometry"]]
    areas.to_file(spoiled.folder / "areas.gpkg")
    cells = np.arange(12, dtype="float32").reshape(3, 4)
    transform = rasterio.Affine(300, 0, x, 0, -300, y + 900)
    profile = {"driver": "GTiff", "width": 4, "height": 3, "count": 1, "dtype": "float32"}
    with rasterio.open(spoiled.folder / "people.tif", "w", crs="EPSG:32650", transform=transform, **profile) as file:
        file.write(cells, 1)
    without_survey_rows(spoiled, ["west-1", "east-1"])
    spoiled.setting('population = {path = "population.csv", simulated = true}', 'population = "people.tif"')
    with pytest.raises(InputError, match=r"a population raster needs inputs\.districts"):
        read_study(spoiled.folder)
    spoiled.setting("[demand]", 'districts = "areas.gpkg"\n[demand]')
    spoiled.setting("need_share = 0.5", "need_share = 0.5\nage_share = {elderly = 0.2}")
    ready = prepare_inputs(read_study(spoiled.folder))
    assert ready.population["people"].sum() == pytest.approx(cells.sum(), rel=1e-6)
    # The border at 700 m cuts the third column of cells (600-900 m) at one third.
    west = cells[:, :2].sum() + cells[:, 2].sum() / 3
    assert ready.population.groupby("parent")["people"].sum()["west"] == pytest.approx(west, rel=1e-6)


def test_questionnaires_are_tabulated_and_the_unusable_listed(spoiled):
    answers = pd.DataFrame(
        {
            "district": ["west-1"] * 6 + [""],
            "age": [30, 40, 50, 70, 80, "old", 30],
            "heard": ["yes", "no", "yes", "yes", "no", "yes", "yes"],
            "used": ["yes", "", "no", "yes", "", "no", "no"],
        }
    )
    spoiled.write("survey", answers)
    spoiled.setting("need_share = 0.5", "need_share = 0.5\nage_bands = {elderly = 60}")
    ready = prepare_inputs(read_study(spoiled.folder))
    table = there(ready.awareness).table
    assert table.loc[("west-1", "general"), "asked"] == 3
    assert table.loc[("west-1", "elderly"), "asked"] == 2
    assert any(note.startswith("survey: 1 questionnaires left out: no district") for note in ready.notes)
    assert len(ready.notes) == 2


def test_counter_series_are_averaged(spoiled):
    rows: list[tuple[str, str, object]] = [
        (counter, day.strftime("%Y-%m-%d"), level + (5 if day.weekday() >= 5 else 0))
        for counter, level in (("F1", 100), ("F2", 50), ("F3", 10))
        for day in pd.date_range("2025-03-03", periods=14)
    ]
    rows.append(("F1", "2025-03-20", "n/a"))
    pd.DataFrame(rows, columns=["counter_id", "time", "count"]).to_csv(spoiled.folder / "counts.csv", index=False)
    spoiled.write("footfall", spoiled.frame("footfall")[["counter_id", "lon", "lat"]])
    spoiled.setting("survey = {", 'footfall_counts = "counts.csv"\nsurvey = {')
    spoiled.setting("need_share = 0.5", 'need_share = 0.5\ncounts_every = "day"')
    ready = prepare_inputs(read_study(spoiled.folder))
    general = ready.demand.age_groups.index("general")
    assert ready.demand.need[:, general].sum() > 0
    assert any(note.startswith("footfall_counts: 1 rows left out") for note in ready.notes)
    from placement.pipeline.sources import counter_averages

    averages, _ = counter_averages(ready.study, ready.tables)
    # Five working days and two at the weekend: 100 + 5 * 2 / 7.
    assert there(averages).loc["F1", "people_per_day"] == pytest.approx(100 + 10 / 7)


def test_counters_that_count_by_day_only_or_on_few_days_are_filled_and_named(spoiled):
    hours = pd.date_range("2025-03-03", periods=24 * 14, freq="h")
    series = {"F1": hours, "F2": hours[(hours.hour >= 8) & (hours.hour < 20)], "F3": hours[:48]}
    rows = [(name, time.isoformat(), 50 + time.hour) for name, times in series.items() for time in times]
    pd.DataFrame(rows, columns=["counter_id", "time", "count"]).to_csv(spoiled.folder / "counts.csv", index=False)
    spoiled.write("footfall", spoiled.frame("footfall")[["counter_id", "lon", "lat"]])
    spoiled.setting("survey = {", 'footfall_counts = "counts.csv"\nsurvey = {')
    filled = "that were not counted are as at the other counters"
    assert prepare_inputs(read_study(spoiled.folder)).notes == (
        f"footfall_counts: hours of the day {filled}: F2",
        f"footfall_counts: months or weekdays {filled}: F3",
    )
    # Where no counter saw more, the numbers are of what was seen.
    rows = [row for row in rows if pd.Timestamp(row[1]) in series["F3"] and pd.Timestamp(row[1]).hour in range(8, 20)]
    pd.DataFrame(rows, columns=["counter_id", "time", "count"]).to_csv(spoiled.folder / "counts.csv", index=False)
    alone = "were counted (the daily number is of these alone)"
    assert prepare_inputs(read_study(spoiled.folder)).notes == (
        f"footfall_counts: fewer than 24 hours of the day {alone}: F1 (12), F2 (12), F3 (12)",
        f"footfall_counts: fewer than 3 weekdays {alone}: F1 (2), F2 (2), F3 (2)",
    )


def test_an_uptake_of_the_study_is_told(spoiled):
    before = check_lines(check_record(prepare_inputs(read_study(spoiled.folder))))
    assert any("use it" in line for line in before)
    spoiled.setting("[demand.periods]", "[demand.uptake]\ngeneral = 0.1\nelderly = 0.05\n[demand.periods]")
    after = check_lines(check_record(prepare_inputs(read_study(spoiled.folder))))
    assert not any("use it" in line for line in after)
    assert "  survey: its column used is replaced by [demand.uptake]: general 10.0%, elderly 5.0%" in after


def test_an_unknown_counter_is_named(spoiled):
    counts = pd.DataFrame({"counter_id": ["F1", "F2", "F9"], "time": "2025-03-03", "count": 5})
    counts.to_csv(spoiled.folder / "counts.csv", index=False)
    spoiled.write("footfall", spoiled.frame("footfall")[["counter_id", "lon", "lat"]])
    spoiled.setting("survey = {", 'footfall_counts = "counts.csv"\nsurvey = {')
    faults = spoiled.faults()
    assert faults[0].startswith(
        "footfall_counts [row 4]: counter_id F9 is not in footfall (only in footfall_counts: F9"
    )
    assert faults[1].startswith("footfall [F3]: counter has no counts")


def test_services_follow_the_host(spoiled):
    spoiled.setting(
        "general = 0.3\nelderly = 0.5", "general = {pension = 0.1, bills = 0.2}\nelderly = {pension = 0.4, bills = 0.1}"
    )
    spoiled.setting("need_share = 0.5", 'need_share = 0.5\nservice_hosts = {pension = ["bank", "community"]}')
    ready = prepare_inputs(read_study(spoiled.folder))
    sites = ready.sites.table
    assert set(sites.loc[sites["host"] == "pharmacy", "services"]) == {("bills",)}
    assert set(sites.loc[sites["host"] == "bank", "services"]) == {("pension", "bills")}
    assert [segment.name for segment in ready.demand.segments[:2]] == ["general/day/pension", "general/day/bills"]


def test_a_service_its_host_may_not_offer(spoiled):
    spoiled.setting("general = 0.3\nelderly = 0.5", "general = {pension = 0.1}\nelderly = {pension = 0.4}")
    spoiled.setting("need_share = 0.5", 'need_share = 0.5\nservice_hosts = {pension = ["bank"]}')
    hosts = spoiled.frame("stations")["host"]
    assert "pharmacy" in set(hosts)
    faults = spoiled.faults()
    assert any("host may offer no service at all" in fault for fault in faults)


def test_streets_as_a_layer_of_lines_give_the_same_times(spoiled):
    tables = prepare_inputs(read_study(spoiled.folder))
    there(tables.streets).edges[["geometry"]].to_file(spoiled.folder / "lines.gpkg")
    spoiled.setting('{nodes = "nodes.csv", edges = "edges.csv"}', '{lines = "lines.gpkg"}')
    lines = prepare_inputs(read_study(spoiled.folder))
    assert whole_times(lines.times).matrix.nnz == pytest.approx(whole_times(tables.times).matrix.nnz, rel=0.02)
    before, after = whole_times(tables.times).within(300, 1.3), whole_times(lines.times).within(300, 1.3)
    assert (before != after).nnz <= 0.02 * before.nnz
