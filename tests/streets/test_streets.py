from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from placement.errors import CrsError, InputError
from placement.streets import Streets, snap_to_streets
from tests.effort import cases
from tests.travel.networks import CRS, coordinates, random_points, random_streets

NODES = pd.DataFrame({"node_id": ["a", "b", "c"], "x": [0.0, 100.0, 100.0], "y": [0.0, 0.0, 50.0]})
EDGES = pd.DataFrame({"u": ["a", "b"], "v": ["b", "c"], "length_m": [100.0, 50.0]})


def faults(call, *args, **kwargs):
    with pytest.raises(InputError) as caught:
        call(*args, **kwargs)
    return {(fault.table, fault.row, fault.problem) for fault in caught.value.faults}


def test_lengths_are_whole_millimetres_and_ids_survive():
    edges = EDGES.assign(length_m=[100.00049, 50.0006], highway=["residential", None], oneway=["yes", "no"])
    streets = Streets.from_tables(NODES, edges, crs=CRS)
    table = streets.edges.set_index(["u", "v"])
    assert table.loc[("a", "b"), "length_m"] == 100.0
    assert table.loc[("b", "c"), "length_m"] == 50.001
    assert table["highway"].to_dict() == {("a", "b"): "residential", ("b", "c"): ""}
    assert table["oneway"].to_dict() == {("a", "b"): 1, ("b", "c"): 0}
    assert set(streets.nodes.index) == {"a", "b", "c"}
    assert streets.crs.to_string() == CRS


def test_frozen_and_input_unchanged():
    nodes, edges = NODES.copy(), EDGES.copy()
    streets = Streets.from_tables(nodes, edges, crs=CRS)
    with pytest.raises(ValueError, match="read-only"):
        streets.length_mm[0] = 1
    with pytest.raises(AttributeError):
        streets.crs = None  # type: ignore[misc, assignment]  # this is what is tested
    frame = streets.edges
    frame["length_m"] = 0.0
    assert streets.edges["length_m"].sum() == 150.0
    pd.testing.assert_frame_equal(nodes, NODES)
    pd.testing.assert_frame_equal(edges, EDGES)


def test_degrees_are_projected_with_their_geometry():
    x, y = Transformer.from_crs(CRS, 4326, always_xy=True).transform([500_000, 500_100], [3_300_000, 3_300_000])
    nodes = pd.DataFrame({"node_id": [1, 2], "lon": x, "lat": y})
    edges = pd.DataFrame(
        {"u": [2], "v": [1], "length_m": [140.0], "wkt": [f"LINESTRING ({x[0]} {y[0]}, {x[1]} {y[1]})"]}
    )
    streets = Streets.from_tables(nodes, edges, crs=CRS)
    line = streets.edges.geometry.iloc[0]
    # The line was written from 1 to 2; it comes back from u to v.
    np.testing.assert_allclose(shapely.get_coordinates(line), [[500_100, 3_300_000], [500_000, 3_300_000]], atol=1e-3)
    assert streets.node_ids[streets.u[0]] == 2


def test_every_fault_is_listed():
    nodes = pd.DataFrame({"node_id": ["a", "b"], "x": [0.0, np.nan], "y": [0.0, 0.0]})
    edges = pd.DataFrame({"u": ["a", "a", "a"], "v": ["b", "x", "b"], "length_m": [np.nan, 5, -1]})
    assert faults(Streets.from_tables, nodes, edges, crs=CRS) == {
        ("street nodes", "b", "coordinates are missing"),
        ("street edges", "1", "v = x is not a node"),
        ("street edges", "a-b", "length_m is nan"),
        ("street edges", "a-b", "length_m is -1.0"),
    }
    assert faults(Streets.from_tables, NODES.drop(columns=["x", "node_id"]), EDGES.drop(columns="u"), crs=CRS) == {
        ("street nodes", "", "no columns x, y or lon, lat"),
        ("street nodes", "", "column node_id is missing"),
        ("street edges", "", "column u is missing"),
    }
    assert faults(Streets.from_tables, NODES.iloc[[0, 0, 1]], EDGES.iloc[:1], crs=CRS) == {
        ("street nodes", "a", "node_id is repeated")
    }
    assert faults(Streets.from_tables, NODES, EDGES.iloc[:0], crs=CRS) == {("street edges", "", "the table is empty")}
    assert faults(Streets.from_tables, NODES, EDGES.assign(wkt=["POINT (0 0)", "nonsense"]), crs=CRS) == {
        ("street edges", "a-b", "wkt cannot be read as a line"),
        ("street edges", "b-c", "wkt cannot be read as a line"),
    }
    apart = EDGES.assign(wkt=["LINESTRING (0 0, 60 0)", None])
    assert faults(Streets.from_tables, NODES, apart, crs=CRS) == {
        ("street edges", "a-b", "wkt does not join its nodes")
    }


