"""What a plan says of each of its phases, and of the plan year by year beside it, against the recount."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from placement.judge.certificate import plan_faults
from placement.judge.counting import SCALE, Counting
from placement.judge.facts import line_of_action
from placement.judge.phases import (
    Years,
    chosen_in_phases,
    named,
    phase_columns,
    phase_limits,
    phase_money,
    year_factors,
)
from placement.judge.recount import coverage_record
from placement.judge.rules import Claims
from placement.judge.seen import visits_of
from placement.values.arrays import BoolArray

_PLACES, _VISIT_PLACES = 6, 3
_NOISE, _FIT_NOISE = 1e-12, 1e-7
"""Relative: sums in another order, and a fit on another machine."""


def when_faults(record: Mapping[str, Any], counting: Counting) -> Iterator[str]:
    """Yield what is wrong with when things happen: phases that there are not, actions without one."""
    names = [each.name for each in counting.prepared.study.phase]
    if bool(names) != (record.get("phases") is not None):
        yield "phases: are missing" if names else "phases: the study has none"
    for action in record["actions"]:
        phase, kept = action.get("phase"), action["action"] == "keep"
        if (phase is None) != (kept or not names) or (phase is not None and phase not in names):
            yield f"actions: {action['action']} {action['site_id']} happens in no phase of the study ({phase})"


def phase_faults(record: Mapping[str, Any], years: Years, counting: Counting) -> Iterator[str]:
    """Yield everything in which the phases of a ``plan.json`` differ from their recount.

    Parameters
    ----------
    record
        Its content.
    years
        What becomes of the plan's columns.
    counting
        The study.
    """
    said = record["phases"]["years"]
    names = [each.name for each in counting.prepared.study.phase]
    for fault in plan_faults(counting.program, years.chosen):
        yield f"phases: {fault}"
    if record["solve"]["tie_broken"]:
        yield "solve.tie_broken: plans in phases are not compared with equal ones"
    if [each["name"] for each in said] != names:
        yield f"phases: are {', '.join(names)}"
        return
    money = list(phase_money(counting.prepared, years))
    for year, each in enumerate(said):
        where = f"phases.{names[year]}"
        yield from _network_faults(each, where, years, year, counting)
        yield from _money_faults(each, where, money[year], counting)
        right = phase_limits(counting.prepared, years, year)
        if [(limit["name"], limit["asked"], limit["found"]) for limit in each["limits"]] != right:
            yield f"{where}.limits: should be {right}"
    yield from _beside_faults(record, counting)


def _network_faults(said: Mapping[str, Any], where: str, years: Years, year: int, counting: Counting) -> Iterator[str]:
    ids, standing = counting.prepared.sites.ids, years.standing[year]
    if said["open"] != sorted(str(site) for site in ids[standing]):
        yield f"{where}.open: are not the stations that stand after it"
    factor = str(year_factors(counting.prepared)[year])
    if said["factor"] != factor:
        yield f"{where}.factor: is {factor}, the plan says {said['factor']}"
    yield from _differs(f"{where}.coverage", said["coverage"], coverage_record(counting.near, years.first[year]))
    use = counting.use
    seen = None if use is None or use.capture is None else float(visits_of(use.capture, [standing])[0].sum())
    if (said["visits"] is None) != (seen is None):
        yield f"{where}.visits: {'is missing' if said['visits'] is None else 'the inputs predict none'}"
    elif seen is not None:
        apart = abs(said["visits"] - seen)
        rounded = said["visits"] == round(said["visits"], _VISIT_PLACES)
        if apart > 0.5 * 10.0**-_VISIT_PLACES + _FIT_NOISE * max(1.0, seen) or not rounded:
            yield f"{where}.visits: recounted {seen:.3f}, the plan says {said['visits']}"


def _money_faults(
    said: Mapping[str, Any], where: str, right: list[tuple[str, int, int | None]], counting: Counting
) -> Iterator[str]:
    prepared = counting.prepared
    if [line["name"] for line in said["budget"]] != [name for name, _, _ in right]:
        yield f"{where}.budget: lines should be {', '.join(name for name, _, _ in right)}"
        return
    existing = prepared.sites.table["existing"]
    today = [str(site) for site in existing.index[existing.to_numpy(dtype=bool)]]
    for line, (name, spent, cap) in zip(said["budget"], right, strict=True):
        before = sum(line_of_action(prepared, name, "keep", site) for site in today)
        for key, fen in (("amount", spent), ("cap", cap), ("today", before)):
            if line[key] != (None if fen is None else fen / 100):
                shown = "none" if fen is None else f"{fen / 100:.2f}"
                yield f"{where}.budget: {key} of {name} is {shown} yuan, not {line[key]}"


def _beside_faults(record: Mapping[str, Any], counting: Counting) -> Iterator[str]:
    """Yield why the plan year by year is no plan, or is worth something else; that it is the best is not checked."""
    said = record["phases"]["year_by_year"]
    if said is None:
        return
    prepared = counting.prepared
    place = {named(column, prepared.sites.ids): k for k, column in enumerate(phase_columns(prepared))}
    asked = [(kind, site) for kind, sites in said["decisions"].items() for site in sites]
    if len(set(asked)) < len(asked) or not place.keys() >= set(asked):
        yield "phases.year_by_year.decisions: names a site twice, or one at which that cannot be decided"
        return
    chosen: BoolArray = np.zeros(len(place), dtype=np.bool_)
    chosen[[place[each] for each in asked]] = True
    for fault in plan_faults(counting.program, chosen):
        yield f"phases.year_by_year: {fault}"
    years = Years(prepared=prepared, reach=counting.near, weights=counting.weights, chosen=chosen)
    if said["objective"] != years.worth / SCALE:
        yield f"phases.year_by_year.objective: recounted {years.worth / SCALE:.3f}, the plan says {said['objective']}"
    if said["objective"] > record["objective"]:
        yield "phases.year_by_year: is worth more than the plan"
    right = [coverage_record(counting.near, first)["total"]["covered"] for first in years.first]
    if len(said["covered"]) != len(right):
        yield f"phases.year_by_year.covered: should have {len(right)} numbers"
        return
    for number, (claimed, counted) in enumerate(zip(said["covered"], right, strict=True)):
        yield from _differs(f"phases.year_by_year.covered.{number}", claimed, counted)


def _differs(where: str, claimed: Any, counted: Any) -> Iterator[str]:
    """Yield where numbers, by key or in order, are not those counted."""
    if isinstance(counted, Mapping):
        if not isinstance(claimed, Mapping) or claimed.keys() != counted.keys():
            yield f"{where}: should have the keys {', '.join(sorted(counted))}"
            return
        for key in sorted(counted):
            yield from _differs(f"{where}.{key}", claimed[key], counted[key])
    elif isinstance(counted, list):
        if counted or claimed:
            yield f"{where}: a plan in phases has no steps"
    elif abs(claimed - counted) > 0.5 * 10.0**-_PLACES + _NOISE * max(1.0, abs(counted)):
        yield f"{where}: recounted {counted:.6f}, the plan says {claimed}"


def years_of(claims: Claims, counting: Counting) -> Years:
    """Return what becomes of a plan's claimed actions, phase by phase."""
    chosen = chosen_in_phases(counting.prepared, claims)
    return Years(prepared=counting.prepared, reach=counting.near, weights=counting.weights, chosen=chosen)
