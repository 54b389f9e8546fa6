"""Cities for the travel benchmark: synthetic ones of any size, and people and sites along their streets."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from placement.streets import Streets

CRS = "EPSG:32650"
BLOCK_M = 90.0
"""Mean distance of parallel streets."""
MISSING = 0.14
"""Share of block sides without a street."""
DIVIDED = 0.43
"""Share of streets with a node between their ends: a crossing, a drive."""
RIVER_EVERY_M, BRIDGE_EVERY = 6000.0, 8


@dataclass(frozen=True)
class City:
    name: str
    nodes: pd.DataFrame
    edges: pd.DataFrame

    def streets(self) -> Streets:
        return Streets.from_tables(self.nodes, self.edges, crs=CRS)


def synthetic_city(name: str, n_nodes: int, seed: int = 0) -> City:
    """A warped grid with missing links, nodes between corners, and rivers with few bridges; about 190 nodes a km2."""
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(n_nodes / 1.75))
    across, down = (np.cumsum(rng.uniform(0.7 * BLOCK_M, 1.4 * BLOCK_M, side)) for _ in range(2))
    x, y = (part.ravel() for part in np.meshgrid(across, down, indexing="ij"))
    x, y = x + 60 * np.sin(y / 370) + rng.normal(0, 9, x.size), y + 60 * np.sin(x / 460) + rng.normal(0, 9, x.size)
    corner = np.arange(side * side).reshape(side, side)
    links = np.concatenate(
        [
            np.column_stack([corner[:-1].ravel(), corner[1:].ravel()]),
            np.column_stack([corner[:, :-1].ravel(), corner[:, 1:].ravel()]),
        ]
    )
    links = links[rng.random(len(links)) > MISSING]
    bank = np.floor((y + 400 * np.sin(x / 2500)) / RIVER_EVERY_M)
    bridge = (x[links[:, 0]] / BLOCK_M).astype(int) % BRIDGE_EVERY == 0
    links = links[(bank[links[:, 0]] == bank[links[:, 1]]) | bridge]
    divided = rng.random(len(links)) < DIVIDED
    cut = links[divided]
    share = rng.uniform(0.3, 0.7, (len(cut), 1))
    xy = np.column_stack([x, y])
    middle = xy[cut[:, 0]] * share + xy[cut[:, 1]] * (1 - share) + rng.normal(0, 4, (len(cut), 2))
    number = len(xy) + np.arange(len(cut))
    links = np.concatenate(
        [links[~divided], np.column_stack([cut[:, 0], number]), np.column_stack([number, cut[:, 1]])]
    )
    return _largest_part(name, np.concatenate([xy, middle]), links, rng)


def _largest_part(name: str, xy: NDArray[np.float64], links: NDArray[np.int64], rng: np.random.Generator) -> City:
    """Keep the largest part; number the nodes at random, as OpenStreetMap's are."""
    graph = sparse.coo_array((np.ones(len(links)), links.T), shape=(len(xy), len(xy)))
    label = csgraph.connected_components(graph, directed=False)[1]
    main = label == np.bincount(label).argmax()
    ids = np.full(len(xy), -1)
    ids[main] = rng.permutation(int(main.sum()))
    links = links[main[links[:, 0]]]
    length = np.hypot(*(xy[links[:, 0]] - xy[links[:, 1]]).T) * rng.uniform(1.0, 1.12, len(links))
    nodes = pd.DataFrame({"node_id": ids[main], "x": xy[main, 0], "y": xy[main, 1]})
    return City(name, nodes, pd.DataFrame({"u": ids[links[:, 0]], "v": ids[links[:, 1]], "length_m": length}))


def people_along(streets: Streets, count: int, prefix: str, seed: int) -> gpd.GeoDataFrame:
    """Points 8 to 40 m beside streets, spread by street length."""
    rng = np.random.default_rng(seed)
    edge = rng.choice(streets.n_edges, count, p=streets.length_mm / streets.length_mm.sum(dtype=np.int64))
    a, b = streets.xy[streets.u[edge]], streets.xy[streets.v[edge]]
    along = b - a
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    aside = rng.uniform(8, 40, (count, 1)) * rng.choice([-1.0, 1.0], (count, 1))
    xy = a + rng.random((count, 1)) * along + normal * aside
    index = pd.Index(np.char.add(prefix, np.arange(count).astype(str)).astype(object))
    return gpd.GeoDataFrame(geometry=shapely.points(xy), index=index, crs=streets.crs)
