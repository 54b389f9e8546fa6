"""Of plans that cost the least, the one that covers most: a second program, under the cost that the first one found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from placement.case import Case
from placement.economics import Policy
from placement.models import Formulated, model_of
from placement.plan.ties import break_ties
from placement.solve import maximise_coverage
from placement.solve.program.recount import recount
from placement.solve.ties.reissue import reissued
from placement.values import LinearRow, Solution
from placement.values.rows import YEARLY_MONEY


def with_most_coverage(
    case: Case, model: Formulated, solution: Solution, *, time_limit_s: float, **runs: Any
) -> Solution:
    """Return a plan that costs what the plan at hand does and covers most, as far as it is found in time.

    Its cost is counted again, and the proof of the least cost is issued for it: that does not depend on the plan.

    Parameters
    ----------
    case, model, solution
        What is asked, its program of least cost, and the plan.
    time_limit_s
        Seconds that this may take; half of them choose among plans that cover as much.
    runs
        Seed, threads and settings.
    """
    if time_limit_s <= 0 or solution.interrupted:
        return solution
    second = _under(case, model, solution)
    found = maximise_coverage(second.program, start=solution.chosen, time_limit_s=time_limit_s / 2, **runs)
    if found.status == "optimal" and not found.interrupted:
        found, _ = break_ties(second, found, case.sites, case.streets, time_limit_s=time_limit_s / 2, **runs)
    counted = recount(model.program, found.chosen)
    if counted.violations or counted.objective != solution.objective:
        return solution
    certificate = solution.certificate and reissued(solution.certificate, found.chosen)
    return replace(solution, chosen=found.chosen, certificate=certificate, interrupted=found.interrupted)


def _under(case: Case, model: Formulated, solution: Solution) -> Formulated:
    """Return the program of most coverage in which plans cost just what the plan at hand does."""
    covering = model_of(Policy().objective)(case)
    listed = np.flatnonzero(model.program.column_values)
    cost = LinearRow(
        name="least cost",
        kind=YEARLY_MONEY,
        columns=listed,
        coefficients=-model.program.column_values[listed],
        limit=-solution.objective,
        equality=solution.status != "optimal" or solution.objective != solution.bound,
    )
    return replace(covering, program=replace(covering.program, linear=(*covering.program.linear, cost)))
