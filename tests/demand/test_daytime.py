"""People by day: who works or studies at a point counts there in its periods, and nobody counts twice."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from placement.demand import estimate_demand
from placement.errors import InputError
from placement.pipeline.prepare import prepare_inputs
from placement.study import read_study

TOWN = gpd.GeoDataFrame(
    {
        "district": ["A", "A", "B"], "people": [1000.0, 500.0, 100.0], "elderly": [200.0, 100.0, 0.0],
        "workers": [0.0, 100.0, 600.0], "students": [0.0, 0.0, 100.0],
    },
    index=["D1", "D2", "D3"], geometry=gpd.points_from_xy([0, 100, 200], [0, 0, 0]), crs="EPSG:32650",
)  # fmt: skip
SETTINGS: dict[str, Any] = {
    "trips_per_month": {"general": 0.2, "elderly": 0.5},
    "periods": {"morning": (480, 720), "afternoon": (720, 1080), "night": (1080, 480)},
    "period_share": {"morning": 0.5, "afternoon": 0.3, "night": 0.2},
    "need_share": 1,
}
DAYTIME = {"workers": ("morning", "afternoon"), "students": ("morning",)}


def test_by_hand():
    demand = estimate_demand(TOWN, **SETTINGS, daytime=DAYTIME)
    # General residents 800, 400, 100: 1,300. In the morning 800 are at work or school: 500/1,300 stay at home.
    morning = np.array([800, 400, 100]) * 500 / 1300 + [0, 100, 700]
    afternoon = np.array([800, 400, 100]) * 600 / 1300 + [0, 100, 600]
    general = demand.need[:, :3]
    assert general[:, 0] == pytest.approx(0.2 * 0.5 * morning)
    assert general[:, 1] == pytest.approx(0.2 * 0.3 * afternoon)
    plain = estimate_demand(TOWN, **SETTINGS)
    assert (general[:, 2] == plain.need[:, 2]).all()
    assert (demand.need[:, 3:] == plain.need[:, 3:]).all()  # the old stay where they live
    assert demand.need.sum(axis=0) == pytest.approx(plain.need.sum(axis=0))  # nobody twice, nobody lost
    assert (demand.people == plain.people).all()


def test_where_more_work_than_live_the_rest_come_from_outside():
    town = TOWN.assign(workers=[0.0, 0.0, 2000.0])
    demand = estimate_demand(town, **SETTINGS, daytime={"workers": ("morning",)})
    assert demand.need[:, 0] == pytest.approx([0, 0, 0.2 * 0.5 * 2000])


def test_without_daytime_the_columns_change_nothing():
    bare = estimate_demand(TOWN.drop(columns=["workers", "students"]), **SETTINGS)
    assert (estimate_demand(TOWN, **SETTINGS).need == bare.need).all()


def test_draws_are_of_those_who_are_there():
    demand = estimate_demand(TOWN, **SETTINGS, daytime=DAYTIME, trip_rate_cv=0, need_area_cv=0, people_cv=0.1)
    drawn = np.stack([each.need for each in demand.draws(400, seed=1)])
    assert drawn.mean(axis=0) == pytest.approx(demand.need, rel=0.03)
    one = drawn[0] / np.where(demand.need > 0, demand.need, 1)
    assert one[:2, 0] == pytest.approx(one[:2, 3])  # all segments of a point move together


@pytest.mark.parametrize(
    ("daytime", "message"),
    [
        ({"workers": ("noon",)}, r"daytime\.workers\]: noon is no period -> name some of morning, afternoon, night"),
        ({"workers": ()}, r"daytime\.workers\]: is empty"),
        ({"guests": ("morning",)}, "column guests is missing"),
    ],
)
def test_wrong_daytime_is_named(daytime, message):
    with pytest.raises(InputError, match=message):
        estimate_demand(TOWN, **SETTINGS, daytime=daytime)
    with pytest.raises(InputError, match="workers is nan"):
        estimate_demand(TOWN.assign(workers=[1.0, np.nan, 2.0]), **SETTINGS, daytime={"workers": ("morning",)})


def test_a_study_reads_the_columns_it_names(spoiled):
    spoiled.setting("need_share = 0.5", 'need_share = 0.5\ndaytime = {workers = ["day"]}')
    with pytest.raises(InputError, match="population: column workers is missing"):
        prepare_inputs(read_study(spoiled.folder))
    path = spoiled.folder / "population.csv"
    table = pd.read_csv(path)
    table.assign(workers=(np.arange(len(table)) % 3 == 0) * 30).to_csv(path, index=False)
    with_day = prepare_inputs(read_study(spoiled.folder)).demand
    spoiled.setting('daytime = {workers = ["day"]}', "")
    bare = prepare_inputs(read_study(spoiled.folder)).demand
    day = [number for number, each in enumerate(bare.segments) if (each.age_group, each.period) == ("general", "day")]
    other = [number for number in range(len(bare.segments)) if number not in day]
    assert (with_day.need[:, other] == bare.need[:, other]).all()
    assert (with_day.need[:, day] != bare.need[:, day]).any()
