"""Travel times into cover sets: which sites are within reach of each demand point, in each segment.

A row is a (demand point, segment) pair; rows are stacked segment by segment, so row ``s * n_points + i`` is point ``i``
in segment ``s``. A site covers a row where it is within the service standard at the segment's walking speed, is open
during the whole of the segment's period, and offers its service.

Where travel times are held, so are the cover sets. Where they come block by block (a city of a million demand points
and ten thousand sites), the cover sets are made block by block too, each time the rows are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from placement.errors import InputError
from placement.travel import TimesStream, TravelTimes
from placement.values import Coverages, Covered, Demand, Segment, Sites, WeightedBlocks
from placement.values._frozen import frozen_array, frozen_csr

_DAY_MIN = 1440


@dataclass(frozen=True, kw_only=True)
class Standard:
    """The service standard: how far a station may be.

    Parameters
    ----------
    threshold_s
        Walking time in seconds, for districts without one of their own; None with a distance standard.
    threshold_m
        Network distance in metres; None with a time standard.
    threshold_s_by_district
        Walking time in seconds of districts (or their parents) that have their own.
    """

    threshold_s: float | None = None
    threshold_m: float | None = None
    threshold_s_by_district: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if (self.threshold_s is None) == (self.threshold_m is None):
            raise InputError.single("travel", "give a threshold in seconds or in metres")


@dataclass(frozen=True, kw_only=True, eq=False)
class Rules:
    """What turns travel times into cover sets.

    Parameters
    ----------
    segments
        Who walks when for what.
    serving
        (segments, sites) bool: open during the whole period and offering the service.
    standard
        The service standard.
    threshold_s
        (points,) seconds, where districts differ; None where one threshold holds for all.
    """

    segments: tuple[Segment, ...]
    serving: NDArray[np.bool_]
    standard: Standard
    threshold_s: NDArray[np.float64] | None

    def rows(self, times: TravelTimes, segment: int, points: slice) -> sparse.csr_array:
        """Return the cover sets of a block of points in one segment."""
        return _keep_columns(self.near(times, self.segments[segment].speed_m_s, points), self.serving[segment])

    def near(self, times: TravelTimes, speed_m_s: float, points: slice) -> sparse.csr_array:
        """Return the pairs of a block of points within the standard at one speed, open or not."""
        standard = self.standard
        if standard.threshold_m is not None:
            return times.within_metres(standard.threshold_m)
        speed = None if times.speed_m_s is None and times.unit == "ms" else speed_m_s
        if self.threshold_s is None:
            return times.within(float(standard.threshold_s or 0.0), speed)
        threshold = self.threshold_s[points]
        order = [np.flatnonzero(threshold == value) for value in np.unique(threshold)]
        parts = [times.within(float(threshold[rows[0]]), speed)[rows] for rows in order]
        back = np.argsort(np.concatenate(order), kind="stable")
        return sparse.csr_array(sparse.vstack(parts, format="csr")[back])


@dataclass(frozen=True, kw_only=True, eq=False)
class CoverRows:
    """Cover sets made block by block whenever they are asked for: all points in one segment, then in the next.

    Parameters
    ----------
    times
        Travel times, block by block.
    rules
        What turns them into cover sets.
    """

    times: TimesStream
    rules: Rules

    def __iter__(self) -> Iterator[sparse.csr_array]:
        for segment in range(len(self.rules.segments)):
            start = 0
            for block in self.times.blocks():
                end = start + len(block.point_ids)
                yield self.rules.rows(block, segment, slice(start, end))
                start = end

    def reached(self, standing: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return (segments x points,) bool from the times of the standing sites alone."""
        few = self.times.to_sites(self.times.site_ids[standing])
        rules = replace(self.rules, serving=self.rules.serving[:, standing])
        everyone = slice(0, len(few.point_ids))
        hits = [np.diff(rules.rows(few, segment, everyone).indptr) > 0 for segment in range(len(rules.segments))]
        return np.concatenate(hits) if hits else np.zeros(0, dtype=bool)


