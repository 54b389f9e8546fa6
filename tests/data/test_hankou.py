"""The Hankou study as committed: totals, ids, sizes, what is simulated, and that it can be rebuilt to the byte."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from placement.pipeline.prepare import prepare_inputs
from placement.study import read_study
from tests.there import there

ROOT = Path(__file__).parents[2]
HANKOU = ROOT / "data" / "hankou"
RAW = Path(os.environ.get("PLACEMENT_HANKOU_RAW", ROOT.parent / "shared" / "data" / "wuhan"))
CENSUS = {"江岸区": 965_260, "江汉区": 647_932, "硚口区": 666_661}
BUILT = (
    "areas.geojson",
    "candidates.csv",
    "districts.geojson",
    "footfall.csv",
    "population.csv",
    "stations.csv",
    "streets_edges.csv",
    "streets_nodes.csv",
    "survey.csv",
    "truth.json",
    "usage.csv",
)


def read(name):
    return pd.read_csv(HANKOU / name, keep_default_na=False)


def test_totals_equal_the_census_to_the_person():
    population = read("population.csv")
    totals = population.groupby("parent")[["people", "elderly"]].sum()
    assert totals["people"].to_dict() == CENSUS
    assert totals["elderly"].to_dict() == {name: round(0.1181 * people) for name, people in CENSUS.items()}
    assert (population["people"] > 0).all()
    assert (population["elderly"] <= population["people"]).all()


def test_people_are_spread_by_street_length():
    population = read("population.csv")
    assert 4_000 < len(population) < 5_000
    by_district = population.groupby("parent")["people"].agg(["sum", "count"])
    # Points stand about every 200 m, so that people per point differ by district as people per street length do.
    assert by_district["count"].sum() * 0.2 == pytest.approx(871, rel=0.1)


def test_survey_areas():
    population, survey = read("population.csv"), read("survey.csv")
    areas = population.groupby("district")["parent"].agg(["nunique", "first"])
    assert len(areas) == 40
    assert (areas["nunique"] == 1).all()
    assert all(area.startswith(parent) for area, parent in areas["first"].items())
    assert len(set(areas.index) - set(survey["district"])) == 2
    assert set(survey["district"]) <= set(areas.index)


def test_survey_asks_1200_unevenly_and_about_58_percent_are_aware():
    survey = read("survey.csv")
    totals = survey[["asked", "aware", "used"]].sum()
    assert totals["asked"] == 1200
    assert totals["aware"] / totals["asked"] == pytest.approx(0.58, abs=0.03)
    assert ((survey["used"] <= survey["aware"]) & (survey["aware"] <= survey["asked"])).all()
    assert not survey.duplicated(["district", "age_group"]).any()
    by_age = survey.groupby("age_group")[["asked", "aware"]].sum()
    share = by_age["aware"] / by_age["asked"]
    assert share["elderly"] < share["general"] - 0.1
    by_area = survey.groupby("district")["asked"].sum()
    assert (by_area <= 5).sum() >= 2
    assert by_area.max() > 60


def test_simulated_awareness_is_58_percent_over_all_residents():
    truth = json.loads((HANKOU / "truth.json").read_text(encoding="utf-8"))
    population = read("population.csv")
    general = population["district"].map(lambda area: truth["awareness"][area]["general"])
    elderly = population["district"].map(lambda area: truth["awareness"][area]["elderly"])
    aware = (population["people"] - population["elderly"]) * general + population["elderly"] * elderly
    assert aware.sum() / population["people"].sum() == pytest.approx(0.58, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "column", "rows"),
    [
        ("population.csv", "demand_id", None),
        ("footfall.csv", "counter_id", 60),
        ("stations.csv", "site_id", 45),
        ("candidates.csv", "site_id", 300),
        ("streets_nodes.csv", "node_id", None),
    ],
)
def test_ids_are_unique(name, column, rows):
    table = read(name)
    assert table[column].is_unique
    assert rows is None or len(table) == rows


def test_sites():
    stations, candidates = read("stations.csv"), read("candidates.csv")
    assert not set(stations["site_id"]) & set(candidates["site_id"])
    sites = pd.concat([stations, candidates])
    areas = set(read("population.csv")["district"])
    assert set(sites["district"]) <= areas
    assert (sites["machines"] <= sites["max_machines"]).all()
    assert sites["name"].str.startswith("模拟").all()
    xy = gpd.GeoSeries.from_xy(stations["lon"], stations["lat"], crs="EPSG:4326").to_crs("EPSG:32650").get_coordinates()
    apart = np.linalg.norm(xy.to_numpy()[:, None] - xy.to_numpy(), axis=2)
    assert (apart[np.triu_indices(45, k=1)] < 200).sum() >= 5


def test_usage_covers_18_months_of_every_station_with_idle_and_worn_ones():
    usage, stations = read("usage.csv"), read("stations.csv").set_index("site_id")
    assert len(usage) == 45 * 18
    assert not usage.duplicated(["site_id", "month"]).any()
    assert set(usage["site_id"]) == set(stations.index)
    a_machine = usage.groupby("site_id")["transactions"].mean() / stations["machines"]
    assert (a_machine < 500).sum() >= 20
    assert 3 <= (a_machine > 1100).sum() <= 8
    out = usage.groupby("site_id")["outage_hours"].mean()
    assert out[a_machine > 1100].mean() > 5 * out[a_machine < 500].mean()


def test_simulated_usage_follows_its_stated_mean():
    truth = json.loads((HANKOU / "truth.json").read_text(encoding="utf-8"))
    usage = read("usage.csv")
    season = np.resize(truth["season"], 18)
    mean = usage["site_id"].map(truth["mean_visits_per_month"]).to_numpy() * np.tile(season, 45)
    mean = mean * (1 - usage["outage_hours"] / 720)
    spread = np.sqrt(mean + mean**2 / truth["negative_binomial_size"])
    score = (usage["transactions"] - mean) / spread
    # 810 draws: the mean of standard scores has standard error 0.035.
    assert abs(score.mean()) < 0.12
    assert score.std() == pytest.approx(1, abs=0.15)


def test_streets_are_one_network_with_true_lengths():
    nodes, edges = read("streets_nodes.csv").set_index("node_id"), read("streets_edges.csv")
    lines = gpd.GeoSeries(shapely.from_wkt(edges["wkt"]), crs="EPSG:4326")
    metres = lines.to_crs("EPSG:32650").length
    assert np.abs(metres - edges["length_m"]).max() < 1
    assert edges["length_m"].sum() == pytest.approx(metres.sum(), rel=1e-5)
    ends = shapely.get_coordinates(shapely.get_point(lines.to_numpy()[:, None], [0, -1]).ravel())
    named = nodes.loc[edges[["u", "v"]].to_numpy().ravel(), ["lon", "lat"]].to_numpy()
    assert np.abs(ends - named).max() < 2e-6
    number = pd.Series(range(len(nodes)), index=nodes.index)
    graph = sparse.coo_array((edges["length_m"], (number[edges["u"]], number[edges["v"]])), shape=(len(nodes),) * 2)
    assert csgraph.connected_components(graph, directed=False)[0] == 1


def test_population_stands_on_the_streets():
    """Outlines left in GCJ-02 would put every table some 590 m off; on the converted ones points are on streets."""
    population = read("population.csv")
    edges = gpd.GeoSeries(shapely.from_wkt(read("streets_edges.csv")["wkt"]), crs="EPSG:4326").to_crs("EPSG:32650")
    points = gpd.GeoSeries.from_xy(population["lon"], population["lat"], crs="EPSG:4326").to_crs("EPSG:32650")
    _, away = shapely.STRtree(edges.to_numpy()).query_nearest(
        points.to_numpy(), return_distance=True, all_matches=False
    )
    assert away.max() < 0.2
    districts = gpd.read_file(HANKOU / "districts.geojson").to_crs("EPSG:32650").set_index("district")
    assert sorted(districts.index) == sorted(CENSUS)
    assert districts.is_valid.all()
    inside = points.within(districts.loc[population["parent"]].geometry.set_axis(points.index))
    assert inside.mean() > 0.999


def test_simulated_inputs_are_declared():
    inputs = tomllib.loads((HANKOU / "study.toml").read_text(encoding="utf-8"))["inputs"]
    simulated = {name for name, entry in inputs.items() if entry.get("simulated")}
    assert simulated == {"footfall", "survey", "stations", "candidates", "usage"}
    readme = (HANKOU / "README.md").read_text(encoding="utf-8")
    for name in BUILT:
        assert f"`{name}`" in readme


def test_everything_committed_is_under_3_mb():
    assert sum(path.stat().st_size for path in HANKOU.iterdir() if path.is_file()) < 3_000_000


@pytest.mark.skipif(not RAW.is_dir(), reason=f"no raw files in {RAW}; name their folder in PLACEMENT_HANKOU_RAW")
def test_rebuilding_gives_the_same_bytes(tmp_path):
    command = [sys.executable, HANKOU / "build.py", RAW, "--out", tmp_path]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(BUILT)
    for name in BUILT:
        assert (tmp_path / name).read_bytes() == (HANKOU / name).read_bytes(), name


def test_the_study_of_publicity_adds_a_table_and_guides_alone():
    first, second = (
        tomllib.loads((HANKOU / name).read_text(encoding="utf-8")) for name in ("study.toml", "publicity.toml")
    )
    assert second["inputs"].pop("publicity") == {"path": "publicity.csv", "simulated": True}
    assert second.pop("guides") == {"age_group": "elderly", "uptake": 0.8}
    assert second["costs"]["default"].pop("guide") == 1200
    assert {name for name in first if first[name] != second[name]} == {"study", "budget", "policy"}
    assert first["policy"].pop("visits_weight") == 1
    assert first["policy"] == second["policy"]
    prepared = prepare_inputs(read_study(HANKOU / "publicity.toml"))
    levels = there(prepared.tables.publicity)
    assert (len(levels), sorted(set(levels["area"]))) == (6, sorted(set(prepared.population["parent"])))
    assert "publicity" in prepared.study.simulated_inputs


def test_the_study_of_three_years_differs_in_budget_policy_and_phases_alone():
    first, second = (
        tomllib.loads((HANKOU / name).read_text(encoding="utf-8")) for name in ("study.toml", "phases.toml")
    )
    assert {name for name in first if first[name] != second[name]} == {"study", "budget", "policy"}
    assert second.keys() - first.keys() == {"phase"}
    assert [phase["name"] for phase in second["phase"]] == ["pilot", "2027", "2028"]


def test_the_study_of_reduction_differs_in_budget_policy_and_fees_alone():
    first, second = (
        tomllib.loads((HANKOU / name).read_text(encoding="utf-8")) for name in ("study.toml", "reduction.toml")
    )
    assert {name for name in first if first[name] != second[name]} == {"study", "budget", "policy"}
    assert second.keys() - first.keys() == {"fees"}
    assert second["policy"]["preset"] == "reduction"


def test_the_study_of_relocation_differs_in_budget_and_policy_alone():
    first, second = (
        tomllib.loads((HANKOU / name).read_text(encoding="utf-8")) for name in ("study.toml", "relocation.toml")
    )
    assert {name for name in first if first[name] != second[name]} == {"study", "budget", "policy"}
    assert first["study"] | {"name": second["study"]["name"]} == second["study"]
    assert second["policy"]["preset"] == "relocation"
