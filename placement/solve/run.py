"""The stages of a run: dominated columns, root bound, plans, cuts or branching, and the proof of it all.

Programs with few columns are branched at once, by first-order steps as long as nodes are few, then by simplex steps
with cuts and strong branching. Where columns are many the root is cut while a better plan is looked for within the
columns whose reduced value is close to what is needed; then refixing, more cuts, and branching on the relaxation with
cuts. Where the simplex method would not come to an end, nearly all of the time goes into the root (`large_root`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.solve.bounds.prices import scaled_bound
from placement.solve.cuts.pool import CutPool
from placement.solve.deadline import Deadline
from placement.solve.large_root import LargeRoot
from placement.solve.lp.relaxation import CutRelaxation
from placement.solve.plans.background import PlansBeside
from placement.solve.plans.population import Improver
from placement.solve.plans.value import Finder
from placement.solve.program.dominate import dominated_columns, without
from placement.solve.program.gap import within_gap
from placement.solve.program.problem import FREE, build_problem
from placement.solve.program.reduced import ReducedProgram
from placement.solve.program.restrict import restrict
from placement.solve.tree.branch import BranchAndBound, Stage, Tree, proven_bound, root_node, status_of
from placement.solve.tree.cut_visitor import CutVisitor
from placement.solve.tree.node import NOTHING_ALLOWED, Node, Visit, Visitor
from placement.solve.tree.proof import ProofLog
from placement.values import Solution
from placement.values.certificate import SCALE
from placement.values.program import BoolArray, IntArray
from placement.version import __version__

_LOG = logging.getLogger(__name__)

_MANY_COLUMNS = 250
"""Programs with more columns get plans and cuts before branching."""

_SOLVER_SHARE = 0.4
"""Share of the time left that HiGHS gets where no plan was found at the root."""

_LEAST_PROOF_S = 5.0
"""Seconds that the own tree gets at least for a program that HiGHS has solved."""

_ROOT_SHARE = 0.5
"""Share of the time left after which the root's first bound makes room for plans."""

_ROOT_ITERATIONS = 3000
_REFIX_ITERATIONS = 50
_CORE_SHARE = 0.1
"""Columns whose reduced value is this far below 0, as a share of the gap, are no longer looked at for plans."""

_PLAN_SHARE, _LARGE_PLAN_SHARE = 0.3, 0.95
_LARGE_ENTRIES = 300_000
"""Cover entries from which nodes are too dear to be worth branching on; plan and root bound get the time."""

_QUICK_ENTRIES = 2_000_000_000
_PLAN_EPOCHS = 6
_SIMPLEX_ROWS, _SIMPLEX_ENTRIES = 12_000, 280_000
"""Rows and cover entries of a restricted program up to which the simplex method comes to an end in good time."""

_CORE_COLUMNS = 400
_PATIENCE, _SHORT_PATIENCE = 20_000, 150
"""Nodes that first-order steps may visit where simplex steps fit too; fewer where side rows make plans rare."""

_ROOT_CUT_ROUNDS = 200
_FIRST_CUT_ROUNDS = 24
"""Cut rounds beside the search for plans: enough to close what is easy, few where a better plan fixes much of it."""

_NODE_CUT_ROUNDS = 8


