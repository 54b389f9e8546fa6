"""GraphML files and osmnx graphs as tables of nodes and edges."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from placement.errors import CrsError, InputError
from placement.streets.node_edge_tables import read_tables
from placement.streets.parts import StreetTables, one_way
from placement.streets.xml import refuse_entities
from placement.values.crs import metric_crs, near_wgs84, utm_zone

if TYPE_CHECKING:
    import networkx as nx

_TABLE = "streets (GraphML)"


def read_graphml(path: Path) -> nx.MultiDiGraph:
    """Return the graph of a GraphML file without trusting it."""
    import networkx as nx  # noqa: PLC0415 - slow to load, and needed for this kind of file alone

    refuse_entities(path, _TABLE)
    try:
        graph = nx.read_graphml(path, force_multigraph=True)
    except (OSError, ValueError, KeyError, nx.NetworkXError, SyntaxError) as error:
        raise InputError.single(_TABLE, f"{path.name} cannot be read: {error}", remedy="check the file") from error
    if graph.number_of_edges() == 0:
        raise InputError.single(_TABLE, f"{path.name} has no edges", remedy="give a network with streets")
    return graph


def graph_tables(graph: nx.Graph, crs: object) -> StreetTables:
    """Return the tables of a graph with osmnx's attributes; both directions of a two-way street become one edge."""
    nodes = pd.DataFrame([{"node_id": node, **data} for node, data in graph.nodes(data=True)])
    edges = pd.DataFrame([{"u": u, "v": v, **data} for u, v, data in graph.edges(data=True)])
    nodes = nodes.rename(columns={"elevation": "elevation_m"})
    edges = edges.drop(columns="length_m", errors="ignore").rename(columns={"length": "length_m"})
    missing = [name for name in ("x", "y") if name not in nodes] + ["length"] * ("length_m" not in edges)
    if missing:
        raise InputError.single(
            _TABLE, f"attributes are missing: {', '.join(missing)}", remedy="write the file with osmnx.save_graphml"
        )
    for frame, names in ((nodes, ("x", "y", "elevation_m")), (edges, ("length_m",))):
        for name in names:
            if name in frame:
                frame[name] = pd.to_numeric(frame[name], errors="coerce")
    if graph.is_directed():
        edges = _undirected(edges, "oneway" in edges)
    own = graph.graph.get("crs") or ("EPSG:4326" if _in_degrees(nodes) else crs)
    try:
        known = pyproj.CRS.from_user_input(own) if own is not None else metric_crs("streets", None)
    except pyproj.exceptions.CRSError as error:
        problem = f"its crs is unknown: {str(own)[:80]!r}"
        raise CrsError.single(_TABLE, problem, remedy="write the file with osmnx.save_graphml") from error
    if known.is_geographic:
        _check_datum(known)
        target = metric_crs("streets", crs or utm_zone(nodes["x"].mean(), nodes["y"].mean()))
        return read_tables(nodes.rename(columns={"x": "lon", "y": "lat"}), edges, target)
    tables = read_tables(nodes, edges, metric_crs("streets", known))
    if crs is not None and metric_crs("streets", crs) != known:
        raise CrsError.single("streets", f"is in {known.to_string()}", remedy="reproject it, or name that CRS")
    return tables


def _check_datum(known: pyproj.CRS) -> None:
    """Refuse degrees on another ellipsoid than WGS-84's: taken for its own they lie up to some hundred metres off."""
    if not near_wgs84(known):
        problem = f"its degrees are of {known.name}, not of WGS-84"
        raise CrsError.single(_TABLE, problem, remedy="write it in EPSG:4326, or project it to the CRS of the study")


def _in_degrees(nodes: pd.DataFrame) -> bool:
    return bool((nodes["x"].abs() <= 180).all() and (nodes["y"].abs() <= 90).all())


def _undirected(arcs: pd.DataFrame, marked: bool) -> pd.DataFrame:
    """Return one edge for each pair of opposite arcs of equal length and shape; an arc without its twin stays."""
    u, v = arcs["u"].astype(str), arcs["v"].astype(str)
    swap = (u > v).to_numpy()
    shape = [_shape_key(value, back) for value, back in zip(_column(arcs, "geometry"), swap, strict=True)]
    keys = pd.DataFrame({"a": u.where(~swap, v), "b": v.where(~swap, u), "length": arcs["length_m"], "shape": shape})
    group = keys.groupby(["a", "b", "length", "shape"], dropna=False, sort=False).ngroup().to_numpy()
    # The k-th arc one way is the twin of the k-th arc the other way: parallel edges of one shape stay apart.
    rank = pd.DataFrame({"group": group, "swap": swap}).groupby(["group", "swap"]).cumcount().to_numpy()
    loop = (u == v).to_numpy()
    pair = pd.DataFrame({"group": group, "rank": np.where(loop, rank // 2, rank)})
    kept = arcs[~pair.duplicated().to_numpy()].copy()
    single = (~pair.duplicated(keep=False)).to_numpy()[kept.index]
    marks = one_way(arcs["oneway"].loc[kept.index] if marked else None, len(kept))
    kept["oneway"] = np.where(single & (marks != 0), 1, 0)
    return kept.reset_index(drop=True)


def _column(frame: pd.DataFrame, name: str) -> list[Any]:
    return frame[name].tolist() if name in frame else [None] * len(frame)


def _shape_key(value: Any, back: bool) -> str:
    """Return a text that two opposite arcs of one street share."""
    line = shapely.from_wkt(value, on_invalid="ignore") if isinstance(value, str) else value
    if not isinstance(line, shapely.LineString):
        return ""
    forth, reverse = line.wkb_hex, line.reverse().wkb_hex
    if line.is_ring:
        return str(min(forth, reverse))
    return str(reverse if back else forth)
