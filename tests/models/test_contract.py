"""What every model keeps to, whichever it is: brute force, a second solver and the judge agree with what it says.

The models are those that are registered, and one that is made here: it neither moves nor closes stations, and has a row
kind of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from placement.case import Case
from placement.economics import Policy, lines_of
from placement.errors import InfeasibleError, InputError
from placement.judge import check_certificate, verify
from placement.judge.limits_used import limit_use_faults
from placement.judge.program import JUDGED, rebuild
from placement.judge.recount import reach
from placement.judge.reserve import covered_by, layer_shares
from placement.judge.rules import Claims, action_faults, count_faults, floor_faults, money_faults
from placement.judge.site_limits import site_limit_faults
from placement.models import Formulated, model_of, register, unregister
from placement.models.model import LEAVE
from placement.models.parts import columns_of, count_rows, covering_program, line_rows, whole_weights
from placement.models.site_limits import site_limit_rows
from placement.pipeline.prepare import Prepared
from placement.pipeline.recommend import recommend
from placement.plan import optimise
from placement.plan.decode import decode
from placement.report.write import write
from placement.solve import maximise_coverage
from placement.study import FeesSection, FloorsSection, PolicySection, StudyError, read_study
from placement.toy import write_study
from placement.values import Certificate, CoverageProgram, LinearRow, RowKind, Sites
from placement.values.limits import BUDGET_LINES
from placement.values.objectives import LEAST_COST, OBJECTIVES, VISITS
from placement.values.plan import ACTIONS
from placement.values.rows import MONEY, YEARLY_MONEY
from placement.values.sites import COST_KEYS
from tests.plan.brute_force import STATION, VACANT, best_actions, spent, taken
from tests.strategies import towns
from tests.there import there
from tests.towns import Town, random_town

STAY = "stay"
APART = {VISITS, LEAST_COST}
HOST_COUNT = RowKind(name="host count")
"""At most so many stations of one host: a row kind of the model below."""
MOST_BANKS = 2


def stay(case):
    """Stations stay where they are or close, others open; at most two of the sites of banks have one."""
    columns = columns_of(case, standing=("keep",), vacant=("open",))
    banks = np.flatnonzero((case.sites.table["host"] == "bank").to_numpy()[columns.sites])
    few = LinearRow(
        name="banks", kind=HOST_COUNT, columns=banks, coefficients=np.ones(banks.size, dtype=np.int64), limit=MOST_BANKS
    )
    weights = whole_weights(case, case.coverage.by_ids().points)
    sites = site_limit_rows(columns, case, weights)
    rows = (*line_rows(columns, case), *count_rows(columns, case), *sites, few)
    program = covering_program(columns, rows, case)
    must = (case.sites.table["status"] == "required").to_numpy()[columns.sites]
    return Formulated(program=replace(program, required=must), columns=columns, costs=case.costs)


def few_banks(town, actions):
    stands = np.isin(actions, ["keep", "open"])
    return np.count_nonzero(stands & (town.sites.table["host"] == "bank").to_numpy()) <= MOST_BANKS


@dataclass(frozen=True)
class Allowed:
    """What a model may do at a site with a station and at one without, and a rule besides those of every policy."""

    station: tuple[str, ...] = STATION
    vacant: tuple[str, ...] = VACANT
    allows: Callable[[Town, tuple[str, ...]], bool] = lambda town, actions: True

    def best(self, town: Town) -> tuple[int, tuple[str, ...]] | None:
        return best_actions(town, station=self.station, vacant=self.vacant, allows=self.allows)


ALLOWED = {
    "coverage": Allowed(),
    STAY: Allowed(("keep", "close"), ("none", "open"), few_banks),
}


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    register(STAY, stay)
    yield
    unregister(STAY)


every_model = pytest.mark.parametrize("objective", [*(name for name in OBJECTIVES if name not in APART), STAY])
"""All but that of visits alone, whose program is that of coverage, and that of the least cost:
``tests/solve/capture`` and ``tests/plan/test_least_cost.py`` try all of their plans."""
some_towns = settings(
    max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
HALVES = st.fractions(0, Fraction(1, 2), max_denominator=20)
PICKS = st.lists(st.integers(0, 3), min_size=7, max_size=7)
"""What is done at each site: nothing, or one of its columns."""


def with_objective(town: Town, objective: str) -> Town:
    return replace(town, policy=replace(town.policy, objective=objective))


def formulated(town: Town) -> Formulated:
    return model_of(town.policy.objective)(Case(**town.stages()))


def judged(town: Town) -> Prepared:
    """Return a town as the judge takes it: the amounts of each site in its table, the limits in a study."""
    table, costs, policy = town.sites.table, town.costs, town.policy
    for name in COST_KEYS:
        table[f"{name}_fen"] = pd.array(getattr(costs, name), dtype="Int64")
    budget = {line: policy.cap_fen(line) for line in BUDGET_LINES}
    ahead = {"horizon_years": policy.horizon_years, "discount_rate": policy.discount_rate}
    own = ("spacing_m", "min_reach_new")
    limits = {
        name: getattr(policy, name) for name in PolicySection.model_fields if name.startswith("max_") or name in own
    }
    asked = FloorsSection(district=policy.district_floors or None, period=policy.period_floors, **policy.age_floors)
    prepared = SimpleNamespace(
        sites=Sites(table=table),
        demand=town.demand,
        times=town.times,
        streets=None,
        population=town.demand.points,
        tables=SimpleNamespace(publicity=None),
        study=SimpleNamespace(
            costs={},
            fees=FeesSection(),
            guides=None,
            budget=SimpleNamespace(**budget, **ahead),
            policy=SimpleNamespace(
                **limits,
                floors=asked,
                backup_share=policy.backup_share,
                outage_probability=policy.outage_probability,
                outage_from_usage=False,
                objective=policy.objective,
                coverage_floor=policy.coverage_floor,
                keep_share=policy.keep_share,
            ),
            travel=travel_of(town),
        ),
    )
    return cast("Prepared", prepared)  # these are the parts that the judge reads


def travel_of(town: Town) -> SimpleNamespace:
    """Return the service standard of a town as a study says it."""

    def said(seconds: float, **more: Any) -> SimpleNamespace:
        return SimpleNamespace(threshold_m=None, threshold_min=seconds / 60, threshold_min_by_district={}, **more)

    return said(900, step=tuple(said(there(step.threshold_s), share=step.share) for step in town.coverage.steps))


def record_of(plan) -> dict[str, Any]:
    """Return what the judge reads of a plan."""
    actions = [
        {**row, "from_site_id": row["from_site_id"] or None, "cost": row["cost_fen"] / 100}
        for row in plan.actions.to_dict("records")
    ]
    lines = [
        {
            "name": each.name,
            "amount": each.amount_fen / 100,
            "cap": None if each.cap_fen is None else each.cap_fen / 100,
            "today": each.today_fen / 100,
        }
        for each in plan.budget_lines
    ]
    return {"actions": actions, "open": list(plan.open), "budget": lines}


def vars_of(limit) -> dict[str, Any]:
    return {"name": limit.name, "asked": limit.asked, "found": limit.found}


def meanings(program: CoverageProgram) -> list[tuple[str, RowKind, int]]:
    """Return what no fingerprint holds of the rows."""
    return [(row.name, row.kind, row.base) for row in program.linear]


def columns_of_plan(model: Formulated, plan, ids) -> np.ndarray:
    """Return the columns that do what a plan says happens at each site."""
    does = [{"give": LEAVE}.get(action, action) for action in taken(plan, ids)]
    return np.array(
        [model.columns.decisions[kind].does == does[site] for kind, site in zip(model.kinds, model.sites, strict=True)]
    )


def test_every_model_has_its_brute_force():
    assert set(ALLOWED) == set(OBJECTIVES) - APART


@every_model
@some_towns
@given(town=towns())
def test_the_plan_is_the_one_that_trying_everything_finds(objective, town):
    town = with_objective(town, objective)
    expected = ALLOWED[objective].best(town)
    if expected is None:
        with pytest.raises(InfeasibleError):
            optimise(Case(**town.stages()))
        return
    value, actions = expected
    plan = optimise(Case(**town.stages()))
    assert (plan.status, plan.proof) == ("optimal", "certificate")
    assert (round(plan.objective * 1000), round(plan.bound * 1000)) == (value, value)
    assert not plan.tie_broken or taken(plan, town.sites.ids) == actions


@every_model
@some_towns
@given(town=towns())
def test_a_second_solver_agrees(objective, town):
    program = formulated(with_objective(town, objective)).program
    ours, theirs = (maximise_coverage(program, backend=backend) for backend in ("auto", "highs"))
    assert ours.status == theirs.status
    if ours.status == "optimal":
        assert ours.objective == theirs.objective == ours.bound


@every_model
@some_towns
@given(town=towns())
def test_the_judge_counts_the_same(objective, town):
    town = with_objective(town, objective)
    try:
        plan = optimise(Case(**town.stages()))
    except InfeasibleError:
        return
    prepared, record = judged(town), record_of(plan)
    claims = Claims.of(record)
    assert [*action_faults(record, claims, prepared), *money_faults(record, claims, prepared)] == []
    assert [*count_faults(claims, prepared)] == []
    near, weights = reach(prepared), np.rint(town.demand.weight * 1000).astype(np.int64)
    limits = {"limits": [vars_of(each) for each in plan.limits]}
    assert [*limit_use_faults(limits, claims, prepared, near, weights)] == []
    assert [*site_limit_faults(claims, prepared, near, weights)] == []
    worth = near.worth(weights, near.by(prepared.sites.ids.isin(plan.open)))
    assert [*floor_faults(prepared, weights, worth)] == []
    assert int(worth.sum()) == round(plan.objective * 1000)
    model = formulated(town)
    chosen = columns_of_plan(model, plan, town.sites.ids)
    assert isinstance(plan.certificate, Certificate)
    assert check_certificate(model.program, chosen, plan.certificate) == round(plan.bound * 1000)
    if objective in JUDGED:
        again = rebuild(prepared, near, weights)
        assert again.fingerprint() == model.program.fingerprint()
        assert meanings(again) == meanings(model.program)


@some_towns
@given(town=towns(), backup=HALVES, outage=HALVES)
def test_the_judge_counts_reserves_the_same(town, backup, outage):
    town = with_objective(town, "coverage")
    town = replace(town, policy=town.policy.but(backup_share=backup, outage_probability=outage))
    assume(town.coverage.n_steps == 1)
    try:
        plan = optimise(Case(**town.stages()))
    except InfeasibleError:
        return
    prepared, model = judged(town), formulated(town)
    near, weights = reach(prepared), np.rint(town.demand.weight * 1000).astype(np.int64)
    count = near.count(np.asarray(prepared.sites.ids.isin(plan.open)))
    assert covered_by(weights, count, layer_shares(prepared)) == round(plan.objective * 1000)
    again = rebuild(prepared, near, weights)
    assert again.fingerprint() == model.program.fingerprint()
    assert isinstance(plan.certificate, Certificate)
    chosen = columns_of_plan(model, plan, town.sites.ids)
    assert check_certificate(again, chosen, plan.certificate) == round(plan.bound * 1000)


@every_model
@some_towns
@given(town=towns())
def test_columns_and_rows_are_known_by_one_name_each(objective, town):
    town = with_objective(town, objective)
    model, ids = formulated(town), town.sites.ids
    program, decisions = model.program, model.columns.decisions
    assert set(model.kinds) <= set(decisions)
    assert {decision.does for decision in decisions.values()} <= {*ACTIONS, LEAVE, "guide"}
    names = [f"{kind} {ids[site]}" for kind, site in zip(model.kinds, model.sites, strict=True)]
    assert list(program.column_names) == names
    assert len(set(names)) == len(names) == program.n_columns
    rows = [row.name for row in program.linear if not row.kind.rule] + [floor.name for floor in program.floors]
    assert len(set(rows)) == len(rows)
    assert [row.name for row in program.linear if row.kind.demands and not row.equality] == []
    asked = {line.name: town.policy.cap_fen(line.name) for line in lines_of(town.policy)}
    said = {row.name: row.limit + row.base for row in program.linear if row.kind in {MONEY, YEARLY_MONEY}}
    assert said == {name: cap for name, cap in asked.items() if cap is not None}


@every_model
@some_towns
@given(town=towns(), picks=PICKS)
def test_any_choice_of_columns_says_what_becomes_of_every_station(objective, town, picks):
    """Money and counts of the decoded actions are those of the rows, whatever is chosen."""
    town = with_objective(town, objective)
    model, site = formulated(town), town.sites.table
    chosen = one_a_site(model, picks)
    actions = model.actions(chosen)
    today = np.flatnonzero(site["existing"])
    assert sorted(at for action, at in actions if action in {"keep", "close", LEAVE}) == today.tolist()
    arrived = [at for action, at in actions if action in {"open", "move"}]
    assert len(set(arrived)) == len(arrived)
    assert not set(arrived) & set(today)
    stands = {at for action, at in actions if action in {"keep", "open", "move"}}
    assert set(np.flatnonzero(model.standing(chosen))) == stands
    for row in model.program.linear:
        spent = int(row.coefficients[chosen[row.columns]].sum()) + row.base
        if row.kind in {MONEY, YEARLY_MONEY}:
            assert spent == money(town, actions, row.name)
        if row.name in {"max_moves", "max_opens", "max_closes"}:
            wanted = row.name.removeprefix("max_").removesuffix("s")
            assert spent == sum(action == wanted for action, _ in actions)
        if row.name == "max_stations":
            assert spent == len(stands)
        if row.name == "max_changes":
            assert spent == sum(action in {"open", "move", "close"} for action, _ in actions)


def one_a_site(model: Formulated, picks: list[int]) -> np.ndarray:
    """Return columns of which at most one a site is chosen, and as many that give machines as receive them."""
    chosen = np.zeros(model.program.n_columns, dtype=bool)
    for site in np.unique(model.sites):
        here = np.flatnonzero(model.sites == site)
        pick = picks[site] % (here.size + 1)
        chosen[here[pick - 1 : pick] if pick else []] = True
    giving, receiving = (columns[chosen[columns]] for columns in (model.giving, model.receiving))
    pairs = min(giving.size, receiving.size)
    chosen[giving[pairs:]] = chosen[receiving[pairs:]] = False
    return chosen


def money(town: Town, actions, line: str) -> int:
    """Return the fen of actions, by a table of the tests' own."""
    taken_at = ["none"] * len(town.sites)
    for action, site in actions:
        taken_at[site] = action
    return spent(town, tuple(taken_at)).get(line, 0)


