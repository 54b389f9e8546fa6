"""The rules of a plan, checked one by one against the inputs: actions, money, counts, floors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from placement.judge.facts import floors, line_of_action, lines, once, present_value
from placement.judge.fees import fee_faults, fee_lines
from placement.judge.machines import MachineClaims, counted, counts, growth, machine_faults, paid_at, paid_today
from placement.pipeline.prepare import Prepared
from placement.travel.between import distances_mm


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a plan record says happens, sorted by kind.

    Parameters
    ----------
    keep, close, open
        Site ids; where machines are counted one by one, stations that grow and shrink are kept.
    move
        (origin, destination) pairs.
    when
        Of plans in phases: the phase in which something happens, by site id; a move is named by its destination.
    machines
        What is said of machines, where they are counted one by one.
    guides
        Ids of the sites at which a guide is.
    spent_fen
        What is spent on publicity in each area, fen a year.
    """

    keep: tuple[str, ...]
    close: tuple[str, ...]
    open: tuple[str, ...]
    move: tuple[tuple[str, str], ...]
    machines: MachineClaims | None = None
    when: Mapping[str, str] = field(default_factory=dict)
    guides: tuple[str, ...] = ()
    spent_fen: tuple[int, ...] = ()

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Claims:
        """Return the claims of a ``plan.json`` record."""
        by_kind: dict[str, list[Any]] = {"keep": [], "close": [], "open": [], "move": []}
        for action in record["actions"]:
            pair = (action["from_site_id"] or "", action["site_id"])
            kind = "keep" if action["action"] in {"grow", "shrink"} else action["action"]
            by_kind[kind].append(pair if kind == "move" else action["site_id"])
        said = {kind: tuple(sorted(items)) for kind, items in by_kind.items()}
        when = {each["site_id"]: each["phase"] for each in record["actions"] if each.get("phase") is not None}
        outreach = record.get("outreach") or {"guides": (), "areas": ()}
        return cls(
            **said,
            machines=MachineClaims.of(record),
            when=when,
            guides=tuple(each["site_id"] for each in outreach["guides"]),
            spent_fen=tuple(_fen(each["spend"]) for each in outreach["areas"]),
        )

    @property
    def standing(self) -> tuple[str, ...]:
        """Ids of the sites at which a station stands after the plan."""
        return tuple(sorted([*self.keep, *self.open, *(destination for _, destination in self.move)]))


def action_faults(record: Mapping[str, Any], claims: Claims, prepared: Prepared) -> Iterator[str]:
    """Yield everything wrong with who stays, leaves and arrives."""
    table = prepared.sites.table
    known = set(table.index)
    named = [*claims.keep, *claims.close, *claims.open, *(site for pair in claims.move for site in pair)]
    named += [site for pair in claims.machines.moves for site in pair] if claims.machines else []
    for site in sorted(set(named) - known):
        yield f"actions: site {site!r} is not in the inputs"
    if not set(named) <= known:
        return
    yield from _coming_and_going(claims, table)
    standing = set(claims.standing)
    for site, status in table["status"].items():
        if status == "required" and site not in standing:
            yield f"actions: site {site} is required and has no station"
        if status == "excluded" and site in standing:
            yield f"actions: site {site} is excluded and has a station"
    if sorted(record["open"]) != sorted(standing):
        yield "open: differs from the actions"
    if counted(prepared):
        yield from machine_faults(record, prepared)
        return
    yield from _machine_faults(record, table)
    yield from _pairing_faults(claims, prepared)


def _coming_and_going(claims: Claims, table: Any) -> Iterator[str]:
    existing = set(table.index[table["existing"].to_numpy(dtype=bool)])
    leaving = [*claims.keep, *claims.close, *(origin for origin, _ in claims.move)]
    arriving = [*claims.open, *(destination for _, destination in claims.move)]
    for site in sorted(existing - set(leaving)):
        yield f"actions: station {site} stands today and has no action"
    for site in sorted({s for s in leaving if leaving.count(s) > 1} | {s for s in arriving if arriving.count(s) > 1}):
        yield f"actions: site {site} has two actions"
    for site in sorted(set(leaving) - existing):
        yield f"actions: no station stands at {site} today"
    for site in sorted(set(arriving) & existing):
        yield f"actions: a station stands at {site} already"


def _machine_faults(record: Mapping[str, Any], table: Any) -> Iterator[str]:
    if record.get("machines") is not None:
        yield "machines: the study does not count them one by one"
    for action in record["actions"]:
        site, kind = action["site_id"], action["action"]
        source = action["from_site_id"] if kind == "move" else site
        machines = int(table.loc[source, "machines"])
        expected = (machines if kind in {"keep", "close"} else 0, 0 if kind == "close" else machines)
        if kind in {"grow", "shrink"}:
            yield f"actions: {site} cannot {kind}: the study does not count machines one by one"
        elif (action["machines_before"], action["machines_after"]) != expected:
            yield f"actions: machines of {kind} {site} should be {expected[0]} -> {expected[1]}"
        if kind != "move" and action["from_site_id"] is not None:
            yield f"actions: {kind} {site} names a site of origin"


