from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from placement.errors import InputError
from placement.streets import Streets
from placement.travel import isochrones, walking_times
from tests.travel.networks import CRS, random_points, random_streets


def at(xy: dict[str, tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*zip(*xy.values(), strict=True)), index=list(xy), crs=CRS)


@pytest.fixture
def block() -> Streets:
    """A square block of 400 m with its four streets."""
    nodes = pd.DataFrame({"node_id": list("abcd"), "x": [0.0, 400.0, 400.0, 0.0], "y": [0.0, 0.0, 400.0, 400.0]})
    edges = pd.DataFrame({"u": list("abcd"), "v": list("bcda"), "length_m": [400.0] * 4})
    return Streets.from_tables(nodes, edges, crs=CRS)


def test_by_hand(block):
    sites = at({"corner": (0, 0), "middle": (200, 10), "off": (200, -70)})
    areas = isochrones(block, sites, thresholds_s=[60, 450], speed_m_s=1.0, band_m=1.0).set_index(
        ["site_id", "threshold_s"]
    )
    # corner: 60 m and 450 m both ways. middle: 10 m to the street. off: 70 m to the street is too far in 60 s.
    assert areas["street_m"].to_dict() == {
        ("corner", 60): 120.0, ("corner", 450): 900.0,
        ("middle", 60): 100.0, ("middle", 450): 880.0,
        ("off", 60): 0.0, ("off", 450): 760.0,
    }  # fmt: skip
    assert areas.loc[("off", 60), "geometry"].is_empty
    middle = areas.loc[("middle", 60), "geometry"]
    assert middle.bounds == pytest.approx((149, -1, 251, 1))
    assert areas.crs.to_string() == CRS


@pytest.mark.parametrize("seed", range(25))
def test_a_point_on_a_street_is_inside_iff_it_is_in_time(seed):
    rng = np.random.default_rng(seed)
    streets = random_streets(rng, elevation=True)
    sites = random_points(rng, streets, 3, "s")
    options = {"speed_m_s": 1.2, "slope": "tobler"} if seed % 2 else {"speed_m_s": 1.2}
    areas = isochrones(streets, sites, thresholds_s=[150], band_m=0.05, **options).set_index("site_id")
    lines = streets.lines()
    chosen = rng.integers(0, streets.n_edges, 150)
    places = shapely.line_interpolate_point(lines[chosen], rng.random(150), normalized=True)
    people = gpd.GeoDataFrame(geometry=places, index=[f"p{k}" for k in range(150)], crs=CRS)
    times = walking_times(streets, people, sites, cutoff_s=150, **options)
    reached = times.within(150).toarray()
    for column, site in enumerate(sites.index):
        outline = areas.loc[site, "geometry"]
        inside = shapely.intersects(outline, places)
        assert not (reached[:, column] & ~inside).any()
        # Streets cross without a junction here, and lie on each other: outside is told by the length only.
        assert areas.loc[site, "street_m"] <= streets.length_mm.sum() / 1000


def test_outside_is_outside_where_no_streets_lie_on_each_other(block):
    rng = np.random.default_rng(3)
    site = at({"s": (120, 30)})
    outline = isochrones(block, site, thresholds_s=[500], speed_m_s=1.0, band_m=0.05)["geometry"].iloc[0]
    places = shapely.line_interpolate_point(block.lines()[rng.integers(0, 4, 500)], rng.random(500) * 400)
    people = gpd.GeoDataFrame(geometry=places, index=[f"p{k}" for k in range(500)], crs=CRS)
    reached = walking_times(block, people, site, cutoff_s=500, speed_m_s=1.0).within(500).toarray()[:, 0]
    clear = shapely.distance(outline.boundary, places) > 0.2
    assert (shapely.intersects(outline, places) == reached)[clear].all()
    assert 0 < reached.sum() < 500


def test_bad_input(block):
    site = at({"s": (0, 0)})
    with pytest.raises(InputError, match="thresholds_s"):
        isochrones(block, site, thresholds_s=[], speed_m_s=1.0)
    with pytest.raises(InputError, match="band_m"):
        isochrones(block, site, thresholds_s=[60], speed_m_s=1.0, band_m=0)
    with pytest.raises(InputError, match="cutoff_s"):
        isochrones(block, site, thresholds_s=[-1, 60], speed_m_s=1.0)
    assert len(isochrones(block, site.iloc[:0], thresholds_s=[60], speed_m_s=1.0)) == 0
