"""Machines counted one by one: by hand, against trying everything, and before the judge."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from placement.case import Case
from placement.coverage import Standard, cover
from placement.economics import StationCosts
from placement.errors import InfeasibleError, InputError
from placement.judge import check_certificate
from placement.judge.limits_used import limit_use_faults
from placement.judge.program import chosen_columns, rebuild
from placement.judge.recount import reach
from placement.judge.rules import Claims, action_faults, count_faults, money_faults
from placement.judge.site_limits import site_limit_faults
from placement.models import maximal_coverage
from placement.plan import optimise
from placement.report.plan_machines import machines_to_dict
from placement.solve import maximise_coverage
from placement.values import Certificate, Plan, Policy, Sites
from placement.values.limits import BUDGET_LINES, BY_KIND
from tests.effort import cases
from tests.models.test_contract import judged, meanings, record_of, vars_of
from tests.plan.brute_force import covered_sets, covered_weights, keeps_floors, keeps_site_limits
from tests.strategies import Draw, towns
from tests.towns import Town, make_demand, make_sites, make_times

ONCE = ("purchase", "install", "move", "remove", "close")
YEARLY = ("rent", "network", "maintenance", "staff")
COSTS = (*ONCE, *YEARLY, "guide")
OUTAGES = (None, Fraction(1, 20), Fraction(3, 10), Fraction(1, 2))


@st.composite
def machine_towns(draw: Draw) -> Town:
    """Draw a town of at most two stations and three sites to open, each with room for up to three machines."""
    town: Town = draw(towns())
    table = town.sites.table
    few = np.concatenate([np.flatnonzero(table["existing"])[:2], np.flatnonzero(~table["existing"])[:2]])
    machines = draw(st.lists(st.integers(1, 3), min_size=few.size, max_size=few.size))
    room = [draw(st.integers(count, 3)) for count in machines]
    kept = table.iloc[few].assign(machines=machines, max_machines=room)
    metres = np.full((len(town.demand.ids), few.size), np.nan)
    dense = town.times.matrix.tocsc()
    for column, site in enumerate(few):
        part = dense[:, [site]].tocoo()
        metres[part.coords[0], column] = part.data / 1000
    sites = Sites(table=kept)
    times = make_times(metres, town.demand, sites)
    standard = Standard(steps=town.coverage.steps) if town.coverage.steps else Standard(threshold_s=900)
    alike = draw(st.booleans())
    outages = {} if town.coverage.steps else {"outage_probability": draw(st.sampled_from(OUTAGES))}
    outages |= {"backup_share": draw(st.sampled_from([None, Fraction(1, 3)]))} if outages else {}
    amounts = {
        item: np.full(few.size, int(getattr(town.costs, item)[few[0]])) if alike else getattr(town.costs, item)[few]
        for item in COSTS
    }
    try:
        coverage = cover(town.demand, sites, times, standard)
    except InputError:  # nobody reaches any of the sites that are left
        assume(False)
    there = {
        key: {name: most for name, most in getattr(town.policy, key).items() if name in set(kept[column])}
        for key, column in BY_KIND.items()
    }
    policy = town.policy.but(max_machines=draw(st.integers(1, 3)), **there, **outages)
    costs = replace(town.costs, **amounts)
    return replace(town, sites=sites, times=times, coverage=coverage, costs=costs, policy=policy)


def spent(town: Town, after: tuple[int, ...], brought: tuple[int, ...], sent: tuple[int, ...]) -> dict[str, int]:
    """Return the fen of each item and of the sums, from how many machines stand, come by a move, and leave by one."""
    paid = dict.fromkeys((*ONCE, *YEARLY), 0)
    worth, years, rate = 0, town.policy.horizon_years or 0, town.policy.discount_rate

    def today(yearly: int) -> int:
        return math.floor(sum(yearly / (1 + rate) ** year for year in range(1, years + 1)) + Fraction(1, 2))

    for j, (was, now) in enumerate(zip(machines_of(town), after, strict=True)):
        one = {item: int(getattr(town.costs, item)[j]) for item in paid}
        count = {
            "purchase": max(0, now - was) - brought[j], "move": brought[j], "remove": max(0, was - now) - sent[j],
            "install": int(now > 0 == was), "close": int(was > 0 == now), "maintenance": now,
            **dict.fromkeys(("rent", "network", "staff"), int(now > 0)),
        }  # fmt: skip
        for item, times in count.items():
            paid[item] += times * one[item]
        if now:
            worth += today(sum(one[item] for item in YEARLY)) + (now - 1) * today(one["maintenance"])
    capital, running = (sum(paid[item] for item in items) for items in (ONCE, YEARLY))
    return {**paid, "guides": 0, "publicity": 0, "capital": capital, "running": running, "total": capital + worth}


def machines_of(town: Town) -> list[int]:
    """Return how many machines stand at each site today."""
    table = town.sites.table
    return [int(count) if stands else 0 for count, stands in zip(table["machines"], table["existing"], strict=True)]


def moves_of(today: list[int], after: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield every way in which machines gained may come by moves and as many of those lost leave by them."""
    gains = [range(max(0, now - was) + 1) for was, now in zip(today, after, strict=True)]
    losses = [range(max(0, was - now) + 1) for was, now in zip(today, after, strict=True)]
    by_sum: dict[int, list[tuple[int, ...]]] = {}
    for sent in itertools.product(*losses):
        by_sum.setdefault(sum(sent), []).append(sent)
    for brought in itertools.product(*gains):
        for sent in by_sum.get(sum(brought), ()):
            yield brought, sent


