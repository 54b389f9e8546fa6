r"""Branch and bound whose tree is its own certificate.

Best node first. A node is bounded by whatever visits it, columns are fixed by reduced value, and it is split by how
many columns of a group are chosen or by a column. Everything that closes a node or fixes a column is an integer price
set that is logged, so that a checker can repeat the argument without a solver. By first-order steps two nodes are
visited at a time, always two, so that the tree does not depend on the number of threads.

Sources: Land & Doig (1960), An automatic method of solving discrete programming problems, Econometrica 28, 497-520;
Ryan & Foster (1981) for branching on sets of columns, An integer programming approach to scheduling.
"""

from __future__ import annotations

import heapq
import logging
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from placement.progress import TREE
from placement.solve.bounds.prices import Prices
from placement.solve.deadline import Deadline
from placement.solve.plans.background import PlansBeside
from placement.solve.program.gap import within_gap
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.limits import Branch
from placement.solve.tree.node import Node, Visit, Visitor
from placement.solve.tree.tools import NOTHING_ALLOWED, Tools
from placement.values.certificate import SCALE
from placement.values.solution import Status

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tree:
    """Outcome of a branch and bound.

    Parameters
    ----------
    incumbent
        The best plan known; None if there is none.
    bound
        No plan is worth more.
    finished
        Whether every node was closed within the allowed gap.
    nodes
        Nodes visited.
    """

    incumbent: Incumbent | None
    bound: int
    finished: bool
    nodes: int

    @property
    def objective(self) -> int:
        """What the best plan is worth; 0 if there is none."""
        return 0 if self.incumbent is None else self.incumbent.value

    def proven_bound(self, gap: float, *, fixed: bool) -> int:
        """Return the bound that a log proves in which columns may have been fixed by what the asked gap allows."""
        if self.incumbent is None or gap <= 0 or not fixed:
            return self.bound
        return max(self.bound, within_gap(self.objective, gap))

    def status(self, gap: float) -> Status:
        """Return what is known of the program when the search ends."""
        if self.incumbent is None:
            return "infeasible" if self.finished else "no_solution"
        return "optimal" if self.bound <= within_gap(self.objective, gap) else "feasible"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A way of visiting nodes.

    Parameters
    ----------
    make
        Returns what visits; called when the stage begins.
    at_once
        Nodes visited at a time.
    most_nodes
        After so many nodes the next stage takes over.
    """

    make: Callable[[], Visitor]
    at_once: int
    most_nodes: int = sys.maxsize


class BranchAndBound:
    """Closes the tree of a program.

    Parameters
    ----------
    tools
        Of the run.
    until
        When to stop.
    stages
        What visits the nodes, in turn.
    without_solver
        Visits the nodes for which a stage fails.
    beside
        A search for plans that goes on meanwhile.
    """

    def __init__(
        self,
        tools: Tools,
        until: Deadline,
        stages: tuple[Stage, ...],
        *,
        without_solver: Visitor,
        beside: PlansBeside | None = None,
    ) -> None:
        self._tools, self._until, self._stages = tools, until, stages
        self._without_solver, self._beside = without_solver, beside
        self._incumbent: Incumbent | None = None
        self._proven = NOTHING_ALLOWED
        self._heap: list[tuple[int, int, Node]] = []
        self._visited, self._effort = 0, 0

    def run(self, root: Node, incumbent: Incumbent | None) -> Tree:
        """Return the outcome, starting from a root node and, where there is one, a plan."""
        self._incumbent = incumbent
        self._heap = [(-root.bound, root.number, root)]
        if incumbent is not None and self._beside is not None and root.bound // SCALE > self.allowed():
            self._beside.begin(incumbent)
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
        unit = self._tools.reduced.value_unit
        bound = self._proven // unit * unit
        bound = bound if self._incumbent is None else max(bound, self._incumbent.value)
        return Tree(incumbent=self._incumbent, bound=bound, finished=finished, nodes=self._visited)

    def _goes_on(self) -> bool:
        self._tools.log.look_ahead(len(self._heap))
        return bool(self._heap) and not self._until.passed()

    def _run_stage(self, stage: Stage) -> None:
        visitor, first = self._made(stage), self._visited

        def visited(job: tuple[Node, int]) -> Visit:
            """Return what comes of a node; its turn in the stage decides how hard to look."""
            node, turn = job[0], job[1] - first
            try:
                return visitor.visit(node, self.allowed(), turn)
            except Exception as error:  # noqa: BLE001 -- whatever a solver does, the tree goes on without it
                _LOG.warning("a node is visited without the simplex method: %s", error)
                return self._without_solver.visit(node, self.allowed(), turn)

        with ThreadPoolExecutor(min(self._tools.threads, stage.at_once)) as executor:
            while self._goes_on() and self._visited - first < stage.most_nodes:
                jobs = self._next_nodes(stage.at_once)
                self._absorb([node for node, _ in jobs], list(executor.map(visited, jobs)))
                if self._beside is not None and self._heap:
                    self._take(self._beside.after(self._effort))

    def _made(self, stage: Stage) -> Visitor:
        try:
            return stage.make()
        except Exception as error:  # noqa: BLE001 -- whatever a solver does, the tree goes on without it
            _LOG.warning("nodes are visited without the simplex method: %s", error)
            return self._without_solver

    def allowed(self) -> int:
        """Return the value that bounds may be left at."""
        return self._tools.allowed(self._incumbent)

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
        if self._incumbent is None:
            at = max(range(len(self._heap)), key=lambda k: self._heap[k][1])
            self._heap[at], self._heap[-1] = self._heap[-1], self._heap[at]
            node = self._heap.pop()[2]
            heapq.heapify(self._heap)
            return node
        return heapq.heappop(self._heap)[2]

    def _push(self, node: Node) -> None:
        heapq.heappush(self._heap, (-node.bound, node.number, node))

    def _absorb(self, nodes: list[Node], visits: list[Visit]) -> None:
        """Take up what came of visits; a node whose evidence cannot be sealed in time any more stays as it was."""
        for visit in visits:
            self._effort += visit.effort
            self._take(visit.incumbent)
        for before, visit in zip(nodes, visits, strict=True):
            node = visit.node
            if not self._tools.seals_in_time(visit.fixings):
                self._push(before)
                continue
            for prices, columns, values in visit.fixings:
                self._tools.log.add_fixing(node.number, prices, node.domain.limits, columns, values)
            if visit.closing is not None:
                self._close(node, visit.closing, None)
            elif visit.branches is None:
                self._push(node)
            else:
                for branch in visit.branches:
                    self._push(self._child(node, branch))
        self._tell()

    def _tell(self) -> None:
        if self._heap:
            self._tools.tell(TREE, self._incumbent, -self._heap[0][0])

    def _take(self, incumbent: Incumbent | None) -> None:
        """Keep a plan if it is the best."""
        self._incumbent = incumbent if self._incumbent is None else self._incumbent.or_better(incumbent)

    def _close(self, node: Node, prices: Prices, bound: int | None) -> None:
        """Log a leaf; a leaf that is no ray adds its bound to what is proven."""
        self._tools.log.add_leaf(node.number, prices, node.domain.limits)
        if prices.objective:
            if bound is None:
                bound, _ = self._tools.bound(prices, node.domain)
            self._proven = max(self._proven, bound // SCALE)

    def _child(self, parent: Node, branch: Branch) -> Node:
        number = self._tools.log.add_node(parent.number, branch)
        domain = parent.domain.branched(self._tools.problem, branch, number)
        bound, _ = self._tools.bound(parent.prices, domain)
        return Node(number=number, bound=min(bound, parent.bound), domain=domain, prices=parent.prices, x=parent.x)
