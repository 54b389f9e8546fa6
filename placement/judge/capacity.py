"""Visits that machines can serve, counted again: the nearest station of everybody, and the least cut of what flows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from placement.judge.recount import Reach
from placement.pipeline.prepare import Prepared

_SCALE = 1000
"""Visits are counted in whole thousandths."""


def capacity_faults(record: Mapping[str, Any], prepared: Prepared, near: Reach) -> Iterator[str]:
    """Yield everything in which the ``capacity`` of a ``plan.json`` differs from its recount."""
    said, each = record.get("capacity"), prepared.study.policy.visits_machine_month
    if each is None or said is None:
        if (each is None) != (said is None):
            yield "capacity: is missing" if said is None else "capacity: the study tells none"
        return
    if said["visits_machine_month"] != each:
        yield f"capacity.visits_machine_month: is {each}, the plan says {said['visits_machine_month']}"
    today = {site: int(row["machines"]) for site, row in prepared.sites.table.iterrows() if row["existing"]}
    after = {action["site_id"]: action["machines_after"] for action in record["actions"] if action["machines_after"]}
    for when, machines in (("before", today), ("after", after)):
        for name, right in served(prepared, near, machines, each).items():
            if said[when][name] != right:
                yield f"capacity.{when}.{name}: recounted {right:g}, the plan says {said[when][name]:g}"


def served(prepared: Prepared, near: Reach, machines: Mapping[str, int], each: int) -> dict[str, float]:
    """Return the buckets of visits a month, with `machines` by site."""
    ids = sorted(machines)
    room = np.array([machines[site] * each * _SCALE for site in ids], dtype=np.int64)
    load, sets, away = np.zeros(len(ids), dtype=np.int64), Counter[tuple[int, ...]](), 0
    for visits, lengths in _people(prepared, near, ids):
        if not lengths:
            away += visits
            continue
        load[min(lengths, key=lambda station: (lengths[station], station))] += visits
        sets[tuple(sorted(lengths))] += visits
    taken = int(np.minimum(load, room).sum())
    counts = {"served": taken, "no_capacity": int(load.sum()) - taken, "out_of_reach": away}
    counts["could_be_served"] = _least_cut(sets, room)
    return {name: count / _SCALE for name, count in counts.items()} | {"overloaded": int((load > room).sum())}


def _people(prepared: Prepared, near: Reach, ids: list[str]) -> Iterator[tuple[int, dict[int, int]]]:
    """Yield (thousandths of a visit, lengths to the stations in reach by their number) of each point and segment."""
    demand = prepared.demand
    use = np.rint(demand.need * demand.awareness * demand.uptake * _SCALE).astype(np.int64)
    few = prepared.times.to_sites(prepared.sites.ids[prepared.sites.ids.isin(ids)])
    number = {site: place for place, site in enumerate(ids)}
    stations = [number[site] for site in few.site_ids]
    at = prepared.sites.ids.get_indexer(few.site_ids)
    for segment, usable in enumerate(near.usable):
        lengths = sparse.csr_array(few.matrix)
        inside = near.within(few, segment, usable[at])
        for point, visits in enumerate(use[:, segment].tolist()):
            span = slice(lengths.indptr[point], lengths.indptr[point + 1])
            reachable = set(inside.indices[inside.indptr[point] : inside.indptr[point + 1]].tolist())
            pairs = zip(lengths.indices[span].tolist(), lengths.data[span].tolist(), strict=True)
            yield visits, {stations[column]: length for column, length in pairs if column in reachable}


def _least_cut(sets: Mapping[tuple[int, ...], int], room: np.ndarray) -> int:
    """Return what can flow at most from people to stations: the dual, which cuts people or stations off."""
    arcs = [(row, station) for row, stations in enumerate(sets) for station in stations]
    if not arcs:
        return 0
    count = np.arange(len(arcs))
    columns = np.array([[row, len(sets) + station] for row, station in arcs])
    matrix = sparse.csr_array(
        (-np.ones(columns.size), (np.repeat(count, 2), columns.ravel())), shape=(count.size, len(sets) + room.size)
    )
    prices = np.concatenate([np.array(list(sets.values()), dtype=float), room.astype(float)])
    found = linprog(prices, A_ub=matrix, b_ub=-np.ones(count.size), bounds=(0, 1), method="highs")
    return round(float(found.fun))
