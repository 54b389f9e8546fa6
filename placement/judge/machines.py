"""Machines counted one by one, a second time: what a plan says of them. Their program is in ``machine_rows.py``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from placement.judge.facts import ITEMS, YEARLY, outage, station_amount, worth_today
from placement.pipeline.prepare import Prepared
from placement.travel.between import distances_mm
from placement.values.immutable import held


def counted(prepared: Prepared) -> bool:
    """Return whether the study counts machines one by one."""
    return prepared.study.policy.max_machines is not None


def by_machine(prepared: Prepared) -> bool:
    """Return whether coverage counts machines: where they are counted one by one, and may be out of order."""
    return counted(prepared) and bool(outage(prepared))


@dataclass(frozen=True, kw_only=True)
class MachineClaims:
    """What a plan says of machines.

    Parameters
    ----------
    before, after
        Machines by the id of each site with an action.
    moves
        (origin, destination) -> machines.
    """

    before: Mapping[str, int]
    after: Mapping[str, int]
    moves: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> MachineClaims | None:
        """Return the claims of a ``plan.json``; None where it says nothing of machines."""
        said = record.get("machines")
        if said is None:
            return None
        before, after = (
            {action["site_id"]: action[f"machines_{when}"] for action in record["actions"]}
            for when in ("before", "after")
        )
        moves: Counter[tuple[str, str]] = Counter()
        for move in said["moves"]:
            moves[move["from_site_id"], move["to_site_id"]] += move["machines"]
        return cls(before=before, after=after, moves=moves)

    def gained(self, site: str) -> int:
        """Return how many more machines stand at a site."""
        return max(0, self.after.get(site, 0) - self.before.get(site, 0))

    def lost(self, site: str) -> int:
        """Return how many machines leave a site."""
        return max(0, self.before.get(site, 0) - self.after.get(site, 0))

    def brought(self, site: str) -> int:
        """Return how many machines move to a site."""
        return sum(count for (_, to), count in self.moves.items() if to == site)

    def sent(self, site: str) -> int:
        """Return how many machines of a site move."""
        return sum(count for (origin, _), count in self.moves.items() if origin == site)

    @property
    def totals(self) -> dict[str, int]:
        """What the record says of all machines, counted again."""
        moved = sum(self.moves.values())
        return {
            "before": sum(self.before.values()),
            "after": sum(self.after.values()),
            "bought": sum(map(self.gained, self.after)) - moved,
            "removed": sum(map(self.lost, self.before)) - moved,
        }


def machine_faults(record: Mapping[str, Any], prepared: Prepared) -> Iterator[str]:
    """Yield everything wrong with machines; every site that is named must be one of the inputs'."""
    claims, table = MachineClaims.of(record), held(prepared.sites, "table")
    if claims is None:
        yield "machines: are missing"
        return
    room = room_at(prepared)
    place = {site: number for number, site in enumerate(table.index)}
    for action in record["actions"]:
        site, kind = action["site_id"], action["action"]
        was, now = action["machines_before"], action["machines_after"]
        here = int(table.loc[site, "machines"]) if table.loc[site, "existing"] else 0
        if was != here:
            yield f"actions: {here} machines stand at {site} today, not {was}"
        if now > room[place[site]]:
            yield f"actions: there is room for {room[place[site]]} machines at {site}, not for {now}"
        right = (
            "open" if not was else "close" if not now else "grow" if now > was else "shrink" if now < was else "keep"
        )
        if kind != right or not was + now:
            yield f"actions: {was} -> {now} machines at {site} are no {kind}"
        if action["from_site_id"] is not None:
            yield f"actions: {kind} {site} names a site of origin"
    yield from _move_faults(record, claims, prepared)


def _move_faults(record: Mapping[str, Any], claims: MachineClaims, prepared: Prepared) -> Iterator[str]:
    pairs = [(move["from_site_id"], move["to_site_id"]) for move in record["machines"]["moves"]]
    if pairs != sorted(set(pairs)):
        yield "machines.moves: are not in order, each once"
    for site in sorted({site for pair in pairs for site in pair}):
        if claims.brought(site) > claims.gained(site) or claims.sent(site) > claims.lost(site):
            yield f"machines.moves: more machines come to {site} or leave it than are gained or lost there"
            return
    for name, right in claims.totals.items():
        if record["machines"][name] != right:
            yield f"machines.{name}: is {right}, the plan says {record['machines'][name]}"
    if not pairs:
        return
    apart = _lengths(claims, prepared)
    claimed = sum(count * apart[pair] for pair, count in claims.moves.items())
    least = _least_walk(claims, prepared, apart)
    if claimed != least:
        yield f"machines.moves: add up to {claimed / 1e6:.3f} km, another pairing needs {least / 1e6:.3f} km"


