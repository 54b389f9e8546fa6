r"""Bounded shortest paths from many sites, in whole numbers.

Two steps, both exact in integers:

1. For each site *s*, a search bounded by the cutoff gives the cost :math:`D(x, s)` of every street node *x* from which
   *s* is reached in time. A site stands part-way along an edge, so its search starts at both ends of that edge with the
   cost of the remaining piece.
2. A demand point *p* on edge *(u, v)* then costs

   .. math::

       t(p, s) = \min\{a(p, u) + D(u, s),\; a(p, v) + D(v, s),\; \text{along the edge if } s \text{ is on it}\}

   with :math:`a` the access leg plus the piece of the edge. Step 2 merges two sorted lists a point, so rows come out in
   the order of the points, in blocks of any size.

The queue is a bucket queue (Dial 1969) of doubly linked lists with one sentinel a bucket. A node sits in at most one
list, so memory is bounded by the nodes; inside a bucket labels may still fall, and a node whose label falls is queued
again, first in, first out (Bellman-Ford's bound). The result is exact for every bucket width.

Source: Dial (1969), Algorithm 360: shortest-path forest with topological ordering, CACM 12, 632-633.
"""

# ruff: noqa: PLR0917 - compiled functions take arrays by position
from __future__ import annotations

import numpy as np

from placement.kernels import Ints, IntTable, Longs, inner, kernel
from placement.travel.placed import ACCESS, AHEAD, AT, BACK, EDGE, LEG_U, LEG_V

UNREACHED = np.int32(2**31 - 1)
"""Label of a node that is not reached, cost of a direction that is closed."""


@inner
def _unlink(node: int, following: Ints, preceding: Ints) -> None:
    """Take a node out of its list; a node that is in no list is linked to itself."""
    before, after = preceding[node], following[node]
    following[before] = after
    preceding[after] = before
    following[node] = node
    preceding[node] = node


@inner
def _append(node: int, sentinel: int, following: Ints, preceding: Ints) -> None:
    """Put a node at the end of the list of a sentinel."""
    last = preceding[sentinel]
    following[last] = node
    preceding[node] = last
    following[node] = sentinel
    preceding[sentinel] = node


@inner
def _queue(
    node: int, cost: int, shift: int, n_touched: int, label: Ints, touched: Ints, following: Ints, preceding: Ints
) -> int:
    """Lower the label of a node and (re)queue it; return how many nodes were touched."""
    if label[node] == UNREACHED:
        touched[n_touched] = node
        n_touched += 1
    else:
        _unlink(node, following, preceding)
    label[node] = cost
    _append(node, label.size + (cost >> shift), following, preceding)
    return n_touched


@inner
def _settle(
    first_arc: Ints,
    arc_node: Ints,
    arc_cost: Ints,
    cutoff: int,
    shift: int,
    n_touched: int,
    label: Ints,
    touched: Ints,
    following: Ints,
    preceding: Ints,
) -> int:
    """Empty the buckets from the lowest up; return how many nodes were touched."""
    for sentinel in range(label.size, following.size):
        node = following[sentinel]
        while node != sentinel:
            _unlink(node, following, preceding)
            reached = np.int64(label[node])
            for arc in range(first_arc[node], first_arc[node + 1]):
                other, cost = arc_node[arc], reached + arc_cost[arc]
                if cost <= cutoff and cost < label[other]:
                    n_touched = _queue(other, cost, shift, n_touched, label, touched, following, preceding)
            node = following[sentinel]
    return n_touched


@inner
def _roomy(values: Ints, used: int, needed: int) -> Ints:
    """Return the array itself, or a copy of at least twice the size where `needed` entries do not fit."""
    if needed <= values.size:
        return values
    larger = np.empty(max(needed, 2 * values.size), np.int32)
    for at in range(used):  # a slice would take seconds to compile
        larger[at] = values[at]
    return larger


@kernel
def reach_nodes(
    first_arc: Ints,
    arc_node: Ints,
    arc_cost: Ints,
    edge_u: Ints,
    edge_v: Ints,
    sites: IntTable,
    cutoff: int,
    shift: int,
) -> tuple[Longs, Ints, Ints]:
    """Search from each site; return (nodes a site, nodes, costs), site after site, nodes in no particular order.

    The last two arrays may be longer than what is in them.

    Parameters
    ----------
    first_arc, arc_node, arc_cost
        Arcs of each node as CSR, in the direction of the search: (nodes + 1,), (arcs,), (arcs,) int32.
    edge_u, edge_v
        (edges,) int32 ends of each edge.
    sites
        (sites, 7) placement.
    cutoff
        Highest cost that counts as reached, below :data:`UNREACHED`.
    shift
        Buckets are ``2**shift`` wide.
    """
    n = first_arc.size - 1
    links = n + (cutoff >> shift) + 1
    following, preceding = np.empty(links, np.int32), np.empty(links, np.int32)
    for link in range(links):
        following[link] = preceding[link] = link
    label, touched = np.empty(n, np.int32), np.empty(n, np.int32)
    for node in range(n):
        label[node] = UNREACHED
    counts, used = np.zeros(len(sites), np.int64), 0
    nodes, costs = np.empty(512 * len(sites), np.int32), np.empty(512 * len(sites), np.int32)
    for s in range(len(sites)):
        n_touched, u, v = 0, edge_u[sites[s, EDGE]], edge_v[sites[s, EDGE]]
        if sites[s, LEG_U] <= cutoff:
            n_touched = _queue(u, sites[s, LEG_U], shift, n_touched, label, touched, following, preceding)
        if sites[s, LEG_V] <= cutoff and sites[s, LEG_V] < label[v]:
            n_touched = _queue(v, sites[s, LEG_V], shift, n_touched, label, touched, following, preceding)
        n_touched = _settle(
            first_arc, arc_node, arc_cost, cutoff, shift, n_touched, label, touched, following, preceding
        )
        nodes, costs = _roomy(nodes, used, used + n_touched), _roomy(costs, used, used + n_touched)
        for at in range(n_touched):
            nodes[used + at], costs[used + at] = touched[at], label[touched[at]]
            label[touched[at]] = UNREACHED
        used += n_touched
        counts[s] = n_touched
    return counts, nodes, costs


