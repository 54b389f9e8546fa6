r"""What it costs to pass an edge, and what is left of it from a point part-way along.

Costs are whole numbers: millimetres for flat walking, which serves every speed, or milliseconds where the speed depends
on the edge. An edge (u, v) of length L has a cost F from u to v and a cost B from v to u. A point x millimetres from u
splits them into whole numbers that add up:

.. math:: F = \mathrm{ahead} + (F - \mathrm{ahead}),\quad \mathrm{ahead} = \mathrm{round}(F x / L),
          \quad \mathrm{back} = \mathrm{round}(B x / L)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from placement.streets.snap import Snaps
from placement.streets.streets import Streets
from placement.values.arrays import Int32Array, IntArray, frozen_array
from placement.values.immutable import immutable

CLOSED = 2**31 - 1
"""Cost of a direction that may not be used."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class EdgeCosts:
    """Costs of all edges of a network in both directions.

    Parameters
    ----------
    forward, backward
        (edges,) int32 whole cost from u to v and from v to u; :data:`CLOSED` where that direction may not be used.
    unit
        ``mm`` or ``ms``.
    speed_mm_s
        Speed on access legs, whole millimetres a second; used with ``ms`` only.
    """

    forward: Int32Array
    backward: Int32Array
    unit: Literal["mm", "ms"]
    speed_mm_s: int

    def __post_init__(self) -> None:
        for name in ("forward", "backward"):
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.int32))

    @classmethod
    def flat(cls, streets: Streets, speed_mm_s: int) -> EdgeCosts:
        """Return lengths in millimetres: the same in both directions, whatever the speed."""
        return cls(forward=streets.length_mm, backward=streets.length_mm, unit="mm", speed_mm_s=speed_mm_s)

    def turned(self) -> EdgeCosts:
        """Return the costs of travelling every way the other way round: from sites to points."""
        return EdgeCosts(forward=self.backward, backward=self.forward, unit=self.unit, speed_mm_s=self.speed_mm_s)

    def arcs(self, streets: Streets) -> tuple[Int32Array, Int32Array, Int32Array]:
        """Return (first arc, node, cost) of the search *towards* sites: at each node, who reaches it over one edge."""
        joins = streets.u != streets.v
        forward, backward = joins & (self.forward < CLOSED), joins & (self.backward < CLOSED)
        reached = np.concatenate([streets.v[forward], streets.u[backward]])
        reaching = np.concatenate([streets.u[forward], streets.v[backward]])
        cost = np.concatenate([self.forward[forward], self.backward[backward]])
        order = np.argsort(reached, kind="stable")
        first = np.zeros(streets.n_nodes + 1, dtype=np.int32)
        np.cumsum(np.bincount(reached, minlength=streets.n_nodes), out=first[1:])
        return first, reaching[order], cost[order]

    def place(self, streets: Streets, snaps: Snaps, *, arriving: bool) -> Int32Array:
        """Return the (n, 7) placement of points, columns as in :mod:`placement.travel.placed`.

        Parameters
        ----------
        streets, snaps
            The network, and where the points stand on it.
        arriving
            True for sites, which people come to; False for demand points, which they leave.
        """
        edge, at = snaps.edge, snaps.position_mm.astype(np.int64)
        length = streets.length_mm[edge].astype(np.int64)
        forward, backward = self.forward[edge].astype(np.int64), self.backward[edge].astype(np.int64)
        access = snaps.access_mm.astype(np.int64)
        if self.unit == "ms":
            access = _ratio(access, np.full_like(access, 1000), np.full_like(access, self.speed_mm_s))
        ahead = np.where(forward < CLOSED, _ratio(forward, at, length), -1)
        back = np.where(backward < CLOSED, _ratio(backward, at, length), -1)
        to_v, from_v = np.where(ahead < 0, CLOSED, forward - ahead), np.where(back < 0, CLOSED, backward - back)
        to_u, from_u = np.where(back < 0, CLOSED, back), np.where(ahead < 0, CLOSED, ahead)
        # A point at the very end of an edge stands at the node, whatever direction the edge allows.
        leg_u = np.where(at == 0, 0, from_u if arriving else to_u) + access
        leg_v = np.where(at == length, 0, from_v if arriving else to_v) + access
        columns = (edge, at, ahead, back, access, leg_u, leg_v)
        return np.column_stack([np.minimum(column, CLOSED) for column in columns]).astype(np.int32)


def _ratio(value: IntArray, part: IntArray, whole: IntArray) -> IntArray:
    """Return round(value * part / whole) in integers, halves up; 0 where `whole` is 0."""
    divisor = np.maximum(2 * whole, 1)
    ratio: IntArray = (2 * value * part + whole) // divisor
    return ratio
