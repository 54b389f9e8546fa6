"""Wrong calls of the Python API: each ends in one error that names argument, row and value, and says what to do."""

# Values of wrong types are what these tests hand over.
# mypy: disable-error-code="arg-type, call-arg, dict-item, comparison-overlap"

from __future__ import annotations

import dataclasses
from decimal import Decimal
from fractions import Fraction
from time import process_time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from placement.case import Case, measure
from placement.coverage import Standard, cover
from placement.economics import Policy, StationCosts, station_costs
from placement.errors import InputError
from placement.plan import optimise
from placement.values import Demand, Segment, Sites, SolveOptions
from tests.towns import make_demand, make_sites, make_times

NAN = np.nan


def sites_with(column=None, values=None, *, crs=None, index=None, drop=None, geometry=None) -> Sites:
    table = make_sites(1, 2).table
    if column is not None:
        table[column] = values
    if index is not None:
        table.index = pd.Index(index)
    if geometry is not None:
        table = table.set_geometry(geometry)
    if drop is not None:
        table = table.drop(columns=drop)
    if crs == "none":
        table = gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=list(table.geometry))
    elif crs is not None:
        table = table.to_crs(crs)
    return Sites(table=table)


def demand_with(*, column=None, values=None, index=None, drop=None, crs=None, points=None, **fields) -> Demand:
    right = make_demand(np.ones((2, 2)), ["a", "b"])
    points = right.points if points is None else points
    if column is not None:
        points[column] = values
    if index is not None:
        points.index = pd.Index(index)
    if drop is not None:
        points = points.drop(columns=drop)
    if crs is not None:
        points = points.to_crs(crs)
    return dataclasses.replace(right, points=points, **fields)


def segment(**fields) -> Segment:
    return Segment(**{"age_group": "general", "period": "all", "service": "all", "speed_m_s": 1.3, **fields})


def costs(**fields) -> StationCosts:
    return StationCosts(**{name: np.full(3, 5) for name in ("purchase", "move", "close", "rent")} | fields)


def with_one(value, row: int, column: int = 0) -> np.ndarray:
    array = np.ones((2, 2))
    array[row, column] = value
    return array


def town():
    sites = make_sites(1, 2)
    demand = make_demand(np.full((2, 2), 3.0), ["a", "b"])
    times = make_times(np.array([[10.0, 20.0, NAN], [NAN, 30.0, 40.0]]), demand, sites)
    return demand, sites, times, cover(demand, sites, times, Standard(threshold_s=900))


def call_case(**changes):
    demand, sites, _, coverage = town()
    stages = {"demand": demand, "sites": sites, "coverage": coverage, "costs": costs()}
    return Case(**stages | changes)


def call_measure(standing):
    return measure(call_case(), standing)


def coverage_with(**fields):
    return dataclasses.replace(town()[3], **fields)


def twice(frame: gpd.GeoDataFrame, column: str) -> gpd.GeoDataFrame:
    return pd.concat([frame, frame[[column]]], axis=1)


def reversed_sites() -> Sites:
    return Sites(table=make_sites(1, 2).table.iloc[::-1])


def reversed_demand() -> Demand:
    right = make_demand(np.full((2, 2), 3.0), ["a", "b"])
    return dataclasses.replace(right, points=right.points.iloc[::-1])


def other_sites(column, values) -> Sites:
    return Sites(table=make_sites(1, 2).table.assign(**{column: values}))


def other_speed() -> Demand:
    right = make_demand(np.full((2, 2), 3.0), ["a", "b"])
    first, second = right.segments
    return dataclasses.replace(right, segments=(first, dataclasses.replace(second, speed_m_s=1.1)))


def other_hours() -> Demand:
    right = make_demand(np.full((2, 2), 3.0), ["a", "b"])
    first, second = right.segments
    return dataclasses.replace(right, segments=(first, dataclasses.replace(second, starts_min=480)))


def labelled(values, labels) -> pd.Series:
    return pd.Series(values, index=labels)


def demand_of(**fields) -> Demand:
    return dataclasses.replace(make_demand(np.full((2, 2), 3.0), ["a", "b"]), **fields)


