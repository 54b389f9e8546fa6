"""Services with host requirements, and joint draws of the demand."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from placement.demand import (
    SERVICES,
    Service,
    estimate_awareness,
    estimate_demand,
    offered_services,
    service_rates,
    spread_footfall,
)
from placement.errors import InputError

CRS = "EPSG:32650"
TOWN = gpd.GeoDataFrame(
    {"district": ["A", "B", "B"], "people": [1000, 500, 700], "elderly": [200, 100, 70]},
    index=["D1", "D2", "D3"],
    geometry=gpd.points_from_xy([0, 1000, 1100], [0, 0, 0]),
    crs=CRS,
)
SURVEY = pd.DataFrame({"district": ["A", "B"], "asked": [60, 20], "aware": [40, 8], "used": [20, 4]})


def test_rates_by_service_make_segments():
    rates = service_rates()
    demand = estimate_demand(TOWN, trips_per_month=rates, need_share=1)
    assert [segment.service for segment in demand.segments[:5]] == [service.name for service in SERVICES]
    bills = demand.need[0, [segment.service == "bill_payment" for segment in demand.segments]]
    assert bills.tolist() == pytest.approx([800 * 0.12, 200 * 0.27])


def test_hosts_offer_what_they_may():
    sites = pd.DataFrame(
        {"host": ["bank", "community", "mall", "bank"], "services": [(), (), (), ("provident_fund",)]},
        index=list("abcd"),
    )
    offers = offered_services(sites)
    assert offers["a"] == ("social_security", "provident_fund", "employment", "bill_payment")
    assert offers["b"] == tuple(service.name for service in SERVICES)
    assert offers["c"] == ("employment", "bill_payment")
    assert offers["d"] == ("provident_fund",)
    bad = sites.assign(services=[("administrative_approval",), (), ("tax",), ()])
    with pytest.raises(
        InputError, match=r"(?s)sites \[a\]: a bank must not offer administrative_approval.*sites \[c\]: tax is unknown"
    ):
        offered_services(bad)


def test_bad_services_are_named():
    one = Service(name="x", label_zh="x", trips_per_month={"general": 0.1})
    other = Service(name="x", label_zh="x", trips_per_month={"elderly": 0.1})
    with pytest.raises(InputError, match=r"(?s)is named twice.*age groups differ"):
        service_rates([one, other])
    with pytest.raises(InputError, match="there are none"):
        service_rates([])


def settings(**more):
    counters = gpd.GeoDataFrame(
        {"people_per_day": [4000.0, 9000.0], "se": [400.0, np.nan]},
        index=["C1", "C2"],
        geometry=gpd.points_from_xy([0, 1050], [0, 0]),
        crs=CRS,
    )
    return {
        "trips_per_month": {"general": 0.3, "elderly": 0.5},
        "awareness": estimate_awareness(SURVEY),
        "footfall": spread_footfall(counters, TOWN, bandwidth_m=100),
        "footfall_capture": 0.002,
    } | more


def test_draws_scatter_around_the_estimate():
    given = settings(trip_rate_cv=0.2, footfall_cv=0.3)
    estimate = estimate_demand(TOWN, **given)
    drawn = list(estimate.draws(500, seed=1))
    need = np.stack([demand.need for demand in drawn])
    use = np.stack([demand.expected_use for demand in drawn])
    # 500 draws: the mean of each entry has a standard error of about 1 %.
    assert use.mean(axis=0) == pytest.approx(estimate.expected_use, rel=0.05)
    assert use.sum(axis=(1, 2)).mean() == pytest.approx(estimate.expected_use.sum(), rel=0.03)
    assert need.mean(axis=0) == pytest.approx(estimate.need, rel=0.05)
    aware = np.stack([demand.awareness for demand in drawn])
    assert aware.mean(axis=0) == pytest.approx(estimate.awareness, abs=0.02)
    table = given["awareness"].table
    assert np.quantile(aware[:, 0, 0], 0.05) == pytest.approx(table["low"].iloc[0], abs=0.03)
    # Points of one district share their awareness; age groups without their own survey do too.
    assert (aware[:, 1] == aware[:, 2]).all()
    assert np.stack([demand.uptake for demand in drawn]).std(axis=0).min() > 0.03
    # Elderly need moves with its trip rate, its district and its point: squares of 1 + cv^2 multiply.
    expected = np.sqrt(1.04 * 1.0225 * 1.01 - 1)
    assert need[:, 0, 1].std() / need[:, 0, 1].mean() == pytest.approx(expected, abs=0.035)


def test_draws_say_where_need_is():
    """Districts move together and by their own, points beside them, and the town's total is as sure as it should be."""
    town = gpd.GeoDataFrame(
        {"district": [f"d{i // 10}" for i in range(40)], "people": 100.0},
        index=[f"D{i:02d}" for i in range(40)],
        geometry=gpd.points_from_xy(np.arange(40.0), np.zeros(40)),
        crs="EPSG:32650",
    )
    given: dict[str, Any] = {"trips_per_month": {"general": 0.3}, "need_share": 1, "trip_rate_cv": 0.0}
    draws = estimate_demand(town, **given, need_area_cv=0.3, people_cv=0.2).draws(1500, seed=2)
    need = np.stack([demand.need.ravel() for demand in draws]) / 30
    assert need.mean(axis=0) == pytest.approx(np.ones(40), abs=0.04)
    by_district = need.reshape(-1, 4, 10).mean(axis=2)
    assert by_district.std(axis=0) == pytest.approx(np.full(4, np.sqrt(0.3**2 + 0.2**2 * 1.09 / 10)), abs=0.03)
    assert abs(np.corrcoef(by_district.T)[0, 1]) < 0.1
    within = (need / np.repeat(by_district, 10, axis=1)).std(axis=0)
    assert within == pytest.approx(np.full(40, 0.2 * np.sqrt(0.9)), abs=0.02)


