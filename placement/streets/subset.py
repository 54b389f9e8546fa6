"""A street network without some of its edges."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.errors import InputError
from placement.streets.describe import parts_of
from placement.streets.network import StreetNetwork

Network = TypeVar("Network", bound=StreetNetwork)


def keep_edges(streets: Network, keep: NDArray[np.bool_], left_out: pd.DataFrame | None = None) -> Network:
    """Return the network with the edges where `keep` holds and the nodes they join; new rows go to `left_out`."""
    used = np.zeros(streets.n_nodes, dtype=bool)
    used[streets.u[keep]] = used[streets.v[keep]] = True
    number = np.cumsum(used) - 1
    counts = np.diff(streets.starts)
    frames = [frame for frame in (streets.left_out, left_out) if frame is not None and len(frame)]
    return replace(
        streets,
        node_ids=streets.node_ids[used],
        xy=streets.xy[used],
        u=number[streets.u[keep]],
        v=number[streets.v[keep]],
        length_mm=streets.length_mm[keep],
        coordinates=streets.coordinates[np.repeat(keep, counts)],
        starts=np.concatenate([[0], np.cumsum(counts[keep])]),
        kind=streets.kind[keep],
        oneway=streets.oneway[keep],
        elevation_m=None if streets.elevation_m is None else streets.elevation_m[used],
        left_out=pd.concat(frames, ignore_index=True) if frames else streets.left_out,
    )


def drop_small_parts(streets: Network, least_part_m: float) -> Network:
    """Return the network without small parts; see :meth:`placement.streets.Streets.without_small_parts`."""
    if not (np.isfinite(least_part_m) and least_part_m >= 0):
        raise InputError.single("least_part_m", f"is {least_part_m}", remedy="give metres, 0 or more")
    parts = parts_of(streets)
    small = (parts["length_m"] < least_part_m).to_numpy(copy=True)
    small[0] = False
    if not small.any():
        return streets
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
    return keep_edges(streets, ~small[streets.part[streets.u]], rows)
