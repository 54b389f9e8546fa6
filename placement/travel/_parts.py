"""Small connected parts, left out and listed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from placement.errors import InputError
from placement.travel._describe import summarise

if TYPE_CHECKING:
    from placement.travel.streets import Streets


def drop_small_parts(streets: Streets, least_part_m: float) -> Streets:
    """Return the network without small parts; see :meth:`placement.travel.Streets.without_small_parts`."""
    if not (np.isfinite(least_part_m) and least_part_m >= 0):
        raise InputError.single("least_part_m", f"is {least_part_m}", remedy="give metres, 0 or more")
    parts = summarise(streets).parts
    small = (parts["length_m"] < least_part_m).to_numpy(copy=True)
    small[0] = False
    if not small.any():
        return streets
    keep_node, keep_edge = ~small[streets.part], ~small[streets.part[streets.u]]
    number = np.cumsum(keep_node) - 1
    counts = np.diff(streets.starts)
    gone = parts[small]
    rows = pd.DataFrame(
        {
            "what": "connected part",
            "count": gone["edges"],
            "length_m": gone["length_m"],
            "x": gone["x"],
            "y": gone["y"],
            "reason": f"less than {least_part_m:g} m of street",
        }
    )
    return replace(
        streets,
        node_ids=streets.node_ids[keep_node],
        xy=streets.xy[keep_node],
        u=number[streets.u[keep_edge]],
        v=number[streets.v[keep_edge]],
        length_mm=streets.length_mm[keep_edge],
        coordinates=streets.coordinates[np.repeat(keep_edge, counts)],
        starts=np.concatenate([[0], np.cumsum(counts[keep_edge])]),
        kind=streets.kind[keep_edge],
        oneway=streets.oneway[keep_edge],
        elevation_m=None if streets.elevation_m is None else streets.elevation_m[keep_node],
        left_out=pd.concat([streets.left_out, rows], ignore_index=True) if len(streets.left_out) else rows,
    )
