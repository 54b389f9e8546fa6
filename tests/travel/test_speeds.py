from __future__ import annotations

from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from placement.errors import InputError
from placement.streets import Streets
from placement.travel import vehicle_times, walking_times
from placement.travel.ask import open_streets
from placement.travel.speeds import Slope, hill_costs, slope_factor, table_costs
from tests.effort import cases
from tests.travel.networks import CRS, random_points, random_streets, reference_ms, stored


def at(xy: dict[str, tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*zip(*xy.values(), strict=True)), index=list(xy), crs=CRS)


def hill(**columns: object) -> Streets:
    """100 m of street rising by 10 m from a to b."""
    nodes = pd.DataFrame({"node_id": ["a", "b"], "x": [0.0, 100.0], "y": [0.0, 0.0], "elevation_m": [0.0, 10.0]})
    return Streets.from_tables(nodes, pd.DataFrame({"u": ["a"], "v": ["b"], "length_m": [100.0], **columns}), crs=CRS)


def test_tobler_by_hand():
    # Uphill at 10 %: exp(-3.5 * 0.15) / exp(-3.5 * 0.05) = exp(-0.35); downhill: exp(-3.5 * 0.05 + 3.5 * 0.05) = 1.
    below, above = at({"below": (0, 0)}), at({"above": (100, 0)})
    up = walking_times(hill(), below, above, cutoff_s=900, speed_m_s=1.0, slope="tobler")
    down = walking_times(hill(), above, below, cutoff_s=900, speed_m_s=1.0, slope="tobler")
    assert up.matrix.data.tolist() == [round(100_000 * np.exp(0.35))]
    assert down.matrix.data.tolist() == [100_000]
    assert up.mode == "walking along streets, slopes after Tobler"
    assert up.unit == "ms"
    back = walking_times(hill(), below, above, cutoff_s=900, speed_m_s=1.0, slope="tobler", direction="from_sites")
    assert back.matrix.data.tolist() == [100_000]


def test_published_speeds():
    # Tobler: 6 km/h at its best, 5.04 km/h on the level; Irmischer and Clarke on roads: 1.11 m/s at their best.
    level = 6 * np.exp(-3.5 * 0.05)
    assert level * slope_factor(np.array([-0.05]), "tobler")[0] == pytest.approx(6.0)
    assert level == pytest.approx(5.04, abs=0.005)
    road = 0.11 + np.exp(-25 / 1800)
    assert road * slope_factor(np.array([-0.05]), "irmischer-clarke")[0] == pytest.approx(1.11)
    for rule in ("tobler", "irmischer-clarke"):
        grades = np.linspace(-0.5, 0.5, 101)
        assert grades[slope_factor(grades, rule).argmax()] == pytest.approx(-0.05)
        assert slope_factor(np.zeros(1), rule)[0] == 1.0


def test_steps_cost_more_or_are_closed():
    streets = Streets.from_tables(
        pd.DataFrame({"node_id": list("abc"), "x": [0.0, 100.0, 50.0], "y": [0.0, 0.0, 80.0]}),
        pd.DataFrame(
            {"u": ["a", "a", "c"], "v": ["b", "c", "b"], "length_m": [100.0] * 3, "highway": ["steps", "path", "path"]}
        ),
        crs=CRS,
    )
    points, sites = at({"p": (0, 0)}), at({"s": (100, 0)})
    one = walking_times(streets, points, sites, cutoff_s=900, speed_m_s=1.0, steps_factor=1.5)
    assert one.matrix.data.tolist() == [150_000]
    assert one.mode == "walking along streets, steps x 1.5"
    three = walking_times(streets, points, sites, cutoff_s=900, speed_m_s=1.0, steps_factor=3)
    assert three.matrix.data.tolist() == [200_000]
    none = walking_times(streets, points, sites, cutoff_s=900, speed_m_s=1.0, steps_factor=np.inf)
    assert none.matrix.data.tolist() == [200_000]
    # With steps closed a point on them is taken to the nearest street that is open.
    middle = walking_times(streets, at({"p": (50, 0)}), sites, cutoff_s=900, speed_m_s=1.0, steps_factor=np.inf)
    assert middle.snaps["access_m"].iloc[0] > 40


@pytest.mark.parametrize("seed", range(cases(150)))
def test_slopes_equal_scipy(seed):
    rng = np.random.default_rng(1000 + seed)
    streets = random_streets(rng, elevation=True)
    points, sites = random_points(rng, streets, 10, "p"), random_points(rng, streets, 5, "s")
    slopes: tuple[Slope | None, ...] = ("tobler", "irmischer-clarke", None)
    slope = slopes[seed % 3]
    factor = float(rng.choice([1.0, 1.7, np.inf])) if slope else 2.0
    reverse = bool(seed % 2)
    try:
        times = walking_times(
            streets, points, sites, cutoff_s=300, speed_m_s=1.3, slope=slope, steps_factor=factor,
            direction="from_sites" if reverse else "to_sites",
        )  # fmt: skip
    except InputError:
        assert set(streets.edges["highway"]) == {"steps"}
        return
    costs = hill_costs(streets, 1300, slope=slope, steps_factor=factor)
    if slope or factor != 1:
        walked, costs = open_streets(streets, costs)
        assert stored(times) == reference_ms(walked, costs, points, sites, cutoff_ms=300_000, reverse=reverse)


