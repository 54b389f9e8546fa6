"""Limits that go by what a site is, a second time: as rows of the program, and checked on a plan.

Order of the rows: hosts by name, chains by name, exclusive texts in order where two sites have one, fixed actions,
spacing, reach of new stations. Sets of sites too near to one another: the sites are numbered by id; of the pairs in
order, each that lies in no set begins one, which later sites join in order where they are too near to all in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.judge.recount import Reach
from placement.judge.rules import Claims
from placement.pipeline.prepare import Prepared
from placement.travel.between import nearer_than
from placement.values import LinearRow
from placement.values.immutable import held
from placement.values.rows import COUNT, EXCLUSIVE, FIXED, REACH_NEW, SPACING, RowKind

Column = tuple[str, int]
_STANDS = ("keep", "open", "move_in")
_COMES = ("open", "move_in")
_SCALE = 1000


def site_limits(
    prepared: Prepared, columns: list[Column], reach: Reach, weights: NDArray[np.int64]
) -> Iterator[LinearRow]:
    """Yield the rows; `weights` are (points, segments) whole thousandths of a visit a month."""
    sets = list(standing_limits(prepared))

    def standing(sites: set[int]) -> dict[int, int]:
        """Return 1 for each column after which a station stands at one of some sites."""
        return {k: 1 for k, (kind, site) in enumerate(columns) if kind in _STANDS and site in sites}

    yield from (_row(name, kind, standing(sites), most) for name, kind, sites, most in sets if kind != SPACING)
    yield from fixed_rows(held(prepared.sites, "table"), columns)
    yield from (_row(name, kind, standing(sites), most) for name, kind, sites, most in sets if kind == SPACING)
    poor = poor_sites(prepared, reach, weights)
    terms = {k: 1 for k, (kind, site) in enumerate(columns) if kind in _COMES and site in poor}
    if terms:
        yield _row("min_reach_new", REACH_NEW, terms, 0)


def standing_limits(prepared: Prepared) -> Iterator[tuple[str, RowKind, set[int], int]]:
    """Yield (name, kind, sites, most) of each limit on the stations that stand at some sites."""
    table, policy = held(prepared.sites, "table"), prepared.study.policy
    for key, column, limits in named_limits(policy):
        for name in sorted(limits):
            yield f"{key}.{name}", COUNT, _where(table[column], name), limits[name]
    for text in shared_texts(table):
        yield f"exclusive {text}", EXCLUSIVE, _where(table["exclusive"], text), 1
    for together in _sets_too_near(prepared):
        yield "spacing_m", SPACING, together, 1


def poor_sites(prepared: Prepared, reach: Reach, weights: NDArray[np.int64]) -> set[int]:
    """Return the sites that too little weight can reach for a station to come there."""
    least = prepared.study.policy.min_reach_new
    if least is None:
        return set()
    return {site for site, weight in enumerate(weight_within(reach, weights)) if weight < least * _SCALE}


def site_limit_faults(claims: Claims, prepared: Prepared, reach: Reach, weights: NDArray[np.int64]) -> Iterator[str]:
    """Yield every such limit that a plan breaks."""
    table, policy = held(prepared.sites, "table"), prepared.study.policy
    standing, coming = set(claims.standing), {*claims.open, *(to for _, to in claims.move)}
    for key, column, limits in named_limits(policy):
        for name, most in sorted(limits.items()):
            count = sum(table.loc[site, column] == name for site in standing)
            if count > most:
                yield f"policy: {count} stations of {name}, at most {most} are allowed ({key})"
    for text in shared_texts(table):
        here = sorted(site for site in standing if table.loc[site, "exclusive"] == text)
        if len(here) > 1:
            yield f"sites: {' and '.join(here)} are exclusive ({text}), and each has a station"
    yield from _fixed_faults(claims, table)
    if policy.spacing_m is not None:
        yield from _spacing_faults(prepared, standing, coming)
    if policy.min_reach_new is not None:
        within = dict(zip(table.index, weight_within(reach, weights), strict=True))
        for site in sorted(coming):
            if within[site] < policy.min_reach_new * _SCALE:
                found = within[site] / _SCALE
                yield f"policy: {found:.3f} visits a month are within reach of {site}, min_reach_new asks more"


def weight_within(reach: Reach, weights: NDArray[np.int64]) -> list[int]:
    """Return the weight within reach of each site, in the order of their table."""
    ordered, total, first = reach.layers(weights).ravel(), np.zeros(reach.usable[0].size, dtype=np.int64), 0
    for block in reach:
        end = first + block.shape[0]
        total += block.T.astype(np.int64) @ ordered[first:end]
        first = end
    return [int(each) for each in total]


def _fixed_faults(claims: Claims, table: Any) -> Iterator[str]:
    does = {**dict.fromkeys(claims.keep, "keep"), **dict.fromkeys(claims.close, "close")}
    does |= dict.fromkeys(claims.open, "open")
    for site, action in table["action_fixed"].items():
        if action and does.get(site) != action:
            yield f"sites: the action fixed at {site} is {action}, the plan does otherwise"


def named_limits(policy: Any) -> tuple[tuple[str, str, Mapping[str, int]], ...]:
    """Return (key, column of the sites, limit by name) of each limit on the stations of one kind of site."""
    return ("max_by_host", "host", policy.max_by_host), ("max_by_chain", "chain", policy.max_by_chain)


def _where(values: Any, name: str) -> set[int]:
    return {site for site, value in enumerate(values) if value == name}


def shared_texts(table: Any) -> list[str]:
    """Return the texts of `exclusive` that two sites or more have, in order."""
    texts = [text for text in table["exclusive"] if text]
    return sorted({text for text in texts if texts.count(text) > 1})


def fixed_rows(table: Any, columns: list[Column]) -> Iterator[LinearRow]:
    """Yield that as many fixed actions happen as there are, less those that are not to happen."""
    wanted = {"keep": "keep", "open": "open"}
    terms: dict[int, int] = {}
    for k, (kind, site) in enumerate(columns):
        action = table["action_fixed"].iloc[site]
        if wanted.get(action) == kind:
            terms[k] = -1
        elif action == "close" and kind in {"keep", "give"}:
            terms[k] = 1
    if terms:
        asked = {columns[k][1] for k, sign in terms.items() if sign < 0}
        yield _row("action_fixed", FIXED, terms, -len(asked))


def _near(prepared: Prepared, sites: list[str]) -> NDArray[np.bool_]:
    """Return which of some sites are too near to one another."""
    apart_mm = math.ceil(prepared.study.policy.spacing_m * 1000)  # type: ignore[operator]
    return nearer_than(held(prepared.sites, "table").loc[sites], prepared.streets, apart_mm)


def _sets_too_near(prepared: Prepared) -> Iterator[set[int]]:
    if prepared.study.policy.spacing_m is None:
        return
    table = held(prepared.sites, "table")
    place = {site: number for number, site in enumerate(table.index)}
    ids = sorted(place)
    old = {number for number, site in enumerate(ids) if table.loc[site, "existing"]}
    matrix = _near(prepared, ids)
    near = [set(np.flatnonzero(row).tolist()) - (old if number in old else set()) for number, row in enumerate(matrix)]
    done: set[tuple[int, int]] = set()
    for first in range(len(ids)):
        for second in sorted(other for other in near[first] if other > first):
            if (first, second) in done:
                continue
            together, common = [first, second], near[first] & near[second]
            while later := [other for other in common if other > together[-1]]:
                together.append(min(later))
                common &= near[together[-1]]
            done |= {(a, b) for a in together for b in together if a < b}
            yield {place[ids[number]] for number in together}


def _spacing_faults(prepared: Prepared, standing: set[str], coming: set[str]) -> Iterator[str]:
    sites = sorted(standing)
    for a, b in zip(*np.nonzero(np.triu(_near(prepared, sites))), strict=True):
        if sites[a] in coming or sites[b] in coming:
            least = float(prepared.study.policy.spacing_m)  # type: ignore[arg-type]
            yield f"policy: {sites[a]} and {sites[b]} are less than {least:g} m apart"


def _row(name: str, kind: RowKind, terms: dict[int, int], limit: int) -> LinearRow:
    return LinearRow(
        name=name,
        kind=kind,
        columns=np.array(list(terms), dtype=np.int64),
        coefficients=np.array(list(terms.values()), dtype=np.int64),
        limit=limit,
    )