@every_model
@some_towns
@given(town=towns(), picks=PICKS)
def test_decoded_actions_hold_the_machines_of_every_station(objective, town, picks):
    town = with_objective(town, objective)
    model = formulated(town)
    chosen = one_a_site(model, picks)
    frame = decode(model.actions(chosen), town.sites, town.costs, None)
    leaving = set(frame["site_id"][frame["action"].isin(["keep", "close"])]) | set(frame["from_site_id"]) - {""}
    assert leaving == set(town.sites.ids[town.sites.table["existing"].to_numpy(dtype=bool)])
    assert frame["site_id"].is_unique
    assert int(frame["cost_fen"].sum()) == money(town, model.actions(chosen), "capital")


def test_a_row_kind_of_ones_own_is_named_where_no_plan_exists():
    """Three banks are required, two may stand: the limit is named, by how much it must give way, and proven."""
    town = with_objective(
        next(
            town for town in (random_town(np.random.default_rng(seed)) for seed in range(1000)) if len(town.sites) >= 4
        ),
        STAY,
    )
    table = town.sites.table
    table["host"], table["status"] = "bank", ["required"] * 3 + ["excluded"] * (len(table) - 3)
    town = replace(town, sites=Sites(table=table))
    policy = Policy(objective=STAY)
    with pytest.raises(InfeasibleError) as caught:
        optimise(Case(**town.stages()), policy)
    assert set(caught.value.constraints) == {"banks", "required sites"}
    assert caught.value.explanation == "banks is too low by 1"
    found = caught.value.found
    assert [
        (change.constraint, change.unit, change.asked, change.at_least, change.enough) for change in found.changes
    ] == [("banks", "stations or moves", MOST_BANKS, 1, 1)]
    program = formulated(replace(town, policy=policy)).program
    assert check_certificate(replace(program, floors=()), None, found.certificate) is not None


def test_a_study_names_a_model_and_the_judge_says_what_it_cannot_judge(tmp_path):
    path = write_study(tmp_path / "study", seed=3)
    path.write_text(path.read_text().replace("[policy]", f'[policy]\nobjective = "{STAY}"', 1))
    outcome = recommend(read_study(path))
    assert set(outcome.plan.actions["action"]) <= {"keep", "close", "open"}
    write(outcome.case, outcome.plan, tmp_path / "out")
    with pytest.raises(InputError, match=r"no program of its own for the objective 'stay' -> known: coverage"):
        verify(tmp_path / "out")
    unregister(STAY)
    with pytest.raises(StudyError, match=r"'stay' is not an objective of this version; known: coverage"):
        read_study(path)


def test_what_is_not_registered_is_refused_with_the_list():
    town = random_town(np.random.default_rng(0))
    with pytest.raises(InputError, match=r"objective is 'median' -> give one of: coverage, visits, least_cost, stay"):
        replace(town.policy, objective="median")
    with pytest.raises(InputError, match=r"'median' is no objective -> known: coverage, visits, least_cost, stay"):
        model_of("median")
    with pytest.raises(InputError, match=r"'coverage' is registered already"):
        register("coverage", stay)
