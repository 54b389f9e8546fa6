"""Coverage counted again: from walking lengths, opening hours and demand, by code of the judge's own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.judge.facts import district_masks
from placement.pipeline.prepare import Prepared
from placement.study import StepSection, TravelSection
from placement.travel import TimesStream, TravelTimes
from placement.values import Segment
from placement.values.arrays import BoolArray, FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Ring:
    """How far a station may be for a part of the weight to count.

    Parameters
    ----------
    share
        That part.
    limits, which
        The limits that occur, seconds or metres; and (points,) which of them holds there.
    metres
        Whether they are metres.
    """

    share: Fraction
    limits: tuple[Fraction, ...]
    which: NDArray[np.int64]
    metres: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Reach:
    """Who can reach which site, segment by segment; counted anew each time, block by block where times come so.

    Parameters
    ----------
    prepared
        The study.
    rings
        One for each step of the standard, the nearest first; one where it is a threshold.
    usable
        (sites,) for each segment: open during its whole period, and offering its service.
    """

    prepared: Prepared
    rings: tuple[Ring, ...]
    usable: tuple[BoolArray, ...]

    def __iter__(self) -> Iterator[sparse.csr_array]:
        """Yield boolean blocks of rows: all points in one segment within one ring, then within the next, and so on."""
        for segment in range(len(self.usable)):
            for ring in self.rings:
                yield from self._blocks(self.prepared.times, segment, ring, self.usable[segment])

    def by(self, standing: BoolArray) -> NDArray[np.int64]:
        """Return (points, segments) the number of the first ring with a standing site, as many as there are if none."""
        few = self.prepared.times.to_sites(self.prepared.sites.ids[standing])
        columns = []
        for segment, usable in enumerate(self.usable):
            first = np.full(len(self.prepared.demand.ids), len(self.rings), dtype=np.int64)
            for number in reversed(range(len(self.rings))):
                blocks = self._blocks(few, segment, self.rings[number], usable[standing])
                hits = [np.zeros(0, dtype=bool), *(np.diff(block.indptr) > 0 for block in blocks)]
                first[np.concatenate(hits)] = number
            columns.append(first)
        return np.column_stack(columns) if columns else np.zeros((0, 0), dtype=np.int64)

    def count(self, standing: BoolArray, machines: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """Return (points, segments): how many standing sites are within the farthest ring, or of their `machines`."""
        each = np.ones(standing.size, dtype=np.int64) if machines is None else machines
        few = self.prepared.times.to_sites(self.prepared.sites.ids[standing])
        columns = []
        for segment, usable in enumerate(self.usable):
            blocks = self._blocks(few, segment, self.rings[-1], usable[standing])
            counts = [block.astype(np.int64) @ each[standing] for block in blocks]
            columns.append(np.concatenate([np.zeros(0, dtype=np.int64), *counts]))
        return np.column_stack(columns) if columns else np.zeros((0, 0), dtype=np.int64)

    def within(self, times: TravelTimes, segment: int, usable: BoolArray) -> sparse.csr_array:
        """Return who is within the farthest ring of which of the sites of `times`, (its sites,) usable."""
        return sparse.csr_array(sparse.vstack(list(self._blocks(times, segment, self.rings[-1], usable)), format="csr"))

    def parts(self, first: NDArray[np.int64]) -> FloatArray:
        """Return (points, segments) which part (0..1) of each weight counts, `first` as :meth:`by` has it."""
        return np.array([*(float(ring.share) for ring in self.rings), 0.0])[first]

    def worth(self, weights: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (points, segments) what whole weights count, `first` as :meth:`by` has it: rounded, halves up."""
        worth = np.zeros_like(weights)
        for number, ring in enumerate(self.rings):
            here = first == number
            whole, rest = np.divmod(weights[here] * ring.share.numerator, ring.share.denominator)
            worth[here] = whole + (2 * rest >= ring.share.denominator)
        return worth

    def layers(self, weights: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (segments, rings, points): what being within each ring is worth more than within the next only."""
        worth = [self.worth(weights, np.full(weights.shape, ring)) for ring in range(len(self.rings) + 1)]
        return np.array([within - beyond for within, beyond in pairwise(worth)]).transpose(2, 0, 1)

    def _blocks(
        self, times: TravelTimes | TimesStream, segment: int, ring: Ring, usable: BoolArray
    ) -> Iterator[sparse.csr_array]:
        speed_m_s, start = Fraction(str(self.prepared.demand.segments[segment].speed_m_s)), 0
        for block in times.blocks():
            end = start + len(block.point_ids)
            most = np.array([*_whole_limits(block, ring.limits, speed_m_s, metres=ring.metres)], dtype=np.int64)
            yield _near(block, most[ring.which[start:end]], usable)
            start = end


def reach(prepared: Prepared) -> Reach:
    """Return who can reach which site under the study's standard."""
    sites = prepared.sites.table
    usable = []
    for segment in prepared.demand.segments:
        hours = zip(sites["opens_min"], sites["closes_min"], sites["services"], strict=True)
        usable.append(np.array([_usable(int(o), int(c), tuple(s), segment) for o, c, s in hours], dtype=bool))
    travel = prepared.study.travel
    rings = [_ring(prepared, step, step.share) for step in travel.step] or [_ring(prepared, travel, Fraction(1))]
    return Reach(prepared=prepared, rings=tuple(rings), usable=tuple(usable))


def _ring(prepared: Prepared, said: TravelSection | StepSection, share: Fraction) -> Ring:
    """Return the limits that a section of the study says, and which of them holds at each demand point."""
    points = prepared.demand.points
    if said.threshold_m is not None:
        nowhere = np.zeros(len(points), dtype=np.int64)
        return Ring(share=share, limits=(Fraction(str(said.threshold_m)),), which=nowhere, metres=True)
    minutes = said.threshold_min_by_district
    known: dict[float | None, int] = {}
    which = [
        known.setdefault(minutes.get(district, minutes.get(parent, said.threshold_min)), len(known))
        for district, parent in zip(points["district"], points["parent"], strict=True)
    ]
    limits = tuple(Fraction(str(value)) * 60 for value in known)
    return Ring(share=share, limits=limits, which=np.array(which, dtype=np.int64), metres=False)


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


def coverage_record(near: Reach, first: NDArray[np.int64]) -> dict[str, Any]:
    """Return the ``coverage`` record of ``plan.json`` for one set of stations; `first` as :meth:`Reach.by` has it."""
    prepared, rings = near.prepared, near.rings
    demand = prepared.demand
    share = demand.need_share
    use = demand.need * demand.awareness * demand.uptake
    amounts = {"": share * demand.need + (1 - share) * use, "need_": demand.need, "use_": use}

    def record(mask: BoolArray, shares: Sequence[float]) -> dict[str, float]:
        """Return the sums over the rows in `mask`: covered, where each ring counts its share, and in total."""
        out = {}
        for prefix, amount in amounts.items():
            parts = (share * float(amount[mask & (first == number)].sum()) for number, share in enumerate(shares))
            out[f"{prefix}covered"] = math.fsum(parts)
            out[f"{prefix}all"] = float(amount[mask].sum())
        return out

    graded, everywhere = [float(ring.share) for ring in rings], np.ones(first.shape, dtype=bool)
    return {
        "total": record(everywhere, graded),
        "segment": {name: record(mask, graded) for name, mask in _segment_masks(prepared, first.shape)},
        "district": {name: record(mask, graded) for name, mask in district_masks(prepared, first.shape)},
        "people": _people(prepared, first < len(rings)),
        "steps": [
            {
                "threshold_min": step.threshold_min,
                "threshold_m": step.threshold_m,
                "share": float(step.share),
                "total": record(everywhere, [1.0] * (number + 1)),
                "people": _people(prepared, first <= number),
            }
            for number, step in enumerate(prepared.study.travel.step)
        ],
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
