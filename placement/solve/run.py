"""The stages of a run, one after the other, each from what is known at the root to what is known next.

Programs with few columns are branched at once, by first-order steps as long as nodes are few, then by simplex steps
with cuts and strong branching. Where columns are many the root is cut while a better plan is looked for within the
columns whose reduced value is close to what is needed; then refixing, more cuts, and branching on the relaxation with
cuts. Where the simplex method would not come to an end, nearly all of the time goes into the root (`large_root`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from placement.clock import now_s
from placement.progress import PLANS, ROOT, TREE
from placement.solve.deadline import Deadline
from placement.solve.large_root import polish
from placement.solve.lp.relaxation import CutRelaxation
from placement.solve.plans.background import PlansBeside
from placement.solve.plans.layered import exchanged
from placement.solve.plans.population import Improver
from placement.solve.plans.value import plan_value
from placement.solve.program.domain import Domain
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.problem import FREE, ONE, ZERO
from placement.solve.root import (
    KnownPrices,
    Root,
    bounded,
    core,
    fixed,
    has_many_columns,
    simplex_fits,
    taken,
    with_improver,
)
from placement.solve.tree.branch import BranchAndBound, Stage, Tree
from placement.solve.tree.cut_visitor import CutVisitor
from placement.solve.tree.first_order_visitor import FirstOrderVisitor
from placement.solve.tree.node import Visit
from placement.solve.tree.tools import Tools
from placement.values import Solution
from placement.values.arrays import BoolArray, IntArray

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class RootStage:
    """A stage at the root.

    Parameters
    ----------
    name, says
        Under which its seconds are told, and what it does in words.
    is_due
        Whether it is worth while, from what is known.
    work
        Returns what is known after it.
    """

    name: str
    says: str
    is_due: Callable[[Root, Tools], bool]
    work: Callable[[Root, Tools, Deadline], Root]


def run_root(
    tools: Tools, start: BoolArray | None = None, known: KnownPrices | None = None
) -> tuple[Root, dict[str, float]]:
    """Return what is known at the root after the stages that are due there, and the seconds that each took.

    `start` is a plan to begin with; one that breaks a limit is passed over. `known` makes prices to begin with.
    """
    root, seconds = Root.of(tools.problem), {}
    if start is not None:
        root = root.better(_counted(start, tools))
    if known is not None:
        root = fixed(root.priced(known(tools.reduced, tools.problem), tools), tools)
    for stage in _stages_at_root(root, tools):
        if stage.is_due(root, tools):
            begun = now_s()
            tools.tell(stage.says, root.incumbent, root.bound)
            root = stage.work(root, tools, tools.deadline)
            seconds[stage.name] = now_s() - begun
    return root, seconds


def _counted(start: BoolArray, tools: Tools) -> Incumbent | None:
    """Return a plan with its value, columns that others dominate being as good as any; None if it breaks a limit."""
    required, excluded = tools.program.required, tools.program.excluded
    status = np.where(required, ONE, np.where(excluded, ZERO, FREE)).astype(np.int8)
    value = plan_value(tools.problem._replace(status=status), start)
    return None if value is None else Incumbent(np.array(start), value)


def _stages_at_root(root: Root, tools: Tools) -> tuple[RootStage, ...]:
    """Return the stages of a program: of many columns or few, and, of many, too large to be branched on or not."""
    asking = "asking HiGHS for a plan"
    if tools.reduced.is_of_columns:  # searches that go by what rows count find nothing
        return (RootStage(name="plans", says=asking, is_due=_always, work=start_from_solver),)
    solver = RootStage(name="solver", says=asking, is_due=_is_hard_without_plan, work=ask_solver)
    if not tools.program.is_plain:
        return RootStage(name="plans", says=PLANS, is_due=_always, work=exchanging), solver
    if not _is_wide(tools):
        return RootStage(name="plans", says=PLANS, is_due=_is_packing, work=greedy), solver
    doubt = RootStage(name="doubt", says=PLANS, is_due=_is_in_doubt, work=searched)
    if _is_large(root, tools):
        bound = RootStage(name="root", says=ROOT, is_due=_always, work=first_bound_of_large)
        return bound, doubt, RootStage(name="plans", says=PLANS, is_due=_is_open, work=polished), solver
    bound = RootStage(name="root", says=ROOT, is_due=_always, work=first_bound)
    return bound, doubt, RootStage(name="plans", says=PLANS, is_due=_is_worth_improving, work=improved), solver


def _is_wide(tools: Tools) -> bool:
    """Return whether the program has so many columns that plans and cuts come before branching."""
    return tools.problem.n_columns > tools.settings.root.many_columns


def _is_large(root: Root, tools: Tools) -> bool:
    """Return whether nodes are too dear to be worth branching on; plan and root bound get the time."""
    entries = tools.problem.covers.sites.size
    return entries > tools.settings.bounds.large_entries and not simplex_fits(root, tools)


def _always(_root: Root, _tools: Tools) -> bool:
    return True


def _is_packing(_root: Root, tools: Tools) -> bool:
    return tools.finder.packing


def _is_open(root: Root, tools: Tools) -> bool:
    """Return whether there is a plan, and room for a better one."""
    return root.incumbent is not None and not root.is_closed(tools)


def _is_in_doubt(root: Root, tools: Tools) -> bool:
    """Return whether nothing else improves the plan: it cannot be exchanged freely, and nodes are too dear."""
    return _is_open(root, tools) and not tools.finder.packing and not simplex_fits(root, tools)


def _is_worth_improving(root: Root, tools: Tools) -> bool:
    return _is_open(root, tools) and has_many_columns(root, tools) and tools.finder.packing


def _is_hard_without_plan(root: Root, tools: Tools) -> bool:
    """Return whether no plan is at hand and branching will hardly come upon one."""
    hard = _is_wide(tools) or tools.problem.floors.minimum.size > 0
    return root.incumbent is None and not tools.finder.packing and hard and not simplex_fits(root, tools)


def greedy(root: Root, tools: Tools, _until: Deadline) -> Root:
    """Find a plan by greedy adding and swaps, in milliseconds, so that the first bound has something to beat."""
    work = root.domain.restricted(tools.problem)
    return root.better(tools.finder.from_point(work, root.domain, np.zeros(work.columns.size)))


def exchanging(root: Root, tools: Tools, until: Deadline) -> Root:
    """Find a plan by exchanges on what rows count in layers."""
    soon = until.within(tools.settings.root.plan_share * until.left_s())
    found = exchanged(
        tools.problem, tools.reduced, root.incumbent, soon, seed=tools.seed, settings=tools.settings.visits
    )
    return root.better(found)


def first_bound(root: Root, tools: Tools, until: Deadline) -> Root:
    """Bound the root by first-order steps, and fix by what they find."""
    return _bounded_soon(root, tools, until, tools.settings.tree.root_iterations)


def first_bound_of_large(root: Root, tools: Tools, until: Deadline) -> Root:
    """Bound the root by as many steps as a large program bears."""
    return _bounded_soon(root, tools, until, tools.settings.root.quick_entries // tools.problem.covers.sites.size)


def _bounded_soon(root: Root, tools: Tools, until: Deadline, iterations: int) -> Root:
    soon = until.within(tools.settings.root.bound_share * until.left_s())
    return bounded(root, tools, soon, iterations)


def searched(root: Root, tools: Tools, until: Deadline) -> Root:
    """Improve the plan by exact searches among the columns in doubt, more of them where fewer give nothing better."""
    until = until.within(tools.settings.root.plan_share * until.left_s())
    root, improver = with_improver(root, tools)
    for count in tools.settings.plans.doubtful:
        better: Incumbent | None = root.incumbent
        while better is not None and not root.is_closed(tools) and not until.passed():
            improver.know(better)
            _, rho = tools.bound(root.prices, root.domain)
            found = improver.in_doubt(root.domain, root.x, rho, count, until)
            better = found if found is not None and found.value > better.value else None
            root = fixed(root.better(better), tools)
    return root


def polished(root: Root, tools: Tools, until: Deadline) -> Root:
    """Tighten bound and plan of a large program for nearly all of the time, and fix again."""
    root = polish(root, tools, until.within(tools.settings.root.large_plan_share * until.left_s()))
    return bounded(root, tools, until, tools.settings.root.refix_iterations)


def improved(root: Root, tools: Tools, until: Deadline) -> Root:
    """Improve the plan, while the root is cut where the simplex method fits, and fix again."""
    settings = tools.settings.root
    plans_until = until.within(settings.plan_share * until.left_s())
    root, improver = with_improver(root, tools, threads=settings.plan_threads)
    if simplex_fits(root, tools):
        root = _cut_beside(root, tools, until, improver, plans_until)
    elif root.incumbent is not None:
        root = root.better(improver.improve(root.incumbent, plans_until, epochs=tools.settings.plans.epochs))
    return bounded(root, tools, until, settings.refix_iterations)


def _cut_beside(root: Root, tools: Tools, until: Deadline, improver: Improver, plans_until: Deadline) -> Root:
    """Cut the root while plans are looked for on other threads.

    Where cuts close the root, the plan that did so stands and the other search is called off, whatever it has by
    then: when it ends must not decide which of two plans of equal value comes out.
    """
    assert root.incumbent is not None  # noqa: S101 -- plans are improved once there is one
    try:
        cutter = _cut_visitor(root, tools, until, None)
    except Exception as error:  # noqa: BLE001 -- whatever a solver does, the search for plans goes on without it
        _LOG.warning("the root is not cut: %s", error)
        return root.better(improver.improve(root.incumbent, plans_until, epochs=1))
    with ThreadPoolExecutor(1) as executor:
        better = executor.submit(improver.improve, root.incumbent, plans_until, epochs=1)
        try:
            rounds = tools.settings.root.first_cut_rounds
            visit = cutter.tighten(root.node, tools.allowed(root.incumbent), rounds)
        except Exception as error:  # noqa: BLE001 -- as above
            _LOG.warning("the root is not cut: %s", error)
            visit = Visit(node=root.node)
        except BaseException:
            plans_until.call_off()
            raise
        root = replace(taken(root, visit, tools), relaxed=_columns_of(cutter.relaxation, root.domain))
        if root.is_closed(tools):
            plans_until.call_off()
            return root
        return root.better(better.result())


def _columns_of(relaxation: CutRelaxation, domain: Domain) -> BoolArray:
    """Return the columns in a relaxation."""
    columns = np.zeros(domain.status.size, dtype=bool)
    columns[relaxation.work.columns[relaxation.core]] = True
    return columns


def ask_solver(root: Root, tools: Tools, until: Deadline) -> Root:
    """Where floors or equalities keep rounding from any plan, take one from HiGHS and fix with it.

    Its plan is recounted in integers; its bound is kept for a run that can prove no better.
    """
    if until.interrupted:
        return root
    solution = _by_highs(tools, tools.settings.root.solver_share * until.left_s())
    root = replace(root, by_solver=solution)
    if solution is None or solution.status not in {"optimal", "feasible"}:
        return root
    root = root.better(Incumbent(np.array(solution.chosen), solution.objective))
    return bounded(root, tools, _proof_until(root, tools), tools.settings.root.refix_iterations)


def start_from_solver(root: Root, tools: Tools, until: Deadline) -> Root:
    """Take a plan from HiGHS, recounted in integers; the tree goes on from it as if it had been found here."""
    if until.interrupted:
        return root
    solution = _by_highs(tools, tools.settings.root.solver_share * until.left_s())
    if solution is None or solution.status not in {"optimal", "feasible"}:
        return root
    return root.better(Incumbent(np.array(solution.chosen), solution.objective))


def _by_highs(tools: Tools, time_limit_s: float) -> Solution | None:
    from placement.solve.backends.milp import solve_milp  # noqa: PLC0415 -- loads pulp

    try:
        return solve_milp(
            tools.program,
            backend="highs",
            gap=tools.gap,
            time_limit_s=max(time_limit_s, tools.settings.lp.least_s),
            seed=tools.seed,
            threads=tools.threads,
        )
    except Exception as error:  # noqa: BLE001 -- whatever a solver does, the engine goes on without it
        _LOG.warning("HiGHS is of no help: %s", error)
        return None


def _proof_until(root: Root, tools: Tools) -> Deadline:
    """Return when the tree must end: what HiGHS has settled is worth a certificate, but not the whole time limit."""
    if root.by_solver is None or root.by_solver.status != "optimal":
        return tools.deadline
    return tools.deadline.within(max(tools.settings.root.least_proof_s, sum(root.by_solver.timings.values())))


def close_tree(root: Root, tools: Tools) -> Tree:
    """Branch until every node is closed, or there is no more time."""
    tools.tell(TREE, root.incumbent, root.bound)
    until = _proof_until(root, tools)
    simplex = root.by_solver is None and simplex_fits(root, tools)
    visitor = FirstOrderVisitor(tools, until)
    search = BranchAndBound(
        tools,
        until,
        _tree_stages(root, tools, until, visitor, simplex=simplex),
        without_solver=visitor,
        beside=_plans_beside(root, tools, until) if simplex else None,
    )
    return search.run(root.node, root.incumbent)


def _tree_stages(
    root: Root, tools: Tools, until: Deadline, visitor: FirstOrderVisitor, *, simplex: bool
) -> tuple[Stage, ...]:
    """Return how nodes are visited: by first-order steps while they are few, then by simplex steps with cuts."""
    at_once = tools.settings.tree.at_once
    if not simplex or not root.domain.n_free:
        return (Stage(make=lambda: visitor, at_once=at_once),)
    by_simplex = Stage(make=lambda: _later_cut_visitor(root, tools, until), at_once=1)
    if _one_at_a_time(root, tools) or not tools.program.is_plain or tools.reduced.is_of_columns:
        return (by_simplex,)
    settings = tools.settings.root
    patience = settings.patience if tools.finder.packing else settings.short_patience
    return Stage(make=lambda: visitor, at_once=at_once, most_nodes=patience), by_simplex


def _one_at_a_time(root: Root, tools: Tools) -> bool:
    """Return whether nodes that simplex steps fit are visited by these from the first, one thread at work."""
    return has_many_columns(root, tools) or root.relaxed is not None


def _plans_beside(root: Root, tools: Tools, until: Deadline) -> PlansBeside | None:
    """Return the search for plans that goes on while the tree is searched, if there was one at the root.

    It looks at fewer columns than the first one, since cuts have told many of them apart.
    """
    if root.improver is None or root.incumbent is None or not _one_at_a_time(root, tools):
        return None
    return PlansBeside(root.improver.narrowed(root.domain, core(root, tools)), until, tools.threads)


def _later_cut_visitor(root: Root, tools: Tools, until: Deadline) -> CutVisitor:
    """Return what visits the nodes of the tree, with the cuts that the root was bounded by."""
    improver = root.improver
    if improver is None:
        every = np.ones(root.domain.status.size, dtype=bool)
        improver = Improver(tools.problem, root.domain, every, tools.seed, settings=tools.settings.plans)
    visitor = _cut_visitor(root, tools, until, improver)
    priced = np.flatnonzero(root.prices.cuts).tolist()
    visitor.relaxation.add_odd_sets([tools.pool.classes_of(number) for number in priced])
    return visitor


def _cut_visitor(root: Root, tools: Tools, until: Deadline, improver: Improver | None) -> CutVisitor:
    _, rho = tools.bound(root.prices, root.domain)
    columns = _first_columns(root.domain, rho, tools.settings.root.core_columns)
    if tools.reduced.is_of_columns:  # at no prices none of them pays: those that floors need are not known yet
        columns |= root.domain.free
    if root.relaxed is not None:
        columns |= root.relaxed
    relaxation = CutRelaxation(tools.problem, root.domain, tools.pool, columns, settings=tools.settings.lp)
    return CutVisitor(tools, until, relaxation=relaxation, improver=improver)


def _first_columns(domain: Domain, rho: IntArray, least: int) -> BoolArray:
    """Return the undecided columns that the relaxation begins with: those that pay, and the nearest others."""
    free = np.flatnonzero(domain.free)
    order = free[np.argsort(-rho[free], kind="stable")]
    columns = np.zeros(domain.status.size, dtype=bool)
    columns[order[: max(least, int((rho[free] > 0).sum()))]] = True
    return columns
