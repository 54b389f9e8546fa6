"""The engine: aggregate, drop dominated columns, find a plan, bound, branch, and hand over the proof."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from placement.clock import now_s
from placement.errors import NoSolutionError
from placement.interrupts import hold_interrupts
from placement.solve.cuts.pool import CutPool
from placement.solve.deadline import Deadline
from placement.solve.plans.value import Finder
from placement.solve.program.aggregate import aggregate
from placement.solve.program.dominate import dominated_columns, without
from placement.solve.program.problem import build_problem
from placement.solve.program.recount import exact_sum
from placement.solve.program.reduced import ReducedProgram
from placement.solve.run import close_tree, run_root
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.solve.tree.branch import Tree
from placement.solve.tree.proof import ProofLog
from placement.solve.tree.tools import Tools
from placement.values import CoverageProgram, Solution
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
    asked = _Asked(gap=gap, seed=seed, threads=threads, progress=progress, settings=settings)
    return _solve(program, asked, now_s() + time_limit_s)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What a caller asks for, besides the time: see :func:`solve_engine`."""

    gap: float = 0.0
    seed: int = 0
    threads: int = 2
    progress: Callable[[str, float], None] | None = None
    settings: EngineSettings = DEFAULTS


def _solve(program: CoverageProgram, asked: _Asked, ends: float) -> Solution:
    """Aggregate, work at the root, branch, and seal the proof; `ends` is ``placement.clock.now_s()`` of the end."""
    begun = now_s()
    try:
        reduced = aggregate(program, threads=asked.threads, settings=asked.settings.program, until=Deadline(ends))
    except NoSolutionError:
        return _nothing(program, asked.gap, now_s() - begun)
    seconds = {"aggregate": now_s() - begun}
    with hold_interrupts() as interrupt:
        deadline = Deadline(ends, interrupt)
        begun = now_s()
        tools, dominated = _tools(reduced, asked, deadline)
        seconds["build"] = now_s() - begun
        root, at_root = run_root(tools)
        begun = now_s()
        tree = close_tree(root, tools)
        seconds |= {**at_root, "tree": now_s() - begun}
        own = _sealed(reduced, tools, tree, dominated, seconds)
        own = replace(own, interrupted=deadline.interrupted)
    return own if root.by_solver is None else _better(own, root.by_solver)


def _tools(reduced: ReducedProgram, asked: _Asked, deadline: Deadline) -> tuple[Tools, int]:
    """Return what a run works with, and how many columns are dominated."""
    settings = asked.settings
    whole = build_problem(reduced, settings.program)
    dominated = dominated_columns(whole)
    problem = without(whole, dominated)
    pool = CutPool(problem.covers)
    fingerprint = reduced.classes.fingerprint(reduced.program)
    log = ProofLog(problem, pool, fingerprint=fingerprint, dominated=dominated, settings=settings.tree)
    stop = deadline.leaving(lambda: log.reserve_s)
    tools = Tools(
        program=reduced.program,
        problem=problem,
        pool=pool,
        log=log,
        finder=Finder(problem, stop, settings.plans),
        deadline=stop,
        gap=asked.gap,
        seed=asked.seed,
        threads=asked.threads,
        progress=asked.progress,
        settings=settings,
    )
    return tools, int(dominated.shape[0])


def _sealed(reduced: ReducedProgram, tools: Tools, tree: Tree, dominated: int, seconds: dict[str, float]) -> Solution:
    """Return the solution with its certificate."""
    begun = now_s()
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
        timings={**seconds, "certificate": now_s() - begun},
        details={
            "rows": reduced.classes.n_rows,
            "classes": reduced.classes.count,
            "columns": reduced.n_columns,
            "dominated": dominated,
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