WRONG = [
    # what brings an index of its own
    (
        lambda: costs(purchase=labelled([1, 2, 3], ["C1", "C0", "S0"]), site_ids=pd.Index(["S0", "C0", "C1"])),
        "holds the same 3 purchase in another order (first: C1, here S0)",
    ),
    (lambda: costs(move=labelled([1, 2, 3], ["a", "b", "c"])), "costs [move]: has an index, and there are no ids"),
    (
        lambda: demand_of(need=pd.DataFrame(np.ones((2, 2)), index=["D1", "D0"])),
        "demand [need]: holds the same 2 need in another order (first: D1, here D0)",
    ),
    (lambda: demand_of(need=np.full((2, 2), 1 + 1j)), "demand [need]: need holds something that is no number"),
    (lambda: demand_of(need=np.ma.masked_equal([[1, 2], [3, 4]], 4)), "need holds something that is no number"),
    # money, counts, floors
    (lambda: Policy(capital_fen=500_000.0), "policy [capital_fen]: capital_fen is 500000.0, not a whole number"),
    (lambda: Policy(capital_fen=500_000.5), "-> give whole fen, or Policy.from_yuan(capital=...); 1 yuan is 100 fen"),
    (lambda: Policy(running_fen=Decimal("5.5")), "policy [running_fen]: running_fen is 5.5, not a whole number"),
    (lambda: Policy(capital_fen=-1), "policy [capital_fen]: capital_fen is -1 -> give 0 or more"),
    (lambda: Policy(capital_fen="500000"), "policy [capital_fen]: capital_fen is '500000', not a whole number"),
    (lambda: Policy(capital_fen=True), "policy [capital_fen]: capital_fen is True, not a whole number"),
    (lambda: Policy(capital_fen=10**20), "policy [capital_fen]: capital_fen is 100000000000000000000 -> give"),
    (lambda: Policy(max_stations=-3), "policy [max_stations]: max_stations is -3 -> give 0 or more"),
    (lambda: Policy(max_moves=2.5), "policy [max_moves]: max_moves is 2.5, not a whole number"),
    (lambda: Policy(max_stations=10**30), "max_stations is 1000000000000000000000000000000 -> give 1000000000 or less"),
    (lambda: Policy(max_opens=False), "policy [max_opens]: max_opens is False, not a whole number"),
    (lambda: Policy(max_closes=-1), "policy [max_closes]: max_closes is -1 -> give 0 or more"),
    (lambda: Policy(max_changes="3"), "policy [max_changes]: max_changes is '3', not a whole number"),
    (lambda: Policy(district_floors={"a": 62}), "district_floors.a is 62, not a share -> a percentage? then 0.62"),
    (lambda: Policy(district_floors={"a": NAN}), "policy [district_floors.a]: district_floors.a is nan, not a share"),
    (lambda: Policy(age_floors={"elderly": -0.1}), "age_floors.elderly is -0.1, not a share -> give a share in 0..1"),
    (lambda: Policy(age_floors={"elderly": True}), "age_floors.elderly is True, not a share"),
    (lambda: Policy(district_floors={7: 0.5}), "policy [district_floors]: district_floors names 7, not a text"),
    (lambda: Policy(district_floors=0.5), "district_floors is 0.5 -> give a mapping of names to numbers"),
    (lambda: Policy.from_yuan(capital=0.125), "policy [capital]: capital is 0.125 -> give yuan with at most two dec"),
    (lambda: Policy.from_yuan(capital=-5), "policy [capital]: capital is -5 -> give yuan, 0 to 1e+12"),
    (
        lambda: Policy.from_yuan(running=Decimal("1e999999999")),
        "policy [running]: running is 1E+999999999 -> give yuan",
    ),
    (lambda: Policy.from_yuan(capital=Decimal("1e-999999999")), "policy [capital]: capital is 1E-999999999 -> give"),
    (lambda: Policy.from_yuan(capital=Decimal("NaN")), "policy [capital]: capital is NaN -> give yuan"),
    (lambda: Policy.from_yuan(capital=1, capital_fen=100), "policy [capital_fen]: capital_fen is given besides yuan"),
    (lambda: costs(purchase=np.array([5, -1, 5])), "costs [purchase]: is -1 at position 1 -> amounts are whole fen"),
    (lambda: costs(move=np.array([5, 5, 0.5])), "costs [move]: is 0.5 at position 2"),
    (lambda: costs(close=[Decimal("1"), Decimal("2.5"), Decimal("3")]), "costs [close]: is 2.5 at position 1"),
    (lambda: costs(rent=np.array([5, NAN, 5])), "costs [rent]: is nan at position 1"),
    (lambda: costs(rent=np.array([5, np.inf, 5])), "costs [rent]: is inf at position 1"),
    (lambda: costs(purchase=[True, False, True]), "costs [purchase]: holds True, not amounts of money"),
    (lambda: costs(purchase=["5", "5", "5"]), "costs [purchase]: holds '5', not amounts of money"),
    (lambda: costs(purchase=np.ones((3, 1))), "costs [purchase]: has shape (3, 1) -> give one amount a site"),
    (lambda: costs(move=np.full(2, 5)), "costs: differ in length: purchase 3, move 2, close 3, rent 3"),
    (lambda: costs(purchase=np.array([5, 5, 10**14])), "costs [purchase]: is 100000000000000 at position 2"),
    (lambda: station_costs(make_sites(1, 2), {"default": 5}), "costs [default]: is 5 -> give a CostSection"),
    # standards and segments
    (lambda: Standard(threshold_s=15), "travel [threshold_s]: threshold_s = 15 is below a minute -> minutes? then t"),
    (lambda: Standard(threshold_s=15), "then threshold_s = 900"),
    (lambda: Standard(threshold_s=900_000), "threshold_s = 900000 is more than a day -> milliseconds? then threshold"),
    (lambda: Standard(threshold_s=-900), "travel [threshold_s]: threshold_s is -900 -> give a finite number above 0"),
    (lambda: Standard(threshold_s=NAN), "travel [threshold_s]: threshold_s is nan"),
    (lambda: Standard(threshold_s="15 min"), "travel [threshold_s]: threshold_s is '15 min', not a number"),
    (lambda: Standard(threshold_s=True), "travel [threshold_s]: threshold_s is True, not a number"),
    (Standard, "travel [threshold]: needs one standard -> give a threshold in seconds or in metres"),
    (lambda: Standard(threshold_s=900, threshold_m=500), "travel [threshold]: needs one standard"),
    (lambda: Standard(threshold_m=1.2), "threshold_m = 1.2 is below 10 m -> kilometres? then threshold_m = 1200"),
    (
        lambda: Standard(threshold_s=900, threshold_s_by_district={"a": 30}),
        "threshold_s_by_district.a = 30 is below a minute -> minutes? then threshold_s_by_district.a = 1800",
    ),
    (
        lambda: Standard(threshold_m=900, threshold_s_by_district={"a": 300}),
        "threshold_s_by_district goes with threshold_s",
    ),
    (lambda: segment(speed_m_s=0), "segments [speed_m_s]: speed_m_s is 0 -> give a finite number above 0"),
    (lambda: segment(speed_m_s=-1.3), "segments [speed_m_s]: speed_m_s is -1.3"),
    (lambda: segment(starts_min=8.5), "segments [starts_min]: starts_min is 8.5, not a whole number -> give minutes"),
    (lambda: segment(ends_min=1500), "segments [ends_min]: ends_min is 1500 -> give 1440 or less"),
    (lambda: segment(period=""), "segments [period]: period is '' -> give a text"),
    # sites
    (lambda: sites_with(crs="none"), "sites: has no CRS"),
    (lambda: sites_with(crs="EPSG:4326"), "is in degrees"),
    (lambda: sites_with("status", ["existing", "canditate", "candidate"]), "sites [C0]: status 'canditate' is unknown"),
    (lambda: sites_with("status", ["existing", "canditate", "candidate"]), "did you mean candidate?"),
    (
        lambda: sites_with("status", ["existing", "existing", "candidate"]),
        "sites [C0]: status is existing although no s",
    ),
    (
        lambda: sites_with("status", ["candidate"] * 3),
        "sites [S0]: status is candidate although a station stands there",
    ),
    (lambda: sites_with("existing", [1, 0, 0]), "sites [S0]: existing is 1 -> give True or False"),
    (lambda: sites_with("opens_min", [0, -5, 0]), "sites [C0]: opens_min is -5 -> give whole minutes after midnight"),
    (lambda: sites_with("closes_min", [1440, 1440, 20.5]), "sites [S0]: closes_min is 1440.0 -> give whole minutes"),
    (lambda: sites_with("machines", [1, 0, 1]), "sites [C0]: machines is 0 -> give whole machines, 1 or more"),
    (lambda: sites_with("machines", [True, True, True]), "sites [S0]: machines is True"),
    (lambda: sites_with("services", ["pension", (), ()]), "sites [S0]: services is 'pension' -> give a tuple of names"),
    (lambda: sites_with("purchase_fen", [None, -3, None]), "sites [purchase_fen]: is -3.0 at C0"),
    (lambda: sites_with("rent_fen", [None, 2.5, None]), "sites [rent_fen]: is 2.5 at C0"),
    (lambda: sites_with("host", ["bank", NAN, "bank"]), "sites [C0]: host is nan, no text -> make host a column"),
    (lambda: sites_with(index=["S0", "S0", "C1"]), "sites [S0]: id is repeated"),
    (lambda: sites_with(index=[1, 2, 3]), "sites [1]: id 1 is no text -> make ids texts"),
    (lambda: sites_with(index=["S0", "", "C1"]), "sites: an id is empty"),
    (lambda: sites_with(drop=["machines", "rent_fen"]), "sites: columns are missing: machines, rent_fen"),
    (lambda: Sites(table=pd.DataFrame({"name": ["a"]})), "sites: is a DataFrame -> give a GeoDataFrame"),
    (
        lambda: sites_with(geometry=gpd.points_from_xy([500_000, NAN, 500_000], [3_400_000] * 3, crs="EPSG:32650")),
        "sites [C0]: the place is",
    ),
    (lambda: sites_with("existing", pd.array([True, None, False], dtype="boolean")), "sites [C0]: existing is <NA>"),
    (lambda: sites_with(geometry=gpd.GeoSeries([Point()] * 3, crs="EPSG:32650").values), "the place is 'POINT EMPTY'"),
    (lambda: Sites(table=twice(make_sites(1, 2).table, "status")), "sites [status]: column status is there twice"),
    # demand
    (lambda: demand_with(points=twice(make_demand(np.ones((2, 2)), ["a", "b"]).points, "parent")), "column parent is"),
    (lambda: demand_with(need=with_one(-2, 1)), "demand [D1]: need has negative, missing or impossible values: -2.0"),
    (lambda: demand_with(need=with_one(-2, 1)), "for general/all/all -> give finite numbers, 0 or more"),
    (
        lambda: demand_with(need=with_one(NAN, 0, 1)),
        "demand [D0]: need has negative, missing or impossible values: nan",
    ),
    (
        lambda: demand_with(need=with_one(np.inf, 0)),
        "demand [D0]: need has negative, missing or impossible values: inf",
    ),
    (lambda: demand_with(awareness=with_one(58.0, 1, 1)), "demand [D1]: awareness has negative, missing or impossible"),
    (lambda: demand_with(uptake=with_one(1.01, 0)), "values: 1.01 for general/all/all -> shares lie in 0..1"),
    (
        lambda: demand_with(people=with_one(-1, 0)),
        "demand [D0]: people has negative, missing or impossible values: -1.0",
    ),
    (lambda: demand_with(need=np.ones((3, 2))), "demand [need]: need has shape (3, 2), expected (2, 2)"),
    (lambda: demand_with(need=np.ones(2)), "demand [need]: need has shape (2,), expected (2, 2)"),
    (lambda: demand_with(need=[["x", 1], [1, 1]]), "demand [need]: need holds something that is no number"),
    (lambda: demand_with(need_share=1.5), "demand [need_share]: need_share is 1.5, not a share"),
    (lambda: demand_with(need_share=50), "need_share is 50, not a share -> a percentage? then 0.5"),
    (lambda: demand_with(drop=["parent"]), "demand [parent]: column parent is missing"),
    (lambda: demand_with(column="district", values=["a", 7]), "demand [D1]: district is 7, no text"),
    (lambda: demand_with(index=["D0", 1]), "demand [1]: id 1 is no text"),
    (lambda: demand_with(crs="EPSG:4326"), "is in degrees"),
    (
        lambda: demand_with(age_groups=("general", "old")),
        "demand [segments.elderly]: age group elderly is not in age_g",
    ),
    (lambda: demand_with(segments=(segment(), segment())), "demand [segments]: segments names general/all/all twice"),
    # coverage made by hand
    (lambda: coverage_with(covers=town()[3].covers[:, :2]), "coverage [covers]: covers has shape (4, 2), expected (4,"),
    (lambda: coverage_with(covers=None), "coverage [covers]: covers is a NoneType"),
    (
        lambda: coverage_with(serving=town()[3].serving.T),
        "coverage [serving]: serving has shape (3, 2), expected (2, 3",
    ),
    # stages that do not belong together
    (lambda: call_case(sites=reversed_sites()), "coverage [sites]: holds the same 3 sites in another order"),
    (lambda: call_case(sites=make_sites(1, 1)), "coverage [sites]: is for other sites (3, here 2; only there: C1)"),
    (
        lambda: call_case(demand=reversed_demand()),
        "coverage [demand points]: holds the same 2 demand points in ano",
    ),
    (lambda: call_case(demand=other_speed()), "coverage [segments]: is for other hours or another speed of elderl"),
    (lambda: call_case(demand=other_hours()), "demand has minutes 480 to 1440 at 0.9 m/s"),
    (
        lambda: call_case(sites=other_sites("opens_min", [480, 0, 0])),
        "coverage [S0]: is for other hours or services of the site",
    ),
    (
        lambda: call_case(costs=station_costs(reversed_sites(), {})),
        "costs [sites]: holds the same 3 sites in another order (first: C1, here S0)",
    ),
    (
        lambda: call_case(costs=costs(**{k: [1] for k in ("purchase", "move", "close", "rent")})),
        "costs: are for 1",
    ),
    (
        lambda: call_case(policy=Policy(district_floors={"A": Fraction(1, 2)})),
        "policy [district_floors.A]: district A is not in the population (only in policy: A; only in the population: a",
    ),
    (
        lambda: call_case(policy=Policy(age_floors={"eldery": Fraction(1, 2)})),
        "policy [age_floors.eldery]: age group eldery is not in the demand",
    ),
    (lambda: call_case(policy=None), "policy: policy is None -> give a Policy"),
    (lambda: optimise(town()), "-> give a Case"),
    (lambda: optimise(call_case(), {"max_moves": 3}), "policy: policy is {'max_moves': 3} -> give a Policy"),
    (lambda: optimise(call_case(), options=0.5), "options: options is 0.5 -> give a SolveOptions"),
    (lambda: call_case(streets="streets.graphml"), "case [streets]: streets is 'streets.graphml' -> give a Streets"),
    (lambda: Policy().but(max_stations=1.5), "policy [max_stations]: max_stations is 1.5, not a whole number"),
    (
        lambda: Policy().but(capital_yuan=0.001),
        "policy [capital_yuan]: capital_yuan is 0.001 -> give yuan with at most",
    ),
    (lambda: Policy().but(capital_yuan=1, capital_fen=100), "policy [capital_yuan]: capital_fen is given besides"),
    (lambda: Policy().but(max_station=3), "policy [but.max_station]: limit max_station is not in the limits"),
    (lambda: SolveOptions().but(gpa=0.1), "solve [but.gpa]: option gpa is not in the options"),
    (lambda: SolveOptions(backend=None), "solve [backend]: backend is None -> name a solver, or auto"),
    (lambda: SolveOptions(gap=1.0), "solve [gap]: gap is 1.0 -> give a share below 1"),
    (lambda: SolveOptions(gap=-0.1), "solve [gap]: gap is -0.1"),
    (lambda: SolveOptions(time_limit_s=0), "solve [time_limit_s]: time_limit_s is 0 -> give a finite number above 0"),
    (lambda: SolveOptions(seed=1.5), "solve [seed]: seed is 1.5, not a whole number"),
    (lambda: SolveOptions(threads=0), "solve [threads]: threads is 0 -> give 1 or more"),
    (lambda: call_measure(np.array([0, 1])), "coverage [standing]: has shape (2,) and holds int64, exp"),
    (lambda: call_measure(np.ones(3)), "coverage [standing]: has shape (3,) and holds float64"),
    (lambda: call_measure(["S0", "C9"]), "standing [C9]: site C9 is not in sites"),
    (lambda: call_measure(3), "coverage [standing]: has shape () and holds int64"),
    (
        lambda: call_measure(pd.Series([True, False, False], index=["C1", "C0", "S0"])),
        "standing [sites]: holds the same 3 sites in another order",
    ),
    (
        lambda: Case(coverage=town()[3], demand=town()[0], sites=reversed_sites(), costs=costs()),
        "coverage [sites]: holds the same 3 sites in another order (first: S0, here C1)",
    ),
    (
        lambda: cover(town()[0], reversed_sites(), town()[2], Standard(threshold_s=900)),
        "travel times [sites]: holds the same 3 sites in another order",
    ),
    (
        lambda: cover(*town()[:3], Standard(threshold_s=900, threshold_s_by_district={"A": 600})),
        "travel [threshold_s_by_district.A]: district A is not in population",
    ),
    (
        lambda: cover(town()[0], Sites(table=town()[1].table.to_crs(32651)), town()[2], Standard(threshold_s=900)),
        "sites: is in EPSG:32651, demand in EPSG:32650 -> reproject one",
    ),
]


