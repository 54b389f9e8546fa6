"""The engine: aggregate, drop dominated columns, find a plan, bound, branch, and hand over the proof."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from placement.clock import now_s
from placement.errors import NoSolutionError
from placement.interrupts import hold_interrupts
from placement.progress import AGGREGATING, ENGINE, SEALING, Listener, Progress
from placement.solve.deadline import Deadline
from placement.solve.program.aggregate import aggregate
from placement.solve.program.recount import exact_sum
from placement.solve.program.reduced import ReducedProgram
from placement.solve.root import KnownPrices
from placement.solve.run import close_tree, run_root
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.solve.tree.branch import Tree
from placement.solve.tree.tools import Tools
from placement.values import CoverageProgram, Solution
from placement.values.arrays import BoolArray
from placement.values.program import WEIGHT_LIMIT
from placement.version import __version__

NAME = f"placement {__version__}"
"""What solved a program, in results."""


def solve_engine(
    program: CoverageProgram,
    *,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    seed: int = 0,
    threads: int = 2,
    settings: EngineSettings = DEFAULTS,
    start: BoolArray | None = None,
    known: KnownPrices | None = None,
    progress: Listener | Progress | None = None,
) -> Solution:
    """Return the best plan and a certificate of its bound; see :func:`placement.solve.maximise_coverage`.

    A `start` that is no plan of the program is passed over. `known` makes prices of the aggregated program from which
    the root begins, where somebody knows better ones than none; what they prove is counted here.
    """
    told = Progress.of(progress, ENGINE)
    asked: dict[str, Any] = {"gap": gap, "seed": seed, "threads": threads, "progress": told}
    return _solve(program, now_s() + time_limit_s, settings, (start, known), **asked)


def _solve(
    program: CoverageProgram,
    ends: float,
    settings: EngineSettings,
    begins: tuple[BoolArray | None, KnownPrices | None],
    **asked: Any,
) -> Solution:
    """Aggregate, work at the root, branch, and seal the proof; `ends` is ``placement.clock.now_s()`` of the end."""
    begun = now_s()
    asked["progress"].stage(AGGREGATING)
    try:
        reduced = aggregate(program, threads=asked["threads"], settings=settings.program, until=Deadline(ends))
    except NoSolutionError:
        return _nothing(program, asked["gap"], now_s() - begun)
    seconds = {"aggregate": now_s() - begun}
    with hold_interrupts() as interrupt:
        deadline = Deadline(ends, interrupt)
        begun = now_s()
        tools = Tools.of(reduced, deadline, settings=settings, **asked)
        seconds["build"] = now_s() - begun
        root, at_root = run_root(tools, *begins)
        begun = now_s()
        tree = close_tree(root, tools)
        seconds |= {**at_root, "tree": now_s() - begun}
        own = replace(_sealed(reduced, tools, tree, seconds), interrupted=deadline.interrupted)
    return own if root.by_solver is None else _better(own, root.by_solver)


def _sealed(reduced: ReducedProgram, tools: Tools, tree: Tree, seconds: dict[str, float]) -> Solution:
    """Return the solution with its certificate."""
    begun = now_s()
    tools.progress.stage(SEALING)
    infeasible = tree.incumbent is None and tree.finished
    unit = reduced.value_unit
    bound = 0 if infeasible else tree.proven_bound(tools.gap, fixed=tools.log.has_fixings) // unit * unit
    chosen = None if tree.incumbent is None else tree.incumbent.chosen
    certificate = tools.log.certificate(bound=bound, infeasible=infeasible, objective=tree.objective, chosen=chosen)
    return Solution(
        status=tree.status(tools.gap),
        chosen=np.zeros(reduced.n_columns, dtype=bool) if chosen is None else chosen,
        objective=tree.objective,
        bound=bound,
        asked_gap=tools.gap,
        proof="certificate",
        solver=NAME,
        certificate=certificate,
        timings={**seconds, "certificate": now_s() - begun},
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
        solver=NAME,
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
