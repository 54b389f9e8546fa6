"""Streets: the walking network, frozen, in whole millimetres.

A network is a set of nodes and undirected edges; parallel edges, loops and zero lengths are legal. The length of an
edge is rounded to a whole millimetre once, when the network is built: from there on every sum of lengths is exact, and
every engine agrees on the pairs at the cutoff. The geometry of an edge serves snapping and maps only; where it is
longer or shorter than `length_m`, positions along the edge are proportional.

This is the only file that imports osmnx.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from placement.errors import InputError
from placement.streets.describe import StreetsSummary, summarise
from placement.streets.node_edge_tables import read_tables
from placement.streets.parts import LEFT_OUT_COLUMNS, StreetTables
from placement.values.arrays import frozen_array
from placement.values.crs import metric_crs, require_fit
from placement.values.immutable import immutable
from placement.values.row_faults import row_faults
from placement.values.shown import Shown

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


LEAST_PART_M = 500.0
"""Connected parts of an OSM file with less street than this are left out: courtyards, stubs cut off by the border."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Streets:
    """A street network in a projected CRS; make one with :meth:`from_tables`, :meth:`from_graphml`, :meth:`from_place`.

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
    xy: Floats
    u: Ints
    v: Ints
    length_mm: Ints
    coordinates: Floats
    starts: NDArray[np.int64]
    kinds: tuple[str, ...] = ("",)
    kind: NDArray[np.int16]
    oneway: NDArray[np.int8]
    elevation_m: Floats | None = None
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
        return f"Streets: {size}, {self.crs.to_string()}", ()

    @classmethod
    def from_tables(
        cls, nodes: pd.DataFrame, edges: pd.DataFrame, *, crs: object, coordinates: str = "wgs84"
    ) -> Streets:
        """Return the network of a table of nodes and a table of edges.

        Parameters
        ----------
        nodes
            Columns `node_id` and either `x`, `y` (metres in `crs`) or `lon`, `lat` (degrees, WGS 84); optional
            `elevation_m`.
        edges
            Columns `u`, `v` (node ids) and `length_m`; optional `wkt` or `geometry` (line from u to v or back, in the
            coordinates of the nodes; straight where missing), `highway`, `oneway` (as in OSM, or -1, 0, 1).
        crs
            Projected CRS of the result, in anything pyproj reads.
        coordinates
            What the degrees of both tables are: ``wgs84``, ``gcj02`` or ``bd09``.

        Raises
        ------
        CrsError
            If `crs` is missing, in degrees, or not in metres.
        InputError
            Listing every missing column, repeated or unknown id, missing coordinate, negative or missing length,
            length below the straight line between the ends, unreadable geometry and geometry that does not join its
            nodes; where nearly all lengths are far beyond straight lines.

        Examples
        --------
        >>> nodes = pd.DataFrame({"node_id": ["a", "b"], "x": [0.0, 100.0], "y": [0.0, 0.0]})
        >>> edges = pd.DataFrame({"u": ["a"], "v": ["b"], "length_m": [100.0]})
        >>> streets = Streets.from_tables(nodes, edges, crs="EPSG:32650")
        >>> streets
        Streets: 0.1 km, 2 nodes, 1 edges, EPSG:32650
        """
        return cls._from_parts(read_tables(nodes, edges, metric_crs("streets", crs), coordinates=coordinates))

    @classmethod
    def from_graphml(cls, path: str | Path, *, crs: object = None, least_part_m: float = 0.0) -> Streets:
        """Return the network of a GraphML file as osmnx or networkx writes it.

        Parameters
        ----------
        path
            File with node attributes `x` and `y` and edge attribute `length` (metres); optional `geometry` (WKT),
            `highway`, `oneway`, `elevation`, and the graph attribute `crs`.
        crs
            Projected CRS of the result; by default the file's own, or the UTM zone of its degrees.
        least_part_m
            As in :meth:`from_osm_file`.

        Raises
        ------
        InputError
            If the file cannot be read, declares entities, or lacks an attribute.
        """
        from placement.streets.graphs import graph_tables, read_graphml  # noqa: PLC0415

        return cls._from_parts(graph_tables(read_graphml(Path(path)), crs)).without_small_parts(least_part_m)

    @classmethod
    def from_osm_file(
        cls,
        path: str | Path,
        *,
        crs: object = None,
        mode: str = "walk",
        rules: pd.DataFrame | None = None,
        least_part_m: float = LEAST_PART_M,
    ) -> Streets:
        """Return the network of an OpenStreetMap file (``.osm``, ``.osm.pbf``, also ``.gz`` and ``.bz2``).

        Parameters
        ----------
        path
            The file. Where a clipped extract lacks nodes of a way, the rest of the way is read and `left_out` tells.
        crs
            Projected CRS of the result; by default the UTM zone of the file.
        mode
            ``walk``, ``cycle`` or ``drive``: the column of the rules that decides which ways are read.
        rules
            Table of tags, by default :func:`placement.streets.way_rules`.
        least_part_m
            Connected parts with less street than this are left out and listed; 0 keeps all.

        Raises
        ------
        MissingExtraError
            If pyosmium is not installed (extra ``pbf``).
        InputError
            If the file is damaged, declares entities or holds no such street, or the rules are unreadable.
        """
        from placement.streets.osm import read_osm  # noqa: PLC0415

        whole = cls._from_parts(read_osm(Path(path), crs=crs, mode=mode, rules=rules))
        return whole.without_small_parts(least_part_m)

    @classmethod
    def from_lines(
        cls, lines: gpd.GeoDataFrame, *, planar: bool = False, tolerance_m: float = 0.001, least_part_m: float = 0.0
    ) -> Streets:
        """Return the network of any layer of lines; lengths are those of the lines.

        Parameters
        ----------
        lines
            Lines in a projected CRS in metres; optional columns `highway` and `oneway`. Lines join where they share
            a vertex.
        planar
            True: they join wherever they cross or touch, too. That also joins a bridge to what it crosses.
        tolerance_m
            Vertices in one cell of this size are one.
        least_part_m
            As in :meth:`from_osm_file`.

        Raises
        ------
        CrsError
            If the CRS is missing, in degrees or not in metres.
        InputError
            Listing every row that is no line.

        Examples
        --------
        >>> cross = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 10 0)", "LINESTRING (5 -5, 5 5)"], crs="EPSG:32650")
        >>> Streets.from_lines(cross.to_frame("geometry")).n_edges
        2
        >>> Streets.from_lines(cross.to_frame("geometry"), planar=True).n_edges
        4
        """
        from placement.streets.lines import line_tables  # noqa: PLC0415

        return cls._from_parts(line_tables(lines, planar=planar, tolerance_m=tolerance_m)).without_small_parts(
            least_part_m
        )

    @classmethod
    def from_place(
        cls,
        place: str | shapely.Geometry,
        *,
        crs: object = None,
        network_type: str = "walk",
        least_part_m: float = LEAST_PART_M,
    ) -> Streets:
        """Download the network of a place with osmnx, which keeps what it downloads (``osmnx.settings.cache_folder``).

        Parameters
        ----------
        place
            A name that OpenStreetMap's geocoder knows, or a (multi)polygon in degrees (WGS 84).
        crs
            Projected CRS of the result; by default the UTM zone of the place.
        network_type
            As in osmnx: ``walk``, ``bike``, ``drive``, ...
        least_part_m
            As in :meth:`from_osm_file`.

        Raises
        ------
        InputError
            If the place is unknown, the polygon is not in degrees, or the download fails.
        """
        import osmnx  # noqa: PLC0415 - the only place that needs it, and slow to load

        from placement.streets.graphs import graph_tables  # noqa: PLC0415

        if not isinstance(place, str) and not shapely.box(-180, -90, 180, 90).covers(place):
            raise InputError.single("streets", "the polygon is not in degrees", remedy="use to_crs(4326)")
        try:
            if isinstance(place, str):
                graph = osmnx.graph_from_place(place, network_type=network_type, retain_all=True)
            else:
                graph = osmnx.graph_from_polygon(place, network_type=network_type, retain_all=True)
        except (OSError, ValueError, TypeError) as error:
            name = place if isinstance(place, str) else "polygon"
            raise InputError.single(
                "streets",
                f"osmnx could not fetch {name!r}: {error}",
                remedy="check the name and the connection, or use a file of streets",
            ) from error
        return cls._from_parts(graph_tables(graph, crs)).without_small_parts(least_part_m)

    @classmethod
    def _from_parts(cls, parts: StreetTables) -> Streets:
        require_fit("streets", parts.crs, parts.xy, strict=False)
        return cls(**parts.sorted_in_space())

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_ids)

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return int(self.u.size)

    @cached_property
    def part(self) -> Ints:
        """(nodes,) number of the connected part of each node; 0 is the part with the most street, and so on down."""
        ones = np.ones(self.n_edges, dtype=np.int8)
        links = sparse.coo_array((ones, (self.u, self.v)), shape=(self.n_nodes, self.n_nodes))
        count, label = csgraph.connected_components(links, directed=False)
        length = np.bincount(label[self.u], weights=self.length_mm, minlength=count)
        rank = np.empty(count, dtype=np.int32)
        rank[np.argsort(-length, kind="stable")] = np.arange(count, dtype=np.int32)
        part: Ints = rank[label]
        part.setflags(write=False)
        return part

    def without_small_parts(self, least_part_m: float) -> Streets:
        """Return the network without connected parts that have less street than this; `left_out` lists them.

        The part with the most street is always kept.
        """
        from placement.streets.subset import drop_small_parts  # noqa: PLC0415

        return drop_small_parts(self, least_part_m)

    def with_elevations(self, elevation_m: pd.Series) -> Streets:
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

    def describe(self) -> StreetsSummary:
        """Return kilometres, connected parts, suspicious edges, and dead ends that nearly join a street."""
        return summarise(self)

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