@dataclass(frozen=True, kw_only=True, eq=False)
class Coverage:
    """Stacked cover sets.

    Parameters
    ----------
    covers
        (segments x points, sites) CSR; a stored entry means covered. Or the same rows, made block by block.
    segments
        The segments in the order of the row blocks.
    n_points
        Rows a segment.
    """

    covers: sparse.csr_array | CoverRows
    segments: tuple[Segment, ...]
    n_points: int

    def reached(self, standing: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return, as (points, segments) booleans, who is within reach of any site in `standing` (a (sites,) mask)."""
        if isinstance(self.covers, CoverRows):
            hits = self.covers.reached(standing)
        else:
            hits = self.covers.astype(np.int32) @ standing.astype(np.int32) > 0
        return frozen_array(hits.reshape(len(self.segments), self.n_points).T)

    def weighted(self, weights: NDArray[np.int64]) -> dict[str, Any]:
        """Return `covers` and `weights` as :class:`placement.values.CoverageProgram` takes them."""
        if isinstance(self.covers, CoverRows):
            return {"covers": WeightedBlocks(covers=self.covers, weights=weights), "weights": None}
        return {"covers": self.covers, "weights": weights}


def open_throughout(opens_min: int, closes_min: int, segment: Segment) -> bool:
    """Return whether opening hours cover the whole period of a segment; both may pass midnight.

    Examples
    --------
    >>> night = Segment(
    ...     age_group="general", period="night", service="all", speed_m_s=1.3, starts_min=1200, ends_min=480
    ... )
    >>> open_throughout(0, 1440, night), open_throughout(1080, 540, night), open_throughout(480, 1320, night)
    (True, True, False)
    """
    hours = (closes_min - opens_min) % _DAY_MIN or _DAY_MIN
    if hours == _DAY_MIN:
        return True
    period = (segment.ends_min - segment.starts_min) % _DAY_MIN or _DAY_MIN
    return (segment.starts_min - opens_min) % _DAY_MIN + period <= hours


def serves(sites: Sites, segment: Segment) -> NDArray[np.bool_]:
    """Return (sites,) booleans: open during the whole period and offering the service of `segment`."""
    table = sites.table
    hours = zip(table["opens_min"], table["closes_min"], table["services"], strict=True)
    return np.array(
        [
            open_throughout(int(opens), int(closes), segment)
            and (not services or segment.service == "all" or segment.service in services)
            for opens, closes, services in hours
        ],
        dtype=bool,
    )


def cover(demand: Demand, sites: Sites, times: TravelTimes | TimesStream, standard: Standard) -> Coverage:
    """Return the cover sets of every demand point in every segment: held where the times are, else block by block.

    Raises
    ------
    InputError
        If the travel times are for other points or sites, or do not reach as far as the standard.
    """
    for name, ours, theirs in (("population", demand.ids, times.point_ids), ("sites", sites.ids, times.site_ids)):
        if not pd.Index(theirs).equals(pd.Index(ours)):
            raise InputError.single(
                "travel", f"travel times are for other {name}", remedy="compute them from the same tables"
            )
    speeds = {segment.speed_m_s for segment in demand.segments}
    if times.unit == "ms" and times.speed_m_s is None and standard.threshold_m is None and len(speeds) > 1:
        problem = f"travel is given in seconds, but age groups walk at {len(speeds)} speeds"
        raise InputError.single("travel", problem, remedy="give metres, or the same speed for every age group")
    serving = [serves(sites, segment) for segment in demand.segments]
    rules = Rules(
        segments=demand.segments,
        serving=np.array(serving, dtype=bool).reshape(len(serving), len(sites)),
        standard=standard,
        threshold_s=_thresholds(demand, standard),
    )
    if isinstance(times, TimesStream):
        covers: sparse.csr_array | CoverRows = CoverRows(times=times, rules=rules)
    else:
        everyone = slice(0, len(demand.ids))
        near = {speed_m_s: rules.near(times, speed_m_s, everyone) for speed_m_s in speeds}
        at = zip(demand.segments, serving, strict=True)
        blocks = [_keep_columns(near[segment.speed_m_s], serves_it) for segment, serves_it in at]
        covers = frozen_csr(
            sparse.vstack(blocks, format="csr") if blocks else sparse.csr_array((0, len(sites)), dtype=bool)
        )
    return Coverage(covers=covers, segments=demand.segments, n_points=len(demand.ids))


def measure(coverage: Coverage, demand: Demand, standing: NDArray[np.bool_]) -> Coverages:
    """Return what the sites in `standing` (a (sites,) mask) cover: in total, by segment, by district, and people."""
    reached = coverage.reached(standing)
    parts = [demand.weight, demand.need, demand.expected_use]

    def covered(rows: NDArray[np.bool_] | slice, segment: int | slice) -> Covered:
        """Return what is covered of some demand points and segments, and of how much."""
        sums = [(float((part * reached)[rows, segment].sum()), float(part[rows, segment].sum())) for part in parts]
        (w, w_all), (n, n_all), (u, u_all) = sums
        return Covered(covered=w, all=w_all, need_covered=n, need_all=n_all, use_covered=u, use_all=u_all)

    everyone = slice(None)
    parents = demand.points["parent"].to_numpy()
    return Coverages(
        total=covered(everyone, everyone),
        segment={segment.name: covered(everyone, index) for index, segment in enumerate(demand.segments)},
        district={str(name): covered(parents == name, everyone) for name in sorted(set(parents))},
        people=_people(demand, reached),
    )


def _people(demand: Demand, reached: NDArray[np.bool_]) -> dict[str, tuple[float, float]]:
    people: dict[str, tuple[float, float]] = {}
    keys = dict.fromkeys((segment.age_group, segment.period) for segment in demand.segments)
    for age_group, period in keys:
        columns = [k for k, s in enumerate(demand.segments) if (s.age_group, s.period) == (age_group, period)]
        residents = demand.people[:, demand.age_groups.index(age_group)]
        within = reached[:, columns].any(axis=1)
        people[f"{age_group}/{period}"] = (float(residents[within].sum()), float(residents.sum()))
    return people


def _thresholds(demand: Demand, standard: Standard) -> NDArray[np.float64] | None:
    """Return (points,) seconds where districts, or their parents, have thresholds of their own."""
    own = dict(standard.threshold_s_by_district or {})
    if not own:
        return None
    points = demand.points
    known = points["district"].map(own).fillna(points["parent"].map(own)).fillna(standard.threshold_s)
    return frozen_array(known, np.float64)


def _keep_columns(matrix: sparse.csr_array, keep: NDArray[np.bool_]) -> sparse.csr_array:
    entries = keep[matrix.indices]
    lengths = (
        np.add.reduceat(np.append(entries, False), matrix.indptr[:-1]) if matrix.shape[0] else np.zeros(0, dtype=int)
    )
    lengths = np.where(np.diff(matrix.indptr) > 0, lengths, 0)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    indices = matrix.indices[entries]
    return sparse.csr_array((np.ones(indices.size, dtype=bool), indices, indptr), shape=matrix.shape)