@pytest.mark.parametrize(("call", "text"), WRONG, ids=[f"{number}" for number in range(len(WRONG))])
def test_a_wrong_call_says_what_is_wrong(call, text):
    with pytest.raises(InputError) as caught:
        call()
    assert any(text in str(fault) for fault in caught.value.faults), str(caught.value)


def test_what_a_value_was_made_from_may_change_without_it():
    need = np.full((2, 2), 3.0)
    view = need.view()
    view.setflags(write=False)
    demand = demand_with(need=view)
    covers = town()[3].covers.copy()
    coverage = coverage_with(covers=covers)
    need[:], covers.data[:] = -1.0, False
    assert demand.need.min() == 3
    assert coverage.covers.data.all()


def test_a_time_limit_beyond_all_clocks_is_a_fault():
    with pytest.raises(InputError, match=r"time_limit_s is 1e\+300 -> give 31536000 or less"):
        SolveOptions(time_limit_s=1e300)


def test_options_are_taken_as_any_kind_of_number():
    assert SolveOptions(gap=Decimal("0.1"), time_limit_s=Fraction(20)) == SolveOptions(gap=0.1, time_limit_s=20.0)
    assert optimise(call_case(), options=SolveOptions(time_limit_s=Decimal(20))).status == "optimal"


def test_all_faults_of_a_value_come_at_once():
    with pytest.raises(InputError) as caught:
        Policy(capital_fen=0.5, max_moves=-1, district_floors={"a": 2})
    assert [fault.row for fault in caught.value.faults] == ["capital_fen", "max_moves", "district_floors.a"]
    with pytest.raises(InputError) as caught:
        SolveOptions(backend="", gap=1, time_limit_s="60", seed=-1, threads=2.0)
    assert [fault.row for fault in caught.value.faults] == ["backend", "gap", "time_limit_s", "seed", "threads"]


