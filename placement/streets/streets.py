"""Streets from any source: tables, GraphML, OpenStreetMap files, layers of lines, or a place by name.

This is the only file that imports osmnx.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

import geopandas as gpd
import pandas as pd
import shapely

from placement.errors import InputError
from placement.streets.describe import StreetsSummary, summarise
from placement.streets.graphs import graph_tables, read_graphml
from placement.streets.lines import line_tables
from placement.streets.network import StreetNetwork
from placement.streets.node_edge_tables import read_tables
from placement.streets.osm import read_osm
from placement.streets.parts import StreetTables
from placement.streets.subset import drop_small_parts
from placement.values.crs import metric_crs, require_fit

LEAST_PART_M = 500.0
"""Connected parts of an OSM file with less street than this are left out: courtyards, stubs cut off by the border."""


class Streets(StreetNetwork):
    """A street network; make one with :meth:`from_tables`, :meth:`from_osm_file`, :meth:`from_place` and the like.

    Fields as in :class:`placement.streets.network.StreetNetwork`.
    """

    @classmethod
    def from_tables(cls, nodes: pd.DataFrame, edges: pd.DataFrame, *, crs: object, coordinates: str = "wgs84") -> Self:
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
    def from_graphml(cls, path: str | Path, *, crs: object = None, least_part_m: float = 0.0) -> Self:
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
    ) -> Self:
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
        whole = cls._from_parts(read_osm(Path(path), crs=crs, mode=mode, rules=rules))
        return whole.without_small_parts(least_part_m)

    @classmethod
    def from_lines(
        cls, lines: gpd.GeoDataFrame, *, planar: bool = False, tolerance_m: float = 0.001, least_part_m: float = 0.0
    ) -> Self:
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
    ) -> Self:
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
    def _from_parts(cls, parts: StreetTables) -> Self:
        require_fit("streets", parts.crs, parts.xy, strict=False)
        return cls(**parts.sorted_in_space())

    def without_small_parts(self, least_part_m: float) -> Self:
        """Return the network without connected parts that have less street than this; `left_out` lists them.

        The part with the most street is always kept.
        """
        return drop_small_parts(self, least_part_m)

    def describe(self) -> StreetsSummary:
        """Return kilometres, connected parts, suspicious edges, and dead ends that nearly join a street."""
        return summarise(self)