def keeps_limits(town: Town, after: tuple[int, ...], brought: tuple[int, ...], sent: tuple[int, ...]) -> bool:
    policy, today = town.policy, machines_of(town)
    bought = sum(max(0, now - was) for was, now in zip(today, after, strict=True)) - sum(brought)
    removed = sum(max(0, was - now) for was, now in zip(today, after, strict=True)) - sum(sent)
    stations, before = sum(now > 0 for now in after), sum(was > 0 for was in today)
    money = spent(town, after, brought, sent)
    limits = (
        *((money[line], policy.cap_fen(line)) for line in BUDGET_LINES),
        (stations, policy.max_stations), (sum(brought), policy.max_moves),
        (bought, policy.max_opens), (stations - before, policy.max_opens),
        (removed, policy.max_closes), (before - stations, policy.max_closes),
        (sum(brought) + bought + removed, policy.max_changes),
    )  # fmt: skip
    return all(most is None or amount <= most for amount, most in limits)


def worth_of(town: Town, after: tuple[int, ...], within: dict[tuple[int, int], dict[int, int]]) -> int | None:
    """Return what some machines are worth, thousandths; None where a limit on sites or a floor is broken."""
    table, today = town.sites.table, machines_of(town)
    standing = {j for j, now in enumerate(after) if now}
    for j, status in enumerate(table["status"]):
        if (status == "required" and j not in standing) or (status == "excluded" and j in standing):
            return None
    actions = tuple(
        ("keep" if now else "close") if was else "open" if now else "none"
        for was, now in zip(today, after, strict=True)
    )
    weights = np.rint(town.demand.need * 1000).astype(int)
    if not keeps_site_limits(town, actions, standing, weights, within):
        return None
    covered = covered_weights(town, standing, within)
    return expected(town, after, within, int(covered.sum())) if keeps_floors(town, covered) else None


def expected(town: Town, after: tuple[int, ...], within: dict[tuple[int, int], dict[int, int]], covered: int) -> int:
    """Return what coverage counts of whole thousandths with machines that may fail, by every set of those that work.

    What a number of machines counts is rounded down to 2**-20, one machine after the other. Without outages a backup is
    another station.
    """
    lost, share = town.policy.outage_probability or Fraction(0), town.policy.backup_share or Fraction(0)
    if not lost and not share:
        return covered

    def worth(number: int) -> Fraction:
        chances = [math.comb(number, k) * (1 - lost) ** k * lost ** (number - k) for k in range(number + 1)]
        return (1 - share) * sum(chances[1:], Fraction(0)) + share * sum(chances[2:], Fraction(0))

    parts = [math.floor((worth(k + 1) - worth(k)) * 2**20) for k in range(sum(after) + 1)]
    total = 0
    for place, near in within.items():
        number = sum(after[j] if lost else after[j] > 0 for j in near)
        total += round(town.demand.need[place] * 1000) * sum(parts[:number])
    return total // 2**20


def best_machines(town: Town) -> tuple[int, tuple[int, int, int]] | None:
    """Return what the best machines are worth, and their least (changes, machines beyond the first, capital)."""
    today, within = machines_of(town), covered_sets(town)
    room = [min(int(most), town.policy.max_machines or 0) for most in town.sites.table["max_machines"]]
    best: tuple[int, tuple[int, int, int]] | None = None
    for after in itertools.product(*(range(most + 1) for most in room)):
        value = worth_of(town, after, within)
        if value is None or (best is not None and value < best[0]):
            continue
        for brought, sent in moves_of(today, after):
            if not keeps_limits(town, after, brought, sent):
                continue
            changes = sum(abs(now - was) for was, now in zip(today, after, strict=True)) - sum(brought)
            rank = changes, sum(max(0, now - 1) for now in after), spent(town, after, brought, sent)["capital"]
            if best is None or value > best[0] or rank < best[1]:
                best = value, rank
    return best


