"""All action sets of a tiny town, tried one by one, by code that knows nothing of programs and solvers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np

from placement.economics import Policy
from placement.values import Sites
from placement.values.limits import BUDGET_LINES
from tests.towns import Town

STATION = ("keep", "close", "give")
VACANT = ("none", "open", "move")
"""What may happen at a site with and without a station."""

Actions = tuple[str, ...]


def best_actions(
    town: Town,
    *,
    station: Actions = STATION,
    vacant: Actions = VACANT,
    allows: Callable[[Town, Actions], bool] = lambda town, actions: True,
) -> tuple[int, Actions] | None:
    """Return the most weight (thousandths) that any allowed action set covers, and the first of the sets that do.

    Fewest actions come first, then least money, then the shortest moves, then the lowest sites kept, given up, opened,
    moved to: of two sets the one that has the first site in which they differ. None where no set is allowed.
    `station`, `vacant`: what may happen at a site. `allows`: a rule besides those of every policy.
    """
    choices = [station if existing else vacant for existing in town.sites.table["existing"]]
    covered = covered_sets(town)
    tried = (actions for actions in itertools.product(*choices) if allows(town, actions))
    allowed = ((_value(town, actions, covered), actions) for actions in tried)
    return min(
        ((value, actions) for value, actions in allowed if value is not None),
        key=lambda pair: (-pair[0], _rank(town, pair[1])),
        default=None,
    )


def taken(plan, ids) -> Actions:
    """Return the action of a plan at each site, as they are named here."""
    at = dict(zip(plan.actions["site_id"], plan.actions["action"], strict=True))
    given = set(plan.actions["from_site_id"])
    return tuple("give" if name in given else at.get(name, "none") for name in ids)


def way_to(town: Town, standing: set[int]) -> tuple[Actions, int | None]:
    """Return the first action set after which just `standing` have a station, and what it covers (thousandths).

    One that keeps all limits comes before all others; None where none does.
    """
    free = unlimited(town)
    choices = [STATION if existing else VACANT for existing in town.sites.table["existing"]]
    covered = covered_sets(town)
    after = {"keep", "open", "move"}
    ways = [
        actions
        for actions in itertools.product(*choices)
        if {i for i, action in enumerate(actions) if action in after} == standing
        and _value(free, actions, covered) is not None
    ]
    allowed = [actions for actions in ways if _value(town, actions, covered) is not None]
    first = min(allowed or ways, key=lambda actions: _rank(town, actions))
    return first, _value(town, first, covered)


def unlimited(town: Town) -> Town:
    """Return the town without any limit on what stands where."""
    table = town.sites.table
    status = ["existing" if each else "candidate" for each in table["existing"]]
    return replace(town, policy=Policy(), sites=Sites(table=table.assign(status=status, exclusive="", action_fixed="")))


def value_of(town: Town, actions: Actions) -> int | None:
    """Return the weight (thousandths) that an action set covers; None where it breaks a limit."""
    return _value(town, actions, covered_sets(town))


def _rank(town: Town, actions: tuple[str, ...]) -> tuple[int, int, int, list[bool]]:
    done = sum(action in {"close", "open", "move"} for action in actions)
    by_id = [action for _, action in sorted(zip(town.sites.ids, actions, strict=True))]
    unused = [action != kind for kind in ("keep", "give", "open", "move") for action in by_id]
    return done, _capital(town, actions), _length_mm(town, actions), unused


def _length_mm(town: Town, actions: tuple[str, ...]) -> int:
    """Return the least total of straight lines from those who give to those who receive, trying all pairings."""
    xy = town.sites.table.get_coordinates().to_numpy()
    giving, receiving = ([i for i, action in enumerate(actions) if action == kind] for kind in ("give", "move"))
    if len(giving) != len(receiving):
        return 0
    apart = {(i, j): round(1000 * math.dist(xy[i], xy[j])) for i in giving for j in receiving}
    orders = itertools.permutations(receiving)
    return min(sum(apart[pair] for pair in zip(giving, order, strict=True)) for order in orders)


def _capital(town: Town, actions: tuple[str, ...]) -> int:
    return spent(town, actions)["capital"]


PAID = {
    "keep": ("rent", "network", "maintenance", "staff"),
    "open": ("purchase", "install", "rent", "network", "maintenance", "staff"),
    "move": ("install", "move", "rent", "network", "maintenance", "staff"),
    "close": ("remove", "close"),
}
"""What is paid for at the site where an action happens."""


def spent(town: Town, actions: Actions) -> dict[str, int]:
    """Return the fen of each item, and of the budget's sums."""
    paid: dict[str, int] = {}
    today, years, rate = 0, town.policy.horizon_years or 0, town.policy.discount_rate
    for i, action in enumerate(actions):
        for item in PAID.get(action, ()):
            paid[item] = paid.get(item, 0) + int(getattr(town.costs, item)[i])
        if action in {"keep", "open", "move"}:
            yearly = sum(int(getattr(town.costs, item)[i]) for item in PAID["keep"])
            worth = sum(yearly / (1 + rate) ** year for year in range(1, years + 1))
            today += math.floor(worth + Fraction(1, 2))
    once = sum(paid.get(item, 0) for item in ("purchase", "install", "move", "remove", "close"))
    running = sum(paid.get(item, 0) for item in PAID["keep"])
    return {**paid, "capital": once, "running": running, "total": once + today}