def test_a_million_equal_faults_stay_short():
    count = 100_000
    edges = pd.DataFrame({"u": ["a"] * count, "v": ["b"] * count, "length_m": np.full(count, np.nan)})
    with pytest.raises(InputError) as caught:
        Streets.from_tables(NODES, edges, crs=CRS)
    assert len(caught.value.faults) == 21
    assert caught.value.faults[-1].problem == f"{count - 20} more rows with the same fault"


def test_crs_faults():
    for crs, words in ((None, "no CRS"), ("EPSG:4326", "degrees"), ("nonsense", "unknown"), ("EPSG:2263", "foot")):
        with pytest.raises(CrsError, match=words):
            Streets.from_tables(NODES, EDGES, crs=crs)
    degrees = NODES.assign(x=[114.30, 114.301, 114.301], y=[30.6, 30.6, 30.6005])
    with pytest.raises(InputError, match="look like degrees"):
        Streets.from_tables(degrees, EDGES, crs=CRS)
    with pytest.raises(InputError, match="not degrees"):
        Streets.from_tables(degrees.rename(columns={"x": "lat", "y": "lon"}), EDGES, crs=CRS)


def test_describe_lists_parts_and_suspicious_edges():
    nodes = pd.concat([NODES, pd.DataFrame({"node_id": ["d", "e"], "x": [500.0, 520.0], "y": [0.0, 0.0]})])
    around = "LINESTRING (0 0, 0 600, 100 50)"
    extra = pd.DataFrame(
        {"u": ["d", "a", "a"], "v": ["e", "b", "c"], "length_m": [20.0, 400.0, 120.0], "wkt": [None, None, around]}
    )
    streets = Streets.from_tables(nodes, pd.concat([EDGES, extra], ignore_index=True), crs=CRS)
    summary = streets.describe()
    assert (summary.nodes, summary.edges, summary.length_km) == (5, 5, 0.69)
    assert summary.parts[["nodes", "edges", "length_m"]].to_numpy().tolist() == [[3, 4, 670], [2, 1, 20]]
    found = {frozenset((row.u, row.v)): row.reason for row in summary.suspicious.itertuples()}
    assert found == {frozenset("ab"): "3 times its line or more", frozenset("ac"): "a third of its line or less"}
    assert "2 connected parts, the largest with 97.1 %" in str(summary)


def test_graphml_of_osmnx_merges_the_two_directions(tmp_path):
    graph = nx.MultiDiGraph(crs="epsg:4326")
    graph.add_node(1, x=114.30, y=30.60)
    graph.add_node(2, x=114.31, y=30.60)
    graph.add_node(3, x=114.31, y=30.61)
    bent = shapely.LineString([(114.30, 30.60), (114.305, 30.601), (114.31, 30.60)])
    graph.add_edge(1, 2, length=1000.0, geometry=bent.wkt, oneway="False", highway="residential")
    graph.add_edge(2, 1, length=1000.0, geometry=bent.reverse().wkt, oneway="False", highway="residential")
    graph.add_edge(1, 2, length=960.0, oneway="False", highway="footway")
    graph.add_edge(2, 1, length=960.0, oneway="False", highway="footway")
    graph.add_edge(2, 3, length=1110.0, oneway="True", highway="primary")
    nx.write_graphml(graph, tmp_path / "g.graphml")
    streets = Streets.from_graphml(tmp_path / "g.graphml")
    assert streets.crs.to_string() == "EPSG:32650"
    edges = streets.edges.sort_values("length_m")
    assert edges["length_m"].tolist() == [960.0, 1000.0, 1110.0]
    assert edges["oneway"].tolist() == [0, 0, 1]
    assert edges["highway"].tolist() == ["footway", "residential", "primary"]
    assert len(edges.geometry.iloc[1].coords) == 3


