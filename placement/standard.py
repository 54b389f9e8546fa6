"""The service standard: which sites serve whom, and how far they may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.travel import TravelTimes
from placement.values import Demand, Segment, Sites
from placement.values.arrays import frozen_array
from placement.values.checks import Faults, shown
from placement.values.immutable import immutable
from placement.values.shown import Shown, listed_briefly

_DAY_MIN = 1440
_LEAST_S, _MOST_S = 60.0, 86_400.0
"""Thresholds outside these are minutes or milliseconds called seconds."""
_LEAST_M = 10.0
"""A distance standard below this is kilometres called metres."""


@immutable
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

    Raises
    ------
    InputError
        If there is not one standard, or a threshold is no number above 0, below a minute, more than a day, or below
        10 m: another unit was meant.
    """

    threshold_s: float | None = None
    threshold_m: float | None = None
    threshold_s_by_district: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        faults = Faults("travel")
        if (self.threshold_s is None) == (self.threshold_m is None):
            faults.add("needs one standard", row="threshold", remedy="give a threshold in seconds or in metres")
        if self.threshold_s is not None:
            _check_seconds(faults, "threshold_s", self.threshold_s)
        if self.threshold_m is not None:
            metres = faults.number("threshold_m", self.threshold_m)
            if metres is not None and metres < _LEAST_M:
                remedy = f"kilometres? then threshold_m = {metres * 1000:g}"
                faults.add(f"threshold_m = {metres:g} is below {_LEAST_M:g} m", row="threshold_m", remedy=remedy)
        own = {} if self.threshold_s_by_district is None else self.threshold_s_by_district
        if not isinstance(own, Mapping):
            problem = f"threshold_s_by_district is {shown(own)}"
            faults.add(problem, row="threshold_s_by_district", remedy="give a mapping of districts to seconds")
            own = {}
        if own and self.threshold_m is not None:
            problem = "threshold_s_by_district goes with threshold_s"
            faults.add(problem, row="threshold_s_by_district", remedy="give seconds or metres")
        for name, seconds in own.items():
            _check_seconds(faults, f"threshold_s_by_district.{name}", seconds)
        faults.raise_any()

    def _shown(self) -> Shown:
        own = self.threshold_s_by_district or {}
        said = f"{self.threshold_m:g} m" if self.threshold_s is None else f"{self.threshold_s / 60:g} minutes"
        by_district = listed_briefly(f"{name} {seconds / 60:g} minutes" for name, seconds in own.items())
        return f"Standard: a station within {said}", [("other in", by_district)] if own else []


def _check_seconds(faults: Faults, name: str, value: object) -> None:
    """Note seconds that must be minutes or milliseconds."""
    seconds = faults.number(name, value)
    if seconds is None:
        return
    if seconds < _LEAST_S:
        remedy = f"minutes? then {name} = {seconds * 60:g}"
        faults.add(f"{name} = {seconds:g} is below a minute", row=name, remedy=remedy)
    elif seconds > _MOST_S:
        remedy = f"milliseconds? then {name} = {seconds / 1000:g}"
        faults.add(f"{name} = {seconds:g} is more than a day", row=name, remedy=remedy)


@immutable
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

    def rows(
        self, times: TravelTimes, segment: int, points: slice, serving: NDArray[np.bool_] | None = None
    ) -> sparse.csr_array:
        """Return the cover sets of a block of points in one segment, by all that serve it or those in `serving`."""
        keep = self.serving[segment] if serving is None else serving
        return keep_columns(self.near(times, self.segments[segment].speed_m_s, points), keep)

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


def rules_of(demand: Demand, sites: Sites, standard: Standard) -> Rules:
    """Return what turns travel times between `demand` and `sites` into cover sets.

    Raises
    ------
    InputError
        If the standard names a district that no demand point has.
    """
    faults = Faults("travel")
    own = standard.threshold_s_by_district or {}
    known = {*demand.points["district"].unique(), *demand.points["parent"].unique()} if own else set()
    faults.known("threshold_s_by_district", own, "population", known, "district")
    faults.raise_any()
    serving = [serves(sites, segment) for segment in demand.segments]
    return Rules(
        segments=demand.segments,
        serving=np.array(serving, dtype=bool).reshape(len(serving), len(sites)),
        standard=standard,
        threshold_s=thresholds_of(demand, standard),
    )


def thresholds_of(demand: Demand, standard: Standard) -> NDArray[np.float64] | None:
    """Return (points,) seconds where districts, or their parents, have thresholds of their own."""
    own = dict(standard.threshold_s_by_district or {})
    if not own:
        return None
    points = demand.points
    known = points["district"].map(own).fillna(points["parent"].map(own)).fillna(standard.threshold_s)
    return frozen_array(known, np.float64)


def keep_columns(matrix: sparse.csr_array, keep: NDArray[np.bool_]) -> sparse.csr_array:
    """Return the matrix without the entries of columns that are not to be kept."""
    entries = keep[matrix.indices]
    lengths = (
        np.add.reduceat(np.append(entries, False), matrix.indptr[:-1]) if matrix.shape[0] else np.zeros(0, dtype=int)
    )
    lengths = np.where(np.diff(matrix.indptr) > 0, lengths, 0)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    indices = matrix.indices[entries]
    return sparse.csr_array((np.ones(indices.size, dtype=bool), indices, indptr), shape=matrix.shape)
