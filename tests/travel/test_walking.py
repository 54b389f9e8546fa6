from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from placement.errors import CrsError, InputError
from placement.streets import Streets
from placement.travel import distances_mm, straight_line_times, walking_times
from placement.travel import search as search_module
from tests.effort import cases
from tests.travel.networks import CRS, coordinates, random_points, random_streets, reference_mm, stored


def at(xy: dict[str, tuple[float, float]], crs: str = CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*zip(*xy.values(), strict=True)), index=list(xy), crs=crs)


@pytest.fixture
def cross() -> Streets:
    """West-east street of 200 m through c, and a curved 150 m street (100 m straight) north to d."""
    nodes = pd.DataFrame({"node_id": list("abcd"), "x": [0.0, 200.0, 100.0, 100.0], "y": [0.0, 0.0, 0.0, 100.0]})
    edges = pd.DataFrame({"u": ["a", "c", "c"], "v": ["c", "b", "d"], "length_m": [100.0, 100.0, 150.0]})
    return Streets.from_tables(nodes, edges, crs=CRS)


def test_by_hand(cross):
    # home: 10 m north of the street, 40 m east of a. shop: on the street 90 m east of a. north: half-way to d.
    points = at({"home": (40, 10), "corner": (100, 0)})
    sites = at({"shop": (90, 0), "north": (100, 50), "far": (200, 0)})
    times = walking_times(cross, points, sites, cutoff_s=140, speed_m_s=1.0)
    # home-shop on one edge: 10 + 50. home-north: 10 + 60 + half of the 150 m = 145 m > 140 m. home-far: 10 + 60 + 100.
    # corner-north: half of 150 m, since the straight 50 m stand for 75 m of street.
    assert stored(times) == {
        ("home", "shop"): 60_000,
        ("corner", "shop"): 10_000,
        ("corner", "north"): 75_000,
        ("corner", "far"): 100_000,
    }
    assert times.mode == "walking along streets"
    assert times.snaps.to_dict("list") == {
        "id": ["home", "corner", "shop", "north", "far"],
        "kind": ["point", "point", "site", "site", "site"],
        "access_m": [10.0, 0.0, 0.0, 0.0, 0.0],
        "part": [0] * 5,
        "far": [False] * 5,
    }


def test_cutoff_is_exact_to_the_millimetre(cross):
    points, sites = at({"p": (0, 0)}), at({"s": (100, 0)})
    assert walking_times(cross, points, sites, cutoff_s=100, speed_m_s=1.0).n_pairs == 1
    assert walking_times(cross, points, sites, cutoff_s=99.999, speed_m_s=1.0).n_pairs == 0


