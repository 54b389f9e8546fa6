"""Solving coverage programs: exact aggregation, the own engine with its certificates, PuLP for everything else.

Rooms, from the bottom up; each imports only what stands above it in this list:

- ``program``: forms of the program, each made from the one before (aggregate, problem, restricted work).
- ``backends``: HiGHS and PuLP, and what their word is worth.
- ``cuts``, ``bounds``, ``lp``: inequalities; bounds in exact integers by first-order steps; the relaxation by simplex.
- ``plans``: searches for plans. ``tree``: branch and bound, and the evidence it leaves.
- ``infeasible``, ``ties``: programs without a plan; the best among equal plans.
- ``root``: what is known at the root. ``large_root``, ``run``, ``engine``: the stages in order.
- ``deadline``: when to stop. ``settings``: every number that decides how time is spent.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from placement.errors import InputError
from placement.progress import Listener, Progress
from placement.solve.program.recount import recount
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.values import CoverageProgram, Solution
from placement.values.arrays import BoolArray
from placement.values.checks import Faults

__all__ = ["CoverageProgram", "EngineSettings", "Solution", "check_backend", "maximise_coverage"]


def check_backend(backend: str) -> None:
    """Raise an InputError unless `backend` is ``"auto"`` or a solver that is available.

    Worth calling before a long run, so that nobody waits for a solver that is not there.
    """
    if backend != "auto":
        from placement.solve.backends.milp import named_solver  # noqa: PLC0415 - loads PuLP

        named_solver(backend)


def maximise_coverage(
    program: CoverageProgram,
    *,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    seed: int = 0,
    threads: int = 2,
    backend: str = "auto",
    settings: EngineSettings | None = None,
    start: BoolArray | None = None,
    progress: Listener | Progress | None = None,
) -> Solution:
    """Return the best plan found for `program`, with a proven bound on how much better any other could be.

    Parameters
    ----------
    program
        What to solve.
    gap
        The run may stop once ``(bound - objective) / bound <= gap``; 0 asks for an optimum.
    time_limit_s
        Wall-clock limit, seconds; what is compiled on first use is not counted.
    seed
        Of all random choices; the same seed gives the same plan where the run ends before the time limit.
    threads
        Threads for aggregation and bounds.
    backend
        ``"auto"``: the engine of this package, whose bound, or "infeasible", carries a certificate. ``"highs"``,
        ``"cbc"`` or any solver name PuLP knows: the aggregated program as an integer program there; the bound, or
        "infeasible", is that solver's word.
    settings
        How the engine spends its time; None: the default numbers. Other backends do not look at it.
    start
        (columns,) a plan that is known: no plan that is worth less comes back. It is counted anew. Of solvers through
        PuLP, HiGHS begins with it; it stands in for what others do not find.
    progress
        Called with (stage, gap so far) from time to time.

    Raises
    ------
    InputError
        If `gap` or `time_limit_s` make no sense, the program is malformed, `start` is no plan of it, or the backend is
        unknown.
    KeyboardInterrupt
        At Ctrl-C (in Jupyter: stop) where there is no plan yet.

    Notes
    -----
    Where there is a plan, the first Ctrl-C ends the run like a time limit: the solution holds the best plan and the
    bound so far and says ``interrupted``. A second one ends at once. So it is with this package's engine and with
    HiGHS, in the main thread, unless the program has a handler of its own for Ctrl-C.

    Examples
    --------
    Three demand points, two sites, money for one:

    >>> from scipy import sparse
    >>> covers = sparse.csr_array([[1, 0], [1, 1], [0, 1]])
    >>> program = CoverageProgram.from_covers(covers, weights=[5, 1, 7], costs=[1, 1], budget=1)
    >>> solution = maximise_coverage(program)
    >>> solution.status, solution.objective, solution.bound, solution.chosen.tolist()
    ('optimal', 8, 8, [False, True])
    """
    if not 0 <= gap < 1:
        raise InputError.single("solve", f"gap is {gap}", row="gap", remedy="use a share in [0, 1), e.g. 0.01")
    if not time_limit_s > 0:
        raise InputError.single(
            "solve", f"time_limit_s is {time_limit_s}", row="time_limit_s", remedy="use seconds > 0"
        )
    if start is not None:
        start = _known_plan(program, start)
    if backend == "auto":
        from placement.solve.engine import solve_engine  # noqa: PLC0415 - numba is loaded only by those who solve

        solution = solve_engine(
            program,
            gap=gap,
            time_limit_s=time_limit_s,
            seed=seed,
            threads=threads,
            settings=settings or DEFAULTS,
            start=start,
            progress=progress,
        )
    else:
        from placement.solve.backends.milp import solve_milp  # noqa: PLC0415 - so is PuLP

        how: dict[str, Any] = {"gap": gap, "time_limit_s": time_limit_s, "seed": seed, "threads": threads}
        solution = solve_milp(program, backend=backend, start=start, **how)
    if solution.interrupted and solution.status == "no_solution":
        raise KeyboardInterrupt
    return solution


def _known_plan(program: CoverageProgram, start: BoolArray) -> BoolArray:
    """Return a plan to begin with as it is, or raise an InputError that lists what it breaks."""
    plan, faults = np.asarray(start), Faults("start")
    if plan.dtype != np.bool_ or plan.shape != (program.n_columns,):
        faults.add(f"is {plan.dtype} of shape {plan.shape}", remedy=f"give {program.n_columns} times true or false")
        faults.raise_any()
    for broken in recount(program, plan).violations:
        faults.add(broken, remedy="give a plan that keeps every limit")
    faults.raise_any()
    return plan
