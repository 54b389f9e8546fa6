"""Tables of nodes and edges, checked, as the arrays of a street network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from placement.errors import CrsError, Fault, InputError
from placement.streets.lengths import coordinate_slack_m, long_faults, short_faults, straight_m
from placement.streets.parts import LONGEST_MM, Objects, StreetTables, one_way
from placement.tables import to_wgs84
from placement.values.row_faults import row_faults

ENDS_TOLERANCE_M = 2.0
"""How far a line may end from its node: six decimals of a degree move a coordinate by 0.1 m."""


class EdgeNames:
    """Names "u-v" of edges, made only where a message needs them."""

    def __init__(self, edges: pd.DataFrame) -> None:
        self._edges = edges

    def __iter__(self) -> Iterator[str]:
        return (f"{u}-{v}" for u, v in zip(self._edges["u"], self._edges["v"], strict=True))


def read_tables(
    nodes: pd.DataFrame, edges: pd.DataFrame, crs: pyproj.CRS, *, coordinates: str = "wgs84"
) -> StreetTables:
    """Check both tables and return their arrays; see :meth:`placement.streets.Streets.from_tables`."""
    in_degrees = _check_columns(nodes, edges)
    names = ("lon", "lat") if in_degrees else ("x", "y")
    raw = np.column_stack([pd.to_numeric(nodes[name], errors="coerce").to_numpy(np.float64) for name in names])
    ids = pd.Index(nodes["node_id"])
    faults = _node_faults(ids, raw, in_degrees)
    u, v, edge_faults = _ends(ids, edges)
    labels = EdgeNames(edges)
    lengths = pd.to_numeric(edges["length_m"], errors="coerce").to_numpy(np.float64)
    faults += edge_faults + _length_faults(labels, lengths, edges["length_m"])
    if faults:
        raise InputError(faults)
    faults = _degree_faults(raw, u, v, lengths, in_degrees)
    if not faults:
        slack_m = coordinate_slack_m(raw, in_degrees=in_degrees)
        raw, edges = _in_wgs84(raw, edges, coordinates, in_degrees)
        straight = straight_m(raw, u, v, in_degrees=in_degrees)
        faults = short_faults(labels, lengths, straight, slack_m)
        faults += long_faults(labels, lengths, straight)
    if not faults:
        tolerance = ENDS_TOLERANCE_M / (111_000 if in_degrees else 1)
        vertices, starts, faults = _shapes(edges, labels, raw, u, v, tolerance=tolerance)
    if faults:
        raise InputError(faults)
    xy = _project(raw, crs) if in_degrees else raw
    if in_degrees:
        vertices = _project(vertices, crs)
    elevation = None
    if "elevation_m" in nodes:
        elevation = pd.to_numeric(nodes["elevation_m"], errors="coerce").to_numpy(np.float64)
    return StreetTables(
        crs=crs, node_ids=ids, xy=_finite(xy), u=u, v=v, coordinates=vertices, starts=starts,
        length_mm=np.rint(lengths * 1000).astype(np.int64), highway=_texts(edges, "highway"),
        oneway=one_way(edges.get("oneway"), len(edges)),
        elevation_m=elevation,
    )  # fmt: skip


def _in_wgs84(
    raw: NDArray[np.float64], edges: pd.DataFrame, coordinates: str, in_degrees: bool
) -> tuple[NDArray[np.float64], pd.DataFrame]:
    """Return nodes and lines of GCJ-02 or BD-09 degrees in WGS-84."""
    if coordinates == "wgs84":
        return raw, edges
    if not in_degrees:
        problem = f'coordinates = "{coordinates}" goes with degrees, but the nodes have x and y'
        raise InputError.single("street nodes", problem, remedy="name the columns lon and lat")

    def back(points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n, 2) WGS-84 degrees of shifted ones."""
        return np.column_stack(to_wgs84(points[:, 0], points[:, 1], coordinates))

    name = next((column for column in ("geometry", "wkt") if column in edges.columns), None)
    if name is not None:
        given = edges[name].to_numpy(dtype=object)
        lines, absent, unreadable = _parse(given)
        good = ~absent & ~unreadable
        moved = given.copy()
        moved[good] = shapely.transform(lines[good], back)
        edges = pd.DataFrame(edges).assign(**{name: moved})
    return back(raw), edges


