"""Plans that count predicted visits: what a case asks of them, in whole numbers, and the plan that answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from placement.case import Case
from placement.clock import now_s
from placement.errors import InputError
from placement.models import Formulated
from placement.plan.solving import LEAST_S, settle
from placement.solve.capture.aim import Aim
from placement.solve.program.gap import within_gap
from placement.solve.program.recount import open_sites, recount
from placement.values import Policy, Solution
from placement.values.objectives import VISITS
from placement.values.solution import Status
from placement.values.visits_value import DEFAULT_WEIGHT, NEW_TOLERANCE, ONLY_VISITS, VISITS_GAP, VisitsValue
from placement.values.whole_capture import THOUSANDTHS, WholeCapture


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """What is asked of visits.

    Parameters
    ----------
    capture
        Visits of any stations; sites are numbered as in the program.
    aim
        What they count for.
    alone
        Whether they alone are the objective.
    by_default
        Whether the policy says nothing of them.
    """

    capture: WholeCapture
    aim: Aim
    alone: bool
    by_default: bool


def asked_of_visits(case: Case, model: Formulated) -> Asked | None:
    """Return what the policy of a case asks of visits; None where they do not count.

    Without a word in the policy they have a small weight where sites can be ranked by them, unless a solver is named:
    other solvers than the engine of this package know coverage alone.

    Raises
    ------
    InputError
        If visits are the objective or a limit and cannot be predicted, or a solver is named.
    """
    policy, named = case.policy, case.options.backend != "auto"
    alone = policy.objective == VISITS
    _check(case, alone=alone)
    if case.capture is None or (named and not policy.on_visits):
        return None
    default = DEFAULT_WEIGHT if case.capture_ranks else Fraction(0)
    weight = ONLY_VISITS if alone else default if policy.visits_weight is None else policy.visits_weight
    if not weight and policy.visits_floor is None and policy.min_visits_new is None:
        return None
    capture = WholeCapture.of(case.capture, case.coverage.by_ids().sites)
    standing = case.standing[case.coverage.by_ids().sites]
    floor = policy.visits_floor
    aim = Aim(
        weight=weight,
        floor=None if floor is None else -(-floor.numerator * capture.total(standing) // floor.denominator),
        least=least_of_new(policy),
        new=np.flatnonzero(model.columns.doing({"open", "move"})),
    )
    return Asked(capture=capture, aim=aim, alone=alone, by_default=not alone and not policy.on_visits)


def least_of_new(policy: Policy) -> int | None:
    """Return the thousandths of a visit that a new station must see, less the tolerance; None: no rule."""
    if policy.min_visits_new is None:
        return None
    least = policy.min_visits_new * THOUSANDTHS * (1 - NEW_TOLERANCE)
    return -(-least.numerator // least.denominator)


def _check(case: Case, *, alone: bool) -> None:
    policy = case.policy
    if alone and case.capture is None:
        problem = "objective is visits, and none are predicted"
        raise InputError.single("policy", problem, row="objective", remedy="give transactions, or another objective")
    if alone and policy.visits_weight is not None:
        problem = "visits_weight has no effect where visits are the objective"
        raise InputError.single("policy", problem, row="visits_weight", remedy="remove it")
    if case.options.backend != "auto" and (alone or policy.on_visits):
        problem = f"{case.options.backend} cannot count visits"
        raise InputError.single("options", problem, row="backend", remedy="use auto where a policy goes by visits")


def solve_visits(
    model: Formulated, asked: Asked, options: dict[str, Any], *, spent_s: float = 0.0
) -> tuple[Solution, VisitsValue]:
    """Return the solution within the time limit, and what its objective is made of.

    Raises as :func:`placement.plan.solving.solve_in_time` does, whose `options` and `spent_s` these are.
    """
    from placement.solve.capture.visits import maximise_visits  # noqa: PLC0415 -- numba is loaded by those who solve

    limit_s, begun = options["time_limit_s"], now_s() - spent_s
    own = {**options, "gap": max(options["gap"], VISITS_GAP), "time_limit_s": max(LEAST_S, limit_s - spent_s)}
    solution, program = maximise_visits(model.program, asked.capture, asked.aim, **own)
    settle(program, solution, options, begun)
    return _reported(model, asked, solution)


def _reported(model: Formulated, asked: Asked, solution: Solution) -> tuple[Solution, VisitsValue]:
    """Return the solution with the value and the bound of the plan's objective, and what these are made of.

    Where visits alone are the objective, a plan is worth ``c + R V`` at most the bound, and covers what the highest of
    the floors asks at least: V is at most ``(bound - floor) / R``.
    """
    program, aim = model.program, asked.aim
    stands = open_sites(program, solution.chosen)
    visits, covered = asked.capture.total(stands), recount(program, solution.chosen).objective
    if asked.alone:
        least = max((floor.minimum for floor in program.floors), default=0)
        bound = max(visits, (solution.bound - least) // int(aim.weight))
        status: Status = "optimal" if bound <= within_gap(visits, solution.asked_gap) else "feasible"
        solution = replace(solution, status=status, objective=visits, bound=bound)
    value = VisitsValue(
        weight=aim.weight,
        alone=asked.alone,
        by_default=asked.by_default,
        covered=covered / THOUSANDTHS,
        visits=visits / THOUSANDTHS,
        floor=None if aim.floor is None else aim.floor / THOUSANDTHS,
        slack=(solution.bound - solution.objective) / THOUSANDTHS,
    )
    return solution, value
