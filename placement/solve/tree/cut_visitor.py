"""Visits nodes with the simplex method on a relaxation that cuts tighten from node to node.

Odd-set cuts stay in the relaxation and tighten all nodes. Knapsack cuts are tried last, to close a node or to fix more
of it, and are taken out again before it is branched: with them in, what is fractional is no longer how many columns of
a group are chosen but single columns, whose branches say less, and trees grow although the bound of the root falls.
Where tries close nothing they become rarer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.solve.backends.highs import LpOutcome
from placement.solve.cuts.knapsack import knapsack_rows, violated_knapsack_cuts
from placement.solve.cuts.pool import CutPool
from placement.solve.cuts.separation import violated_odd_sets
from placement.solve.deadline import Deadline
from placement.solve.lp.relaxation import CutRelaxation
from placement.solve.plans.population import Improver
from placement.solve.plans.value import Finder
from placement.solve.program.limits import Branch
from placement.solve.program.problem import ONE, ZERO, Problem
from placement.solve.program.restrict import restrict
from placement.solve.tree.node import Node, Visit, Visitor, replaced
from placement.solve.tree.strong import StrongBranching
from placement.values.certificate import SCALE

_PRICED_IN = 300
_WEED_EVERY = 4
_STALL_ROUNDS = 6
_STALL_SHARE = 0.1
_SEARCH_EVERY = 5
_KNAPSACK_ROUNDS = 12
_KNAPSACK_GAIN = 0.05
"""Share of the gap that a round of knapsack cuts must close for another to follow."""

_REFINE_S = 2.0
_WHOLE = 1e-6


class CutVisitor(Visitor):
    """Visits nodes below the one whose restricted program `relaxation` holds.

    Parameters
    ----------
    problem, finder, deadline, pool
        As in :class:`Visitor`.
    improver
        Solves small exact subproblems near a point; None: plans are only rounded.
    relaxation
        The relaxation; it keeps the cuts found at every node, since all are valid everywhere.
    """

    def __init__(
        self,
        problem: Problem,
        finder: Finder,
        deadline: Deadline,
        pool: CutPool,
        *,
        relaxation: CutRelaxation,
        improver: Improver | None,
    ) -> None:
        super().__init__(problem, finder, deadline, pool)
        self.relaxation = relaxation
        self._improver = improver
        self._knapsacks = knapsack_rows(problem)
        self._since_tried, self._trying = 0, 0
        self._separations = 0
        self._since_refined, self._patience = 0, 3 if finder.packing else 0
        self._value: float | None = None
        self._strong = StrongBranching(problem, self._groups, finder.column_weight, deadline)

    @property
    def effort(self) -> int:
        """Simplex steps so far, each times the rows of the relaxation."""
        return self.relaxation.effort

    def visit(self, node: Node, allowed: int, *, iterations: int, search: bool) -> Visit:
        """Return what comes of `node`; `iterations` is the number of cut rounds at most."""
        visit = Visit(node=node)
        status = node.status.copy()
        self._cut_rounds(visit, status, allowed, iterations, search=search)
        if visit.closing is None and self._value is not None:
            self._try_knapsacks(visit, status, allowed)
        if visit.closing is None and not _fractional(visit.node.x):
            self._search(visit, status)
            self._close_if_reached(visit, allowed)
        if search and visit.closing is None:
            self._refine(visit, status, allowed)
        if visit.closing is None and not self._deadline.passed():
            visit.branches = self._answers(status, visit.node, _reach(visit, allowed))
        visit.node = replaced(visit.node, status=status)
        return visit

    def tighten(self, node: Node, allowed: int, iterations: int) -> Visit:
        """Return what cut rounds alone make of `node`: it is closed or bounded, not branched."""
        visit = Visit(node=node)
        status = node.status.copy()
        self._cut_rounds(visit, status, allowed, iterations, search=True)
        if visit.closing is None and not _fractional(visit.node.x):
            self._search(visit, status)
            self._close_if_reached(visit, allowed)
        visit.node = replaced(visit.node, status=status)
        return visit

    def _cut_rounds(self, visit: Visit, status: NDArray[np.int8], allowed: int, most: int, *, search: bool) -> None:
        gaps: list[float] = []
        for turn in range(most):
            if not self._round(visit, status, allowed, turn, gaps, search=search):
                break

    def _answers(self, status: NDArray[np.int8], node: Node, reach: int) -> tuple[Branch, Branch] | None:
        """Return the answers of the question that strong branching finds best."""
        found = None
        if self._value is not None:
            lead = node.bound / SCALE - reach
            found = self._strong.choose(self.relaxation, status, node, lead=lead, value=self._value)
        return found or self._branches(status, node.x, node.limits)

    def _round(
        self, visit: Visit, status: NDArray[np.int8], allowed: int, turn: int, gaps: list[float], *, search: bool
    ) -> bool:
        """Solve, close or fix, and cut once; return whether another round is worth while."""
        outcome, again = self._solve(visit, status, allowed, search=search and turn % _SEARCH_EVERY == 0)
        if outcome is None or again:
            return again
        gaps.append(visit.node.bound / SCALE - _reach(visit, allowed))
        return not _stalled(gaps) and self._cut(outcome, weed=turn % _WEED_EVERY == _WEED_EVERY - 1) > 0

    def _try_knapsacks(self, visit: Visit, status: NDArray[np.int8], allowed: int) -> None:
        """Cut by knapsack rows while that closes much of the gap; leave the relaxation without these cuts."""
        self._since_tried += 1
        if not self._knapsacks or self._since_tried <= self._trying:
            return
        gap, last = visit.node.bound / SCALE - _reach(visit, allowed), np.inf
        for _ in range(_KNAPSACK_ROUNDS):
            if gap > (1.0 - _KNAPSACK_GAIN) * last or not self._cut_knapsacks(visit.node.x):
                break
            outcome, _ = self._solve(visit, status, allowed, search=False)
            if outcome is not None and not _fractional(visit.node.x):
                self._search(visit, status)
            if outcome is None or self._close_if_reached(visit, allowed):
                break
            gap, last = visit.node.bound / SCALE - _reach(visit, allowed), gap
        self._since_tried, self._trying = 0, 2 * self._trying + 1 if visit.closing is None else 0
        if self.relaxation.drop_knapsack_cuts() and visit.closing is None:
            self._solve(visit, status, allowed, search=False)

    def _cut_knapsacks(self, x: NDArray[Any]) -> int:
        """Separate `x` from the side rows; return how many cuts were new."""
        return sum(self.relaxation.add_cuts(violated_knapsack_cuts(row, x)) for row in self._knapsacks)

    def _solve(
        self, visit: Visit, status: NDArray[np.int8], allowed: int, *, search: bool
    ) -> tuple[LpOutcome | None, bool]:
        """Solve, close or fix; return (outcome, whether columns joined), no outcome where there is no more to do."""
        if not self._propagate(visit, status):
            return None, False
        outcome = self.relaxation.solve(status, visit.node.limits, self._deadline)
        self._value = outcome.objective if outcome.state == "optimal" else None
        if outcome.state != "optimal":
            return None, outcome.state == "infeasible" and self._refute(visit, status)
        rho = self._improve(visit, status, outcome)
        if search:
            self._search(visit, status)
        if self._close_if_reached(visit, allowed):
            return None, False
        self._fix(visit, status, _reach(visit, allowed))
        if self._deadline.passed():
            return None, False
        return outcome, self.relaxation.add_columns(rho, status, _PRICED_IN) > 0

    def _close_if_reached(self, visit: Visit, allowed: int) -> bool:
        if visit.node.bound // SCALE <= _reach(visit, allowed):
            visit.closing = visit.node.prices
        return visit.closing is not None

    def _refute(self, visit: Visit, status: NDArray[np.int8]) -> bool:
        """Close an infeasible node by a ray, or let columns join that could mend it; return whether any did."""
        rays = [(ray, *self._scaled_bound(ray, status, visit.node.limits)) for ray in self.relaxation.rays()]
        if not rays:
            return False
        ray, bound, rho = min(rays, key=lambda each: each[1])
        if bound < 0:
            visit.closing = ray
            return False
        return self.relaxation.add_columns(rho, status, _PRICED_IN) > 0

    def _improve(self, visit: Visit, status: NDArray[np.int8], outcome: LpOutcome) -> NDArray[np.int64]:
        """Take the prices of a relaxation where they are better; return their reduced values."""
        node = visit.node
        prices = self.relaxation.prices(outcome)
        bound, rho = self._scaled_bound(prices, status, node.limits)
        old, _ = self._scaled_bound(node.prices, status, node.limits)
        x = np.where(status == ONE, 1.0, 0.0)
        inside, _, _ = self.relaxation.point(outcome)
        x[self.relaxation.work.columns] = np.where(status[self.relaxation.work.columns] == ZERO, 0.0, inside)
        better = bound <= old
        visit.node = replaced(node, prices=prices if better else node.prices, bound=bound if better else old, x=x)
        return rho

    def _search(self, visit: Visit, status: NDArray[np.int8]) -> None:
        limits = visit.node.limits
        work = restrict(self._problem, status, limits.low, limits.high)
        self._look_for_plan(visit, work, status, visit.node.x[work.columns])

    def _refine(self, visit: Visit, status: NDArray[np.int8], allowed: int) -> None:
        """Look for a plan by an exact subproblem over the columns in use."""
        limit = self._deadline.within(_REFINE_S)
        self._since_refined += 1
        if self._improver is None or limit.passed() or self._since_refined <= self._patience:
            return
        plan = self._improver.near(self.relaxation, status, visit.node.x, limit)
        self._since_refined, self._patience = 0, 2 * self._patience + 1
        if plan is not None and plan[1] > max(allowed, -1 if visit.plan is None else visit.plan[1]):
            self._patience = 0
            visit.plan = plan
            if visit.node.bound // SCALE <= plan[1]:
                visit.closing = visit.node.prices
            else:
                self._fix(visit, status, plan[1])

    def _cut(self, outcome: LpOutcome, *, weed: bool) -> int:
        """Separate the last solution; return how many cuts were new."""
        if weed and self.relaxation.cut_count:
            self.relaxation.weed()
        work = self.relaxation.work
        _, y, z = self.relaxation.point(outcome)
        self._separations += 1
        for effort in (1, 4):
            sets = violated_odd_sets(work.indptr, work.sites, work.weights, y, z, seed=self._separations, effort=effort)
            added = self.relaxation.add_cuts(sets)
            if added:
                return added
        return 0


def _reach(visit: Visit, allowed: int) -> int:
    """Return the value that bounds may be left at, plans of this visit included."""
    return allowed if visit.plan is None else max(allowed, visit.plan[1])


def _fractional(x: NDArray[Any]) -> bool:
    return bool(((x > _WHOLE) & (x < 1.0 - _WHOLE)).any())


def _stalled(gaps: list[float]) -> bool:
    """Return whether the last rounds closed next to nothing of the gap."""
    return len(gaps) > _STALL_ROUNDS and gaps[-1] > (1.0 - _STALL_SHARE) * gaps[-1 - _STALL_ROUNDS]
