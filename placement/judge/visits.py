"""Predicted visits counted again, from the pulls of the fitted model, by code of the judge's own.

The fit, and its draws, are those of :mod:`placement.demand`; what each station sees, the totals, which stations are
idle, and the paired interval of the change are computed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from placement.judge.counting import Counting
from placement.judge.recount import coverage_record
from placement.judge.seen import Seen, visits_of
from placement.study import PolicySection
from placement.values.arrays import BoolArray, FloatArray

_TAIL = 0.05
_PLACES = 3
_NOISE = 1e-7
"""Relative: the fit ends this near to where it would on another machine."""


def visit_faults(record: Mapping[str, Any], counting: Counting) -> Iterator[str]:
    """Yield everything in which the predicted visits of a ``plan.json`` differ from their recount."""
    claimed, prepared, use = record["visits"], counting.prepared, counting.use
    if use is None or use.capture is None:
        if claimed is not None:
            yield "visits: the inputs predict none"
        return
    if claimed is None:
        yield "visits: are missing; the inputs predict them"
        return
    table = prepared.sites.table
    standing = [table["existing"].to_numpy(dtype=bool), np.asarray(table.index.isin(record["open"]))]
    seen = counting.seen(standing[1])
    ids = [str(site) for site, there in zip(table.index, standing[0] | standing[1], strict=True) if there]
    rows = {row["site_id"]: row for row in claimed["stations"]}
    if [row["site_id"] for row in claimed["stations"]] != sorted(ids):
        yield "visits.stations: are not those that stand before or after"
        return
    place = {str(site): number for number, site in enumerate(table.index)}
    for site in ids:
        yield from _station_faults(rows[site], site, place[site], standing, seen)
        if rows[site]["basis"] != use.basis[site]:
            yield f"visits.{site}.basis: is {use.basis[site]!r}, the plan says {rows[site]['basis']!r}"
    yield from _total_faults(claimed, seen)
    yield from _idle_faults(claimed, prepared.study.policy)


def frontier_faults(record: Mapping[str, Any], counting: Counting) -> Iterator[str]:
    """Yield everything in which the trade between reach and visits differs from its recount; its gaps are words."""
    claimed = record["frontier"]
    if claimed is None:
        return
    prepared, use = counting.prepared, counting.use
    if use is None or use.capture is None:
        yield "frontier: the inputs predict no visits"
        return
    table, below = prepared.sites.table, prepared.study.policy.idle_below
    today = table["existing"].to_numpy(dtype=bool)
    marks = [point["mark"] for point in claimed["points"]]
    if marks[:2] != ["today", "chosen"] or any(marks[2:]):
        yield f"frontier.points: are marked {marks}"
        return
    if (claimed["points"][0]["gap"], claimed["points"][1]["gap"]) != (None, record["gap"]):
        yield "frontier.points: the gap of the chosen plan is not the plan's"
    right = (today, np.asarray(table.index.isin(record["open"])))
    for number, point in enumerate(claimed["points"]):
        where = f"frontier.points.{number}"
        there = np.asarray(table.index.isin(point["open"]))
        if sorted(set(point["open"])) != point["open"] or there.sum() != len(point["open"]):
            yield f"{where}.open: names what is no site, or is not in order"
            continue
        if number < len(right) and (there != right[number]).any():
            yield f"{where}.open: are not the stations {'of today' if number == 0 else 'of the plan'}"
        covered = coverage_record(counting.near, counting.near.by(there))["total"]["covered"]
        if abs(point["covered"] - covered) > 0.5e-6 + 1e-12 * covered or point["covered"] != round(point["covered"], 6):
            yield f"{where}.covered: recounted {covered:.6f}, the plan says {point['covered']}"
        yield from _point_faults(point, where, visits_of(use.capture, [there])[0][there], ~today[there], below)


def _point_faults(point: Mapping[str, Any], where: str, seen: FloatArray, new: BoolArray, below: int) -> Iterator[str]:
    """Yield what is wrong with visits and idle stations of a point; `seen` by its stations."""
    yield from _differs(f"{where}.visits", point["visits"], float(seen.sum()), slack=0.5e-3 * len(seen))
    idle = seen < below
    for name, value in {"idle": int(idle.sum()), "idle_new": int((idle & new).sum())}.items():
        if point[name] != value:
            yield f"{where}.{name}: recounted {value}, the plan says {point[name]}"


def _station_faults(
    row: Mapping[str, Any], site: str, place: int, standing: list[BoolArray], seen: Seen
) -> Iterator[str]:
    for when, name in enumerate(("before", "after")):
        if not standing[when][place]:
            right: tuple[float | None, ...] = (None, None, None)
        else:
            right = (float(seen.expected[when, place]), *_ends(seen.drawn[:, when, place]))
        for end, value in zip(("", "_low", "_high"), right, strict=True):
            yield from _differs(f"visits.{site}.{name}{end}", row[name + end], value)


def _total_faults(claimed: Mapping[str, Any], seen: Seen) -> Iterator[str]:
    totals = seen.drawn.sum(axis=2)
    drawn = {"before": totals[:, 0], "after": totals[:, 1], "change": totals[:, 1] - totals[:, 0]}
    for name, values in drawn.items():
        for end, value in zip(("low", "high"), _ends(values), strict=True):
            yield from _differs(f"visits.{name}.{end}", claimed[name][end], value)
    sums = {name: _thousandths(row[name] for row in claimed["stations"]) for name in ("before", "after")}
    sums["change"] = sums["after"] - sums["before"]
    for name, thousandths in sums.items():
        right, said = thousandths / 1000, claimed[name]["expected"]
        if right != said:
            yield f"visits.{name}: the stations add up to {right}, the plan says {said}"
    if claimed["draws"] != len(seen.drawn):
        yield f"visits.draws: are {len(seen.drawn)}, the plan says {claimed['draws']}"


def _thousandths(values: Iterator[float | None]) -> int:
    return sum(round(value * 1000) for value in values if value is not None)


def _idle_faults(claimed: Mapping[str, Any], policy: PolicySection) -> Iterator[str]:
    rows, below, most = claimed["stations"], policy.idle_below, policy.max_idle
    after = [row for row in rows if row["after"] is not None and row["after"] < below]
    right = {
        "below": below,
        "before": sum(row["before"] is not None and row["before"] < below for row in rows),
        "after": len(after),
        "new": sum(row["before"] is None for row in after),
    }
    for name, number in right.items():
        if claimed["idle"][name] != number:
            yield f"visits.idle.{name}: recounted {number}, the plan says {claimed['idle'][name]}"
    if most is not None and len(after) > most:
        yield f"policy: {len(after)} stations see fewer than {below} visits a month, max_idle allows {most}"


def _ends(values: FloatArray) -> tuple[float | None, float | None]:
    """Return the ends of the 90 % interval: between the two values in order that lie next to each tail."""
    if not len(values):
        return None, None
    ordered = np.sort(values)
    at = np.array([_TAIL, 1 - _TAIL]) * (len(ordered) - 1)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, len(ordered) - 1)
    ends = ordered[low] + (at - low) * (ordered[high] - ordered[low])
    return float(ends[0]), float(ends[1])


def _differs(where: str, claimed: float | None, counted: float | None, *, slack: float = 0.0) -> Iterator[str]:
    if claimed is None or counted is None:
        if claimed is not counted:
            yield f"{where}: is {counted}, the plan says {claimed}"
    elif claimed != round(claimed, _PLACES):
        yield f"{where}: is not in thousandths: {claimed}"
    elif abs(claimed - counted) > 0.5 * 10.0**-_PLACES + _NOISE * max(1.0, abs(counted)) + slack:
        yield f"{where}: recounted {counted:.3f}, the plan says {claimed}"
