"""Areal weighting: by hand, and totals kept in any layout."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from placement.demand import areal_weights
from placement.errors import InputError
from tests.effort import cases

CRS = "EPSG:32650"


def frame(shapes, ids, **columns):
    return gpd.GeoDataFrame(columns, index=list(ids), geometry=shapes, crs=CRS)


AREAS = frame([box(0, 0, 100, 100), box(100, 0, 200, 100)], ["A", "B"], people=[100, 61])


def test_cells_take_their_share_of_the_area():
    cells = frame([box(0, 0, 50, 100), box(50, 0, 150, 100), box(150, 0, 200, 100)], "xyz")
    assert areal_weights(AREAS, cells).allocate(AREAS["people"])["people"].tolist() == [50, 80.5, 30.5]
    # B's 61 split 30.5 + 30.5: the remainder goes to the first cell.
    assert areal_weights(AREAS, cells).allocate(AREAS["people"], whole=True)["people"].tolist() == [50, 81, 30]


def test_points_share_alike_or_by_density():
    points = frame(gpd.points_from_xy([10, 20, 150], [50, 50, 50]), "xyz", floor_area=[1.0, 3.0, 2.0])
    assert areal_weights(AREAS, points).allocate(AREAS["people"])["people"].tolist() == [50, 50, 61]
    assert areal_weights(AREAS, points, density="floor_area").allocate(AREAS["people"])["people"].tolist() == [
        25,
        75,
        61,
    ]


def test_density_weighs_the_shared_area():
    cells = frame([box(0, 0, 50, 100), box(50, 0, 100, 100), box(100, 0, 200, 100)], "xyz")
    weights = areal_weights(AREAS, cells, density=[0.0, 2.0, 1.0])
    assert weights.allocate(AREAS["people"])["people"].tolist() == [0, 100, 61]


def test_uncovered_part_is_told_and_its_people_stay_in_their_polygon():
    cells = frame([box(0, 0, 25, 100), box(100, 0, 200, 100)], "xy")
    weights = areal_weights(AREAS, cells)
    assert weights.covered.to_dict() == {"A": 0.25, "B": 1.0}
    assert weights.allocate(AREAS["people"])["people"].tolist() == [100, 61]


def test_polygon_without_a_target_is_named():
    with pytest.raises(InputError, match=r"population \[B\]: no demand point or cell"):
        areal_weights(AREAS, frame(gpd.points_from_xy([10], [50]), "x"))


def test_overlapping_polygons_are_named():
    areas = frame([box(0, 0, 100, 100), box(90, 0, 200, 100)], ["A", "B"])
    with pytest.raises(InputError, match=r"population \[A\]: overlaps B by 1,000 m2"):
        areal_weights(areas, frame(gpd.points_from_xy([10, 150], [50, 50]), "xy"))


def test_invalid_polygon_is_named():
    areas = frame([Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])], ["A"])
    with pytest.raises(InputError, match=r"population \[A\]: is not a valid polygon \(Self-intersection"):
        areal_weights(areas, frame(gpd.points_from_xy([10], [5]), "x"))


def test_fractions_of_people_are_not_whole():
    weights = areal_weights(AREAS, frame(gpd.points_from_xy([10, 150], [50, 50]), "xy"))
    with pytest.raises(InputError, match="fractions of people"):
        weights.allocate(pd.Series([1.5, 2.0], index=["A", "B"]), whole=True)
    with pytest.raises(InputError, match="no counts for B"):
        weights.allocate(pd.Series([1.5], index=["A"]))


@settings(deadline=None, max_examples=cases(40), derandomize=True)
@given(
    cuts=st.lists(st.integers(1, 99), min_size=1, max_size=6, unique=True),
    cells=st.lists(st.integers(1, 99), min_size=1, max_size=8, unique=True),
    people=st.lists(st.integers(0, 10**7), min_size=7, max_size=7),
)
def test_totals_are_kept_to_the_person(cuts, cells, people):
    def strips(at):
        edges = [0, *sorted(at), 100]
        return [box(a, 0, b, 50) for a, b in pairwise(edges)]

    areas = frame(strips(cuts), range(len(cuts) + 1), people=people[: len(cuts) + 1])
    weights = areal_weights(areas, frame(strips(cells), range(len(cells) + 1)))
    whole = weights.allocate(areas["people"], whole=True)["people"]
    assert whole.sum() == areas["people"].sum()
    plain = weights.allocate(areas["people"])["people"]
    assert plain.sum() == pytest.approx(areas["people"].sum(), rel=1e-9)
    # A cell differs from its exact share by less than one person a polygon it meets.
    assert (np.abs(whole - plain) <= np.diff(weights.matrix.tocsc().indptr)).all()