@kernel
def sites_by_node(first: Longs, place: Longs, nodes: Ints, costs: Ints, n_nodes: int) -> tuple[Longs, Ints, Ints]:
    """Return (first, sites, costs) by node as CSR, the sites of a node increasing, from results by site.

    Parameters
    ----------
    first
        (sites + 1,) where the results of the k-th searched site begin in `nodes` and `costs`.
    place
        (sites,) which of them belongs to each site.
    nodes, costs
        Results, site after site.
    n_nodes
        Number of nodes.
    """
    begin = np.zeros(n_nodes + 1, np.int64)
    for node in nodes:
        begin[node + 1] += 1
    for node in range(n_nodes):
        begin[node + 1] += begin[node]
    fill = np.empty(n_nodes, np.int64)
    for node in range(n_nodes):
        fill[node] = begin[node]
    site_of, cost_of = np.empty(nodes.size, np.int32), np.empty(nodes.size, np.int32)
    for site in range(place.size):
        for at in range(first[place[site]], first[place[site] + 1]):
            slot = fill[nodes[at]]
            site_of[slot], cost_of[slot] = site, costs[at]
            fill[nodes[at]] += 1
    return begin, site_of, cost_of


@inner
def _along(points: Ints, p: int, sites: Ints, s: int) -> int:
    """Return the cost from p to s without leaving their common edge, at least UNREACHED where it is closed."""
    best = np.int64(UNREACHED)
    if points[p, AT] <= sites[s, AT] and points[p, AHEAD] >= 0:
        best = np.int64(sites[s, AHEAD]) - points[p, AHEAD]
    if points[p, AT] >= sites[s, AT] and points[p, BACK] >= 0:
        best = min(best, np.int64(points[p, BACK]) - sites[s, BACK])
    return int(best + points[p, ACCESS] + sites[s, ACCESS])


@inner
def _merge(
    u: int,
    v: int,
    p: int,
    first_reach: Ints,
    reach_site: Ints,
    reach_cost: Ints,
    first_on_edge: Ints,
    on_edge: Ints,
    points: Ints,
    sites: Ints,
    found: Ints,
    costs: Ints,
    used: int,
    cutoff: int,
) -> int:
    """Append the sites that one point reaches, by increasing number; return the new number of entries."""
    i, i_end, j, j_end = first_reach[u], first_reach[u + 1], first_reach[v], first_reach[v + 1]
    k, k_end = first_on_edge[points[p, EDGE]], first_on_edge[points[p, EDGE] + 1]
    while i < i_end or j < j_end or k < k_end:
        site_i = reach_site[i] if i < i_end else UNREACHED
        site_j = reach_site[j] if j < j_end else UNREACHED
        site_k = on_edge[k] if k < k_end else UNREACHED
        site, best = min(site_i, site_j, site_k), np.int64(UNREACHED)
        if site_i == site:
            best = np.int64(points[p, LEG_U]) + reach_cost[i]
            i += 1
        if site_j == site:
            best = min(best, np.int64(points[p, LEG_V]) + reach_cost[j])
            j += 1
        if site_k == site:
            best = min(best, _along(points, p, sites, site))
            k += 1
        if best <= cutoff:
            found[used], costs[used] = site, best
            used += 1
    return used


@kernel
def point_rows(
    edge_u: Ints,
    edge_v: Ints,
    first_reach: Longs,
    reach_site: Ints,
    reach_cost: Ints,
    first_on_edge: Longs,
    on_edge: Ints,
    points: IntTable,
    sites: IntTable,
    cutoff: int,
) -> tuple[Longs, Ints, Ints]:
    """Return (sites a point, sites, costs) for a block of points; the sites of a point increase.

    The last two arrays may be longer than what is in them.

    Parameters
    ----------
    edge_u, edge_v
        (edges,) int32 ends of each edge.
    first_reach, reach_site, reach_cost
        Sites of each node as CSR, sites increasing.
    first_on_edge, on_edge
        Sites on each edge as CSR, sites increasing.
    points, sites
        (points, 7) and (sites, 7) placements.
    cutoff
        Highest cost that counts as reached.
    """
    capacity = 0
    for p in range(len(points)):
        edge = points[p, EDGE]
        u, v = edge_u[edge], edge_v[edge]
        capacity += first_reach[u + 1] - first_reach[u] + first_reach[v + 1] - first_reach[v]
        capacity += first_on_edge[edge + 1] - first_on_edge[edge]
    counts, used = np.zeros(len(points), np.int64), 0
    found, costs = np.empty(capacity, np.int32), np.empty(capacity, np.int32)
    for p in range(len(points)):
        edge, start = points[p, EDGE], used
        used = _merge(
            edge_u[edge],
            edge_v[edge],
            p,
            first_reach,
            reach_site,
            reach_cost,
            first_on_edge,
            on_edge,
            points,
            sites,
            found,
            costs,
            used,
            cutoff,
        )
        counts[p] = used - start
    return counts, found, costs
