"""Cover sets worked out by hand: thresholds, speeds, opening hours, services, districts of their own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from placement.case import Case, measure
from placement.coverage import Standard, cover, open_throughout, serves
from placement.economics import station_costs
from placement.errors import InputError
from placement.travel import TravelTimes
from placement.values import Segment
from tests.towns import make_demand, make_sites, make_times

NAN = np.nan


def segment(period: tuple[int, int] = (0, 1440), *, speed: float = 1.0, age: str = "general", service: str = "all"):
    return Segment(
        age_group=age, period=str(period), service=service, speed_m_s=speed, starts_min=period[0], ends_min=period[1]
    )


def test_threshold_is_met_exactly_and_missed_by_a_millimetre():
    # 900 s at 1.3 m/s are 1170 m; an unreachable pair (NaN) is never covered, a pair of 0 m is.
    sites = make_sites(0, 4)
    demand = make_demand(np.array([[1.0]]), ["a"])
    times = make_times(np.array([[1170.0, 1170.001, NAN, 0.0]]), demand, sites)
    covered = sparse.csr_array(cover(demand, sites, times, Standard(threshold_s=900)).covers).toarray()
    assert covered.tolist() == [[True, False, False, True]]


def test_the_elderly_reach_less():
    # 900 s: 1170 m at 1.3 m/s, 810 m at 0.9 m/s.
    sites = make_sites(0, 2)
    demand = make_demand(np.array([[1.0, 1.0]]), ["a"])
    times = make_times(np.array([[1000.0, 810.0]]), demand, sites)
    covered = sparse.csr_array(cover(demand, sites, times, Standard(threshold_s=900)).covers).toarray()
    assert covered.tolist() == [[True, True], [False, True]]


def test_rows_are_stacked_segment_by_segment():
    sites = make_sites(0, 1)
    demand = make_demand(np.ones((3, 2)), ["a", "a", "b"])
    times = make_times(np.array([[100.0], [900.0], [NAN]]), demand, sites)
    coverage = cover(demand, sites, times, Standard(threshold_s=900))
    assert sparse.csr_array(coverage.covers).toarray().ravel().tolist() == [True, True, False, True, False, False]
    assert coverage.reached(np.array([True])).tolist() == [[True, True], [True, False], [False, False]]
    assert not coverage.reached(np.array([False])).any()


def test_a_district_with_its_own_threshold():
    sites = make_sites(0, 1)
    demand = make_demand(np.ones((2, 1)), ["centre", "township"])
    times = make_times(np.array([[1500.0], [1500.0]]), demand, sites)
    standard = Standard(threshold_s=900, threshold_s_by_district={"township": 1800})
    assert sparse.csr_array(cover(demand, sites, times, standard).covers).toarray().ravel().tolist() == [False, True]


def test_distance_standard_ignores_speed():
    sites = make_sites(0, 1)
    demand = make_demand(np.ones((2, 2)), ["a", "a"])
    times = make_times(np.array([[5000.0], [5000.001]]), demand, sites)
    covered = sparse.csr_array(cover(demand, sites, times, Standard(threshold_m=5000)).covers).toarray().ravel()
    assert covered.tolist() == [True, False, True, False]


def test_seconds_of_one_speed_cannot_serve_two():
    sites = make_sites(0, 1)
    demand = make_demand(np.ones((1, 2)), ["a"])
    import pandas as pd

    table = pd.DataFrame({"demand_id": ["D0"], "site_id": ["C0"], "seconds": [60.0]})
    times = TravelTimes.from_table(table, point_ids=demand.ids, site_ids=sites.ids)
    with pytest.raises(InputError, match="age groups walk at 2 speeds"):
        cover(demand, sites, times, Standard(threshold_s=900))


def test_times_of_other_sites_are_refused():
    demand = make_demand(np.ones((1, 1)), ["a"])
    times = make_times(np.array([[1.0, 1.0]]), demand, make_sites(0, 2))
    with pytest.raises(InputError, match=r"travel times \[sites\]: is for other sites"):
        cover(demand, make_sites(1, 1), times, Standard(threshold_s=900))


def test_hours_and_services():
    sites = make_sites(0, 4, hours=[(0, 1440), (480, 1200), (1200, 480), (480, 1199)])
    assert serves(sites, segment((480, 1200))).tolist() == [True, True, False, False]
    assert serves(sites, segment((1200, 480))).tolist() == [True, False, True, False]
    assert serves(sites, segment((1320, 60))).tolist() == [True, False, True, False]
    table = sites.table
    table["services"] = [(), ("pension",), ("bills", "pension"), ("bills",)]
    from placement.values import Sites

    offering = Sites(table=table)
    assert serves(offering, segment((540, 600), service="pension")).tolist() == [True, True, False, False]
    assert serves(offering, segment((540, 600), service="bills")).tolist() == [True, False, False, True]


@given(*[st.integers(0, 1440) for _ in range(4)])
def test_opening_hours_agree_with_counting_minutes(opens, closes, starts, ends):
    def minutes(start: int, end: int) -> set[int]:
        start, end = start % 1440, end % 1440
        return set(range(start, end)) if start < end else set(range(start, 1440)) | set(range(end))

    expected = minutes(starts, ends) <= minutes(opens, closes)
    assert open_throughout(opens, closes, segment((starts, ends))) == expected


def test_measure_counts_weight_need_use_and_people():
    sites = make_sites(1, 1)
    demand = make_demand(np.array([[10.0, 4.0], [6.0, 2.0]]), ["north", "south"])
    times = make_times(np.array([[100.0, NAN], [1000.0, 50.0]]), demand, sites)
    coverage = cover(demand, sites, times, Standard(threshold_s=900))
    # S0: D0 both segments (100 m); D1 general only (1000 m is beyond 810 m for the elderly).
    case = Case(demand=demand, sites=sites, coverage=coverage, costs=station_costs(sites, {}))
    before = measure(case, np.array([True, False]))
    assert measure(case) == measure(case, ["S0"]) == before
    assert (before.total.covered, before.total.all) == (20.0, 22.0)
    assert before.total.share == pytest.approx(20 / 22)
    assert before.segment["elderly/all/all"].covered == 4.0
    assert (before.district["south"].covered, before.district["south"].all) == (6.0, 8.0)
    assert before.people == {"general/all": (20.0, 20.0), "elderly/all": (10.0, 20.0)}
    after = measure(case, np.array([True, True]))
    assert after.total.covered == 22.0
