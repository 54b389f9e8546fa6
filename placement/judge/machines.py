"""Machines counted one by one, a second time: what a plan says of them, and their columns and rows.

Order of columns: keep and open by site id, each with the first machine; a hold for each further machine of today, a
gain for each that a site has room for beyond, by site id; a bring for each machine that may move in, class by class in
the order of the first site of the class, which they are named by, then a send for each that may leave, likewise. A
class of bring has one price to buy and one to move in, of send one to take away. There are as many of a class as it can
gain, or lose, but no more than all that can be lost, or gained, nor than ``max_moves``.
Order of rows: by site id, that a station stands where one must, then that each further machine stands beside the one
before it; of each class of bring, then of send, that no more move than are gained, or lost; tokens; then how far the
number of stations may grow, and fall.

Where machines may be out of order, rows stand twice. In those of stations one station in reach counts what the first
layer is more than the second. In those of machines, which follow, each further machine provides at a place of its own;
places are numbered after the stations, by site id. Layers there are the second, the second again, the third, ...
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from placement.judge.facts import ITEMS, YEARLY, station_amount, worth_today
from placement.pipeline.prepare import Prepared
from placement.travel.between import distances_mm
from placement.values import LinearRow, RowKind
from placement.values.immutable import held
from placement.values.rows import COUNT, MACHINES, MONEY, REQUIRED_SITE, TOKENS, YEARLY_MONEY

Column = tuple[str, int]
_ONE = {"keep", "open", "hold", "gain"}
"""Columns of one machine that stands."""
_PAYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "keep": (YEARLY, ("remove", "close")),
    "open": (("purchase", "install", *YEARLY), ()),
    "hold": (("maintenance",), ("remove",)),
    "gain": (("purchase", "maintenance"), ()),
    "bring": (("move",), ("purchase",)),
    "send": ((), ("remove",)),
}
"""The cost items that a column adds, and those that it saves."""
_COUNTS = {
    "max_stations": {"keep": 1, "open": 1},
    "max_moves": {"bring": 1},
    "max_opens": {"open": 1, "gain": 1, "bring": -1},
    "max_closes": {"keep": -1, "hold": -1, "send": -1},
    "max_changes": {"keep": -1, "open": 1, "hold": -1, "gain": 1, "send": -1},
}
"""What each limit counts of columns, beside what it counts where none is chosen."""
_FROM_ALL = ("max_closes", "max_changes")
"""Those that count every machine of today where no column is chosen."""


def counted(prepared: Prepared) -> bool:
    """Return whether the study counts machines one by one."""
    return prepared.study.policy.max_machines is not None


def by_machine(prepared: Prepared) -> bool:
    """Return whether coverage counts machines: where they are counted one by one, and may be out of order."""
    return counted(prepared) and bool(prepared.study.policy.outage_probability)


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
    room = _room(prepared)
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
        {site: _prices(prepared, site, kind) for site in places} for kind, places in (("send", leave), ("bring", come))
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
    once = sum(count * _amount(prepared, site, line, (item,)) for item, count in spent.items())
    if not now:
        return once
    return once + _amount(prepared, site, line, YEARLY) + (now - 1) * _amount(prepared, site, line, ("maintenance",))


def paid_today(prepared: Prepared, line: str) -> int:
    """Return the fen that today's stations spend on a line of the budget."""
    total = 0
    for site, row in held(prepared.sites, "table").iterrows():
        if row["existing"]:
            further = _amount(prepared, site, line, ("maintenance",))
            total += _amount(prepared, site, line, YEARLY) + (int(row["machines"]) - 1) * further
    return total


def _amount(prepared: Prepared, site: str, line: str, items: Iterable[str]) -> int:
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


def _room(prepared: Prepared) -> list[int]:
    most = prepared.study.policy.max_machines or 0
    return [min(int(each), most) for each in held(prepared.sites, "table")["max_machines"]]


def _prices(prepared: Prepared, site: str, kind: str) -> tuple[int, ...]:
    items = ("purchase", "move") if kind == "bring" else ("remove",)
    return tuple(station_amount(prepared, site, item) for item in items)


def machine_columns(prepared: Prepared) -> list[Column]:
    """Return (kind, position of the site) of every column."""
    table = held(prepared.sites, "table")
    ids, room = list(table.index), _room(prepared)
    order = sorted(range(len(ids)), key=lambda site: str(ids[site]))
    today = [int(row["machines"]) if row["existing"] else 0 for _, row in table.iterrows()]
    gains = {site: max(0, room[site] - today[site]) for site in order}
    columns = [("keep", s) for s in order if today[s]] + [("open", s) for s in order if not today[s]]
    columns += [("hold", s) for s in order for _ in range(today[s] - 1)]
    columns += [("gain", s) for s in order for _ in range(gains[s] - (not today[s]))]
    limit = prepared.study.policy.max_moves
    most = min(sum(gains.values()), sum(today), *([] if limit is None else [limit]))
    for kind, count in (("bring", gains), ("send", dict(enumerate(today)))):
        for together in _classes(prepared, kind, [site for site in order if count[site]]):
            columns += [(kind, together[0])] * min(most, sum(count[site] for site in together))
    return columns


def without_room(prepared: Prepared, columns: list[Column]) -> list[bool]:
    """Return for each column whether it is a machine of today for which the site has no room after the plan."""
    room, seen = _room(prepared), Counter[int]()
    beyond = []
    for kind, site in columns:
        seen[site] += kind == "hold"
        beyond.append(kind == "hold" and seen[site] + 1 > room[site])
    return beyond


