"""Publicity and guides counted again: what each level gains in each row, and what a plan says that it spends and gets.

Of those who do not know the service a level of an area reaches the share (A - A0) / (1 - A0), A0 being what its
residents know today; with a guide within reach, of those of the age group who know it so many use it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.judge.facts import station_amount
from placement.judge.recount import Reach
from placement.pipeline.prepare import Prepared
from placement.values.arrays import BoolArray, FloatArray
from placement.values.gates import Gates

SCALE = 1000
_PLACES, _NOISE = 6, 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class OutreachAsked:
    """What the study lets a plan spend beside stations.

    Parameters
    ----------
    prepared
        The study.
    near
        Who can reach which site.
    """

    prepared: Prepared
    near: Reach

    @cached_property
    def levels(self) -> dict[str, list[tuple[int, float, str]]]:
        """Levels (fen, awareness, package) of each area, areas by name, levels by what they cost."""
        table = self.prepared.tables.publicity
        found: dict[str, list[tuple[int, float, str]]] = {}
        if table is not None:
            for area, fen, aware, package in sorted(
                zip(table["area"], table["spend_fen"].astype(int), table["awareness"], table["package"], strict=True)
            ):
                found.setdefault(str(area), []).append((int(fen), float(aware), str(package)))
        return found

    @cached_property
    def helped(self) -> list[int]:
        """Segments of the age group that guides help."""
        guides, segments = self.prepared.study.guides, self.prepared.demand.segments
        return [] if guides is None else [k for k, each in enumerate(segments) if each.age_group == guides.age_group]

    @cached_property
    def area(self) -> NDArray[np.int64]:
        """(points,) number of the area of each; -1: none."""
        names, points = list(self.levels), self.prepared.demand.points
        found = []
        for own, parent in zip(points["district"], points["parent"], strict=True):
            found.append(names.index(own) if own in names else names.index(parent) if parent in names else -1)
        return np.array(found, dtype=np.int64)

    @cached_property
    def today(self) -> list[float]:
        """Share of each area's residents who know the service."""
        demand, shares = self.prepared.demand, []
        ages = [demand.age_groups.index(segment.age_group) for segment in demand.segments]
        aware, everyone = (demand.people[:, ages] * demand.awareness).sum(axis=1), demand.people[:, ages].sum(axis=1)
        for number in range(len(self.levels)):
            here = self.area == number
            whole = float(everyone[here].sum())
            shares.append(float(aware[here].sum()) / whole if whole else 1.0)
        return shares

    @cached_property
    def reached(self) -> list[list[float]]:
        """Share of those who do not know the service that each level of each area reaches."""
        return [
            [(aware - known) / (1.0 - known) if known < 1.0 else 0.0 for _, aware, _ in levels]
            for known, levels in zip(self.today, self.levels.values(), strict=True)
        ]

    def more_uptake(self) -> FloatArray:
        """Return (points, helped segments) by how much a guide raises the uptake."""
        guides = self.prepared.study.guides
        uptake = 0.0 if guides is None else guides.uptake
        return np.maximum(uptake - self.prepared.demand.uptake[:, self.helped], 0.0)

    def weights(self, reached: FloatArray) -> NDArray[np.int64]:
        """Return (points, segments + helped segments) whole thousandths where (points,) such shares are reached."""
        demand = self.prepared.demand
        aware = demand.awareness + reached[:, None] * (1.0 - demand.awareness)
        mixed = demand.need_share * demand.need + (1 - demand.need_share) * (demand.need * aware * demand.uptake)
        at = self.helped
        guided = (1.0 - demand.need_share) * (demand.need[:, at] * aware[:, at] * self.more_uptake())
        return np.rint(np.hstack([mixed, guided]) * SCALE).astype(np.int64)

    @cached_property
    def gains(self) -> list[NDArray[np.int64]]:
        """By level, (points, segments + helped segments): what a row within reach counts more by it."""
        most = max((len(levels) for levels in self.levels.values()), default=0)
        whole = [self.weights(np.zeros(self.area.size))]
        for level in range(most):
            # An area with fewer levels stays at its last.
            shares = np.array([*(own[min(level, len(own) - 1)] for own in self.reached), 0.0])
            whole.append(self.weights(shares[self.area]))
        return [np.maximum(after - before, 0) for before, after in pairwise(whole)]

    def gates(self, points: list[int] | None, rows: tuple[str, ...]) -> Gates:
        """Return levels over the rows of the program, points in this order; `rows` are the limits it has."""
        order = np.arange(self.area.size) if points is None else np.array(points)
        rings, blocks = len(self.near.rings), self.gains[0].shape[1]
        columns = [self.near.layers(gain[order]).ravel() for gain in self.gains]
        cost = np.zeros((len(self.levels), len(self.gains)), dtype=np.int64)
        for number, levels in enumerate(self.levels.values()):
            before = 0
            for at, (fen, _, _) in enumerate(levels):
                cost[number, at], before = fen - before, fen
        limits = tuple((name, worth) for name, worth in self.worth_of_a_fen if name in rows)
        whole = np.array([levels[0][2] != "" for levels in self.levels.values()], dtype=bool)
        return Gates(
            area=np.tile(self.area[order], blocks * rings),
            gains=np.column_stack(columns),
            cost_fen=cost,
            whole=whole,
            limits=limits,
        )

    @cached_property
    def worth_of_a_fen(self) -> tuple[tuple[str, Fraction], ...]:
        """Lines that publicity is part of, and what a fen a year counts there."""
        budget, one = self.prepared.study.budget, Fraction(1)
        found = [("publicity", one), ("running", one)]
        if budget.horizon_years is not None:
            years, rate = budget.horizon_years, Fraction(budget.discount_rate)
            found.append(("total", Fraction(years) if rate == 0 else (1 - (1 + rate) ** -years) / rate))
        return tuple(found)

    def spent(self, record: Mapping[str, Any]) -> list[int]:
        """Return the fen a year that a plan says each area spends."""
        return [round(each["spend"] * 100) for each in (record.get("outreach") or {"areas": []})["areas"]]

    def guided(self, record: Mapping[str, Any]) -> BoolArray:
        """Return (sites,) where a plan says that a guide is."""
        named = [each["site_id"] for each in (record.get("outreach") or {"guides": []})["guides"]]
        return np.asarray(self.prepared.sites.table.index.isin(named))

    def worth(self, record: Mapping[str, Any], after: NDArray[np.int64]) -> tuple[int, list[int]]:
        """Return what guides, and what each area's publicity, count in the objective, thousandths.

        `after` is the first ring with a station, as :meth:`placement.judge.recount.Reach.by` has it.
        """
        rings = np.hstack([after, self.near.by(self.guided(record))[:, self.helped]])
        guides = self.weights(np.zeros(self.area.size))[:, after.shape[1] :]
        base = int(self.near.worth(guides, rings[:, after.shape[1] :]).sum())
        counted = [self.near.worth(gain, rings) for gain in self.gains]
        areas = []
        for number, (levels, spend) in enumerate(zip(self.levels.values(), self.spent(record), strict=True)):
            before = total = 0
            for at, (fen, _, _) in enumerate(levels):
                part = min(max(spend - before, 0), fen - before)
                total += int(counted[at][self.area == number].sum()) * part // (fen - before)
                before = fen
            areas.append(total)
        return base, areas


