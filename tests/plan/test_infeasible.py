"""Why no plan exists, on towns small enough to see it: the named constraints are exactly those at fault."""

from fractions import Fraction

import numpy as np
import pytest

from placement.case import Case
from placement.coverage import Standard, cover
from placement.economics import Policy, StationCosts
from placement.errors import InfeasibleError
from placement.plan import optimise
from tests.towns import make_demand, make_sites, make_times


def conflict(policy: Policy, *, status=None, metres=None, stations=0) -> InfeasibleError:
    """Two demand points (north, south: 10 and 30 visits), two sites that reach one each; opening costs 100 fen."""
    sites = make_sites(stations, 2, status=status)
    demand = make_demand(np.array([[10.0], [30.0]]), ["north", "south"])
    metres = np.array([[10.0, np.nan], [np.nan, 10.0]]) if metres is None else metres
    times = make_times(metres, demand, sites)
    coverage = cover(demand, sites, times, Standard(threshold_s=900))
    n = len(sites)
    costs = StationCosts(purchase=np.full(n, 100), move=np.full(n, 10), close=np.full(n, 3), rent=np.full(n, 7))
    with pytest.raises(InfeasibleError) as caught:
        optimise(Case(demand=demand, sites=sites, coverage=coverage, costs=costs, policy=policy))
    return caught.value


def test_budget_below_the_cost_of_what_is_required():
    error = conflict(Policy(capital_fen=150, max_stations=2), status=["required", "required"])
    assert set(error.constraints) == {"capital", "required sites"}
    assert error.explanation == "capital is short by 0.50 yuan"


def test_count_below_what_is_required():
    error = conflict(Policy(max_stations=1, capital_fen=10_000), status=["required", "required"])
    assert set(error.constraints) == {"max_stations", "required sites"}
    assert error.explanation == "max_stations is too low by 1"


def test_a_floor_nobody_could_meet():
    error = conflict(
        Policy(district_floors={"north": Fraction(1, 2)}), metres=np.array([[np.nan, np.nan], [10.0, 10.0]])
    )
    assert error.constraints == ("floor district north",)
    assert error.explanation == "floor district north asks 50.00% of the weight, at most 0.00% is possible"


def test_a_floor_that_one_limit_forbids():
    error = conflict(Policy(max_stations=0, capital_fen=500, district_floors={"north": Fraction(1, 2)}))
    assert error.constraints == ("floor district north", "max_stations")
    assert error.explanation == (
        "max_stations is too low by 1, or floor district north asks 50.00% of the weight, at most 0.00% is possible"
    )


def test_two_floors_that_exclude_each_other():
    floors = {"north": Fraction(1, 2), "south": Fraction(1, 2)}
    error = conflict(Policy(max_stations=1, district_floors=floors))
    assert set(error.constraints) == {"floor district north", "floor district south", "max_stations"}
    # how far a floor must fall is narrowed down as long as there is time
    assert error.explanation.startswith(
        "max_stations is too low by 1, or floor district north asks 50.00% of the weight, at most 0.0"
    )