def test_bad_graphml(tmp_path):
    # 10 ** 12 letters where entities are read; the file has a kilobyte.
    levels = "".join(f'<!ENTITY e{k} "{f"&e{k - 1};" * 10}">' for k in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE g [<!ENTITY e0 "aaaaaaaaaa">{levels}]><graphml>&e11;</graphml>'
    cases = {
        "bomb": (bomb, "document type"),
        "cut": ("<graphml><graph", "cannot be read"),
        "text": ("hello", "cannot be"),
    }
    for name, (content, words) in cases.items():
        path = tmp_path / f"{name}.graphml"
        path.write_text(content)
        with pytest.raises(InputError, match=words):
            Streets.from_graphml(path)
    with pytest.raises(InputError, match="cannot be read"):
        Streets.from_graphml(tmp_path / "absent.graphml")
    nx.write_graphml(nx.MultiDiGraph(), tmp_path / "empty.graphml")
    with pytest.raises(InputError, match="no edges"):
        Streets.from_graphml(tmp_path / "empty.graphml")
    odd = nx.MultiDiGraph(crs="nonsense")
    odd.add_node(1, x=114.3, y=30.6)
    odd.add_node(2, x=114.301, y=30.6)
    odd.add_edge(1, 2, length=96.0)
    nx.write_graphml(odd, tmp_path / "odd.graphml")
    with pytest.raises(CrsError, match="its crs is unknown: 'nonsense'"):
        Streets.from_graphml(tmp_path / "odd.graphml")
    for crs in ("EPSG:4214", "IAU_2015:30100"):  # Beijing 1954, some 100 m off; the Moon
        odd.graph["crs"] = crs
        nx.write_graphml(odd, tmp_path / "datum.graphml")
        with pytest.raises(CrsError, match="not of WGS-84"):
            Streets.from_graphml(tmp_path / "datum.graphml")
    odd.graph["crs"] = "EPSG:4490"  # CGCS2000: the same to a metre
    nx.write_graphml(odd, tmp_path / "datum.graphml")
    assert Streets.from_graphml(tmp_path / "datum.graphml").crs.to_string() == "EPSG:32650"
    nx.write_graphml(nx.path_graph(3), tmp_path / "bare.graphml")
    with pytest.raises(InputError, match="x, y, length"):
        Streets.from_graphml(tmp_path / "bare.graphml")


def test_place_goes_through_osmnx(monkeypatch):
    import osmnx

    def fetch(place, **options):
        if place == "Nowhere":
            raise ValueError("nothing found")
        assert options["retain_all"]
        graph = nx.MultiDiGraph(crs="epsg:4326")
        for node, lon in enumerate((7.42, 7.43, 7.44, 7.441)):
            graph.add_node(node, x=lon, y=43.73)
        for u, v, length in ((0, 1, 805.0), (2, 3, 80.5)):
            graph.add_edge(u, v, length=length, oneway=False, highway=["residential", "footway"])
            graph.add_edge(v, u, length=length, oneway=False, highway=["residential", "footway"])
        return graph

    monkeypatch.setattr(osmnx, "graph_from_place", fetch)
    monkeypatch.setattr(osmnx, "graph_from_polygon", fetch)
    streets = Streets.from_place("Monaco")
    assert streets.length_mm.tolist() == [805_000]
    assert streets.crs.to_string() == "EPSG:32632"
    assert streets.kinds == ("residential",)
    assert streets.left_out["length_m"].tolist() == [80.5]
    whole = Streets.from_place(shapely.box(7.4, 43.7, 7.5, 43.8), crs="EPSG:32632", least_part_m=0)
    assert sorted(whole.length_mm.tolist()) == [80_500, 805_000]
    with pytest.raises(InputError, match="Nowhere"):
        Streets.from_place("Nowhere")


def test_fingerprint_follows_the_content():
    streets = Streets.from_tables(NODES, EDGES, crs=CRS)
    assert streets.fingerprint() == Streets.from_tables(NODES.iloc[::-1], EDGES, crs=CRS).fingerprint()
    other = Streets.from_tables(NODES, EDGES.assign(length_m=[100.001, 50.0]), crs=CRS)
    assert streets.fingerprint() != other.fingerprint()


@pytest.mark.parametrize("seed", range(cases(40)))
def test_snapping_equals_brute_force(seed):
    rng = np.random.default_rng(seed)
    streets = random_streets(rng)
    points = random_points(rng, streets, 30, "p")
    snaps = snap_to_streets(streets, coordinates(points))
    lines = streets.lines()
    distance = shapely.distance(lines[:, None], points.geometry.to_numpy()[None, :])
    np.testing.assert_array_equal(snaps.access_mm, np.rint(distance.min(axis=0) * 1000))
    np.testing.assert_array_equal(distance[snaps.edge, np.arange(30)], distance.min(axis=0))
    # The position, walked along the line, is where the point is nearest.
    share = snaps.position_mm / np.maximum(streets.length_mm[snaps.edge], 1)
    place = shapely.line_interpolate_point(lines[snaps.edge], share, normalized=True)
    miss = shapely.distance(place, points.geometry.to_numpy()) - distance.min(axis=0)
    long = streets.length_mm[snaps.edge] > 0
    assert np.abs(miss[long]).max(initial=0) < 0.5