def _pairing_faults(claims: Claims, prepared: Prepared) -> Iterator[str]:
    table = prepared.sites.table
    if not all(site in table.index for pair in claims.move for site in pair):
        return
    for phase in sorted({claims.when.get(to, "") for _, to in claims.move}):
        pairs = [(origin, to) for origin, to in claims.move if claims.when.get(to, "") == phase]
        origins, destinations = [o for o, _ in pairs], [d for _, d in pairs]
        lengths = distances_mm(table.loc[origins], table.loc[destinations], prepared.streets)
        least = int(lengths[linear_sum_assignment(lengths)].sum())
        claimed = int(np.trace(lengths))
        if claimed != least:
            yield f"actions: moves add up to {claimed / 1e6:.3f} km, another pairing needs {least / 1e6:.3f} km"


def money_faults(record: Mapping[str, Any], claims: Claims, prepared: Prepared) -> Iterator[str]:
    """Yield every cost, budget amount and cap that differs by a fen, and every cap that is exceeded."""
    for action in record["actions"]:
        if claims.machines is None:
            cost = once(prepared, action["site_id"], action["action"])
        else:
            cost = paid_at(claims.machines, prepared, action["site_id"], "capital")
        if _fen(action["cost"]) != cost:
            yield f"actions: {action['action']} {action['site_id']} costs {cost / 100:.2f} yuan, not {action['cost']}"
    names = (*lines(prepared), *fee_lines(prepared))
    if [line["name"] for line in record["budget"]] != list(names):
        yield f"budget: lines should be {', '.join(names)}"
        return
    existing = prepared.sites.table["existing"]
    today = [("keep", site) for site in existing.index[existing.to_numpy(dtype=bool)]]
    done = [*_named("keep", claims.keep), *_named("close", claims.close), *_named("open", claims.open)]
    done += [*_named("move", [to for _, to in claims.move]), *_named("guide", claims.guides)]
    if not set(claims.guides) <= set(existing.index):
        yield "budget: guides are at sites that there are not"
        return
    more = {"publicity": sum(claims.spent_fen), "running": sum(claims.spent_fen)}
    more["total"] = sum(present_value(prepared, fen) for fen in claims.spent_fen)
    running = 0, 0
    for line in record["budget"][: len(lines(prepared))]:
        name = line["name"]
        amounts = _spent(prepared, name, done) + more.get(name, 0), _spent(prepared, name, today)
        if claims.machines is not None:
            spent = sum(paid_at(claims.machines, prepared, site, name) for site in claims.machines.after)
            amounts = spent, paid_today(prepared, name)
        running = amounts if name == "running" else running
        yield from _line_faults(line, *amounts, prepared)
    yield from fee_faults(record, prepared, running)


def _line_faults(line: Mapping[str, Any], amount: int, today: int, prepared: Prepared) -> Iterator[str]:
    name, cap = line["name"], getattr(prepared.study.budget, line["name"])
    if _fen(line["amount"]) != amount:
        yield f"budget: {name} adds up to {amount / 100:.2f} yuan, not {line['amount']}"
    if _fen(line["today"]) != today:
        yield f"budget: {name} of today's stations adds up to {today / 100:.2f} yuan, not {line['today']}"
    if (None if line["cap"] is None else _fen(line["cap"])) != cap:
        yield f"budget: the cap of {name} differs from the study's"
    if cap is not None and amount > cap:
        yield f"budget: {name} of {amount / 100:.2f} yuan exceeds its cap of {cap / 100:.2f}"


def _named(action: str, sites: Iterable[str]) -> list[tuple[str, str]]:
    return [(action, site) for site in sites]


def _spent(prepared: Prepared, line: str, done: list[tuple[str, str]]) -> int:
    return sum(line_of_action(prepared, line, action, site) for action, site in done)


def count_faults(claims: Claims, prepared: Prepared) -> Iterator[str]:
    """Yield every count limit that is exceeded."""
    for name, (count, most) in limited_counts(claims, prepared).items():
        if count > most:
            yield f"policy: {count} {name.removeprefix('max_')}, at most {most} are allowed"


def limited_counts(claims: Claims, prepared: Prepared) -> dict[str, tuple[int, int]]:
    """Return (what a plan makes of it, most) of each limit on numbers that the study sets, by its name."""
    policy = prepared.study.policy
    found = {
        "max_stations": len(claims.standing),
        "max_moves": len(claims.move),
        "max_opens": len(claims.open),
        "max_closes": len(claims.close),
        "max_changes": len(claims.move) + len(claims.open) + len(claims.close),
    }
    if claims.machines is not None:
        found = {**counts(claims.machines, len(claims.standing)), **growth(claims.machines)}
    most = {name: getattr(policy, name.partition(".")[0]) for name in found}
    return {name: (count, most[name]) for name, count in found.items() if most[name] is not None}


def floor_faults(prepared: Prepared, weights: NDArray[np.int64], worth: NDArray[np.int64]) -> Iterator[str]:
    """Yield every floor that is missed, in the program's whole thousandths of a visit a month.

    `weights` and `worth` are (points, segments): in full, and what is covered of them.
    """
    for name, mask, share in floors(prepared, weights.shape):
        total, covered = int(weights[mask].sum()), int(worth[mask].sum())
        if covered < share * total:
            yield f"policy: {name} asks {float(share):.2%}, covered is {covered / max(total, 1):.2%}"


def _fen(yuan: float) -> int:
    return round(yuan * 100)
