"""From what a solver claims to a :class:`~placement.values.Solution`: recounted, or refuted.

The incumbent is rounded, every constraint of the original program is checked in integers, the objective is counted
again, and the floating-point bound becomes an integer that is never below the recounted incumbent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.errors import RefutedError
from placement.solve.backends.highs import MipOutcome
from placement.solve.program.recount import exact_sum, recount
from placement.values import CoverageProgram, Solution

_INTEGRAL = 1e-4
"""A value this far from a whole number is no solver's rounding noise."""
_BOUND_NOISE = 1e-6
"""Relative; a bound this far below a recounted plan is not tolerance but error."""


def safe_bound(bound: float) -> int:
    """Return the integer bound that a floating-point bound supports: ``floor(bound + 1e-6 + 1e-12 * |bound|)``.

    Examples
    --------
    >>> safe_bound(874_999.9999997), safe_bound(875_000.4)
    (875000, 875000)
    """
    return math.floor(bound + 1e-6 + 1e-12 * abs(bound))


def trivial_bound(program: CoverageProgram) -> int:
    """Return the value of covering every row that any allowed column covers, with every gain and no avoidable loss."""
    allowed = ~program.excluded
    everything = recount(program, allowed).objective - exact_sum(program.column_values[allowed])
    values = np.where(program.required, program.column_values, np.maximum(program.column_values, 0))
    return everything + exact_sum(values[allowed])


def solution_of(
    program: CoverageProgram,
    outcome: MipOutcome,
    *,
    solver: str,
    gap: float,
    timings: Mapping[str, float],
    details: Mapping[str, Any],
) -> Solution:
    """Return the solution that `outcome` supports.

    Parameters
    ----------
    outcome
        State, values of the program's columns and bound as the solver states them.
    solver
        Name and version.
    gap
        Asked relative gap.
    timings, details
        Passed on: seconds by stage, and sizes.

    Raises
    ------
    RefutedError
        If the plan is not whole or breaks a constraint. A bound that the plan itself refutes is dropped.
    """
    nothing = np.zeros(program.n_columns, dtype=np.bool_)
    common: dict[str, Any] = {"asked_gap": gap, "solver": solver, "timings": timings, "details": details}
    if outcome.state == "infeasible":
        return Solution(status="infeasible", chosen=nothing, objective=0, bound=0, proof="solver", **common)
    known = math.isfinite(outcome.bound)
    bound = trivial_bound(program)
    if known:
        bound = min(bound, safe_bound(outcome.bound))
    common["proof"] = "solver" if known else "none"
    if outcome.values is None:
        return Solution(status="no_solution", chosen=nothing, objective=0, bound=bound, **common)
    chosen = rounded(outcome.values, solver)
    counted = recount(program, chosen)
    if counted.violations:
        raise RefutedError([f"{solver}: {fault}" for fault in counted.violations])
    if counted.objective - bound > _BOUND_NOISE * abs(counted.objective):
        wrong = f"the bound {bound} of {solver} lies below the plan's own value {counted.objective}"
        common |= {"proof": "none", "details": {**details, "refuted": wrong}}
        bound = max(trivial_bound(program), counted.objective)
    bound = max(bound, counted.objective)
    proven = bound - counted.objective <= Fraction(gap) * max(abs(bound), abs(counted.objective))
    return Solution(
        status="optimal" if proven else "feasible", chosen=chosen, objective=counted.objective, bound=bound, **common
    )


def rounded(values: NDArray[np.float64], solver: str) -> NDArray[np.bool_]:
    """Return which columns have the value 1, or raise :class:`RefutedError` where one is neither 0 nor 1."""
    whole = np.clip(np.round(values), 0, 1)
    wrong = np.flatnonzero(~(np.abs(values - whole) <= _INTEGRAL))
    if wrong.size:
        raise RefutedError([f"{solver}: column {k} has the value {values[k]}, not 0 or 1" for k in wrong[:10].tolist()])
    return np.asarray(whole == 1, dtype=np.bool_)


def started_from(
    program: CoverageProgram, start: NDArray[np.bool_] | None, refuted: str, said: dict[str, Any]
) -> Solution | None:
    """Return the plan that a run began with where the solver lost it; None where there was none that holds."""
    if start is None or recount(program, np.asarray(start)).violations:
        return None
    plan = MipOutcome(state="feasible", values=np.asarray(start, dtype=np.float64), bound=math.inf)
    return solution_of(program, plan, **{**said, "details": {**said["details"], "refuted": refuted}})


def counted(program: CoverageProgram, impossible: Sequence[str]) -> tuple[MipOutcome, str] | None:
    """Return the outcome where counting alone gives it: a row that nothing can satisfy, or no column to choose."""
    if not impossible and program.n_columns:
        return None
    nothing = np.zeros(program.n_columns)
    if impossible or recount(program, nothing.astype(np.bool_)).violations:
        return MipOutcome(state="infeasible", values=None, bound=-math.inf), "counting"
    return MipOutcome(state="optimal", values=nothing, bound=0.0), "counting"