def _lengths(claims: MachineClaims, prepared: Prepared) -> dict[tuple[str, str], int]:
    """Return the millimetres from each site that loses machines to each that gains some."""
    starts, ends = list(filter(claims.lost, claims.before)), list(filter(claims.gained, claims.after))
    table = held(prepared.sites, "table")
    lengths = distances_mm(table.loc[starts], table.loc[ends], prepared.streets).tolist()
    return {
        (start, end): length
        for start, row in zip(starts, lengths, strict=True)
        for end, length in zip(ends, row, strict=True)
    }


def _least_walk(claims: MachineClaims, prepared: Prepared, apart: Mapping[tuple[str, str], int]) -> int:
    """Return the least total length by which as many machines of each class may move."""
    leave = [site for site in claims.before for _ in range(claims.lost(site))]
    come = [site for site in claims.after for _ in range(claims.gained(site))]
    out, into = (
        {site: prices_at(prepared, site, kind) for site in places}
        for kind, places in (("send", leave), ("bring", come))
    )
    stay, buy = Counter(out[site] for site in leave), Counter(into[site] for site in come)
    for (origin, to), count in claims.moves.items():
        stay[out[origin]] -= count
        buy[into[to]] -= count
    stays, buys = list(stay.elements()), list(buy.elements())
    square = np.full((len(leave) + len(buys), len(come) + len(stays)), np.inf)
    square[: len(leave), : len(come)] = [[apart[start, end] for end in come] for start in leave]
    for i, site in enumerate(leave):
        square[i, [len(come) + k for k, prices in enumerate(stays) if prices == out[site]]] = 0
    for j, site in enumerate(come):
        square[[len(leave) + k for k, prices in enumerate(buys) if prices == into[site]], j] = 0
    return int(square[linear_sum_assignment(square)].sum())


def paid_at(claims: MachineClaims, prepared: Prepared, site: str, line: str) -> int:
    """Return the fen that a plan spends at a site on a line of the budget."""
    was, now = claims.before[site], claims.after[site]
    new, gone, moved = now > 0 and not was, was > 0 and not now, claims.brought(site)
    spent = {
        "purchase": claims.gained(site) - moved,
        "move": moved,
        "install": int(new),
        "remove": claims.lost(site) - claims.sent(site),
        "close": int(gone),
    }
    once = sum(count * amount_at(prepared, site, line, (item,)) for item, count in spent.items())
    if not now:
        return once
    return (
        once + amount_at(prepared, site, line, YEARLY) + (now - 1) * amount_at(prepared, site, line, ("maintenance",))
    )


def paid_today(prepared: Prepared, line: str) -> int:
    """Return the fen that today's stations spend on a line of the budget."""
    total = 0
    for site, row in held(prepared.sites, "table").iterrows():
        if row["existing"]:
            further = amount_at(prepared, site, line, ("maintenance",))
            total += amount_at(prepared, site, line, YEARLY) + (int(row["machines"]) - 1) * further
    return total


def amount_at(prepared: Prepared, site: str, line: str, items: Iterable[str]) -> int:
    """Return the fen that some cost items of a site add to a line; yearly ones together where years are counted."""
    once = [item for item in items if item in ITEMS]
    yearly = [item for item in items if item in YEARLY]
    if line == "total":
        return sum(station_amount(prepared, site, item) for item in once) + worth_today(prepared, site, yearly)
    belongs = {"capital": ITEMS, "running": YEARLY}.get(line, (line,))
    return sum(station_amount(prepared, site, item) for item in (*once, *yearly) if item in belongs)


def counts(claims: MachineClaims, stations: int) -> dict[str, int]:
    """Return what a plan makes of each limit on numbers; `stations` stand after it."""
    moved, bought, removed = sum(claims.moves.values()), claims.totals["bought"], claims.totals["removed"]
    return {
        "max_stations": stations,
        "max_moves": moved,
        "max_opens": bought,
        "max_closes": removed,
        "max_changes": moved + bought + removed,
    }


def growth(claims: MachineClaims) -> dict[str, int]:
    """Return by how much the stations grow and fall, at least 0, by the name of the limit on it."""
    more = sum(now > 0 for now in claims.after.values()) - sum(was > 0 for was in claims.before.values())
    return {"max_opens.stations": max(0, more), "max_closes.stations": max(0, -more)}


def room_at(prepared: Prepared) -> list[int]:
    """Return how many machines may stand at each site."""
    most = prepared.study.policy.max_machines or 0
    return [min(int(each), most) for each in held(prepared.sites, "table")["max_machines"]]


def prices_at(prepared: Prepared, site: str, kind: str) -> tuple[int, ...]:
    """Return what it costs to buy a machine and to move it here (bring), or to take one away (send)."""
    items = ("purchase", "move") if kind == "bring" else ("remove",)
    return tuple(station_amount(prepared, site, item) for item in items)
