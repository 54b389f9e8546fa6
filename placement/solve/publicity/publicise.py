r"""Plans that spend on publicity: the best plan without it, the split's bound and plan, and what alternation adds.

The engine's best plan without any publicity comes first: it is feasible where anything is, and says what the same money
buys in stations. The relaxation (:mod:`placement.solve.publicity.relaxation`) gives a split, whose program the engine
solves and proves: a bound of all plans, and stations. From there on stations and levels take turns: the engine chooses
stations at the levels of the best plan, and the levels that are best for those stations are bought, until nothing is
gained.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from placement.clock import now_s
from placement.interrupts import hold_interrupts
from placement.progress import ENGINE, Listener, Progress
from placement.solve.deadline import Deadline
from placement.solve.engine import solve_engine
from placement.solve.program.aggregate import aggregate
from placement.solve.program.gap import within_gap
from placement.solve.program.recount import covered_rows, exact_sum, open_sites, recount
from placement.solve.publicity.programs import Split, at_levels, split
from placement.solve.publicity.relaxation import PublicityRelaxation, Relaxed
from placement.solve.publicity.spending import best_spend
from placement.solve.settings import DEFAULTS, EngineSettings, PublicitySettings
from placement.solve.ties.reissue import without_plan
from placement.values import CoverageProgram, Solution
from placement.values.arrays import BoolArray, IntArray
from placement.values.gates import Gates
from placement.values.publicity_certificate import PublicityCertificate


@dataclass(frozen=True, kw_only=True, eq=False)
class Publicised:
    """A plan that spends on publicity.

    Parameters
    ----------
    solution
        Stations, value and bound of all plans.
    spend_fen
        (areas,) fen a year.
    alone
        The best plan found that spends nothing on it, and its bound.
    """

    solution: Solution
    spend_fen: IntArray
    alone: Solution


def maximise_publicity(
    program: CoverageProgram,
    gates: Gates,
    *,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    seed: int = 0,
    threads: int = 2,
    settings: EngineSettings = DEFAULTS,
    progress: Listener | Progress | None = None,
) -> Publicised:
    """Return the best plan found with what it spends where.

    Where no plan is feasible, the solution is that of `program`: spending only takes money away.

    Parameters
    ----------
    program, gates
        The program without publicity, and the levels by which its rows count more.
    gap, time_limit_s, seed, threads, settings, progress
        As in :func:`placement.solve.maximise_coverage`.
    """
    ends, told = now_s() + time_limit_s, Progress.of(progress, ENGINE)
    runs: dict[str, Any] = {"seed": seed, "threads": threads, "settings": settings}
    with hold_interrupts() as interrupt:
        return _Run(program, gates, gap=gap, until=Deadline(ends, interrupt), told=told, runs=runs).result()


class _Run:
    """One run: what is known so far."""

    def __init__(
        self,
        program: CoverageProgram,
        gates: Gates,
        *,
        gap: float,
        until: Deadline,
        told: Progress,
        runs: dict[str, Any],
    ) -> None:
        self._program, self._gates, self._gap, self._until = program, gates, gap, until
        self._told, self._runs = told, runs
        self._settings: PublicitySettings = runs["settings"].publicity
        self._fine_gap = self._settings.gap_share * gap
        each = self._settings.units // max(1, int((gates.cost_fen > 0).sum()))
        units = min(self._settings.most_units, max(self._settings.least_units, each))
        self._unit_fen = max(1, int(gates.cost_fen.sum()) // units)
        self._limits = {row.name: row for row in program.linear if row.name in dict(gates.limits)}
        self._chosen: BoolArray | None = None
        self._spend = np.zeros(gates.n_areas, dtype=np.int64)
        self._value = -1

    def result(self) -> Publicised:
        """Go through the stages and return what came of them."""
        alone = self._solved(self._program, self._settings.alone_share, gap=self._fine_gap)
        if alone.status not in {"optimal", "feasible"}:
            return Publicised(solution=alone, spend_fen=self._spend, alone=alone)
        self._offer(np.array(alone.chosen))
        reduced = aggregate(self._program, threads=self._runs["threads"], settings=self._runs["settings"].program)
        self._relaxation = PublicityRelaxation(reduced, self._gates)
        self._parts = [self._part(None)]
        self._take_turns(self._spend)
        self._divide()
        return Publicised(solution=self._outcome(alone), spend_fen=self._spend, alone=alone)

    def _within(self, share: float) -> Deadline:
        return self._until.within(share * self._until.left_s())

    def _solved(
        self, program: CoverageProgram, share: float, *, gap: float, start: BoolArray | None = None
    ) -> Solution:
        seconds = max(self._settings.least_s, share * self._until.left_s())
        told = self._told.without_values()
        return solve_engine(program, gap=gap, time_limit_s=seconds, start=start, progress=told, **self._runs)

    def _offer(self, chosen: BoolArray) -> bool:
        """Buy the best levels at the stations of a plan, and keep it where it is the best so far; return whether."""
        counted = recount(self._program, chosen)
        if counted.violations:
            return False
        gained = self._gates.gained(self._covered(chosen))
        left = {
            name: row.limit - exact_sum(row.coefficients[chosen[row.columns]]) for name, row in self._limits.items()
        }
        seconds = max(self._settings.least_s, self._settings.turn_share * self._until.left_s())
        spend = best_spend(self._gates, gained, left, self._unit_fen, seconds, **self._runs)
        value = counted.objective + exact_sum(self._gates.worth(gained, spend))
        if value <= self._value:
            return False
        self._chosen, self._spend, self._value = chosen, spend, value
        return True

    def _covered(self, chosen: BoolArray) -> BoolArray:
        """Return (rows,) which rows are covered."""
        stands = open_sites(self._program, chosen)
        parts = [covered_rows(covers, stands) for covers, _ in self._program.blocks()]
        return np.concatenate([np.zeros(0, dtype=np.bool_), *parts])

    def _in_split(self, found: Split) -> BoolArray:
        """Return the best plan as one of the program of the split, what it spends on a level rounded up to units."""
        assert self._chosen is not None  # noqa: S101 -- there is a plan by now
        levels = self._gates.levels(self._spend)
        bought = np.zeros(found.area.size, dtype=np.bool_)
        left: dict[tuple[int, int], int] = {}
        # The largest parts first: what is left is a sum of those before them.
        for at in reversed(range(found.area.size)):
            area, level = int(found.area[at]), int(found.level[at])
            of, cost = int(found.of[at]), int(self._gates.cost_fen[area, level])
            units = left.setdefault((area, level), -(-int(levels[area, level]) * of // cost))
            bought[at] = found.units[at] <= units
            left[area, level] -= int(found.units[at]) * int(bought[at])
        return np.concatenate([self._chosen, bought])

    def _part(self, within: tuple[int, int] | None) -> _Part:
        """Return the plans that spend so much in all, with the split of their relaxation and what it proves of them."""
        relaxed = self._relaxation.solve(self._within(self._settings.relaxed_share), within)
        found = split(self._program, self._gates, relaxed.shares, self._unit_fen, within)
        target = within_gap(self._value, self._gap)
        hopeless = relaxed.state != "optimal" or relaxed.bound <= target
        start = self._in_split(found) if within is None else None
        gap = self._settings.rough_gap if hopeless else self._fine_gap
        solution = self._solved(found.program, self._settings.split_share, gap=gap, start=start)
        if hopeless and solution.bound > target:
            solution = self._solved(found.program, self._settings.split_share, gap=self._fine_gap)
        if solution.status in {"optimal", "feasible"}:
            self._offer(np.array(solution.chosen[: self._program.n_columns]))
        bounds = within or (0, int(self._gates.cost_fen.sum()))
        return _Part(within=bounds, relaxed=relaxed, solution=solution)

    def _take_turns(self, spend: IntArray) -> None:
        """Choose stations at given levels, and levels at those stations, as long as something is gained."""
        for _ in range(self._settings.most_turns):
            if self._until.passed() or self._closed():
                return
            program = at_levels(self._program, self._gates, spend)
            turn = self._solved(program, self._settings.turn_share, gap=self._fine_gap, start=self._chosen)
            if turn.status not in {"optimal", "feasible"} or not self._offer(np.array(turn.chosen)):
                return
            spend = self._spend

    def _closed(self) -> bool:
        return self._bound() <= within_gap(self._value, self._gap)

    def _bound(self) -> int:
        return max(self._value, *(part.bound for part in self._parts))

    def _divide(self) -> None:
        """Divide the plans by what they spend in all, each part with a split of its own, the highest bound first."""
        while len(self._parts) < self._settings.most_parts and not self._until.passed() and not self._closed():
            at = max(range(len(self._parts)), key=lambda number: self._parts[number].bound)
            least, most = self._parts[at].within
            if (most - least) * self._settings.narrowest <= int(self._gates.cost_fen.sum()):
                return
            middle = (least + most) // 2
            halves = [self._part((least, middle)), self._part((middle + 1, most))]
            if max(half.bound for half in halves) > within_gap(self._parts[at].bound, self._fine_gap):
                return  # the time ended
            self._parts[at : at + 1] = halves
            for half in halves:
                if half.bound > within_gap(self._value, self._gap):
                    self._take_turns(half.relaxed.spend(self._gates))

    def _outcome(self, alone: Solution) -> Solution:
        assert self._chosen is not None  # noqa: S101 -- there is a plan by now
        most = self._bound()
        found = replace(
            alone, status="feasible", chosen=self._chosen, objective=self._value, bound=most, asked_gap=self._gap,
            proof="none", certificate=None,
        )  # fmt: skip
        inner = [part.solution.certificate for part in self._parts]
        if None in inner:
            return found
        proof = PublicityCertificate.seal(
            share=np.array([part.relaxed.shares for part in self._parts]),
            most_fen=np.array([part.within[1] for part in self._parts]),
            unit_fen=self._unit_fen,
            bound=most,
            objective=self._value,
            inner=tuple(without_plan(each) for each in inner if each is not None),
        )
        return replace(
            found,
            status="optimal" if self._closed() else "feasible",
            proof="certificate",
            publicity_certificate=proof,
            interrupted=self._until.interrupted,
            details={**alone.details, "parts": len(self._parts)},
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Part:
    """The plans that spend so much in all, fen a year, and what is proven of them."""

    within: tuple[int, int]
    relaxed: Relaxed
    solution: Solution

    @property
    def bound(self) -> int:
        """No plan of the part is worth more."""
        return 0 if self.solution.status == "infeasible" else self.solution.bound
