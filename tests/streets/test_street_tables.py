"""Tables of streets that cannot be true are refused; what is odd about a network is said in sentences."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from placement.errors import CrsError, InputError
from placement.streets import Streets, snap_to_streets, street_notes
from placement.tables import wgs84_to_bd09, wgs84_to_gcj02
from placement.travel import walking_times

CRS = "EPSG:32650"
X, Y = 500_000.0, 3_380_000.0


def grid(blocks: int = 4, spacing_m: float = 200.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A square grid on the central meridian, where a metre is 0.04 % short; lengths are those of the plane."""
    number = np.arange((blocks + 1) ** 2).reshape(blocks + 1, -1)
    column, row = np.meshgrid(np.arange(blocks + 1), np.arange(blocks + 1))
    nodes = pd.DataFrame({"node_id": [f"n{k}" for k in number.ravel()]})
    nodes["x"], nodes["y"] = X + spacing_m * column.ravel(), Y + spacing_m * row.ravel()
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    return nodes, pd.DataFrame({"u": [f"n{k}" for k in u], "v": [f"n{k}" for k in v], "length_m": spacing_m})


def in_degrees(nodes: pd.DataFrame, decimals: int = 7) -> pd.DataFrame:
    lon, lat = Transformer.from_crs(CRS, 4326, always_xy=True).transform(nodes["x"], nodes["y"])
    return pd.DataFrame({"node_id": nodes["node_id"], "lon": np.round(lon, decimals), "lat": np.round(lat, decimals)})


def problems(nodes: pd.DataFrame, edges: pd.DataFrame, **settings) -> list[str]:
    with pytest.raises(InputError) as caught:
        Streets.from_tables(nodes, edges, crs=CRS, **settings)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(("factor", "unit"), [(0.001, "kilometres"), (1 / 1609.344, "miles")])
@pytest.mark.parametrize("degrees", [False, True])
def test_lengths_below_the_straight_line_name_the_unit(factor, unit, degrees):
    nodes, edges = grid()
    found = problems(in_degrees(nodes) if degrees else nodes, edges.assign(length_m=edges["length_m"] * factor))
    assert found[0].startswith(f"street edges [n0-n1]: length_m is {200 * factor:g}, but its ends lie 200.")
    assert found[0].endswith(f"give metres along the street; are these {unit}?")
    assert found[-1].startswith("street edges: 20 more rows with the same fault")


@pytest.mark.parametrize(("factor", "unit"), [(3.28084, "feet"), (100, "centimetres"), (1000, "millimetres")])
def test_lengths_far_above_the_straight_line_name_the_unit(factor, unit):
    nodes, edges = grid()
    (found,) = problems(nodes, edges.assign(length_m=edges["length_m"] * factor))
    assert f"nine lengths of ten are more than {factor:,.2f} times the straight line" in found
    assert found.endswith(f"give metres along the street; are these {unit}?")


def test_one_short_edge_among_many_is_named():
    nodes, edges = grid()
    edges.loc[7, "length_m"] = 150.0
    (found,) = problems(nodes, edges)
    u, v = edges.loc[7, ["u", "v"]]
    assert found == (
        f"street edges [{u}-{v}]: length_m is 150, but its ends lie 200.0 m apart "
        "-> give metres along the street; it cannot be shorter"
    )
    edges.loc[7, "length_m"] = 0.0
    assert "length_m is 0, but its ends lie 200.0 m apart" in problems(nodes, edges)[0]


@given(st.integers(0, 2**32 - 1), st.integers(4, 7))
def test_rounding_alone_is_no_fault(seed, decimals):
    """Whole metres, coordinates of four decimals (up to 7.9 m off at each end), the chord of the ellipsoid."""
    rng = np.random.default_rng(seed)
    nodes, edges = grid(spacing_m=float(rng.uniform(20, 400)))
    nodes[["x", "y"]] += rng.uniform(-0.3, 0.3, (len(nodes), 2)) * 20
    places = nodes.set_index("node_id")
    a, b = places.loc[edges["u"]].to_numpy(), places.loc[edges["v"]].to_numpy()
    edges["length_m"] = np.round(np.hypot(*(a - b).T))
    Streets.from_tables(in_degrees(nodes, decimals), edges, crs=CRS)


def test_a_loop_a_double_and_two_nodes_in_one_place_are_legal():
    nodes, edges = grid()
    nodes = pd.concat([nodes, pd.DataFrame({"node_id": ["twin"], "x": [X], "y": [Y]})])
    more = pd.DataFrame(
        {"u": ["n0", "n0", "n1", "n2"], "v": ["twin", "n1", "n0", "n2"], "length_m": [0.0, 200.0, 200.0, 90.0]}
    )
    streets = Streets.from_tables(nodes, pd.concat([edges, more], ignore_index=True), crs=CRS)
    assert streets.n_edges == len(edges) + 4
    assert notes_of(streets) == ()