@pytest.mark.parametrize("seed", range(cases(500)))
def test_equals_scipy_with_points_as_nodes(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    if seed % 3 == 0:  # many blocks and calls
        monkeypatch.setattr(search_module, "PAIRS_A_BLOCK", 3)
        monkeypatch.setattr(search_module, "SITES_A_CALL", 1)
    streets = random_streets(rng)
    points, sites = random_points(rng, streets, 12, "p"), random_points(rng, streets, 6, "s")
    cutoff_s = float(rng.choice([0.0, 60.0, 250.5, 2000.0]))
    times = walking_times(streets, points, sites, cutoff_s=cutoff_s, speed_m_s=1.3, threads=int(rng.integers(1, 3)))
    assert stored(times) == reference_mm(streets, points, sites, round(cutoff_s * 1000) * 1300 // 1000)


def test_unreachable_is_never_covered_and_zero_is():
    nodes = pd.DataFrame({"node_id": [1, 2, 3, 4], "x": [0.0, 10.0, 0.0, 10.0], "y": [0.0, 0.0, 50.0, 50.0]})
    streets = Streets.from_tables(nodes, pd.DataFrame({"u": [1, 3], "v": [2, 4], "length_m": [10.0, 10.0]}), crs=CRS)
    times = walking_times(streets, at({"p": (5, 0), "q": (5, 50)}), at({"s": (5, 0)}), cutoff_s=900, speed_m_s=1)
    assert times.within(0).toarray().tolist() == [[True], [False]]
    assert times.within(900).toarray().tolist() == [[True], [False]]
    assert times.snaps["part"].tolist() == [0, 1, 0]


def test_far_points_are_listed_and_kept(cross):
    times = walking_times(cross, at({"p": (100, -600)}), at({"s": (100, 0)}), cutoff_s=700, speed_m_s=1, far_snap_m=500)
    assert stored(times) == {("p", "s"): 600_000}
    assert times.snaps.query("far")["id"].tolist() == ["p"]


def test_input_is_not_changed_and_order_does_not_matter(cross):
    rng = np.random.default_rng(5)
    points, sites = random_points(rng, cross, 30, "p"), random_points(rng, cross, 8, "s")
    before = points.copy(), sites.copy()
    first = walking_times(cross, points, sites, cutoff_s=300, speed_m_s=1.1)
    again = walking_times(cross, points.iloc[::-1], sites.iloc[::-1], cutoff_s=300, speed_m_s=1.1, threads=1)
    assert stored(first) == stored(again)
    pd.testing.assert_frame_equal(points, before[0])
    pd.testing.assert_frame_equal(sites, before[1])


def test_no_points_and_no_sites(cross):
    some, none = at({"p": (0, 0)}), at({"p": (0, 0)}).iloc[:0]
    assert walking_times(cross, none, some, cutoff_s=9, speed_m_s=1).matrix.shape == (0, 1)
    assert walking_times(cross, some, none, cutoff_s=9, speed_m_s=1).matrix.shape == (1, 0)
    assert straight_line_times(some, none, cutoff_s=9, speed_m_s=1).matrix.shape == (1, 0)


@pytest.mark.parametrize("seed", range(20))
def test_straight_lines_equal_brute_force(seed):
    rng = np.random.default_rng(seed)
    streets = random_streets(rng)
    points, sites = random_points(rng, streets, 20, "p"), random_points(rng, streets, 9, "s")
    times = straight_line_times(points, sites, cutoff_s=200, speed_m_s=1.25, detour=1.3)
    gap = np.hypot(*(coordinates(points)[:, None] - coordinates(sites)[None]).transpose(2, 0, 1))
    whole = np.rint(gap * 1300)
    expected = {
        (points.index[i], sites.index[j]): int(whole[i, j]) for i, j in zip(*np.nonzero(whole <= 250_000), strict=True)
    }
    assert stored(times) == expected
    assert times.mode == "straight line x 1.3"


def test_bad_numbers(cross):
    points, sites = at({"p": (0, 0)}), at({"s": (100, 0)})
    for speed in (-1.0, 0.0, np.nan, np.inf, 0.0001):
        with pytest.raises(InputError, match="speed_m_s"):
            walking_times(cross, points, sites, cutoff_s=900, speed_m_s=speed)
    for cutoff in (-1.0, np.nan, np.inf, 1e9):
        with pytest.raises(InputError, match="cutoff_s"):
            walking_times(cross, points, sites, cutoff_s=cutoff, speed_m_s=1)
    with pytest.raises(InputError, match="detour"):
        straight_line_times(points, sites, cutoff_s=900, speed_m_s=1, detour=0.9)


def test_bad_frames_list_every_row(cross):
    sites = at({"s": (100, 0)})
    points = at({"a": (0, 0), "b": (1, 1), "c": (2, 2), "d": (3, 3)})
    points.loc[["b", "c"], "geometry"] = [None, gpd.points_from_xy([0], [0]).buffer(5)[0]]
    with pytest.raises(InputError) as caught:
        walking_times(cross, points, sites, cutoff_s=900, speed_m_s=1)
    assert [(fault.table, fault.row, fault.problem) for fault in caught.value.faults] == [
        ("points", "b", "geometry is missing"),
        ("points", "c", "geometry is no point"),
    ]
    with pytest.raises(InputError, match="id is repeated"):
        walking_times(cross, points.iloc[[0, 0]], sites, cutoff_s=900, speed_m_s=1)
    with pytest.raises(CrsError, match="degrees"):
        walking_times(cross, points.iloc[[0]].to_crs(4326), sites, cutoff_s=900, speed_m_s=1)
    with pytest.raises(CrsError, match="no CRS"):
        walking_times(cross, points.iloc[[0]].set_crs(None, allow_override=True), sites, cutoff_s=900, speed_m_s=1)
    with pytest.raises(CrsError, match="EPSG:32651"):
        walking_times(cross, at({"p": (0, 0)}, "EPSG:32651"), sites, cutoff_s=900, speed_m_s=1)


def test_a_network_of_another_place_is_refused(cross):
    with pytest.raises(CrsError, match="not one lies within 10 km of any street"):
        walking_times(cross, at({"p": (200_200, 0)}), at({"s": (0, 0)}), cutoff_s=900, speed_m_s=1)


def test_a_cutoff_made_from_metres_reaches_them(cross):
    # 100 m at 1.7 m/s take 58.8235... s; the cutoff is rounded up to whole milliseconds.
    times = walking_times(cross, at({"p": (0, 0)}), at({"s": (100, 0)}), cutoff_s=100 / 1.7, speed_m_s=1.7)
    assert times.within_metres(100).nnz == 1


def test_distances_fall_back_to_the_straight_line():
    nodes = pd.DataFrame({"node_id": [1, 2, 3, 4], "x": [0.0, 40.0, 0.0, 40.0], "y": [0.0, 0.0, 30.0, 30.0]})
    streets = Streets.from_tables(nodes, pd.DataFrame({"u": [1, 3], "v": [2, 4], "length_m": [45.0, 45.0]}), crs=CRS)
    origins, destinations = at({"a": (0, 0)}), at({"b": (40, 0), "c": (40, 30)})
    assert distances_mm(origins, destinations, streets).tolist() == [[45_000, 50_000]]
    assert distances_mm(origins, destinations, None).tolist() == [[40_000, 50_000]]