def _classes(prepared: Prepared, kind: str, sites: list[int]) -> list[list[int]]:
    """Return the sites among which it costs as much to bring a machine, or to take one away."""
    ids = prepared.sites.ids
    found: dict[tuple[int, ...], list[int]] = {}
    for site in sites:
        found.setdefault(_prices(prepared, ids[site], kind), []).append(site)
    return list(found.values())


def chosen_machines(prepared: Prepared, claims: MachineClaims, columns: list[Column]) -> NDArray[np.bool_]:
    """Return the columns that a plan chooses: at each site the first machines, in each class the first that move."""
    ids = prepared.sites.ids
    left: Counter[Any] = Counter()
    for site in claims.after:
        was, now = claims.before[site], claims.after[site]
        left["keep" if was else "open", site] = int(now > 0)
        left["hold", site] = max(0, min(was, now) - 1)
        left["gain", site] = claims.gained(site) - (not was and now > 0)
        left["bring", _prices(prepared, site, "bring")] += claims.brought(site)
        left["send", _prices(prepared, site, "send")] += claims.sent(site)
    chosen = np.zeros(len(columns), dtype=bool)
    for k, (kind, at) in enumerate(columns):
        key = kind, ids[at] if kind in _ONE else _prices(prepared, ids[at], kind)
        chosen[k] = left[key] > 0
        left[key] -= 1
    return chosen


def added(prepared: Prepared, columns: list[Column], line: str) -> list[int]:
    """Return the fen that each column adds to what a line is where every machine is taken away."""
    ids = prepared.sites.ids

    def of(kind: str, site: int) -> int:
        more, less = _PAYS[kind]
        return _amount(prepared, ids[site], line, more) - sum(_amount(prepared, ids[site], line, (i,)) for i in less)

    known = {column: of(*column) for column in set(columns)}
    return [known[column] for column in columns]


def machine_rows(prepared: Prepared, columns: list[Column], lines: Iterable[str]) -> Iterator[LinearRow]:
    """Yield the rows of the module, then the lines of the budget that have a cap, then limits on numbers."""
    yield from _meaning(prepared, columns)
    yield from _stations(prepared, columns)
    ids = prepared.sites.ids
    for line in lines:
        cap = getattr(prepared.study.budget, line)
        if cap is not None:
            terms = {k: amount for k, amount in enumerate(added(prepared, columns, line)) if amount}
            away = (_amount(prepared, ids[s], line, _PAYS[kind][1]) for kind, s in columns if kind in {"keep", "hold"})
            money = YEARLY_MONEY if line in (*YEARLY, "running") else MONEY
            yield _row(line, money, terms, cap, base=sum(away))
    today = sum(kind in {"keep", "hold"} for kind, _ in columns)
    for name, each in _COUNTS.items():
        most = getattr(prepared.study.policy, name)
        if most is not None:
            terms = {k: each[kind] for k, (kind, _) in enumerate(columns) if kind in each}
            yield _row(name, COUNT, terms, most, base=today if name in _FROM_ALL else 0)


def _meaning(prepared: Prepared, columns: list[Column]) -> Iterator[LinearRow]:
    table, ids = held(prepared.sites, "table"), prepared.sites.ids
    own: dict[int, list[int]] = {}
    for k, (kind, site) in enumerate(columns):
        if kind in _ONE:
            own.setdefault(site, []).append(k)
    for site in sorted(own, key=lambda each: str(ids[each])):
        first, *further = own[site]
        if table["status"].iloc[site] == "required" and columns[first][0] == "open":
            yield _row(f"site {ids[site]}", REQUIRED_SITE, {first: 1}, 1, equality=True)
        for before, after in zip([first, *further], further, strict=False):
            yield _row(f"site {ids[site]}", MACHINES, {before: -1, after: 1}, 0)
    for kind, name, others in (
        ("bring", "machines gained", ("open", "gain")),
        ("send", "machines lost", ("keep", "hold")),
    ):
        sign = -1 if kind == "bring" else 1
        for prices in dict.fromkeys(_prices(prepared, ids[site], kind) for each, site in columns if each == kind):
            alike = [_prices(prepared, ids[site], kind) == prices for _, site in columns]
            terms = {
                k: 1 if each == kind else sign
                for k, (each, _) in enumerate(columns)
                if alike[k] and each in (kind, *others)
            }
            away = sum(alike[k] and each in {"keep", "hold"} for k, (each, _) in enumerate(columns))
            yield _row(name, MACHINES, terms, away if kind == "send" else 0)
    tokens = {k: 1 if kind == "bring" else -1 for k, (kind, _) in enumerate(columns) if kind in {"bring", "send"}}
    if tokens:
        yield _row("tokens", TOKENS, tokens, 0, equality=True)


def _stations(prepared: Prepared, columns: list[Column]) -> Iterator[LinearRow]:
    policy, today = prepared.study.policy, sum(kind == "keep" for kind, _ in columns)
    for name, sign in (("max_opens", 1), ("max_closes", -1)):
        most = getattr(policy, name)
        if most is not None:
            terms = {k: sign for k, (kind, _) in enumerate(columns) if kind in {"keep", "open"}}
            yield _row(f"{name}.stations", COUNT, terms, most, base=-sign * today)


def _row(
    name: str, kind: RowKind, terms: Mapping[int, int], limit: int, *, base: int = 0, equality: bool = False
) -> LinearRow:
    return LinearRow(
        name=name,
        kind=kind,
        columns=np.array(list(terms), dtype=np.int64),
        coefficients=np.array(list(terms.values()), dtype=np.int64),
        limit=limit - base,
        base=base,
        equality=equality,
    )