def outreach_asked(prepared: Prepared, near: Reach) -> OutreachAsked | None:
    """Return what the study lets a plan spend beside stations; None where that is nothing."""
    given = prepared.tables.publicity is not None or prepared.study.guides is not None
    return OutreachAsked(prepared=prepared, near=near) if given else None


def outreach_faults(
    record: Mapping[str, Any], asked: OutreachAsked | None, weights: NDArray[np.int64], after: NDArray[np.int64]
) -> Iterator[str]:
    """Yield everything in which the ``outreach`` of a ``plan.json`` differs from its recount."""
    said = record.get("outreach")
    if asked is None or said is None:
        if (asked is None) != (said is None):
            yield f"outreach: {'the study asks for none' if asked is None else 'is missing'}"
        return
    if [each["area"] for each in said["areas"]] != list(asked.levels):
        yield f"outreach.areas: should be {', '.join(asked.levels) or 'none'}"
        return
    wrong = [*_spend_faults(said, asked), *_guide_faults(record, asked)]
    yield from wrong
    if wrong:
        return
    guides, areas = asked.worth(record, after)
    covered = int(asked.near.worth(weights, after).sum())
    yield from _differs("outreach.covered", said["covered"], covered / SCALE)
    for each, worth in zip(said["areas"], areas, strict=True):
        yield from _differs(f"outreach.areas.{each['area']}.worth", each["worth"], worth / SCALE)
    yield from _gain_faults(record, asked, after)
    yield from _alone_faults(record, asked, weights)
    if round(record["objective"] * SCALE) != covered + guides + sum(areas):
        yield "outreach: coverage, guides and publicity do not add up to the objective"


def _spend_faults(said: Mapping[str, Any], asked: OutreachAsked) -> Iterator[str]:
    for each, levels in zip(said["areas"], asked.levels.values(), strict=True):
        fen, where = round(each["spend"] * 100), f"outreach.areas.{each['area']}"
        if not 0 <= fen <= levels[-1][0]:
            yield f"{where}.spend: {each['spend']} is not within what can be spent"
            continue
        package = next((name for cost, _, name in levels if cost == fen), "")
        if levels[0][2] and fen and not package:
            yield f"{where}.spend: no package costs {each['spend']}"
        if each["package"] != package:
            yield f"{where}.package: is {package!r}, the plan says {each['package']!r}"


