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
from placement.pipeline.visits import study_use
from placement.plan import optimise
from placement.study import read_study
from placement.toy import write_study
from tests.conftest import REPOSITORY
from tests.there import there

HANKOU = REPOSITORY / "data" / "hankou"


@pytest.fixture(scope="module")
def hankou():
    return prepare_inputs(read_study(HANKOU))


@pytest.fixture(scope="module")
def use(hankou):
    return there(study_use(hankou))


def test_the_simulated_truth_is_found_again(hankou, use):
    truth = json.loads((HANKOU / "truth.json").read_text(encoding="utf-8"))
    standing = hankou.sites.standing
    seen = pd.Series(there(use.capture).visits(standing), index=hankou.sites.ids)[standing]
    expected = pd.Series(truth["mean_visits_per_month"]).loc[seen.index]
    assert np.corrcoef(np.log(seen), np.log(expected))[0, 1] > 0.98
    # Passers-by walked in where they passed; as a source of people who choose among stations they leave more scatter.
    found = there(use.usage).parameters
    capture = truth["footfall"]["capture"]
    assert found.loc["capture", "low"] < capture < found.loc["capture", "high"]
    assert found.loc["station_sd", "estimate"] < 0.1
    # 400 m of decay at 1.3 m/s are 0.195 a minute.
    decay = found.loc["decay_per_min"]
    assert decay["low"] < 1.3 * 60 / truth["huff"]["decay_m"] < decay["high"]
    assert {use.basis[site] for site in seen.index} == {"own record"}


def test_a_closed_station_sends_its_visitors_to_the_others(hankou, use):
    standing = hankou.sites.standing
    gone = int(hankou.sites.ids.get_loc("S034"))
    others = standing & (np.arange(len(standing)) != gone)
    before, after = (there(use.capture).visits(each) for each in (standing, others))
    assert after[gone] == 0
    assert (after[others] >= before[others] - 1e-9).all()
    assert after[others].sum() - before[others].sum() < before[gone]


def test_a_host_kind_without_record_is_named(hankou, use):
    school = hankou.sites.table.query("host == 'school'").index[0]
    assert use.basis[school] == "as bank"
    assert there(use.capture).total(hankou.sites.ids == school) > 0


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
    assert study_use(prepare_inputs(read_study(write_study(tmp_path, seed=5)))) is None


def test_a_record_too_short_says_why(tmp_path):
    case = prepare(read_study(short_record(tmp_path)))
    assert there(case.use).note.startswith("visits are not predicted: ")
    assert case.notes[-1] == there(case.use).note
    assert case.capture is None
    assert optimise(case).visits is None


def short_record(folder, policy=""):
    """Return a toy study whose four stations have one month of transactions each."""
    path = write_study(folder, seed=5)
    rows = ["site_id,month,transactions", *(f"S0{i},2025-01,{10 + i}" for i in range(4))]
    (folder / "usage.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    text = path.read_text(encoding="utf-8").replace("[demand]", 'usage = "usage.csv"\n[demand]', 1)
    path.write_text(text.replace("[policy]", f"[policy]\n{policy}"), encoding="utf-8")
    return path


def test_any_set_of_sites_is_predicted_by_one_function(hankou, use):
    """The fit without station levels is the function, with them pull and door are scaled; draws are the same twice."""
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
    study = read_study(short_record(tmp_path, "visits_floor = 1.0"))
    with pytest.raises(InputError, match="needs predicted visits, and visits are not predicted: ") as caught:
        prepare(study)
    assert caught.value.faults[0].row == "policy.visits_floor"


def test_virtual_counters_are_no_counts_at_the_door(use, tmp_path):
    shutil.copytree(HANKOU, tmp_path / "hankou")
    file = tmp_path / "hankou" / "study.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[demand]\n", "[demand]\nfootfall_interpolate = true\n", 1), encoding="utf-8")
    filled = prepare_inputs(read_study(file))
    assert there(filled.footfall).counters["interpolated"].sum() > 100
    found = there(study_use(filled))
    # There the doors draw visits, and those go by real counters: not a number changes.
    pd.testing.assert_frame_equal(there(use.usage).parameters, there(found.usage).parameters)
    np.testing.assert_array_equal(there(use.capture).door, there(found.capture).door)
