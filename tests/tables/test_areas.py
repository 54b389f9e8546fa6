"""Polygons of every kind: mended where nothing changes, tolerated where slivers overlap, else named with their id."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box, force_3d

from placement.demand import points_from_polygons
from placement.errors import InputError
from placement.pipeline.prepare import prepare_inputs
from placement.study import read_study
from placement.tables import overlap_faults, read_tables
from placement.tables.areas import SLIVER_SHARE, mend
from tests.effort import cases

X, Y = 500_100.0, 3_380_100.0
BOWTIE = Polygon([(X, Y), (X + 400, Y + 400), (X + 400, Y), (X, Y + 400)])
BANANA = Polygon(
    [(X, Y), (X + 400, Y), (X + 400, Y + 400), (X, Y + 400), (X, Y + 200), (X + 100, Y + 200), (X + 100, Y + 300),
     (X + 50, Y + 200), (X, Y + 200)]
)  # fmt: skip


@pytest.fixture
def areas(spoiled):
    """Write polygons as the population of the toy study."""

    def write(*shapes):
        districts = [("west-1", "west"), ("east-1", "east"), ("west-2", "west"), ("east-2", "east")]
        frame = {
            "demand_id": [f"P{place}" for place in range(len(shapes))],
            "district": [districts[place % 4][0] for place in range(len(shapes))],
            "parent": [districts[place % 4][1] for place in range(len(shapes))],
            "people": [100.0] * len(shapes),
            "elderly": [10.0] * len(shapes),
        }
        gpd.GeoDataFrame(frame, geometry=list(shapes), crs="EPSG:32650").to_file(spoiled.folder / "population.gpkg")
        survey = spoiled.frame("survey")
        spoiled.write("survey", survey[survey["district"].isin(frame["district"])])
        spoiled.setting('"population.csv"', '"population.gpkg"')
        spoiled.setting("need_share = 0.5", "need_share = 0.5\ngrid_m = 200")
        return spoiled

    return write


def told(ready):
    return [note for note in ready.notes if note.startswith("population")]


EAST = box(X + 500, Y, X + 900, Y + 400)


def test_polygons_that_are_whole_have_no_notes(areas):
    hole = box(X, Y, X + 400, Y + 400).difference(box(X + 100, Y + 100, X + 300, Y + 300))
    parts = MultiPolygon([EAST, box(X + 500, Y + 500, X + 900, Y + 600)])
    ready = prepare_inputs(read_study(areas(hole, force_3d(parts, 12.0)).folder))
    assert told(ready) == []
    assert ready.population["people"].sum() == pytest.approx(200)
    assert not ready.population.has_z.any()


def test_a_polygon_that_crosses_itself_is_named(areas):
    fault = areas(BOWTIE, EAST).only_fault()
    assert fault.startswith("population [P0]: is not a valid polygon (Self-intersection[")
    assert fault.endswith(
        "its area depends on how it is mended: draw it again, or choose with make_valid (QGIS: fix geometries)"
    )


def test_a_crossing_ring_beside_one_that_is_but_a_point_is_named(areas):
    point = Polygon([(X, Y)] * 4)
    fault = areas(MultiPolygon([point, BOWTIE]), EAST).only_fault()
    assert fault.startswith("population [P0]: is not a valid polygon (")


def test_a_border_that_touches_itself_is_mended_and_told(areas):
    spike = Polygon(
        [(X + 500, Y), (X + 900, Y), (X + 900, Y + 400), (X + 950, Y + 450), (X + 900, Y + 400), (X + 500, Y + 400)]
    )
    assert not spike.is_valid
    ready = prepare_inputs(read_study(areas(box(X, Y, X + 400, Y + 400), spike).folder))
    assert told(ready) == ["population: polygons mended without a change of area: P1"]
    assert ready.population["people"].sum() == pytest.approx(200)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (None, "geometry is empty"),
        (LineString([(X, Y), (X + 9, Y)]), "geometry is not a polygon"),
        (Point(X, Y), "geometry is not a polygon"),
        (GeometryCollection([EAST, Point(X, Y)]), "geometry is not a polygon"),
        (Polygon([(X, Y), (X + 9, Y), (X, Y)]), "is "),
    ],
)
def test_what_is_no_polygon_is_named(areas, shape, words):
    assert areas(shape, EAST).only_fault().startswith(f"population [P0]: {words}")


def test_all_overlaps_are_listed_at_once_the_largest_first(areas):
    shapes = [box(X + 200 * place, Y, X + 200 * place + 210 + 10 * place, Y + 200) for place in range(4)]
    faults = areas(*shapes).faults()
    assert [fault.split(" ->")[0] for fault in faults] == [
        "population [P2]: overlaps P3 by 6,000 m2, 13.0% of the smaller one",
        "population [P1]: overlaps P2 by 4,000 m2, 9.1% of the smaller one",
        "population [P0]: overlaps P1 by 2,000 m2, 4.8% of the smaller one",
    ]


def test_repeated_polygons_and_one_within_another(areas):
    inner = box(X + 100, Y + 100, X + 200, Y + 200)
    assert (
        "overlaps P1 by 10,000 m2, 100.0% of the smaller one" in areas(box(X, Y, X + 400, Y + 400), inner).only_fault()
    )
    shapes = np.array([EAST] * 3000, dtype=object)
    faults, _ = overlap_faults("population", gpd.pd.Index([f"P{place}" for place in range(3000)]), shapes)
    assert len(faults) == 1
    assert "is the same polygon as another: P0, P1, P2" in faults[0].problem


@settings(deadline=None, max_examples=30)
@given(share=st.floats(1e-5, 0.05), mirrored=st.booleans())
def test_slivers_are_tolerated_up_to_their_share(share, mirrored):
    shapes = [box(0, 0, 1000, 100), box(1000 - 500 * share, 0, 1500 - 500 * share, 100)]
    names = gpd.pd.Index(["A", "B"])
    faults, notes = overlap_faults("population", names, np.array(shapes[::-1] if mirrored else shapes, dtype=object))
    assert bool(faults) == (share > SLIVER_SHARE)
    assert bool(notes) == (share <= SLIVER_SHARE)


@settings(deadline=None, max_examples=cases(100))
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=9))
def test_mending_never_changes_an_area_and_never_ends_in_a_traceback(corners):
    shape = Polygon(corners)
    shapes, faults, mended = mend("population", gpd.pd.Index(["A"]), np.array([shape], dtype=object), np.array([True]))
    assert len(faults) <= 1
    if not faults:
        assert shapes[0].is_valid
        assert shapes[0].area == pytest.approx(shape.area, rel=1e-6)
        assert shapes[0].area > 0
        assert bool(mended) == (not shape.is_valid)


def test_the_function_itself_refuses_what_it_cannot_cut():
    frame = gpd.GeoDataFrame({"people": [9.0, 9.0]}, index=["A", "B"], geometry=[BOWTIE, EAST], crs="EPSG:32650")
    with pytest.raises(InputError, match=r"population \[A\]: is not a valid polygon"):
        points_from_polygons(frame, 100.0, ["people"])


def test_districts_of_a_raster_are_held_to_the_same(spoiled):
    pytest.importorskip("rasterio")
    (spoiled.folder / "people.tif").write_bytes(b"")
    frame = gpd.GeoDataFrame({"district": ["west-1", "east-1"]}, geometry=[BOWTIE, EAST], crs="EPSG:32650")
    frame.to_file(spoiled.folder / "areas.gpkg")
    spoiled.setting('population = {path = "population.csv", simulated = true}', 'population = "people.tif"')
    spoiled.setting("[demand]", 'districts = "areas.gpkg"\n[demand]')
    with pytest.raises(InputError, match=r"districts \[west-1\]: is not a valid polygon"):
        read_tables(read_study(spoiled.folder))
