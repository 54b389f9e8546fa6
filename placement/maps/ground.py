"""What lies under the stations: streets, district outlines and dots of demand.

To keep the picture small whatever the city, streets are merged, simplified to :data:`TOLERANCE_PX` and written as one
path, and demand points that share a cell of :data:`CELL_PX` pixels and a class become one dot.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from markupsafe import escape
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from placement.maps.frame import Frame, path, place_of
from placement.maps.words import shown
from placement.values import Demand

TOLERANCE_PX = 0.6
CELL_PX = 6.0
PLAIN_DOTS = 1500
"""Up to this many demand points each has its own dot."""

DOT_SHARE = 0.08
"""Share of the picture that all dots together fill, unless the largest would exceed :data:`DOT_MAX_PX`."""
DOT_MAX_PX = 9.0
CLASSES = {"outside": "#a9b1b8", "within": "#8cc4ec", "lost": "#d55e00", "gained": "#009e73", "all": "#6d9dc5"}
"""Colour of demand that is not within reach, stays so, loses it, gains it; and where that is not known."""


def streets_layer(frame: Frame, streets: gpd.GeoDataFrame | None, crs: Any) -> list[str]:
    """Return the streets as one path."""
    if streets is None or streets.empty:
        return []
    parts = shapely.get_parts(frame.drawn(streets, crs))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts))) if len(parts) else parts
    lines = path(shapely.simplify(merged, TOLERANCE_PX, preserve_topology=False))
    return [f'<path d="{lines}" transform="scale(.1)" fill="none" stroke="#c6cbcf" stroke-width="7"/>']


def districts_layer(frame: Frame, districts: gpd.GeoDataFrame | None, crs: Any) -> list[str]:
    """Return the outlines of districts as one path."""
    if districts is None or districts.empty:
        return []
    # A border that two districts share is drawn once, else its dashes fill up.
    borders = shapely.line_merge(shapely.union_all(shapely.boundary(frame.drawn(districts, crs))))
    lines = path(shapely.simplify(shapely.get_parts(borders), TOLERANCE_PX, preserve_topology=False))
    style = 'fill="none" stroke="#8a7f9c" stroke-width="16" stroke-dasharray="70 40"'
    return [f'<path d="{lines}" transform="scale(.1)" {style}/>']


def district_names(frame: Frame, districts: gpd.GeoDataFrame | None, crs: Any, taken: BaseGeometry) -> list[str]:
    """Return each district's name in the widest free place of its visible part; `taken` is in pixels."""
    column = next((name for name in ("name", "district") if districts is not None and name in districts), None)
    if districts is None or column is None:
        return []
    inside = shapely.box(0, 0, frame.width, frame.height)
    labels = []
    for name, shape in zip(districts[column], frame.drawn(districts, crs), strict=True):
        visible = shapely.intersection(shapely.make_valid(shape), inside)
        label = shown(name, limit=24)
        if visible.area < 3000 or not label:
            continue
        free = shapely.difference(visible, taken)
        spot = shapely.maximum_inscribed_circle(visible if free.is_empty else free, tolerance=2).coords[0]
        style = 'text-anchor="middle" font-size="17" fill="#4b3f63" stroke="#fff" stroke-width="4" opacity=".95"'
        where = f'x="{spot[0]:.1f}" y="{spot[1] + 6:.1f}"'
        labels.append(f'<text {where} {style} paint-order="stroke">{escape(label)}</text>')
    return labels


def demand_layer(frame: Frame, demand: Demand, reach: pd.DataFrame | None) -> tuple[list[str], float]:
    """Return the dots of demand, and the square of the radius in pixels that one visit a month has."""
    place = frame.pixels(place_of("demand", demand.points))
    dots = pd.DataFrame({"x": place[:, 0], "y": place[:, 1], "weight": demand.weight.sum(axis=1)})
    dots["kind"] = "all" if reach is None else reach_classes(reach)
    dots = dots[dots["weight"] > 0]
    if len(dots) > PLAIN_DOTS:
        dots = _cells(dots)
    if dots.empty:
        return [], 0.0
    filled = DOT_SHARE * frame.width * frame.height / np.pi
    scale = float(min(filled / dots["weight"].sum(), DOT_MAX_PX**2 / dots["weight"].max()))
    dots = dots.assign(r=np.maximum(np.sqrt(dots["weight"] * scale), 0.5))
    groups = []
    for kind, colour in CLASSES.items():
        circles = "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"/>'
            for x, y, r in dots.loc[dots["kind"] == kind, ["x", "y", "r"]].itertuples(index=False)
        )
        groups += [f'<g fill="{colour}" fill-opacity=".85">{circles}</g>'] if circles else []
    return groups, scale


def reach_classes(reach: pd.DataFrame) -> NDArray[np.object_]:
    """Return the class of each point: within reach counts where at least half of its weight is.

    Examples
    --------
    >>> reach_classes(pd.DataFrame({"before": [0, 0, 0.5, 1], "after": [0.4, 1, 1, 0.2]})).tolist()
    ['outside', 'gained', 'within', 'lost']
    """
    before, after = reach["before"].to_numpy() >= 0.5, reach["after"].to_numpy() >= 0.5
    kinds = np.array([["outside", "gained"], ["lost", "within"]], dtype=object)
    chosen: NDArray[np.object_] = kinds[before.astype(int), after.astype(int)]
    return chosen


def _cells(dots: pd.DataFrame) -> pd.DataFrame:
    """Return one dot for each cell and class: the summed weight at the weighted middle."""
    cells = (dots[["x", "y"]] // CELL_PX).add_prefix("cell_")
    moments = dots.assign(x=dots["x"] * dots["weight"], y=dots["y"] * dots["weight"], **cells)
    summed = moments.groupby(["kind", "cell_y", "cell_x"], sort=True)[["x", "y", "weight"]].sum().reset_index()
    return summed.assign(x=summed["x"] / summed["weight"], y=summed["y"] / summed["weight"])
