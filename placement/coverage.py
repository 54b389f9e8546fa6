"""Travel times into cover sets: which sites are within reach of each demand point, in each segment.

A row is a (demand point, segment) pair; rows are stacked segment by segment, so row ``s * n_points + i`` is point ``i``
in segment ``s``. A site covers a row where it is within the service standard at the segment's walking speed, is open
during the whole of the segment's period, and offers its service. Where the standard has K steps, a segment has K blocks
of rows, the nearest step first: row ``(s * K + k) * n_points + i``, covered by the sites within step ``k``.

Where travel times are held, so are the cover sets. Where they come block by block (a city of a million demand points
and ten thousand sites), the cover sets are made block by block too, each time the rows are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from placement.countable import count_pairs
from placement.errors import AlignmentError, InputError
from placement.standard import Rules, Standard, keep_columns, open_throughout, rules_of, serves
from placement.travel import TimesStream, TravelTimes
from placement.values import Demand, Segment, Sites, WeightedBlocks
from placement.values.arrays import FloatArray, IntArray, frozen_array, frozen_csr
from placement.values.checks import Faults
from placement.values.immutable import immutable
from placement.values.shown import Shown
from placement.values.steps import Step

__all__ = [
    "CoverRows",
    "Coverage",
    "IdOrder",
    "Standard",
    "Step",
    "cover",
    "open_throughout",
    "refuse_two_crs",
    "serves",
]


@immutable
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
        for segment, step in product(range(len(self.rules.segments)), range(len(self.rules.standard.levels))):
            start = 0
            for block in self.times.blocks():
                end = start + len(block.point_ids)
                yield self.rules.rows(block, segment, slice(start, end), step=step)
                start = end

    def within(self, standing: NDArray[np.bool_]) -> IntArray:
        """Return (segments x steps x points,) how many standing sites are within reach, from their times alone."""
        few = self.times.to_sites(self.times.site_ids[standing])
        rules = replace(self.rules, serving=self.rules.serving[:, standing])
        everyone = slice(0, len(few.point_ids))
        blocks = product(range(len(rules.segments)), range(len(rules.standard.levels)))
        counts = [np.diff(rules.rows(few, segment, everyone, step=step).indptr) for segment, step in blocks]
        return np.concatenate([np.zeros(0, dtype=np.int64), *counts])


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class IdOrder:
    """Positions of points and sites in the order of their ids.

    Parameters
    ----------
    points
        (points,) positions; as they come where travel times come block by block.
    sites
        (sites,) positions.
    """

    points: NDArray[np.int64]
    sites: NDArray[np.int64]


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Coverage:
    """Stacked cover sets, and what they were made from.

    Parameters
    ----------
    covers
        (segments x steps x points, sites) CSR; a stored entry means covered. Or the same rows, made block by block.
    segments
        The segments in the order of the row blocks.
    point_ids, site_ids
        Ids of the rows of a block, and of the columns.
    serving
        (segments, sites) bool: open during the whole period and offering the service.
    steps
        Steps of the standard from near to far; empty where it is a threshold.
    """

    covers: sparse.csr_array | CoverRows
    segments: tuple[Segment, ...]
    point_ids: pd.Index
    site_ids: pd.Index
    serving: NDArray[np.bool_]
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "serving", frozen_array(self.serving, np.bool_))
        object.__setattr__(self, "segments", tuple(self.segments))
        for name in ("point_ids", "site_ids"):
            object.__setattr__(self, name, pd.Index(getattr(self, name)))
        faults = Faults("coverage")
        if sparse.issparse(self.covers):
            covers = frozen_csr(self.covers)
            object.__setattr__(self, "covers", covers)
            rows = len(self.segments) * self.n_steps * self.n_points
            _check_shape(faults, "covers", covers.shape, (rows, len(self.site_ids)))
        elif not isinstance(self.covers, CoverRows):
            faults.add(f"covers is a {type(self.covers).__name__}", row="covers", remedy="give a CSR array")
        _check_shape(faults, "serving", self.serving.shape, (len(self.segments), len(self.site_ids)))
        faults.raise_any(AlignmentError)

    def _shown(self) -> Shown:
        covers = self.covers
        pairs = "made block by block" if isinstance(covers, CoverRows) else f"{covers.nnz:,} pairs within reach"
        serving = zip(self.segments, self.serving.sum(axis=1), strict=True)
        rows = [(segment.name, f"{count} of {len(self.site_ids):,} sites serve it") for segment, count in serving]
        return f"Coverage: {self.n_points:,} demand points in {len(self.segments)} segments, {pairs}", rows

    @property
    def n_points(self) -> int:
        """Rows of a segment and step."""
        return len(self.point_ids)

    @property
    def n_steps(self) -> int:
        """How many steps a segment has; a threshold is one."""
        return max(len(self.steps), 1)

    @property
    def graded(self) -> tuple[Step, ...]:
        """The steps where there are several; one alone is a threshold."""
        return self.steps if self.n_steps > 1 else ()

    @property
    def shares(self) -> FloatArray:
        """(steps + 1,) share of the weight that counts where the nearest station is within each step, and in none."""
        return np.array([*([float(step.share) for step in self.steps] or [1.0]), 0.0])

    def reached(self, standing: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return, as (points, segments) booleans, who is within reach of any site in `standing` (a (sites,) mask).

        With steps: within the farthest. Raises as :meth:`nearest`.
        """
        return frozen_array(self.nearest(standing) < self.n_steps)

    def counted(self, standing: NDArray[np.bool_]) -> FloatArray:
        """Return, as (points, segments), the share 0..1 of each weight that counts; raises as :meth:`nearest`."""
        return frozen_array(self.shares[self.nearest(standing)])

    def nearest(self, standing: NDArray[np.bool_]) -> IntArray:
        """Return (points, segments) the nearest step within which a site in `standing` is, `n_steps` where in none.

        Parameters
        ----------
        standing
            (sites,) mask.

        Raises
        ------
        AlignmentError
            If `standing` is no mask of the sites.
        """
        within = (self._within(standing) > 0).sum(axis=1)
        return frozen_array(self.n_steps - within.T, np.int64)

    def within(self, standing: NDArray[np.bool_]) -> IntArray:
        """Return, as (points, segments), how many sites of `standing` are within reach; raises as :meth:`nearest`.

        With steps: within the farthest.
        """
        return frozen_array(self._within(standing)[:, -1].T, np.int64)

    def _within(self, standing: NDArray[np.bool_]) -> IntArray:
        """Return (segments, steps, points) how many sites of a mask are within each step; raises as :meth:`nearest`."""
        mask = np.asarray(standing)
        if mask.dtype != np.bool_ or mask.shape != (len(self.site_ids),):
            problem = f"has shape {mask.shape} and holds {mask.dtype}, expected ({len(self.site_ids)},) of bool"
            raise AlignmentError.single("coverage", problem, row="standing", remedy="e.g. site_ids.isin([...])")
        if isinstance(self.covers, CoverRows):
            counts = self.covers.within(mask)
        else:
            counts = self.covers.astype(np.int32) @ mask.astype(np.int32)
        return np.asarray(counts.reshape(len(self.segments), self.n_steps, self.n_points))

    def by_ids(self) -> IdOrder:
        """Return the order in which a program is written, so that the order of tables means nothing."""
        points = np.arange(self.n_points) if isinstance(self.covers, CoverRows) else _sorted(self.point_ids)
        return IdOrder(points=points, sites=_sorted(self.site_ids))

    def weighted(self, weights: NDArray[np.int64], order: IdOrder | None = None) -> dict[str, Any]:
        """Return `covers` and `weights` as :class:`placement.values.CoverageProgram` takes them.

        Parameters
        ----------
        weights
            (segments x steps x points,) of the rows as they are returned.
        order
            Rows within each segment and step, and columns, stand in this order; None: as they are here.
        """
        sites = None if order is None or _is_range(order.sites) else order.sites
        if isinstance(self.covers, CoverRows):
            covers = self.covers if sites is None else _Columns(self.covers, sites)
            return {"covers": WeightedBlocks(covers=covers, weights=weights), "weights": None}
        matrix = self.covers
        if order is not None and not _is_range(order.points):
            blocks = np.arange(len(self.segments) * self.n_steps)[:, None] * self.n_points
            matrix = matrix[(blocks + order.points[None, :]).ravel()]
        return {"covers": matrix if sites is None else matrix[:, sites], "weights": weights}

    def weight_at_sites(self, weights: NDArray[np.int64], order: IdOrder) -> NDArray[np.int64]:
        """Return (sites,) the sum of the weights within reach of each site, in the order of :attr:`site_ids`.

        Parameters
        ----------
        weights
            (segments x steps x points,), points in the order of `order` within each segment and step.
        order
            As :meth:`by_ids` gives it.
        """
        placed = np.empty_like(weights)
        rows = np.arange(len(self.segments) * self.n_steps)[:, None] * self.n_points + order.points[None, :]
        placed[rows.ravel()] = weights
        total, first = np.zeros(len(self.site_ids), dtype=np.int64), 0
        for block in self.covers if isinstance(self.covers, CoverRows) else (self.covers,):
            end = first + block.shape[0]
            total += sparse.csr_array(block, dtype=np.int64).T @ placed[first:end]
            first = end
        return total

    def check(self, demand: Demand, sites: Sites | None = None) -> None:
        """Raise unless these are the cover sets of `demand` (and of `sites`).

        Raises
        ------
        AlignmentError
            Naming the ids, segments, hours or services that differ.
        """
        faults = Faults("coverage")
        faults.same_ids("demand points", self.point_ids, demand.ids)
        self._check_segments(faults, demand)
        if sites is not None and faults.same_ids("sites", self.site_ids, sites.ids) and not faults.found:
            now = np.array([serves(sites, segment) for segment in self.segments], dtype=bool)
            wrong = (now.reshape(self.serving.shape) != self.serving).any(axis=0)
            if wrong.any():
                first = str(sites.ids[int(np.argmax(wrong))])
                faults.add("is for other hours or services of the site", row=first, remedy="make it from these sites")
        faults.raise_any(AlignmentError)

    def _check_segments(self, faults: Faults, demand: Demand) -> None:
        if self.segments == demand.segments:
            return
        pairs = zip(self.segments, demand.segments, strict=False)
        then, now = next(((a, b) for a, b in pairs if a != b), (None, None))
        if then is None or now is None:
            problem = f"is for {len(self.segments)} segments, demand has {len(demand.segments)}"
        elif then.name != now.name:
            problem = f"is for segment {then.name}, demand has {now.name} there"
        else:
            problem = f"is for other hours or another speed of {now.name}: {_hours(then)}, demand has {_hours(now)}"
        faults.add(problem, row="segments", remedy="make it from the same values")