@pytest.mark.parametrize("seed", range(cases(150)))
def test_one_way_driving_equals_scipy(seed):
    rng = np.random.default_rng(2000 + seed)
    streets = random_streets(rng, oneway=True)
    points, sites = random_points(rng, streets, 10, "p"), random_points(rng, streets, 5, "s")
    speeds = {"road": 8.0, "steps": 0.7, "path": 2.5}
    if seed % 3 == 0:
        speeds = {"road": 8.0, "*": 3.0}
    reverse = bool(seed % 2)
    times = vehicle_times(
        streets, points, sites, cutoff_s=200, speeds_m_s=speeds, mode="driving",
        direction="from_sites" if reverse else "to_sites",
    )  # fmt: skip
    walked, costs = open_streets(streets, table_costs(streets, speeds, oneway=True, access_speed_mm_s=1300))
    assert stored(times) == reference_ms(walked, costs, points, sites, cutoff_ms=200_000, reverse=reverse)


def test_one_way_streets_by_hand():
    """A block a-b-c-d with one-way streets round it: forward one side, back three."""
    nodes = pd.DataFrame({"node_id": list("abcd"), "x": [0.0, 100.0, 100.0, 0.0], "y": [0.0, 0.0, 100.0, 100.0]})
    edges = pd.DataFrame({"u": list("abcd"), "v": list("bcda"), "length_m": [100.0] * 4, "oneway": ["yes"] * 4})
    streets = Streets.from_tables(nodes, edges, crs=CRS)
    points, sites = at({"p": (20, 0)}), at({"s": (80, 0), "t": (10, 0)})
    speeds = {"*": 10.0}
    there = vehicle_times(streets, points, sites, cutoff_s=900, speeds_m_s=speeds, mode="driving")
    assert there.seconds.toarray().tolist() == [[6.0, 39.0]]
    back = vehicle_times(
        streets, points, sites, cutoff_s=900, speeds_m_s=speeds, mode="driving", direction="from_sites"
    )
    assert back.seconds.toarray().tolist() == [[34.0, 1.0]]
    free = vehicle_times(streets, points, sites, cutoff_s=900, speeds_m_s=speeds, mode="cycling", oneway=False)
    assert free.seconds.toarray().tolist() == [[6.0, 1.0]]
    assert (there.mode, free.mode) == ("driving", "cycling")


def test_bad_input():
    points, sites = at({"p": (0, 0)}), at({"s": (100, 0)})
    flat = Streets.from_tables(
        pd.DataFrame({"node_id": ["a", "b"], "x": [0.0, 100.0], "y": [0.0, 0.0]}),
        pd.DataFrame({"u": ["a"], "v": ["b"], "length_m": [100.0]}),
        crs=CRS,
    )
    walk = partial(walking_times, cutoff_s=900, speed_m_s=1.0)
    with pytest.raises(InputError, match="no elevations"):
        walk(flat, points, sites, slope="tobler")
    with pytest.raises(InputError, match=r"\[b\]: elevation_m is missing"):
        flat.with_elevations(pd.Series({"a": 1.0}))
    with pytest.raises(InputError, match="slope"):
        walk(hill(), points, sites, slope="naismith")  # type: ignore[arg-type]  # no such formula
    for factor in (-1.0, np.nan):
        with pytest.raises(InputError, match="steps_factor"):
            walk(flat, points, sites, steps_factor=factor)
    with pytest.raises(InputError, match="every street is closed"):
        walk(hill(highway=["steps"]), points, sites, steps_factor=np.inf)
    with pytest.raises(InputError, match="direction"):
        walk(flat, points, sites, direction="up")  # type: ignore[arg-type]  # no such direction
    with pytest.raises(InputError) as caught:
        vehicle_times(flat, points, sites, cutoff_s=9, speeds_m_s={"road": -1.0, "path": np.nan}, mode="driving")
    assert [(fault.row, fault.problem) for fault in caught.value.faults] == [("road", "is -1.0"), ("path", "is nan")]
    with pytest.raises(InputError, match="names no kind of street"):
        vehicle_times(flat, points, sites, cutoff_s=9, speeds_m_s={"motorway": 30.0}, mode="driving")


def test_elevations_can_be_added():
    flat = hill().with_elevations(pd.Series({"b": 0.0, "a": 0.0, "c": 9.0}))
    times = walking_times(flat, at({"p": (0, 0)}), at({"s": (100, 0)}), cutoff_s=900, speed_m_s=1, slope="tobler")
    assert times.matrix.data.tolist() == [100_000]
