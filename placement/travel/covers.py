"""Cover sets of very many points, row block by row block: neither times nor covers of all points are ever held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from placement.errors import AlignmentError, InputError
from placement.streets.streets import Streets
from placement.travel.stream import TimesStream
from placement.travel.walking import walking_run, whole_reach
from placement.values.arrays import frozen_array
from placement.values.immutable import immutable
from placement.values.shown import Shown, headline_of


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class CoverStream:
    """A re-iterable of (covers, weights) blocks, as :class:`placement.values.CoverageProgram` takes them.

    Blocks follow the points; of each block of points all segments come one after another. Made by
    :func:`walking_covers`.

    Parameters
    ----------
    times
        Walking times, block by block.
    thresholds_s, speeds_m_s
        Threshold and speed of each segment.
    weights
        (points, segments) int64.
    """

    times: TimesStream
    thresholds_s: tuple[float, ...]
    speeds_m_s: tuple[float, ...]
    weights: NDArray[np.int64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", frozen_array(self.weights, np.int64))

    def _shown(self) -> Shown:
        rows = [
            ("times", headline_of(self.times)),
            *(
                ("standard", f"{threshold_s:g} s at {speed_m_s:g} m/s")
                for threshold_s, speed_m_s in zip(self.thresholds_s, self.speeds_m_s, strict=True)
            ),
        ]
        return f"CoverStream: {self.weights.shape[0]:,} points in {self.weights.shape[1]:,} segments", rows

    @property
    def n_sites(self) -> int:
        """Number of columns of every block."""
        return len(self.times.site_ids)

    def __iter__(self) -> Iterator[tuple[sparse.csr_array, NDArray[np.int64]]]:
        start = 0
        for block in self.times.blocks():
            end = start + len(block.point_ids)
            standards = zip(self.thresholds_s, self.speeds_m_s, strict=True)
            for segment, (threshold_s, speed_m_s) in enumerate(standards):
                yield block.within(threshold_s, speed_m_s), self.weights[start:end, segment]
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
    reach = [whole_reach(*standard) for standard in zip(thresholds_s, speeds_m_s, strict=True)]
    fastest, farthest = max(speed for speed, _ in reach), max(limit for _, limit in reach)
    run = walking_run(
        streets, points, sites, cutoff_s=farthest / fastest, speed_m_s=fastest / 1000, threads=threads
    )  # fmt: skip
    return CoverStream(
        times=run.stream(), thresholds_s=tuple(thresholds_s), speeds_m_s=tuple(speeds_m_s), weights=whole
    )
