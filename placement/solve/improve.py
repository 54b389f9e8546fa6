"""Better plans for programs with many columns: independent runs, merged exactly, again and again.

A run is annealing from the greedy plan, then a cycle of iterated search. Annealing alone leaves plans in which single
stations are well placed and whole neighbourhoods are not; the iterated search mends these, but from one start it stays
near one plan. That the starts are independent is what makes merging find what no run has.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.solve.annealing import anneal
from placement.solve.deadline import Deadline
from placement.solve.highs import solve_mip
from placement.solve.iterated import iterated_search
from placement.solve.odd_sets import CutPool
from placement.solve.plans import plan_value
from placement.solve.problem import FREE, ONE, ZERO, Problem
from placement.solve.proof import Limits
from placement.solve.relaxation import CutRelaxation
from placement.solve.restrict import Work, restrict
from placement.solve.search import Field, build_field, greedy_plan
from placement.values.program import BoolArray

_RUNS = 2
"""Runs of a round, however many threads there are."""

_MOVES = 400_000
_HOT, _COLD = 0.03, 0.002
_FAR_SHARE = 0.02
_POOL = 16
_MERGE_S = 4.0
_PASSES = 50
_MERGED_COLUMNS = 450
_IN_USE = 0.01
_FRUITLESS = 3
"""Rounds that may find nothing; more than one, since each begins anew."""

_ANNEALING_ROWS = 20_000
_SLICES, _SLICE, _LONG_SLICE = 10, 200, 1000
"""Slices of a cycle of iterated search, and iterations of a slice, after each of which the clock is looked at.