def _guide_faults(record: Mapping[str, Any], asked: OutreachAsked) -> Iterator[str]:
    guides = record["outreach"]["guides"]
    sites = [each["site_id"] for each in guides]
    if sites != sorted(set(sites)):
        yield "outreach.guides: are not in the order of sites, each once"
    if guides and asked.prepared.study.guides is None:
        yield "outreach.guides: the study has none"
        return
    for each in guides:
        if each["site_id"] not in record["open"]:
            yield f"outreach.guides: no station stands at {each['site_id']}"
        elif round(each["pay"] * 100) != station_amount(asked.prepared, each["site_id"], "guide"):
            yield f"outreach.guides: the pay at {each['site_id']} is not {each['pay']}"


def _gain_faults(record: Mapping[str, Any], asked: OutreachAsked, after: NDArray[np.int64]) -> Iterator[str]:
    """Yield differences in awareness, people and use."""
    said, near, demand, helped = record["outreach"], asked.near, asked.prepared.demand, asked.helped
    part, guide_part = near.parts(after), near.parts(near.by(asked.guided(record)))[:, helped]
    ages = [segment.age_group for segment in demand.segments]
    for number, (each, levels, shares) in enumerate(
        zip(said["areas"], asked.levels.values(), asked.reached, strict=True)
    ):
        where, fen, known = f"outreach.areas.{each['area']}", round(each["spend"] * 100), asked.today[number]
        reached = float(np.interp(fen, [0, *(cost for cost, _, _ in levels)], [0.0, *shares]))
        more = np.where((asked.area == number)[:, None], reached * (1.0 - demand.awareness), 0.0)
        people = 0.0
        for at, age in enumerate(demand.age_groups):
            own = [k for k, name in enumerate(ages) if name == age]
            if own:
                within = (part[:, own] > 0).any(axis=1)
                people += float((demand.people[:, at] * within * more[:, own].max(axis=1)).sum())
        use = float((part * demand.need * more * demand.uptake).sum())
        use += float((guide_part * demand.need[:, helped] * more[:, helped] * asked.more_uptake()).sum())
        yield from _differs(f"{where}.awareness_before", each["awareness_before"], known)
        yield from _differs(f"{where}.awareness_after", each["awareness_after"], known + reached * (1.0 - known))
        yield from _differs(f"{where}.people", each["people"], people)
        yield from _differs(f"{where}.use", each["use"], use)
    use, people = _of_guides(asked, asked.guided(record))
    yield from _differs("outreach.guided", said["guided"], use)
    yield from _differs("outreach.helped", said["helped"], people)
    for each in said["guides"]:
        use, people = _of_guides(asked, np.asarray(asked.prepared.sites.table.index == each["site_id"]))
        yield from _differs(f"outreach.guides.{each['site_id']}.use", each["use"], use)
        yield from _differs(f"outreach.guides.{each['site_id']}.people", each["people"], people)


def _of_guides(asked: OutreachAsked, sites: BoolArray) -> tuple[float, float]:
    """Return the use that guides at some sites add, and the people of their age group within reach."""
    demand, helped, guides = asked.prepared.demand, asked.helped, asked.prepared.study.guides
    if guides is None or not sites.any():
        return 0.0, 0.0
    part = asked.near.parts(asked.near.by(sites))[:, helped]
    use = float((part * demand.need[:, helped] * demand.awareness[:, helped] * asked.more_uptake()).sum())
    residents = demand.people[:, demand.age_groups.index(guides.age_group)]
    return use, float(residents[(part > 0).any(axis=1)].sum())


def _alone_faults(record: Mapping[str, Any], asked: OutreachAsked, weights: NDArray[np.int64]) -> Iterator[str]:
    """Yield what is wrong with what the same money buys in stations alone, as far as its stations tell."""
    alone = record["outreach"]["alone"]
    if alone is None:
        return
    ids, status = asked.prepared.sites.table.index, asked.prepared.sites.table["status"]
    if alone["open"] != sorted(set(alone["open"])) or not set(alone["open"]) <= set(ids):
        yield "outreach.alone.open: are not sites in their order, each once"
        return
    stands = np.asarray(ids.isin(alone["open"]))
    if (status[stands] == "excluded").any() or (status[~stands] == "required").any():
        yield "outreach.alone.open: not as the status of sites asks"
    covered = int(asked.near.worth(weights, asked.near.by(stands)).sum())
    yield from _differs("outreach.alone.objective", alone["objective"], covered / SCALE)
    if alone["bound"] < alone["objective"]:
        yield "outreach.alone.bound: is below what is covered"
    if alone["objective"] > record["bound"]:
        yield "outreach.alone.objective: is above the bound of all plans"


def _differs(where: str, claimed: float, counted: float) -> Iterator[str]:
    near = abs(claimed - counted) <= 0.5 * 10.0**-_PLACES + _NOISE * max(1.0, abs(counted))
    if not near or claimed != round(claimed, _PLACES):
        yield f"{where}: recounted {counted:.6f}, the plan says {claimed}"