def _check_shape(faults: Faults, name: str, shape: tuple[int, ...], expected: tuple[int, int]) -> None:
    if shape != expected:
        faults.add(f"{name} has shape {shape}, expected {expected}", row=name, remedy="make it with cover(...)")


def _hours(segment: Segment) -> str:
    return f"minutes {segment.starts_min} to {segment.ends_min} at {segment.speed_m_s} m/s"


@dataclass(frozen=True)
class _Columns:
    """Blocks of rows with their columns in another order."""

    blocks: Iterable[sparse.csr_array]
    order: NDArray[np.int64]

    def __iter__(self) -> Iterator[sparse.csr_array]:
        for block in self.blocks:
            moved = sparse.csr_array(block[:, self.order])
            moved.sort_indices()
            yield moved


def _sorted(ids: pd.Index) -> NDArray[np.int64]:
    """Return the positions of ids in their order; at no cost where they are sorted."""
    if ids.is_monotonic_increasing:
        return np.arange(len(ids))
    return np.asarray(np.argsort(ids.to_numpy(dtype=object), kind="stable"), dtype=np.int64)


def _is_range(order: NDArray[np.int64]) -> bool:
    return bool((order == np.arange(order.size)).all())


def refuse_two_crs(demand: Demand, sites: Sites) -> None:
    """Raise an InputError where demand and sites are not in one CRS."""
    if demand.points.crs != sites.table.crs:
        problem = f"is in {sites.table.crs.to_string()}, demand in {demand.points.crs.to_string()}"
        raise InputError.single("sites", problem, remedy="reproject one with to_crs(...)")