def test_what_is_right_is_taken_as_it_is():
    policy = Policy(capital_fen=np.int64(7), max_moves=np.int32(2), district_floors={"a": 0.62, "b": Decimal("0.5")})
    assert (policy.capital_fen, type(policy.capital_fen), policy.max_moves) == (7, int, 2)
    assert policy.district_floors == {"a": Fraction(62, 100), "b": Fraction(1, 2)}
    assert Policy.from_yuan(capital=0.29, running=Decimal("12.50"), max_opens=1) == Policy(
        capital_fen=29, running_fen=1250, max_opens=1
    )
    whole = costs(purchase=np.zeros(3), move=[Decimal(4)] * 3)
    assert (whole.purchase.dtype, whole.move.tolist()) == (np.int64, [4, 4, 4])
    assert sites_with("rent_fen", pd.Series([pd.NA] * 3, dtype=object).to_numpy()).table["rent_fen"].isna().all()
    assert optimise(call_case()).status == "optimal"


def test_checks_of_a_million_points_take_no_time():
    n = 300_000
    right = make_demand(np.ones((1, 2)), ["a"])
    points = gpd.GeoDataFrame(
        {"district": "a", "parent": "a"},
        index=pd.Index([f"D{i:07d}" for i in range(n)], name="demand_id"),
        geometry=gpd.points_from_xy(np.linspace(500_000, 501_000, n), np.full(n, 3_400_000.0)),
        crs="EPSG:32650",
    )
    ones = np.ones((n, 2))
    began = process_time()
    Demand(
        points=points, segments=right.segments, age_groups=right.age_groups, people=ones, need=ones,
        awareness=ones, uptake=ones,
    )  # fmt: skip
    assert process_time() - began < 1.5
