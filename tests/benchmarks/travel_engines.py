"""Other ways to bounded one-to-many distances, each with its own preparation, for the travel benchmark.

An engine is prepared with a network and returns a function of (sources, cutoff_mm) -> CSR of whole millimetres.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from placement.streets import Snaps, Streets
from placement.travel.costs import EdgeCosts
from placement.travel.search import search_by_site

Run = Callable[[NDArray[np.int64], int], sparse.csr_array]


@dataclass(frozen=True)
class Engine:
    name: str
    prepare: Callable[[Streets], Run]
    sample: int
    """Sources that are run; the time is scaled to all of them."""
    exact: bool = True


def own(threads: int) -> Callable[[Streets], Run]:
    def prepare(streets: Streets) -> Run:
        # A source at a node: position 0 or L of any edge there, without an access leg.
        edge = np.empty(streets.n_nodes, dtype=np.int64)
        edge[streets.u] = edge[streets.v] = np.arange(streets.n_edges)
        costs = EdgeCosts.flat(streets, 1000)
        arcs = costs.arcs(streets)

        def run(sources: NDArray[np.int64], cutoff_mm: int) -> sparse.csr_array:
            its = edge[sources]
            at = np.where(streets.u[its] == sources, 0, streets.length_mm[its])
            snaps = Snaps(edge=its.astype(np.int64), position_mm=at, access_mm=np.zeros(its.size, dtype=np.int64))
            placed = costs.place(streets, snaps, arriving=True)
            parts = search_by_site(streets, arcs, placed, cutoff_mm, threads)
            counts, nodes, reached = (np.concatenate([part[which] for part in parts]) for which in range(3))
            starts = np.concatenate([[0], np.cumsum(counts)])
            return sparse.csr_array((reached, nodes, starts), shape=(sources.size, streets.n_nodes))

        return run

    return prepare


def links(streets: Streets) -> sparse.csr_array:
    """Lengths as a symmetric CSR; of parallel edges the shortest, and no loops."""
    a, b = np.concatenate([streets.u, streets.v]), np.concatenate([streets.v, streets.u])
    w = np.concatenate([streets.length_mm, streets.length_mm]).astype(np.float64)
    order = np.lexsort((w, b, a))
    a, b, w = a[order], b[order], w[order]
    keep = np.append(True, (a[1:] != a[:-1]) | (b[1:] != b[:-1])) & (a != b)
    return sparse.csr_array((w[keep], (a[keep], b[keep])), shape=(streets.n_nodes, streets.n_nodes))


def scipy_dense(streets: Streets) -> Run:
    graph = links(streets)
    batch = max(1, int(256e6 / (8 * streets.n_nodes)))

    def run(sources: NDArray[np.int64], cutoff_mm: int) -> sparse.csr_array:
        blocks = []
        for start in range(0, sources.size, batch):
            found = csgraph.dijkstra(graph, indices=sources[start : start + batch], limit=cutoff_mm)
            rows, nodes = np.nonzero(np.isfinite(found))
            blocks.append(sparse.csr_array((found[rows, nodes], (rows, nodes)), shape=found.shape))
        return sparse.vstack(blocks, format="csr")

    return run


def scipy_tiled(streets: Streets) -> Run:
    """Dijkstra on the streets round each tile: sources of a tile share the subgraph they can reach."""
    graph = links(streets)
    a, b = streets.xy[np.repeat(np.arange(streets.n_nodes), np.diff(graph.indptr))], streets.xy[graph.indices]
    fastest = float((np.hypot(*(a - b).T) / np.maximum(graph.data, 1.0)).max())  # metres of ground a millimetre
    xy, degree = streets.xy - streets.xy.min(axis=0), np.diff(graph.indptr)

    def run(sources: NDArray[np.int64], cutoff_mm: int) -> sparse.csr_array:
        reach = cutoff_mm * fastest
        tile = np.floor(xy / (reach / 2)).astype(np.int64)
        last = tile.max(axis=0)
        width = last[1] + 1
        column = np.argsort(tile[:, 0] * width + tile[:, 1], kind="stable")
        key = (tile[:, 0] * width + tile[:, 1])[column]
        own_tile = np.floor(xy[sources] / reach).astype(np.int64)
        order = np.lexsort((own_tile[:, 1], own_tile[:, 0]))
        change = np.flatnonzero(np.any(np.diff(own_tile[order], axis=0, prepend=-1), axis=1))
        number = np.full(streets.n_nodes, -1)
        rows, nodes, costs = [], [], []
        for mine in np.split(order, change[1:]):
            at = xy[sources[mine]]
            i0, j0 = np.maximum((at.min(axis=0) - reach) // (reach / 2), 0).astype(int)
            i1, j1 = np.minimum((at.max(axis=0) + reach) // (reach / 2), last).astype(int)
            near = np.concatenate(
                [
                    column[np.searchsorted(key, i * width + j0) : np.searchsorted(key, i * width + j1, side="right")]
                    for i in range(i0, i1 + 1)
                ]
            )
            number[near] = np.arange(near.size)
            counts = degree[near]
            arcs = np.repeat(graph.indptr[near] - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
            heads, tails = number[graph.indices[arcs]], np.repeat(np.arange(near.size), counts)
            inside = heads >= 0
            part = sparse.csr_array(
                (graph.data[arcs[inside]], (tails[inside], heads[inside])), shape=(near.size, near.size)
            )
            found = csgraph.dijkstra(part, indices=number[sources[mine]], limit=cutoff_mm)
            which, node = np.nonzero(np.isfinite(found))
            rows.append(mine[which])
            nodes.append(near[node])
            costs.append(found[which, node])
            number[near] = -1
        parts = (np.concatenate(costs), (np.concatenate(rows), np.concatenate(nodes)))
        return sparse.csr_array(parts, shape=(sources.size, streets.n_nodes))

    return run


def networkx_cutoff(streets: Streets) -> Run:
    graph = nx.Graph()
    matrix = links(streets).tocoo()
    graph.add_weighted_edges_from(
        zip(matrix.row.tolist(), matrix.col.tolist(), matrix.data.astype(int).tolist(), strict=True)
    )

    def run(sources: NDArray[np.int64], cutoff_mm: int) -> sparse.csr_array:
        rows: list[int] = []
        nodes: list[int] = []
        costs: list[int] = []
        for row, source in enumerate(sources.tolist()):
            found = nx.single_source_dijkstra_path_length(graph, source, cutoff=cutoff_mm)
            rows.extend([row] * len(found))
            nodes.extend(found.keys())
            costs.extend(found.values())
        return sparse.csr_array((costs, (rows, nodes)), shape=(sources.size, streets.n_nodes))

    return run


def igraph_distances(streets: Streets) -> Run:
    igraph: Any = importlib.import_module("igraph")
    graph = igraph.Graph(n=streets.n_nodes, edges=np.column_stack([streets.u, streets.v]).tolist())
    weights = streets.length_mm.tolist()

    def run(sources: NDArray[np.int64], cutoff_mm: int) -> sparse.csr_array:
        found = np.array(graph.distances(source=sources.tolist(), weights=weights))
        rows, nodes = np.nonzero(found <= cutoff_mm)
        return sparse.csr_array((found[rows, nodes], (rows, nodes)), shape=found.shape)

    return run


def pandana_range(streets: Streets) -> Run:
    pandas: Any = importlib.import_module("pandas")
    pandana: Any = importlib.import_module("pandana")
    metres = pandas.DataFrame({"m": streets.length_mm / 1000})
    x, y = (pandas.Series(values) for values in streets.xy.T)
    network = pandana.Network(x, y, pandas.Series(streets.u), pandas.Series(streets.v), metres)

    def run(sources: NDArray[np.int64], cutoff_mm: int) -> sparse.csr_array:
        found = network.nodes_in_range(sources.tolist(), cutoff_mm / 1000)
        row = pandas.Series(np.arange(sources.size), index=sources)[found["source"]].to_numpy()
        whole = np.rint(found["m"].to_numpy() * 1000)
        return sparse.csr_array((whole, (row, found["destination"].to_numpy())), shape=(sources.size, streets.n_nodes))

    return run


ENGINES = (
    Engine("placement, 1 thread", own(1), 10**9),
    Engine("placement, 2 threads", own(2), 10**9),
    Engine("scipy, tiled", scipy_tiled, 10**9),
    Engine("scipy, dense batches", scipy_dense, 32),
    Engine("networkx", networkx_cutoff, 100),
    Engine("pandana", pandana_range, 10**9, exact=False),
    Engine("igraph", igraph_distances, 3),
)
