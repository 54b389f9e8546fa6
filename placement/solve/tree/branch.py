r"""Branch and bound whose tree is its own certificate.

Best node first. A node is bounded by the first-order method on the program that is left there, columns are fixed by
reduced value, and it is split by how many columns of a group are chosen or by a column. Everything that closes a node
or fixes a column is an integer price set that is logged, so that a checker can repeat the argument without a solver.
Two nodes are visited at a time, always two, so that the tree does not depend on the number of threads.

Sources: Land & Doig (1960), An automatic method of solving discrete programming problems, Econometrica 28, 497-520;
Ryan & Foster (1981) for branching on sets of columns, An integer programming approach to scheduling.
"""

from __future__ import annotations

import heapq
import logging
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.solve.bounds.prices import Prices, scaled_bound
from placement.solve.cuts.arrays import NO_CUTS
from placement.solve.cuts.pool import CutPool
from placement.solve.deadline import Deadline
from placement.solve.plans.background import PlansBeside
from placement.solve.program.gap import within_gap
from placement.solve.program.limits import Branch, Limits
from placement.solve.program.problem import ONE, ZERO, Problem
from placement.solve.tree.node import NOTHING_ALLOWED, Node, Visit, Visitor
from placement.solve.tree.proof import ProofLog
from placement.values.certificate import SCALE
from placement.values.program import BoolArray, IntArray
from placement.values.solution import Status

_LOG = logging.getLogger(__name__)
_AT_ONCE = 2
_ROOT_ITERATIONS = 3000
_NODE_ITERATIONS = 400
_ALWAYS_SEARCH = 20
_SEARCH_EVERY = 10