def rank_of(plan: Plan) -> tuple[int, int, int]:
    assert plan.machines is not None
    money = {line.name: line.amount_fen for line in plan.budget_lines}
    changes = plan.machines.moved + plan.machines.bought + plan.machines.removed
    return changes, plan.machines.after - len(plan.open), money["capital"]


def told(plan: Plan) -> dict[str, Any]:
    assert plan.machines is not None
    limits = [vars_of(each) for each in plan.limits]
    return {**record_of(plan), "machines": machines_to_dict(plan.machines), "limits": limits}


def faults(record: dict[str, Any], town: Town) -> list[str]:
    """Return everything that the judge finds wrong with actions, money, counts and limits."""
    prepared, claims = judged(town), Claims.of(record)
    found = [*action_faults(record, claims, prepared)]
    if found:
        return found
    near, weights = reach(prepared), np.rint(town.demand.weight * 1000).astype(np.int64)
    return [
        *money_faults(record, claims, prepared), *count_faults(claims, prepared),
        *limit_use_faults(record, claims, prepared, near, weights),
        *site_limit_faults(claims, prepared, near, weights),
    ]  # fmt: skip


@settings(max_examples=cases(200), deadline=None, derandomize=True)
@given(machine_towns())
def test_the_plan_is_the_one_that_trying_everything_finds(town):
    expected = best_machines(town)
    if expected is None:
        with pytest.raises(InfeasibleError):
            optimise(Case(**town.stages()))
        return
    plan = optimise(Case(**town.stages()))
    assert (plan.status, plan.proof, plan.tie_broken) == ("optimal", "certificate", False)
    assert (round(plan.objective * 1000), round(plan.bound * 1000)) == (expected[0], expected[0])
    exact = not (town.policy.outage_probability or town.policy.backup_share)  # else among the same machines alone
    assert rank_of(plan) == expected[1] if exact else rank_of(plan) >= expected[1]
    assert faults(told(plan), town) == []
    model, prepared = maximal_coverage(Case(**town.stages())), judged(town)
    program = rebuild(prepared, reach(prepared), np.rint(town.demand.weight * 1000).astype(np.int64))
    assert program.fingerprint() == model.program.fingerprint()
    assert meanings(program) == meanings(model.program)
    chosen = chosen_columns(prepared, Claims.of(told(plan)))
    assert isinstance(plan.certificate, Certificate)
    assert check_certificate(program, chosen, plan.certificate) == expected[0]
    assert maximise_coverage(model.program, backend="highs").objective == expected[0]


def line_town(**limits: Any) -> Town:
    """Return two stations and two sites on a line, 500 m apart, and people beside each who reach that site alone.

    10, 30, 50 and 40 visits a month; S0 has three machines, S1 one, and there is room for three everywhere.
    """
    demand = make_demand(np.array([[10.0], [30.0], [50.0], [40.0]]), ["all"] * 4)
    sites = make_sites(2, 2, xy=np.array([[0.0, 0], [500, 0], [1000, 0], [1500, 0]]), machines=[3, 1, 1, 1])
    sites = Sites(table=sites.table.assign(max_machines=3))
    times = make_times(np.where(np.eye(4, dtype=bool), 100.0, np.nan), demand, sites)

    def fen(yuan: int) -> np.ndarray:
        return np.full(4, 100 * yuan)

    costs = StationCosts(
        purchase=fen(60), install=fen(20), move=fen(9), remove=fen(2), close=fen(3), rent=fen(5), network=fen(1),
        maintenance=fen(4), staff=fen(7), site_ids=sites.ids,
    )  # fmt: skip
    coverage = cover(demand, sites, times, Standard(threshold_s=900))
    policy = Policy.from_yuan(max_machines=3, **limits)
    return Town(demand=demand, sites=sites, times=times, coverage=coverage, costs=costs, policy=policy)


