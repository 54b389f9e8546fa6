"""Visits from a study's own transactions: the simulated truth of Hankou is found again, and a poor record says so."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from placement.errors import InputError
from placement.pipeline import visits as stage
from placement.pipeline.prepare import prepare_inputs
from placement.pipeline.study_case import prepare
from placement.pipeline.visits import predict_visits, study_use
from placement.study import read_study
from placement.toy import write_study
from tests.conftest import REPOSITORY
from tests.there import there

HANKOU = REPOSITORY / "data" / "hankou"


@pytest.fixture(scope="module")
def hankou():
    return prepare_inputs(read_study(HANKOU))


def test_the_simulated_truth_is_found_again(hankou):
    stations = hankou.sites.table.query("existing").index
    visits = predict_visits(hankou, tuple(stations))
    truth = json.loads((HANKOU / "truth.json").read_text(encoding="utf-8"))
    table = there(visits).table
    expected = pd.Series(truth["mean_visits_per_month"]).loc[table.index]
    assert np.corrcoef(np.log(table["before"]), np.log(expected))[0, 1] > 0.98
    # Passers-by walked in where they passed; as a source of people who choose among stations they leave more scatter.
    found = there(there(visits).usage).parameters
    capture = truth["footfall"]["capture"]
    assert found.loc["capture", "low"] < capture < found.loc["capture", "high"]
    assert found.loc["station_sd", "estimate"] < 0.1
    # 400 m of decay at 1.3 m/s are 0.195 a minute.
    decay = there(there(visits).usage).parameters.loc["decay_per_min"]
    assert decay["low"] < 1.3 * 60 / truth["huff"]["decay_m"] < decay["high"]
    assert (table["before"] == table["after"]).all()
    assert set(table["basis"]) == {"own record"}


def test_a_closed_station_sends_its_visitors_to_the_others(hankou):
    stations = list(hankou.sites.table.query("existing").index)
    gone = "S034"
    table = there(predict_visits(hankou, tuple(site for site in stations if site != gone))).table
    assert np.isnan(table.loc[gone, "after"])
    others = table.drop(gone)
    assert (others["after"] >= others["before"] - 1e-9).all()
    assert others["after"].sum() - others["before"].sum() < table.loc[gone, "before"]


def test_a_host_kind_without_record_is_named(hankou):
    schools = hankou.sites.table.query("host == 'school'").index[:1]
    table = there(predict_visits(hankou, tuple(schools))).table
    assert table.loc[schools[0], "basis"] == "as bank"
    assert table.loc[schools[0], "after"] > 0


def test_the_way_that_leaves_less_scatter_is_taken(hankou):
    """Transactions that follow the people around, not those at the door, are told from the others."""
    stations = hankou.sites.table.query("existing")
    times = hankou.times.to_sites(stations.index)
    around, door = stage._ways(hankou)
    assert list(around.sources) == ["residents", "passers_by"]
    assert list(door.sources) == ["residents"]
    rng = np.random.default_rng(2)
    usage, drawn = stage._best(hankou, times, hankou.tables.usage, stations)
    assert drawn.passing is not None
    model = around.fit(hankou.tables.usage, times, stations)
    expected = model.predict(times, around.sources, stations, history=False)["visits"]
    months = [f"2025-{month:02d}" for month in range(1, 13)]
    made = pd.DataFrame([(site, month) for site in stations.index for month in months], columns=["site_id", "month"])
    made["transactions"] = rng.poisson(expected.loc[made["site_id"]].to_numpy())
    usage, drawn = stage._best(hankou, times, made, stations)
    assert drawn.passing is None
    assert "rate_passers_by" in usage.parameters.index


def test_no_record_no_visits(tmp_path):
    ready = prepare_inputs(read_study(write_study(tmp_path, seed=5)))
    assert predict_visits(ready, ("S00",)) is None


def test_a_record_too_short_says_why(tmp_path):
    path = write_study(tmp_path, seed=5)
    rows = ["site_id,month,transactions", *(f"S0{i},2025-01,{10 + i}" for i in range(4))]
    (tmp_path / "usage.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace("[demand]", 'usage = "usage.csv"\n[demand]', 1))
    visits = predict_visits(prepare_inputs(read_study(path)), ("S00",))
    assert there(visits).note.startswith("visits are not predicted: ")
    assert there(visits).table.empty


def test_any_set_of_sites_is_predicted_by_one_function(hankou):
    """The fit without station levels is the function, with them pull and door are scaled; draws are the same twice."""
    use = there(study_use(hankou))
    capture, model = there(use.capture), there(use.usage)
    standing = hankou.sites.standing
    assert list(capture.site_ids) == list(hankou.sites.ids)
    assert there(use.basis)["S034"] == "own record"
    fitted = model.predict(
        hankou.times.to_sites(hankou.sites.ids[standing]), there(stage._ways(hankou)[-1]).sources,
        hankou.sites.table[standing], passing=there(stage._ways(hankou)[-1]).passing,
    )  # fmt: skip
    np.testing.assert_allclose(capture.visits(standing)[standing], fitted["visits"], rtol=0.02)
    other = standing.copy()
    other[np.flatnonzero(standing)[:3]], other[np.flatnonzero(~standing)[:2]] = False, True
    drawn = [(one.total(standing), one.total(other)) for one in use.draws(40, 1)]
    again = [(one.total(standing), one.total(other)) for one in use.draws(5, 1, standing | other)]
    np.testing.assert_allclose(drawn[:5], again)
    before, after = np.transpose(drawn)
    assert np.std(after - before) < 0.6 * np.std(before)
    assert abs(before.mean() - capture.total(standing)) < 3 * np.std(before) / np.sqrt(40) + 50


def test_a_floor_on_visits_that_cannot_be_predicted_is_a_fault(tmp_path):
    path = write_study(tmp_path, seed=5)
    rows = ["site_id,month,transactions", *(f"S0{i},2025-01,{10 + i}" for i in range(4))]
    (tmp_path / "usage.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    text = path.read_text(encoding="utf-8").replace("[demand]", 'usage = "usage.csv"\n[demand]', 1)
    path.write_text(text.replace("[policy]", "[policy]\nvisits_floor = 1.0"), encoding="utf-8")
    with pytest.raises(InputError, match="needs predicted visits, and visits are not predicted: ") as caught:
        prepare(read_study(path))
    assert caught.value.faults[0].row == "policy.visits_floor"


def test_virtual_counters_are_no_counts_at_the_door(hankou, tmp_path):
    shutil.copytree(HANKOU, tmp_path / "hankou")
    file = tmp_path / "hankou" / "study.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[demand]\n", "[demand]\nfootfall_interpolate = true\n", 1), encoding="utf-8")
    filled = prepare_inputs(read_study(file))
    assert there(filled.footfall).counters["interpolated"].sum() > 100
    stations = tuple(hankou.sites.table.query("existing").index)
    plain, found = predict_visits(hankou, stations), predict_visits(filled, stations)
    # There the doors draw visits, and those go by real counters: not a number changes.
    pd.testing.assert_frame_equal(there(there(plain).usage).parameters, there(there(found).usage).parameters)
    pd.testing.assert_frame_equal(there(plain).table, there(found).table)