@dataclass(frozen=True, kw_only=True, eq=False)
class Tree:
    """Outcome of a branch and bound.

    Parameters
    ----------
    plan, objective
        The best plan known; None and 0 if there is none.
    bound
        No plan is worth more.
    finished
        Whether every node was closed within the allowed gap.
    nodes
        Nodes visited.
    """

    plan: BoolArray | None
    objective: int
    bound: int
    finished: bool
    nodes: int


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A way of visiting nodes.

    Parameters
    ----------
    make
        Returns what visits; called when the stage begins.
    at_once
        Nodes visited at a time.
    iterations
        Work allowed at the first node and at others, in the visitor's own measure.
    most_nodes
        After so many nodes the next stage takes over.
    """

    make: Callable[[], Visitor]
    at_once: int = _AT_ONCE
    iterations: tuple[int, int] = (_ROOT_ITERATIONS, _NODE_ITERATIONS)
    most_nodes: int = sys.maxsize


class BranchAndBound:
    """Closes the tree of a problem.

    Parameters
    ----------
    problem, log, pool
        The program, where evidence goes, and the cuts that evidence refers to.
    stages
        What visits the nodes, in turn.
    gap
        Share of the bound that may stay open.
    deadline
        When to stop.
    threads
        Threads that visit nodes.
    without_solver
        Visits the nodes for which a stage fails.
    progress
        Called with the stage and the gap so far.
    beside
        A search for plans that goes on meanwhile.
    """

    def __init__(
        self,
        problem: Problem,
        log: ProofLog,
        pool: CutPool,
        stages: tuple[Stage, ...],
        *,
        gap: float,
        deadline: Deadline,
        threads: int,
        without_solver: Visitor,
        progress: Callable[[str, float], None] | None = None,
        beside: PlansBeside | None = None,
    ) -> None:
        self._problem, self._log, self._pool, self._stages = problem, log, pool, stages
        self._gap, self._deadline, self._threads = gap, deadline, threads
        self._progress, self._beside = progress, beside
        self._without_solver = without_solver
        self._plan: BoolArray | None = None
        self._objective = NOTHING_ALLOWED
        self._proven = NOTHING_ALLOWED
        self._heap: list[tuple[int, int, Node]] = []
        self._visited = 0

    def run(self, root: Node, plan: tuple[BoolArray, int] | None) -> Tree:
        """Return the outcome, starting from a root node and, where there is one, a plan with its value."""
        if plan is not None:
            self._plan, self._objective = plan
        self._heap = [(-root.bound, root.number, root)]
        if plan is not None and self._beside is not None and root.bound // SCALE > self.allowed():
            self._beside.begin(plan)
        try:
            for stage in self._stages:
                if self._goes_on():
                    self._run_stage(stage)
        finally:
            last = None if self._beside is None else self._beside.end()
        if self._heap:
            self._take(last)
        finished = not self._heap
        for _, _, node in self._heap:
            self._close(node, node.prices, node.bound)
        return Tree(
            plan=self._plan,
            objective=self._objective if self._plan is not None else 0,
            bound=max(self._proven, self._objective),
            finished=finished,
            nodes=self._visited,
        )

    def _goes_on(self) -> bool:
        return bool(self._heap) and not self._deadline.passed(margin_s=self._log.seconds_to_seal())

    def _run_stage(self, stage: Stage) -> None:
        visitor, first = self._made(stage), self._visited

        def visited(job: tuple[Node, int]) -> Visit:
            """Return what comes of a node; its turn in the stage decides how hard to look."""
            node, turn = job[0], job[1] - first
            options: dict[str, Any] = {
                "iterations": stage.iterations[1 if turn else 0],
                "search": turn < _ALWAYS_SEARCH or turn % _SEARCH_EVERY == 0,
            }
            try:
                return visitor.visit(node, self.allowed(), **options)
            except Exception as error:  # noqa: BLE001 -- whatever a solver does, the tree goes on without it
                _LOG.warning("a node is visited without the simplex method: %s", error)
                return self._without_solver.visit(node, self.allowed(), **{**options, "iterations": _NODE_ITERATIONS})

        with ThreadPoolExecutor(min(self._threads, stage.at_once)) as executor:
            while self._goes_on() and self._visited - first < stage.most_nodes:
                self._absorb(list(executor.map(visited, self._next_nodes(stage.at_once))))
                if self._beside is not None and self._heap:
                    self._take(self._beside.after(visitor.effort))

    def _made(self, stage: Stage) -> Visitor:
        try:
            return stage.make()
        except Exception as error:  # noqa: BLE001 -- whatever a solver does, the tree goes on without it
            _LOG.warning("nodes are visited without the simplex method: %s", error)
            return self._without_solver

    def allowed(self) -> int:
        """Return the value that bounds may be left at."""
        if self._plan is None:
            return NOTHING_ALLOWED
        return max(self._objective, within_gap(self._objective, self._gap))

    def _next_nodes(self, at_once: int) -> list[tuple[Node, int]]:
        nodes: list[tuple[Node, int]] = []
        while self._heap and len(nodes) < at_once:
            node = self._pop()
            if node.bound // SCALE <= self.allowed():
                self._close(node, node.prices, node.bound)
            else:
                nodes.append((node, self._visited))
                self._visited += 1
        return nodes

    def _pop(self) -> Node:
        """Take the node of the highest bound; the newest while no plan is known, to come down to one soon."""
        if self._plan is None:
            at = max(range(len(self._heap)), key=lambda k: self._heap[k][1])
            self._heap[at], self._heap[-1] = self._heap[-1], self._heap[at]
            node = self._heap.pop()[2]
            heapq.heapify(self._heap)
            return node
        return heapq.heappop(self._heap)[2]

    def _absorb(self, visits: list[Visit]) -> None:
        for visit in visits:
            self._take(visit.plan)
        for visit in visits:
            node = visit.node
            self._log_fixings(visit)
            if visit.closing is not None:
                self._close(node, visit.closing, None)
            elif visit.branches is None:
                heapq.heappush(self._heap, (-node.bound, node.number, node))
            else:
                for branch in visit.branches:
                    child = self._child(node, branch)
                    heapq.heappush(self._heap, (-child.bound, child.number, child))
        if self._progress is not None and self._heap:
            bound = max(-self._heap[0][0] // SCALE, 1)
            self._progress("branch and bound", max(0.0, (bound - self._objective) / bound))

    def _take(self, plan: tuple[BoolArray, int] | None) -> None:
        """Keep a plan if it is the best."""
        if plan is not None and plan[1] > self._objective:
            self._plan, self._objective = plan

    def _log_fixings(self, visit: Visit) -> None:
        node = visit.node
        for prices, columns, values in visit.fixings:
            self._log.add_fixing(node.number, prices, node.limits, columns, values)

    def _close(self, node: Node, prices: Prices, bound: int | None) -> None:
        """Log a leaf; a leaf that is no ray adds its bound to what is proven."""
        self._log.add_leaf(node.number, prices, node.limits)
        if prices.objective:
            if bound is None:
                bound, _ = scaled_bound(
                    self._problem, self._pool.cuts(), prices, node.status, node.limits.low, node.limits.high
                )
            self._proven = max(self._proven, bound // SCALE)

    def _bound(self, prices: Prices, status: NDArray[np.int8], limits: Limits) -> tuple[int, IntArray]:
        return scaled_bound(self._problem, self._pool.cuts(), prices, status, limits.low, limits.high)

    def _child(self, parent: Node, branch: Branch) -> Node:
        number = self._log.add_node(parent.number, branch)
        status, limits = parent.status, parent.limits
        if branch.group:
            limits = _narrowed(limits, self._problem.n_linear + branch.index, branch, number)
        else:
            status = status.copy()
            status[branch.index] = ONE if branch.value else ZERO
        bound, _ = self._bound(parent.prices, status, limits)
        return Node(
            number=number,
            bound=min(bound, parent.bound),
            status=status,
            limits=limits,
            prices=parent.prices,
            x=parent.x,
        )


def proven_bound(tree: Tree, gap: float, *, fixed: bool) -> int:
    """Return the bound that a log proves in which columns may have been fixed by what the asked gap allows."""
    if tree.plan is None or gap <= 0 or not fixed:
        return tree.bound
    return max(tree.bound, within_gap(tree.objective, gap))


def status_of(tree: Tree, gap: float) -> Status:
    """Return what is known of the program when the search ends."""
    if tree.plan is None:
        return "infeasible" if tree.finished else "no_solution"
    return "optimal" if tree.bound <= max(tree.objective, within_gap(tree.objective, gap)) else "feasible"


def _narrowed(limits: Limits, row: int, branch: Branch, number: int) -> Limits:
    if branch.value == 0:
        high, high_node = limits.high.copy(), limits.high_node.copy()
        high[row] = branch.limit
        high_node[_group(limits, row)] = number
        return replace(limits, high=high, high_node=high_node)
    low, low_node = limits.low.copy(), limits.low_node.copy()
    low[row] = branch.limit + 1
    low_node[_group(limits, row)] = number
    return replace(limits, low=low, low_node=low_node)


def _group(limits: Limits, row: int) -> int:
    return row - (limits.low.size - limits.low_node.size)


def root_limits(problem: Problem) -> Limits:
    """Return the limits of the program itself."""
    nobody = np.full(problem.low.size - problem.n_linear, -1, dtype=np.int64)
    return Limits(low=problem.low, high=problem.high, low_node=nobody, high_node=nobody)


def root_node(problem: Problem) -> Node:
    """Return the root with the trivial prices: everything coverable is covered."""
    prices = Prices(
        objective=1,
        rows=np.zeros(problem.covers.weights.size, dtype=np.int64),
        cuts=np.empty(0, dtype=np.int64),
        theta=np.zeros(problem.low.size, dtype=np.int64),
        phi=np.zeros(problem.floors.minimum.size, dtype=np.int64),
    )
    limits = root_limits(problem)
    bound, _ = scaled_bound(problem, NO_CUTS, prices, problem.status, limits.low, limits.high)
    return Node(
        number=0, bound=bound, status=problem.status, limits=limits, prices=prices, x=np.zeros(problem.n_columns)
    )
