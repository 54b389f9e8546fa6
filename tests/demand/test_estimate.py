"""Need and expected use: every number of a small town worked by hand; totals kept in any town."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.demand import estimate_awareness, estimate_demand, spread_footfall
from placement.errors import AlignmentError, InputError
from tests.effort import cases
from tests.there import there

CRS = "EPSG:32650"
TOWN = gpd.GeoDataFrame(
    {"district": ["A", "B"], "parent": ["P", "P"], "people": [1000, 500], "elderly": [200, 0]},
    index=["D1", "D2"],
    geometry=gpd.points_from_xy([0, 1000], [0, 0]),
    crs=CRS,
)
PERIODS = {"day": (480, 1200), "night": (1200, 480)}
RATES = {"general": 0.3, "elderly": 0.5}


def counters(**columns):
    return gpd.GeoDataFrame(columns, index=["C1"], geometry=gpd.points_from_xy([1000], [0]), crs=CRS)


def test_residents_by_hand():
    demand = estimate_demand(
        TOWN,
        periods=PERIODS,
        period_share={"day": 0.8, "night": 0.2},
        trips_per_month=RATES,
        online_share={"general": 0.5},
        need_share=1,
        speed_m_s={"general": 1.3, "elderly": 0.9},
    )
    assert [s.name for s in demand.segments] == [
        "general/day/all",
        "general/night/all",
        "elderly/day/all",
        "elderly/night/all",
    ]
    assert [(s.speed_m_s, s.starts_min, s.ends_min) for s in demand.segments[1:3]] == [
        (1.3, 1200, 480),
        (0.9, 480, 1200),
    ]
    # D1: 800 x 0.3 x 0.5 = 120 of the general, 200 x 0.5 = 100 of the elderly; D2: 500 x 0.3 x 0.5 = 75.
    assert demand.need == pytest.approx(np.array([[96, 24, 80, 20], [60, 15, 0, 0]]))
    assert demand.people.tolist() == [[800, 200], [500, 0]]
    assert demand.awareness.tolist() == np.ones((2, 4)).tolist()


def test_passers_by_join_the_general_at_night_by_the_counters_share():
    footfall = spread_footfall(counters(people_per_day=[12_000.0], night_share=[0.25]), TOWN, bandwidth_m=100)
    demand = estimate_demand(
        TOWN,
        periods=PERIODS,
        period_share={"day": 0.8, "night": 0.2},
        trips_per_month=RATES,
        footfall=footfall,
        footfall_capture=0.002,
        non_resident_share=0.3,
        need_share=1,
    )
    visits = 12_000 * 365 / 12 * 0.002 * 0.3  # 219 a month
    assert demand.need[1] == pytest.approx([120 + 0.75 * visits, 30 + 0.25 * visits, 0, 0])
    assert demand.need[0] == pytest.approx([192, 48, 80, 20])


@pytest.mark.parametrize("night", [np.nan, 0.25])
def test_without_night_share_or_night_period_the_period_shares_split(night):
    footfall = spread_footfall(counters(people_per_day=[1200.0], night_share=[night]), TOWN, bandwidth_m=100)
    periods = PERIODS if np.isnan(night) else {"day": (480, 1200), "late": (1200, 480)}
    shares = dict(zip(periods, (0.8, 0.2), strict=True))
    demand = estimate_demand(
        TOWN, periods=periods, period_share=shares, trips_per_month={"general": 0.0}, footfall=footfall,
        footfall_capture=0.1, need_share=1,
    )  # fmt: skip
    assert demand.need[1] == pytest.approx([0.8 * 3650, 0.2 * 3650])


def test_services_take_passers_by_by_their_rates():
    footfall = spread_footfall(counters(people_per_day=[12.0]), TOWN, bandwidth_m=100)
    demand = estimate_demand(
        TOWN,
        trips_per_month={"general": {"pension": 0.1, "bills": 0.3}},
        footfall=footfall,
        footfall_capture=1.0,
        need_share=1,
    )
    assert [s.name for s in demand.segments] == ["general/all/pension", "general/all/bills"]
    assert demand.need == pytest.approx(np.array([[100, 300], [50 + 365 / 4, 150 + 365 * 3 / 4]]))


def test_awareness_by_district_and_age_and_uptake_of_the_survey():
    survey = pd.DataFrame(
        {
            "district": ["A", "A", "B", "B"],
            "age_group": ["general", "elderly"] * 2,
            "asked": [100, 50, 80, 40],
            "aware": [70, 20, 40, 10],
            "used": [35, 5, 30, 2],
        }
    )
    awareness = estimate_awareness(survey)
    demand = estimate_demand(TOWN, trips_per_month=RATES, awareness=awareness, uptake={"elderly": 0.4}, need_share=0.5)
    known, used = awareness.table["mean"], there(awareness.uptake).table["mean"]
    assert demand.awareness.ravel().tolist() == known.tolist()
    assert demand.uptake.ravel().tolist() == [used["A", "general"], 0.4, used["B", "general"], 0.4]
    assert demand.weight == pytest.approx(demand.need * (0.5 + 0.5 * demand.awareness * demand.uptake))


def test_a_survey_of_everybody_speaks_for_all_ages():
    survey = pd.DataFrame({"district": ["A", "B"], "asked": [100, 50], "aware": [70, 20]})
    awareness = estimate_awareness(survey)
    demand = estimate_demand(TOWN, trips_per_month=RATES, awareness=awareness, uptake={"general": 0.6, "elderly": 0.4})
    assert demand.awareness[:, 0].tolist() == demand.awareness[:, 1].tolist() == awareness.table["mean"].tolist()


SURVEY = pd.DataFrame({"district": ["A", "B"], "asked": [100, 50], "aware": [70, 20]})


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"trips_per_month": {"elderly": 1.0}}, "has no rate for general"),
        ({"trips_per_month": {"general": -1.0}}, r"demand \[trips_per_month.general.all\]: is -1.0"),
        ({"trips_per_month": {"general": {"a": 1.0}, "elderly": 1.0}}, "services differ: general: a; elderly: all"),
        ({"trips_per_month": {"general": 1.0, "young": 1.0}}, "column young is missing"),
        ({"period_share": {"day": 1.0}}, r"demand \[period_share\]: names day; the periods are all"),
        ({"periods": PERIODS, "period_share": {"day": 0.8, "night": 0.3}}, "shares sum to 1.1"),
        ({"online_share": {"general": 1.2}}, r"demand \[online_share.general\]: is 1.2"),
        ({"speed_m_s": {"general": 0.0}}, r"demand \[speed_m_s.general\]: is 0.0"),
        ({"uptake": {"young": 0.2}}, r"demand \[uptake.young\]: has no trips_per_month"),
        ({"need_share": 0.5}, r"demand \[need_share\]: is 0.5 without a survey"),
        ({"footfall_capture": np.nan}, r"demand \[footfall_capture\]: is nan"),
        ({"awareness": estimate_awareness(SURVEY)}, r"demand \[uptake\]: is not known for general, elderly"),
    ],
)
def test_bad_settings_are_named(settings_, message):
    arguments = {"trips_per_month": RATES, "need_share": 1} | settings_
    with pytest.raises(InputError, match=message):
        estimate_demand(TOWN, **arguments)


def test_age_group_that_was_not_surveyed_is_named():
    awareness = estimate_awareness(SURVEY.assign(age_group="general"))
    with pytest.raises(InputError, match=r"survey \[elderly\]: age group was not surveyed"):
        estimate_demand(TOWN, trips_per_month=RATES, awareness=awareness, uptake=dict.fromkeys(RATES, 0.5))


def test_district_without_awareness_is_named():
    awareness = estimate_awareness(SURVEY.assign(district=["A", "BB"]))
    with pytest.raises(AlignmentError, match="only in population: B; only in survey: BB"):
        estimate_demand(TOWN, trips_per_month=RATES, awareness=awareness, uptake=dict.fromkeys(RATES, 0.5))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"people": [0, 0], "elderly": [0, 0]}, "nobody lives at any demand point"),
        ({"people": [100, 500]}, r"population \[D1\]: elderly exceed people by 100"),
        ({"people": [-1, 500]}, r"population \[D1\]: people is -1"),
        ({"elderly": [np.nan, 0]}, r"population \[D1\]: elderly is nan"),
    ],
)
def test_bad_population_is_named(change, message):
    with pytest.raises(InputError, match=message):
        estimate_demand(TOWN.assign(**change), trips_per_month=RATES, need_share=1)


@settings(deadline=None, max_examples=cases(40), derandomize=True)
@given(
    people=st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1)), min_size=1, max_size=10).filter(
        lambda p: sum(a for a, _ in p) > 1
    ),
    count=st.floats(0, 1e6),
    night=st.none() | st.floats(0, 1),
    day=st.floats(0, 1),
)
def test_need_is_conserved(people, count, night, day):
    number = np.array([a for a, _ in people])
    elderly = number * np.array([b for _, b in people])
    town = gpd.GeoDataFrame(
        {"district": "A", "people": number, "elderly": elderly},
        index=[f"D{i}" for i in range(len(people))],
        geometry=gpd.points_from_xy(np.arange(len(people)) * 40.0, np.zeros(len(people))),
        crs=CRS,
    )
    counter = gpd.GeoDataFrame(
        {"people_per_day": [count], "night_share": np.array([night], dtype=float)},
        index=["C"],
        geometry=gpd.points_from_xy([10], [0]),
        crs=CRS,
    )
    demand = estimate_demand(
        town, periods=PERIODS, period_share={"day": day, "night": 1 - day}, trips_per_month=RATES,
        online_share={"general": 0.25}, footfall=spread_footfall(counter, town, bandwidth_m=100),
        footfall_capture=0.01, non_resident_share=0.5, need_share=1,
    )  # fmt: skip
    expected = (number - elderly).sum() * 0.3 * 0.75 + elderly.sum() * 0.5 + count * 365 / 12 * 0.005
    assert demand.need.sum() == pytest.approx(expected, rel=1e-9)