class Run:
    """One run of the engine on a reduced program; parameters as in :func:`placement.solve.maximise_coverage`."""

    def __init__(
        self,
        reduced: ReducedProgram,
        *,
        gap: float,
        deadline: Deadline,
        seed: int,
        threads: int,
        progress: Callable[[str, float], None] | None,
    ) -> None:
        self._reduced = reduced
        problem = build_problem(reduced)
        self._dominated = dominated_columns(problem)
        self._problem = without(problem, self._dominated)
        self._pool = CutPool(problem.covers)
        self._log = ProofLog(self._problem)
        self._finder = Finder(self._problem, deadline)
        self._visitor = Visitor(self._problem, self._finder, deadline, self._pool)
        self._gap, self._deadline, self._seed, self._threads = gap, deadline, seed, threads
        self._progress = progress
        self._improver: Improver | None = None
        self._first_cuts: CutRelaxation | None = None
        self.by_solver: Solution | None = None

    def tree(self, timings: dict[str, float]) -> Tree:
        """Bound the root, look for plans where columns are many, and close the tree."""
        root, plan = root_node(self._problem), None
        begun = time.perf_counter()
        if root.status.size > _MANY_COLUMNS:
            root, plan = self._wide_root(root, timings)
        elif self._finder.packing:
            plan = self._greedy(root)
        simplex = self._simplex_fits(root)
        hard = root.status.size > _MANY_COLUMNS or self._problem.floors.minimum.size > 0
        if plan is None and not self._finder.packing and hard and not simplex:
            root, plan = self._ask_solver(root, timings)
        begun = time.perf_counter()
        search = BranchAndBound(
            self._problem,
            self._log,
            self._pool,
            self._stages(root, simplex=simplex),
            **self._options(),
            without_solver=self._visitor,
            beside=self._plans_beside(root, plan) if simplex else None,
        )
        tree = search.run(root, plan)
        timings["tree"] = time.perf_counter() - begun
        return tree

    def _plans_beside(self, root: Node, plan: tuple[BoolArray, int] | None) -> PlansBeside | None:
        """Return the search for plans that goes on while the tree is searched, if there was one at the root.

        It looks at fewer columns than the first one, since cuts have told many of them apart.
        """
        if self._improver is None or plan is None or not self._one_at_a_time(root):
            return None
        narrowed = self._improver.narrowed(root.status, root.limits, self._core_at(root, plan))
        return PlansBeside(narrowed, self._deadline, self._threads)

    def _ask_solver(self, root: Node, timings: dict[str, float]) -> tuple[Node, tuple[BoolArray, int] | None]:
        """Where floors or equalities keep rounding from any plan, take one from HiGHS and fix with it.

        Its plan is recounted in integers; its bound is kept in `by_solver`, for a run that can prove no better.
        """
        begun = time.perf_counter()
        if self._deadline.interrupted:
            return root, None
        self.by_solver = self._solved(_SOLVER_SHARE * self._deadline.left_s())
        timings["solver"] = time.perf_counter() - begun
        if self.by_solver is None or self.by_solver.status not in {"optimal", "feasible"}:
            return root, None
        if self.by_solver.status == "optimal":
            # What is settled already is worth a certificate, but not the whole time limit.
            self._deadline = self._deadline.within(max(_LEAST_PROOF_S, timings["solver"]))
            self._visitor = Visitor(self._problem, self._finder, self._deadline, self._pool)
        plan = (np.array(self.by_solver.chosen), self.by_solver.objective)
        return self._visit_root(self._visitor, root, plan, _REFIX_ITERATIONS)

    def _solved(self, time_limit_s: float) -> Solution | None:
        from placement.solve.backends.milp import solve_milp  # noqa: PLC0415 -- loads pulp

        try:
            return solve_milp(
                self._reduced.program,
                backend="highs",
                gap=self._gap,
                time_limit_s=max(time_limit_s, 0.1),
                seed=self._seed,
                threads=self._threads,
            )
        except Exception as error:  # noqa: BLE001 -- whatever a solver does, the engine goes on without it
            _LOG.warning("HiGHS is of no help: %s", error)
            return None

    def _options(self) -> dict[str, Any]:
        return {
            "gap": self._gap,
            "deadline": self._deadline,
            "threads": self._threads,
            "progress": self._progress,
        }

    def _greedy(self, root: Node) -> tuple[BoolArray, int] | None:
        """Return a plan by greedy adding and swaps, in milliseconds, so that the first bound has something to beat."""
        work = restrict(self._problem, root.status, root.limits.low, root.limits.high)
        return self._finder.from_point(work, root.status, np.zeros(work.columns.size))

    def _wide_root(self, root: Node, timings: dict[str, float]) -> tuple[Node, tuple[BoolArray, int] | None]:
        """Bound the root, improve the plan on what is left, and fix again."""
        begun = time.perf_counter()
        large = self._problem.covers.sites.size > _LARGE_ENTRIES and not self._simplex_fits(root)
        iterations = _QUICK_ENTRIES // self._problem.covers.sites.size if large else _ROOT_ITERATIONS
        soon = self._deadline.within(_ROOT_SHARE * self._deadline.left_s())
        visitor = Visitor(self._problem, self._finder, soon, self._pool)
        root, plan = self._visit_root(visitor, root, None, iterations)
        timings["root"] = time.perf_counter() - begun
        if plan is None or root.bound // SCALE <= within_gap(plan[1], self._gap):
            return root, plan
        easy = (root.status == FREE).sum() <= _MANY_COLUMNS or not self._finder.packing
        if easy and not large:
            return root, plan
        begun = time.perf_counter()
        root, plan = self._better_root(root, plan, large=large)
        timings["plans"] = time.perf_counter() - begun
        return self._visit_root(self._visitor, root, plan, _REFIX_ITERATIONS)

    def _better_root(
        self, root: Node, plan: tuple[BoolArray, int], *, large: bool
    ) -> tuple[Node, tuple[BoolArray, int]]:
        """Improve the plan, and, where nodes are too dear to be worth branching on, the bound with it."""
        until = self._deadline.within((_LARGE_PLAN_SHARE if large else _PLAN_SHARE) * self._deadline.left_s())
        if large:
            ground = LargeRoot(
                problem=self._problem,
                finder=self._finder,
                pool=self._pool,
                gap=self._gap,
                visit_root=self._visit_root,
                fix_root=self._fix_root,
                improver_at=self._improver_at,
                small_enough=self._small_enough,
            )
            return ground.polish(root, plan, until)
        improver = self._improver_at(root, plan, threads=2)
        if not self._simplex_fits(root):
            return root, improver.improve(plan, until, epochs=_PLAN_EPOCHS)
        return self._cut_beside(root, plan, improver, until)

    def _improver_at(self, root: Node, plan: tuple[BoolArray, int], *, threads: int = 1) -> Improver:
        """Return what improves plans within the core of the root; it goes on from the plans of the last one."""
        core = self._core_at(root, plan)
        if self._improver is None:
            self._improver = Improver(self._problem, root.status, root.limits, core, self._seed, threads)
        else:
            self._improver = self._improver.narrowed(root.status, root.limits, core)
        return self._improver

    def _core_at(self, root: Node, plan: tuple[BoolArray, int]) -> BoolArray:
        """Return the columns whose reduced value at the root is close to what is needed."""
        _, rho = scaled_bound(
            self._problem, self._pool.cuts(), root.prices, root.status, root.limits.low, root.limits.high
        )
        return np.asarray(rho / SCALE > -_CORE_SHARE * (root.bound / SCALE - plan[1]))

    def _cut_beside(
        self, root: Node, plan: tuple[BoolArray, int], improver: Improver, until: Deadline
    ) -> tuple[Node, tuple[BoolArray, int]]:
        """Cut the root while plans are looked for on other threads.

        Where cuts close the root, the plan that did so stands and the other search is called off, whatever it has by
        then: when it ends must not decide which of two plans of equal value comes out.
        """
        try:
            cutter = self._cut_visitor(root, None)
        except Exception as error:  # noqa: BLE001 -- whatever a solver does, the search for plans goes on without it
            _LOG.warning("the root is not cut: %s", error)
            return root, improver.improve(plan, until, epochs=1)
        self._first_cuts = cutter.relaxation
        allowed = within_gap(plan[1], self._gap)
        with ThreadPoolExecutor(1) as executor:
            better = executor.submit(improver.improve, plan, until, epochs=1)
            try:
                visit = cutter.tighten(root, allowed, _FIRST_CUT_ROUNDS)
            except Exception as error:  # noqa: BLE001 -- as above
                _LOG.warning("the root is not cut: %s", error)
                visit = Visit(node=root)
            except BaseException:
                until.call_off()
                raise
            root, found = self._take(visit, plan)
            plan = found or plan
            if root.bound // SCALE <= within_gap(plan[1], self._gap):
                until.call_off()
                return root, plan
            return root, max(plan, better.result(), key=lambda each: each[1])

    def _visit_root(
        self, visitor: Visitor, root: Node, plan: tuple[BoolArray, int] | None, iterations: int
    ) -> tuple[Node, tuple[BoolArray, int] | None]:
        """Visit the root without branching; what it fixes is logged."""
        allowed = NOTHING_ALLOWED if plan is None else within_gap(plan[1], self._gap)
        return self._take(visitor.visit(root, allowed, iterations=iterations, search=True), plan)

    def _fix_root(self, root: Node, plan: tuple[BoolArray, int]) -> Node:
        """Fix what the root's prices and the plan decide; it is logged."""
        return self._take(self._visitor.fix(root, within_gap(plan[1], self._gap)), plan)[0]

    def _take(self, visit: Visit, plan: tuple[BoolArray, int] | None) -> tuple[Node, tuple[BoolArray, int] | None]:
        """Log what a visit to the root fixed; return the root and the better plan."""
        for prices, columns, values in visit.fixings:
            self._log.add_fixing(0, prices, visit.node.limits, columns, values)
        if visit.plan is not None and (plan is None or visit.plan[1] > plan[1]):
            plan = visit.plan
        return visit.node, plan

    def _small_enough(self, root: Node) -> bool:
        return int((root.status == FREE).sum()) <= _MANY_COLUMNS or self._simplex_fits(root)

    def _simplex_fits(self, root: Node) -> bool:
        covers = self._problem.covers
        if covers.weights.size <= _SIMPLEX_ROWS and covers.sites.size <= _SIMPLEX_ENTRIES:
            return True
        work = restrict(self._problem, root.status, root.limits.low, root.limits.high)
        return work.weights.size <= _SIMPLEX_ROWS and work.sites.size <= _SIMPLEX_ENTRIES

    def _stages(self, root: Node, *, simplex: bool) -> tuple[Stage, ...]:
        """Return how nodes are visited: by first-order steps while they are few, then by simplex steps with cuts."""
        by_simplex = Stage(
            make=lambda: self._later_cut_visitor(root), at_once=1, iterations=(_ROOT_CUT_ROUNDS, _NODE_CUT_ROUNDS)
        )
        undecided = int((root.status == FREE).sum())
        if not simplex or not undecided:
            return (Stage(make=lambda: self._visitor),)
        if self._one_at_a_time(root):
            return (by_simplex,)
        patience = _PATIENCE if self._finder.packing else _SHORT_PATIENCE
        return (Stage(make=lambda: self._visitor, most_nodes=patience), by_simplex)

    def _one_at_a_time(self, root: Node) -> bool:
        """Return whether nodes that simplex steps fit are visited by these from the first, one thread at work."""
        return int((root.status == FREE).sum()) > _MANY_COLUMNS or self._first_cuts is not None

    def _later_cut_visitor(self, root: Node) -> CutVisitor:
        """Return what visits the nodes of the tree, with the cuts that the root was bounded by."""
        if self._improver is None:
            every = np.ones(root.status.size, dtype=bool)
            self._improver = Improver(self._problem, root.status, root.limits, every, self._seed)
        visitor = self._cut_visitor(root, self._improver)
        priced = np.flatnonzero(root.prices.cuts).tolist()
        visitor.relaxation.add_odd_sets([self._pool.classes_of(number) for number in priced])
        return visitor

    def _cut_visitor(self, root: Node, improver: Improver | None) -> CutVisitor:
        low, high = root.limits.low, root.limits.high
        _, rho = scaled_bound(self._problem, self._pool.cuts(), root.prices, root.status, low, high)
        core = _core(root.status, rho)
        if self._first_cuts is not None:
            core[self._first_cuts.work.columns[self._first_cuts.core]] = True
        return CutVisitor(
            self._problem,
            self._finder,
            self._deadline,
            self._pool,
            relaxation=CutRelaxation(self._problem, root.status, root.limits, self._pool, core),
            improver=improver,
        )

    def solution(self, tree: Tree, timings: dict[str, float]) -> Solution:
        """Return the solution with its certificate."""
        begun = time.perf_counter()
        infeasible = tree.plan is None and tree.finished
        bound = 0 if infeasible else proven_bound(tree, self._gap, fixed=bool(self._log.fixings))
        certificate = self._log.certificate(
            self._reduced.program,
            self._reduced.classes,
            self._pool.cuts(),
            self._dominated,
            bound=bound,
            infeasible=infeasible,
            objective=tree.objective,
            chosen=tree.plan,
        )
        timings["certificate"] = time.perf_counter() - begun
        return Solution(
            status=status_of(tree, self._gap),
            chosen=np.zeros(self._reduced.n_columns, dtype=bool) if tree.plan is None else tree.plan,
            objective=tree.objective,
            bound=bound,
            asked_gap=self._gap,
            proof="certificate",
            solver=f"placement {__version__}",
            certificate=certificate,
            interrupted=self._deadline.interrupted,
            timings=timings,
            details={
                "rows": self._reduced.classes.n_rows,
                "classes": self._reduced.classes.count,
                "columns": self._reduced.n_columns,
                "dominated": int(self._dominated.shape[0]),
                "cuts": self._pool.count,
                "nodes": tree.nodes,
                "price_sets": certificate.prices.count,
            },
        )


def _core(status: NDArray[np.int8], rho: IntArray) -> BoolArray:
    """Return the undecided columns that the relaxation begins with: those that pay, and the nearest others."""
    free = np.flatnonzero(status == FREE)
    order = free[np.argsort(-rho[free], kind="stable")]
    core = np.zeros(status.size, dtype=bool)
    core[order[: max(_CORE_COLUMNS, int((rho[free] > 0).sum()))]] = True
    return core
