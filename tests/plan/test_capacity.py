"""Visits that machines can serve: by hand, against counting person by person and flowing, and before the judge."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import maximum_flow

from placement.case import Case
from placement.coverage import Standard, cover
from placement.economics import StationCosts
from placement.errors import InputError
from placement.judge.capacity import capacity_faults
from placement.judge.recount import reach
from placement.pipeline.prepare import Prepared
from placement.plan import optimise
from placement.plan.capacity import measure_capacity
from placement.report.plan_capacity import CapacityPart, capacity_from_part, capacity_to_dict
from placement.values import Policy
from placement.values.capacity import CapacityValue, Served
from tests.effort import cases
from tests.models.test_contract import judged
from tests.models.test_machines import machine_towns, machines_of
from tests.plan.brute_force import covered_sets
from tests.towns import Town, make_demand, make_sites, make_times


def measured(town: Town, after: dict[str, int], each: int) -> CapacityValue:
    case = Case(**town.stages(), times=town.times)
    actions = pd.DataFrame({"site_id": list(after), "machines_after": list(after.values())})
    found = measure_capacity(case.but(policy=town.policy.but(visits_machine_month=each)), actions)
    assert found is not None
    return found


def two_stations() -> Town:
    """Return people at three points: 30 nearer to S0, 50 between both and nearer to S1, 20 far from both."""
    demand = make_demand(np.array([[30.0], [50.0], [20.0]]), ["all"] * 3)
    sites = make_sites(2, 1, machines=[2, 1, 1])
    metres = np.array([[100.0, np.nan, np.nan], [600.0, 500.0, 200.0], [np.nan, np.nan, 300.0]])
    times = make_times(metres, demand, sites)
    every = np.ones(3, dtype=np.int64)
    costs = StationCosts(purchase=every, move=every, close=every)
    coverage = cover(demand, sites, times, Standard(threshold_s=900))
    return Town(demand=demand, sites=sites, times=times, coverage=coverage, costs=costs, policy=Policy())


def test_by_hand():
    """A machine takes 25: S0 with two 50, S1 with one 25. Today 30 go to S0 and 50 to S1: 30 + 25 served, 25 are not.

    20 of those at S1 could go to S0: 75 at best. With C2 in place of S1, 50 + 20 go there, 25 of them are served, and
    nobody is out of reach: 30 + 25, and 45 find no machine free; at best S0 takes 20 more.
    """
    town = two_stations()
    found = measured(town, {"S0": 2, "C0": 1}, 25)
    assert found.before == Served(served=55.0, no_capacity=25.0, out_of_reach=20.0, could_be_served=75.0, overloaded=1)
    assert found.after == Served(served=55.0, no_capacity=45.0, out_of_reach=0.0, could_be_served=75.0, overloaded=1)
    assert found.before.all == found.after.all == 100.0
    part = CapacityPart.model_validate(capacity_to_dict(found))
    assert capacity_from_part(part) == found


def test_a_plan_says_what_its_machines_serve():
    """S0 gives C0 one of its machines, which costs what another would: of equal plans the one of fewest machines.

    30 go to S0, 50 + 20 to C0, 25 each are served; S1, where nobody goes, could take 25 more of those between both.
    """
    town = two_stations()
    plan = optimise(Case(**town.stages(), times=town.times), Policy(visits_machine_month=25, max_machines=2))
    assert plan.open == ("C0", "S0", "S1")
    assert plan.capacity is not None
    assert plan.capacity.after == Served(
        served=50.0, no_capacity=50.0, out_of_reach=0.0, could_be_served=75.0, overloaded=2
    )
    with pytest.raises(InputError, match="visits_machine_month"):
        Case(**town.stages()).but(policy=Policy(visits_machine_month=25))


def counted(town: Town, machines: list[int], each: int) -> Served:
    """Count everybody by himself: to the nearest station in reach, ties by id; at best, by a flow."""
    ids, within = town.sites.ids.tolist(), covered_sets(town)
    lengths = town.times.matrix.todok()
    load, away = dict.fromkeys(range(len(ids)), 0), 0
    capacities = sparse.dok_array((len(within) + len(ids) + 2, len(within) + len(ids) + 2), dtype=np.int32)
    for number, (place, near) in enumerate(within.items()):
        visits = round(town.demand.need[place] * 1000)
        there = [j for j in near if machines[j]]
        capacities[0, 2 + number] = visits
        if there:
            load[min(there, key=lambda j: (lengths[place[0], j], ids[j]))] += visits
        for j in there:
            capacities[2 + number, 2 + len(within) + j] = visits
    away = round(town.demand.need.sum() * 1000) - sum(load.values())
    for j, count in enumerate(machines):
        capacities[2 + len(within) + j, 1] = count * each * 1000
    flow = maximum_flow(sparse.csr_array(capacities), 0, 1).flow_value
    served = sum(min(load[j], machines[j] * each * 1000) for j in load)
    return Served(
        served=served / 1000, no_capacity=(sum(load.values()) - served) / 1000, out_of_reach=away / 1000,
        could_be_served=flow / 1000, overloaded=sum(load[j] > machines[j] * each * 1000 for j in load),
    )  # fmt: skip


@settings(max_examples=cases(80), deadline=None, derandomize=True)
@given(machine_towns(), st.integers(1, 60), st.data())
def test_everybody_by_himself(town, each, data):
    town = replace(town, policy=Policy())
    after = {site: data.draw(st.integers(0, 3)) for site in town.sites.ids}
    found = measured(town, after, each)
    assert found.before == counted(town, machines_of(town), each)
    assert found.after == counted(town, list(after.values()), each)
    prepared = judged(town)
    study = SimpleNamespace(**vars(prepared.study))
    study.policy = SimpleNamespace(**{**vars(prepared.study.policy), "visits_machine_month": each})
    asked = cast("Prepared", SimpleNamespace(**{**vars(prepared), "study": study}))
    actions = [{"site_id": site, "machines_after": count} for site, count in after.items()]
    record: dict[str, Any] = {"actions": actions, "capacity": capacity_to_dict(found)}
    near = reach(asked)
    assert [*capacity_faults(record, asked, near)] == []
    for when in ("before", "after"):
        for name, value in record["capacity"][when].items():
            wrong = {**record["capacity"], when: {**record["capacity"][when], name: value + 1}}
            assert [*capacity_faults({**record, "capacity": wrong}, asked, near)]
    assert [*capacity_faults({**record, "capacity": None}, asked, near)] == ["capacity: is missing"]
