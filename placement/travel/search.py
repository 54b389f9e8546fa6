"""The search over a whole network: sites to nodes, then nodes to points, in blocks and threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.streets.snap import Snaps
from placement.streets.streets import Streets
from placement.travel.costs import CLOSED, EdgeCosts
from placement.values.arrays import sealed
from placement.values.immutable import immutable

SITES_A_CALL = 4096
"""Sites searched in one call: enough to spread the cost of its work arrays, few enough to bound its output."""

PAIRS_A_BLOCK = 4_000_000
"""Most entries that a block of points can have."""

MOST_BUCKETS = 2**16

Lists = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
Item = TypeVar("Item")
Result = TypeVar("Result")


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Reach:
    """Sites that each street node reaches within the cutoff; from it follow the rows of any points.

    Memory grows with nodes x sites within reach, not with demand points.
    """

    streets: Streets
    costs: EdgeCosts
    cutoff: int
    sites: NDArray[np.int32]
    first_reach: NDArray[np.int64]
    reach_site: NDArray[np.int32]
    reach_cost: NDArray[np.int32]
    first_on_edge: NDArray[np.int64]
    on_edge: NDArray[np.int32]
    threads: int

    @property
    def n_settled(self) -> int:
        """Number of (node, site) pairs within the cutoff."""
        return int(self.reach_site.size)

    def blocks(self, points: Snaps) -> Iterator[sparse.csr_array]:
        """Yield the rows of the points in order, as (block, sites) CSR int32 of whole costs."""
        from placement.travel import kernels as engine  # noqa: PLC0415 - compiles or loads the kernels

        placed = self.costs.place(self.streets, points, arriving=False)

        def rows(block: slice) -> sparse.csr_array:
            """Return the rows of one block of points."""
            counts, found, costs = engine.point_rows(
                self.streets.u, self.streets.v, self.first_reach, self.reach_site, self.reach_cost,
                self.first_on_edge, self.on_edge, placed[block], self.sites, self.cutoff,
            )  # fmt: skip
            used = int(counts.sum())
            return _csr(counts, found[:used].copy(), costs[:used].copy(), len(self.sites))

        yield from _in_threads(rows, self._cut(points), self.threads)

    def matrix(self, points: Snaps) -> sparse.csr_array:
        """Return all rows at once."""
        blocks = list(self.blocks(points))
        counts = np.concatenate([np.diff(block.indptr) for block in blocks] or [np.zeros(0, np.int64)])
        indices = np.concatenate([block.indices for block in blocks] or [np.zeros(0, np.int32)])
        data = np.concatenate([block.data for block in blocks] or [np.zeros(0, np.int32)])
        return _csr(counts, indices, data, len(self.sites))

    def most_entries(self, points: Snaps) -> NDArray[np.int64]:
        """Return (points,) how many sites a point can reach at most: a site at both ends of its edge counts twice."""
        at_node, on_edge, edge = np.diff(self.first_reach), np.diff(self.first_on_edge), points.edge
        most: NDArray[np.int64] = at_node[self.streets.u[edge]] + at_node[self.streets.v[edge]] + on_edge[edge]
        return most

    def _cut(self, points: Snaps) -> list[slice]:
        """Return blocks of points that have at most :data:`PAIRS_A_BLOCK` entries, or one point."""
        number = np.cumsum(self.most_entries(points)) // PAIRS_A_BLOCK
        starts = np.flatnonzero(np.diff(number, prepend=-1))
        return [slice(a, b) for a, b in pairwise([*starts, number.size])]


def search(streets: Streets, costs: EdgeCosts, sites: Snaps, cutoff: int, threads: int) -> Reach:
    """Return what reaches each site within the cutoff.

    Parameters
    ----------
    streets, costs
        The network, and what its edges cost.
    sites
        Where the sites stand.
    cutoff
        Highest whole cost that counts as reached.
    threads
        Threads that search at once.
    """
    placed = costs.place(streets, sites, arriving=True)
    # Neighbouring sites one after another, so that a search finds its nodes in the cache.
    order = np.argsort(sites.edge, kind="stable")
    parts = search_by_site(streets, costs.arcs(streets), placed[order], cutoff, threads)
    first_reach, reach_site, reach_cost = _by_node(parts, order, streets.n_nodes)
    by_edge = np.lexsort((np.arange(sites.edge.size), sites.edge)).astype(np.int32)
    first_on_edge = np.zeros(streets.n_edges + 1, dtype=np.int64)
    np.cumsum(np.bincount(sites.edge, minlength=streets.n_edges), out=first_on_edge[1:])
    placed, first_reach, reach_site, reach_cost, first_on_edge, by_edge = sealed(
        placed, first_reach, reach_site, reach_cost, first_on_edge, by_edge
    )
    return Reach(
        streets=streets, costs=costs, cutoff=cutoff, sites=placed, first_reach=first_reach, reach_site=reach_site,
        reach_cost=reach_cost, first_on_edge=first_on_edge, on_edge=by_edge, threads=threads,
    )  # fmt: skip


def search_by_site(streets: Streets, arcs: Lists, placed: NDArray[np.int32], cutoff: int, threads: int) -> list[Lists]:
    """Return lists of (nodes a site, nodes, costs) that follow the sites in the order of `placed`."""
    from placement.travel import kernels as engine  # noqa: PLC0415 - compiles or loads the kernels

    shift = _bucket_shift(arcs[2], cutoff)

    def call(chunk: NDArray[np.int32]) -> Lists:
        """Return (nodes a site, nodes, costs) of one chunk of sites."""
        counts, nodes, reached = engine.reach_nodes(*arcs, streets.u, streets.v, chunk, cutoff, shift)
        used = int(counts.sum())
        return counts, nodes[:used], reached[:used]

    calls = max(-(-len(placed) // SITES_A_CALL), min(2 * threads, len(placed)))
    return list(_in_threads(call, np.array_split(placed, calls) if calls else [], threads))


def _by_node(
    parts: list[Lists], order: NDArray[np.int64], n_nodes: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Return (first, site, cost) by node, sites increasing, from results by site in `order`."""
    if not parts:
        return np.zeros(n_nodes + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32)
    from placement.travel import kernels as engine  # noqa: PLC0415 - compiles or loads the kernels

    counts, nodes, costs = (np.concatenate([part[which] for part in parts]) for which in range(3))
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    found: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]] = engine.sites_by_node(
        np.concatenate([[0], np.cumsum(counts)]), place, nodes, costs, n_nodes
    )
    return found


def _bucket_shift(arc_cost: NDArray[np.int32], cutoff: int) -> int:
    """Return the binary logarithm of the bucket width: about a quarter of a usual edge, at most 65,536 buckets."""
    sample = arc_cost[:: max(arc_cost.size // 10_000, 1)]
    usual = int(np.median(sample)) // 4 if sample.size else 1
    shift = max(usual.bit_length() - 1, 0)
    while (cutoff >> shift) > MOST_BUCKETS:
        shift += 1
    return shift


def _pointers(counts: NDArray[Any]) -> NDArray[Any]:
    total = int(counts.sum())
    pointers = np.zeros(counts.size + 1, dtype=np.int32 if total < CLOSED else np.int64)
    np.cumsum(counts, out=pointers[1:])
    return pointers


def _csr(counts: NDArray[Any], indices: NDArray[Any], data: NDArray[Any], columns: int) -> sparse.csr_array:
    for part in (indices, data):
        part.setflags(write=False)
    matrix = sparse.csr_array((data, indices, _pointers(counts)), shape=(counts.size, columns))
    matrix.has_canonical_format = True
    return matrix


def _in_threads(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """Yield results in order, with only a few more in the making than are asked for."""
    if threads <= 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: list[Any] = []
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > threads:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()
