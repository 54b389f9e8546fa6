"""The root of a program too large for branching: its bound is tightened while its plan is improved.

Bounds come from first-order steps; where a single row limits the plan, odd-set cuts are added to them round by round
(`cut_saddle`). Programs whose columns can be dropped and exchanged freely get their plans from an iterated search on
the other thread; for others every look at the bound rounds its point to a plan.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.solve.class_prices import ClassPrices
from placement.solve.cut_saddle import cut_ground, main_row_price, run_with_cuts, start_cut_state
from placement.solve.deadline import Deadline
from placement.solve.improve import Improver
from placement.solve.node import Node, Visitor, multipliers, replaced
from placement.solve.odd_sets import CutPool, violated_odd_sets
from placement.solve.plans import Finder
from placement.solve.prices import Prices, scaled, scaled_bound
from placement.solve.problem import FREE, Problem
from placement.solve.restrict import Work, restrict
from placement.solve.saddle import sites_opened
from placement.values.certificate import SCALE
from placement.values.program import BoolArray

Plan = tuple[BoolArray, int]
VisitRoot = Callable[[Visitor, Node, Plan | None, int], tuple[Node, Plan | None]]

_POLISHED = 0.01
_SLICE_ENTRIES = 8_000_000_000
"""Cover entries that a slice of first-order steps may touch: some seconds."""

_STALLED = 0.02
"""A slice that closes less than this share of the gap is the last."""

_ROUND_STEPS, _MOST_ITERATIONS = 400_000_000, 1500
"""Nodes and rows that a round of first-order steps with cuts may touch, and iterations at most."""

_SUPPORT = 2e-3
_EFFORT, _MOST_SETS = 4, 3000
_KEPT, _WEED_EVERY = 1e-3, 4
"""Odd sets priced below this share of the mean weight are dropped every so many rounds."""


@dataclass
class LargeRoot:
    """Works on the root of one program.

    Parameters
    ----------
    problem, finder, pool
        The program, what finds its plans, and its odd sets.
    visit_root
        Visits the root without branching and logs what it fixes.
    """

    problem: Problem
    finder: Finder
    pool: CutPool
    visit_root: VisitRoot

    def polish(self, root: Node, plan: Plan, improver: Improver, until: Deadline) -> tuple[Node, Plan]:
        """Return the root with a tighter bound and the best plan found until then."""
        with ThreadPoolExecutor(2) as executor:
            bound = executor.submit(self._tighten, root, plan, until)
            better = executor.submit(improver.improve, plan, until, rounds=1) if self.finder.packing else None
            root, other = bound.result()
            return root, max((other, plan if better is None else better.result()), key=lambda each: each[1])

    def _tighten(self, root: Node, plan: Plan, until: Deadline) -> tuple[Node, Plan]:
        visitor = Visitor(self.problem, self.finder, until, self.pool, decisive=_POLISHED)
        iterations = max(50, _SLICE_ENTRIES // (2 * self.problem.covers.sites.size + 1))
        while not until.passed():
            before = root.bound
            root, found = self.visit_root(visitor, root, plan, iterations)
            plan = found or plan
            if (before - root.bound) / SCALE < _STALLED * (root.bound / SCALE - plan[1]):
                break
        if self.finder.packing and not self.problem.floors.minimum.size and not until.passed():
            root = self._cut(root, until)
        return root, plan

    def _cut(self, root: Node, until: Deadline) -> Node:
        """Add odd-set cuts round by round and take the prices of the last round where they are better."""
        work = restrict(self.problem, root.status, root.limits.low, root.limits.high)
        if work.main < 0 or work.low.size != 1 or not (root.status == FREE).any():
            return root
        rounds = CutRounds(work, np.array(root.x[work.columns]), multipliers(self.problem, work, root.prices))
        while not until.passed() and rounds.separate():
            rounds.step(until)
        prices = rounds.prices(self.problem, self.pool)
        limits = root.limits
        bound, _ = scaled_bound(self.problem, self.pool.cuts(), prices, root.status, limits.low, limits.high)
        return replaced(root, prices=prices, bound=bound) if bound < root.bound else root


class CutRounds:
    """Rounds of separation and first-order steps on one restricted program.

    Parameters
    ----------
    work
        The program; its only side row is the main one.
    x, mu
        A point of its relaxation: columns, and prices of rows as shares of their weights.
    """

    def __init__(self, work: Work, x: NDArray[Any], mu: NDArray[Any]) -> None:
        self._work, self._x, self._rows = work, x, mu * work.weights
        self._z = self._reach()
        self._sets: list[tuple[int, ...]] = []
        self._prices = np.empty(0)
        self._ratio, self._rounds = 1.0, 0

    def separate(self) -> bool:
        """Add odd sets that the point violates; return whether any set is left to price."""
        if self._rounds % _WEED_EVERY == 0 and self._rounds:
            keep = self._prices > _KEPT * self._work.weights.mean()
            self._sets = [rows for rows, kept in zip(self._sets, keep, strict=True) if kept]
            self._prices = self._prices[keep]
        work, known = self._work, set(self._sets)
        y = sites_opened(work, self._x)
        z = np.minimum(self._z, self._reach())
        y = np.where(y > _SUPPORT, y, 0.0)
        found = violated_odd_sets(
            work.indptr, work.sites, work.weights, y, z, seed=self._rounds, effort=_EFFORT, most=_MOST_SETS
        )
        self.add([rows for rows in found if rows not in known])
        self._rounds += 1
        return bool(self._sets)

    def add(self, sets: list[tuple[int, ...]]) -> None:
        """Add odd sets of rows, not priced yet."""
        self._sets += sets
        self._prices = np.concatenate([self._prices, np.zeros(len(sets))])

    def step(self, until: Deadline) -> None:
        """Run first-order steps on the program with the sets at hand."""
        work = self._work
        ground = cut_ground(work, self._sets)
        state = start_cut_state(work, ground, self._x, self._rows, self._prices, self._ratio)
        size = work.forest.parent.size + work.weights.size
        iterations = max(50, min(_MOST_ITERATIONS, _ROUND_STEPS // size) // 50 * 50)
        for _ in range(iterations // 50):
            if not until.passed():
                run_with_cuts(work, ground, state, 50)
        count = state.scalars[1]
        now = state.now if count < 50 else type(state.now)(*(part / count for part in state.total))
        self._x = now.x.copy()
        self._z = self._reach()
        self._z[ground.place >= 0] = now.z
        self._rows, self._prices = state.best.rows.copy(), state.best.sets.copy()
        self._ratio = float(state.scalars[0])

    def prices(self, problem: Problem, pool: CutPool) -> Prices:
        """Return integer prices of the whole program."""
        work = self._work
        theta = np.zeros(problem.low.size, dtype=np.int64)
        price = main_row_price(work, cut_ground(work, self._sets), self._rows, self._prices)
        theta[work.side_rows[work.main]] = scaled(np.array([price]))[0]
        translator = ClassPrices(problem, work, pool)
        return translator.prices(self._rows, self._sets, self._prices, theta, np.zeros(problem.floors.minimum.size))

    def _reach(self) -> NDArray[Any]:
        """Return how far the point covers each row."""
        work = self._work
        opened = np.append(sites_opened(work, self._x)[work.sites], 0.0)
        return np.asarray(np.minimum(1.0, np.add.reduceat(opened, work.indptr[:-1])))
