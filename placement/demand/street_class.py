"""How busy a street is by its class: the trend along which foot traffic is interpolated."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from placement.streets import Streets
from placement.values.arrays import FloatArray

RANKS = {
    "path": 0, "footway": 0, "steps": 0, "track": 0, "cycleway": 0, "service": 0, "bridleway": 0, "corridor": 0,
    "residential": 1, "living_street": 1, "unclassified": 1, "road": 1,
    "tertiary": 2, "tertiary_link": 2,
    "secondary": 3, "secondary_link": 3,
    "primary": 4, "primary_link": 4, "trunk": 4, "trunk_link": 4, "pedestrian": 4,
}  # fmt: skip
"""Rank of a value of the OSM tag ``highway``: from paths to main streets and pedestrian zones."""
USUAL = 1
"""Rank of any other."""


def street_ranks(streets: Streets, places: gpd.GeoDataFrame) -> FloatArray | None:
    """Return (places,) ranks of the street nearest to each point; None where the streets do not tell their classes."""
    if not any(kind in RANKS for kind in streets.kinds) or not len(places):
        return None
    edges = streets.edges
    tree = shapely.STRtree(edges.geometry.to_numpy())
    at, found = tree.query_nearest(places.geometry.to_numpy(), all_matches=True)
    rank = edges["highway"].map(RANKS).fillna(USUAL).to_numpy(dtype=float)
    # Where edges meet, the busiest of them passes the place.
    best = np.full(len(places), -np.inf)
    np.maximum.at(best, at, rank[found])
    return best
