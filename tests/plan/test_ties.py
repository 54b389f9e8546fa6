"""Among plans that cover the same: fewest actions, then least money, then shortest moves, then lowest ids."""

import dataclasses
import threading
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.case import Case
from placement.coverage import Standard, _Columns, cover
from placement.economics import Policy, StationCosts
from placement.errors import InfeasibleError
from placement.models import maximal_coverage
from placement.plan import optimise
from placement.solve.backends.highs import LinearModel, MipOutcome
from placement.values import Sites, SolveOptions
from tests.strategies import towns
from tests.towns import make_demand, make_sites, make_times, random_town


def plan_of(metres, costs, policy, *, stations, candidates):
    sites = make_sites(stations, candidates)
    demand = make_demand(np.full((len(metres), 1), 10.0), ["a"] * len(metres))
    times = make_times(np.array(metres), demand, sites)
    coverage = cover(demand, sites, times, Standard(threshold_s=900))
    plan = optimise(Case(demand=demand, sites=sites, coverage=coverage, costs=costs, policy=policy))
    assert plan.status == "optimal"
    assert plan.tie_broken
    return plan


def test_the_dearer_site_gets_the_moved_station():
    # Two sites are worth having; buying C0 costs 80 and C1 costs 82, a move costs 9 to either.
    nan = np.nan
    costs = StationCosts(
        purchase=np.array([0, 80, 82]),
        move=np.array([0, 9, 9]),
        close=np.zeros(3, dtype=np.int64),
        rent=np.zeros(3, dtype=np.int64),
    )
    plan = plan_of([[nan, 1.0, nan], [nan, nan, 1.0]], costs, Policy(max_stations=2), stations=1, candidates=2)
    actions = plan.actions.set_index("site_id")["action"].to_dict()
    assert actions == {"C0": "open", "C1": "move"}
    assert plan.budget.set_index("line").loc["capital", "amount_yuan"] == 0.89


def test_nothing_is_done_where_nothing_is_won():
    costs = StationCosts(
        purchase=np.zeros(2, dtype=np.int64),
        move=np.zeros(2, dtype=np.int64),
        close=np.zeros(2, dtype=np.int64),
        rent=np.zeros(2, dtype=np.int64),
    )
    plan = plan_of([[1.0, 1.0]], costs, Policy(), stations=1, candidates=1)
    assert plan.actions["action"].tolist() == ["keep"]


def test_equal_sites_are_taken_in_the_order_of_their_ids():
    costs = StationCosts(
        purchase=np.full(3, 5),
        move=np.zeros(3, dtype=np.int64),
        close=np.zeros(3, dtype=np.int64),
        rent=np.zeros(3, dtype=np.int64),
    )
    plan = plan_of([[1.0, 1.0, 1.0]], costs, Policy(max_stations=1), stations=0, candidates=3)
    assert plan.open == ("C0",)


def free(n, **amounts):
    """Costs of 0 but for what is given."""
    return StationCosts(**{name: np.zeros(n, dtype=int) for name in ("purchase", "move", "close", "rent")} | amounts)


def line_town(stations_m, candidates_m, policy, costs, reach=None, ids=None):
    """Stations and candidates on a line; each candidate alone reaches a point, no station any (unless `reach` says)."""
    xs = np.array([*stations_m, *candidates_m], dtype=float)
    n, m = len(stations_m), len(candidates_m)
    sites = make_sites(n, m, xy=np.column_stack([xs, np.zeros(n + m)]))
    if ids is not None:
        table = sites.table
        table.index = pd.Index(ids, name="site_id")
        sites = Sites(table=table)
    metres = np.full((m, n + m), np.nan)
    metres[np.arange(m), n + np.arange(m)] = 1.0
    metres = metres if reach is None else reach
    demand = make_demand(np.full((len(metres), 1), 10.0), ["a"] * len(metres))
    coverage = cover(demand, sites, make_times(metres, demand, sites), Standard(threshold_s=900))
    return {"demand": demand, "sites": sites, "coverage": coverage, "costs": costs, "policy": policy}


def moves_of(plan):
    rows = plan.actions[plan.actions["action"] == "move"]
    return list(zip(rows["from_site_id"], rows["site_id"], strict=True))


