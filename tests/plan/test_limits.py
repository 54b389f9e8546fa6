"""Limits mean what their words say: moves, opens, closes, and all of them together."""

from pathlib import Path

import numpy as np
import pytest

from placement.case import Case
from placement.coverage import Standard, cover
from placement.economics import Policy, StationCosts
from placement.errors import InfeasibleError
from placement.judge import verify
from placement.pipeline.recommend import recommend
from placement.plan import optimise
from placement.study import read_study
from tests.towns import make_demand, make_sites, make_times
from tests.written import write_outcome

MAX_MOVES = Path(__file__).resolve().parents[2] / "../shared/data/faults/05_max_moves"


def two_for_two(**limits):
    """S0 and S1 reach nobody, C0 and C1 reach 30 and 40 visits; at most two stations stand."""
    sites = make_sites(2, 2)
    demand = make_demand(np.array([[30.0], [40.0]]), ["a", "a"])
    metres = np.array([[np.nan, np.nan, 1.0, np.nan], [np.nan, np.nan, np.nan, 1.0]])
    coverage = cover(demand, sites, make_times(metres, demand, sites), Standard(threshold_s=900))
    costs = StationCosts(**{name: np.zeros(4, dtype=int) for name in ("purchase", "move", "close", "rent")})
    policy = Policy(max_stations=2, **limits)
    return optimise(Case(demand=demand, sites=sites, coverage=coverage, costs=costs, policy=policy))


@pytest.mark.parametrize(
    ("limits", "covered", "kinds"),
    [
        ({}, 70, {"move": 2}),
        ({"max_moves": 1}, 70, {"move": 1, "open": 1, "close": 1}),
        ({"max_moves": 0}, 70, {"open": 2, "close": 2}),
        ({"max_moves": 0, "max_opens": 1}, 40, {"open": 1, "close": 1, "keep": 1}),
        ({"max_moves": 0, "max_closes": 1}, 40, {"open": 1, "close": 1, "keep": 1}),
        ({"max_moves": 0, "max_closes": 0}, 0, {"keep": 2}),
        ({"max_closes": 0}, 70, {"move": 2}),
        ({"max_opens": 0}, 70, {"move": 2}),
        ({"max_changes": 2}, 70, {"move": 2}),
        ({"max_changes": 1}, 40, {"move": 1, "keep": 1}),
        ({"max_changes": 0}, 0, {"keep": 2}),
        ({"max_changes": 3, "max_moves": 0}, 40, {"open": 1, "close": 1, "keep": 1}),
        ({"max_changes": 3, "max_moves": 1}, 70, {"move": 1, "open": 1, "close": 1}),
    ],
)
@pytest.mark.parametrize("backend", ["auto", "highs"])
def test_each_limit_counts_what_its_name_says(limits, covered, kinds, backend, monkeypatch):
    plan = two_for_two(**limits)
    assert plan.objective == covered
    assert plan.actions["action"].value_counts().to_dict() == kinds


def test_a_limit_that_makes_a_floor_impossible_is_named():
    for name in ("max_changes", "max_closes"):
        with pytest.raises(InfeasibleError) as caught:
            two_for_two(**{name: 0}, max_moves=0, district_floors={"a": 1})
        assert name in caught.value.constraints


def test_closing_is_counted_in_words_of_the_planner():
    sites = make_sites(2, 0, status=["excluded", "excluded"])
    sites = make_sites(2, 1, status=["excluded", "excluded", "candidate"])
    demand = make_demand(np.array([[30.0]]), ["a"])
    coverage = cover(demand, sites, make_times(np.ones((1, 3)), demand, sites), Standard(threshold_s=900))
    costs = StationCosts(**{name: np.zeros(3, dtype=int) for name in ("purchase", "move", "close", "rent")})
    with pytest.raises(InfeasibleError) as caught:
        optimise(
            Case(demand=demand, sites=sites, coverage=coverage, costs=costs, policy=Policy(max_closes=1, max_moves=0))
        )
    assert "max_closes" in caught.value.constraints
    assert "max_closes is too low by 1" in caught.value.explanation


@pytest.mark.parametrize("limit", ["max_opens = 1", "max_closes = 0", "max_changes = 2"])
def test_the_judge_counts_and_rebuilds_the_limits(spoiled, tmp_path, limit):
    spoiled.setting("max_moves = 3", f"max_moves = 3\n{limit}")
    outcome = recommend(read_study(spoiled.folder))
    name, most = limit.split(" = ")
    kinds = {"max_opens": ["open"], "max_closes": ["close"], "max_changes": ["open", "close", "move"]}[name]
    assert outcome.plan.actions["action"].isin(kinds).sum() <= int(most)
    write_outcome(outcome, tmp_path / "plan")
    verdict = verify(tmp_path / "plan")
    assert verdict.differences == ()
    assert verdict.proven


@pytest.mark.skipif(not MAX_MOVES.is_dir(), reason=f"no {MAX_MOVES}: the faults are not beside this checkout")
def test_the_study_of_max_moves_0_says_what_it_limits():
    outcome = recommend(read_study(MAX_MOVES / "study.toml"))
    assert outcome.plan.actions["action"].value_counts().to_dict() == {"open": 2, "close": 2}
    assert any(note.startswith("max_moves counts moved machines only") for note in outcome.case.prepared.notes)
