"""A limit on idle stations, from the study to the judge: plans, clashes, and what is altered."""

from __future__ import annotations

import json

import pytest

import placement as pl
from placement.errors import InfeasibleError
from placement.judge import Judge
from placement.report.write import write_infeasible
from tests.doorstep import write_doorstep
from tests.there import there


def study(folder, policy):
    return pl.read_study(write_doorstep(folder, policy=f"visits_weight = 0\n{policy}"))


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """Return a plan that may not move S00 to C, where it would see 18 visits a month: one station is idle today."""
    place = tmp_path_factory.mktemp("few_idle")
    case = pl.prepare(study(place / "study", "max_idle = 1"))
    plan = pl.optimise(case)
    pl.write(case, plan, place / "plan")
    return place, case, plan


def test_a_station_does_not_move_to_where_it_would_be_idle(limited):
    place, case, plan = limited
    visits = there(plan.visits)
    assert (visits.idle_before, visits.idle_after, "C" in plan.open) == (1, 1, False)
    free = pl.optimise(case, case.policy.but(max_idle=None))
    assert (there(free.visits).idle_after, "C" in free.open) == (2, True)
    assert [(each.asked, each.found) for each in plan.limits if each.name == "max_idle"] == [(1, 1)]
    verdict = pl.verify(place / "plan")
    assert verdict.differences == ()
    assert verdict.proven
    page = (place / "plan" / "report.html").read_text(encoding="utf-8")
    assert "Idle stations, at most" in page
    broken = pl.what_if(case, plan, remove=["S00"], add=["C"]).broken
    assert "max_idle: 2 where at most 1 are allowed" in [each.words for each in broken]


def test_a_plan_with_more_idle_stations_than_asked_is_refused(limited):
    """A plan of another limit, said to be of this one: its stations are counted, whatever the file says of them."""
    place, case, _ = limited
    free = case.but(policy=case.policy.but(max_idle=2))
    pl.write(free, pl.optimise(free), place / "free")
    record = json.loads((place / "free" / "plan.json").read_text(encoding="utf-8"))
    assert pl.verify(place / "free").differences == ()
    record["overrides"] = [each for each in record["overrides"] if each["key"] != "policy.max_idle"]
    (limit,) = [each for each in record["limits"] if each["name"] == "max_idle"]
    limit["asked"] = 1
    (place / "free" / "plan.json").write_text(json.dumps(record), encoding="utf-8")
    said = "\n".join(pl.verify(place / "free").differences)
    assert "policy: 2 stations see fewer than 60 visits a month, max_idle allows 1" in said


def test_a_clash_names_the_limit_and_what_would_do(tmp_path):
    """A required station sees fewer than 60 whatever else stands: none idle cannot be, one can."""
    asked = study(tmp_path / "study", "max_idle = 0")
    with pytest.raises(InfeasibleError) as caught:
        pl.optimise(pl.prepare(asked))
    found = caught.value.found
    assert set(found.constraints) == {"max_idle", "required sites"}
    (change,) = found.changes
    assert (change.constraint, change.asked, change.at_least, change.enough) == ("max_idle", 0, 1, 1)
    assert found.explanation == "max_idle is too low by 1"
    folder = there(write_infeasible(caught.value, tmp_path / "plan"))
    judge = Judge.of(asked)
    assert judge.verdict(folder).differences == ()
    record = json.loads((folder / "infeasible.json").read_text(encoding="utf-8"))
    record["changes"][0]["enough"]["amount"] = record["changes"][0]["at_least"] = 2
    (folder / "infeasible.json").write_text(json.dumps(record), encoding="utf-8")
    said = "\n".join(judge.verdict(folder).differences)
    assert "does not prove that max_idle must give way so far" in said


def test_a_limit_that_limits_nothing_is_told(tmp_path):
    notes = pl.prepare(study(tmp_path, "max_idle = 12")).notes
    assert "study.toml: policy.max_idle has no effect: no more than 12 stations may stand" in notes
