"""Tiny towns with publicity and guides, and their best plans by trying all."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from scipy import sparse

from placement.case import Case
from placement.coverage import Standard, cover
from placement.economics import StationCosts
from placement.errors import InputError
from placement.models import Formulated
from placement.values import Policy
from placement.values.publicity import Guides, Level, Publicity
from tests.towns import make_demand, make_sites, make_times

AREAS = ("north", "south")
FEN = 997
"""Amounts are so many fen: what a unit of a level costs is then little beside them."""


@dataclass(frozen=True)
class Best:
    """The best plan of a town: its value in thousandths, and how many plans there are."""

    value: Fraction
    plans: int


def outreach_town(rng: np.random.Generator, *, points: int = 6) -> Case:
    """Return a town of up to two stations and two candidates; publicity or guides or both, and money for some of it."""
    while True:
        try:
            return _town(rng, points)
        except InputError:
            continue


def _town(rng: np.random.Generator, points: int) -> Case:
    stations, candidates = int(rng.integers(0, 3)), int(rng.integers(1, 3))
    n = stations + candidates
    demand = make_demand(rng.integers(1, 50, size=(points, 2)) * 1.0, [str(rng.choice(AREAS)) for _ in range(points)])
    known = {area: rng.choice([0.2, 0.4, 0.5], size=2) for area in AREAS}
    demand = replace(
        demand,
        awareness=np.array([known[area] for area in demand.points["parent"]]),
        uptake=np.broadcast_to(rng.choice([0.25, 0.5], size=2), demand.need.shape),
        people=rng.integers(1, 30, size=demand.people.shape).astype(np.float64),
        need_share=float(rng.choice([0.0, 0.5])),
    )
    sites = make_sites(stations, candidates, xy=rng.uniform(0, 2000, size=(n, 2)))
    metres = rng.uniform(0, 2000, size=(points, n))
    times = make_times(metres, demand, sites)
    maybe = lambda value: value if rng.random() < 0.7 else None  # noqa: E731
    publicity = Publicity(levels=tuple(_levels(rng))) if rng.random() < 0.8 else None
    guides = Guides(age_group="elderly", uptake=0.75) if publicity is None or rng.random() < 0.5 else None
    years = maybe(int(rng.integers(1, 4)))
    policy = Policy(
        capital_fen=maybe(int(rng.integers(0, 200)) * FEN),
        running_fen=int(rng.integers(0, 300)) * FEN,
        total_fen=None if years is None else maybe(int(rng.integers(100, 900)) * FEN),
        horizon_years=years,
        discount_rate=Fraction(int(rng.integers(0, 2)), 30),
        publicity_fen=None if publicity is None or rng.random() < 0.7 else int(rng.integers(0, 100)) * FEN,
        guides_fen=None if guides is None or rng.random() < 0.7 else int(rng.integers(0, 60)) * FEN,
        max_stations=maybe(int(rng.integers(0, n + 1))),
        district_floors={"north": Fraction(int(rng.integers(0, 40)), 100)} if rng.random() < 0.3 else {},
        publicity_levels=publicity,
        guide_uptake=guides,
    )
    amounts = {name: rng.integers(0, 100, size=n) * FEN for name in ("purchase", "move", "close", "rent")}
    costs = StationCosts(**amounts, guide=rng.integers(1, 60, size=n) * FEN)
    coverage = cover(demand, sites, times, Standard(threshold_s=900))
    return Case(demand=demand, sites=sites, coverage=coverage, costs=costs, policy=policy)


def _levels(rng: np.random.Generator) -> list[Level]:
    """Return levels of one or both districts, some of them packages."""
    found = []
    for area in AREAS[: int(rng.integers(1, 3))]:
        packages, fen, aware = bool(rng.random() < 0.4), 0, 0.5
        for number, rise in enumerate((0.2, 0.1)[: int(rng.integers(1, 3))]):
            fen += int(rng.integers(20, 60)) if number == 0 else int(rng.integers(60, 90))
            aware += rise
            found.append(
                Level(area=area, spend_fen=fen * FEN, awareness=aware, package=f"P{number}" if packages else "")
            )
    return found


def best_of(case: Case, model: Formulated) -> Best:
    """Return the best plan over all sets of columns, and of each the best spending; feasibility in whole numbers."""
    program, count = model.program, model.program.n_columns
    every = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
    keep = np.ones(len(every), dtype=bool)
    for row in program.linear:
        amount = every[:, row.columns] @ row.coefficients
        keep &= (amount == row.limit) if row.equality else (amount <= row.limit)
    keep &= (every[:, program.required] == 1).all(axis=1) & (every[:, program.excluded] == 0).all(axis=1)
    every = every[keep]
    at_site = np.zeros((count, program.n_sites), dtype=np.int64)
    placed = np.flatnonzero(program.column_site >= 0)
    at_site[placed, program.column_site[placed]] = 1
    within = (every @ at_site) @ sparse.csr_array(next(program.blocks())[0]).toarray().astype(np.int64).T > 0
    for floor in program.floors:
        good = within[:, floor.rows] @ program.row_weights()[floor.rows] >= floor.minimum
        every, within = every[good], within[good]
    left = {row.name: row.limit - every[:, row.columns] @ row.coefficients for row in program.linear}
    values = [
        _worth(case, within[number], {name: int(amount[number]) for name, amount in left.items()})
        for number in range(len(every))
    ]
    return Best(value=max(values, default=Fraction(-1)), plans=len(every))


def _worth(case: Case, within: np.ndarray, left: dict[str, int]) -> Fraction:
    """Return what a plan whose rows `within` are covered is worth with the best spending."""
    demand, publicity = case.demand, case.policy.publicity_levels
    levels = {} if publicity is None else publicity.by_area
    table = {area: [_counted(case, area, within, level) for level in (None, *own)] for area, own in levels.items()}
    rest = np.zeros(len(demand.ids), dtype=bool)
    rest[:] = ~demand.points["parent"].isin(list(levels))
    base = int(_thousandths(case, demand.awareness)[rest[:, None] & _rows(case, within)].sum())
    base += sum(counts[0] for counts in table.values())
    best = Fraction(base)
    wholes = [area for area, own in levels.items() if own[0].package]
    for choice in itertools.product(*(range(len(levels[area]) + 1) for area in wholes)):
        spend = {area: levels[area][k - 1].spend_fen if k else 0 for area, k in zip(wholes, choice, strict=True)}
        if not _affordable(case, spend, left):
            continue
        more = sum(table[area][k] - table[area][0] for area, k in zip(wholes, choice, strict=True))
        best = max(best, base + more + _filled(case, levels, table, spend, left))
    return best


def _filled(case, levels, table, spend, left) -> Fraction:
    """Return what areas that spend any amount gain, the steepest segments first, fen by fen."""
    pieces = []
    for area, own in levels.items():
        before = 0
        for number, level in enumerate(own if not own[0].package else ()):
            gain = table[area][number + 1] - table[area][number]
            pieces.append((Fraction(gain, level.spend_fen - before), area, level.spend_fen - before))
            before = level.spend_fen
    total, spend = Fraction(0), dict(spend)
    for slope, area, most in sorted(pieces, key=lambda piece: -piece[0]):
        before, least, beyond = spend.get(area, 0), 0, most + 1
        while least < beyond - 1:
            middle = (least + beyond) // 2
            fits = _affordable(case, spend | {area: before + middle}, left)
            least, beyond = (middle, beyond) if fits else (least, middle)
        spend[area] = before + least
        total += slope * least
    return total


def _affordable(case: Case, spend: dict[str, int], left: dict[str, int]) -> bool:
    years, rate = case.policy.horizon_years or 0, case.policy.discount_rate
    factor = sum((1 / (1 + rate) ** year for year in range(1, years + 1)), Fraction(0))
    worth = sum(int(factor * fen + Fraction(1, 2)) for fen in spend.values())
    counted = {"publicity": sum(spend.values()), "running": sum(spend.values()), "total": worth}
    return all(amount <= left[name] for name, amount in counted.items() if name in left)


def _counted(case: Case, area: str, within: np.ndarray, level: Level | None) -> int:
    """Return what covered rows of an area count at a level."""
    demand = case.demand
    here = (demand.points["parent"] == area).to_numpy()
    aware, people = demand.awareness, demand.people
    if level is not None:
        known = float((people * aware)[here].sum() / people[here].sum())
        aware = aware + (level.awareness - known) / (1 - known) * (1 - aware)
    return int(_thousandths(case, aware)[here[:, None] & _rows(case, within)].sum())


def _rows(case: Case, within: np.ndarray) -> np.ndarray:
    """Return (points, segments + guided segments) which are covered."""
    return within.reshape(-1, len(case.demand.ids)).T


def _thousandths(case: Case, aware: np.ndarray) -> np.ndarray:
    """Return (points, segments + guided segments) what a covered row counts."""
    demand, guides = case.demand, case.policy.guide_uptake
    share = demand.need_share
    weight = share * demand.need + (1 - share) * (demand.need * aware * demand.uptake)
    if guides is not None:
        old = [k for k, segment in enumerate(demand.segments) if segment.age_group == guides.age_group]
        more = np.maximum(guides.uptake - demand.uptake[:, old], 0)
        weight = np.hstack([weight, (1 - share) * (demand.need[:, old] * aware[:, old] * more)])
    return np.asarray(np.rint(weight * 1000), dtype=np.int64)
