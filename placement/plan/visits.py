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
from placement.solve.capture.idle import idle_sites
from placement.solve.capture.marks import without_marks
from placement.solve.capture.rows import FLOOR_NAME, MOST_NAME
from placement.solve.program.gap import within_gap
from placement.solve.program.recount import open_sites, recount
from placement.values import CoverageProgram, Policy, Solution
from placement.values.arrays import BoolArray
from placement.values.objectives import LEAST_COST, VISITS
from placement.values.solution import Status
from placement.values.visits_certificate import MOST_IDLE, NEW_VISITS, VISITS_FLOOR
from placement.values.visits_value import (
    DEFAULT_WEIGHT,
    IDLE_MARGIN,
    NEW_TOLERANCE,
    ONLY_VISITS,
    VISITS_GAP,
    VisitsValue,
)
from placement.values.whole_capture import THOUSANDTHS, WholeCapture

_ANY_PLAN = 0.999
"""Asked gap at which nearly any plan does."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """What is asked of visits.

    Parameters
    ----------
    capture
        Visits of any stations; sites are numbered as in the program.
    aim
        What they count for.
    program
        The coverage program; where visits alone are the objective and no floor needs them, its rows weigh nothing.
    alone
        Whether they alone are the objective.
    by_default
        Whether the policy says nothing of them.
    """

    capture: WholeCapture
    aim: Aim
    program: CoverageProgram
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
    if policy.outreach:
        return None  # what is asked of visits beside them the policy refuses
    _check(case, alone=alone)
    if policy.objective == LEAST_COST or case.capture is None or (named and not policy.on_visits):
        return None
    default = DEFAULT_WEIGHT if case.capture_ranks else Fraction(0)
    program, weight = model.program, default if policy.visits_weight is None else policy.visits_weight
    if alone:
        weight = ONLY_VISITS if program.floors else Fraction(1)
        program = program if program.floors else program.with_weights(np.zeros_like(program.row_weights()))
    if not weight and policy.limits_on_visits == ():
        return None
    capture = WholeCapture.of(case.capture, case.coverage.by_ids().sites)
    further = model.program.n_sites > capture.n_sites
    if further and policy.max_idle is not None:
        problem = (
            "is a limit on stations, and further machines, which may be out of order, stand at places of their own"
        )
        remedy = "leave it out, or max_machines or outage_probability"
        raise InputError.single("policy", problem, row="max_idle", remedy=remedy)
    standing = case.standing[case.coverage.by_ids().sites]
    floor = policy.visits_floor
    aim = Aim(
        weight=weight,
        floor=None if floor is None else -(-floor.numerator * capture.total(standing) // floor.denominator),
        least=least_of_new(policy),
        most_idle=policy.max_idle,
        idle_below=_thousandths_up(policy.idle_below * (1 + IDLE_MARGIN)),
        new=np.flatnonzero(model.columns.doing({"open", "move"})),
    )
    by_default = not alone and not policy.on_visits
    capture = capture.wider(model.program.n_sites)
    return Asked(capture=capture, aim=aim, program=program, alone=alone, by_default=by_default)


def least_of_new(policy: Policy) -> int | None:
    """Return the thousandths of a visit that a new station must see, less the tolerance; None: no rule."""
    if policy.min_visits_new is None:
        return None
    return _thousandths_up(policy.min_visits_new * (1 - NEW_TOLERANCE))


def _thousandths_up(visits: Fraction) -> int:
    amount = visits * THOUSANDTHS
    return -(-amount.numerator // amount.denominator)


def _check(case: Case, *, alone: bool) -> None:
    policy = case.policy
    if alone and case.capture is None:
        problem = "objective is visits, and none are predicted"
        raise InputError.single("policy", problem, row="objective", remedy="give transactions, or another objective")
    if alone and policy.visits_weight is not None:
        problem = "visits_weight has no effect where visits are the objective"
        raise InputError.single("policy", problem, row="visits_weight", remedy="remove it")
    given = [name for name in policy.on_visits if getattr(policy, name) or name == MOST_NAME]
    counted = given + ["objective"] * alone
    if case.options.backend != "auto" and counted:
        problem = f"{case.options.backend} cannot count visits, and {', '.join(counted)} of the policy goes by them"
        raise InputError.single("options", problem, row="backend", remedy="use auto, or take that out of the policy")


def solve_visits(
    model: Formulated, asked: Asked, options: dict[str, Any], *, spent_s: float = 0.0
) -> tuple[Solution, VisitsValue]:
    """Return the solution within the time limit, and what its objective is made of.

    Raises as :func:`placement.plan.solving.solve_in_time` does, whose `options` and `spent_s` these are.
    """
    from placement.solve.capture.visits import maximise_visits  # noqa: PLC0415 -- numba is loaded by those who solve

    limit_s, begun = options["time_limit_s"], now_s() - spent_s
    own = {**options, "gap": max(options["gap"], VISITS_GAP), "time_limit_s": max(LEAST_S, limit_s - spent_s)}
    solution, program = maximise_visits(asked.program, asked.capture, asked.aim, **own)
    if solution.interrupted and solution.status == "no_solution":
        raise KeyboardInterrupt
    settle(program, solution, options, begun, _Limits(asked, options) if asked.aim.limited else None)
    return _reported(model, asked, solution)


@dataclass(frozen=True)
class _Limits:
    """Limits on visits, of which some may give way; see :class:`placement.plan.infeasible.LimitsOnVisits`."""

    asked: Asked
    options: dict[str, Any]

    def solution(self, program: CoverageProgram, time_limit_s: float) -> Solution:
        """Return any plan within the limits of `program`, whose rows for visits say how far those give way."""
        from placement.solve.capture.visits import maximise_visits  # noqa: PLC0415 -- as above

        floors = [row.limit + row.base for row in program.linear if row.kind == VISITS_FLOOR]
        asked = self.asked.aim.floor or 0  # where a row of it gives way, limit and base add up to so much more
        most = next((row.limit for row in program.linear if row.kind == MOST_IDLE), None)
        program = without_marks(program, self.asked.program.n_columns)
        others = tuple(row for row in program.linear if row.kind not in {VISITS_FLOOR, NEW_VISITS})
        floor = 2 * asked - floors[0] if floors else None
        # Where the floor of visits is let go, that which sees most needs the least of it; else any plan will do.
        least = self.asked.aim.floor is not None and floor is None
        weight = ONLY_VISITS if least else Fraction(0)
        aim = replace(self.asked.aim, weight=weight, floor=floor, most_idle=most)
        runs = {name: self.options[name] for name in ("seed", "threads", "settings")}
        limits: dict[str, Any] = {"gap": _ANY_PLAN, "time_limit_s": time_limit_s}
        return maximise_visits(replace(program, linear=others), self.asked.capture, aim, **limits, **runs)[0]

    def excess(self, name: str, chosen: BoolArray) -> int | None:
        """Return by how much the stations of a plan miss the limit of a name; None where it is none on visits."""
        aim, capture, stands = self.asked.aim, self.asked.capture, open_sites(self.asked.program, chosen)
        if name == FLOOR_NAME:
            return (aim.floor or 0) - capture.total(stands)
        return idle_sites(capture, stands, aim.idle_below).size - (aim.most_idle or 0) if name == MOST_NAME else None


def _reported(model: Formulated, asked: Asked, solution: Solution) -> tuple[Solution, VisitsValue]:
    """Return the solution with the value and the bound of the plan's objective, and what these are made of.

    Where visits alone are the objective, a plan is worth ``c + R V`` at most the bound, and covers at least what floors
    ask that have no row in common: V is at most ``(bound - floors) / R``.
    """
    program, aim = model.program, asked.aim
    stands = open_sites(program, solution.chosen)
    visits, covered = asked.capture.total(stands), recount(program, solution.chosen).objective
    if asked.alone:
        bound = max(visits, (solution.bound - _least_covered(asked.program)) // int(aim.weight))
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


def _least_covered(program: CoverageProgram) -> int:
    """Return what every plan covers at least: the sum of floors, each taken that shares no row with those before it."""
    taken, least = np.zeros(program.row_weights().size, dtype=np.bool_), 0
    taken[program.floor_only] = True
    for floor in program.floors:
        if not taken[floor.rows].any():
            taken[floor.rows] = True
            least += max(0, floor.minimum)
    return least
