"""The engine: aggregate, drop dominated columns, find a plan, bound, branch, and hand over the proof."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
from scipy import sparse

from placement.errors import NoSolutionError
from placement.interrupts import hold_interrupts
from placement.solve.cuts.pool import CutPool
from placement.solve.cuts.separation import violated_odd_sets
from placement.solve.deadline import Deadline
from placement.solve.large_root import CutRounds
from placement.solve.plans.annealing import anneal
from placement.solve.plans.iterated import iterated_search, shaking
from placement.solve.plans.recombine import recombined
from placement.solve.plans.swaps import build_field, greedy_plan
from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.forest import build_forest
from placement.solve.program.group_kernels import MASK_COLUMNS
from placement.solve.program.problem import build_problem
from placement.solve.program.recount import exact_sum
from placement.solve.program.reduced import ReducedProgram
from placement.solve.run import close_tree, run_root
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.solve.tree.branch import Tree
from placement.solve.tree.tools import Tools
from placement.values import CoverageProgram, Floor, LinearRow, Solution
from placement.values.program import WEIGHT_LIMIT
from placement.version import __version__

_NAME = f"placement {__version__}"


def solve_engine(
    program: CoverageProgram,
    *,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    seed: int = 0,
    threads: int = 2,
    settings: EngineSettings = DEFAULTS,
    progress: Callable[[str, float], None] | None = None,
) -> Solution:
    """Return the best plan and a certificate of its bound; see :func:`placement.solve.maximise_coverage`."""
    compile_kernels()
    ends = perf_counter() + time_limit_s
    return _solve(program, ends, settings, gap=gap, seed=seed, threads=threads, progress=progress)


def _solve(program: CoverageProgram, ends: float, settings: EngineSettings, **asked: Any) -> Solution:
    """Aggregate, work at the root, branch, and seal the proof; `ends` is ``time.perf_counter()`` of the end."""
    begun = perf_counter()
    try:
        reduced = aggregate(program, threads=asked["threads"], settings=settings.program, until=Deadline(ends))
    except NoSolutionError:
        return _nothing(program, asked["gap"], perf_counter() - begun)
    seconds = {"aggregate": perf_counter() - begun}
    with hold_interrupts() as interrupt:
        deadline = Deadline(ends, interrupt)
        begun = perf_counter()
        tools = Tools.of(reduced, deadline, settings=settings, **asked)
        seconds["build"] = perf_counter() - begun
        root, at_root = run_root(tools)
        begun = perf_counter()
        tree = close_tree(root, tools)
        seconds |= {**at_root, "tree": perf_counter() - begun}
        own = replace(_sealed(reduced, tools, tree, seconds), interrupted=deadline.interrupted)
    return own if root.by_solver is None else _better(own, root.by_solver)


def _sealed(reduced: ReducedProgram, tools: Tools, tree: Tree, seconds: dict[str, float]) -> Solution:
    """Return the solution with its certificate."""
    begun = perf_counter()
    infeasible = tree.incumbent is None and tree.finished
    bound = 0 if infeasible else tree.proven_bound(tools.gap, fixed=tools.log.has_fixings)
    chosen = None if tree.incumbent is None else tree.incumbent.chosen
    certificate = tools.log.certificate(bound=bound, infeasible=infeasible, objective=tree.objective, chosen=chosen)
    return Solution(
        status=tree.status(tools.gap),
        chosen=np.zeros(reduced.n_columns, dtype=bool) if chosen is None else chosen,
        objective=tree.objective,
        bound=bound,
        asked_gap=tools.gap,
        proof="certificate",
        solver=_NAME,
        certificate=certificate,
        timings={**seconds, "certificate": perf_counter() - begun},
        details={
            "rows": reduced.classes.n_rows,
            "classes": reduced.classes.count,
            "columns": reduced.n_columns,
            "dominated": int(tools.log.dominated.shape[0]),
            "cuts": tools.pool.count,
            "nodes": tree.nodes,
            "price_sets": certificate.prices.count,
        },
    )


def _nothing(program: CoverageProgram, gap: float, seconds: float) -> Solution:
    """Return the solution of a program whose rows could not be read in time: no plan, and the bound of any program."""
    most = WEIGHT_LIMIT + exact_sum(np.maximum(program.column_values, 0))
    return Solution(
        status="no_solution",
        chosen=np.zeros(program.n_columns, dtype=bool),
        objective=0,
        bound=most,
        asked_gap=gap,
        proof="none",
        solver=_NAME,
        timings={"aggregate": seconds},
        details={"columns": program.n_columns, "nodes": 0},
    )


def _better(own: Solution, by_solver: Solution) -> Solution:
    """Return the own solution unless only the solver settled the program, or came closer to it."""
    if own.status in {"optimal", "infeasible"} or by_solver.status not in {"optimal", "feasible"}:
        return own  # that nothing is feasible is not believed without a proof
    has_plan = own.status == "feasible"
    if has_plan and (by_solver.objective < own.objective or by_solver.bound < own.objective):
        return own  # the plan at hand refutes the solver
    if by_solver.status == "feasible" and has_plan and own.bound - own.objective <= _width(by_solver):
        return own
    timings = {**own.timings, **by_solver.timings}
    return replace(by_solver, interrupted=own.interrupted, timings=timings)


def _width(solution: Solution) -> float:
    return math.inf if solution.status == "no_solution" else solution.bound - solution.objective


@functools.cache
def compile_kernels() -> None:
    """Run every kernel once a process, so that compiling, or loading what was compiled, is in no time limit."""
    budget = LinearRow(name="budget", columns=np.arange(4), coefficients=np.array([2, 3, 4, 5]), limit=7)
    pair = LinearRow(name="pair", columns=np.array([0, 1]), coefficients=np.array([1, -1]), limit=0, equality=True)
    for sites in (4, 2 * MASK_COLUMNS):
        for linear in ((budget,), (budget, pair)):
            toy = _toy(sites, linear)
            _solve(toy, math.inf, DEFAULTS, gap=0.0, seed=0, threads=1)
        aggregate(_toy(sites, (budget,), np.int32))  # covers come with either kind of index
    fewest = DEFAULTS.program.forest_entries
    build_forest(np.arange(fewest + 1), np.arange(fewest, dtype=np.int32), fewest)
    problem = build_problem(aggregate(_toy(4, (budget,))))
    work = Domain.of(problem).restricted(problem)
    ground = build_field(work, neighbours=True)
    start, _ = greedy_plan(ground, np.zeros(4, dtype=bool), 1, 0)
    anneal(ground, start, 10, 1.0, 0.1, 0.1, DEFAULTS.plans.cooling_every, 0)
    iterated_search(ground, start, 1, 0.0, 0.0, 0, shaking(DEFAULTS.plans))
    recombined(ground, 0, 0.5, start, start)
    rounds = CutRounds(work, np.full(work.columns.size, 0.5), np.full(work.weights.size, 0.5))
    rounds.add([tuple(range(work.weights.size))])
    rounds.step(Deadline.after(math.inf))
    rounds.prices(problem, CutPool(problem.covers))
    halves = np.full(work.fold.shape[1], 0.5)
    violated_odd_sets(work.indptr, work.sites, work.weights, halves, np.ones(work.weights.size), seed=0)


def _toy(sites: int, linear: tuple[LinearRow, ...], index: type[np.signedinteger] = np.int64) -> CoverageProgram:
    none = np.zeros(4, dtype=bool)
    rows, indptr = np.array([0, 1, 1, 2, 2, 0, 3, 0], dtype=index), np.arange(0, 9, 2, dtype=index)
    return CoverageProgram(
        covers=sparse.csr_array((np.ones(8, dtype=bool), rows, indptr), shape=(4, sites)),
        weights=np.array([3, 4, 5, 6]),
        n_sites=sites,
        column_site=np.arange(4),
        column_values=np.zeros(4, dtype=np.int64),
        linear=linear,
        floors=(Floor(name="floor", rows=np.array([0, 1]), minimum=3),),
        required=none,
        excluded=none,
    )