def test_ends_that_are_missing_and_lines_that_end_elsewhere_are_named():
    nodes, edges = grid()
    edges.loc[3, "v"] = None
    edges.loc[4, "u"] = "n99"
    found = problems(nodes, edges)
    assert any("v = None is not a node" in f or "v = nan is not a node" in f for f in found)
    assert any("u = n99 is not a node" in f for f in found)
    nodes, edges = grid()
    edges["wkt"] = [None] * len(edges)
    edges.loc[0, "wkt"] = f"LINESTRING ({X} {Y}, {X + 190} {Y})"
    assert problems(nodes, edges) == ["street edges [n0-n1]: wkt does not join its nodes -> end the line at u and v"]


def test_nodes_in_another_system_are_refused():
    nodes, edges = grid()
    degrees = in_degrees(nodes)
    metres = nodes.rename(columns={"x": "lon", "y": "lat"})
    assert "lon, lat are not degrees" in problems(metres, edges)[0]
    swapped = degrees.rename(columns={"lon": "lat", "lat": "lon"})
    assert "they look swapped" in problems(swapped, edges)[0]
    degrees.loc[0, ["lon", "lat"]] = 0.0
    assert "[n0]: lon and lat are both 0" in problems(degrees, edges)[0]
    # Europe's latitudes are longitudes too: there it is the projection that fits no more.
    europe = degrees.assign(lon=degrees["lon"] - 108, lat=degrees["lat"] + 17).iloc[1:]
    turned = europe.rename(columns={"lon": "lat", "lat": "lon"})
    bare = pd.DataFrame({"u": ["n1"], "v": ["n2"], "length_m": [300.0]})
    with pytest.raises(CrsError, match="streets"):
        Streets.from_tables(turned, bare, crs="EPSG:32632")


