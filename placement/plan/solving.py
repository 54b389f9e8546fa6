"""Solving within a stated time: a plan, or a proof that there is none and why, or neither.

A solver that says "infeasible" without a proof is not believed, and one that ends without a plan is not the last word:
the engine is asked too. Whatever proves it, the error
names constraints that clash; where nothing does, the study is not known to be infeasible.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from placement.clock import now_s
from placement.errors import InfeasibleError, InputError, NoSolutionError
from placement.interrupts import hold_interrupts
from placement.plan.infeasible import LimitsOnVisits, explain
from placement.progress import EXPLAINING
from placement.solve import maximise_coverage
from placement.solve.deadline import Deadline
from placement.values import CoverageProgram, Solution

AFTER_SHARE = 0.25
"""What follows solving, choosing among equal optima or saying why there is no plan, gets this share of the time limit
and what solving has left of it."""

LEAST_S = 0.01
"""Seconds that solving gets at least, whatever was spent before."""

_WORDS = {"infeasible": "says infeasible, without a proof", "no_solution": "found no plan"}
"""What a solver does that is not the last word, by the status of its solution."""

_EXPLAIN_S, _EXPLAIN_VISITS_S, _EXPLAIN_TIMES = 4.5, 10.0, 3.0
"""Seconds in which a clash is explained at most, and one with limits on visits; or so many times as its proof took."""


def solve_in_time(
    program: CoverageProgram, backend: str, options: dict[str, Any], *, spent_s: float = 0.0
) -> tuple[Solution, float]:
    """Return the solution, and the seconds that are left for what follows; `options` are :func:`maximise_coverage`'s.

    The time limit among them counts from `spent_s` ago, when the program was begun to be written down.

    Raises
    ------
    InfeasibleError
        If it is proven that no plan exists.
    NoSolutionError
        If the time ended before any plan was found.
    """
    limit_s, begun = options["time_limit_s"], now_s() - spent_s
    ends = begun + (1.0 + AFTER_SHARE) * limit_s
    solution = _asked(program, backend, {**options, "time_limit_s": max(LEAST_S, limit_s - spent_s)})
    if isinstance(solution, str) or _says_nothing(solution, backend):
        solution = _asked_again(program, solution, options, limit_s - (now_s() - begun))
    settle(program, solution, options, begun)
    return solution, max(0.0, ends - now_s())


def settle(
    program: CoverageProgram,
    solution: Solution,
    options: dict[str, Any],
    begun: float,
    visits: LimitsOnVisits | None = None,
) -> None:
    """Raise unless there is a plan: with the reason where it is proven that there is none.

    `begun` is ``placement.clock.now_s()`` of the moment from which the time limit among `options` counts; `program` is
    what the proof is of, and `visits` are limits that rows of it stand for. Raises as :func:`solve_in_time` does.
    """
    limit_s = options["time_limit_s"]
    if solution.status == "infeasible" and solution.certificate is not None:
        if "progress" in options:
            options["progress"].stage(EXPLAINING)
        most = max(_EXPLAIN_S if visits is None else _EXPLAIN_VISITS_S, _EXPLAIN_TIMES * (now_s() - begun))
        left_s = begun + (1.0 + AFTER_SHARE) * limit_s - now_s()
        raise _infeasible(program, solution, min(left_s, most), options, visits)
    if solution.status not in {"optimal", "feasible"}:
        word = "" if "refuted" not in solution.details else f" ({solution.details['refuted']})"
        raise NoSolutionError(
            f"no plan was found within {limit_s:g} s, and the study is not known to be infeasible{word}: "
            "allow more time"
        )


def _asked(program: CoverageProgram, backend: str, options: dict[str, Any]) -> Solution | str:
    """Return the solution, or, where a solver other than the engine fails or lies, what it does, in words."""
    try:
        return maximise_coverage(program, backend=backend, **options)
    except InputError:
        raise
    except Exception as error:
        if backend == "auto":
            raise
        return f"{backend} failed: {error}"


def _says_nothing(solution: Solution, backend: str) -> bool:
    """Return whether there is neither a plan nor a proof, from a solver other than the engine."""
    if solution.status == "infeasible":
        return solution.certificate is None
    return solution.status == "no_solution" and backend != "auto" and not solution.interrupted


def _asked_again(program: CoverageProgram, said: Solution | str, options: dict[str, Any], left_s: float) -> Solution:
    """Return what the engine finds of a program at which another solver failed: a plan, a proof, or nothing."""
    limit = max(left_s, AFTER_SHARE * options["time_limit_s"])
    own = maximise_coverage(program, **{**options, "time_limit_s": limit})
    refuted = said if isinstance(said, str) else f"{said.solver} {_WORDS[said.status]}"
    details = {**own.details, "refuted": refuted}
    return replace(own, details=details)


def _infeasible(
    program: CoverageProgram,
    solution: Solution,
    seconds: float,
    options: dict[str, Any],
    visits: LimitsOnVisits | None,
) -> InfeasibleError:
    assert solution.certificate is not None  # noqa: S101 -- as the caller asked
    with hold_interrupts() as interrupt:
        deadline = Deadline.after(max(seconds, 0.0), interrupt)
        runs: dict[str, Any] = {name: options.get(name) for name in ("seed", "threads", "settings")}
        found = explain(program, solution.certificate, deadline=deadline, visits=visits, **runs)
        found = replace(found, visits=solution.visits_certificate)
        if interrupt.asked:
            raise KeyboardInterrupt
    return InfeasibleError(found.constraints, found.explanation, found)
