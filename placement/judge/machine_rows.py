"""The program of machines counted one by one, a second time: its columns and rows.

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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.judge.facts import YEARLY
from placement.judge.machines import MachineClaims, amount_at, prices_at, room_at
from placement.pipeline.prepare import Prepared
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


def machine_columns(prepared: Prepared) -> list[Column]:
    """Return (kind, position of the site) of every column."""
    table = held(prepared.sites, "table")
    ids, room = list(table.index), room_at(prepared)
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
    room, seen = room_at(prepared), Counter[int]()
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
        found.setdefault(prices_at(prepared, ids[site], kind), []).append(site)
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
        left["bring", prices_at(prepared, site, "bring")] += claims.brought(site)
        left["send", prices_at(prepared, site, "send")] += claims.sent(site)
    chosen = np.zeros(len(columns), dtype=bool)
    for k, (kind, at) in enumerate(columns):
        key = kind, ids[at] if kind in _ONE else prices_at(prepared, ids[at], kind)
        chosen[k] = left[key] > 0
        left[key] -= 1
    return chosen


def added(prepared: Prepared, columns: list[Column], line: str) -> list[int]:
    """Return the fen that each column adds to what a line is where every machine is taken away."""
    ids = prepared.sites.ids

    def of(kind: str, site: int) -> int:
        more, less = _PAYS[kind]
        return amount_at(prepared, ids[site], line, more) - sum(
            amount_at(prepared, ids[site], line, (i,)) for i in less
        )

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
            away = (
                amount_at(prepared, ids[s], line, _PAYS[kind][1]) for kind, s in columns if kind in {"keep", "hold"}
            )
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
        for alike_at in dict.fromkeys(prices_at(prepared, ids[site], kind) for each, site in columns if each == kind):
            alike = [prices_at(prepared, ids[site], kind) == alike_at for _, site in columns]
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
