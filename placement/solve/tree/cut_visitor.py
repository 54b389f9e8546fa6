"""Visits nodes with the simplex method on a relaxation that cuts tighten from node to node.

Odd-set cuts stay in the relaxation and tighten all nodes. Knapsack cuts are tried last, to close a node or to fix more
of it, and are taken out again before it is branched: with them in, what is fractional is no longer how many columns of
a group are chosen but single columns, whose branches say less, and trees grow although the bound of the root falls.
Where tries close nothing they become rarer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.solve.backends.highs import LpOutcome
from placement.solve.cuts.bases import FloorBases, money_bases
from placement.solve.cuts.knapsack import KnapsackRow, violated_knapsack_cuts
from placement.solve.cuts.separation import violated_odd_sets
from placement.solve.deadline import Deadline
from placement.solve.lp.relaxation import CutRelaxation
from placement.solve.plans.population import Improver
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.limits import Branch
from placement.solve.program.problem import ONE, ZERO
from placement.solve.tree.node import Node, Visit, is_searched
from placement.solve.tree.questions import simple_question
from placement.solve.tree.strong import StrongBranching
from placement.solve.tree.tools import NOTHING_ALLOWED, Tools
from placement.values.arrays import IntArray
from placement.values.certificate import SCALE


@dataclass
class Tries:
    """Something dear that is done at some nodes: the more often in vain, the rarer.

    Parameters
    ----------
    wait
        Nodes that pass before the first try.
    """

    wait: int
    _since: int = 0

    def is_due(self) -> bool:
        """Count a node, and return whether it is one of those."""
        self._since += 1
        return self._since > self.wait

    def tried(self, *, in_vain: bool) -> None:
        """Say how it went."""
        self._since, self.wait = 0, 2 * self.wait + 1 if in_vain else 0


class CutVisitor:
    """Visits nodes at or below the one whose restricted program `relaxation` holds, one at a time.

    What it has learnt helps at later nodes: cuts, which are valid everywhere, what branching did, how tries went.

    Parameters
    ----------
    tools
        Of the run.
    until
        When visits stop early.
    relaxation
        The relaxation; it keeps the cuts found at every node.
    improver
        Solves small exact subproblems near a point; None: plans are only rounded.
    """

    def __init__(self, tools: Tools, until: Deadline, *, relaxation: CutRelaxation, improver: Improver | None) -> None:
        self._tools, self._until, self._settings = tools, until, tools.settings.simplex
        self.relaxation, self._improver = relaxation, improver
        self._knapsacks = [KnapsackRow.of(tools.problem, base) for base in money_bases(tools.problem)]
        self._floors = FloorBases(tools.problem, tools.settings.cuts)
        self._knapsack_tries = Tries(wait=0)
        self._refining = Tries(wait=self._settings.refine_after if tools.finder.packing else 0)
        self._separations = 0
        self._strong = StrongBranching(tools, until)

    def visit(self, node: Node, allowed: int, turn: int) -> Visit:
        """Return what comes of `node`; see :class:`~placement.solve.tree.node.Visitor`."""
        root, search = self._tools.settings.root, is_searched(self._tools.settings.tree, turn)
        visit, before = Visit(node=node), self.relaxation.effort
        self._cut_rounds(visit, allowed, root.node_cut_rounds if turn else root.cut_rounds, search=search)
        if visit.closing is None and visit.value is not None:
            self._try_knapsacks(visit, allowed)
        self._close_if_whole(visit, allowed)
        if search and visit.closing is None:
            self._refine(visit, allowed)
        if visit.closing is None and not self._until.passed():
            visit.branches = self._answers(visit, allowed)
        visit.effort = self.relaxation.effort - before
        return visit

    def tighten(self, node: Node, allowed: int, rounds: int) -> Visit:
        """Return what so many cut rounds alone make of `node`: it is closed or bounded, not branched."""
        visit = Visit(node=node)
        self._cut_rounds(visit, allowed, rounds, search=True)
        self._close_if_whole(visit, allowed)
        return visit

    def _close_if_whole(self, visit: Visit, allowed: int) -> None:
        """Take a point without fractions for a plan; close the node if that is worth its bound."""
        if visit.closing is None and not self._is_fractional(visit.node.x):
            self._search(visit)
            visit.close_if_reached(allowed)

    def _cut_rounds(self, visit: Visit, allowed: int, most: int, *, search: bool) -> None:
        gaps: list[float] = []
        for turn in range(most):
            if not self._round(visit, allowed, turn, gaps, search=search):
                break

    def _answers(self, visit: Visit, allowed: int) -> tuple[Branch, Branch] | None:
        """Return the answers of the question that strong branching finds best."""
        found = None
        if visit.value is not None:
            lead = _lead(visit, allowed)
            found = self._strong.choose(self.relaxation, visit.node, lead=lead, value=visit.value)
        return found or simple_question(self._tools, visit.node)

    def _round(self, visit: Visit, allowed: int, turn: int, gaps: list[float], *, search: bool) -> bool:
        """Solve, close or fix, and cut once; return whether another round is worth while."""
        weed_every = self._tools.settings.cuts.weed_every
        outcome, again = self._solve(visit, allowed, search=search and turn % self._settings.search_every == 0)
        if outcome is None or again:
            return again
        gaps.append(_lead(visit, allowed))
        return not self._is_stalled(gaps) and self._cut(visit, outcome, weed=turn % weed_every == weed_every - 1) > 0

    def _is_stalled(self, gaps: list[float]) -> bool:
        """Return whether the last rounds closed next to nothing of the gap."""
        rounds, share = self._settings.stall_rounds, self._settings.stall_share
        return len(gaps) > rounds and gaps[-1] > (1.0 - share) * gaps[-1 - rounds]

    def _is_fractional(self, x: NDArray[Any]) -> bool:
        whole = self._tools.settings.cuts.whole
        return bool(((x > whole) & (x < 1.0 - whole)).any())

    def _try_knapsacks(self, visit: Visit, allowed: int) -> None:
        """Cut by knapsack rows while that closes much of the gap; leave the relaxation without these cuts."""
        if not self._knapsack_tries.is_due() or not self._knapsacks:
            return
        gap, last = _lead(visit, allowed), np.inf
        for _ in range(self._settings.knapsack_rounds):
            if gap > (1.0 - self._settings.knapsack_gain) * last or not self._cut_knapsacks(visit.node.x):
                break
            outcome, _ = self._solve(visit, allowed, search=False)
            if outcome is not None and not self._is_fractional(visit.node.x):
                self._search(visit)
            if outcome is None or visit.close_if_reached(allowed):
                break
            gap, last = _lead(visit, allowed), gap
        self._knapsack_tries.tried(in_vain=visit.closing is None)
        if self.relaxation.drop_money_cuts() and visit.closing is None:
            self._solve(visit, allowed, search=False)

    def _cut_knapsacks(self, x: NDArray[Any]) -> int:
        """Separate `x` from the side rows; return how many cuts were new."""
        cuts = self._tools.settings.cuts
        return sum(self.relaxation.add_cuts(violated_knapsack_cuts(row, x, cuts)) for row in self._knapsacks)

    def _solve(self, visit: Visit, allowed: int, *, search: bool) -> tuple[LpOutcome | None, bool]:
        """Solve, close or fix; return (outcome, whether columns joined), no outcome where there is no more to do."""
        if not visit.propagate(self._tools):
            return None, False
        outcome = self.relaxation.solve(visit.node.domain, self._until)
        visit.value = outcome.objective if outcome.state == "optimal" else None
        if outcome.state != "optimal":
            return None, outcome.state == "infeasible" and self._refute(visit)
        rho = self._improve(visit, outcome)
        if search:
            self._search(visit)
        if visit.close_if_reached(allowed):
            return None, False
        visit.fix(self._tools, visit.reach(allowed))
        if self._until.passed():
            return None, False
        return outcome, self._price_in(visit, rho)

    def _price_in(self, visit: Visit, rho: IntArray) -> bool:
        """Let columns of positive reduced value join the relaxation; return whether any did."""
        return self.relaxation.add_columns(rho, visit.node.domain, self._settings.priced_in) > 0

    def _refute(self, visit: Visit) -> bool:
        """Close an infeasible node by a ray, or let columns join that could mend it; return whether any did."""
        rays = [(ray, *self._tools.bound(ray, visit.node.domain)) for ray in self.relaxation.rays()]
        if not rays:
            return False
        ray, bound, rho = min(rays, key=lambda each: each[1])
        if bound < 0:
            visit.closing = ray
            return False
        return self._price_in(visit, rho)

    def _improve(self, visit: Visit, outcome: LpOutcome) -> IntArray:
        """Take the prices of a relaxation where they are better; return their reduced values."""
        node, status = visit.node, visit.node.domain.status
        prices = self.relaxation.prices(outcome)
        bound, rho = self._tools.bound(prices, node.domain)
        old, _ = self._tools.bound(node.prices, node.domain)
        x = np.where(status == ONE, 1.0, 0.0)
        inside, _, _ = self.relaxation.point(outcome)
        x[self.relaxation.work.columns] = np.where(status[self.relaxation.work.columns] == ZERO, 0.0, inside)
        better = bound <= old
        visit.node = replace(node, prices=prices if better else node.prices, bound=bound if better else old, x=x)
        return rho

    def _search(self, visit: Visit) -> None:
        visit.look_for_plan(self._tools, visit.node.domain.restricted(self._tools.problem))

    def _refine(self, visit: Visit, allowed: int) -> None:
        """Look for a plan by an exact subproblem over the columns in use, or in doubt where plans are rare."""
        settings = self._settings
        limit = self._until.within(settings.first_plan_s if allowed == NOTHING_ALLOWED else settings.refine_s)
        if not self._refining.is_due() or self._improver is None or limit.passed():
            return
        plan = self._refined(visit, self._improver, limit)
        least = max(allowed, NOTHING_ALLOWED if visit.incumbent is None else visit.incumbent.value)
        better = plan is not None and plan.value > least
        self._refining.tried(in_vain=not better)
        if plan is not None and better:
            visit.incumbent = plan
            if visit.node.bound // SCALE <= plan.value:
                visit.closing = visit.node.prices
            else:
                visit.fix(self._tools, plan.value)

    def _refined(self, visit: Visit, improver: Improver, limit: Deadline) -> Incumbent | None:
        """Return the best plan over the columns in use, or, where plans are rare, over those in doubt, few first."""
        node = visit.node
        if self._tools.finder.packing:
            return improver.near(self.relaxation, node.domain, node.x, limit)
        if visit.incumbent is not None:
            improver.know(visit.incumbent)
        _, rho = self._tools.bound(node.prices, node.domain)
        tries = (improver.in_doubt(node.domain, node.x, rho, count, limit) for count in improver.settings.doubtful)
        return next((plan for plan in tries if plan is not None), None)

    def _cut(self, visit: Visit, outcome: LpOutcome, *, weed: bool) -> int:
        """Separate the last solution; return how many cuts were new."""
        if weed and self.relaxation.cut_count:
            self.relaxation.weed()
        return self._cut_floors(visit.node.x) + self._cut_odd_sets(outcome)

    def _cut_floors(self, x: NDArray[Any]) -> int:
        """Separate `x` from what floors say about whole stations; return how many cuts were new."""
        problem, cuts = self._tools.problem, self._tools.settings.cuts
        rows = (KnapsackRow.of(problem, base) for base in self._floors.near(x))
        return sum(self.relaxation.add_cuts(violated_knapsack_cuts(row, x, cuts)) for row in rows if row.limit < 0)

    def _cut_odd_sets(self, outcome: LpOutcome) -> int:
        work, cuts = self.relaxation.work, self._tools.settings.cuts
        _, y, z = self.relaxation.point(outcome)
        self._separations += 1
        for effort in self._settings.efforts:
            sets = violated_odd_sets(
                work.indptr, work.sites, work.weights, y, z, seed=self._separations, effort=effort, settings=cuts
            )
            added = self.relaxation.add_cuts(sets)
            if added:
                return added
        return 0


def _lead(visit: Visit, allowed: int) -> float:
    """Return how far the bound is above the value at which the node is closed."""
    return visit.node.bound / SCALE - visit.reach(allowed)
