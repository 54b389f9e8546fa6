"""Ways over placed vertices as the tables of a street network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyproj

from placement.errors import CrsError, InputError
from placement.streets.parts import LONGEST_MM, StreetTables
from placement.streets.ways import edges_of_ways
from placement.values.arrays import FloatArray, IntArray


def tables_of_ways(
    table: str,
    vertex: IntArray,
    starts: IntArray,
    *,
    attributes: pd.DataFrame,
    ids: pd.Index,
    xy: FloatArray,
    measure: Callable[[IntArray, IntArray], FloatArray],
    crs: pyproj.CRS,
    left_out: list[dict[str, Any]],
) -> StreetTables:
    """Return the simplified network of ways.

    Parameters
    ----------
    table
        Name of the source in messages.
    vertex, starts
        Way w runs over ``vertex[starts[w]:starts[w + 1]]``.
    attributes
        (ways,) `highway` (text) and `oneway` (-1, 0, 1).
    ids, xy
        (vertices,) ids, and metres in `crs`.
    measure
        Returns the metres between vertices with given numbers, pair by pair.
    crs
        Projected CRS.
    left_out
        What the source named but the network does not hold.
    """
    if not np.isfinite(xy).all():
        raise CrsError.single(table, "some vertices lie outside the area of the CRS", remedy="name the city's CRS")
    chains = edges_of_ways(vertex, starts, attributes)
    if not len(chains):
        raise InputError.single(table, "holds no street of the kind asked for", remedy="check the area and the rules")
    number = np.repeat(np.arange(len(chains)), np.diff(chains.starts))
    within = np.flatnonzero(number[1:] == number[:-1])
    steps = measure(chains.vertex[within], chains.vertex[within + 1])
    lengths = np.bincount(number[within], weights=steps, minlength=len(chains))
    if lengths.max() * 1000 > LONGEST_MM:
        raise InputError.single(table, "a street is longer than 2,147 km", remedy="check the coordinates")
    first, last = chains.vertex[chains.starts[:-1]], chains.vertex[chains.starts[1:] - 1]
    used, ends = np.unique(np.concatenate([first, last]), return_inverse=True)
    sign = np.where(chains.turned, -1, 1).astype(np.int8)
    return StreetTables(
        crs=crs, node_ids=ids.take(used), xy=xy[used], u=ends[: first.size], v=ends[first.size :],
        length_mm=np.rint(lengths * 1000).astype(np.int64),
        coordinates=xy[chains.vertex], starts=chains.starts,
        highway=attributes["highway"].to_numpy(dtype=object)[chains.way],
        oneway=attributes["oneway"].to_numpy(np.int8)[chains.way] * sign, left_out=left_out,
    )  # fmt: skip
