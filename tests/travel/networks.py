"""Random awkward networks, and distances found by putting every point into the graph as a node.

The reference is Dijkstra's algorithm as scipy has it, on a graph of its own: every edge is cut at all the points on it,
and each point hangs on its place by its access leg.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from placement.streets import Streets, snap_to_streets
from placement.travel.costs import CLOSED, EdgeCosts

CRS = "EPSG:32650"

HOPS = 2**20
"""Weights are multiplied by this and 1 is added a link: scipy then meets no zero, and a length is the quotient."""


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
    nothing = rng.random(m) < 0.1
    wkt: list[str | None] = [None] * m
    for k in np.flatnonzero(rng.random(m) < 0.3).tolist():
        (x0, y0), (x1, y1) = xy[u[k]], xy[v[k]]
        wkt[k] = f"LINESTRING ({x0} {y0}, {(x0 + x1) / 2 + 30} {(y0 + y1) / 2 - 20}, {x1} {y1})"
    edges = pd.DataFrame(
        {"u": nodes.node_id[u].to_numpy(), "v": nodes.node_id[v].to_numpy(), "length_m": length, "wkt": wkt}
    )
    edges["highway"] = rng.choice(["road", "steps", "path"], m)
    if oneway:
        edges["oneway"] = rng.choice([-1, 0, 0, 1], m)
    streets = Streets.from_tables(nodes, edges, crs=CRS)
    # Tables may not say so of nodes that lie apart; the search must bear it.
    return replace(streets, length_mm=np.where(nothing, 0, streets.length_mm))


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


Start = TypeVar("Start", bound=Hashable)
End = TypeVar("End", bound=Hashable)


class Graph:
    """Directed links between any names; of parallel ones the shortest (a sparse matrix would add them up)."""

    def __init__(self) -> None:
        self._number: dict[Hashable, int] = {}
        self._weight: dict[tuple[int, int], int] = {}

    def link(self, a: Hashable, b: Hashable, weight: int) -> None:
        i, j = (self._number.setdefault(name, len(self._number)) for name in (a, b))
        if i != j:
            self._weight[i, j] = min(self._weight.get((i, j), weight), weight)

    def both(self, a: Hashable, b: Hashable, weight: int) -> None:
        self.link(a, b, weight)
        self.link(b, a, weight)

    def lengths(self, starts: Sequence[Start], ends: Sequence[End], limit: int) -> dict[tuple[Start, End], int]:
        """Return the whole lengths of the shortest ways up to a limit; what is further is not in it."""
        i, j = np.array(list(self._weight), dtype=np.int64).reshape(-1, 2).T
        weights = np.array(list(self._weight.values()), dtype=np.float64) * HOPS + 1
        links = sparse.csr_array((weights, (i, j)), shape=(len(self._number),) * 2)
        rows, columns = ([self._number[name] for name in names] for names in (starts, ends))
        found = csgraph.dijkstra(links, indices=rows, limit=(limit + 1) * HOPS - 1)[:, columns]
        return {
            (start, end): int(found[a, b] // HOPS)
            for a, start in enumerate(starts)
            for b, end in enumerate(ends)
            if np.isfinite(found[a, b])
        }


def split_graph(streets: Streets, points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> Graph:
    """Every edge cut at all the points on it; each point hangs on its place by its access leg. Weights are whole mm."""
    graph = Graph()
    cuts: dict[int, set[int]] = {edge: {0, int(length)} for edge, length in enumerate(streets.length_mm)}
    for frame in (points, sites):
        snaps = snap_to_streets(streets, coordinates(frame))
        for name, edge, at, access in zip(frame.index, snaps.edge, snaps.position_mm, snaps.access_mm, strict=True):
            cuts[int(edge)].add(int(at))
            graph.both(name, ("on", int(edge), int(at)), int(access))
    for edge, places in cuts.items():
        for a, b in pairwise(sorted(places)):
            graph.both(("on", edge, a), ("on", edge, b), b - a)
        graph.both(int(streets.u[edge]), ("on", edge, 0), 0)
        graph.both(int(streets.v[edge]), ("on", edge, int(streets.length_mm[edge])), 0)
    return graph


def reference_mm(
    streets: Streets, points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, cutoff_mm: int
) -> dict[tuple[str, str], int]:
    return split_graph(streets, points, sites).lengths(list(points.index), list(sites.index), cutoff_mm)


def stored(times) -> dict[tuple[str, str], int]:
    rows = times.matrix.tocoo()
    return {
        (times.point_ids[i], times.site_ids[j]): int(value)
        for i, j, value in zip(rows.row, rows.col, rows.data, strict=True)
    }


def split_digraph(
    streets: Streets, costs: EdgeCosts, points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, *, reverse: bool
) -> Graph:
    """As `split_graph`, with a cost a direction; a point at the very end of an edge stands at the node."""
    graph = Graph()

    def part(cost: int, at: int, length: int) -> int:
        return (2 * cost * at + length) // (2 * length) if length else 0

    def place(edge: int, at: int) -> Hashable:
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
                graph.link(place(edge, a), place(edge, b), part(forward, b, length) - part(forward, a, length))
            if backward < CLOSED:
                graph.link(place(edge, b), place(edge, a), part(backward, b, length) - part(backward, a, length))
        if not length:
            if forward < CLOSED:
                graph.link(u, v, forward)
            if backward < CLOSED:
                graph.link(v, u, backward)
    for name, edge, at, wait, arrives in snapped:
        length = int(streets.length_mm[edge])
        feet = [place(edge, at)] if length else [int(streets.u[edge]), int(streets.v[edge])]
        for foot in feet:
            start, end = (foot, name) if arrives else (name, foot)
            graph.link(start, end, wait)
    if any(streets.length_mm[edge] == 0 for _, edge, _, _, _ in snapped):  # two points in one place meet at once
        for name, edge, _, wait, arrives in snapped:
            for other, its, _, its_wait, its_arrives in snapped:
                if edge == its and not streets.length_mm[edge] and its_arrives and not arrives:
                    graph.link(name, other, wait + its_wait)
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
    from_points, to_sites = list(points.index), list(sites.index)
    if not reverse:
        return graph.lengths(from_points, to_sites, cutoff_ms)
    return {(point, site): cost for (site, point), cost in graph.lengths(to_sites, from_points, cutoff_ms).items()}
