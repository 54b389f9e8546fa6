r"""Cover rows coded by their differences, so that a pass over them costs what sets them apart, not what they hold.

Neighbouring demand points are within reach of nearly the same sites. A spanning forest links each row to a similar
one, its *parent*, and the way from there is a chain of *nodes*, each adding or taking away one site:

.. math:: t_k = t_{p(k)} \pm y_{j(k)}, \qquad \sum_{j \in N(r)} y_j = t_{k(r)} ,

one addition a node, parents before children; the transposed product hands the prices of children on to their parents,
children before parents. Measured on street networks and on random towns a row of 7 to 70 sites is 1 to 15 nodes. A
parent is a row that lacks one site, found by its hash, or else the most similar of the neighbours in orders by
min-hash. Nodes are numbered by depth, so that the additions of a processor's pipeline do not wait for each other.

Sources: Bjorklund & Lingas (2001), Fast Boolean matrix multiplication for highly clustered data, WADS, LNCS 2125, for
spanning trees over rows; Broder (1997), On the resemblance and containment of documents, for min-hash.
"""

# ruff: noqa: PLR0917 - numba kernels take arrays by position

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from placement.kernels import Ints, Keys, Longs, OutInts, fast_inner, inner, kernel, read_only
from placement.solve.settings import DEFAULTS, ProgramSettings


class Forest(NamedTuple):
    """Rows as nodes of a forest under the empty row, node 0.

    Attributes
    ----------
    parent
        (nodes,) a node of lower number; node 0 is its own.
    step
        (nodes,) the site ``j`` that a node has and its parent has not, or ``n_sites + j`` for one that it has not and
        its parent has.
    node
        (rows,) the node that is the row, increasing.
    """

    parent: Ints
    step: Ints
    node: Ints


def build_forest(
    indptr: NDArray[Any], sites: NDArray[Any], n_sites: int, settings: ProgramSettings = DEFAULTS.program
) -> tuple[NDArray[Any], Forest]:
    """Return (order, forest) of the rows of CSR `indptr`, `sites`, which are distinct and hold at least one site each.

    ``forest.node[k]`` is the node of row ``order[k]``.
    """
    row_parent = np.full(indptr.size - 1, -1, dtype=np.int32)
    if sites.size >= settings.forest_entries:
        rng = np.random.default_rng(n_sites)
        row_parent = _subset_parents(indptr, sites, rng.integers(1, 2**63, n_sites, dtype=np.uint64))
        apart = np.where(row_parent >= 0, 1, np.diff(indptr)).astype(np.int32)
        for _ in range(settings.forest_orders):
            keys = [np.minimum.reduceat(rng.permutation(n_sites)[sites], indptr[:-1]) for _ in range(2)]
            _near_parents(indptr, sites, np.lexsort(keys), row_parent, apart, n_sites, settings.forest_window)
    nodes = _chains(indptr, sites, row_parent, _preorder(row_parent), n_sites)
    parent, step, node = _by_depth(*nodes)
    order = np.argsort(node, kind="stable")
    return order, read_only(Forest(parent, step, node[order]))