def test_the_nearer_of_two_closing_stations_moves():
    # One station may stand, only C0 (1000 m) reaches anybody. By ids S0 (0 m) would move there, by length S1 (900 m).
    policy = Policy(max_stations=1)
    plan = optimise(Case(**line_town([0, 900], [1000], policy, free(3))))
    assert plan.tie_broken
    assert moves_of(plan) == [("S1", "C0")]
    assert plan.actions["action"].tolist() == ["move", "close"]


def test_the_nearer_of_two_new_sites_receives_where_money_is_the_same():
    # C0 (2000 m) and C1 (100 m) both open, S0 (0 m) moves to one of them at the same price: C0 by ids, C1 by length.
    plan = optimise(Case(**line_town([0], [2000, 100], Policy(max_stations=2), free(3))))
    assert moves_of(plan) == [("S0", "C1")]


def test_money_decides_before_length():
    costs = free(3, purchase=np.array([0, 50, 49]), move=np.array([0, 9, 9]))
    plan = optimise(Case(**line_town([0], [2000, 100], Policy(max_stations=2), costs)))
    assert moves_of(plan) == [("S0", "C0")]


def test_length_decides_between_sets_of_sites_too():
    # Twins: C0 (500 m) or C1 (100 m) reach the same point; S0 (0 m) reaches nobody and is to move to one of them.
    reach = np.array([[np.nan, 1.0, 1.0]])
    plan = optimise(Case(**line_town([0], [500, 100], Policy(max_stations=1), free(3), reach=reach)))
    assert plan.tie_broken
    assert moves_of(plan) == [("S0", "C1")]


def test_of_moves_of_equal_length_the_lowest_ids_are_taken():
    # Stations at -100 and +100 m of the new site.
    plan = optimise(Case(**line_town([-100, 100], [0], Policy(max_stations=1), free(3))))
    assert moves_of(plan) == [("S0", "C0")]
    plan = optimise(Case(**line_town([-100, 100], [0], Policy(max_stations=1), free(3), ids=["Z", "B", "C0"])))
    assert moves_of(plan) == [("B", "C0")]


def test_lowest_ids_are_ids_and_not_positions():
    reach = np.ones((1, 3))
    plan = optimise(Case(**line_town([], [0, 0, 0], Policy(max_stations=1), free(3), reach=reach, ids=["c", "a", "b"])))
    assert plan.open == ("a",)


def shuffled(town, rows, columns):
    """The same town with its points and sites in another order."""
    arrays = {name: getattr(town.demand, name)[rows] for name in ("people", "need", "awareness", "uptake")}
    demand = dataclasses.replace(town.demand, points=town.demand.points.iloc[rows], **arrays)
    sites = Sites(table=town.sites.table.iloc[columns])
    times = dataclasses.replace(
        town.times,
        point_ids=town.times.point_ids[rows],
        site_ids=town.times.site_ids[columns],
        matrix=town.times.matrix[rows][:, columns],
    )
    items = [each.name for each in dataclasses.fields(StationCosts) if each.name != "site_ids"]
    amounts = {name: getattr(town.costs, name)[columns] for name in items}
    standard = Standard(steps=town.coverage.steps) if town.coverage.steps else Standard(threshold_s=900)
    coverage = cover(demand, sites, times, standard)
    stages = {"demand": demand, "sites": sites, "coverage": coverage, "costs": StationCosts(**amounts)}
    return {**stages, "policy": town.policy}


@settings(max_examples=30, deadline=None, derandomize=True)
@given(towns(), st.data())
def test_the_order_of_rows_means_nothing(town, data):
    rows, columns = (data.draw(st.permutations(range(count))) for count in (len(town.demand.ids), len(town.sites)))
    other = shuffled(town, np.array(rows), np.array(columns))
    program, again = (maximal_coverage(Case(**stages)).program for stages in (town.stages(), other))
    assert program.fingerprint() == again.fingerprint()
    assert program.column_names == again.column_names
    try:
        plan = optimise(Case(**town.stages()))
    except InfeasibleError:
        with pytest.raises(InfeasibleError):
            optimise(Case(**other))
        return
    same = optimise(Case(**other))
    pd.testing.assert_frame_equal(same.actions, plan.actions)
    for name in ("open", "objective", "bound", "budget_lines"):
        assert getattr(same, name) == getattr(plan, name)
    assert same.certificate is not None
    assert plan.certificate is not None
    assert same.certificate.content_digest() == plan.certificate.content_digest()


