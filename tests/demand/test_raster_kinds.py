"""Rasters of every kind: the people that were written into them, or a fault that names what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from geopandas import GeoDataFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from placement.demand import people_in_areas, points_from_raster, raster_people
from placement.demand import raster as module
from placement.errors import CrsError, InputError

rasterio = pytest.importorskip("rasterio")
pytest.importorskip("exactextract")

CRS = "EPSG:32650"
X, Y = 500_000.0, 3_380_000.0
PEOPLE = np.arange(1, 17, dtype=float).reshape(4, 4)
WHOLE = GeoDataFrame({"district": ["A"]}, geometry=[box(X, Y, X + 400, Y + 400)], crs=CRS)


def write(path, *bands, crs=CRS, nodata=None, dtype="float64", transform=None, scale=1.0, offset=0.0, **told):
    transform = transform or rasterio.Affine(100, 0, X, 0, -100, Y + 400)
    rows, columns = bands[0].shape
    profile = {"driver": "GTiff", "height": rows, "width": columns, "count": len(bands), "dtype": dtype}
    with rasterio.open(path, "w", crs=crs, nodata=nodata, transform=transform, **profile) as out:
        for number, values in enumerate(bands, start=1):
            out.write(values.astype(dtype), number)
        out.scales, out.offsets = [scale] * len(bands), [offset] * len(bands)
        for key, value in told.items():
            setattr(out, key, value)
    return path


def people(path, area=WHOLE, **options):
    found = points_from_raster(path, area, **options)
    assert found["people"].sum() == pytest.approx(people_in_areas(path, area, **options).sum())
    return found["people"].sum()


@settings(deadline=None, max_examples=12, derandomize=True)
@given(
    dtype=st.sampled_from(["uint8", "int16", "uint16", "int32", "float32", "float64"]),
    scale=st.sampled_from([1.0, 0.1, 10.0]),
    upward=st.booleans(),
    lost=st.sets(st.integers(0, 15), max_size=5),
    cut=st.floats(10, 390),
)
def test_types_scales_and_the_order_of_rows_change_nobody(tmp_path_factory, dtype, scale, upward, lost, cut):
    values = PEOPLE.copy()
    values.ravel()[list(lost)] = 99
    transform = rasterio.Affine(100, 0, X, 0, 100, Y) if upward else None
    stored = values[::-1] if upward else values
    folder = tmp_path_factory.mktemp("raster")
    path = write(folder / "p.tif", stored, dtype=dtype, nodata=99, scale=scale, transform=transform)
    expected = PEOPLE.ravel()[[place for place in range(16) if place not in lost]].sum() * scale
    assert people(path) == pytest.approx(expected)
    halves = [box(X, Y, X + cut, Y + 400), box(X + cut, Y, X + 400, Y + 400)]
    parts = GeoDataFrame({"district": ["A", "B"]}, geometry=halves, crs=CRS)
    assert people(path, parts) == pytest.approx(expected)


def test_a_cell_keeps_its_number_whatever_part_is_read(tmp_path):
    path = write(tmp_path / "p.tif", PEOPLE)
    corner = GeoDataFrame(geometry=[box(X + 200, Y, X + 400, Y + 200)], crs=CRS)
    whole = points_from_raster(path, WHOLE)["people"].to_dict()
    assert points_from_raster(path, corner)["people"].to_dict() == {key: whole[key] for key in ("10", "11", "14", "15")}


def test_bands_are_named(tmp_path):
    path = write(tmp_path / "p.tif", PEOPLE, 2 * PEOPLE, descriptions=("women", "men"))
    with pytest.raises(
        InputError, match=r"p.tif: has the bands 1 \(women\), 2 \(men\) -> name one: population = \{path"
    ):
        people(path)
    assert people(path, band=2) == pytest.approx(2 * PEOPLE.sum())
    with pytest.raises(InputError, match="has no band 3"):
        people(path, band=3)


def test_a_mask_of_opacity_is_no_band(tmp_path):
    from rasterio.enums import ColorInterp

    path = write(tmp_path / "p.tif", PEOPLE, np.ones((4, 4)), colorinterp=(ColorInterp.gray, ColorInterp.alpha))
    assert people(path) == pytest.approx(PEOPLE.sum())


def test_overlapping_and_repeated_districts_are_refused(tmp_path):
    path = write(tmp_path / "p.tif", PEOPLE)
    wide = [box(X, Y, X + 300, Y + 400), box(X + 200, Y, X + 400, Y + 400)]
    parts = GeoDataFrame({"district": ["A", "B"]}, geometry=wide, crs=CRS)
    with pytest.raises(InputError, match=r"districts \[A\]: overlaps B by 40,000 m2, 50.0% of the smaller one"):
        points_from_raster(path, parts)
    twice = GeoDataFrame({"district": ["A", "B"]}, geometry=[wide[0]] * 2, crs=CRS)
    with pytest.raises(InputError, match=r"districts \[A\]: is the same polygon as another: A, B"):
        points_from_raster(path, twice)


@pytest.mark.parametrize("sliver", [0.001, 0.3, 0.9])
def test_slivers_between_districts_count_nobody_twice(tmp_path, sliver):
    path = write(tmp_path / "p.tif", PEOPLE)
    wide = [box(X, Y, X + 200 + sliver, Y + 400), box(X + 200, Y, X + 400, Y + 400)]
    parts = GeoDataFrame({"district": ["A", "B"]}, geometry=wide, crs=CRS)
    assert points_from_raster(path, parts)["people"].sum() == pytest.approx(PEOPLE.sum())


@pytest.mark.parametrize(
    ("value", "dtype", "words"),
    [
        (
            65535,
            "float64",
            r"holds 65535 people in cell 5 at lon 117\.00\d\d, lat 30\.5\d\d\d, [67],\d\d\d,\d\d\d per km2",
        ),
        (65535, "uint16", "65535 people in cell 5"),
        (1e20, "float64", r"holds 1e\+20 people in cell 5"),
        (3.4e38, "float32", r"holds 3.4e\+38 people in cell 5"),
        (np.inf, "float32", "holds inf people in cell 5"),
        (-9999, "float32", r"holds negative people \(-9999\)"),
    ],
)
def test_marks_for_no_data_are_seen(tmp_path, value, dtype, words):
    values = PEOPLE.copy()
    values[1, 1] = value
    path = write(tmp_path / "p.tif", values, dtype=dtype)
    for read in (points_from_raster, people_in_areas):
        with pytest.raises(InputError, match=words):
            read(path, WHOLE)
    kept = write(tmp_path / "q.tif", values, dtype=dtype, nodata=value)
    assert people(kept) == pytest.approx(PEOPLE.sum() - PEOPLE[1, 1])


@pytest.mark.parametrize(("mark", "dtype"), [(255, "uint8"), (32767, "int16"), (9999, "float32")])
def test_a_number_that_stands_apart_is_a_mark(tmp_path, mark, dtype):
    values = PEOPLE.copy()
    values[0] = mark
    with pytest.raises(InputError, match=f"holds {mark} in 4 cells and otherwise at most 16"):
        people(write(tmp_path / "p.tif", values, dtype=dtype))
    near = np.where(values == mark, mark, mark * 0.8)
    assert people(write(tmp_path / "q.tif", near, dtype="float64")) > 0


def test_one_cell_of_a_kilometre_that_holds_a_mark(tmp_path):
    values = PEOPLE.copy()
    values[2, 2] = 65535
    area = GeoDataFrame(geometry=[box(X, Y - 3600, X + 4000, Y + 400)], crs=CRS)
    path = write(tmp_path / "p.tif", values, transform=rasterio.Affine(1000, 0, X, 0, -1000, Y + 400))
    with pytest.raises(InputError, match="holds 65535 in 1 cell and otherwise at most 16: a value for no data"):
        people(path, area)


def test_a_dense_city_is_no_mark(tmp_path):
    assert people(write(tmp_path / "p.tif", PEOPLE * 0 + 2000.0)) == pytest.approx(32_000)
    assert module.MOST_PER_KM2 > 2 * 1_900_000


@pytest.mark.parametrize("told", [{"units": ("people/km2",)}, {"descriptions": ("Population density",)},
                                  {"units": ("persons per square km",)}, {"units": ("1/ha",)}])  # fmt: skip
def test_densities_are_refused(tmp_path, told):
    with pytest.raises(InputError, match=r"says that it holds densities .* -> give people a cell"):
        people(write(tmp_path / "p.tif", PEOPLE, **told))


@pytest.mark.parametrize("told", [{"units": ("people per pixel",)}, {"descriptions": ("population count 2020",)}])
def test_counts_are_not_taken_for_densities(tmp_path, told):
    assert people(write(tmp_path / "p.tif", PEOPLE, **told)) == pytest.approx(PEOPLE.sum())


def test_a_turned_raster_is_refused(tmp_path):
    nowhere = rasterio.Affine(np.nan, 0, X, 0, -100, Y)
    with pytest.raises(InputError, match="is turned or mirrored"):
        people(write(tmp_path / "p.tif", PEOPLE, transform=nowhere))
    turned = rasterio.Affine.translation(X, Y + 400) @ rasterio.Affine.rotation(10) @ rasterio.Affine.scale(100, -100)
    with pytest.raises(InputError, match="is turned or mirrored"):
        people(write(tmp_path / "p.tif", PEOPLE, transform=turned))


def test_a_raster_of_another_place_or_crs(tmp_path):
    far = rasterio.Affine(100, 0, X + 90_000, 0, -100, Y)
    with pytest.raises(InputError, match=r"p.tif: lies elsewhere than the areas"):
        people(write(tmp_path / "p.tif", PEOPLE, transform=far))
    with pytest.raises(InputError, match=r"p.tif: lies elsewhere than the areas"):
        people(write(tmp_path / "p.tif", PEOPLE, crs="EPSG:3857"))
    with pytest.raises(CrsError, match="has no CRS"):
        people(write(tmp_path / "p.tif", PEOPLE, crs=None))


def test_people_outside_all_districts_are_told(tmp_path):
    path = write(tmp_path / "p.tif", PEOPLE)
    shape = WHOLE.geometry[0].difference(box(X + 300, Y, X + 400, Y + 100))
    notes = raster_people(path, WHOLE.set_geometry([shape])).notes
    told = "16 of 136 people in the rectangle around the districts lie in none of them and are not counted"
    assert notes == (f"population: {told}",)
    assert raster_people(path, WHOLE).notes == ()


def test_the_number_of_cells_is_bounded_before_they_are_read(tmp_path, monkeypatch):
    path = write(tmp_path / "p.tif", PEOPLE)
    monkeypatch.setattr("placement.demand.geotiff.MOST_CELLS", 15)
    with pytest.raises(InputError, match=r"has 16 cells around the areas .*; 15 are read at most"):
        people(path)


def test_another_format_by_the_name_of_a_geotiff_is_not_opened(tmp_path):
    secret = write(tmp_path / "secret.tif", PEOPLE)
    vrt = f"""<VRTDataset rasterXSize="4" rasterYSize="4"><SRS>{CRS}</SRS>
      <GeoTransform>{X}, 100, 0, {Y + 400}, 0, -100</GeoTransform><VRTRasterBand dataType="Float64" band="1">
      <SimpleSource><SourceFilename relativeToVRT="0">{secret}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>
      </VRTRasterBand></VRTDataset>"""
    (tmp_path / "p.tif").write_text(vrt)
    with pytest.raises(InputError, match=r"p.tif: cannot be read as a GeoTIFF"):
        people(tmp_path / "p.tif")
    whole = secret.read_bytes()
    (tmp_path / "cut.tif").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="cannot be read as a GeoTIFF"):
        people(tmp_path / "cut.tif")


def test_a_district_beyond_the_raster_is_named(tmp_path):
    path = write(tmp_path / "p.tif", PEOPLE)
    area = GeoDataFrame({"district": ["Hankou"]}, geometry=[box(X, Y, X + 900, Y + 400)], crs=CRS)
    with pytest.raises(InputError, match=r"areas \[Hankou\]: reaches beyond the raster p.tif"):
        raster_people(path, area)


def test_nothing_beside_a_raster_is_read(tmp_path):
    path = write(tmp_path / "p.tif", PEOPLE)
    alone = raster_people(path, WHOLE)
    assert alone.notes == ()
    secret = write(tmp_path / "secret.tif", np.zeros((4, 4)), dtype="uint8")
    vrt = f"""<VRTDataset rasterXSize="4" rasterYSize="4"><Metadata><MDI key="INTERNAL_MASK_FLAGS_1">2</MDI></Metadata>
      <VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename relativeToVRT="0">{secret}</SourceFilename>
      <SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"""
    told = {
        "p.tif.msk": vrt,
        "p.tif.aux.xml": '<PAMDataset><PAMRasterBand band="1"><Scale>10</Scale></PAMRasterBand></PAMDataset>',
        "p.tif.ovr": vrt,
    }
    for name, content in told.items():
        (tmp_path / name).write_text(content)
    found = raster_people(path, WHOLE)
    assert found.points["people"].tolist() == alone.points["people"].tolist()
    same = "is not read: what counts is what p.tif itself holds"
    assert found.notes == (f"population: p.tif.msk {same}", f"population: p.tif.aux.xml {same}")
    (tmp_path / "p.tif.msk").unlink()
    (tmp_path / "p.tif.aux.xml").write_text(
        "<PAMDataset><Metadata><MDI key='STATISTICS_MEAN'>1</MDI></Metadata></PAMDataset>"
    )
    assert raster_people(path, WHOLE).notes == ()
