"""Among plans that cover the same: fewest actions, then least money, then shortest moves, then lowest ids."""

import numpy as np

from placement.coverage import Standard, cover
from placement.models import Policy, StationCosts
from placement.plan import optimise
from tests.towns import make_demand, make_sites, make_times


def plan_of(metres, costs, policy, *, stations, candidates):
    sites = make_sites(stations, candidates)
    demand = make_demand(np.full((len(metres), 1), 10.0), ["a"] * len(metres))
    times = make_times(np.array(metres), demand, sites)
    coverage = cover(demand, sites, times, Standard(threshold_s=900))
    plan = optimise(demand=demand, sites=sites, coverage=coverage, costs=costs, policy=policy)
    assert plan.status == "optimal"
    assert plan.tie_broken
    return plan


def test_the_dearer_site_gets_the_moved_station():
    # Two sites are worth having; buying C0 costs 80 and C1 costs 82, a move costs 9 to either.
    nan = np.nan
    costs = StationCosts(
        purchase=np.array([0, 80, 82]), move=np.array([0, 9, 9]), close=np.zeros(3), running=np.zeros(3)
    )
    plan = plan_of([[nan, 1.0, nan], [nan, nan, 1.0]], costs, Policy(max_stations=2), stations=1, candidates=2)
    actions = plan.actions.set_index("site_id")["action"].to_dict()
    assert actions == {"C0": "open", "C1": "move"}
    assert plan.budget[0].amount_fen == 89


def test_nothing_is_done_where_nothing_is_won():
    costs = StationCosts(purchase=np.zeros(2), move=np.zeros(2), close=np.zeros(2), running=np.zeros(2))
    plan = plan_of([[1.0, 1.0]], costs, Policy(), stations=1, candidates=1)
    assert plan.actions["action"].tolist() == ["keep"]


def test_equal_sites_are_taken_in_the_order_of_their_ids():
    costs = StationCosts(purchase=np.full(3, 5), move=np.zeros(3), close=np.zeros(3), running=np.zeros(3))
    plan = plan_of([[1.0, 1.0, 1.0]], costs, Policy(max_stations=1), stations=0, candidates=3)
    assert plan.open == ("C0",)