@inner
def _slot(key: Any, capacity: Any) -> Any:
    return np.int64((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(33)) & (capacity - 1)


@kernel
def _subset_parents(indptr: Longs, sites: Ints, keys: Keys) -> Any:
    """Return for each row one that lacks a single site of it, by the sums of keys; -1 where there is none."""
    n_rows = indptr.size - 1
    capacity = 16
    while capacity < 2 * n_rows:
        capacity *= 2
    table = np.full(capacity, -1, np.int32)
    hashed = np.zeros(n_rows, np.uint64)
    for row in range(n_rows):
        for entry in range(indptr[row], indptr[row + 1]):
            hashed[row] += keys[sites[entry]]
        at = _slot(hashed[row], capacity)
        while table[at] >= 0:
            at = (at + 1) & (capacity - 1)
        table[at] = row
    parent = np.full(n_rows, -1, np.int32)
    for row in range(n_rows):
        size = indptr[row + 1] - indptr[row]
        for entry in range(indptr[row], indptr[row + 1]):
            key = hashed[row] - keys[sites[entry]]
            at = _slot(key, capacity)
            while table[at] >= 0 and hashed[table[at]] != key:
                at = (at + 1) & (capacity - 1)
            other = table[at]
            if other >= 0 and indptr[other + 1] - indptr[other] == size - 1:
                parent[row] = other
                break
    return parent


@kernel
def _near_parents(
    indptr: Longs, sites: Ints, order: Longs, parent: OutInts, apart: OutInts, n_sites: int, window: int
) -> None:
    """Give rows that are far from their parents the most similar row among `window` neighbours in `order`.

    Parents come before in the order by size and number, so that there are no circles.
    """
    mark = np.full(n_sites, -1, np.int64)
    for place in range(order.size):
        row = order[place]
        if apart[row] <= 1:
            continue
        size = indptr[row + 1] - indptr[row]
        for entry in range(indptr[row], indptr[row + 1]):
            mark[sites[entry]] = place
        for near in range(max(0, place - window), min(order.size, place + window + 1)):
            other = order[near]
            other_size = indptr[other + 1] - indptr[other]
            if other_size > size or (other_size == size and other >= row) or size - other_size >= apart[row]:
                continue
            shared = 0
            for entry in range(indptr[other], indptr[other + 1]):
                if mark[sites[entry]] == place:
                    shared += 1
            if size + other_size - 2 * shared < apart[row]:
                parent[row], apart[row] = other, size + other_size - 2 * shared


@kernel
def _preorder(parent: Ints) -> Any:
    """Return the rows tree by tree, each before its children."""
    n_rows = parent.size
    child, sibling = np.full(n_rows, -1, np.int64), np.full(n_rows, -1, np.int64)
    for row in range(n_rows - 1, -1, -1):
        if parent[row] >= 0:
            sibling[row] = child[parent[row]]
            child[parent[row]] = row
    order, count = np.empty(n_rows, np.int64), 0
    stack = np.empty(n_rows, np.int64)
    for root in range(n_rows):
        if parent[root] >= 0:
            continue
        stack[0], depth = root, 1
        while depth > 0:
            depth -= 1
            row = stack[depth]
            order[count] = row
            count += 1
            below = child[row]
            while below >= 0:
                stack[depth] = below
                depth += 1
                below = sibling[below]
    return order


@kernel
def _chains(indptr: Longs, sites: Ints, row_parent: Ints, preorder: Longs, n_sites: int) -> Any:
    """Return (parent, step, node of each row) with nodes in the order of `preorder`."""
    of_row, of_parent = np.full(n_sites, -1, np.int64), np.full(n_sites, -1, np.int64)
    parent, step = np.zeros(sites.size + 1, np.int32), np.zeros(sites.size + 1, np.int32)
    node = np.zeros(row_parent.size, np.int32)
    count = 1
    for row in preorder:
        up, at = row_parent[row], np.int32(0)
        if up >= 0:
            at = node[up]
            for entry in range(indptr[up], indptr[up + 1]):
                of_parent[sites[entry]] = row
        for entry in range(indptr[row], indptr[row + 1]):
            of_row[sites[entry]] = row
            if of_parent[sites[entry]] != row:
                parent[count], step[count], at = at, sites[entry], np.int32(count)
                count += 1
        if up >= 0:
            for entry in range(indptr[up], indptr[up + 1]):
                if of_row[sites[entry]] != row:
                    parent[count], step[count], at = at, n_sites + sites[entry], np.int32(count)
                    count += 1
        node[row] = at
    return parent[:count], step[:count], node


@kernel
def _by_depth(parent: Ints, step: Ints, node: Ints) -> Any:
    """Return the same nodes numbered by depth."""
    depth = np.zeros(parent.size, np.int64)
    for at in range(1, parent.size):
        depth[at] = depth[parent[at]] + 1
    start = np.zeros(depth.max() + 2, np.int64)
    for at in range(parent.size):
        start[depth[at] + 1] += 1
    start = np.cumsum(start)
    number = np.empty(parent.size, np.int32)
    for at in range(parent.size):
        number[at] = start[depth[at]]
        start[depth[at]] += 1
    new_parent, new_step = np.empty_like(parent), np.empty_like(step)
    for at in range(parent.size):
        new_parent[number[at]], new_step[number[at]] = number[parent[at]], step[at]
    return new_parent, new_step, number[node]


@fast_inner
def reach_rows(forest: Any, y: Any) -> Any:
    """Return the sum of `y` over the sites of each row."""
    signed = np.empty(2 * y.size)
    for site in range(y.size):
        signed[site], signed[y.size + site] = y[site], -y[site]
    total = np.empty(forest.parent.size)
    total[0] = 0.0
    for at in range(1, total.size):
        total[at] = total[forest.parent[at]] + signed[forest.step[at]]
    reach = np.empty(forest.node.size)
    for row in range(reach.size):
        reach[row] = total[forest.node[row]]
    return reach


@fast_inner
def spread_prices(forest: Any, prices: Any, site_price: Any) -> None:
    """Fill `site_price` with the sum of the prices of each site's rows."""
    passed = np.zeros(forest.parent.size)
    for row in range(prices.size):
        passed[forest.node[row]] = prices[row]
    signed = np.zeros(2 * site_price.size)
    for at in range(passed.size - 1, 0, -1):
        signed[forest.step[at]] += passed[at]
        passed[forest.parent[at]] += passed[at]
    for site in range(site_price.size):
        site_price[site] = signed[site] - signed[site_price.size + site]