def steps_of(town: Town) -> list[tuple[float, Fraction]]:
    """Return (seconds, share that counts) of each step, the nearest first; one threshold of 900 s has no steps."""
    return [(step.threshold_s or 0, step.share) for step in town.coverage.steps] or [(900, Fraction(1))]


def covered_sets(town: Town) -> dict[tuple[int, int], dict[int, int]]:
    """Return (point, segment) -> sites in reach, each with its step: metres against seconds at the segment's speed."""
    pairs = town.times.matrix.tocoo()
    hours = town.sites.table[["opens_min", "closes_min"]].to_numpy().tolist()
    reach: dict[tuple[int, int], dict[int, int]] = {}
    for row, column, length_mm in zip(*(part.tolist() for part in (*pairs.coords, pairs.data)), strict=True):
        if hours[column] != [0, 1440]:
            continue
        for number, segment in enumerate(town.demand.segments):
            for step, (seconds, _) in enumerate(steps_of(town)):
                if length_mm <= Fraction(seconds) * Fraction(str(segment.speed_m_s)) * 1000:
                    reach.setdefault((row, number), {}).setdefault(column, step)
    return reach


def _value(town: Town, actions: tuple[str, ...], reach: dict[tuple[int, int], dict[int, int]]) -> int | None:
    policy = town.policy
    if actions.count("give") != actions.count("move"):
        return None
    standing = {i for i, action in enumerate(actions) if action in {"keep", "open", "move"}}
    for i, status in enumerate(town.sites.table["status"]):
        if (status == "required" and i not in standing) or (status == "excluded" and i in standing):
            return None
    money = spent(town, actions)
    limits = (
        *((money.get(line, 0), policy.cap_fen(line)) for line in BUDGET_LINES),
        (len(standing), policy.max_stations),
        (actions.count("move"), policy.max_moves),
        (actions.count("open"), policy.max_opens),
        (actions.count("close"), policy.max_closes),
        (sum(actions.count(action) for action in ("move", "open", "close")), policy.max_changes),
    )
    if any(most is not None and amount > most for amount, most in limits):
        return None
    weights = np.rint(town.demand.need * 1000).astype(int)
    if not keeps_site_limits(town, actions, standing, weights, reach):
        return None
    covered = covered_weights(town, standing, reach)
    return int(covered.sum()) if keeps_floors(town, covered) else None


def covered_weights(town: Town, standing: set[int], reach: dict[tuple[int, int], dict[int, int]]) -> np.ndarray:
    """Return (points, segments) what is covered of each weight, thousandths: the nearest step's share, halves up."""
    weights, steps = np.rint(town.demand.need * 1000).astype(int), steps_of(town)
    covered = np.zeros_like(weights)
    for (point, segment), near in reach.items():
        nearest = min((step for site, step in near.items() if site in standing), default=None)
        if nearest is not None:
            exact = int(weights[point, segment]) * steps[nearest][1]
            covered[point, segment] = math.floor(exact + Fraction(1, 2))
    return covered


def keeps_floors(town: Town, covered: np.ndarray) -> bool:
    """Return whether what is covered, as :func:`covered_weights` has it, is as much as all floors ask."""
    policy, weights = town.policy, np.rint(town.demand.need * 1000).astype(int)
    for name, share in policy.district_floors.items():
        rows = (town.demand.points["parent"] == name).to_numpy()
        if covered[rows].sum() < share * int(weights[rows].sum()):
            return False
    for name, share in policy.age_floors.items():
        column = [s.age_group for s in town.demand.segments].index(name)
        if covered[:, column].sum() < share * int(weights[:, column].sum()):
            return False
    return True


def keeps_site_limits(
    town: Town, actions: Actions, standing: set[int], weights: np.ndarray, reach: dict[tuple[int, int], dict[int, int]]
) -> bool:
    """Return whether hosts, chains, exclusive sites, fixed actions, spacing and reach of new stations are kept."""
    table, policy = town.sites.table, town.policy
    columns = {name: table[name].tolist() for name in ("host", "chain", "exclusive", "action_fixed", "existing")}
    for limits, column in ((policy.max_by_host, "host"), (policy.max_by_chain, "chain")):
        if any(sum(columns[column][i] == name for i in standing) > most for name, most in limits.items()):
            return False
    texts = [columns["exclusive"][i] for i in standing if columns["exclusive"][i]]
    if len(texts) > len(set(texts)):
        return False
    if any(fixed and fixed != action for fixed, action in zip(columns["action_fixed"], actions, strict=True)):
        return False
    new = {i for i in standing if not columns["existing"][i]}
    if policy.spacing_m is not None:
        xy = table.get_coordinates().to_numpy()
        for i, j in itertools.combinations(sorted(standing), 2):
            if {i, j} & new and round(1000 * math.dist(xy[i], xy[j])) < policy.spacing_m * 1000:
                return False
    if policy.min_reach_new is None:
        return True
    steps = steps_of(town)
    within = dict.fromkeys(new, 0)
    for i in new:
        for row, near in reach.items():
            if i in near:
                within[i] += math.floor(int(weights[row]) * steps[near[i]][1] + Fraction(1, 2))
    return all(weight >= policy.min_reach_new * 1000 for weight in within.values())
