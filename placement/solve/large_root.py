"""The root of a program too large for branching: its bound is tightened while its plan is improved.

Bounds come from first-order steps; where a single row limits the plan, odd-set cuts are added to them round by round
(`cut_saddle`). Programs whose columns can be dropped and exchanged freely get their plans from an iterated search on
the other thread; for others every look at the bound rounds its point to a plan. Both go on in stages: at the end of one
the best plan and the best prices fix columns; plans go on within what these prices still leave worth looking at, and
where many columns were fixed, cuts go on in the smaller program.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.solve.bounds.class_prices import ClassPrices
from placement.solve.bounds.cut_saddle import BEST, RATIO, cut_ground, main_row_price, run_with_cuts, start_cut_state
from placement.solve.bounds.prices import Prices, scaled_bound
from placement.solve.bounds.saddle import sites_opened
from placement.solve.cuts.pool import CutPool, rows_of_sets
from placement.solve.cuts.separation import violated_odd_sets
from placement.solve.deadline import Deadline
from placement.solve.plans.population import Improver
from placement.solve.plans.value import Finder
from placement.solve.program.gap import within_gap
from placement.solve.program.problem import FREE, Problem
from placement.solve.program.restrict import Work, restrict
from placement.solve.program.scale import scaled
from placement.solve.tree.node import Node, Visitor, multipliers, replaced
from placement.values.certificate import SCALE
from placement.values.program import BoolArray

Plan = tuple[BoolArray, int]
VisitRoot = Callable[[Visitor, Node, Plan | None, int], tuple[Node, Plan | None]]

_POLISHED = 0.01
_SLICE_ENTRIES = 8_000_000_000
"""Cover entries that a slice of first-order steps may touch: some seconds."""

_STALLED = 0.02
"""A slice that closes less than this share of the gap is the last."""

_ROUND_STEPS, _MOST_ITERATIONS = 800_000_000, 1500
"""Nodes and rows that a round of first-order steps with cuts may touch, and iterations at most."""

_FIRST_SHARE, _STAGE_SHARE, _LEAST_STAGE_S = 0.1, 0.3, 4.0
"""The first stage, and a later one, takes this share of the time left, but so many seconds at least."""

_NARROWED = 0.8
"""Where less than this share of the undecided columns is left, cuts go on within these."""

_SUPPORT = 2e-3
_MOST_SETS = 20_000
_KEPT, _WEED_EVERY = 1e-3, 4
"""Odd sets priced below this share of the mean weight are dropped every so many rounds."""


class CutRounds:
    """Rounds of separation and first-order steps on one restricted program.

    Parameters
    ----------
    work
        The program; its only side row is the main one.
    x, mu
        A point of its relaxation: columns, and prices of rows as shares of their weights.

    Attributes
    ----------
    work, x
        The program, and the point as of the last round.
    """

    def __init__(self, work: Work, x: NDArray[Any], mu: NDArray[Any]) -> None:
        self.work, self.x, self._rows = work, x, mu * work.weights
        self._z = self._reach()
        self._sets: list[tuple[int, ...]] = []
        self._prices = np.empty(0)
        self._ratio, self._rounds, self._separating_s = 1.0, 0, 0.0
        self._best: tuple[float, NDArray[Any], list[tuple[int, ...]], NDArray[Any]] | None = None

    def separate(self, until: Deadline) -> bool:
        """Add odd sets that the point violates, unless there is no time for it; return whether to go on with steps."""
        if until.passed(margin_s=self._separating_s):
            return bool(self._sets) and not until.passed()
        begun = perf_counter()
        self._separate()
        self._separating_s = perf_counter() - begun
        return bool(self._sets)

    def _separate(self) -> None:
        if self._rounds % _WEED_EVERY == 0 and self._rounds:
            keep = self._prices > _KEPT * self.work.weights.mean()
            self._sets = [rows for rows, kept in zip(self._sets, keep, strict=True) if kept]
            self._prices = self._prices[keep]
        work, known = self.work, set(self._sets)
        y = sites_opened(work, self.x)
        z = np.minimum(self._z, self._reach())
        y = np.where(y > _SUPPORT, y, 0.0)
        found = violated_odd_sets(work.indptr, work.sites, work.weights, y, z, seed=self._rounds, most=_MOST_SETS)
        self.add([rows for rows in found if rows not in known])
        self._rounds += 1

    def add(self, sets: list[tuple[int, ...]], prices: NDArray[Any] | None = None) -> None:
        """Add odd sets of rows, not priced yet where no prices are given."""
        self._sets += sets
        self._prices = np.concatenate([self._prices, np.zeros(len(sets)) if prices is None else prices])

    def step(self, until: Deadline) -> None:
        """Run first-order steps on the program with the sets at hand."""
        work = self.work
        ground = cut_ground(work, self._sets)
        state = start_cut_state(work, ground, self.x, self._rows, self._prices, self._ratio)
        size = work.forest.parent.size + work.weights.size
        iterations = max(50, min(_MOST_ITERATIONS, _ROUND_STEPS // size) // 50 * 50)
        for _ in range(iterations // 50):
            if not until.passed():
                run_with_cuts(work, ground, state, 50)
        count = state.scalars[1]
        now = state.now if count < 50 else type(state.now)(*(part / count for part in state.total))
        self.x = now.x.copy()
        self._z = self._reach()
        self._z[ground.place >= 0] = now.z
        self._rows, self._prices = state.best.rows.copy(), state.best.sets.copy()
        self._ratio = float(state.scalars[RATIO])
        bound = float(state.scalars[BEST])
        if self._best is None or bound < self._best[0]:
            self._best = (bound, self._rows, list(self._sets), self._prices)

    def prices(self, problem: Problem, pool: CutPool) -> Prices:
        """Return integer prices of the whole program, of the best bound so far."""
        work = self.work
        _, rows, sets, of_sets = self._best or (np.inf, self._rows, self._sets, self._prices)
        theta = np.zeros(problem.low.size, dtype=np.int64)
        price = main_row_price(work, cut_ground(work, sets), rows, of_sets)
        theta[work.side_rows[work.main]] = scaled(np.array([price]))[0]
        translator = ClassPrices(problem, work, pool)
        return translator.prices(rows, sets, of_sets, theta, np.zeros(problem.floors.minimum.size))

    def _reach(self) -> NDArray[Any]:
        """Return how far the point covers each row."""
        work = self.work
        opened = np.append(sites_opened(work, self.x)[work.sites], 0.0)
        return np.asarray(np.minimum(1.0, np.add.reduceat(opened, work.indptr[:-1])))


@dataclass
class LargeRoot:
    """Works on the root of one program, in stages that share what plan and bound let fix.

    Parameters
    ----------
    problem, finder, pool
        The program, what finds its plans, and its odd sets.
    gap
        The gap asked for.
    visit_root
        Visits the root without branching and logs what it fixes.
    fix_root
        Fixes at the root what its prices and a plan decide, and logs it.
    improver_at
        Returns what improves plans within what a root leaves undecided and its prices do not rule out.
    small_enough
        Whether what a root leaves undecided is worth branching on, and the rest of the time is better spent there.
    """

    problem: Problem
    finder: Finder
    pool: CutPool
    gap: float
    visit_root: VisitRoot
    fix_root: Callable[[Node, Plan], Node]
    improver_at: Callable[[Node, Plan], Improver]
    small_enough: Callable[[Node], bool]
    _rounds: CutRounds | None = None
    _was_cut: bool = False

    def polish(self, root: Node, plan: Plan, until: Deadline) -> tuple[Node, Plan]:
        """Return the root with a tighter bound and the best plan found until then."""
        if not self.finder.packing:
            return self._tighten(root, plan, until, until)
        share = _FIRST_SHARE
        while not until.passed() and root.bound // SCALE > within_gap(plan[1], self.gap):
            before, free = (root.bound, plan[1]), int((root.status == FREE).sum())
            stage, share = until.within(max(_LEAST_STAGE_S, share * until.left_s())), _STAGE_SHARE
            root, plan = self._stage(root, plan, self.improver_at(root, plan), stage, until)
            root = self.fix_root(root, plan)
            left = int((root.status == FREE).sum())
            if before == (root.bound, plan[1]) and left == free and not stage.passed():
                break
            if left < free and self.small_enough(root):
                break
            if left < _NARROWED * free:
                self._rounds = None
        return root, plan

    def _stage(self, root: Node, plan: Plan, improver: Improver, stage: Deadline, until: Deadline) -> tuple[Node, Plan]:
        """Tighten the bound for a stage and improve the plan as long, or to the end where the bound stays as it is."""
        plans_until = until.within(math.inf)
        with ThreadPoolExecutor(1) as executor:
            better = executor.submit(improver.improve, plan, plans_until, epochs=None)
            try:
                root, other = self._tighten(root, plan, until, stage)
            except BaseException:
                plans_until.call_off()
                raise
            if stage.passed() or root.bound // SCALE <= within_gap(other[1], self.gap):
                plans_until.call_off()
            return root, max(other, better.result(), key=lambda each: each[1])

    def _tighten(self, root: Node, plan: Plan, until: Deadline, stage: Deadline) -> tuple[Node, Plan]:
        """Return the root with the bound of first-order steps, first without cuts, then with them."""
        visitor = Visitor(self.problem, self.finder, until, self.pool, decisive=_POLISHED)
        iterations = max(50, _SLICE_ENTRIES // (2 * self.problem.covers.sites.size + 1))
        while not until.passed() and not self._was_cut:
            before = root.bound
            root, found = self.visit_root(visitor, root, plan, iterations)
            plan = found or plan
            if (before - root.bound) / SCALE < _STALLED * (root.bound / SCALE - plan[1]):
                break
        if self.finder.packing and not self.problem.floors.minimum.size and not until.passed():
            root, plan = self._cut(root, plan, until, stage)
        return root, plan

    def _cut(self, root: Node, plan: Plan, until: Deadline, stage: Deadline) -> tuple[Node, Plan]:
        """Add odd-set cuts in whole rounds; take the prices of the best round where they are better, and round points.

        The more is cut, the nearer are points to plans: what is rounded gives the search for plans new places to start.
        """
        self._was_cut = True
        self._rounds = self._rounds or self._start(root)
        if self._rounds is None:
            return root, plan
        while self._rounds.separate(until):
            self._rounds.step(until)
            found = self.finder.from_point(self._rounds.work, root.status, self._rounds.x)
            plan = max(plan, found or plan, key=lambda each: each[1])
            if stage.passed():
                break
        x, prices = root.x.copy(), self._rounds.prices(self.problem, self.pool)
        x[self._rounds.work.columns] = self._rounds.x
        limits = root.limits
        bound, _ = scaled_bound(self.problem, self.pool.cuts(), prices, root.status, limits.low, limits.high)
        return (replaced(root, prices=prices, bound=bound, x=x) if bound < root.bound else root), plan

    def _start(self, root: Node) -> CutRounds | None:
        """Return the rounds on what the root leaves undecided, with the odd sets it is bounded by; None: not fit."""
        work = restrict(self.problem, root.status, root.limits.low, root.limits.high)
        if work.main < 0 or work.low.size != 1 or not work.columns.size:
            return None
        rounds = CutRounds(work, np.array(root.x[work.columns]), multipliers(self.problem, work, root.prices))
        priced = np.flatnonzero(root.prices.cuts)
        sets, kept = rows_of_sets(work.row_of_class, [self.pool.classes_of(number) for number in priced.tolist()])
        rounds.add(sets, root.prices.cuts[priced[kept]] / SCALE)
        return rounds
