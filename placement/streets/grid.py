r"""The nearest of many line segments, by a uniform grid.

Every segment is entered into the cells that its pieces touch. A point looks into its own cell, then into the ring of
cells around it, and so on, until the nearest segment found is nearer than the edge of the searched square: nothing
outside it can be nearer. Distance and position follow GEOS operation by operation,

.. math::

    f = \frac{(p - a) \cdot (b - a)}{|b - a|^2}, \qquad
    d = \begin{cases} |p - a| & f \le 0 \\ |p - b| & f \ge 1 \\
        |(a - p) \times (b - a)| / |b - a|^2 \cdot |b - a| & \text{else,} \end{cases}

so that distances are the very numbers shapely returns. Of equally near segments the first counts.
"""

# ruff: noqa: PLR0917 - compiled functions take arrays by position
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from placement.kernels import FloatTable, Ints, Longs, inner, kernel

MOST_RINGS = 24
"""Rings a point looks through before it is left to a tree search."""

CELLS_A_SEGMENT = 4

MOST_IN_A_CELL = 2000
"""Segments in one cell beyond which the grid is too coarse for the densest quarter."""

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Segments sorted into square cells: `first` and `segment` are the segments of each cell as CSR.

    Parameters
    ----------
    segments
        (n, 4) metres: ax, ay, bx, by.
    x0, y0, cell_m
        Corner and width of the cells.
    columns, rows
        Number of cells either way.
    """

    segments: Array
    first: Array
    segment: Array
    x0: float
    y0: float
    cell_m: float
    columns: int
    rows: int

    def nearest(self, xy: Array) -> tuple[Array, Array, Array]:
        """Return (segment, distance, share along it) of each point; segment -1 where none is near.

        Parameters
        ----------
        xy
            (points, 2) metres.
        """
        found: tuple[Array, Array, Array] = _nearest(
            np.ascontiguousarray(xy), self.segments, self.first, self.segment,
            self.x0, self.y0, self.cell_m, self.columns, self.rows,
        )  # fmt: skip
        return found


def build_grid(segments: Array) -> Grid | None:
    """Return the grid of (n, 4) segments, or None where they are spread so unevenly that a tree serves better."""
    lengths = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    low = np.minimum(segments[:, :2].min(axis=0), segments[:, 2:].min(axis=0))
    high = np.maximum(segments[:, :2].max(axis=0), segments[:, 2:].max(axis=0))
    cell_m = max(float(lengths.mean()), math.sqrt(np.prod(high - low) / (CELLS_A_SEGMENT * len(segments))), 1.0)
    columns, rows = (int(extent / cell_m) + 1 for extent in high - low)
    if columns * rows > 4 * CELLS_A_SEGMENT * len(segments) + 1_000_000:
        return None
    first, segment = _fill(np.ascontiguousarray(segments), float(low[0]), float(low[1]), cell_m, columns, rows)
    if np.diff(first).max() > MOST_IN_A_CELL:
        return None
    return Grid(
        segments=np.ascontiguousarray(segments), first=first, segment=segment, x0=float(low[0]), y0=float(low[1]),
        cell_m=cell_m, columns=columns, rows=rows,
    )  # fmt: skip


@inner
def _cell_span(a: float, b: float, low: float, cell_m: float, count: int) -> tuple[int, int]:
    """Return the first and last cell of an interval."""
    first, last = int((min(a, b) - low) / cell_m), int((max(a, b) - low) / cell_m)
    return max(min(first, count - 1), 0), max(min(last, count - 1), 0)


@inner
def _enter(
    segments: Array, x0: float, y0: float, cell_m: float, columns: int, rows: int, place: Array, entered: Array
) -> None:
    """Count the segments of each cell in `place`, or, where `entered` has room, enter them at `place`."""
    for s in range(len(segments)):
        ax, ay, bx, by = segments[s, 0], segments[s, 1], segments[s, 2], segments[s, 3]
        pieces = int(max(abs(bx - ax), abs(by - ay)) / cell_m) + 1
        for k in range(pieces):
            # The box of a short piece holds few cells that the piece misses; the box of a long diagonal would.
            px, py = ax + (bx - ax) * k / pieces, ay + (by - ay) * k / pieces
            qx, qy = ax + (bx - ax) * (k + 1) / pieces, ay + (by - ay) * (k + 1) / pieces
            i, i_last = _cell_span(px, qx, x0, cell_m, columns)
            j, j_last = _cell_span(py, qy, y0, cell_m, rows)
            for column in range(i, i_last + 1):
                for row in range(j, j_last + 1):
                    cell = column * rows + row
                    if entered.size:
                        entered[place[cell]] = s
                    place[cell] += 1


@kernel
def _fill(segments: FloatTable, x0: float, y0: float, cell_m: float, columns: int, rows: int) -> tuple[Array, Array]:
    """Return the segments of each cell as CSR."""
    counts = np.zeros(columns * rows, np.int64)
    _enter(segments, x0, y0, cell_m, columns, rows, counts, np.empty(0, np.int32))
    first, fill = np.zeros(counts.size + 1, np.int64), np.empty(counts.size, np.int64)
    for cell in range(counts.size):
        fill[cell] = first[cell]
        first[cell + 1] = first[cell] + counts[cell]
    entered = np.empty(max(first[counts.size], 1), np.int32)
    _enter(segments, x0, y0, cell_m, columns, rows, fill, entered)
    return first, entered


@inner
def _measure(x: float, y: float, segments: Array, s: int) -> tuple[float, float]:
    """Return (distance, share along) of the place on a segment nearest to a point."""
    ax, ay, bx, by = segments[s, 0], segments[s, 1], segments[s, 2], segments[s, 3]
    square = (bx - ax) * (bx - ax) + (by - ay) * (by - ay)
    share = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / square if square > 0.0 else 0.0
    if share <= 0.0:
        return np.sqrt((x - ax) * (x - ax) + (y - ay) * (y - ay)), 0.0
    if share >= 1.0:
        return np.sqrt((x - bx) * (x - bx) + (y - by) * (y - by)), 1.0
    across = ((ay - y) * (bx - ax) - (ax - x) * (by - ay)) / square
    return abs(across) * np.sqrt(square), share


@kernel
def _nearest(
    xy: FloatTable,
    segments: FloatTable,
    first: Longs,
    segment: Ints,
    x0: float,
    y0: float,
    cell_m: float,
    columns: int,
    rows: int,
) -> tuple[Array, Array, Array]:
    """Return (segment, distance, share) of each point; see the module's text."""
    count = len(xy)
    nearest, distance, share = np.empty(count, np.int64), np.empty(count), np.zeros(count)
    for p in range(count):
        nearest[p], distance[p] = -1, np.inf
        x, y = xy[p, 0], xy[p, 1]
        i, j = int(np.floor((x - x0) / cell_m)), int(np.floor((y - y0) / cell_m))
        for ring in range(MOST_RINGS):
            for column in range(max(i - ring, 0), min(i + ring, columns - 1) + 1):
                # Of the inner columns only the two cells on the ring are new.
                step = 1 if abs(column - i) == ring else 2 * ring
                for row in range(j - ring, j + ring + 1, step):
                    if row < 0 or row >= rows:
                        continue
                    cell = column * rows + row
                    for at in range(first[cell], first[cell + 1]):
                        s = segment[at]
                        d, f = _measure(x, y, segments, s)
                        if d < distance[p] or (d == distance[p] and s < nearest[p]):
                            nearest[p], distance[p], share[p] = s, d, f
            inside = min(x - (x0 + (i - ring) * cell_m), x0 + (i + ring + 1) * cell_m - x)
            inside = min(inside, y - (y0 + (j - ring) * cell_m), y0 + (j + ring + 1) * cell_m - y)
            # A hair less than the border: the border itself was computed with rounding.
            if distance[p] < inside - 1e-6:
                break
        else:
            nearest[p] = -1
    return nearest, distance, share
