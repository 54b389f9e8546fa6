"""Coverage counted again: from walking lengths, opening hours and demand, by code of the judge's own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.judge.facts import district_masks
from placement.pipeline.prepare import Prepared
from placement.travel import TimesStream, TravelTimes
from placement.values import Segment
from placement.values.arrays import BoolArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Reach:
    """Who can reach which site, segment by segment; counted anew each time, block by block where times come so.

    Parameters
    ----------
    prepared
        The study.
    limits, which
        The standards that occur, seconds, or metres for a distance standard; and (points,) which of them holds there.
    usable
        (sites,) for each segment: open during its whole period, and offering its service.
    """

    prepared: Prepared
    limits: tuple[Fraction, ...]
    which: NDArray[np.int64]
    usable: tuple[BoolArray, ...]

    def __iter__(self) -> Iterator[sparse.csr_array]:
        """Yield boolean blocks of rows: all points in one segment, then in the next."""
        for segment in range(len(self.usable)):
            yield from self._blocks(self.prepared.times, segment, self.usable[segment])

    def by(self, standing: BoolArray) -> BoolArray:
        """Return (points, segments): within reach of at least one standing site."""
        return np.asarray(self.count(standing) > 0)

    def count(self, standing: BoolArray) -> NDArray[np.int64]:
        """Return (points, segments): how many standing sites are within reach."""
        few = self.prepared.times.to_sites(self.prepared.sites.ids[standing])
        columns = []
        for segment, usable in enumerate(self.usable):
            counts = [np.diff(block.indptr) for block in self._blocks(few, segment, usable[standing])]
            columns.append(np.concatenate([np.zeros(0, dtype=np.int64), *counts]))
        return np.column_stack(columns) if columns else np.zeros((0, 0), dtype=np.int64)

    def _blocks(self, times: TravelTimes | TimesStream, segment: int, usable: BoolArray) -> Iterator[sparse.csr_array]:
        speed_m_s = Fraction(str(self.prepared.demand.segments[segment].speed_m_s))
        metres, start = self.prepared.study.travel.threshold_m is not None, 0
        for block in times.blocks():
            end = start + len(block.point_ids)
            most = np.array([*_whole_limits(block, self.limits, speed_m_s, metres=metres)], dtype=np.int64)
            yield _near(block, most[self.which[start:end]], usable)
            start = end


def reach(prepared: Prepared) -> Reach:
    """Return who can reach which site under the study's standard."""
    sites = prepared.sites.table
    usable = []
    for segment in prepared.demand.segments:
        hours = zip(sites["opens_min"], sites["closes_min"], sites["services"], strict=True)
        usable.append(np.array([_usable(int(o), int(c), tuple(s), segment) for o, c, s in hours], dtype=bool))
    limits, which = _limits(prepared)
    return Reach(prepared=prepared, limits=limits, which=which, usable=tuple(usable))


def _limits(prepared: Prepared) -> tuple[tuple[Fraction, ...], NDArray[np.int64]]:
    """Return the standards that occur, and which of them holds at each demand point."""
    travel = prepared.study.travel
    points = prepared.demand.points
    if travel.threshold_m is not None:
        return (Fraction(str(travel.threshold_m)),), np.zeros(len(points), dtype=np.int64)
    minutes = travel.threshold_min_by_district
    known: dict[float | None, int] = {}
    which = [
        known.setdefault(minutes.get(district, minutes.get(parent, travel.threshold_min)), len(known))
        for district, parent in zip(points["district"], points["parent"], strict=True)
    ]
    return tuple(Fraction(str(value)) * 60 for value in known), np.array(which, dtype=np.int64)


def _whole_limits(
    times: TravelTimes, limits: Sequence[Fraction], speed_m_s: Fraction, *, metres: bool
) -> Iterator[int]:
    """Yield the largest whole entry within each limit: lengths in mm against limit x speed, or times in ms."""
    factor = Fraction(1000)
    if times.unit == "mm" and not metres:
        factor *= speed_m_s
    elif times.unit == "ms" and times.speed_m_s is not None:
        factor *= speed_m_s / Fraction(str(times.speed_m_s))
    for limit in limits:
        yield math.floor(limit * factor)


def _near(times: TravelTimes, most: NDArray[np.int64], usable: BoolArray) -> sparse.csr_array:
    """Return who is within (points,) whole limits of a usable site."""
    matrix = times.matrix
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    keep = (matrix.data <= most[rows]) & usable[matrix.indices]
    lengths = np.bincount(rows[keep], minlength=matrix.shape[0])
    ones = np.ones(int(keep.sum()), dtype=bool)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return sparse.csr_array((ones, matrix.indices[keep], starts), shape=matrix.shape)


def _usable(opens: int, closes: int, services: tuple[str, ...], segment: Segment) -> bool:
    if segment.service != "all" and services and segment.service not in services:
        return False
    return _minutes(segment.starts_min, segment.ends_min) <= _minutes(opens, closes)


def _minutes(start: int, end: int) -> set[int]:
    """Return the minutes of the day from start to end, past midnight where end is not after start."""
    return set(range(start, end)) if end > start else set(range(start, 1440)) | set(range(end))


def coverage_record(prepared: Prepared, reached: BoolArray) -> dict[str, Any]:
    """Return the ``coverage`` record of ``plan.json`` for one set of stations."""
    demand = prepared.demand
    share = demand.need_share
    use = demand.need * demand.awareness * demand.uptake
    amounts = {"": share * demand.need + (1 - share) * use, "need_": demand.need, "use_": use}

    def record(mask: BoolArray) -> dict[str, float]:
        """Return the sums over the rows in `mask`, covered and in total."""
        out = {}
        for prefix, amount in amounts.items():
            out[f"{prefix}covered"] = float(amount[mask & reached].sum())
            out[f"{prefix}all"] = float(amount[mask].sum())
        return out

    return {
        "total": record(np.ones_like(reached)),
        "segment": {name: record(mask) for name, mask in _segment_masks(prepared, reached.shape)},
        "district": {name: record(mask) for name, mask in district_masks(prepared, reached.shape)},
        "people": _people(prepared, reached),
    }


def _segment_masks(prepared: Prepared, shape: tuple[int, ...]) -> Iterator[tuple[str, BoolArray]]:
    for number, segment in enumerate(prepared.demand.segments):
        mask = np.zeros(shape, dtype=bool)
        mask[:, number] = True
        yield "/".join((segment.age_group, segment.period, segment.service)), mask


def _people(prepared: Prepared, reached: BoolArray) -> Mapping[str, dict[str, float]]:
    population = prepared.population
    special = [group for group in prepared.study.demand.age_groups if group != "general"]
    residents = {group: population[group].to_numpy() for group in special}
    residents["general"] = population["people"].to_numpy() - sum(residents.values())
    out: dict[str, dict[str, float]] = {}
    hits: dict[tuple[str, str], BoolArray] = {}
    for number, segment in enumerate(prepared.demand.segments):
        key = (segment.age_group, segment.period)
        hits[key] = hits.get(key, np.zeros(len(population), dtype=bool)) | reached[:, number]
    for (age, period), hit in hits.items():
        out[f"{age}/{period}"] = {"covered": float(residents[age][hit].sum()), "all": float(residents[age].sum())}
    return out
