"""The service standard: which sites serve whom, and how far they may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.travel import TravelTimes
from placement.values import Demand, Segment, Sites
from placement.values.arrays import frozen_array
from placement.values.checks import Faults, shown
from placement.values.immutable import immutable
from placement.values.shown import Shown
from placement.values.steps import Step, order_faults, own_rows, threshold_faults

_DAY_MIN = 1440


@immutable
@dataclass(frozen=True, kw_only=True)
class Standard:
    """The service standard: how far a station may be, or what part of the weight counts how far from one.

    Parameters
    ----------
    threshold_s
        Walking time in seconds, for districts without one of their own; None with another standard.
    threshold_m
        Network distance in metres; None with another standard.
    threshold_s_by_district
        Walking time in seconds of districts (or their parents) that have their own.
    steps
        Steps from near to far in place of a threshold: thresholds grow, shares fall from 1. One alone is the threshold.

    Raises
    ------
    InputError
        If there is not one standard, or a threshold is no number above 0, below a minute, more than a day, or below
        10 m: another unit was meant; if steps do not go from near to far, each with less than the one before.
    """

    threshold_s: float | None = None
    threshold_m: float | None = None
    threshold_s_by_district: Mapping[str, float] | None = None
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        faults = Faults("travel")
        given: Any = self.steps
        if not isinstance(given, list | tuple) or not all(isinstance(step, Step) for step in given):
            faults.add(f"steps is {shown(self.steps)}", row="steps", remedy="give a sequence of Step(...)")
            faults.raise_any()
        object.__setattr__(self, "steps", tuple(given))
        if not self.steps:
            threshold_faults(faults, self)
        for name in ("threshold_s", "threshold_m", "threshold_s_by_district"):
            if self.steps and getattr(self, name):
                faults.add(f"steps and {name} are both given", row="steps", remedy=f"give steps or {name}")
        order_faults(faults, self.steps)
        faults.raise_any()

    @property
    def levels(self) -> tuple[Step, ...]:
        """The steps; a threshold is one step in which everything counts."""
        if self.steps:
            return self.steps
        own = self.threshold_s_by_district
        return (Step(threshold_s=self.threshold_s, threshold_m=self.threshold_m, threshold_s_by_district=own),)

    @property
    def is_distance(self) -> bool:
        """Whether it is in metres."""
        return self.levels[-1].threshold_m is not None

    def _shown(self) -> Shown:
        if len(self.levels) > 1:
            rows = [(f"within {step.within}", f"{float(step.share):.4g} of the weight counts") for step in self.steps]
            return f"Standard: {len(self.steps)} steps", rows
        level = self.levels[0]
        said = f"{level.threshold_m:g} m" if level.threshold_s is None else f"{level.threshold_s / 60:g} minutes"
        return f"Standard: a station within {said}", own_rows(level)


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
        For each step of the standard: (points,) seconds, where districts differ; None where one threshold holds for
        all.

    A step is told by its position; -1 is the farthest, within which anything counts.
    """

    segments: tuple[Segment, ...]
    serving: NDArray[np.bool_]
    standard: Standard
    threshold_s: tuple[NDArray[np.float64] | None, ...]

    def rows(
        self,
        times: TravelTimes,
        segment: int,
        points: slice,
        serving: NDArray[np.bool_] | None = None,
        *,
        step: int = -1,
    ) -> sparse.csr_array:
        """Return the cover sets of a block of points in one segment, by all that serve it or those in `serving`."""
        keep = self.serving[segment] if serving is None else serving
        return keep_columns(self.near(times, self.segments[segment].speed_m_s, points, step=step), keep)

    def near(self, times: TravelTimes, speed_m_s: float, points: slice, *, step: int = -1) -> sparse.csr_array:
        """Return the pairs of a block of points within a step of the standard at one speed, open or not."""
        level, own = self.standard.levels[step], self.threshold_s[step]
        if level.threshold_m is not None:
            return times.within_metres(level.threshold_m)
        speed = None if times.speed_m_s is None and times.unit == "ms" else speed_m_s
        if own is None:
            return times.within(float(level.threshold_s or 0.0), speed)
        threshold = own[points]
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
    own = standard.levels[-1].threshold_s_by_district or {}
    known = {*demand.points["district"].unique(), *demand.points["parent"].unique()} if own else set()
    faults.known("threshold_s_by_district", own, "population", known, "district")
    faults.raise_any()
    serving = [serves(sites, segment) for segment in demand.segments]
    return Rules(
        segments=demand.segments,
        serving=np.array(serving, dtype=bool).reshape(len(serving), len(sites)),
        standard=standard,
        threshold_s=tuple(thresholds_of(demand, step) for step in standard.levels),
    )


def thresholds_of(demand: Demand, step: Step) -> NDArray[np.float64] | None:
    """Return (points,) seconds where districts, or their parents, have thresholds of their own."""
    own = dict(step.threshold_s_by_district or {})
    if not own:
        return None
    points = demand.points
    known = points["district"].map(own).fillna(points["parent"].map(own)).fillna(step.threshold_s)
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
