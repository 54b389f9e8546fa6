"""Census polygons to demand points: the pieces of a grid, so that every point keeps its polygon's district."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from placement.demand.places import grid
from placement.demand.population import areal_weights


def points_from_polygons(polygons: gpd.GeoDataFrame, spacing_m: float, counts: Sequence[str]) -> gpd.GeoDataFrame:
    """Return demand points of polygons: one for each piece that a square grid cuts them into.

    Parameters
    ----------
    polygons
        Census areas indexed by id, projected CRS, not overlapping, with the columns `counts`; other columns are
        handed on.
    spacing_m
        Side of a grid cell, metres.
    counts
        Columns to spread over the pieces by area; each polygon's total is kept.

    Returns
    -------
    geopandas.GeoDataFrame
        Indexed by ``demand_id`` (``<polygon>/<cell>``): a point within each piece.

    Raises
    ------
    InputError, CrsError
        As :func:`placement.demand.areal_weights`, if polygons overlap, are empty or invalid.

    Examples
    --------
    >>> from shapely import box
    >>> areas = gpd.GeoDataFrame({"people": [90.0]}, index=["A"], geometry=[box(0, 0, 30, 10)], crs="EPSG:32650")
    >>> points_from_polygons(areas, 20.0, ["people"])["people"].to_dict()
    {'A/x0y0': 60.0, 'A/x1y0': 30.0}
    """
    cells = grid(polygons.geometry, spacing_m)
    weights = areal_weights(polygons, cells.set_geometry("cell").set_crs(polygons.crs, allow_override=True))
    pieces = weights.matrix.tocoo()
    area, cell = pieces.coords
    shapes = shapely.intersection(polygons.geometry.to_numpy()[area], cells["cell"].to_numpy()[cell])
    ids = pd.Index(polygons.index.astype(str)[area] + "/" + cells.index[cell], name="demand_id")
    others = [name for name in polygons.columns if name not in {*counts, polygons.geometry.name}]
    data = {name: polygons[name].to_numpy()[area] for name in others}
    data |= {name: polygons[name].to_numpy(dtype=float)[area] * np.asarray(pieces.data) for name in counts}
    return gpd.GeoDataFrame(data, index=ids, geometry=shapely.point_on_surface(shapes), crs=polygons.crs)