def test_counters_use_their_own_standard_error():
    given = settings(trips_per_month={"general": 0.0}, awareness=None, need_share=1, footfall_cv=0.3)
    need = np.stack([demand.need.ravel() for demand in estimate_demand(TOWN, **given).draws(500)])
    assert (need.std(axis=0) / need.mean(axis=0)).tolist() == pytest.approx([0.1, 0.3, 0.3], abs=0.04)
    # D2 and D3 hang on the same counter.
    assert np.corrcoef(need[:, 1], need[:, 2])[0, 1] == pytest.approx(1)


def test_same_seed_same_draws_and_nothing_moves_without_uncertainty():
    estimate = estimate_demand(TOWN, **settings())
    first, again, other = ([demand.expected_use for demand in estimate.draws(3, seed)] for seed in (5, 5, 6))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert all((a != b).all() for a, b in zip(first, other, strict=True))
    assert (first[0] != first[1]).all()
    sure = settings(awareness=None, need_share=1, footfall=None, trip_rate_cv=0.0, need_area_cv=0.0, people_cv=0.0)
    estimate = estimate_demand(TOWN, **sure)
    assert (next(estimate.draws(1)).need == estimate.need).all()
    assert list(estimate.draws(0)) == []


def test_awareness_trip_rates_and_footfall_all_move_unless_told_otherwise():
    """Each source alone moves the draws; the defaults leave none of them out."""
    passers = settings(trips_per_month={"general": 0.0}, awareness=None, need_share=1)
    rates = settings(awareness=None, need_share=1, footfall=None)
    survey = settings(footfall=None, trip_rate_cv=0.0)
    for given, moved in ((passers, "need"), (rates, "need"), (survey, "awareness")):
        one, two = (getattr(demand, moved) for demand in estimate_demand(TOWN, **given).draws(2))
        assert (one != two).all()


def test_a_draw_is_a_demand_with_the_segments_of_the_estimate():
    estimate = estimate_demand(TOWN, **settings())
    drawn = next(estimate.draws(1))
    assert (drawn.segments, drawn.need_share, drawn.simulated) == (estimate.segments, 0.5, False)
    assert (drawn.people == estimate.people).all()
    assert drawn.ids.equals(estimate.ids)


def test_negative_variations_and_numbers_are_refused_before_the_first_draw():
    with pytest.raises(InputError, match=r"(?s)trip_rate_cv\]: is -0\.1.*footfall_cv\]: is nan.*people_cv\]: is inf"):
        estimate_demand(TOWN, **settings(trip_rate_cv=-0.1, footfall_cv=np.nan, people_cv=np.inf))
    with pytest.raises(InputError, match="n is -1"):
        estimate_demand(TOWN, **settings()).draws(-1)
