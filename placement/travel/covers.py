"""Cover sets of very many points, row block by row block.

What is kept is which sites each street node reaches (a few hundred entries a site); the rows of a block of points are
made when they are asked for, and made again when they are asked for again. Neither the times nor the covers of all
points are ever held at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from placement.errors import AlignmentError, InputError
from placement.travel._search import Reach
from placement.travel.costs import EdgeCosts
from placement.travel.snap import Snaps, point_coordinates
from placement.travel.streets import Streets
from placement.travel.times import pairs_up_to
from placement.travel.walking import reach_of, snap_both, whole_reach
from placement.values._frozen import frozen_array


@dataclass(frozen=True, kw_only=True, eq=False)
class CoverStream:
    """A re-iterable of (covers, weights) blocks, as :class:`placement.values.CoverageProgram` takes them.

    Blocks follow the points; of each block of points all segments come one after another. Made by
    :func:`walking_covers`.

    Parameters
    ----------
    reach
        Sites that each street node reaches.
    points
        Where the points stand.
    limits_mm
        Reach of each segment, whole millimetres.
    weights
        (points, segments) int64.
    """

    reach: Reach
    points: Snaps
    limits_mm: tuple[int, ...]
    weights: NDArray[np.int64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", frozen_array(self.weights, np.int64))

    @property
    def n_sites(self) -> int:
        """Number of columns of every block."""
        return len(self.reach.sites)

    def __iter__(self) -> Iterator[tuple[sparse.csr_array, NDArray[np.int64]]]:
        start = 0
        for rows in self.reach.blocks(self.points):
            end = start + rows.shape[0]
            for segment, limit in enumerate(self.limits_mm):
                yield pairs_up_to(rows, limit), self.weights[start:end, segment]
            start = end


def walking_covers(
    streets: Streets,
    points: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    weights: ArrayLike,
    *,
    thresholds_s: Sequence[float],
    speeds_m_s: Sequence[float],
    threads: int = 2,
) -> CoverStream:
    """Return who is within which site's reach, as blocks that go straight into the aggregation of the program.

    Parameters
    ----------
    streets, points, sites, threads
        As in :func:`placement.travel.walking_times`.
    weights
        (points, segments) whole weights; (points,) for one segment.
    thresholds_s, speeds_m_s
        Threshold and speed of each segment.

    Raises
    ------
    AlignmentError
        If weights, thresholds and speeds do not fit points and segments.
    CrsError, InputError
        As :func:`placement.travel.walking_times`.

    Examples
    --------
    >>> import pandas as pd
    >>> nodes = pd.DataFrame({"node_id": ["a", "b"], "x": [0.0, 300.0], "y": [0.0, 0.0]})
    >>> edges = pd.DataFrame({"u": ["a"], "v": ["b"], "length_m": [300.0]})
    >>> streets = Streets.from_tables(nodes, edges, crs="EPSG:32650")
    >>> at = lambda xs: gpd.GeoDataFrame(geometry=gpd.points_from_xy(xs, [0.0] * len(xs)), crs="EPSG:32650")
    >>> stream = walking_covers(streets, at([0, 90]), at([100]), [5, 7], thresholds_s=[60], speeds_m_s=[1.0])
    >>> [(covers.toarray().tolist(), weights.tolist()) for covers, weights in stream]
    [([[False], [True]], [5, 7])]
    """
    whole = np.asarray(weights, dtype=np.int64).reshape(len(points), -1)
    if not whole.shape[1] == len(thresholds_s) == len(speeds_m_s) or not len(thresholds_s):
        raise AlignmentError.single(
            "weights",
            f"have {whole.shape[1]} segments, thresholds {len(thresholds_s)}, speeds {len(speeds_m_s)}",
            remedy="give one column, threshold and speed a segment",
        )
    if whole.size and int(whole.min()) < 0:
        raise InputError.single("weights", "are negative", remedy="weights must be 0 or more")
    limits = []
    for threshold_s, speed_m_s in zip(thresholds_s, speeds_m_s, strict=True):
        speed_mm_s, _ = whole_reach(threshold_s, speed_m_s)
        limits.append(round(threshold_s * 1000) * speed_mm_s // 1000)
    xy = [point_coordinates(name, frame, streets) for name, frame in (("points", points), ("sites", sites))]
    point_snaps, site_snaps = snap_both(streets, *xy, threads=threads)
    reach = reach_of(streets, EdgeCosts.flat(streets, 1000), site_snaps, max(limits), "to_sites", threads=threads)
    return CoverStream(reach=reach, points=point_snaps, limits_mm=tuple(limits), weights=whole)
