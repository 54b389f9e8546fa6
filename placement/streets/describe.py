"""What is in a street network, and what looks wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from placement.streets.lengths import stretch
from placement.streets.network import StreetNetwork
from placement.values.immutable import immutable
from placement.values.shown import Shown

STRETCH = 3.0
"""An edge is suspicious where its length is this many times that of its line, or more."""

LEAST_M = 100.0
"""Shorter ways round than this are no matter: bends that a table of edges does not draw."""

SLACK_M = 1.0
"""An edge is suspicious where it is shorter than the straight line between its ends by more than this and 1 %."""

GAP_M = 2.0
"""A dead end this near to a street that it does not join was probably meant to join it: no pavement is narrower."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class StreetsSummary:
    """Figures about a network.

    Parameters
    ----------
    nodes, edges
        Counts.
    length_km
        Total length, each edge once.
    stretch
        The ratio of length to straight line that nine edges of ten exceed; near 1 in cities. 1 for a few edges.
    parts
        Connected parts, the one with the most street first: `nodes`, `edges`, `length_m`, `x`, `y` of its middle.
    suspicious
        Edges to look at: `u`, `v`, `length_m`, `line_m` (length of its geometry), `x`, `y` of its middle, `reason`.
    gaps
        Dead ends within :data:`GAP_M` of a street they do not join: `node_id`, `gap_m`, `x`, `y`, and `middle`: whether
        the nearest place of that street is no node of it (a T-junction without a node).
    left_out
        What the source named but the network does not hold.
    """

    nodes: int
    edges: int
    length_km: float
    stretch: float
    parts: pd.DataFrame
    suspicious: pd.DataFrame
    gaps: pd.DataFrame
    left_out: pd.DataFrame

    def __str__(self) -> str:
        main = 100 * self.parts["length_m"].iloc[0] / max(self.parts["length_m"].sum(), 1e-9)
        return (
            f"{self.length_km:,.1f} km of street, {self.nodes:,} nodes, {self.edges:,} edges; "
            f"{len(self.parts):,} connected parts, the largest with {main:.1f} % of the length; "
            f"{len(self.suspicious):,} suspicious edges; {len(self.gaps):,} gaps; "
            f"{int(self.left_out['count'].sum()):,} pieces left out"
        )

    def _shown(self) -> Shown:
        rows = [
            (
                "length",
                f"{self.length_km:,.1f} km; nine of ten edges at most {self.stretch:.2f} times as long as straight",
            ),
            ("parts", f"{len(self.parts):,} connected parts"),
            ("to look at", f"{len(self.suspicious):,} suspicious edges, {len(self.gaps):,} dead ends that nearly join"),
            ("left out", f"{len(self.left_out):,} rows"),
        ]
        return f"StreetsSummary: {self.nodes:,} nodes, {self.edges:,} edges", rows


def summarise(streets: StreetNetwork) -> StreetsSummary:
    """Return the summary of a network; see :class:`StreetsSummary`."""
    straight = _straight(streets)
    return StreetsSummary(
        nodes=streets.n_nodes,
        edges=streets.n_edges,
        length_km=float(streets.length_mm.sum(dtype=np.int64)) / 1e6,
        stretch=stretch(streets.length_mm / 1000, straight),
        parts=parts_of(streets),
        suspicious=_suspicious(streets, straight),
        gaps=_gaps(streets),
        left_out=streets.left_out.copy(),
    )


def parts_of(streets: StreetNetwork) -> pd.DataFrame:
    """Return the connected parts of a network; see :class:`StreetsSummary`."""
    part = streets.part
    count = int(part.max()) + 1
    of_edge = part[streets.u]
    nodes = np.bincount(part, minlength=count)
    return pd.DataFrame(
        {
            "nodes": nodes,
            "edges": np.bincount(of_edge, minlength=count),
            "length_m": np.bincount(of_edge, weights=streets.length_mm / 1000, minlength=count),
            "x": np.bincount(part, weights=streets.xy[:, 0], minlength=count) / nodes,
            "y": np.bincount(part, weights=streets.xy[:, 1], minlength=count) / nodes,
        }
    ).rename_axis("part")


def _straight(streets: StreetNetwork) -> np.ndarray:
    return np.asarray(np.hypot(*(streets.xy[streets.u] - streets.xy[streets.v]).T))


def _suspicious(streets: StreetNetwork, straight: np.ndarray) -> pd.DataFrame:
    lines = streets.lines()
    drawn = shapely.length(lines)
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    length = streets.length_mm / 1000
    reasons = {
        "shorter than the straight line": length + SLACK_M < 0.99 * straight,
        f"{STRETCH:g} times its line or more": (length - drawn > LEAST_M) & (length > STRETCH * drawn),
        "a third of its line or less": (drawn - length > LEAST_M) & (STRETCH * length < drawn),
    }
    rows = []
    for reason, holds in reasons.items():
        at = np.flatnonzero(holds)
        rows.append(
            pd.DataFrame(
                {
                    "u": streets.node_ids.take(streets.u[at]),
                    "v": streets.node_ids.take(streets.v[at]),
                    "length_m": length[at],
                    "line_m": drawn[at],
                    "x": shapely.get_x(middle[at]),
                    "y": shapely.get_y(middle[at]),
                    "reason": reason,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def _gaps(streets: StreetNetwork) -> pd.DataFrame:
    """Return the dead ends that lie at a street without joining it; the stub of a junction does not count."""
    degree = np.bincount(np.concatenate([streets.u, streets.v]), minlength=streets.n_nodes)
    ends = np.flatnonzero(degree == 1)
    own = np.full(streets.n_nodes, -1, dtype=np.int64)
    own[streets.u], own[streets.v] = np.arange(streets.n_edges), np.arange(streets.n_edges)
    lines, points = streets.lines(), shapely.points(streets.xy[ends])
    at, edge = shapely.STRtree(lines).query(points, predicate="dwithin", distance=GAP_M)
    mine = own[ends[at]]
    other_end = np.where(streets.u[mine] == ends[at], streets.v[mine], streets.u[mine])
    beside = (streets.u[edge] == other_end) | (streets.v[edge] == other_end)
    joined = (edge == mine) | (beside & (streets.length_mm[mine] < 3000 * GAP_M))
    at, edge = at[~joined], edge[~joined]
    gap = shapely.distance(points[at], lines[edge])
    order = np.lexsort((gap, at))
    at, edge, gap = at[order], edge[order], gap[order]
    first = np.flatnonzero(np.diff(at, prepend=-1))
    at, edge, gap = at[first], edge[first], gap[first]
    to_node = np.minimum(
        *(np.hypot(*(streets.xy[ends[at]] - streets.xy[side[edge]]).T) for side in (streets.u, streets.v))
    )
    x, y = streets.xy[ends[at]].T
    frame = {"node_id": streets.node_ids.take(ends[at]), "gap_m": gap, "x": x, "y": y, "middle": to_node > GAP_M}
    return pd.DataFrame(frame)
