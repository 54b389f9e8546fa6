"""The engine: aggregate, drop dominated columns, find a plan, bound, branch, and hand over the proof."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import sparse

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
from placement.solve.program.forest import build_forest
from placement.solve.program.group_kernels import MASK_COLUMNS
from placement.solve.program.problem import build_problem
from placement.solve.program.restrict import restrict
from placement.solve.run import Run
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.values import CoverageProgram, Floor, LinearRow, Solution


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
    ends = time.perf_counter() + time_limit_s
    return _solve(program, gap=gap, ends=ends, seed=seed, threads=threads, settings=settings, progress=progress)


def _solve(
    program: CoverageProgram,
    *,
    gap: float,
    ends: float,
    seed: int,
    threads: int,
    settings: EngineSettings,
    progress: Callable[[str, float], None] | None,
) -> Solution:
    begun = time.perf_counter()
    reduced = aggregate(program, threads=threads, settings=settings.program)
    timings = {"aggregate": time.perf_counter() - begun}
    with hold_interrupts() as interrupt:
        deadline = Deadline(ends, interrupt)
        run = Run(reduced, gap=gap, deadline=deadline, seed=seed, threads=threads, progress=progress)
        own = run.solution(run.tree(timings), timings)
    return own if run.by_solver is None else _better(own, run.by_solver)


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
            _solve(toy, gap=0.0, ends=math.inf, seed=0, threads=1, settings=DEFAULTS, progress=None)
        aggregate(_toy(sites, (budget,), np.int32))  # covers come with either kind of index
    fewest = DEFAULTS.program.forest_entries
    build_forest(np.arange(fewest + 1), np.arange(fewest, dtype=np.int32), fewest)
    problem = build_problem(aggregate(_toy(4, (budget,))))
    work = restrict(problem, problem.status, problem.low, problem.high)
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
