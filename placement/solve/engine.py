"""The engine: aggregate, drop dominated columns, find a plan, bound, branch, and hand over the proof."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from scipy import sparse

from placement.solve.aggregate import aggregate
from placement.solve.branch import BranchAndBound, Tree, root_limits, within_gap
from placement.solve.group_kernels import MASK_COLUMNS
from placement.solve.node import Node, Visitor
from placement.solve.plans import Finder
from placement.solve.prices import NO_CUTS, Prices, scaled_bound
from placement.solve.problem import Problem, build_problem
from placement.solve.proof import ProofLog
from placement.solve.reduced import ReducedProgram
from placement.values import CoverageProgram, Floor, LinearRow, Solution
from placement.values.solution import Status


def solve_engine(
    program: CoverageProgram,
    *,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    seed: int = 0,
    threads: int = 2,
    progress: Callable[[str, float], None] | None = None,
) -> Solution:
    """Return the best plan and a certificate of its bound; see :func:`placement.solve.maximise_coverage`."""
    del seed  # no random choice so far
    compile_kernels()
    deadline = time.perf_counter() + time_limit_s
    return _solve(program, gap=gap, deadline=deadline, threads=threads, progress=progress)


def _solve(
    program: CoverageProgram,
    *,
    gap: float,
    deadline: float,
    threads: int,
    progress: Callable[[str, float], None] | None,
) -> Solution:
    begun = time.perf_counter()
    reduced = aggregate(program, threads=threads)
    problem = build_problem(reduced)
    aggregated = time.perf_counter()
    log = ProofLog(problem)
    visitor = Visitor(problem, Finder(problem), deadline)
    search = BranchAndBound(problem, visitor, log, gap=gap, deadline=deadline, threads=threads, progress=progress)
    tree = search.run(_root(problem), None)
    timings = {"aggregate": aggregated - begun, "tree": time.perf_counter() - aggregated}
    return _solution(reduced, log, tree, gap, timings)


@functools.cache
def compile_kernels() -> None:
    """Solve toy programs once a process, so that compiling, or loading what was compiled, is in no time limit."""
    none = np.zeros(4, dtype=bool)
    covers = sparse.csr_array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 1]])
    budget = LinearRow(name="budget", columns=np.arange(4), coefficients=np.array([2, 3, 4, 5]), limit=7)
    pair = LinearRow(name="pair", columns=np.array([0, 1]), coefficients=np.array([1, -1]), limit=0, equality=True)
    for sites in (4, 2 * MASK_COLUMNS):
        for linear in ((budget,), (budget, pair)):
            toy = CoverageProgram(
                covers=sparse.csr_array((covers.data, covers.indices, covers.indptr), shape=(4, sites)),
                weights=np.array([3, 4, 5, 6]),
                n_sites=sites,
                column_site=np.arange(4),
                column_values=np.zeros(4, dtype=np.int64),
                linear=linear,
                floors=(Floor(name="floor", rows=np.array([0, 1]), minimum=3),),
                required=none,
                excluded=none,
            )
            _solve(toy, gap=0.0, deadline=time.perf_counter() + 600.0, threads=1, progress=None)


def _root(problem: Problem) -> Node:
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


def _solution(reduced: ReducedProgram, log: ProofLog, tree: Tree, gap: float, timings: dict[str, float]) -> Solution:
    infeasible = tree.plan is None and tree.finished
    certificate = log.certificate(
        reduced.program,
        reduced.classes,
        NO_CUTS,
        np.empty((0, 2), dtype=np.int64),
        bound=0 if infeasible else tree.bound,
        infeasible=infeasible,
        objective=tree.objective,
        chosen=tree.plan,
    )
    return Solution(
        status=_status(tree, gap),
        chosen=np.zeros(reduced.n_columns, dtype=bool) if tree.plan is None else tree.plan,
        objective=tree.objective,
        bound=0 if infeasible else tree.bound,
        asked_gap=gap,
        proof="certificate",
        solver=f"placement {_version()}",
        certificate=certificate,
        timings=timings,
        details={
            "rows": reduced.classes.n_rows,
            "classes": reduced.classes.count,
            "columns": reduced.n_columns,
            "nodes": tree.nodes,
            "price_sets": certificate.prices.count,
        },
    )


def _status(tree: Tree, gap: float) -> Status:
    if tree.plan is None:
        return "infeasible" if tree.finished else "no_solution"
    return "optimal" if tree.bound <= max(tree.objective, within_gap(tree.objective, gap)) else "feasible"


def _version() -> str:
    try:
        return version("station-placement")
    except PackageNotFoundError:
        return "0"
