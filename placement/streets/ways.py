"""Long lines cut at junctions and joined where nothing branches off: the simplified network.

A way is a sequence of numbered vertices. A vertex where two way ends or way pieces meet, and no more, is no junction:
its geometry is kept, but it becomes no node, unless the attributes of the pieces differ there. What is left are the
edges between junctions, dead ends and changes of attribute (osmnx calls this simplification).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.values.arrays import IntArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Chains:
    """Sequences of vertices: ``vertex[starts[c]:starts[c + 1]]``, each with the way it was taken from.

    Parameters
    ----------
    vertex, starts
        Vertex numbers and where each chain begins.
    way
        (chains,) number of a way whose attributes the chain has.
    turned
        (chains,) True where the chain runs against that way.
    """

    vertex: IntArray
    starts: IntArray
    way: IntArray
    turned: NDArray[np.bool_]

    def __len__(self) -> int:
        return self.starts.size - 1


def edges_of_ways(vertex: IntArray, starts: IntArray, attributes: pd.DataFrame) -> Chains:
    """Return the edges that ways make.

    Parameters
    ----------
    vertex, starts
        Way w runs over ``vertex[starts[w]:starts[w + 1]]``; ways of fewer than two distinct vertices vanish.
    attributes
        (ways, any) rows that must be equal for two ways to be joined; `oneway` (-1, 0, 1) also fixes their direction.
    """
    vertex, starts = _without_repeats(vertex, starts)
    full = np.diff(starts) > 0
    ends = np.concatenate([vertex[starts[:-1][full]], vertex[starts[1:][full] - 1]])
    size = int(vertex.max(initial=-1)) + 1
    incidence = 2 * np.bincount(vertex, minlength=size) - np.bincount(ends, minlength=size)
    pieces = _cut(vertex, starts, incidence)
    return _join(pieces, incidence, attributes)


def _without_repeats(vertex: IntArray, starts: IntArray) -> tuple[IntArray, IntArray]:
    """Drop a vertex that repeats its predecessor; ways left with one vertex are kept empty of pieces."""
    way = np.repeat(np.arange(starts.size - 1), np.diff(starts))
    keep = np.ones(vertex.size, dtype=bool)
    keep[1:] = (vertex[1:] != vertex[:-1]) | (way[1:] != way[:-1])
    counts = np.bincount(way[keep], minlength=starts.size - 1)
    short = counts < 2
    keep &= ~short[way]
    counts[short] = 0
    kept_ways = np.concatenate([[0], np.cumsum(counts)])
    return vertex[keep], kept_ways


def _cut(vertex: IntArray, starts: IntArray, incidence: IntArray) -> Chains:
    """Cut every way where more than two pieces meet."""
    way = np.repeat(np.arange(starts.size - 1), np.diff(starts))
    last = np.zeros(vertex.size, dtype=bool)
    last[starts[1:][np.diff(starts) > 0] - 1] = True
    first = np.zeros(vertex.size, dtype=bool)
    first[starts[:-1][np.diff(starts) > 0]] = True
    opens = np.flatnonzero((first | (incidence[vertex] > 2)) & ~last)
    closes = np.flatnonzero((last | (incidence[vertex] > 2)) & ~first)
    lengths = closes - opens + 1
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    taken = np.repeat(opens - offsets[:-1], lengths) + np.arange(offsets[-1])
    return Chains(vertex=vertex[taken], starts=offsets, way=way[opens], turned=np.zeros(opens.size, dtype=bool))


def _join(pieces: Chains, incidence: IntArray, attributes: pd.DataFrame) -> Chains:
    """Join pieces end to end where two of them, and nothing else, meet with equal attributes."""
    partner = _partners(pieces, incidence, attributes)
    done = np.zeros(len(pieces), dtype=bool)
    order: list[tuple[int, bool]] = []
    lengths: list[int] = []
    # Chains first, from an end that has no partner; what is left after them are rings.
    ends = [*np.flatnonzero(partner < 0).tolist(), *(2 * np.arange(len(pieces))).tolist()]
    for end in ends:
        if done[end // 2]:
            continue
        length, at = 0, end
        while at >= 0 and not done[at // 2]:
            piece, side = divmod(at, 2)
            done[piece] = True
            order.append((piece, side == 1))
            length += 1
            at = int(partner[at ^ 1])
        lengths.append(length)
    return _assemble(pieces, order, lengths)


def _partners(pieces: Chains, incidence: IntArray, attributes: pd.DataFrame) -> IntArray:
    """Return for each piece end (2 x piece + side) the end it is joined with, or -1."""
    ends = np.column_stack([pieces.vertex[pieces.starts[:-1]], pieces.vertex[pieces.starts[1:] - 1]]).ravel()
    partner = np.full(ends.size, -1, dtype=np.int64)
    open_ends = np.flatnonzero(incidence[ends] == 2)
    open_ends = open_ends[np.argsort(ends[open_ends], kind="stable")]
    if not open_ends.size:
        return partner
    a, b = open_ends[0::2], open_ends[1::2]
    group = attributes.groupby(list(attributes.columns), dropna=False, sort=False).ngroup().to_numpy()
    oneway = attributes["oneway"].to_numpy()
    way_a, way_b = pieces.way[a // 2], pieces.way[b // 2]
    fits = (group[way_a] == group[way_b]) & (a // 2 != b // 2)
    fits &= (oneway[way_a] == 0) | (a % 2 != b % 2)
    partner[a[fits]], partner[b[fits]] = b[fits], a[fits]
    return partner


def _assemble(pieces: Chains, order: list[tuple[int, bool]], lengths: list[int]) -> Chains:
    """Write the pieces of each chain one after another, turned where needed; a shared vertex is written once."""
    vertices: list[IntArray] = []
    counts = []
    heads = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    for first, last in pairwise(heads.tolist()):
        total = 0
        for at in range(first, last):
            piece, turned = order[at]
            part = pieces.vertex[pieces.starts[piece] : pieces.starts[piece + 1]]
            part = part[::-1] if turned else part
            vertices.append(part if at == first else part[1:])
            total += vertices[-1].size
        counts.append(total)
    leaders = [order[head] for head in heads[:-1]]
    return Chains(
        vertex=np.concatenate(vertices) if vertices else np.zeros(0, np.int64),
        starts=np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]),
        way=pieces.way[np.array([piece for piece, _ in leaders], dtype=np.int64)],
        turned=np.array([turned for _, turned in leaders], dtype=bool),
    )