def cover(demand: Demand, sites: Sites, times: TravelTimes | TimesStream, standard: Standard) -> Coverage:
    """Return the cover sets of every demand point in every segment: held where the times are, else block by block.

    Raises
    ------
    InputError
        If the travel times are for other points or sites, or do not reach as far as the standard; if the standard
        names a district that does not exist; if nothing can count, with what makes it so.
    """
    refuse_two_crs(demand, sites)
    faults = Faults("travel times")
    faults.same_ids("demand points", times.point_ids, demand.ids)
    faults.same_ids("sites", times.site_ids, sites.ids)
    faults.raise_any(AlignmentError)
    speeds = {segment.speed_m_s for segment in demand.segments}
    if times.unit == "ms" and times.speed_m_s is None and not standard.is_distance and len(speeds) > 1:
        problem = f"travel is given in seconds, but age groups walk at {len(speeds)} speeds"
        raise InputError.single("travel", problem, remedy="give metres, or the same speed for every age group")
    rules = rules_of(demand, sites, standard)
    count_pairs(demand, sites, times, rules).raise_if_nothing()
    if isinstance(times, TimesStream):
        covers: sparse.csr_array | CoverRows = CoverRows(times=times, rules=rules)
    else:
        everyone = slice(0, len(demand.ids))
        steps = range(len(standard.levels))
        near = {speed: [rules.near(times, speed, everyone, step=step) for step in steps] for speed in speeds}
        at = zip(demand.segments, rules.serving, strict=True)
        blocks = [keep_columns(pairs, serves_it) for segment, serves_it in at for pairs in near[segment.speed_m_s]]
        covers = sparse.vstack(blocks, format="csr") if blocks else sparse.csr_array((0, len(sites)), dtype=bool)
    return Coverage(
        covers=covers, segments=demand.segments, point_ids=demand.ids, site_ids=sites.ids, serving=rules.serving,
        steps=standard.steps,
    )  # fmt: skip


def people_reached(demand: Demand, reached: NDArray[np.bool_]) -> dict[str, tuple[float, float]]:
    """Return ``age_group/period`` -> (residents within reach, all); `reached` is (points, segments)."""
    people: dict[str, tuple[float, float]] = {}
    keys = dict.fromkeys((segment.age_group, segment.period) for segment in demand.segments)
    for age_group, period in keys:
        columns = [k for k, s in enumerate(demand.segments) if (s.age_group, s.period) == (age_group, period)]
        residents = demand.people[:, demand.age_groups.index(age_group)]
        within = reached[:, columns].any(axis=1)
        people[f"{age_group}/{period}"] = (float(residents[within].sum()), float(residents.sum()))
    return people
