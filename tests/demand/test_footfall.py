"""Foot traffic: shares by hand, totals kept, nothing dropped."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.demand import spread_footfall
from placement.errors import CrsError, InputError
from placement.streets import Streets
from tests.effort import cases

CRS = "EPSG:32650"


def frame(xy, ids, **columns):
    x, y = zip(*xy, strict=True)
    return gpd.GeoDataFrame(columns, index=list(ids), geometry=gpd.points_from_xy(x, y), crs=CRS)


def test_kernel_shares_by_hand():
    counters = frame([(0, 0)], ["C"], people_per_day=[130.0], night_share=[0.1])
    points = frame([(0, 0), (60, 0), (0, 80), (100, 0)], "abcd")
    footfall = spread_footfall(counters, points, bandwidth_m=100)
    # Kernel: 1, (1 - .36)^2 = .4096, (1 - .64)^2 = .1296, 0.
    expected = 130 * np.array([1, 0.4096, 0.1296, 0]) / 1.5392
    assert footfall.points["people_per_day"].to_numpy() == pytest.approx(expected)
    assert footfall.points["night_per_day"].to_numpy() == pytest.approx(0.1 * expected)
    assert footfall.points["day_per_day"].to_numpy() == pytest.approx(0.9 * expected)
    assert footfall.counters.loc["C", "points"] == 3


def test_distance_runs_along_the_streets():
    # A street from (0, 0) to (100, 0) and on to (100, 100); b is 100 m from the counter by air, 150 along the streets.
    nodes = pd.DataFrame({"node_id": ["n", "e", "s"], "x": [0.0, 100.0, 100.0], "y": [0.0, 0.0, 100.0]})
    edges = pd.DataFrame({"u": ["n", "e"], "v": ["e", "s"], "length_m": [100.0, 100.0]})
    streets = Streets.from_tables(nodes, edges, crs=CRS)
    counters = frame([(0, 0)], ["C"], people_per_day=[1000.0])
    points = frame([(50, 0), (100, 50)], "ab")
    shares = spread_footfall(counters, points, streets=streets, bandwidth_m=200).points["people_per_day"]
    near, far = (1 - 0.25**2) ** 2, (1 - 0.75**2) ** 2
    assert shares.to_numpy() == pytest.approx(1000 * np.array([near, far]) / (near + far))
    assert spread_footfall(counters, points, streets=streets, bandwidth_m=140).points["people_per_day"].tolist() == [
        1000,
        0,
    ]


def test_lonely_counter_goes_to_the_nearest_point_and_is_reported():
    counters = frame([(0, 0), (1000, 0)], ["near", "far"], people_per_day=[10.0, 20.0])
    points = frame([(10, 0), (750, 0)], "ab")
    footfall = spread_footfall(counters, points, bandwidth_m=100)
    assert footfall.points["people_per_day"].tolist() == [10, 20]
    assert np.isnan(footfall.counters.loc["near", "nearest_m"])
    assert footfall.counters.loc["far", "nearest_m"] == 250


def test_counter_out_of_reach_is_named():
    counters = frame([(0, 0), (5000, 0)], ["C1", "C2"], people_per_day=[10.0, 20.0])
    with pytest.raises(
        InputError, match=r"footfall \[C2\]: the nearest demand point is 4,990 m away; 300 m is the limit"
    ):
        spread_footfall(counters, frame([(10, 0)], "a"), bandwidth_m=100)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"people_per_day": [-1.0]}, r"footfall \[C\]: people_per_day is -1"),
        ({"people_per_day": [np.nan]}, "people_per_day is nan"),
        ({"people_per_day": [5.0], "night_share": [1.5]}, "night_share is 1.5"),
        ({"count": [5.0]}, "column people_per_day is missing"),
    ],
)
def test_bad_counters_are_named(columns, message):
    with pytest.raises(InputError, match=message):
        spread_footfall(frame([(0, 0)], ["C"], **columns), frame([(0, 0)], "a"))


def test_two_crs_are_refused():
    with pytest.raises(CrsError, match="EPSG:32649, the demand points in EPSG:32650"):
        spread_footfall(
            frame([(0, 0)], ["C"], people_per_day=[1.0]).set_crs("EPSG:32649", allow_override=True),
            frame([(0, 0)], "a"),
        )


@settings(deadline=None, max_examples=cases(40), derandomize=True)
@given(
    counters=st.lists(
        st.tuples(st.floats(0, 900), st.floats(0, 900), st.floats(0, 1e6), st.none() | st.floats(0, 1)),
        min_size=1,
        max_size=8,
    ),
    points=st.lists(st.tuples(st.floats(0, 900), st.floats(0, 900)), min_size=1, max_size=12),
)
def test_totals_are_kept(counters, points):
    x, y, count, night = zip(*counters, strict=True)
    table = frame(
        list(zip(x, y, strict=True)), range(len(x)), people_per_day=count, night_share=np.array(night, dtype=float)
    )
    footfall = spread_footfall(table, frame(points, range(len(points))), bandwidth_m=150, nearest_within_m=1e5)
    spread = footfall.points
    assert spread["people_per_day"].sum() == pytest.approx(float(np.dot(count, footfall.counters["counted"])), rel=1e-9)
    parts = spread[["night_per_day", "day_per_day", "unsplit_per_day"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(spread["people_per_day"].to_numpy(), rel=1e-9)
    assert np.asarray(footfall.weights.sum(axis=1)).ravel() == pytest.approx(np.ones(len(count)), rel=1e-9)
