"""Least cost of a target: by hand, against trying every plan, and before the judge."""

import itertools
import json
from dataclasses import replace
from fractions import Fraction
from typing import cast

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import placement as pl
from placement.case import Case
from placement.cli import main
from placement.economics import Policy, StationCosts
from placement.errors import InfeasibleError, InputError
from placement.judge import check_certificate, verify
from placement.judge.limits_used import limit_use_faults
from placement.judge.program import rebuild
from placement.judge.recount import reach
from placement.judge.rules import Claims
from placement.judge.targets import cost_of, target_faults
from placement.models import model_of
from placement.plan import optimise
from placement.report import PLAN_FILE
from placement.report.plan_json import plan_bytes
from placement.report.text import texts
from placement.report.view import proof
from placement.study import read_study
from placement.toy import write_study
from placement.values import Certificate
from tests.effort import cases
from tests.judge.forger import SUMS, listed
from tests.models.test_contract import columns_of_plan, judged, record_of, vars_of
from tests.plan.brute_force import STATION, VACANT, _value, covered_sets, spent, unlimited
from tests.strategies import SHARE, towns
from tests.towns import Town, make_demand, make_sites, make_times
from tests.written import write_outcome

TARGET = st.fixed_dictionaries({}, optional={"keep_share": SHARE | st.just(Fraction(1)), "coverage_floor": SHARE})
some_towns = settings(max_examples=cases(80), deadline=None, derandomize=True)


def asked(town: Town, target) -> Town:
    target = target or {"keep_share": Fraction(1)}
    return replace(town, policy=town.policy.but(objective="least_cost", **target))


def best(town: Town) -> tuple[int, int] | None:
    """Return the least yearly cost of an action set that keeps all limits, and the most one of that cost covers."""
    choices = [STATION if existing else VACANT for existing in town.sites.table["existing"]]
    today = tuple("keep" if existing else "none" for existing in town.sites.table["existing"])
    total, least = round(float(np.rint(town.demand.need * 1000).sum())), []
    reach = covered_sets(town)
    now = _value(unlimited(town), today, reach)
    assert now is not None
    for actions in itertools.product(*choices):
        covered = _value(town, actions, reach)
        if covered is None or covered < (town.policy.keep_share or 0) * now:
            continue
        if covered >= (town.policy.coverage_floor or 0) * total:
            least.append((spent(town, actions)["running"], -covered))
    return (min(least)[0], -min(least)[1]) if least else None


def test_by_hand():
    """Two stations stand, of 9 and 5 yuan a year, and cover 30 and 20; one may be bought for 4 that covers 45.

    Today's coverage, 50: A and B cost 14; A and the new one 13, and cover 75; B and the new one cost 9 and cover 65,
    the new one alone covers less. Of 95 at least 70 is reached by A and the new one alone, or by all.
    """
    demand = make_demand(np.array([[30.0], [20.0], [45.0]]), ["all"] * 3)
    sites = make_sites(2, 1)
    metres, none = np.full((3, 3), np.nan), np.zeros(3, dtype=np.int64)
    np.fill_diagonal(metres, 100.0)
    town = Town(
        demand=demand,
        sites=sites,
        times=make_times(metres, demand, sites),
        coverage=pl.cover(demand, sites, make_times(metres, demand, sites), pl.Standard(threshold_s=900)),
        costs=StationCosts(purchase=none, move=none, close=none, rent=np.array([900, 500, 400])),
        policy=Policy(objective="least_cost", keep_share=Fraction(1)),
    )
    plan = optimise(Case(**town.stages()))
    assert (plan.open, plan.objective, plan.bound, plan.gap) == (("C0", "S1"), 9.0, 9.0, 0.0)
    assert (plan.status, plan.proof, plan.least_cost) == ("optimal", "certificate", True)
    assert [(each.name, each.asked, each.found) for each in plan.limits] == [("keep_share", 1.0, 1.3)]
    more = optimise(Case(**town.stages()), town.policy.but(keep_share=None, coverage_floor=Fraction(70, 95)))
    assert (more.open, more.objective) == (("C0", "S0"), 13.0)
    assert "13.00 yuan a year, no plan below 13.00" in str(more)