@pytest.mark.parametrize(("system", "shift"), [("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)])
def test_streets_in_shifted_degrees_are_converted(system, shift):
    nodes, edges = grid()
    degrees = in_degrees(nodes, 9)
    places = degrees.set_index("node_id")
    ends = [places.loc[edges[name], ["lon", "lat"]].to_numpy() for name in ("u", "v")]
    edges["wkt"] = shapely.to_wkt(
        shapely.linestrings(np.stack([np.column_stack(shift(*end.T)) for end in ends], axis=1)), rounding_precision=9
    )
    lon, lat = shift(degrees["lon"], degrees["lat"])
    found = Streets.from_tables(degrees.assign(lon=lon, lat=lat), edges, crs=CRS, coordinates=system)
    true = Streets.from_tables(degrees, edges.drop(columns="wkt"), crs=CRS)
    here, there = (streets.nodes.geometry.get_coordinates().sort_index().to_numpy() for streets in (found, true))
    assert np.abs(here - there).max() < (0.01 if system == "gcj02" else 1.0)
    assert shapely.length(found.lines()) == pytest.approx(200, abs=0.05)
    with pytest.raises(InputError, match="goes with degrees"):
        Streets.from_tables(nodes, edges, crs=CRS, coordinates=system)


def notes_of(streets: Streets, points=((X + 10, Y + 10),), sites=(), weight=None, far=500.0) -> tuple[str, ...]:
    frames = []
    for kind, places in (("point", points), ("site", sites)):
        if len(places):
            snaps = snap_to_streets(streets, np.array(places, dtype=float))
            frames.append(snaps.table(streets, pd.Index([f"{kind}{k}" for k in range(len(places))]), kind, far))
    weights = np.ones(len(points)) if weight is None else np.array(weight, dtype=float)
    return street_notes(streets, pd.concat(frames, ignore_index=True), weights, far_snap_m=far)


def test_a_sound_network_has_no_notes():
    assert notes_of(Streets.from_tables(*grid(), crs=CRS), sites=[(X + 50, Y - 3)]) == ()


@pytest.mark.parametrize("gap_m", [0.0, 0.05, 1.5])
@pytest.mark.parametrize("middle", [False, True])
def test_gaps_and_t_junctions_are_told_with_a_place(gap_m, middle):
    nodes, edges = grid()
    at = X + (100 if middle else 200)
    extra = pd.DataFrame({"node_id": ["end", "tip"], "x": [at, at], "y": [Y - gap_m, Y - 150]})
    lane = pd.DataFrame({"u": ["tip"], "v": ["end"], "length_m": [150.0]})
    streets = Streets.from_tables(pd.concat([nodes, extra]), pd.concat([edges, lane], ignore_index=True), crs=CRS)
    (note,) = notes_of(streets)
    lon, lat = Transformer.from_crs(CRS, 4326, always_xy=True).transform(at, Y - gap_m)
    assert note.startswith("streets: 1 dead end lies within 2 m of a street without joining it")
    assert f"node end at lon {lon:.6f}, lat {lat:.6f} ({gap_m:.2f} m)" in note
    assert ("1 of them at the middle of it" in note) == middle


def test_a_dead_end_that_is_joined_or_far_enough_is_no_gap():
    nodes, edges = grid()
    extra = pd.DataFrame({"node_id": ["stub", "far"], "x": [X - 1.0, X + 100], "y": [Y - 1.0, Y - 2.5]})
    lanes = pd.DataFrame({"u": ["n0", "n24"], "v": ["stub", "far"], "length_m": [2.0, 1500.0]})
    streets = Streets.from_tables(pd.concat([nodes, extra]), pd.concat([edges, lanes], ignore_index=True), crs=CRS)
    assert not len(streets.describe().gaps)


def test_who_stands_on_parts_of_their_own_is_told_with_the_share_of_demand():
    nodes, edges = grid()
    far = pd.DataFrame({"node_id": ["i", "j"], "x": [X + 3000, X + 3100], "y": [Y, Y]})
    island = pd.DataFrame({"u": ["i"], "v": ["j"], "length_m": [100.0]})
    streets = Streets.from_tables(pd.concat([nodes, far]), pd.concat([edges, island], ignore_index=True), crs=CRS)
    places = [(X + 10, Y), (X + 3010, Y), (X + 400, Y)]
    assert notes_of(streets, places[::2]) == ()  # nobody stands on the island
    (note,) = notes_of(streets, places, sites=[(X + 3050, Y)], weight=[6, 1, 1])
    assert note == (
        "streets: 2 parts that no street joins; 1 demand point with 12.50% of the demand (point1) and 1 site (site0) "
        "stand on others than the one with most of the demand, and no way leads from one to another"
    )
    # The main part is where the demand is, not the most street.
    (other,) = notes_of(streets, places, weight=[1, 9, 0])
    assert "2 demand points with 10.00% of the demand (point0, point2)" in other


def test_points_far_from_every_street_are_named_with_the_distance():
    streets = Streets.from_tables(*grid(), crs=CRS)
    found = notes_of(streets, [(X, Y - 812), (X, Y)], sites=[(X - 600, Y), (X - 700, Y)])
    assert found == (
        "streets: 1 demand point lies more than 500 m from every street: point0 (812 m)",
        "streets: 2 sites lie more than 500 m from every street: site1 (700 m), site0 (600 m)",
    )


def test_single_lengths_that_are_out_of_all_proportion_are_told():
    nodes, edges = grid()
    edges.loc[0, "length_m"] = 2000.0
    (note,) = notes_of(Streets.from_tables(nodes, edges, crs=CRS))
    assert note == "streets: 1 edge is 3 times its line or more: n0-n1 (2,000 m, its line 200 m)"


def test_lengths_measured_in_web_mercator_are_told():
    nodes, edges = grid()
    (note,) = notes_of(Streets.from_tables(nodes, edges.assign(length_m=200 * 1.16), crs=CRS))
    assert note.startswith("streets: nine lengths of ten are more than 1.16 times the straight line between their ends")


def test_streets_of_another_place_say_how_far_apart_they_are():
    streets = Streets.from_tables(*grid(), crs=CRS)
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([X - 60_000], [Y]), index=["p"], crs=CRS)
    with pytest.raises(CrsError, match=r"points: not one lies within 10 km of any street: the nearest is 60 km away"):
        walking_times(streets, frame, frame, cutoff_s=900, speed_m_s=1.3)


def test_every_source_gives_the_same_streets(tmp_path):
    """Tables in metres and degrees, lines, and GraphML of one grid: the same nodes, and lengths as the CRS has them."""
    nodes, edges = grid(blocks=3)
    degrees = in_degrees(nodes, 9)
    geodesic = Geod(ellps="WGS84")
    places = degrees.set_index("node_id")
    ends = [places.loc[edges[name]].to_numpy() for name in ("u", "v")]
    true = geodesic.inv(*ends[0].T, *ends[1].T)[2]
    plane = nodes.set_index("node_id")
    lines = shapely.linestrings(np.stack([plane.loc[edges[name]].to_numpy() for name in ("u", "v")], axis=1))
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for row in degrees.itertuples():
        graph.add_node(row.node_id, x=row.lon, y=row.lat)
    for u, v, length in zip(edges["u"], edges["v"], true, strict=True):
        graph.add_edge(u, v, length=length)
        graph.add_edge(v, u, length=length)
    nx.write_graphml(graph, tmp_path / "g.graphml")
    sources = {
        "metres": Streets.from_tables(nodes, edges.assign(length_m=true), crs=CRS),
        "degrees": Streets.from_tables(degrees, edges.assign(length_m=true), crs=CRS),
        "graphml": Streets.from_graphml(tmp_path / "g.graphml", crs=CRS),
        "lines": Streets.from_lines(gpd.GeoDataFrame(geometry=lines, crs=CRS)),
    }
    for name, streets in sources.items():
        # The corners of lines are joined, as nothing branches off there: 2 edges become 1.
        joined = 4 if name == "lines" else 0
        assert (streets.n_nodes, streets.n_edges) == (16 - joined, 24 - joined)
        assert streets.length_mm.sum() / 1000 == pytest.approx(true.sum(), rel=0.002 if name == "lines" else 1e-6)
        assert streets.coordinates.min(axis=0) == pytest.approx([X, Y], abs=0.01)
        assert streets.coordinates.max(axis=0) == pytest.approx([X + 600, Y + 600], abs=0.01)
