"""The engine: aggregate, drop dominated columns, find a plan, bound, branch, and hand over the proof."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from placement.solve.aggregate import aggregate
from placement.solve.branch import BranchAndBound, Tree, root_limits, within_gap
from placement.solve.node import Node, Visitor
from placement.solve.plans import Finder
from placement.solve.prices import NO_CUTS, Prices, scaled_bound
from placement.solve.problem import Problem, build_problem
from placement.solve.proof import ProofLog
from placement.solve.reduced import ReducedProgram
from placement.values import CoverageProgram, Solution
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
    begun = time.perf_counter()
    deadline = begun + time_limit_s
    reduced = aggregate(program, threads=threads)
    problem = build_problem(reduced)
    aggregated = time.perf_counter()
    log = ProofLog(problem)
    visitor = Visitor(problem, Finder(problem), deadline)
    search = BranchAndBound(problem, visitor, log, gap=gap, deadline=deadline, threads=threads, progress=progress)
    tree = search.run(_root(problem), None)
    timings = {"aggregate": aggregated - begun, "tree": time.perf_counter() - aggregated}
    return _solution(reduced, log, tree, gap, timings)


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