Long ones where a cycle is the end of a run, short ones where the next one goes on from it.
"""

_HEATS = (0.03, 0.1)
"""Heat at which a cycle begins, as a share of what a column is worth; the other one follows where one finds nothing."""


@dataclass
class Improver:
    """Improves plans of a packing program within the columns still undecided at `status`.

    Parameters
    ----------
    problem, status, limits
        The program and what is decided.
    core
        (columns,) bool, columns worth looking at; chosen ones of the plan are added.
    seed
        Of the runs.
    threads
        Searches run at a time.
    """

    problem: Problem
    status: NDArray[np.int8]
    limits: Limits
    core: BoolArray
    seed: int
    threads: int = 2
    _pool: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    _runs: int = 0

    def improve(self, plan: tuple[BoolArray, int], deadline: Deadline, *, rounds: int | None) -> tuple[BoolArray, int]:
        """Return the best plan after some rounds of runs and merging, or at the deadline.

        No number of rounds, or very many rows: an iterated search instead, which can be called off at any time.
        """
        status = self._with_core(plan[0])
        work = restrict(self.problem, status, self.limits.low, self.limits.high)
        if not work.columns.size:
            return plan
        ground = build_field(work, neighbours=True)
        if rounds is None or work.weights.size > _ANNEALING_ROWS:
            return self._iterate(work, ground, status, plan, deadline)
        fruitless = 0
        for _ in range(rounds):
            if deadline.passed() or fruitless == _FRUITLESS:
                break
            before = plan[1]
            plan = self._runs_of_round(work, ground, status, plan, deadline)
            plan = self._merge(plan, deadline)
            fruitless = fruitless + 1 if plan[1] == before else 0
        return plan

    def _with_core(self, chosen: BoolArray) -> NDArray[np.int8]:
        status = self.status.copy()
        status[(status == FREE) & ~self.core & ~chosen] = ZERO
        return status

    def _runs_of_round(
        self, work: Work, ground: Field, status: NDArray[np.int8], plan: tuple[BoolArray, int], deadline: Deadline
    ) -> tuple[BoolArray, int]:
        """Return the best of independent runs; all of them join the pool."""
        start, value = greedy_plan(ground, np.zeros(work.columns.size, dtype=bool), _PASSES, self.seed)
        heat = value / max(1, int(start.sum()))
        seeds = [self.seed + 1 + _SLICES * (self._runs + k) for k in range(_RUNS)]
        self._runs += _RUNS

        def run(seed: int) -> BoolArray:
            """Return the plan of one run."""
            found, _ = anneal(ground, start, _MOVES, _HOT * heat, _COLD * heat, _FAR_SHARE, seed)
            filled, _ = greedy_plan(ground, found, 2, self.seed)
            return _cycle(ground, deadline, filled, seed, heat=_HEATS[0], length=_LONG_SLICE)[0]

        with ThreadPoolExecutor(self.threads) as executor:
            for best in executor.map(run, seeds):
                plan = self._consider(plan, work, status, best)
        return plan

    def _iterate(
        self, work: Work, ground: Field, status: NDArray[np.int8], plan: tuple[BoolArray, int], deadline: Deadline
    ) -> tuple[BoolArray, int]:
        """Return the best of iterated searches that start each cycle of cooling from the best plan so far."""
        best, value, heat = plan[0][work.columns], -1, 0
        with ThreadPoolExecutor(self.threads) as executor:
            while not deadline.passed():
                cycle = partial(_cycle, ground, deadline, best, heat=_HEATS[heat], length=_SLICE)
                seeds = [self.seed + _SLICES * (self._runs + k) for k in range(self.threads)]
                self._runs += self.threads
                found = max(executor.map(cycle, seeds), key=lambda each: each[1])
                if found[1] > value:
                    best, value = found
                else:
                    heat = (heat + 1) % len(_HEATS)
        return self._consider(plan, work, status, best)

    def _consider(
        self, plan: tuple[BoolArray, int], work: Work, status: NDArray[np.int8], inside: BoolArray
    ) -> tuple[BoolArray, int]:
        chosen = np.asarray(status == ONE)
        chosen[work.columns[inside]] = True
        value = plan_value(self.problem, chosen)
        if value is None:
            return plan
        entry = (-value, tuple(np.flatnonzero(chosen).tolist()))
        if entry not in self._pool:
            self._pool = sorted([*self._pool, entry])[:_POOL]
        return (chosen, value) if value > plan[1] else plan

    def _merge(self, plan: tuple[BoolArray, int], deadline: Deadline) -> tuple[BoolArray, int]:
        """Return the best plan over the union of the columns of the pool's plans."""
        union = plan[0].copy()
        for _, columns in self._pool:
            grown = union.copy()
            grown[list(columns)] = True
            if int(grown.sum()) > _MERGED_COLUMNS:
                break
            union = grown
        status = self.status.copy()
        status[(status == FREE) & ~union] = ZERO
        limit = deadline.within(_MERGE_S)
        if not (status == FREE).any() or limit.passed():
            return plan
        relaxation = CutRelaxation(self.problem, status, self.limits, CutPool(self.problem.covers))
        inside = best_within(relaxation, status, plan[0], limit, self.seed)
        return plan if inside is None else self._consider(plan, relaxation.work, status, inside)

    def near(
        self, relaxation: CutRelaxation, status: NDArray[np.int8], x: NDArray[Any], limit: Deadline
    ) -> tuple[BoolArray, int] | None:
        """Return the best plan over the columns that a point of the relaxation or the best plan so far uses."""
        best = np.zeros(status.size, dtype=bool)
        if self._pool:
            best[list(self._pool[0][1])] = True
        narrow = status.copy()
        narrow[(status == FREE) & (x < _IN_USE) & ~best] = ZERO
        inside = best_within(relaxation, narrow, best, limit, self.seed)
        return None if inside is None else self._consider((best, -1), relaxation.work, narrow, inside)


def _cycle(
    ground: Field, deadline: Deadline, start: BoolArray, seed: int, *, heat: float, length: int
) -> tuple[BoolArray, int]:
    """Return the best plan, and its value, of an iterated search from `start` that cools down over slices."""
    best, value, plan = iterated_search(ground, start, 0, 0.0, 0.0, seed)
    hot = heat * value / max(1, int(start.sum()))
    for turn in range(_SLICES):
        if deadline.passed():
            break
        left, right = (hot * (1.0 - at / _SLICES) for at in (turn, turn + 1))
        found, worth, plan = iterated_search(ground, plan, length, left, right, seed + turn)
        if worth > value:
            best, value = found, worth
    return best, value


def best_within(
    relaxation: CutRelaxation, status: NDArray[np.int8], start: BoolArray, limit: Deadline, seed: int
) -> BoolArray | None:
    """Return the columns of the best plan HiGHS finds with the relaxation's cuts, over the columns of its work."""
    columns, rows = relaxation.work.columns, relaxation.work.weights.size
    values = np.full(rows + relaxation.core.size, np.nan)
    values[rows:] = start[columns[relaxation.core]]
    outcome = solve_mip(
        relaxation.integer_model(status),
        time_limit_s=limit.left_s(),
        interrupt=limit.interrupt,
        seed=seed,
        threads=1,
        start=values,
    )
    if outcome.values is None:
        return None
    inside = np.asarray(status[columns] == ONE)
    inside[relaxation.core] = outcome.values[rows:] > 0.5
    return inside