def test_blocks_of_rows_are_put_in_the_order_of_ids_as_held_ones():
    town = random_town(np.random.default_rng(5))
    rng = np.random.default_rng(6)
    stages = shuffled(town, rng.permutation(len(town.demand.ids)), rng.permutation(len(town.sites)))
    coverage, order = stages["coverage"], stages["coverage"].by_ids()
    held = coverage.covers[:, order.sites].toarray()
    moved = [block.toarray() for block in _Columns([coverage.covers[:3], coverage.covers[3:]], order.sites)]
    np.testing.assert_array_equal(np.vstack(moved), held)


# --- whatever goes wrong in the tie-break costs no plan ---


def lie(state="optimal", *, bound=None, values=None):
    """Return a solver that answers as told whatever it is asked."""

    def solve_mip(model, **_options):
        n = model.objective.size
        return MipOutcome(state=state, values=np.zeros(n) if values is None else values(n), bound=bound)

    return solve_mip


def crash(_model, **_options):
    raise RuntimeError("out of memory")


def hang(_model, **_options):
    threading.Event().wait(120)


LIES = {
    "exception": (crash, "RuntimeError: out of memory"),
    "not a number": (lie(bound=float("nan")), "ValueError"),
    "infinite": (lie(bound=float("inf")), "OverflowError"),
    "values that are none": (lie(bound=1e15, values=lambda n: np.full(n, np.nan)), "RefutedError"),
    "half a station": (lie(bound=1e15, values=lambda n: np.full(n, 0.5)), "RefutedError"),
    "too few values": (lie(bound=1e15, values=lambda _n: np.zeros(1)), "IndexError"),
    "infeasible": (lie("infeasible", bound=-np.inf), ""),
    "no answer": (lie("no_solution", bound=np.inf), ""),
    "everything open": (lie(bound=1e15, values=np.ones), ""),
    "nothing chosen": (lie(bound=1e15), ""),
    "a bound below the plan": (lie(bound=-1e15), ""),
    "a state of its own": (lie("finished", bound=0.0), ""),
}


def three_for_two():
    return line_town([0, 900], [1000], Policy(max_stations=1), free(3))


@pytest.mark.parametrize("name", LIES)
def test_a_solver_that_fails_or_lies_costs_no_plan(name, monkeypatch):
    solve_mip, remark = LIES[name]
    right = optimise(Case(**three_for_two()))
    monkeypatch.setattr("placement.solve.ties.tie_break.solve_mip", solve_mip)
    plan = optimise(Case(**three_for_two()))
    assert (plan.status, plan.objective, plan.bound) == ("optimal", right.objective, right.bound)
    assert not plan.tie_broken
    assert remark in plan.details.get("tie_break", "")


def test_a_solver_that_hangs_is_left_behind(monkeypatch):
    monkeypatch.setattr("placement.solve.ties.tie_break.solve_mip", hang)
    began = perf_counter()
    plan = optimise(Case(**three_for_two()), options=SolveOptions(time_limit_s=1.0))
    assert perf_counter() - began < 10
    assert (plan.status, plan.tie_broken) == ("optimal", False)
    assert plan.details["tie_break"] == "not finished: the solver did not stop at its limit"


@pytest.mark.parametrize("mask", [np.ones(5, dtype=bool), np.zeros(5, dtype=bool), np.ones(2, dtype=bool)])
def test_a_foreign_plan_is_not_taken(mask, monkeypatch):
    def foreign(_program, solution, _costs, **_options):
        return dataclasses.replace(solution, chosen=mask)

    monkeypatch.setattr("placement.solve.ties.tie_break.tie_break", foreign)
    plan = optimise(Case(**three_for_two()))
    assert (plan.status, plan.objective, plan.tie_broken) == ("optimal", 10.0, False)
    assert plan.details["tie_break"] == "the solver's plan is not as good as the one at hand"


def test_a_relaxation_that_lies_fixes_nothing(monkeypatch):
    real = LinearModel.solve

    def solve(self, **options):
        outcome = real(self, **options)
        return dataclasses.replace(outcome, objective=-1e9, reduced_costs=-outcome.reduced_costs - 1)

    monkeypatch.setattr("placement.solve.ties.tie_break.LinearModel.solve", solve)
    plan = optimise(Case(**three_for_two()))
    assert moves_of(plan) == [("S1", "C0")]
    assert plan.tie_broken


def test_too_many_pairs_are_left_alone():
    options = SolveOptions(engine={"ties": {"most_lengths": 1}})
    plan = optimise(Case(**three_for_two()), options=options)
    assert (plan.status, plan.tie_broken) == ("optimal", False)
