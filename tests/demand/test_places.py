"""Grids and rasters: areas and totals kept, borders cut."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon, box

from placement.demand import (
    areal_weights,
    grid,
    hexagons,
    people_in_areas,
    points_along_streets,
    points_from_raster,
    split_ages,
)
from placement.errors import CrsError, InputError

rasterio = pytest.importorskip("rasterio")
pytest.importorskip("exactextract")

CRS = "EPSG:32650"


def area(*shapes):
    return gpd.GeoSeries(list(shapes), crs=CRS)


L_SHAPE = Polygon([(0, 0), (1000, 0), (1000, 300), (300, 300), (300, 1000), (0, 1000)])


@pytest.mark.parametrize("make", [grid, hexagons])
def test_cells_fill_the_area_and_points_lie_in_their_cells(make):
    cells = make(area(L_SHAPE), 130.0)
    assert cells["area_m2"].sum() == pytest.approx(L_SHAPE.area, rel=1e-9)
    assert cells["cell"].intersects(cells.geometry).all()
    assert cells.within(L_SHAPE.buffer(1e-6)).all()
    assert cells.index.is_unique
    assert cells.crs == CRS


def test_hexagons_have_six_neighbours_at_the_spacing():
    cells = hexagons(area(box(0, 0, 3000, 3000)), 200.0)
    whole = cells[cells["area_m2"] > cells["area_m2"].max() * (1 - 1e-9)]
    assert whole["area_m2"].iloc[0] == pytest.approx(200**2 * np.sqrt(3) / 2)
    xy = np.column_stack([cells.geometry.x, cells.geometry.y])
    middle = np.argmin(np.linalg.norm(xy - 1500, axis=1))
    nearest = np.sort(np.linalg.norm(xy - xy[middle], axis=1))[1:7]
    assert nearest == pytest.approx(np.full(6, 200.0))


def test_points_along_streets_carry_their_length():
    lines = gpd.GeoDataFrame(
        geometry=[LineString([(0, 50), (600, 50)]), LineString([(0, 50), (0, 80)]), LineString([(700, 10), (700, 90)])],
        index=["a", "b", "c"],
        crs=CRS,
    )
    points = points_along_streets(lines, 250.0)
    assert points["length_m"].to_dict() == {"a-0": 200, "a-1": 200, "a-2": 200, "b-0": 30, "c-0": 80}
    assert [(p.x, p.y) for p in points.geometry[["a-1", "b-0"]]] == [(300, 50), (0, 65)]
    homes = gpd.GeoDataFrame(
        {"people": [630, 10]}, index=["w", "e"], geometry=[box(-1, 0, 650, 100), box(650, 0, 800, 100)], crs=CRS
    )
    people = areal_weights(homes, points, density="length_m").allocate(homes["people"], whole=True)["people"]
    assert people.tolist() == [200, 200, 200, 30, 10]
    with pytest.raises(InputError, match=r"streets \[a\]: is not a line"):
        points_along_streets(gpd.GeoSeries([box(0, 0, 1, 1)], index=["a"], crs=CRS), 10)


def test_stated_age_shares():
    people = pd.Series([3, 3, 3, 991], index=list("abcd"))
    whole = split_ages(people, {"elderly": 0.18, "young": 0.5}, whole=True)
    assert whole["elderly"].sum() == 180
    assert whole["young"].sum() == 500
    assert (whole["elderly"] + whole["young"] <= whole["people"]).all()
    assert split_ages(people, {"elderly": 0.18})["elderly"].tolist() == pytest.approx([0.54, 0.54, 0.54, 178.38])
    ones = split_ages(pd.Series(np.ones(10, dtype=int)), {"elderly": 0.5, "young": 0.5}, whole=True)
    assert (ones["elderly"] + ones["young"]).tolist() == [1] * 10
    with pytest.raises(InputError, match=r"age shares sum to 1\.2"):
        split_ages(people, {"elderly": 0.6, "young": 0.6})
    with pytest.raises(InputError, match=r"population \[elderly\]: share is 18"):
        split_ages(people, {"elderly": 18})


def test_grids_of_neighbours_fit_and_totals_go_through():
    left, right = box(0, 0, 250, 100), box(250, 0, 430, 100)
    ids = set(grid(area(left), 100).index) & set(grid(area(right), 100).index)
    assert ids == {"x2y0"}
    cells = grid(area(left, right), 100)
    polygons = gpd.GeoDataFrame({"people": [101, 57]}, index=["a", "b"], geometry=[left, right], crs=CRS)
    people = areal_weights(polygons, cells.set_geometry("cell")).allocate(polygons["people"], whole=True)["people"]
    assert people.sum() == 158


@pytest.mark.parametrize(
    ("shape", "spacing", "error", "message"),
    [
        (gpd.GeoSeries([box(0, 0, 1, 1)], crs=4326), 100, CrsError, "is in degrees"),
        (gpd.GeoSeries([box(0, 0, 1, 1)]), 100, CrsError, "has no CRS"),
        (area(box(0, 0, 1, 1)), 0, InputError, "spacing_m is 0"),
        (area(box(0, 0, 1e6, 1e6)), 10, InputError, "10,000,000,000 cells"),
        (area(Polygon()), 10, InputError, "is empty"),
    ],
)
def test_bad_areas_are_named(shape, spacing, error, message):
    with pytest.raises(error, match=message):
        grid(shape, spacing)


def write(path, values, *, crs=CRS, nodata=-99999.0, west=0.0, north=400.0, size=100.0):
    from rasterio import Affine

    profile = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": "float64"}
    with rasterio.open(
        path, "w", crs=crs, nodata=nodata, transform=Affine(size, 0.0, west, 0.0, -size, north), **profile
    ) as out:
        out.write(values, 1)
    return path


def frame(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


VALUES = np.arange(16, dtype=float).reshape(4, 4)


def test_partial_cells_give_their_share(tmp_path):
    path = write(tmp_path / "people.tif", VALUES)
    # The lower left cell is row 3, column 0 (12 people); a quarter of it is in the first area.
    people = people_in_areas(path, frame(box(0, 0, 50, 50), box(0, 0, 400, 400), box(350, 300, 400, 400)))
    assert people.tolist() == pytest.approx([3, 120, 1.5])


def test_no_data_holds_nobody(tmp_path):
    values = VALUES.copy()
    values[3, 0] = -99999.0
    path = write(tmp_path / "people.tif", values)
    assert people_in_areas(path, frame(box(0, 0, 400, 400), box(0, 0, 100, 100))).tolist() == pytest.approx([108, 0])
    assert points_from_raster(path, frame(box(0, 0, 400, 400)))["people"].sum() == pytest.approx(108)


def test_undeclared_no_data_is_refused(tmp_path):
    values = VALUES.copy()
    values[1, 1] = -99999.0
    path = write(tmp_path / "people.tif", values, nodata=None)
    with pytest.raises(InputError, match="negative people"):
        people_in_areas(path, frame(box(0, 0, 400, 400)))
    with pytest.raises(InputError, match="negative people"):
        points_from_raster(path, frame(box(0, 0, 400, 400)))


@settings(deadline=None, max_examples=15, derandomize=True)
@given(cut=st.floats(20, 380), seed=st.integers(0, 99))
def test_raster_totals_are_kept_between_districts(tmp_path_factory, cut, seed):
    values = np.random.default_rng(seed).gamma(0.3, 50, (4, 4))
    path = write(tmp_path_factory.mktemp("raster") / "people.tif", values)
    parts = frame(box(0, 0, cut, 400), box(cut, 0, 400, 400), district=["A", "B"])
    assert people_in_areas(path, parts).sum() == pytest.approx(values.sum(), rel=1e-6)
    points = points_from_raster(path, parts)
    assert points["people"].sum() == pytest.approx(values.sum(), rel=1e-6)
    by_district = points.groupby("district")["people"].sum()
    assert by_district.to_numpy() == pytest.approx(people_in_areas(path, parts).to_numpy(), rel=1e-6)
    assert points.index.is_unique


def test_another_crs_is_met(tmp_path):
    """A WorldPop-like raster in degrees; areas in metres."""
    path = write(tmp_path / "people.tif", VALUES, crs="EPSG:4326", west=117.0, north=30.04, size=0.01)
    whole = gpd.GeoDataFrame(geometry=[box(117.0, 30.0, 117.04, 30.04)], crs=4326)
    # A box in degrees has curved sides in metres: put points along them before turning.
    inside = whole.segmentize(0.0005).to_crs(CRS)
    shrunk = gpd.GeoDataFrame(geometry=inside.buffer(-0.5), crs=CRS)
    assert people_in_areas(path, shrunk).iloc[0] == pytest.approx(120, rel=1e-3)
    points = points_from_raster(path, shrunk)
    assert points.crs == CRS
    assert points.to_crs(4326).geometry.x.min() == pytest.approx(117.005, abs=1e-6)


def test_mollweide_as_ghs_pop_has_it(tmp_path):
    """An equal-area raster under areas in UTM: sides of the area turn and bend, people do not get lost."""
    centre = gpd.GeoSeries(gpd.points_from_xy([114.3], [30.6]), crs=4326).to_crs("ESRI:54009")
    west, north = np.floor(centre.x[0] / 100) * 100, np.ceil(centre.y[0] / 100) * 100
    values = VALUES.copy()
    values[0, 0] = np.nan
    path = write(tmp_path / "people.tif", values, crs="ESRI:54009", west=west, north=north, nodata=np.nan)
    inner = box(west + 1, north - 399, west + 399, north - 1)
    turned = gpd.GeoDataFrame(geometry=gpd.GeoSeries([inner], crs="ESRI:54009").segmentize(5).to_crs(CRS))
    edge = np.array([0.99, 1, 1, 0.99])
    expected = np.nansum(values * np.outer(edge, edge))
    assert people_in_areas(path, turned).iloc[0] == pytest.approx(expected, rel=1e-4)
    assert points_from_raster(path, turned)["people"].sum() == pytest.approx(expected, rel=1e-4)


def test_bad_rasters_are_named(tmp_path):
    path = write(tmp_path / "people.tif", VALUES)
    with pytest.raises(InputError, match=r"areas \[0\]: reaches beyond the raster people.tif"):
        people_in_areas(path, frame(box(0, 0, 500, 100)))
    bare = write(tmp_path / "bare.tif", VALUES, crs=None)
    with pytest.raises(CrsError, match="has no CRS"):
        people_in_areas(bare, frame(box(0, 0, 100, 100)))
    text = tmp_path / "text.tif"
    text.write_text("no raster")
    with pytest.raises(InputError, match="cannot be read"):
        people_in_areas(text, frame(box(0, 0, 100, 100)))
    with pytest.raises(CrsError, match="have no CRS"):
        people_in_areas(path, gpd.GeoDataFrame(geometry=[box(0, 0, 100, 100)]))


def test_raster_to_a_grid_of_demand_points(tmp_path):
    path = write(tmp_path / "people.tif", VALUES)
    cells = grid(area(box(30, 30, 370, 370)), 70)
    people = people_in_areas(path, cells.set_geometry("cell"))
    assert people.index.equals(cells.index)
    assert people.sum() == pytest.approx(people_in_areas(path, frame(box(30, 30, 370, 370))).iloc[0], rel=1e-6)
    assert isinstance(people, pd.Series)
