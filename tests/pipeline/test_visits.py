"""Visits from a study's own transactions: the simulated truth of Hankou is found again, and a poor record says so."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from placement.errors import InputError
from placement.pipeline.prepare import prepare_inputs
from placement.pipeline.study_case import prepare
from placement.pipeline.visits import study_use
from placement.plan import optimise
from placement.study import read_study
from placement.toy import write_study
from placement.values.immutable import replaced
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
    found = there(use.usage).parameters
    # A third of the visits walk in at the door; of those who choose among stations, none but residents.
    assert found.loc["door_share", "estimate"] == pytest.approx(0.34, abs=0.05)
    assert found.loc["share_passers_by", "high"] <= 0.35
    assert found.loc["exponent", "estimate"] > 0.9
    # 400 m of decay at 1.3 m/s are 0.195 a minute.
    decay = found.loc["decay_per_min"]
    assert decay["low"] < 1.3 * 60 / truth["huff"]["decay_m"] <= decay["high"]
    attraction = truth["huff"]["attraction"]
    for host in ("community", "pharmacy", "supermarket"):
        assert found.loc[f"attraction_{host}", "estimate"] == pytest.approx(attraction[host] / 0.5, rel=0.2)
    assert {use.basis[site] for site in seen.index} == {"own record"}


def test_errors_and_level_stand_in_the_notes(hankou, use):
    """45 stations: an error a third of what one level for all has, in areas left out too; two visits in five seen."""
    evidence = there(use.usage).evidence
    assert use.ranks
    assert evidence.log_bayes_factor > 20
    errors = use.usage.scores["rmse_log"]
    assert errors["model", "block"] < 0.35 * min(errors["constant", "block"], errors["nearest", "block"])
    assert errors["model", "station"] < 0.4 * errors["constant", "station"]
    assert use.usage.scores.loc[("model", "station"), "held"] >= 0.85
    assert use.notes == tuple(f"SIMULATED usage: {line}" for line in evidence.lines())
    assert use.notes[-1].startswith("SIMULATED usage: level: ")
    assert evidence.level.seen < 0.75 * there(use.capture).total(hankou.sites.standing)
    assert "SIMULATED usage: no station of these host kinds has transactions: school" in use.notes


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
    assert use.basis[school] == "no station of its kind"
    assert there(use.capture).total(hankou.sites.ids == school) > 0


def test_transactions_that_nothing_explains_rank_no_sites(hankou):
    """The counts of Hankou's stations dealt out anew: refused, with what was tried."""
    table = hankou.tables.usage.copy()
    sites = sorted(table["site_id"].unique())
    dealt = np.random.default_rng(4).permutation(sites)
    table["site_id"] = table["site_id"].map(dict(zip(sites, dealt, strict=True)))
    use = there(study_use(replaced(hankou, tables=replaced(hankou.tables, usage=table))))
    assert use.capture is None
    assert not use.ranks
    assert use.note.startswith("visits are not predicted: not predictable from these data")
    assert use.notes[0] == f"SIMULATED usage: {use.note}"
    assert use.notes[1].startswith("SIMULATED usage: visits of 45 stations, each predicted without its own record: ")
    assert list(use.draws(3, 0)) == []


def test_no_record_no_visits(tmp_path):
    assert study_use(prepare_inputs(read_study(write_study(tmp_path, seed=5)))) is None


def test_a_record_too_short_says_why(tmp_path):
    case = prepare(read_study(short_record(tmp_path)))
    assert there(case.use).note.startswith("visits are not predicted: ")
    assert f"usage: {there(case.use).note}" in case.notes
    assert not case.capture_ranks
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
    """The order is the study's; draws are the same twice, and a change varies less than what it is a change of."""
    capture = there(use.capture)
    standing = hankou.sites.standing
    assert list(capture.site_ids) == list(hankou.sites.ids)
    assert there(use.basis)["S034"] == "own record"
    other = standing.copy()
    other[np.flatnonzero(standing)[:3]], other[np.flatnonzero(~standing)[:2]] = False, True
    drawn = [(one.total(standing), one.total(other)) for one in use.draws(40, 1)]
    again = [(one.total(standing), one.total(other)) for one in use.draws(5, 1, standing | other)]
    np.testing.assert_allclose(drawn[:5], again)
    before, after = np.transpose(drawn)
    assert abs(np.corrcoef(before, after)[0, 1]) > 0.2
    assert abs(before.mean() - capture.total(standing)) < 3 * np.std(before) / np.sqrt(40) + 50
    assert abs((after - before).mean() - capture.total(other) + capture.total(standing)) < 3 * np.std(after - before)


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
    # Doors go by real counters; the people of virtual ones around add nothing here, and take nothing away.
    a, b = there(use.usage), there(found.usage)
    for name in ("door_share", "decay_per_min", "exponent"):
        assert b.parameters.loc[name, "estimate"] == pytest.approx(a.parameters.loc[name, "estimate"], rel=0.02)
    assert b.parameters.loc["share_passers_by_counted", "high"] <= 0.35
    assert b.scores.loc[("model", "station"), "rmse_log"] == pytest.approx(
        a.scores.loc[("model", "station"), "rmse_log"], rel=0.05
    )
    standing = filled.sites.standing
    assert there(found.capture).total(standing) == pytest.approx(there(use.capture).total(standing), rel=0.001)


def test_a_column_that_brings_people_is_read_and_used(tmp_path):
    """Twice the floor, four times the visits: told with the column; missing and misused columns are faults."""
    shutil.copytree(HANKOU, tmp_path / "hankou")
    folder = tmp_path / "hankou"
    rng = np.random.default_rng(5)
    floor: dict[str, int] = {}
    for name in ("stations", "candidates"):
        table = pd.read_csv(folder / f"{name}.csv", dtype=str)
        table["floor_m2"] = rng.choice([20, 40, 80], len(table))
        floor |= dict(zip(table["site_id"], table["floor_m2"], strict=True))
        table.to_csv(folder / f"{name}.csv", index=False)
    counts = pd.read_csv(folder / "usage.csv")
    counts["transactions"] = (counts["transactions"] * counts["site_id"].map(floor) ** 2 / 400).round().astype(int)
    counts.to_csv(folder / "usage.csv", index=False)
    file, text = folder / "study.toml", (folder / "study.toml").read_text(encoding="utf-8")
    plain = there(study_use(prepare_inputs(read_study(file))))
    file.write_text(text.replace("[demand]\n", '[demand]\nvisit_columns = ["floor_m2"]\n', 1), encoding="utf-8")
    told = there(study_use(prepare_inputs(read_study(file))))
    errors = [there(each.usage).scores.loc[("model", "station"), "rmse_log"] for each in (told, plain)]
    assert errors[0] < 0.5 * errors[1]
    known = '[demand]\nvisit_columns = ["machines", "area_m2"]\n'
    file.write_text(text.replace("[demand]\n", known, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        prepare_inputs(read_study(file))
    said = [str(fault) for fault in caught.value.faults]
    for table in ("stations", "candidates"):
        assert any(each.startswith(f"{table}: demand.visit_columns names machines") for each in said), said
        assert any(each.startswith(f"{table}: column area_m2 is missing") for each in said), said
