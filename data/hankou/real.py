"""The real half of the Hankou study: outlines, streets, and the census spread along them.

Outlines come in GCJ-02, the obfuscated datum of Chinese web maps, and are moved to WGS-84 first; left as they are they
lie about 590 m off the streets. Streets are neatnet's simplified network. People are spread over street length: an
assumption, since no finer real count is at hand; only the district totals are real.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from placement.tables import gcj02_to_wgs84

CRS = "EPSG:32650"
POPULATION_2020 = {"江岸区": 965_260, "江汉区": 647_932, "硚口区": 666_661}
AREAS = {"江岸区": 17, "江汉区": 11, "硚口区": 12}
ELDERLY_SHARE = 0.1181
"""65 and older in the whole city of Wuhan, 2020 census; assumed for each of the three districts."""

AREA_ELDERLY_SPREAD = 0.15
POINT_SPACING_M = 200.0
MARGIN_M = 800.0
"""A walk of up to 1,600 m between two places inside the outlines never leaves them by more."""

MOTORWAYS = ("motorway", "motorway_link")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Streets:
    """Nodes and edges of the street network.

    `nodes` is indexed by ``node_id`` with `lon`, `lat`; `edges` has `u`, `v` (row numbers of nodes), `length_m` and
    `geometry` in :data:`CRS`.
    """

    nodes: pd.DataFrame
    edges: gpd.GeoDataFrame


def gcj02_lonlat_to_wgs84(lonlat: Floats) -> Floats:
    """Move (n, 2) GCJ-02 degrees to WGS-84."""
    return np.column_stack(gcj02_to_wgs84(*lonlat.T))


def read_outlines(raw: Path) -> gpd.GeoDataFrame:
    """Return the three district outlines in :data:`CRS`, indexed by name."""
    outlines = gpd.read_file(raw / "wuhan_13districts_npm_echarts.geojson").set_index("name").loc[list(POPULATION_2020)]
    wgs84 = shapely.transform(outlines.geometry.to_numpy(), gcj02_lonlat_to_wgs84)
    # Coordinates on a coarse grid make the rings touch themselves.
    return gpd.GeoDataFrame(geometry=shapely.buffer(wgs84, 0), index=outlines.index, crs="EPSG:4326").to_crs(CRS)


def check_census(raw: Path) -> None:
    """Refuse a raw folder whose census table disagrees with the totals used here."""
    table = pd.read_csv(raw / "census2020_districts.csv").set_index("district")["pop2020"]
    for district, people in POPULATION_2020.items():
        if table[district] != people:
            message = f"census: {district} has {table[district]}, expected {people}"
            raise ValueError(message)


def read_streets(raw: Path, outlines: gpd.GeoDataFrame) -> Streets:
    """Return the walkable streets within :data:`MARGIN_M` of the outlines, as one connected network."""
    around = outlines.union_all().buffer(MARGIN_M)
    simplified = gpd.read_parquet(raw / "simplified.parquet").to_crs(CRS)
    original = gpd.read_parquet(raw / "original.parquet").to_crs(CRS)
    lines = simplified.loc[simplified.within(around), ["highway", "geometry"]].reset_index(drop=True)
    lines = lines[~is_motorway(lines, original[original.intersects(around)])].reset_index(drop=True)
    return largest_component(lines)


def is_motorway(lines: gpd.GeoDataFrame, original: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which lines run along motorways of the original network for more than half of their length.

    Lines that the simplification made anew carry no class, hence the comparison of nine points along each line with
    the nearest original edge.
    """
    steps = np.arange(1, 10) / 10
    points = shapely.line_interpolate_point(lines.geometry.to_numpy()[:, None], steps, normalized=True).ravel()
    query, match = shapely.STRtree(original.geometry.to_numpy()).query_nearest(points, all_matches=False)
    on_motorway = original["highway"].isin(MOTORWAYS).to_numpy()[match]
    share = np.bincount(query // steps.size, weights=on_motorway, minlength=len(lines)) / steps.size
    return share > 0.5


def largest_component(lines: gpd.GeoDataFrame) -> Streets:
    """Return nodes and edges of the largest connected part; the few stubs cut off from it are reported and left out."""
    ends = shapely.get_point(lines.geometry.to_numpy()[:, None], [0, -1]).ravel()
    lonlat = gpd.GeoSeries(ends, crs=CRS).to_crs("EPSG:4326").get_coordinates().round(6)
    number, nodes = number_nodes(lonlat)
    u, v = number.reshape(-1, 2).T
    graph = sparse.coo_array((np.ones(len(u)), (u, v)), shape=(len(nodes), len(nodes)))
    part = csgraph.connected_components(graph, directed=False)[1]
    kept = part[u] == np.bincount(part).argmax()
    lost = lines.geometry[~kept]
    print(
        f"streets: {kept.sum()} edges kept, {len(lost)} cut off from the network left out ({lost.length.sum():.0f} m)"
    )
    lines, u, v = lines[kept], u[kept], v[kept]
    used = np.unique(np.concatenate([u, v]))
    nodes = nodes.iloc[used].reset_index(drop=True)
    nodes.index = pd.Index([f"N{number:04d}" for number in range(1, len(nodes) + 1)], name="node_id")
    edges = gpd.GeoDataFrame(
        {"u": np.searchsorted(used, u), "v": np.searchsorted(used, v), "length_m": lines.length.round(3).to_numpy()},
        geometry=lines.geometry.to_numpy(),
        crs=CRS,
    ).sort_values(["u", "v", "length_m"], ignore_index=True)
    return Streets(nodes, edges)


def number_nodes(lonlat: pd.DataFrame) -> tuple[Ints, pd.DataFrame]:
    """Return each end's node number and the distinct nodes, numbered by longitude and latitude."""
    ends = pd.DataFrame({"lon": lonlat["x"].to_numpy(), "lat": lonlat["y"].to_numpy()})
    nodes = ends.drop_duplicates().sort_values(["lon", "lat"], ignore_index=True)
    number = ends.merge(nodes.reset_index(names="number"), on=["lon", "lat"], how="left")["number"]
    return number.to_numpy(np.int64), nodes


def street_points(streets: Streets, outlines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return points about every 200 m along each edge, each standing for `street_m` metres of street.

    Columns: `edge` (row number), `along_m` (from node u), `street_m`, `parent` (district outline that holds the
    point; points outside all three are left out), `geometry`.
    """
    length = streets.edges.length.to_numpy()
    count = np.maximum(1, np.rint(length / POINT_SPACING_M).astype(int))
    edge = np.repeat(np.arange(len(length)), count)
    rank = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    street_m = (length / count)[edge]
    along_m = (rank + 0.5) * street_m
    points = gpd.GeoDataFrame(
        {"edge": edge, "along_m": along_m, "street_m": street_m},
        geometry=shapely.line_interpolate_point(streets.edges.geometry.to_numpy()[edge], along_m),
        crs=CRS,
    )
    points["parent"] = ""
    for district, outline in outlines.geometry[::-1].items():
        points.loc[points.within(outline), "parent"] = district
    return points[points["parent"] != ""].reset_index(drop=True)


def partition(points: gpd.GeoDataFrame, rng: np.random.Generator) -> tuple[NDArray[np.str_], pd.DataFrame]:
    """Cut each district into survey areas of about equal street length (Lloyd's algorithm, seeded).

    Returns the area of each point and a frame of area centres indexed by area, with `x`, `y`, `parent`.
    """
    xy = points.get_coordinates().to_numpy()
    area = np.empty(len(points), dtype=object)
    centres = []
    for district, count in AREAS.items():
        rows = np.flatnonzero(points["parent"] == district)
        weight = points["street_m"].to_numpy()[rows]
        centre = xy[rows][rng.choice(len(rows), count, replace=False, p=weight / weight.sum())]
        for _ in range(20):
            cell = nearest(xy[rows], centre)
            centre = np.column_stack(
                [np.bincount(cell, weight * axis, count) / np.bincount(cell, weight, count) for axis in xy[rows].T]
            )
        centre = centre[np.argsort(centre[:, 0])].round(1)
        names = [f"{district}-{number:02d}" for number in range(1, count + 1)]
        area[rows] = np.array(names, dtype=object)[nearest(xy[rows], centre)]
        centres.append(pd.DataFrame({"x": centre[:, 0], "y": centre[:, 1], "parent": district}, index=names))
    return area, pd.concat(centres).rename_axis("district")


def nearest(xy: Floats, centres: Floats) -> Ints:
    """Return the row number of the nearest centre of each position."""
    return np.linalg.norm(xy[:, None] - centres, axis=2).argmin(axis=1)


def area_outlines(centres: pd.DataFrame, outlines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the survey areas as polygons: Voronoi cells of their centres within the district outline."""
    frames = []
    for district, group in centres.groupby("parent", sort=False):
        points = gpd.GeoSeries.from_xy(group["x"], group["y"], crs=CRS)
        cells = points.voronoi_polygons(extend_to=outlines.geometry[district])
        cells = cells.iloc[[int(cells.contains(point).to_numpy().argmax()) for point in points]]
        frames.append(
            gpd.GeoDataFrame(
                {"district": group.index, "parent": district},
                geometry=cells.intersection(outlines.geometry[district]).to_numpy(),
                crs=CRS,
            )
        )
    return pd.concat(frames, ignore_index=True)


def apportion(total: int, weights: Floats) -> Ints:
    """Share `total` whole units in proportion to `weights` by largest remainders; the sum is exact."""
    exact = total * weights / weights.sum()
    share = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - share), kind="stable")
    share[order[: total - int(share.sum())]] += 1
    return share


def spread_people(points: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the points with `people` and `elderly`; totals by district equal the census to the person."""
    table = points.assign(people=0, elderly=0)
    areas = sorted(table["district"].unique())
    factor = dict(zip(areas, np.exp(rng.normal(0, AREA_ELDERLY_SPREAD, len(areas))), strict=True))
    for district, total in POPULATION_2020.items():
        rows = table["parent"] == district
        people = apportion(total, table.loc[rows, "street_m"].to_numpy())
        older = people * table.loc[rows, "district"].map(factor).to_numpy()
        table.loc[rows, "people"] = people
        table.loc[rows, "elderly"] = apportion(round(total * ELDERLY_SHARE), older)
    return table
