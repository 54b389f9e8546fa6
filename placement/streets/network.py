"""The street network as frozen arrays, lengths in whole millimetres.

A network is a set of nodes and undirected edges; parallel edges, loops and zero lengths are legal. The length of an
edge is rounded to a whole millimetre once, when the network is built: from there on every sum of lengths is exact, and
every engine agrees on the pairs at the cutoff. The geometry of an edge serves snapping and maps only; where it is
longer or shorter than `length_m`, positions along the edge are proportional.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from placement.errors import InputError
from placement.streets.parts import LEFT_OUT_COLUMNS
from placement.values.arrays import FloatArray, Int32Array, frozen_array
from placement.values.immutable import immutable
from placement.values.row_faults import row_faults
from placement.values.shown import Shown


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class StreetNetwork:
    """Nodes and edges in a projected CRS; :class:`placement.streets.Streets` reads one from any source.

    Nodes and edges are numbered along a space-filling curve, not in the order of the input; ids are kept.

    Parameters
    ----------
    crs
        Projected CRS in metres.
    node_ids
        (nodes,) unique ids.
    xy
        (nodes, 2) metres in `crs`.
    u, v
        (edges,) int32 node numbers of both ends.
    length_mm
        (edges,) int32 whole millimetres, 0 allowed.
    coordinates, starts
        Geometry of edge e: ``coordinates[starts[e]:starts[e + 1]]``, from u to v, metres.
    kinds, kind
        Values of the OSM tag ``highway``, and (edges,) int16 which of them each edge has ("" where unknown).
    oneway
        (edges,) int8: 0 both ways, 1 only from u to v, -1 only from v to u. Walking ignores it.
    elevation_m
        (nodes,) metres, or None.
    left_out
        Frame of what the source named but the network does not hold: `what`, `count`, `length_m`, `x`, `y`, `reason`.
    """

    crs: pyproj.CRS
    node_ids: pd.Index
    xy: FloatArray
    u: Int32Array
    v: Int32Array
    length_mm: Int32Array
    coordinates: FloatArray
    starts: NDArray[np.int64]
    kinds: tuple[str, ...] = ("",)
    kind: NDArray[np.int16]
    oneway: NDArray[np.int8]
    elevation_m: FloatArray | None = None
    left_out: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=LEFT_OUT_COLUMNS))

    def __post_init__(self) -> None:
        kinds = {
            "xy": np.float64, "u": np.int32, "v": np.int32, "length_mm": np.int32, "coordinates": np.float64,
            "starts": np.int64, "kind": np.int16, "oneway": np.int8,
        }  # fmt: skip
        for name, dtype in kinds.items():
            object.__setattr__(self, name, frozen_array(getattr(self, name), dtype))
        if self.elevation_m is not None:
            object.__setattr__(self, "elevation_m", frozen_array(self.elevation_m, np.float64))

    def _shown(self) -> Shown:
        length_km = self.length_mm.sum(dtype=np.int64) / 1e6
        size = f"{length_km:,.1f} km, {self.n_nodes:,} nodes, {self.n_edges:,} edges"
        return f"{type(self).__name__}: {size}, {self.crs.to_string()}", ()

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_ids)

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return int(self.u.size)

    @cached_property
    def part(self) -> Int32Array:
        """(nodes,) number of the connected part of each node; 0 is the part with the most street, and so on down."""
        ones = np.ones(self.n_edges, dtype=np.int8)
        links = sparse.coo_array((ones, (self.u, self.v)), shape=(self.n_nodes, self.n_nodes))
        count, label = csgraph.connected_components(links, directed=False)
        length = np.bincount(label[self.u], weights=self.length_mm, minlength=count)
        rank = np.empty(count, dtype=np.int32)
        rank[np.argsort(-length, kind="stable")] = np.arange(count, dtype=np.int32)
        part: Int32Array = rank[label]
        part.setflags(write=False)
        return part

    def with_elevations(self, elevation_m: pd.Series) -> Self:
        """Return the network with the elevation of every node.

        Parameters
        ----------
        elevation_m
            Metres above sea level, indexed by `node_id`; more ids than the network has are ignored.

        Raises
        ------
        InputError
            Listing every node without an elevation.
        """
        found = elevation_m.reindex(self.node_ids).to_numpy(np.float64)
        faults = row_faults(
            "elevations", self.node_ids, ~np.isfinite(found), "elevation_m is missing", remedy="give metres"
        )
        if faults:
            raise InputError(faults)
        return replace(self, elevation_m=found)

    def lines(self) -> NDArray[np.object_]:
        """Return (edges,) shapely lines from u to v."""
        numbers = np.repeat(np.arange(self.n_edges), np.diff(self.starts))
        lines: NDArray[np.object_] = shapely.linestrings(self.coordinates, indices=numbers)
        return lines

    @property
    def nodes(self) -> gpd.GeoDataFrame:
        """Nodes as points, indexed by `node_id`, with `part` and, where known, `elevation_m`; a new frame each time."""
        columns: dict[str, Any] = {"part": self.part}
        if self.elevation_m is not None:
            columns["elevation_m"] = self.elevation_m
        index = self.node_ids.rename("node_id")
        return gpd.GeoDataFrame(columns, geometry=shapely.points(self.xy), crs=self.crs, index=index)

    @property
    def edges(self) -> gpd.GeoDataFrame:
        """Edges as lines with `u`, `v` (ids), `length_m`, `highway`, `oneway`, `part`; a new frame each time."""
        columns = {
            "u": self.node_ids.take(self.u),
            "v": self.node_ids.take(self.v),
            "length_m": self.length_mm / 1000,
            "highway": np.asarray(self.kinds, dtype=object)[self.kind],
            "oneway": self.oneway,
            "part": self.part[self.u],
        }
        return gpd.GeoDataFrame(columns, geometry=self.lines(), crs=self.crs)

    def fingerprint(self) -> str:
        """Return the SHA-256 of everything travel times depend on."""
        digest = hashlib.sha256(b"placement streets 1")
        digest.update(self.crs.to_wkt().encode())
        digest.update("\n".join(map(str, self.node_ids)).encode())
        digest.update("\n".join(self.kinds).encode())
        arrays = (self.xy, self.u, self.v, self.length_mm, self.coordinates, self.starts, self.kind, self.oneway)
        for array in arrays if self.elevation_m is None else (*arrays, self.elevation_m):
            digest.update(f"{array.shape}{array.dtype.str}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()
