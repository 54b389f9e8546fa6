"""Whether the lengths of edges can be metres between the places of their nodes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyproj
from numpy.typing import NDArray

from placement.errors import Fault
from placement.values.arrays import FloatArray
from placement.values.row_faults import row_faults

SHORT_SHARE = 0.01
"""A length may be this share below the straight line: the scale of a fitting CRS, and chords of the ellipsoid."""

SHORT_SLACK_M = 1.0
"""A length may be this much below the straight line besides: lengths are often rounded to whole metres."""

LONG = 1.5
"""Where nine lengths of ten are longer than this many straight lines, they are not metres: streets of cities lie near
1.0 (Hankou: 1.000), feet at 3.28, and Web Mercator, in which some tools measure, at 1.16 in Wuhan and 1.56 at 50
degrees."""

MOST = 0.1
"""The share of lengths that may lie below a ratio before it says something of them all."""

CLEAR_M = 20.0
"""Edges whose ends lie nearer to each other say nothing of units: a bend in them can be long."""

FEWEST = 5
"""Fewer clear edges than this say nothing of them all."""

_UNITS = {"kilometres": 0.001, "miles": 1 / 1609.344, "feet": 3.28084, "centimetres": 100.0, "millimetres": 1000.0}
_NEAR = (0.85, 1.6)
"""Between these ratios to the straight line the median length of a network lies, in its right unit."""


def straight_m(raw: FloatArray, u: NDArray[np.int64], v: NDArray[np.int64], *, in_degrees: bool) -> FloatArray:
    """Return the metres between the ends of edges: geodesic for degrees, else in the plane."""
    if not in_degrees:
        return np.asarray(np.hypot(*(raw[u] - raw[v]).T))
    return np.asarray(pyproj.Geod(ellps="WGS84").inv(*raw[u].T, *raw[v].T)[2])


def short_faults(labels: Iterable[object], length: FloatArray, straight: FloatArray, slack_m: float) -> list[Fault]:
    """Return a fault for each edge that is shorter than the straight line between its ends."""
    short = length < (1 - SHORT_SHARE) * straight - slack_m
    if not short.any():
        return []
    unit = _unit(float(np.median(length[short] / straight[short])))
    remedy = "give metres along the street" + (f"; are these {unit}?" if unit else "; it cannot be shorter")
    shown = [f"{own:g}, but its ends lie {apart:,.1f} m apart" for own, apart in zip(length, straight, strict=True)]
    return row_faults("street edges", labels, short, "length_m is {}", remedy=remedy, values=shown)


def stretch(length: FloatArray, straight: FloatArray) -> float:
    """Return the ratio to the straight line that nine lengths of ten exceed; 1 where too few edges could tell."""
    clear = straight > CLEAR_M
    if np.count_nonzero(clear) < FEWEST:
        return 1.0
    return float(np.quantile(length[clear] / straight[clear], MOST))


def long_faults(labels: Iterable[object], length: FloatArray, straight: FloatArray) -> list[Fault]:
    """Return a fault where nearly all edges are far longer than the straight lines between their ends."""
    ratio = stretch(length, straight)
    if ratio <= LONG:
        return []
    unit = _unit(float(np.median((length / np.maximum(straight, 1e-9))[straight > CLEAR_M])))
    at = int(np.argmax(straight))
    example = next(name for number, name in enumerate(labels) if number == at)
    problem = (
        f"nine lengths of ten are more than {ratio:,.2f} times the straight line between their ends, "
        f"e.g. {length[at]:g} for {straight[at]:,.1f} m"
    )
    remedy = f"give metres along the street; are these {unit}?" if unit else "measure lengths in metres on the ground"
    return [Fault(table="street edges", row=str(example), problem=problem, remedy=remedy)]


def coordinate_slack_m(raw: FloatArray, *, in_degrees: bool) -> float:
    """Return how far the rounding of coordinates may move two nodes apart, in metres.

    Coordinates are as exact as their decimals: four decimals of a degree move a node by 5.6 m.
    """
    unit_m = 111_320.0 if in_degrees else 1.0
    for decimals in range(8):
        if np.allclose(raw, np.round(raw, decimals), rtol=0, atol=1e-9):
            return SHORT_SLACK_M + float(np.sqrt(2)) * 10.0**-decimals * unit_m
    return SHORT_SLACK_M


def _unit(ratio: float) -> str:
    """Return the unit in which lengths of this ratio to the straight line may be written, or ""."""
    return next((name for name, factor in _UNITS.items() if _NEAR[0] <= ratio / factor <= _NEAR[1]), "")
