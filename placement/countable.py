"""What can count at all: segments and sites for which no pair of demand point and site lies within the standard.

A plan of a study in which nothing can count is "proven optimal" at 0 %. What makes it so is told in numbers instead:
hours that cover no whole period, services nobody offers, thresholds that nobody meets, demand without weight.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from placement.errors import Fault, InputError
from placement.notes import Names, Note, counted
from placement.standard import Rules, open_throughout
from placement.travel import TimesStream, TravelTimes
from placement.values import Demand, Segment, Sites
from placement.values.arrays import BoolArray
from placement.values.immutable import immutable

_POINTS_A_BLOCK = 20_000
"""Held times are looked through in blocks of so many points: mostly the first one shows a pair in every segment."""


@dataclass(frozen=True, eq=False)
class _Stages:
    demand: Demand
    sites: Sites
    times: TravelTimes | TimesStream
    rules: Rules


@immutable
@dataclass(frozen=True, kw_only=True)
class Countable:
    """What cannot count, and why.

    Parameters
    ----------
    reasons
        Why a segment is empty, with the names of the segments it holds for.
    nothing
        Whether no segment can count.
    idle
        Sentences about sites that can cover nobody.
    """

    reasons: Mapping[Fault, tuple[str, ...]]
    nothing: bool
    idle: tuple[str, ...] = ()

    def raise_if_nothing(self) -> None:
        """Raise :class:`InputError` with every reason where nothing can count."""
        if self.nothing:
            raise InputError(self.reasons)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the reader."""
        form = "nothing can count for {names}: {why}"
        empty = (Note(form, names=Names(names), why=why.problem) for why, names in self.reasons.items())
        return (*empty, *self.idle)


def count_pairs(
    demand: Demand, sites: Sites, times: TravelTimes | TimesStream, rules: Rules, *, every_site: bool = False
) -> Countable:
    """Return which segments, and which sites, can count for nothing.

    Parameters
    ----------
    demand, sites, times, rules
        The stages before; their ids agree.
    every_site
        Look at all pairs, for sites that can cover nobody; not where times come block by block.
    """
    weight = demand.weight
    allowed = (sites.table["status"] != "excluded").to_numpy(dtype=bool)
    serving = rules.serving & allowed
    whole = _whole_reason(demand, sites, weight, allowed)
    if whole is not None:
        return Countable(reasons={whole: tuple(segment.name for segment in demand.segments)}, nothing=True)
    weighted = weight.sum(axis=0) > 0
    every_site = every_site and isinstance(times, TravelTimes)
    met, reached = _pairs(times, rules, serving, weight, every_site=every_site)
    stages = _Stages(demand, sites, times, rules)
    reasons: dict[Fault, tuple[str, ...]] = {}
    for number, segment in enumerate(demand.segments):
        if not met[number]:
            why = _no_weight(segment) if not weighted[number] else None
            why = why or _not_serving(sites, allowed, serving, demand.segments, number)
            why = why or _too_far(stages, segment, serving[number], weight[:, number] > 0)
            reasons[why] = (*reasons.get(why, ()), segment.name)
    nothing = not met.any()
    if nothing:  # what has no weight is no reason beside what has
        reasons = {why: names for why, names in reasons.items() if weighted[_numbers(demand, names)].any()}
    idle = _idle(sites, serving, reached) if every_site and not nothing else ()
    return Countable(reasons=reasons, nothing=nothing, idle=tuple(idle))


def _numbers(demand: Demand, names: tuple[str, ...]) -> list[int]:
    return [number for number, segment in enumerate(demand.segments) if segment.name in names]


def _pairs(
    times: TravelTimes | TimesStream,
    rules: Rules,
    serving: BoolArray,
    weight: NDArray[np.float64],
    *,
    every_site: bool,
) -> tuple[BoolArray, BoolArray]:
    """Return (segments,) where a pair counts, and (sites,) which sites were seen in one; it stops once all is known."""
    met, reached = np.zeros(len(serving), dtype=bool), np.zeros(serving.shape[1], dtype=bool)
    wanted = (weight.sum(axis=0) > 0) & serving.any(axis=1)
    start = 0
    for block in _blocks(times):
        here = slice(start, start + len(block.point_ids))
        start = here.stop
        for number in np.flatnonzero(wanted):
            new_site = every_site and bool((serving[number] & ~reached).any())
            if met[number] and not new_site:
                continue
            rows = rules.rows(block, int(number), here, serving[number])
            some = weight[here, number] > 0
            rows = rows if some.all() else rows[some]
            met[number] |= rows.nnz > 0
            if every_site:
                reached[rows.indices] = True
        if met[wanted].all() and (not every_site or reached[serving.any(axis=0)].all()):
            break
    return met, reached


def _blocks(times: TravelTimes | TimesStream) -> Iterator[TravelTimes]:
    if isinstance(times, TimesStream):
        yield from times.blocks()
        return
    for start in range(0, len(times.point_ids), _POINTS_A_BLOCK):
        part = slice(start, start + _POINTS_A_BLOCK)
        yield replace(times, point_ids=times.point_ids[part], matrix=times.matrix[part], snaps=times.snaps.iloc[:0])


