"""What money buys: a street worked out on paper, and random towns whose plans at every limit are tried one by one."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import placement as pl
from placement.case import Case
from placement.errors import InfeasibleError, InputError
from tests.effort import cases
from tests.plan.brute_force import best_actions
from tests.strategies import towns
from tests.test_case_from_frames import case


def test_by_hand():
    """S covers 4 of 24, T 9, U 11 and no row twice; a station is bought for 80,000 and moved for 9,000.

    Free: S stays, 4. For 9,000 S moves to U, 11. For 80,000 U is bought beside S, 15; for 89,000 also moved: T and U,
    20. For 160,000 all three, 24.
    """
    found = pl.frontier(case(), None, "coverage", "capital", limits=[0, 9_000, 80_000, 89_000, 160_000], gap=0)
    assert found.table["covered"].tolist() == [4, 11, 15, 20, 24]
    assert found.table["bound"].tolist() == [4, 11, 15, 20, 24]
    assert found.table["capital_yuan"].tolist() == [0, 9_000, 80_000, 89_000, 160_000]
    assert found.table["next_buys"].tolist()[:2] == pytest.approx([7 / 0.09, 4 / 0.71])
    assert found.knee is not None
    assert found.knee.limit == 9_000
    assert found.points[1].binds == ("capital",)
    assert found.points[-1].binds == ()
    assert all(
        found.most(limit) >= covered - 1e-9
        for limit, covered in zip(found.table["limit"], [4, 11, 15, 20, 24], strict=True)
    )
    assert found.lines_of_text[-1] == "from 9,000 yuan on more buys less"


def test_limits_by_default_reach_from_the_least_to_the_most_that_buys():
    stations = pl.frontier(case(), None, "coverage", "stations", gap=0)
    assert stations.table[["limit", "covered"]].to_numpy().tolist() == [[0, 0], [1, 11], [2, 20], [3, 24]]
    capital = pl.frontier(case(), None, "coverage", "capital", points=3, gap=0)
    assert capital.table[["limit", "covered"]].to_numpy().tolist() == [[0, 4], [80_000, 15], [160_000, 24]]


def test_a_floor_costs_coverage():
    """With one station U covers 11; a floor of 9 / 24 lets T, of 11 / 24 only U; more than that nothing."""
    asked = case(policy=pl.Policy(max_stations=1))
    group = asked.demand.age_groups[0]
    found = pl.frontier(asked, None, "coverage", f"floor {group}", limits=[0.1, 11 / 24 - 1e-3, 0.5], gap=0)
    assert found.table["covered"].tolist() == [11, 11]
    assert found.notes == (f"floor {group} 0.5: no plan keeps all limits",)
    assert found.lines == ()


def test_what_cannot_be_asked():
    with pytest.raises(InputError, match="goods are 'coverage' and 'happiness'"):
        pl.frontier(case(), None, "coverage", "happiness")
    with pytest.raises(InputError, match="give numbers of 0 or more"):
        pl.frontier(case(), None, "coverage", "capital", limits=[-1])
    with pytest.raises(InputError, match="horizon_years"):
        pl.frontier(case(), None, "coverage", "total")


@settings(
    max_examples=cases(4),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(town=towns(), against=st.sampled_from(["capital", "stations"]), unit=st.sampled_from([1, 100]))
def test_every_point_equals_all_plans_tried(town, against, unit):
    asked = Case(**town.stages())
    limits = [0, 1, 2, 3] if against == "stations" else [0, unit, 3 * unit, 9 * unit]
    try:
        found = pl.frontier(asked, None, "coverage", against, limits=limits, gap=0)
    except InfeasibleError:
        assume(False)
    of_limit = {point.limit: point for point in found.points}
    for limit in limits:
        name, amount = ("max_stations", limit) if against == "stations" else ("capital_fen", limit * 100)
        best = best_actions(dataclasses.replace(town, policy=town.policy.but(**{name: amount})))
        if best is None:
            assert limit not in of_limit
        else:
            assert round(of_limit[limit].network.worth * 1000) == best[0] == round(of_limit[limit].bound * 1000)
            assert not found.lines or found.most(limit) * 1000 >= best[0] - 1e-6
    if found.lines:  # what the prices say of a limit that was not asked for
        name, amount = ("max_stations", 4) if against == "stations" else ("capital_fen", int(Fraction(5 * unit * 100)))
        best = best_actions(dataclasses.replace(town, policy=town.policy.but(**{name: amount})))
        assert best is None or found.most(4 if against == "stations" else 5 * unit) * 1000 >= best[0] - 1e-6
