"""The network that exists: one street by hand, faults planted into Hankou's log, and real libraries."""

from __future__ import annotations

import json
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

import placement as pl
from placement.cli import main
from placement.errors import InputError
from placement.notes import in_language
from placement.toy import write_study
from tests.conftest import REPOSITORY

MONTHS = [str(month) for month in pd.period_range("2024-01", periods=12, freq="M")]
STATIONS = [f"S{at}" for at in range(10)]
SHARED = REPOSITORY.parent / "shared" / "data"


def street(**changes):
    """Ten stations, each before the door of a point: S0 of 10 visits a month, S1 of 20, ... S1 reaches S0's too.

    A candidate C reaches 500 that nobody serves. Rent is 1,200 yuan a year, and each month has 100 visits a station.
    """
    weights = [10.0 * (at + 1) for at in range(10)] + [500.0]
    points = gpd.GeoDataFrame(
        {"weight": weights, "people": [10 * each for each in weights]},
        index=pd.Index([f"p{at}" for at in range(11)], name="demand_id"),
        geometry=gpd.points_from_xy(500_000 + 2_000.0 * np.arange(11), [3_400_000.0] * 11), crs="EPSG:32650",
    )  # fmt: skip
    sites = gpd.GeoDataFrame(
        {"existing": [True] * 10 + [False], "machines": [1] * 11},
        index=pd.Index([*STATIONS, "C"], name="site_id"),
        geometry=gpd.points_from_xy(500_010 + 2_000.0 * np.arange(11), [3_400_000.0] * 11), crs="EPSG:32650",
    )  # fmt: skip
    minutes = np.full((11, 11), np.nan)
    np.fill_diagonal(minutes, 1.0)
    minutes[0, 1] = 10.0
    case = pl.Case.from_frames(points, sites, minutes, unit="minutes", standard=15, costs={"rent": 1_200})
    rows = pd.DataFrame([(site, month, 100, 250, 73.0) for site in STATIONS for month in MONTHS])
    rows.columns = ["site_id", "month", "transactions", "pages", "outage_hours"]
    for (site, months), count in changes.get("counts", {}).items():
        rows.loc[(rows["site_id"] == site) & rows["month"].isin(MONTHS[:months]), "transactions"] = count
    expected = pd.DataFrame({"model": 110.0, "low": 90.0, "high": 135.0}, index=pd.Index(STATIONS, name="site_id"))
    return case, rows, expected


def test_one_station_by_hand():
    case, rows, expected = street()
    found = pl.evaluate(case, transactions=rows, expected=expected, capacity=200)
    row = found.stations.set_index("site_id").loc["S1"]
    # 20 before its door and S0's 10; S0 reaches these too. People are ten times as many.
    assert (row["reach"], row["reach_only"], row["people"], row["people_only"]) == (30, 20, 300, 200)
    assert (row["twin"], row["twin_share"], row["elsewhere"]) == ("S0", pytest.approx(1 / 3), pytest.approx(1 / 3))
    # At C it would bring 500 and lose the 20 that only it reaches.
    assert (row["move_to"], row["move_gains"]) == ("C", 480)
    # 1,200 visits in 12 months, each short of 73 hours out of service: 876 of the year's 8,784 hours, by months.
    hours = [744, 696, 744, 720, 744, 720, 744, 744, 720, 744, 720, 744]
    service = sum(1 - 73 / each for each in hours)
    assert row["downtime"] == pytest.approx(1 - service / 12)
    assert row["visits"] == pytest.approx(1200 / service, rel=0.01)
    assert row["utilisation"] == pytest.approx(1200 / (200 * service))
    assert (row["pages_a_visit"], row["outage_hours"], row["running_yuan"], row["yuan_a_visit"]) == (2.5, 73, 1200, 1.0)
    assert (row["found"], row["months"], row["months_down"]) == ("normal", 12, 0)
    assert row["growth_a_year"] == pytest.approx(0, abs=0.05)
    first = found.stations.set_index("site_id").loc["S0"]
    assert (first["reach_only"], first["elsewhere"], first["twin_share"]) == (0, 1, 1)
    assert found.months.loc[0, ["site_id", "month", "transactions", "down"]].tolist() == ["S0", "2024-01", 100, False]


def test_what_is_proposed():
    case, rows, expected = street(counts={("S0", 12): 15, ("S5", 12): 12, ("S7", 12): 400, ("S9", 2): 0})
    expected.loc["S5", "model"] = 900.0
    found = pl.evaluate(case, transactions=rows, expected=expected)
    said = {site: str(words) for site, words in found.sentences()}
    assert said["S0"] == (
        "move it to C, which brings 500 visits a month more within reach; 100% of those within reach today have "
        "another station"
    )
    # Nobody else serves S5's people, and 900 a month could be expected: they have not heard of it.
    assert said["S5"].startswith("tell people about it: 900 visits a month could be expected, it sees ")
    assert said["S7"].startswith("add a machine: it sees ")
    assert said["S9"].startswith("mend it: 2 months far below its own level cost some 2")
    assert set(said) == {"S0", "S5", "S7", "S9"}
    table = found.stations.set_index("site_id")
    assert table.loc["S9", "lost_down"] == pytest.approx(200, rel=0.1)
    assert table.loc["S2", "do"].startswith("its place is poor, not the station: it sees ")
    assert all(in_language(words, "zh").startswith("建议") for _, words in found.sentences())


