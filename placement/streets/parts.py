"""The arrays of a street network in the order of its source, and what all sources need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

from placement.streets.space_order import morton_order

LONGEST_MM = 2**31 - 2
"""Longest edge, about 2,147 km: lengths are 32-bit whole millimetres."""

LEFT_OUT_COLUMNS = ["what", "count", "length_m", "x", "y", "reason"]

Objects = NDArray[np.object_]


@dataclass(frozen=True, kw_only=True)
class StreetTables:
    """Arrays of :class:`placement.streets.Streets`, in the order of the input; see there for their meaning."""

    crs: pyproj.CRS
    node_ids: pd.Index
    xy: NDArray[np.float64]
    u: NDArray[np.int64]
    v: NDArray[np.int64]
    length_mm: NDArray[np.int64]
    coordinates: NDArray[np.float64]
    starts: NDArray[np.int64]
    highway: Objects | None
    oneway: NDArray[np.int8]
    elevation_m: NDArray[np.float64] | None = None
    left_out: list[dict[str, Any]] = field(default_factory=list)

    def sorted_in_space(self) -> dict[str, Any]:
        """Return the fields of `Streets`: nodes along the Morton curve, edges by their first node."""
        order = morton_order(self.xy)
        number = np.empty(order.size, dtype=np.int64)
        number[order] = np.arange(order.size)
        u, v = number[self.u], number[self.v]
        by_edge = np.lexsort((np.maximum(u, v), np.minimum(u, v)))
        counts = np.diff(self.starts)[by_edge]
        starts = np.concatenate([[0], np.cumsum(counts)])
        gathered = np.repeat(self.starts[by_edge] - starts[:-1], counts) + np.arange(starts[-1])
        codes, kinds = np.zeros(by_edge.size, dtype=np.int16), np.array([""], dtype=object)
        if self.highway is not None:
            codes, kinds = pd.factorize(self.highway[by_edge], sort=True)
        return {
            "crs": self.crs,
            "node_ids": self.node_ids.take(order),
            "xy": self.xy[order],
            "u": u[by_edge],
            "v": v[by_edge],
            "length_mm": self.length_mm[by_edge],
            "coordinates": self.coordinates[gathered],
            "starts": starts,
            "kinds": tuple(map(str, kinds)),
            "kind": codes,
            "oneway": self.oneway[by_edge],
            "elevation_m": None if self.elevation_m is None else self.elevation_m[order],
            "left_out": pd.DataFrame(self.left_out, columns=LEFT_OUT_COLUMNS),
        }


def one_way(values: pd.Series | None, count: int) -> NDArray[np.int8]:
    """Return -1, 0 or 1 for values of OSM's ``oneway`` tag (yes, true, 1, -1, reverse; anything else is both ways)."""
    if values is None:
        return np.zeros(count, dtype=np.int8)
    text = values.astype(str).str.lower()
    forward = text.isin(["yes", "true", "1", "1.0"])
    backward = text.isin(["-1", "-1.0", "reverse"])
    marks: NDArray[np.int8] = (forward.astype(np.int8) - backward.astype(np.int8)).to_numpy(np.int8)
    return marks
