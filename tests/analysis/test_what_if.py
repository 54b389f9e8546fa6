"""What if: a street worked out on paper, and random towns against all ways to a network tried one by one."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import placement as pl
from placement.case import Case
from placement.cli import main
from placement.errors import AlignmentError, InputError
from placement.values import Capture
from tests.doorstep import write_doorstep
from tests.effort import cases
from tests.plan.brute_force import best_actions, taken, unlimited, way_to
from tests.strategies import towns
from tests.test_case_from_frames import SITES_M, case


def test_a_station_more_by_hand():
    """U is bought for 80,000 beside S, which stays: b and c (6 + 5) come within reach of 24, and nobody loses."""
    asked = pl.what_if(case(policy=pl.Policy.from_yuan(capital=79_999)), add=["U"])
    assert (asked.open, asked.added, asked.removed) == (("S", "U"), ("U",), ())
    assert (asked.before.total.covered, asked.after.total.covered) == (4, 15)
    assert (asked.worth_before, asked.worth, asked.change) == (4, 15, 11)
    columns = ["before_yuan", "after_yuan", "change_yuan", "cap_yuan"]
    assert asked.budget.set_index("line").loc["capital", columns].tolist() == [
        0, 80_000, 80_000, 79_999,
    ]  # fmt: skip
    assert [each.words for each in asked.broken] == ["capital: 80,000 yuan where at most 79,999 are allowed"]
    assert asked.lines[0] == "WhatIf: with U"
    assert asked.lines[1] == "BREAKS: capital: 80,000 yuan where at most 79,999 are allowed"


def test_a_move_is_cheaper_than_closing_and_buying():
    """S moves to U: 9,000; d (4) loses reach, b and c (11) get it."""
    asked = pl.what_if(case(), move={"S": "U"})
    assert asked.actions[["site_id", "action", "from_site_id"]].to_numpy().tolist() == [["U", "move", "S"]]
    assert asked.budget.set_index("line").loc["capital", "after_yuan"] == 9_000
    assert asked.people.to_numpy().tolist() == [[asked.people["gained"].iloc[0], asked.people["lost"].iloc[0]]]
    table = asked.coverage.set_index(["kind", "group"])
    assert table.loc[("all", "all"), ["before", "after", "change"]].tolist() == [4, 11, 7]


def test_from_a_plan_and_the_best_plan_around():
    """89,000 buy one and move S: T and U (20). With T gone the best is U bought and S kept: 15, whose bound is 15."""
    street = case(policy=pl.Policy.from_yuan(capital=89_000))
    plan = pl.optimise(street)
    assert plan.open == ("T", "U")
    asked = pl.what_if(street, plan, remove=["T"], around=True)
    assert (asked.open, asked.worth_before, asked.worth, asked.bound) == (("U",), 20, 11, plan.bound)
    assert asked.best is not None
    assert (asked.best.open, asked.best.objective, asked.best.bound) == (("S", "U"), 15, 15)
    none = pl.what_if(street, add=["T", "U"], around=True)
    assert none.best is not None
    assert none.best.open == ("T", "U")
    none = pl.what_if(street.but(policy=pl.Policy(max_stations=2)), ["S", "U"], add=["T"], around=True)
    assert none.best is not None
    none = pl.what_if(street.but(policy=pl.Policy(max_stations=0)), [], add=["T"], around=True)
    assert none.best is None
    assert "max_stations" in none.why_none
    assert [each.words for each in none.broken] == ["max_stations: 1 where at most 0 are allowed"]
    none = pl.what_if(street, plan, add=["S"])
    assert [each.words for each in none.broken] == ["capital: 160,000 yuan where at most 89,000 are allowed"]
    assert [each.split(" ")[0] for each in none.lines[1:3]] == ["BREAKS:", "coverage:"]


def test_visits_are_compared_with_the_first_network():
    """V({S}) = 40, V({S, U}) = 50, V({U}) = 10 by doors alone; r = 1: worth 4 + 40, then 15 + 50."""
    capture = Capture(
        site_ids=list(SITES_M), mass=np.zeros(1), pull=sparse.csr_array((1, 3)), door=np.array([40.0, 0, 10])
    )
    policy = pl.Policy(visits_weight=Fraction(1), visits_floor=Fraction(1), min_visits_new=11, idle_below=11)
    asked = pl.what_if(case(capture=capture, policy=policy), add=["U"])
    assert (asked.worth_before, asked.worth) == (44, 65)
    assert asked.visits is not None
    assert (asked.visits.before, asked.visits.after, asked.visits.idle_after) == (40, 50, 1)
    assert [each.words for each in asked.broken] == ["min_visits_new: U would see fewer than 11 visits a month"]
    less = pl.what_if(case(capture=capture, policy=policy), ["S", "U"], remove=["S"])
    assert less.visits is not None
    assert (less.visits.before, less.visits.after) == (50, 10)
    assert less.broken[0].words == "visits_floor: 10 visits a month where at least 40 are asked"


def test_sites_that_are_asked_for_or_refused_are_named():
    street = case(sites=_with_status("T", "excluded"))
    assert [each.words for each in pl.what_if(street, add=["T"]).broken] == ["excluded sites: with T"]
    street = case(sites=_with_status("S", "required"))
    assert [each.words for each in pl.what_if(street, remove=["S"]).broken] == ["required sites: without S"]


def _with_status(site, status):
    from tests.test_case_from_frames import sites

    usual = {"S": "existing", "T": "candidate", "U": "candidate"}
    return sites(status=list((usual | {site: status}).values()))


def test_what_cannot_be_asked():
    with pytest.raises(InputError) as caught:
        pl.what_if(case(), add=["S"], remove=["T", "U"])
    assert [str(each.row) for each in caught.value.faults] == ["S", "T", "U"]
    with pytest.raises(AlignmentError, match="X"):
        pl.what_if(case(), add=["X"])
    with pytest.raises(InputError, match="give a Plan, ids of stations, or None"):
        pl.what_if(case(), "S")


@settings(max_examples=cases(150), deadline=None, derandomize=True)
@given(town=towns(), data=st.data())
def test_random_networks_equal_all_ways_tried(town, data):
    n = len(town.sites)
    standing = set(data.draw(st.lists(st.integers(0, n - 1), unique=True)))
    mask = np.isin(np.arange(n), list(standing))
    ids, today = town.sites.ids, town.sites.standing
    asked = pl.what_if(Case(**town.stages()), add=ids[mask & ~today], remove=ids[today & ~mask])
    expected, value = way_to(town, standing)
    assert taken(asked, ids) == expected
    assert bool(asked.broken) == (value is None)
    _, covered = way_to(unlimited(town), standing)
    assert round(asked.worth * 1000) == covered


@settings(max_examples=cases(50), deadline=None, derandomize=True)
@given(town=towns(), data=st.data())
def test_the_best_plan_around_equals_all_plans_tried(town, data):
    n = len(town.sites)
    site = data.draw(st.integers(0, n - 1))
    stands = bool(town.sites.standing[site])
    add, remove = ([], [town.sites.ids[site]]) if stands else ([town.sites.ids[site]], [])
    asked = pl.what_if(Case(**town.stages()), add=add, remove=remove, around=True)
    found = best_actions(town, allows=lambda _, actions: (actions[site] in {"keep", "open", "move"}) != stands)
    if found is None:
        assert asked.best is None
        assert asked.why_none
    else:
        assert asked.best is not None
        assert round(asked.best.objective * 1000) == found[0]


def test_the_command_asks_of_a_plan_and_of_a_study(tmp_path):
    write_doorstep(tmp_path / "study", policy="visits_weight = 0")
    run = CliRunner().invoke
    assert run(main, ["recommend", str(tmp_path / "study"), "--out", str(tmp_path / "out"), "--quiet"]).exit_code == 0
    plan = json.loads((tmp_path / "out" / "plan.json").read_text(encoding="utf-8"))
    said = run(main, ["what-if", str(tmp_path / "out"), "--remove", plan["open"][0], "--json"])
    assert said.exit_code == 0, said.output
    record = json.loads(said.output)
    assert record["open"] == plan["open"][1:]
    total = next(row for row in record["coverage"] if row["kind"] == "all")
    assert total["before"] == pytest.approx(plan["coverage"]["after"]["total"]["covered"])
    assert record["visits"]["before"] == plan["visits"]["after"]["expected"]
    assert record["worth"]["bound"] == plan["bound"]
    today = run(main, ["what-if", str(tmp_path / "study"), "--add", plan["open"][0]])
    assert today.exit_code == (2 if plan["open"][0] in "AB" else 0)
    wrong = run(main, ["what-if", str(tmp_path / "out"), "--move", "A"])
    assert wrong.exit_code == 2
    assert "give FROM:TO" in wrong.output
