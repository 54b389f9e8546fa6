"""Assumptions of a study and how far they move its plan: against plans made by hand from the moved study."""

import json
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner

from placement.cli import main
from placement.pipeline.kept_floors import kept_floors
from placement.pipeline.recommend import recommend
from placement.pipeline.sensitivity import assumptions, sensitivity
from placement.pipeline.study_case import prepare
from placement.plan import optimise
from placement.study import read_study
from placement.values.immutable import replaced


def test_what_is_given_is_no_assumption_and_what_does_not_act_is_none(spoiled):
    found = {each.key: each for each in assumptions(read_study(spoiled.folder))}
    assert "demand.need_share" not in found  # given
    assert "travel.detour" not in found  # streets
    assert found["demand.need_area_cv"].ends == ()
    assert str(found["demand.people_cv"]) == "demand.people_cv = 0.1 is an assumption (of intervals alone)"
    spoiled.setting("need_share = 0.5\n", "")
    found = {each.key: each for each in assumptions(read_study(spoiled.folder))}
    assert (found["demand.need_share"].value, found["demand.need_share"].ends) == ("0.5", (0.0, 1.0))
    spoiled.setting('footfall = {path = "footfall.csv", simulated = true}', "")
    keys = {each.key for each in assumptions(read_study(spoiled.folder))}
    assert not keys & {"demand.footfall_cv", "demand.footfall_bandwidth_m", "demand.footfall_capture"}


def test_each_row_is_the_plan_of_the_moved_study(spoiled):
    spoiled.setting("need_share = 0.5\n", "")
    study = read_study(spoiled.folder)
    answer = sensitivity(study)
    base = recommend(study).plan
    assert answer.coverage == pytest.approx(base.after.total.share)
    assert {(each.key, each.moved_to) for each in answer.moved} >= {
        ("demand.need_share", "0"),
        ("demand.need_share", "1"),
    }
    for each in answer.moved:
        assert each.best is not None
        assert each.best >= each.kept - 1e-9
        if each.key != "demand.need_share":
            continue
        other = recommend(study.with_settings({each.key: float(each.moved_to)})).plan
        assert each.best == pytest.approx(other.after.total.share)
        assert set(base.open) - set(each.closed) | set(each.opened) == set(other.open)
    losses = [each.best - each.kept for each in answer.moved if each.best is not None]
    assert losses == sorted(losses, reverse=True)


def test_the_command_tells_it(spoiled):
    spoiled.setting("need_share = 0.5\n", "")
    result = CliRunner().invoke(main, ["check", str(spoiled.folder), "--sensitivity", "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)["sensitivity"]
    assert told["moved"][0].keys() >= {"key", "coverage_kept", "coverage_best", "opened", "closed"}
    assert "demand.people_cv" in told["of_intervals_alone"]
    plain = CliRunner().invoke(main, ["check", str(spoiled.folder), "--sensitivity"]).output
    assert "demand.need_share = 1 instead of 0.5: the plan covers" in plain


def test_floors_are_kept_in_the_draws_that_reach_them(spoiled):
    """By hand: weights of the draws, summed over who is reached."""
    case = prepare(read_study(spoiled.folder))
    case = case.but(policy=replaced(case.policy, age_floors={"elderly": Fraction(1, 10)}, district_floors={}))
    plan = optimise(case)
    (floor,) = kept_floors(case, plan, draws=40, seed=3)
    reached = case.coverage.reached(case.sites.ids.isin(plan.open))
    old = [number for number, each in enumerate(case.demand.segments) if each.age_group == "elderly"]

    def share(demand):
        """Share of the weight of the old that is reached."""
        return (demand.weight * reached)[:, old].sum() / demand.weight[:, old].sum()

    assert floor.reached == pytest.approx(share(case.demand))
    assert floor.kept == np.mean([share(drawn) >= 0.1 for drawn in case.prepared.demand.draws(40, 3)])
    near = replaced(case.policy, age_floors={"elderly": Fraction(round(1000 * floor.reached), 1000)})
    (tight,) = kept_floors(case, replaced(plan, policy=near), draws=40, seed=3)
    assert 0.1 < tight.kept < 0.9
    assert str(tight).startswith("floor of elderly, ")
    assert kept_floors(case, replaced(plan, policy=replaced(near, age_floors={}))) == ()