def _check_columns(nodes: pd.DataFrame, edges: pd.DataFrame) -> bool:
    """Return whether the nodes are in degrees; raise where columns are missing or a table is empty."""
    in_degrees = not {"x", "y"} <= set(nodes.columns)
    faults = []
    if in_degrees and not {"lon", "lat"} <= set(nodes.columns):
        faults.append(Fault(table="street nodes", problem="no columns x, y or lon, lat", remedy="add coordinates"))
    if "node_id" not in nodes.columns:
        faults.append(Fault(table="street nodes", problem="column node_id is missing", remedy="add it"))
    faults += [
        Fault(table="street edges", problem=f"column {name} is missing", remedy="add it")
        for name in ("u", "v", "length_m")
        if name not in edges.columns
    ]
    for table, frame in (("street nodes", nodes), ("street edges", edges)):
        if len(frame) == 0:
            faults.append(Fault(table=table, problem="the table is empty", remedy="give a network with streets"))
    if faults:
        raise InputError(faults)
    return in_degrees


def _node_faults(ids: pd.Index, raw: NDArray[np.float64], in_degrees: bool) -> list[Fault]:
    table = "street nodes"
    faults = row_faults(table, ids, ids.isna(), "node_id is missing", remedy="give every node an id")
    faults += row_faults(table, ids, ids.duplicated(), "node_id is repeated", remedy="ids must be unique")
    bad = np.asarray(~np.isfinite(raw).all(axis=1))
    faults += row_faults(table, ids, bad, "coordinates are missing", remedy="give both coordinates")
    if in_degrees:
        with np.errstate(invalid="ignore"):
            outside = ~bad & ((np.abs(raw[:, 0]) > 180) | (np.abs(raw[:, 1]) > 90))
            swapped = outside & (np.abs(raw[:, 0]) <= 90) & (np.abs(raw[:, 1]) <= 180)
        faults += row_faults(
            table, ids, swapped, "lon, lat are not degrees: lat is beyond 90, they look swapped", remedy="swap them"
        )
        remedy = "give degrees, or name columns of metres x and y"
        faults += row_faults(table, ids, outside & ~swapped, "lon, lat are not degrees", remedy=remedy)
        nowhere = ~bad & (raw == 0).all(axis=1)
        faults += row_faults(table, ids, nowhere, "lon and lat are both 0", remedy="give the place of the node")
    return faults


def _ends(ids: pd.Index, edges: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64], list[Fault]]:
    faults: list[Fault] = []
    ends = []
    if ids.has_duplicates or ids.hasnans:
        empty = np.zeros(len(edges), dtype=np.int64)
        return empty, empty, faults
    for name in ("u", "v"):
        column = pd.Index(edges[name])
        same = column.dtype == ids.dtype or {column.dtype.kind, ids.dtype.kind} <= {"i", "u"}
        found = ids.get_indexer(column) if same else ids.astype(str).get_indexer(column.astype(str))
        faults += row_faults(
            "street edges",
            edges.index,
            found < 0,
            f"{name} = {{}} is not a node",
            remedy="add the node",
            values=edges[name],
        )
        ends.append(found.astype(np.int64))
    return ends[0], ends[1], faults


def _length_faults(labels: EdgeNames, lengths: NDArray[np.float64], given: pd.Series) -> list[Fault]:
    missing = ~np.isfinite(lengths)
    with np.errstate(invalid="ignore"):
        negative = lengths < 0
        long = np.isfinite(lengths) & (lengths * 1000 > LONGEST_MM)
    table = "street edges"
    faults = row_faults(table, labels, missing, "length_m is {}", remedy="give a length in metres", values=given)
    faults += row_faults(table, labels, negative, "length_m is {}", remedy="lengths must be 0 or more", values=given)
    return faults + row_faults(
        table, labels, long, "length_m is {}", remedy="give metres, below 2,147 km", values=given
    )


