"""Plans of programs whose rows count in layers: exchanges on what plans are really worth, again from the best."""

from __future__ import annotations

import numpy as np

from placement.solve.deadline import Deadline
from placement.solve.plans.exchanges import improved
from placement.solve.plans.ground import Ground, ground_of
from placement.solve.plans.value import plan_value
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.problem import Problem
from placement.solve.program.reduced import ReducedProgram
from placement.solve.settings.visits import VisitsSettings
from placement.values.arrays import BoolArray
from placement.values.whole_capture import WholeCapture


def exchanged(
    problem: Problem,
    reduced: ReducedProgram,
    best: Incumbent | None,
    until: Deadline,
    *,
    seed: int,
    settings: VisitsSettings,
) -> Incumbent | None:
    """Return the best plan that exchanges find, from the best known and from it with some columns gone; None: none.

    Parameters
    ----------
    problem, reduced
        The program.
    best
        The best plan known; None: the search begins with nothing chosen.
    until
        When to stop.
    seed
        Of what goes.
    settings
        How often it begins again, and without how many columns.
    """
    nobody = WholeCapture.nobody(reduced.n_sites)
    ground = ground_of(reduced, reduced.linear, nobody, 0.0, 0)
    random = np.random.default_rng(seed)
    start = np.zeros(reduced.n_columns, dtype=np.bool_) if best is None else best.chosen
    for _ in range(1 + settings.kicks):
        plan = _searched(problem, ground, start, until, settings)
        best = plan if best is None else best.or_better(plan)
        if best is None or until.passed():
            break
        start, gone = best.chosen.copy(), np.flatnonzero(best.chosen)
        start[random.choice(gone, size=min(gone.size, settings.kick_size), replace=False)] = False
    return best


def _searched(
    problem: Problem, ground: Ground, start: BoolArray, until: Deadline, settings: VisitsSettings
) -> Incumbent | None:
    """Return the plan that a search ends with, at the lowest of the prices at which it keeps all floors."""
    for price in settings.prices:
        found = improved(ground, start, until, settings.search_passes, price=price)
        value = plan_value(problem, found)
        if value is not None:
            return Incumbent(found, value)
        if until.passed():
            break
    return None