@some_towns
@given(town=towns(), target=TARGET)
def test_it_is_what_trying_everything_finds(town, target):
    town = asked(town, target)
    expected, case = best(town), Case(**town.stages())
    if expected is None:
        with pytest.raises(InfeasibleError):
            optimise(case)
        return
    plan = optimise(case)
    assert (plan.status, round(plan.objective * 100), round(plan.bound * 100)) == ("optimal", expected[0], expected[0])
    prepared, record = judged(town), record_of(plan)
    claims, near = Claims.of(record), reach(prepared)
    weights = np.rint(town.demand.weight * 1000).astype(np.int64)
    covered = int(near.worth(weights, near.by(np.asarray(prepared.sites.ids.isin(plan.open)))).sum())
    assert covered == expected[1]
    assert cost_of(prepared, claims) == expected[0]
    assert [*target_faults(near, weights, prepared.study.policy, covered)] == []
    assert [
        *limit_use_faults({"limits": [vars_of(each) for each in plan.limits]}, claims, prepared, near, weights)
    ] == []
    model, again = model_of("least_cost")(case), rebuild(prepared, near, weights)
    assert again.fingerprint() == model.program.fingerprint()
    chosen = columns_of_plan(model, plan, town.sites.ids)
    assert check_certificate(again, chosen, cast("Certificate", plan.certificate)) == -round(plan.bound * 100)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    root = tmp_path_factory.mktemp("cost")
    path = write_study(root / "study", seed=5)
    path.write_text(
        path.read_text(encoding="utf-8").replace("[policy]\n", '[policy]\npreset = "reduction"\n', 1), "utf-8"
    )
    outcome = pl.recommend(read_study(path))
    write_outcome(outcome, root / "plan")
    return root, outcome


def test_a_folder_is_confirmed(town):
    root, outcome = town
    verdict = verify(root / "plan")
    assert verdict.confirmed, verdict
    plan = outcome.plan
    running = next(line for line in plan.budget_lines if line.name == "running")
    assert plan.objective * 100 == running.amount_fen < running.today_fen
    kept = next(each for each in plan.limits if each.name == "keep_share")
    assert (kept.asked, kept.found) == (
        1.0,
        pytest.approx(plan.after.total.covered / plan.before.total.covered, abs=1e-4),
    )
    report = (root / "plan" / "report.html").read_text(encoding="utf-8")
    assert "no plan under the same rules costs less than" in report
    facts = dict(proof(plan, texts("zh")).facts)
    assert facts["年运行费用（元）"] == facts["下界"] == f"{plan.objective:,.2f}"


@pytest.mark.parametrize("where", ["objective", "bound", "both", "least_cost", "found", "tie_broken"])
def test_other_numbers_are_refuted(town, tmp_path, where):
    root, _ = town
    for file in (root / "plan").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    record = json.loads((tmp_path / PLAN_FILE).read_text(encoding="utf-8"))
    record["study"] = str(root / "study" / "study.toml")
    if where == "found":
        next(each for each in record["limits"] if each["name"] == "keep_share")["found"] += 0.000001
    elif where == "tie_broken":
        record["solve"]["tie_broken"] = True
    elif where == "least_cost":
        record["least_cost"] = False
    else:
        for name in ("objective", "bound") if where == "both" else (where,):
            record[name] -= 10
    (tmp_path / PLAN_FILE).write_bytes(plan_bytes(record))
    files = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.name != SUMS}
    (tmp_path / SUMS).write_bytes(listed(files))
    verdict = verify(tmp_path)
    assert not verdict.confirmed
    said = {"both": "objective", "found": "keep_share", "bound": "gap"}.get(where, where)
    assert any(said in each for each in verdict.differences), verdict


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({}, "nothing is asked for: no station at all costs least -> give keep_share, coverage_floor or floors"),
        ({"keep_share": 0.5, "backup_share": 0.2}, "backup_share has no effect where the least cost is the objective"),
        ({"keep_share": 0.5, "visits_floor": 1}, "visits_floor has no effect where the least cost"),
        ({"keep_share": 1.5}, "keep_share is 1.5"),
    ],
)
def test_what_cannot_be_is_refused(limits, says):
    with pytest.raises(InputError, match=says):
        Policy(objective="least_cost", **limits)


def test_a_study_without_a_target_is_told_so(tmp_path):
    path = write_study(tmp_path, seed=5)
    text = path.read_text(encoding="utf-8")
    head, _, _ = text.partition("[policy.floors]")
    path.write_text(head.replace("[policy]\n", '[policy]\nobjective = "least_cost"\n', 1), "utf-8")
    result = CliRunner().invoke(main, ["check", str(path)])
    assert (result.exit_code, "give keep_share, coverage_floor or floors" in result.output) == (2, True), result.output


def test_a_preset_leaves_the_share_that_is_kept_open():
    assert Policy.from_preset("reduction") == Policy(objective="least_cost", keep_share=Fraction(1))
    assert Policy.from_preset("reduction", keep_share=Fraction(9, 10)).keep_share == Fraction(9, 10)
    with pytest.raises(InputError, match="objective is 'coverage', and the preset reduction sets it to least_cost"):
        Policy.from_preset("reduction", objective="coverage")
