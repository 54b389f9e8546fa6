"""All plans in phases of a tiny town, tried one by one, by code that knows nothing of programs and solvers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import numpy as np
import pandas as pd

from placement.values import Phase
from placement.values.limits import A_YEAR, BUDGET_LINES, COUNTED
from tests.plan.brute_force import Actions, covered_sets, keeps_site_limits, spent
from tests.towns import Town, random_town

Fate = tuple[str, int]
"""What happens at a site, and in which phase, from 0."""
_ONCE = tuple(line for line in BUDGET_LINES if line not in A_YEAR and line != "total")


def fates(existing: bool, phases: int) -> list[Fate]:
    """Return everything that may become of a site."""
    kinds = ("give", "close") if existing else ("open", "move")
    return [("keep" if existing else "none", phases), *((kind, t) for kind in kinds for t in range(phases))]


def year_of(fate: Fate, phase: int) -> str:
    """Return what happens at a site in one phase: its action, ``keep`` where a station stands, or ``none``."""
    kind, when = fate
    if when == phase:
        return kind
    stands = (
        kind == "keep" or (kind in {"give", "close"} and phase < when) or (kind in {"open", "move"} and phase > when)
    )
    return "keep" if stands else "none"


@dataclass(frozen=True)
class Year:
    """What some actions come to in one phase, whatever happens in others."""

    worth: int
    capital: int
    sums: dict[str, int]


def best_plan(town: Town) -> tuple[int, tuple[Fate, ...]] | None:
    """Return the most that any allowed plan is worth (thousandths, discounted), and one that is; None: none is."""
    phases = len(town.policy.phases)
    choices = [fates(bool(each), phases) for each in town.sites.table["existing"]]
    year = cache(lambda number, actions: _year(town, number, actions, covered, weights[number]))
    covered, weights = covered_sets(town), [discounted(town, number) for number in range(phases)]
    tried = ((worth(town, each, year), each) for each in itertools.product(*choices) if _as_fixed(town, each))
    return max(((value, each) for value, each in tried if value is not None), key=lambda pair: pair[0], default=None)


def worth(town: Town, plan: tuple[Fate, ...], year: Callable[[int, Actions], Year | None]) -> int | None:
    """Return what a plan is worth; None where it breaks a limit."""
    policy, total, sums, left = town.policy, 0, dict.fromkeys((*_ONCE, *COUNTED), 0), 0
    for number, phase in enumerate(policy.phases):
        found = year(number, tuple(year_of(fate, number) for fate in plan))
        if found is None:
            return None
        cap = None if phase.capital_fen is None else phase.capital_fen + left
        if cap is not None and found.capital > cap:
            return None
        left = cap - found.capital if phase.carry_over and cap is not None else 0
        total += found.worth
        sums = {name: amount + found.sums.get(name, 0) for name, amount in sums.items()}
    over = [(sums[line], policy.cap_fen(line)) for line in _ONCE]
    over += [(sums[name], getattr(policy, name)) for name in COUNTED if name != "max_stations"]
    return None if any(most is not None and amount > most for amount, most in over) else total


def _year(town: Town, number: int, actions: Actions, covered, weights: np.ndarray) -> Year | None:
    """Return what a phase comes to; None where it breaks a limit of its own, or one that holds after each."""
    policy, phase = town.policy, town.policy.phases[number]
    if actions.count("give") != actions.count("move"):
        return None
    money = spent(town, actions)
    counts = {name: sum(actions.count(each) for each in kinds) for name, kinds in COUNTED.items()}
    asked = [(money.get(line, 0), phase.cap_fen(line)) for line in BUDGET_LINES if line != "capital"]
    asked += [(money.get(line, 0), policy.cap_fen(line)) for line in A_YEAR]
    asked += [(count, getattr(phase, name)) for name, count in counts.items()]
    asked += [(counts["max_stations"], policy.max_stations)]
    if any(most is not None and amount > most for amount, most in asked):
        return None
    if not _stands_well(town, actions, number + 1 == len(policy.phases), weights, covered):
        return None
    value = int(_covered(actions, weights, covered).sum())
    return Year(worth=value, capital=money["capital"], sums={**money, **counts})


def _as_fixed(town: Town, plan: tuple[Fate, ...]) -> bool:
    fixed = zip(town.sites.table["action_fixed"], plan, strict=True)
    return all(not action or action == kind for action, (kind, _) in fixed)


def discounted(town: Town, number: int) -> np.ndarray:
    """Return (points, segments) thousandths that a visit counts in a phase."""
    factor = 1 / (1 + Fraction(town.policy.discount_rate)) ** number
    whole = np.rint(town.demand.need * 1000).astype(int)
    return np.asarray(np.vectorize(lambda weight: math.floor(int(weight) * factor + Fraction(1, 2)))(whole))


def _covered(actions, weights: np.ndarray, covered) -> np.ndarray:
    standing = {i for i, action in enumerate(actions) if action in {"keep", "open", "move"}}
    hit = np.zeros_like(weights)
    for (point, segment), near in covered.items():
        hit[point, segment] = bool(standing & near.keys())
    return np.asarray(hit * weights)


def _stands_well(town: Town, actions: Actions, last: bool, weights: np.ndarray, covered) -> bool:
    policy, table = town.policy, town.sites.table
    standing = {i for i, action in enumerate(actions) if action in {"keep", "open", "move"}}
    for i, (status, existing) in enumerate(zip(table["status"], table["existing"], strict=True)):
        if status == "excluded" and i in standing:
            return False
        if status == "required" and i not in standing and (existing or last):
            return False
    if last:
        won = _covered(actions, weights, covered)
        parts = [
            ((town.demand.points["parent"] == name).to_numpy(), share) for name, share in policy.district_floors.items()
        ]
        if any(won[rows].sum() < share * int(weights[rows].sum()) for rows, share in parts):
            return False
        ages = [segment.age_group for segment in town.demand.segments]
        for name, share in policy.age_floors.items():
            column = ages.index(name)
            if won[:, column].sum() < share * int(weights[:, column].sum()):
                return False
    free = replace(town, sites=type(town.sites)(table=table.assign(action_fixed="")))
    plain = np.rint(town.demand.need * 1000).astype(int)
    return keeps_site_limits(free, actions, standing, plain, covered)


def random_phased_town(rng: np.random.Generator) -> Town:
    """Return a town of up to five sites, with two or three phases and limits of all kinds now and then."""
    while True:
        town = random_town(rng, points=6)
        stations, vacant = int(town.sites.standing.sum()), int((~town.sites.standing).sum())
        known = set(town.policy.district_floors) <= set(town.demand.points["parent"])
        if known and stations <= 2 and vacant <= 2 + (stations == 0):
            break
    count, maybe = int(rng.integers(2, 4)), lambda value: value if rng.random() < 0.3 else None
    amount = lambda: int(rng.integers(0, 250)) * int(rng.choice([1, 30]))  # noqa: E731
    capital = [maybe(amount()) for _ in range(count)]
    phases = tuple(
        Phase(
            name=f"year {number}",
            capital_fen=capital[number],
            carry_over=bool(number + 1 < count and None not in capital[number : number + 2] and rng.random() < 0.6),
            move_fen=maybe(amount()),
            running_fen=maybe(amount()),
            max_stations=maybe(int(rng.integers(1, 5))),
            max_moves=maybe(int(rng.integers(0, 2))),
            max_opens=maybe(int(rng.integers(0, 2))),
            max_changes=maybe(int(rng.integers(0, 3))),
        )
        for number in range(count)
    )
    rate = Fraction(int(rng.choice([0, 3, 25])), 100)
    spacing = Fraction(int(rng.integers(0, 900))) if rng.random() < 0.2 else None
    hosts = {"default": int(rng.integers(1, 4))} if rng.random() < 0.2 else {}
    policy = town.policy.but(phases=phases, discount_rate=rate, spacing_m=spacing, max_by_host=hosts)
    policy = policy.but(min_reach_new=int(rng.integers(0, 60))) if rng.random() < 0.15 else policy
    return replace(town, policy=policy, sites=_marked(town, rng))


def _marked(town: Town, rng: np.random.Generator):
    table: pd.DataFrame = town.sites.table
    if rng.random() < 0.2:
        table["exclusive"] = [str(rng.choice(["", "square"])) for _ in range(len(table))]
    if rng.random() < 0.2:
        site = int(rng.integers(len(table)))
        fixed = str(rng.choice(["keep", "close"])) if table["existing"].iloc[site] else "open"
        allowed = table["status"].iloc[site] in {"existing", "candidate"}
        table.iloc[site, table.columns.get_loc("action_fixed")] = fixed if allowed else ""
    return type(town.sites)(table=table)
