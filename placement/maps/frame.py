"""From metres to pixels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from placement.errors import InputError
from placement.values import Demand, Sites
from placement.values.arrays import FloatArray

WIDTH_PX = 1000.0
HEIGHTS_PX = (460.0, 900.0)
INK = "#22303c"


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The part of the world in the picture.

    Parameters
    ----------
    west, north
        Edges, metres in the CRS of the study.
    scale
        Pixels a metre.
    width, height
        Size in pixels.
    """

    west: float
    north: float
    scale: float
    width: float
    height: float

    @classmethod
    def around(cls, demand: Demand, sites: Sites, actions: pd.DataFrame) -> Frame:
        """Return the frame that holds all demand and every station of the plan, with a margin."""
        named = sites.ids.isin(actions["site_id"]) | sites.ids.isin(actions["from_site_id"])
        points = np.vstack([place_of("sites", sites.table)[named], place_of("demand", demand.points)])
        points = points if len(points) else np.zeros((1, 2))
        low, high = points.min(axis=0), points.max(axis=0)
        span = high - low + 0.08 * max(*(high - low), 500.0)
        height = float(np.clip(WIDTH_PX * span[1] / span[0], *HEIGHTS_PX))
        scale = float(min(WIDTH_PX / span[0], height / span[1]))
        middle = (low + high) / 2
        return cls(
            west=float(middle[0] - WIDTH_PX / scale / 2),
            north=float(middle[1] + height / scale / 2),
            scale=scale,
            width=WIDTH_PX,
            height=height,
        )

    def pixels(self, coordinates: FloatArray) -> FloatArray:
        """Return (n, 2) coordinates in metres as pixels, y downwards."""
        return (coordinates - (self.west, self.north)) * (self.scale, -self.scale)

    def drawn(self, shapes: gpd.GeoDataFrame, crs: Any) -> NDArray[np.object_]:
        """Return the shapes in pixels, cut to the picture; `crs` is that of the frame."""
        there = finite(np.array(shapes.geometry.to_crs(crs).array, dtype=object))
        pixels = shapely.transform(there, self.pixels)
        cut: NDArray[np.object_] = shapely.clip_by_rect(pixels, -5, -5, self.width + 5, self.height + 5)
        return cut


def place_of(name: str, points: gpd.GeoDataFrame) -> FloatArray:
    """Return (n, 2) coordinates of points in metres, or raise an InputError where one has no place.

    Native code that is given a number that is none may end the interpreter.
    """
    coordinates, row = shapely.get_coordinates(np.asarray(points.geometry.array), return_index=True)
    found = np.full((len(points), 2), np.nan)
    found[row] = coordinates
    lost = ~np.isfinite(found).all(axis=1)
    if lost.any():
        first = str(points.index[lost][0])
        raise InputError.single(name, "has no place on the map", row=first, remedy="give its coordinates")
    return found


def finite(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return shapes, empty ones in place of none and of those that a projection threw out of the world."""
    coordinates, shape = shapely.get_coordinates(shapes, return_index=True)
    lost = shapely.is_missing(shapes)
    lost[shape[~np.isfinite(coordinates).all(axis=1)]] = True
    return np.where(lost, shapely.Polygon(), shapes)


def path(lines: NDArray[np.object_]) -> str:
    """Return lines in pixels as one SVG path in whole tenths of a pixel, steps relative: the shortest exact form.

    Examples
    --------
    >>> path(shapely.from_wkt(["LINESTRING (0 0, 1.04 0, 1 2.5)", "LINESTRING (3 3, 4 3)"]))
    'M0 0l10 0 0 25M30 30l10 0'
    """
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    units = np.rint(coordinates * 10).astype(np.int64)
    starts = np.diff(line, prepend=-1) != 0
    steps = np.diff(units, axis=0, prepend=units[:1])
    parts = [
        f"M{x} {y}l" if start else f"{dx} {dy} "
        for start, (x, y), (dx, dy) in zip(starts.tolist(), units.tolist(), steps.tolist(), strict=True)
        if start or dx or dy
    ]
    # A line that became a single point has no steps, and an "l" without numbers would end the whole path.
    return re.sub("l(?=M|$)", "", "".join(parts).replace(" M", "M").replace(" -", "-").rstrip())
