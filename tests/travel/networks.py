"""Random awkward networks, and distances found by putting every point into the graph as a node."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd

from placement.travel import Streets, snap_to_streets
from placement.travel.costs import CLOSED, EdgeCosts

CRS = "EPSG:32650"


def random_streets(rng: np.random.Generator, *, oneway: bool = False, elevation: bool = False) -> Streets:
    """Parallel edges, loops, dead ends, zero lengths, curved edges, disconnected parts, within a few hundred metres."""
    n = int(rng.integers(2, 14))
    nodes = pd.DataFrame(
        {"node_id": [f"n{k}" for k in range(n)], "x": rng.integers(0, 400, n), "y": rng.integers(0, 400, n)}
    )
    if elevation:
        nodes["elevation_m"] = rng.integers(0, 40, n).astype(float)
    m = int(rng.integers(1, 3 * n))
    u, v = rng.integers(0, n, m), rng.integers(0, n, m)
    if m > 3:
        u[1], v[1] = v[0], u[0]  # parallel to the first edge, written the other way round
        v[2] = u[2]  # a loop
    xy = nodes[["x", "y"]].to_numpy(float)
    straight = np.hypot(*(xy[u] - xy[v]).T)
    length = np.round(straight * rng.choice([1.0, 1.0, 1.37], m) + rng.random(m), 4)
    length[rng.random(m) < 0.1] = 0.0
    wkt = [None] * m
    for k in np.flatnonzero(rng.random(m) < 0.3):
        (x0, y0), (x1, y1) = xy[u[k]], xy[v[k]]
        wkt[k] = f"LINESTRING ({x0} {y0}, {(x0 + x1) / 2 + 30} {(y0 + y1) / 2 - 20}, {x1} {y1})"
    edges = pd.DataFrame(
        {"u": nodes.node_id[u].to_numpy(), "v": nodes.node_id[v].to_numpy(), "length_m": length, "wkt": wkt}
    )
    edges["highway"] = rng.choice(["road", "steps", "path"], m)
    if oneway:
        edges["oneway"] = rng.choice([-1, 0, 0, 1], m)
    return Streets.from_tables(nodes, edges, crs=CRS)


def random_points(rng: np.random.Generator, streets: Streets, count: int, prefix: str) -> gpd.GeoDataFrame:
    """Points anywhere, points exactly at nodes, points twice in one place."""
    xy = rng.uniform(-50, 450, (count, 2))
    for k in range(count):
        if rng.random() < 0.3:
            xy[k] = streets.xy[rng.integers(streets.n_nodes)]
        elif k and rng.random() < 0.2:
            xy[k] = xy[k - 1]
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), index=[f"{prefix}{k}" for k in range(count)], crs=CRS)


def coordinates(frame: gpd.GeoDataFrame) -> np.ndarray:
    return np.column_stack([frame.geometry.x, frame.geometry.y])


def split_graph(streets: Streets, points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> nx.Graph:
    """Every edge cut at all the points on it; each point hangs on its place by its access leg. Weights are whole mm."""
    graph = nx.Graph()
    graph.add_nodes_from(range(streets.n_nodes))

    def link(a: object, b: object, weight: int) -> None:
        if a != b and (not graph.has_edge(a, b) or graph[a][b]["w"] > weight):
            graph.add_edge(a, b, w=weight)

    cuts: dict[int, set[int]] = {edge: {0, int(length)} for edge, length in enumerate(streets.length_mm)}
    hung = []
    for frame in (points, sites):
        snaps = snap_to_streets(streets, coordinates(frame))
        for name, edge, at, access in zip(frame.index, snaps.edge, snaps.position_mm, snaps.access_mm, strict=True):
            cuts[int(edge)].add(int(at))
            hung.append((name, ("on", int(edge), int(at)), int(access)))
    for edge, places in cuts.items():
        along = sorted(places)
        names = [("on", edge, at) for at in along]
        for a, b, first, last in zip(along, along[1:], names, names[1:], strict=False):
            link(first, last, b - a)
        link(int(streets.u[edge]), names[0], 0)
        link(int(streets.v[edge]), names[-1], 0)
    for name, place, access in hung:
        link(name, place, access)
    return graph


def reference_mm(
    streets: Streets, points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, cutoff_mm: int
) -> dict[tuple[str, str], int]:
    graph = split_graph(streets, points, sites)
    pairs = {}
    for site in sites.index:
        for node, cost in nx.single_source_dijkstra_path_length(graph, site, cutoff=cutoff_mm, weight="w").items():
            if node in points.index:
                pairs[node, site] = cost
    return pairs


def stored(times) -> dict[tuple[str, str], int]:
    rows = times.matrix.tocoo()
    return {
        (times.point_ids[i], times.site_ids[j]): int(value)
        for i, j, value in zip(rows.row, rows.col, rows.data, strict=True)
    }


def split_digraph(
    streets: Streets, costs: EdgeCosts, points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, *, reverse: bool
) -> nx.DiGraph:
    """As `split_graph`, with a cost a direction; a point at the very end of an edge stands at the node."""
    graph = nx.DiGraph()

    def link(a: object, b: object, weight: int) -> None:
        if a != b and (not graph.has_edge(a, b) or graph[a][b]["w"] > weight):
            graph.add_edge(a, b, w=weight)

    def part(cost: int, at: int, length: int) -> int:
        return (2 * cost * at + length) // (2 * length) if length else 0

    def place(edge: int, at: int) -> object:
        return {0: int(streets.u[edge]), int(streets.length_mm[edge]): int(streets.v[edge])}.get(at, ("on", edge, at))

    snapped = []
    cuts: dict[int, set[int]] = {edge: {0, int(length)} for edge, length in enumerate(streets.length_mm)}
    for frame, arrives in ((points, reverse), (sites, not reverse)):
        snaps = snap_to_streets(streets, coordinates(frame))
        for name, edge, at, access in zip(frame.index, snaps.edge, snaps.position_mm, snaps.access_mm, strict=True):
            cuts[int(edge)].add(int(at))
            wait = part(int(access), 1000, costs.speed_mm_s)
            snapped.append((name, int(edge), int(at), wait, arrives))
    for edge, places in cuts.items():
        length, forward, backward = (int(a[edge]) for a in (streets.length_mm, costs.forward, costs.backward))
        u, v = int(streets.u[edge]), int(streets.v[edge])
        along = sorted(places) if length else [0]
        for a, b in pairwise(along):
            if forward < CLOSED:
                link(place(edge, a), place(edge, b), part(forward, b, length) - part(forward, a, length))
            if backward < CLOSED:
                link(place(edge, b), place(edge, a), part(backward, b, length) - part(backward, a, length))
        if not length:
            if forward < CLOSED:
                link(u, v, forward)
            if backward < CLOSED:
                link(v, u, backward)
    for name, edge, at, wait, arrives in snapped:
        length = int(streets.length_mm[edge])
        feet = [place(edge, at)] if length else [int(streets.u[edge]), int(streets.v[edge])]
        for foot in feet:
            link(*((foot, name) if arrives else (name, foot)), wait)
    if any(streets.length_mm[edge] == 0 for _, edge, _, _, _ in snapped):  # two points in one place meet at once
        for name, edge, _, wait, arrives in snapped:
            for other, its, _, its_wait, its_arrives in snapped:
                if edge == its and not streets.length_mm[edge] and its_arrives and not arrives:
                    link(name, other, wait + its_wait)
    return graph


def reference_ms(
    streets: Streets,
    costs: EdgeCosts,
    points: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    cutoff_ms: int,
    reverse: bool = False,
) -> dict[tuple[str, str], int]:
    graph = split_digraph(streets, costs, points, sites, reverse=reverse)
    pairs = {}
    for start in sites.index if reverse else points.index:
        found = nx.single_source_dijkstra_path_length(graph, start, cutoff=cutoff_ms, weight="w")
        for end in points.index if reverse else sites.index:
            if end in found:
                pairs[(end, start) if reverse else (start, end)] = found[end]
    return pairs