def test_machines_by_hand():
    """S0 gives two machines away, for C2 and C3: all four sites stand, and nothing is bought.

    Once: two moves, 2 x 9, and two stations put up, 2 x 20: 58. A year: four stations at 5 + 1 + 7 and four machines at
    4: 68; today two stations and four machines, 42. With 57 yuan there is one move and one station, 29: C2 is worth
    more, S0 keeps two machines. The walk: S0 to C2 is 1 km.
    """
    plan = optimise(Case(**line_town(capital=58).stages()))
    money = {line.name: (line.today_fen, line.amount_fen) for line in plan.budget_lines}
    assert (plan.objective, plan.bound, plan.open) == (130.0, 130.0, ("C0", "C1", "S0", "S1"))
    assert plan.actions[["site_id", "action", "machines_before", "machines_after", "cost_fen"]].to_numpy().tolist() == [
        ["C0", "open", 0, 1, 2900], ["C1", "open", 0, 1, 2900], ["S0", "shrink", 3, 1, 0], ["S1", "keep", 1, 1, 0],
    ]  # fmt: skip
    assert plan.machines is not None
    assert plan.machines.in_words == "4 -> 4 machines: 2 moved"
    assert [(move.from_site_id, move.to_site_id) for move in plan.machines.moves] == [("S0", "C0"), ("S0", "C1")]
    assert money["capital"] == (0, 5800)
    assert money["maintenance"] == (1600, 1600)
    assert money["running"] == (4200, 6800)
    plan = optimise(Case(**line_town(capital=57).stages()))
    assert (plan.objective, plan.bound) == (90.0, 90.0)
    assert plan.actions["action"].tolist() == ["open", "shrink", "keep"]


def test_second_machines_by_hand():
    """A machine is out of order half the time: one counts 0.5, two 0.75, three 0.875.

    Today 10 x 0.875 + 30 x 0.5 = 23.75. For 9 yuan one machine moves: from S0 to S1, 10 x 0.75 + 30 x 0.75 = 30. For 29
    it may stand at C0 instead, 20 for putting it up: 10 x 0.75 + 30 x 0.5 + 50 x 0.5 = 47.5.
    """
    for capital, worth, actions in ((0, 23.75, "keep keep"), (9, 30.0, "shrink grow"), (29, 47.5, "open shrink keep")):
        town = line_town(capital=capital, outage_probability=Fraction(1, 2))
        plan = optimise(Case(**town.stages()))
        assert (plan.objective, plan.bound, " ".join(plan.actions["action"])) == (worth, worth, actions)
        assert plan.reserve is not None
        assert (plan.reserve.before.counted, plan.reserve.after.counted) == (23.75, worth)
        assert (plan.reserve.before.second, plan.reserve.after.second) == (0.0, 0.0)
        assert faults(told(plan), town) == []


def test_relocation_keeps_stations_and_machines():
    """Nothing bought or taken away, no more stations and no fewer.

    The best two of the four sites are worth 50 and 40; both stations move there, with all four machines.
    """
    town = line_town()
    plan = optimise(Case(**town.stages()), Policy.from_preset("relocation", max_machines=3))
    assert (plan.objective, plan.bound, plan.open) == (90.0, 90.0, ("C0", "C1"))
    assert plan.machines is not None
    assert (plan.machines.before, plan.machines.after, plan.machines.bought, plan.machines.removed) == (4, 4, 0, 0)


ALTERED = st.tuples(st.integers(0, 10**6), st.sampled_from([-1, 1]))


def numbers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every number and every site id of a record that says what happens."""
    if isinstance(value, dict):
        for key in sorted(value):
            yield from numbers(value[key], (*path, key))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from numbers(each, (*path, place))
    elif value is not None and path[-1] != "name":
        yield path


def altered(record: dict[str, Any], path: tuple[Any, ...], town: Town) -> list[dict[str, Any]]:
    """Return the record with one number one more and one less, or with two other words or sites in its place."""

    def put(value: Any, where: tuple[Any, ...], new: Any) -> Any:
        if not where:
            return new
        copy = dict(value) if isinstance(value, dict) else list(value)
        copy[where[0]] = put(value[where[0]], where[1:], new)
        return copy

    found: Any = record
    for step in path:
        found = found[step]
    words = {"action": ["keep", "grow", "shrink", "open", "close"]}
    others = words.get(path[-1], list(town.sites.ids)) if isinstance(found, str) else [found + 1, max(0, found - 1)]
    return [put(record, path, other) for other in [each for each in others if each != found][:2]]


@pytest.mark.parametrize("limits", [{"capital": 57}, {"capital": 140, "running": 60}])
def test_the_judge_refuses_every_altered_number(limits):
    """What a plan says of actions, machines, money and limits, number by number and site by site: some 80 each."""
    town = line_town(**limits, max_stations=4)
    record = told(optimise(Case(**town.stages())))
    assert faults(record, town) == []
    tried = 0
    for path in numbers({key: record[key] for key in ("actions", "machines", "budget", "limits")}):
        for other in altered(record, path, town) if path[-1] != "cost_fen" else []:
            assert faults(other, town), (path, other)
            tried += 1
    assert tried >= 80
