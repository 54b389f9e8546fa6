"""Exchanges on what layered rows count: feasible, valued exactly, hardly ever short of the best of all plans."""

import numpy as np

from placement.solve.deadline import NEVER
from placement.solve.plans.layered import exchanged
from placement.solve.program.aggregate import aggregate
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.problem import build_problem
from placement.solve.settings import DEFAULTS
from tests.effort import cases
from tests.solve.instances import brute_force, is_feasible, layered, random_relocation, value_of


def searched(program, best=None):
    reduced = aggregate(program)
    return exchanged(build_problem(reduced), reduced, best, NEVER, seed=0, settings=DEFAULTS.visits)


def test_plans_are_feasible_and_hardly_ever_short_of_the_best():
    exact, seen = 0, 0
    for seed in range(cases(200)):
        program = layered(random_relocation(seed), seed)
        best, _ = brute_force(program)
        found = searched(program)
        if best is None:
            assert found is None
            continue
        seen += 1
        if found is not None:
            assert is_feasible(program, found.chosen)
            assert found.value == value_of(program, found.chosen) <= best
            exact += found.value == best
    assert exact >= 0.8 * seen > 0


def test_what_is_known_is_not_lost():
    for seed in range(8):
        program = layered(random_relocation(seed), seed)
        best, plan = brute_force(program)
        if best is not None:
            found = searched(program, Incumbent(np.array(plan), best))
            assert found is not None
            assert found.value == best