def _degree_faults(
    raw: NDArray[np.float64], u: NDArray[np.int64], v: NDArray[np.int64], lengths: NDArray[np.float64], declared: bool
) -> list[Fault]:
    """Tell degrees that were given as metres: lengths in metres are then some 100,000 times the coordinates'."""
    apart = _gap(raw[u], raw[v])
    clear = (apart > 0) & (lengths > 0)
    if declared or not clear.any() or np.abs(raw).max() > 360 or np.median(lengths[clear] / apart[clear]) < 10_000:
        return []
    return [Fault(table="street nodes", problem="x, y look like degrees", remedy="name the columns lon and lat")]


def _shapes(
    edges: pd.DataFrame,
    labels: EdgeNames,
    raw: NDArray[np.float64],
    u: NDArray[np.int64],
    v: NDArray[np.int64],
    *,
    tolerance: float,
) -> tuple[NDArray[np.float64], NDArray[np.int64], list[Fault]]:
    """Return (coordinates, starts) of lines from u to v, straight where the table has none."""
    ends = np.stack([raw[u], raw[v]], axis=1)
    name = next((column for column in ("geometry", "wkt") if column in edges.columns), None)
    if name is None:
        return ends.reshape(-1, 2), np.arange(0, 2 * len(edges) + 1, 2), []
    given = edges[name].to_numpy(dtype=object)
    lines, absent, unreadable = _parse(given)
    table = "street edges"
    faults = row_faults(table, labels, unreadable, f"{name} cannot be read as a line", remedy="write a WKT LINESTRING")
    lines = np.where(absent | unreadable, shapely.linestrings(ends), lines)
    first, last = (shapely.get_coordinates(shapely.get_point(lines, at)) for at in (0, -1))
    forward = np.maximum(_gap(first, raw[u]), _gap(last, raw[v]))
    backward = np.maximum(_gap(first, raw[v]), _gap(last, raw[u]))
    turned = backward < forward
    lines[turned] = shapely.reverse(lines[turned])
    apart = np.minimum(forward, backward) > tolerance
    faults += row_faults(table, labels, apart, f"{name} does not join its nodes", remedy="end the line at u and v")
    coordinates, belongs = shapely.get_coordinates(lines, return_index=True)
    return coordinates, np.searchsorted(belongs, np.arange(len(edges) + 1)), faults


def _gap(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hypot(*(a - b).T)  # type: ignore[no-any-return]


def _parse(given: Objects) -> tuple[Objects, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return (lines, absent, unreadable) of a column of WKT texts or geometries."""
    absent = pd.isna(given) | (given == "")
    lines = np.full(given.size, None, dtype=object)
    text = np.array([isinstance(value, str) for value in given], dtype=bool) & ~absent
    lines[text] = shapely.from_wkt(given[text].astype(str), on_invalid="ignore")
    ready = np.array([isinstance(value, shapely.Geometry) for value in given], dtype=bool)
    lines[ready] = given[ready]
    good = (shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING) & ~shapely.is_empty(lines)
    finite = np.zeros(given.size, dtype=bool)
    finite[good] = np.isfinite(shapely.bounds(lines[good])).all(axis=1)
    return shapely.force_2d(lines), absent, ~absent & ~(good & finite)


def _project(points: NDArray[np.float64], crs: pyproj.CRS) -> NDArray[np.float64]:
    """Return WGS 84 degrees (lon, lat) in metres of `crs`."""
    transformer = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))


def _finite(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    if not np.isfinite(xy).all():
        raise CrsError.single(
            "street nodes", "some nodes lie outside the area of the CRS", remedy="name the CRS of the city"
        )
    return xy


def _texts(frame: pd.DataFrame, name: str) -> Objects | None:
    """Return a column as strings, "" where it is empty; of a list of values the first counts. None without column."""
    if name not in frame.columns:
        return None
    values = frame[name].to_numpy(dtype=object)
    first = [value[0] if isinstance(value, list | tuple) and value else value for value in values]
    return np.array(["" if value is None or value != value else str(value) for value in first], dtype=object)  # noqa: PLR0124
