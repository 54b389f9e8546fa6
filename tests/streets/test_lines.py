from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from placement.errors import CrsError, InputError
from placement.streets import Streets
from tests.travel.networks import CRS


def layer(*wkt: str, crs: object = CRS, **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries.from_wkt(list(wkt)), crs=crs)


def shapes(streets: Streets) -> set[str]:
    return {shapely.normalize(line).wkt for line in streets.lines()}


def test_lines_join_at_shared_vertices_only():
    lines = layer("LINESTRING (0 0, 10 0, 20 0)", "LINESTRING (10 0, 10 10)", "LINESTRING (15 -5, 15 5)")
    streets = Streets.from_lines(lines)
    # The first line is cut at (10, 0), where the second begins; the third crosses it without a vertex.
    assert shapes(streets) == {
        "LINESTRING (0 0, 10 0)", "LINESTRING (10 0, 20 0)", "LINESTRING (10 0, 10 10)", "LINESTRING (15 -5, 15 5)",
    }  # fmt: skip
    assert streets.describe().parts["length_m"].tolist() == [30.0, 10.0]
    planar = Streets.from_lines(lines, planar=True)
    assert planar.n_edges == 6
    assert planar.length_mm.sum() == 40_000


def test_planar_keeps_attributes_and_direction():
    lines = layer(
        "LINESTRING (20 0, 0 0)", "LINESTRING (5 -5, 5 5)", "LINESTRING (15 5, 15 -5)",
        highway=["primary", "footway", "steps"], oneway=["yes", "no", "-1"],
    )  # fmt: skip
    edges = Streets.from_lines(lines, planar=True).edges
    assert edges.groupby("highway")["length_m"].sum().to_dict() == {"primary": 20.0, "footway": 10.0, "steps": 10.0}
    for edge in edges.itertuples():
        line = edge.geometry if edge.oneway >= 0 else edge.geometry.reverse()
        (x0, y0), (x1, y1) = line.coords
        assert {"primary": edge.oneway != 0 and x1 < x0, "steps": edge.oneway != 0 and y1 > y0}.get(
            edge.highway, edge.oneway == 0
        )


def test_tolerance_joins_near_ends():
    lines = layer("LINESTRING (0 0, 10 0)", "LINESTRING (10.0004 0, 20 0)", "LINESTRING (10 0.3, 10 9)")
    assert len(Streets.from_lines(lines, tolerance_m=0.01).describe().parts) == 2
    assert len(Streets.from_lines(lines, tolerance_m=1.0).describe().parts) == 1


def test_multilines_and_repeated_vertices():
    lines = layer("MULTILINESTRING ((0 0, 0 0, 10 0), (10 0, 10 10))", "LINESTRING (5 5, 5 5)")
    assert shapes(Streets.from_lines(lines)) == {"LINESTRING (0 0, 10 0, 10 10)"}


def test_small_parts_can_be_left_out():
    streets = Streets.from_lines(layer("LINESTRING (0 0, 100 0)", "LINESTRING (0 50, 10 50)"), least_part_m=20)
    assert streets.length_mm.tolist() == [100_000]
    assert streets.left_out["length_m"].tolist() == [10.0]


def test_length_is_kept_on_random_meshes():
    rng = np.random.default_rng(1)
    ends = rng.uniform(0, 1000, (60, 2, 2))
    lines = gpd.GeoDataFrame(geometry=shapely.linestrings(ends), crs=CRS)
    planar = Streets.from_lines(lines, planar=True)
    assert planar.length_mm.sum() / 1000 == pytest.approx(lines.length.sum(), abs=1)
    crossings = sum(a.crosses(b) for k, a in enumerate(lines.geometry) for b in lines.geometry.iloc[k + 1 :])
    assert planar.n_edges == 60 + 2 * crossings


def test_bad_layers():
    with pytest.raises(CrsError, match="no CRS"):
        Streets.from_lines(layer("LINESTRING (0 0, 1 1)", crs=None))
    with pytest.raises(CrsError, match="degrees"):
        Streets.from_lines(layer("LINESTRING (0 0, 1 1)", crs=4326))
    with pytest.raises(InputError, match="empty"):
        Streets.from_lines(layer("LINESTRING (0 0, 1 1)").iloc[:0])
    bad = layer("LINESTRING (0 0, 1 1)", "POINT (0 0)", "LINESTRING EMPTY", "LINESTRING (0 0, inf 1)")
    with pytest.raises(InputError) as caught:
        Streets.from_lines(bad)
    assert {(fault.row, fault.problem) for fault in caught.value.faults} == {
        ("1", "geometry is no line"), ("2", "geometry is missing"), ("3", "coordinates are not finite"),
    }  # fmt: skip
    with pytest.raises(InputError, match="no street"):
        Streets.from_lines(layer("LINESTRING (5 5, 5 5)"))
    with pytest.raises(InputError, match="tolerance_m"):
        Streets.from_lines(layer("LINESTRING (0 0, 1 1)"), tolerance_m=-1)