def test_what_cannot_be_said_is_told():
    case, rows, expected = street()
    short = pl.evaluate(case, transactions=rows[rows["month"] < "2024-05"], expected=expected)
    assert short.notes == ("the log has 4 months, 6 are needed for verdicts",)
    assert short.counts == {"no verdict": 10}
    alone = pl.evaluate(case, transactions=rows[rows["site_id"] != "S3"])
    assert alone.notes[0] == "fewer than 8 stations can be compared: no verdicts"
    assert alone.notes[1] == "1 stations have no transactions on record, S3 first"
    wide = expected.assign(low=20.0, high=600.0)
    assert "predictions are off by a factor of 2.81" in pl.evaluate(case, transactions=rows, expected=wide).notes[0]
    with pytest.raises(InputError, match="there are no transactions"):
        pl.evaluate(case)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Hankou's study with six idle stations, two overloaded ones and four that are down for two months, and which."""
    folder = tmp_path_factory.mktemp("planted") / "hankou"
    shutil.copytree(REPOSITORY / "data" / "hankou", folder)
    usage = pd.read_csv(folder / "usage.csv", dtype={"site_id": str, "month": str})
    names = sorted(usage["site_id"].unique())
    names = [str(name) for name in np.random.default_rng(2).permutation(names)]
    kinds = {"idle": names[:6], "overloaded": names[6:8], "faulty": names[8:12]}
    of = usage["site_id"]
    count = usage["transactions"].to_numpy(dtype=float)
    count = np.where(of.isin(kinds["idle"]), 0.3 * count, count)
    count = np.where(of.isin(kinds["overloaded"]), 2.3 * count, count)
    count = np.where(of.isin(kinds["faulty"]) & usage["month"].isin(["2024-08", "2024-09"]), 0.0, count)
    usage.assign(transactions=np.rint(count).astype(int)).to_csv(folder / "usage.csv", index=False)
    return folder, kinds


@pytest.fixture(scope="module")
def hankou(planted):
    return pl.evaluate(pl.prepare(pl.read_study(planted[0])))


def test_planted_faults_are_found(hankou, planted):
    found = hankou.stations.set_index("site_id")["found"]
    for kind, names in planted[1].items():
        called = set(found.index[found == kind])
        assert len(called & set(names)) >= len(names) - 1, (kind, called, names)
        assert len(called - set(names)) <= 1, (kind, called, names)
    down = hankou.months[hankou.months["down"]]
    assert set(down["month"]) <= {"2024-08", "2024-09"}
    assert set(planted[1]["faulty"]) >= set(down["site_id"])
    assert hankou.simulated


def test_the_command_says_the_same(hankou, planted, tmp_path):
    told = CliRunner().invoke(main, ["evaluate", str(planted[0]), "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.output) == json.loads(json.dumps(hankou.record()))
    nothing = CliRunner().invoke(main, ["evaluate", str(write_study(tmp_path / "study", seed=5))])
    assert nothing.exit_code == 2
    assert "there are no transactions -> give inputs.usage" in nothing.output
    assert hankou.lines[0].startswith("45 stations, 2024-01 to 2025-06, simulated: ")
    for line, (site, said) in zip(hankou.lines[1 + len(hankou.notes) :], hankou.sentences(), strict=True):
        assert line.startswith(f"{site}: ")
        assert line.endswith(f": {said}")


@pytest.mark.skipif(not (SHARED / "chicago_libraries").is_dir(), reason="the shared data are not here")
def test_libraries_are_not_accused(tmp_path):
    """More than four of five branches are called normal: nobody knows of idle ones among them."""
    folder = tmp_path / "libraries"
    shutil.copytree(SHARED / "chicago_libraries", folder)
    tracts = gpd.read_file(folder / "population.geojson")
    middles = gpd.GeoSeries(shapely.box(*tracts.bounds.to_numpy().T), crs=tracts.crs)  # many tracts cross themselves
    middles = middles.to_crs("EPSG:26916").centroid.to_crs("EPSG:4326")
    tracts.set_geometry(middles).to_file(folder / "population.geojson")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(text.replace("grid_m = 300\n", ""), encoding="utf-8")
    found = pl.evaluate(pl.prepare(pl.read_study(folder)))
    assert found.counts["normal"] > 0.8 * len(found.stations)
    assert not found.simulated