def _whole_reason(demand: Demand, sites: Sites, weight: NDArray[np.float64], allowed: BoolArray) -> Fault | None:
    """Return why nothing can count, where times and hours play no part in it."""
    if not weight.sum() > 0:
        problem = (
            f"nothing has any weight: {demand.people.sum():,.0f} people at {len(demand.ids):,} demand points, need "
            f"{demand.need.sum():,.3g} and expected use {demand.expected_use.sum():,.3g} visits a month"
        )
        remedy = "check people, trips_per_month, online_share, awareness, uptake and need_share"
        return Fault(table="demand", problem=problem, remedy=remedy)
    if not len(sites):
        return Fault(table="sites", problem="there is no site", remedy="give stations or candidates")
    if not allowed.any():
        problem = f"all {len(sites)} sites are excluded: no station may stand anywhere"
        return Fault(table="sites", row="status", problem=problem, remedy="exclude fewer")
    return None


def _no_weight(segment: Segment) -> Fault:
    problem = Note("it has no weight: no demand point has need there")
    return Fault(table="demand", problem=problem, remedy=f"check trips and shares of {segment.name}")


def _not_serving(
    sites: Sites, allowed: BoolArray, serving: BoolArray, segments: tuple[Segment, ...], number: int
) -> Fault | None:
    if serving[number].any():
        return None
    segment, table = segments[number], sites.table.loc[allowed]
    hours = zip(table["opens_min"].tolist(), table["closes_min"].tolist(), strict=True)
    spans = [(open_throughout(a, b, segment), (b - a) % 1440 or 1440, a, b) for a, b in hours]
    if not any(span[0] for span in spans):
        longest = int(np.argmax([span[1] for span in spans]))
        problem = Note(
            "no site is open during the whole of the period {period} ({hours}): the longest opening is {opens} at "
            "{site}",
            period=segment.period, hours=_clock(segment.starts_min, segment.ends_min),
            opens=_clock(*spans[longest][2:]), site=table.index[longest],
        )  # fmt: skip
        return Fault(table="sites", row=segment.period, problem=problem, remedy="check opens, closes and the periods")
    offered = sorted({name for names in table["services"] for name in names})
    if segment.service not in offered:
        problem = Note("no site offers {service} (offered: {names})", service=segment.service, names=Names(offered))
    else:
        form = "no site that offers {service} is open during the whole of the period {period}"
        problem = Note(form, service=segment.service, period=segment.period)
    return Fault(table="sites", row=segment.service, problem=problem, remedy="check services and hours")


def _too_far(stages: _Stages, segment: Segment, serving: BoolArray, some: BoolArray) -> Fault:
    demand, sites = stages.demand, stages.sites
    limit, unit = _allowed(stages.times, stages.rules, segment)
    best: tuple[float, int, int] | None = None
    start = 0
    for block in _blocks(stages.times):
        rows = block.matrix.tocoo()
        good = np.flatnonzero(some[start + rows.coords[0]] & serving[rows.coords[1]])
        if good.size:
            first = int(good[np.argmin(rows.data[good])])
            found = (float(rows.data[first]) / 1000, start + int(rows.coords[0][first]), int(rows.coords[1][first]))
            best = found if best is None or found < best else best
        start += len(block.point_ids)
    if best is not None:
        form = "{far:,.0f} m apart ({point} to {site})" if unit == "m" else "{far:,.0f} s away ({point} to {site})"
        where = Note(form, far=best[0], point=demand.ids[best[1]], site=sites.ids[best[2]])
    else:
        points, places = np.flatnonzero(some), np.flatnonzero(serving)
        there = shapely.get_coordinates(sites.table.geometry.to_numpy()[places])
        away, at = cKDTree(there).query(shapely.get_coordinates(demand.points.geometry.to_numpy()[points]))
        first = int(np.argmin(away))
        where = Note(
            "farther than was looked, {far:,.0f} m apart in a straight line ({point} to {site})",
            far=away[first], point=demand.ids[points[first]], site=sites.ids[places[at[first]]],
        )  # fmt: skip
    problem = Note(
        "no pair is within reach: the nearest pair is {where}, the threshold allows {limit:,.0f} {unit}",
        where=where, limit=limit, unit=unit,
    )  # fmt: skip
    return Fault(table="travel", row="threshold", problem=problem, remedy="check places, units and the threshold")


def _allowed(times: TravelTimes | TimesStream, rules: Rules, segment: Segment) -> tuple[float, str]:
    """Return how far the standard lets people go, at most, in metres or seconds as times are kept."""
    far, own = rules.standard.levels[-1], rules.threshold_s[-1]
    if far.threshold_m is not None:
        return far.threshold_m, "m"
    longest = float(far.threshold_s or 0.0) if own is None else float(own.max())
    if times.unit == "mm":
        return longest * segment.speed_m_s, "m"
    return longest if times.speed_m_s is None else longest * segment.speed_m_s / times.speed_m_s, "s"


def _idle(sites: Sites, serving: BoolArray, reached: BoolArray) -> Iterator[Note]:
    """Yield sentences about sites that may have a station and yet can cover nobody."""
    allowed = (sites.table["status"] != "excluded").to_numpy(dtype=bool)
    serves_any = serving.any(axis=0)
    closed, far = allowed & ~serves_any, serves_any & ~reached
    for one, many, mask in (
        (
            (
                "{count} of {all} sites serves nobody: open in no whole period, or without a service that is asked "
                "for: {names}"
            ),
            (
                "{count} of {all} sites serve nobody: open in no whole period, or without a service that is asked "
                "for: {names}"
            ),
            closed,
        ),
        (
            "{count} of {all} sites has no demand within the standard: {names}",
            "{count} of {all} sites have no demand within the standard: {names}",
            far,
        ),
    ):
        if mask.any():
            yield counted(int(mask.sum()), one, many, all=len(sites), names=Names(sites.ids[mask]))


def _clock(start: int, end: int) -> str:
    return f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"
