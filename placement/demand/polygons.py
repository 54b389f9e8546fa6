"""Census polygons to demand points within them, so that every point keeps its polygon's district."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from placement.demand.places import grid, hexagons, points_along_streets
from placement.demand.population import areal_weights, check_polygons
from placement.errors import InputError
from placement.values.demand import check_points


def points_from_polygons(
    polygons: gpd.GeoDataFrame,
    spacing_m: float,
    counts: Sequence[str],
    *,
    shape: Literal["square", "hexagon", "streets"] = "square",
    streets: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return demand points of polygons: one for each piece that a grid cuts them into, or along their streets.

    Parameters
    ----------
    polygons
        Census areas indexed by id, projected CRS, not overlapping, with the columns `counts`; other columns are
        handed on.
    spacing_m
        Side of a square cell, distance of hexagons' centres, or longest piece of street, metres.
    counts
        Columns to spread over the pieces by area, or over the pieces of street by length (dasymetric weighting: people
        live along streets, not on lakes); each polygon's total is kept.
    shape
        ``square``, ``hexagon`` or ``streets``.
    streets
        Lines in the same CRS for the last, e.g. ``Streets.edges``.

    Returns
    -------
    geopandas.GeoDataFrame
        Indexed by ``demand_id`` (``<polygon>/<cell>``): a point within each piece.

    Raises
    ------
    InputError, CrsError
        As :func:`placement.demand.areal_weights`, if polygons overlap, are empty or invalid, or have no street.

    Examples
    --------
    >>> from shapely import box
    >>> areas = gpd.GeoDataFrame({"people": [90.0]}, index=["A"], geometry=[box(0, 0, 30, 10)], crs="EPSG:32650")
    >>> points_from_polygons(areas, 20.0, ["people"])["people"].to_dict()
    {'A/x0y0': 60.0, 'A/x1y0': 30.0}
    """
    check_points("population", polygons)
    check_polygons(polygons)
    if shape == "streets":
        if streets is None:
            raise InputError.single("population", "cannot be spread along streets without them", remedy="give streets")
        along = points_along_streets(streets, spacing_m)
        pieces = areal_weights(polygons, along, density="length_m").matrix.tocoo()
        area, cell = pieces.coords
        names, places = along.index, along.geometry.to_numpy()[cell]
    else:
        cells = (grid if shape == "square" else hexagons)(polygons.geometry, spacing_m)
        targets = cells.set_geometry("cell").set_crs(polygons.crs, allow_override=True)
        pieces = areal_weights(polygons, targets).matrix.tocoo()
        area, cell = pieces.coords
        shapes = shapely.intersection(polygons.geometry.to_numpy()[area], cells["cell"].to_numpy()[cell])
        names, places = cells.index, shapely.point_on_surface(shapes)
    ids = pd.Index(polygons.index.astype(str)[area] + "/" + names[cell], name="demand_id")
    others = [name for name in polygons.columns if name not in {*counts, polygons.geometry.name}]
    data = {name: polygons[name].to_numpy()[area] for name in others}
    data |= {name: polygons[name].to_numpy(dtype=float)[area] * np.asarray(pieces.data) for name in counts}
    return gpd.GeoDataFrame(data, index=ids, geometry=places, crs=polygons.crs)
