"""Limits by what a site is, each on a town small enough to follow on paper."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.case import Case
from placement.coverage import Standard, cover
from placement.economics import Policy, StationCosts
from placement.errors import AlignmentError, InfeasibleError, InputError
from placement.models.site_limits import cliques
from placement.plan import optimise
from placement.values import Sites
from tests.towns import make_demand, make_sites, make_times

WEIGHTS = [50.0, 40.0, 30.0, 20.0]


def town(policy=None, *, stations=0, status=None, **columns):
    """Four sites 100 m apart in a row, each of which alone reaches one demand point: 50, 40, 30, 20 visits."""
    sites = make_sites(stations, 4 - stations, status=status)
    sites = Sites(table=sites.table.assign(**columns))
    demand = make_demand(np.array([[weight] for weight in WEIGHTS]), ["all"] * 4)
    metres = np.where(np.eye(4, dtype=bool), 10.0, np.nan)
    coverage = cover(demand, sites, make_times(metres, demand, sites), Standard(threshold_s=900))
    costs = StationCosts(purchase=np.full(4, 100), move=np.full(4, 10), close=np.full(4, 3))
    return Case(demand=demand, sites=sites, coverage=coverage, costs=costs, policy=policy or Policy())


def used(plan):
    return {each.name: (each.asked, each.found) for each in plan.limits}


def test_at_most_so_many_of_a_host():
    """Three banks, one may stand: the best of them, 50, and the school, 20."""
    plan = optimise(town(Policy(max_by_host={"bank": 1}), host=["bank", "bank", "bank", "school"]))
    assert (plan.objective, plan.open) == (70, ("C0", "C3"))
    assert used(plan) == {"max_by_host.bank": (1, 1)}


def test_at_most_so_many_of_a_chain_and_the_rest_free():
    plan = optimise(town(Policy(max_by_chain={"red": 1, "blue": 0}), chain=["red", "red", "", "blue"]))
    assert (plan.objective, plan.open) == (80, ("C0", "C2"))
    assert used(plan) == {"max_by_chain.blue": (0, 0), "max_by_chain.red": (1, 1)}


def test_exclusive_sites_have_one_station():
    """Of the first three one, 50, of the others, which say nothing, any."""
    plan = optimise(town(exclusive=["hall", "hall", "hall", ""]))
    assert (plan.objective, plan.open) == (70, ("C0", "C3"))
    assert used(plan) == {"exclusive hall": (1, 1)}


def test_spacing_keeps_new_stations_apart():
    """Neighbours are 100 m apart: with 100 m all four stand; with 101 m the first and the third do, 50 + 30."""
    assert optimise(town(Policy(spacing_m=Fraction(100)))).objective == 140
    plan = optimise(town(Policy(spacing_m=Fraction(101))))
    assert (plan.objective, plan.open) == (80, ("C0", "C2"))


def test_spacing_lets_those_stay_that_stand_today():
    """S0 and S1 stand 100 m apart and both stay; C0 is too near to S1, whose place it would have to take."""
    plan = optimise(town(Policy(spacing_m=Fraction(150)), stations=2))
    assert (plan.objective, plan.open) == (110, ("C1", "S0", "S1"))


def test_a_fixed_action_is_more_than_a_status():
    """S0 closes: its machine does not move on, and there is no money to buy one; S0 excluded, it moves to C0."""
    poor = Policy(capital_fen=50, max_stations=2)
    closed = optimise(town(poor, stations=2, action_fixed=["close", "", "", ""]))
    assert (closed.objective, closed.open) == (40, ("S1",))
    assert used(closed) == {"max_stations": (2, 1), "action_fixed": (1, 1)}
    moved = optimise(town(poor, stations=2, status=["excluded", "existing", "candidate", "candidate"]))
    assert (moved.objective, moved.open) == (70, ("C0", "S1"))
    bought = optimise(town(Policy(max_stations=2), stations=2, action_fixed=["", "", "", "open"]))
    assert bought.actions["action"].value_counts().to_dict() == {"keep": 1, "close": 1, "open": 1}
    assert bought.open == ("C1", "S0")
    kept = optimise(town(Policy(max_stations=1), stations=2, action_fixed=["", "keep", "", ""]))
    assert kept.open == ("S1",)


def test_stations_come_where_enough_can_reach_them():
    """The site of 20 visits is too poor; a station that stands there today may stay."""
    plan = optimise(town(Policy(min_reach_new=30)))
    assert (plan.objective, plan.open) == (120, ("C0", "C1", "C2"))
    assert used(plan) == {"min_reach_new": (30, 30)}
    plan = optimise(town(Policy(min_reach_new=45), stations=2))
    assert (plan.objective, plan.open) == (90, ("S0", "S1"))
    assert used(plan) == {"min_reach_new": (45, None)}


@pytest.mark.parametrize(
    ("policy", "columns", "constraints", "explanation"),
    [
        (
            Policy(max_by_host={"bank": 1}),
            {"status": ["required"] * 2 + ["candidate"] * 2, "host": "bank"},
            {"max_by_host.bank", "required sites"},
            "max_by_host.bank is too low by 1",
        ),
        (
            Policy(),
            {"exclusive": ["hall"] * 4, "action_fixed": ["open", "open", "", ""]},
            {"exclusive hall", "action_fixed"},
            "exclusive hall is too low by 1, or action_fixed must be let go at 1 site",
        ),
        (
            Policy(spacing_m=Fraction(250)),
            {"status": ["required", "candidate", "required", "candidate"]},
            {"spacing_m", "required sites"},
            "they cannot hold together",
        ),
        (
            Policy(min_reach_new=30),
            {"status": ["candidate"] * 3 + ["required"]},
            {"min_reach_new", "required sites"},
            "they cannot hold together",
        ),
        (
            Policy(capital_fen=250, max_by_host={"bank": 0}),
            {"action_fixed": ["open"] * 3 + [""]},
            {"capital", "action_fixed"},
            "capital is short by 0.50 yuan, or action_fixed must be let go at 1 site",
        ),
    ],
)
def test_what_cannot_hold_together_is_named(policy, columns, constraints, explanation):
    if policy.max_by_host.get("bank") == 0:
        columns = {**columns, "host": ["default"] * 3 + ["bank"]}
    with pytest.raises(InfeasibleError) as caught:
        optimise(town(policy, **columns))
    assert set(caught.value.constraints) == constraints
    assert caught.value.explanation == explanation


def test_hosts_and_chains_that_no_site_has_are_refused():
    with pytest.raises(AlignmentError, match=r"max_by_host.*banks.*did you mean bank\?"):
        town(Policy(max_by_host={"banks": 1}), host="bank")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            {"stations": 1, "action_fixed": ["open", "", "", ""]},
            "S0.*open although a station stands there -> give keep",
        ),
        ({"action_fixed": ["keep", "", "", ""]}, "C0.*keep although no station stands there -> give open"),
        ({"action_fixed": ["stay", "", "", ""]}, "C0.*'stay' -> give keep, close or open"),
        (
            {"status": ["excluded"] + ["candidate"] * 3, "action_fixed": ["open", "", "", ""]},
            "C0.*open although the site is excluded -> mend",
        ),
    ],
)
def test_fixed_actions_that_cannot_be_are_refused(columns, said):
    with pytest.raises(InputError, match=said):
        town(**columns)


@given(
    st.integers(0, 7).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.booleans(), min_size=n * n, max_size=n * n)))
)
def test_sets_of_near_sites_cover_every_near_pair_and_no_other(drawn):
    n, cells = drawn
    near = np.array(cells, dtype=bool).reshape(n, n)
    near = np.triu(near, 1) | np.triu(near, 1).T
    pairs = {pair for each in cliques(near) for pair in itertools.combinations(each.tolist(), 2)}
    assert pairs == {(i, j) for i, j in itertools.combinations(range(n), 2) if near[i, j]}
