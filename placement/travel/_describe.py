"""What is in a street network, and what looks wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from placement.travel.streets import Streets

STRETCH = 3.0
"""An edge is suspicious where its length is this many times the straight line between its ends, or more."""

SLACK_M = 1.0
"""An edge is suspicious where it is shorter than the straight line between its ends by more than this and 1 %."""


@dataclass(frozen=True, kw_only=True, eq=False)
class StreetsSummary:
    """Figures about a network.

    Parameters
    ----------
    nodes, edges
        Counts.
    length_km
        Total length, each edge once.
    parts
        Connected parts, the one with the most street first: `nodes`, `edges`, `length_m`, `x`, `y` of its middle.
    suspicious
        Edges to look at: `u`, `v`, `length_m`, `straight_m`, `reason`.
    left_out
        What the source named but the network does not hold.
    """

    nodes: int
    edges: int
    length_km: float
    parts: pd.DataFrame
    suspicious: pd.DataFrame
    left_out: pd.DataFrame

    def __str__(self) -> str:
        main = 100 * self.parts["length_m"].iloc[0] / max(self.parts["length_m"].sum(), 1e-9)
        return (
            f"{self.length_km:,.1f} km of street, {self.nodes:,} nodes, {self.edges:,} edges; "
            f"{len(self.parts):,} connected parts, the largest with {main:.1f} % of the length; "
            f"{len(self.suspicious):,} suspicious edges; {int(self.left_out['count'].sum()):,} pieces left out"
        )


def summarise(streets: Streets) -> StreetsSummary:
    """Return the summary of a network; see :class:`StreetsSummary`."""
    part = streets.part
    count = int(part.max()) + 1
    of_edge = part[streets.u]
    nodes = np.bincount(part, minlength=count)
    parts = pd.DataFrame(
        {
            "nodes": nodes,
            "edges": np.bincount(of_edge, minlength=count),
            "length_m": np.bincount(of_edge, weights=streets.length_mm / 1000, minlength=count),
            "x": np.bincount(part, weights=streets.xy[:, 0], minlength=count) / nodes,
            "y": np.bincount(part, weights=streets.xy[:, 1], minlength=count) / nodes,
        }
    ).rename_axis("part")
    return StreetsSummary(
        nodes=streets.n_nodes,
        edges=streets.n_edges,
        length_km=float(streets.length_mm.sum(dtype=np.int64)) / 1e6,
        parts=parts,
        suspicious=_suspicious(streets),
        left_out=streets.left_out.copy(),
    )


def _suspicious(streets: Streets) -> pd.DataFrame:
    straight = np.hypot(*(streets.xy[streets.u] - streets.xy[streets.v]).T)
    length = streets.length_mm / 1000
    joins = streets.u != streets.v
    reasons = {
        "shorter than the straight line": length + SLACK_M < 0.99 * straight,
        f"{STRETCH:g} times the straight line or more": joins & (length > 50) & (length > STRETCH * straight),
        "no length": joins & (streets.length_mm == 0),
        "a loop without length": ~joins & (streets.length_mm == 0),
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
                    "straight_m": straight[at],
                    "reason": reason,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)
