"""Plans of programs that count in layers: feasible, worth what is said, no worse than what the search began with."""

import numpy as np
import pytest

from placement.solve.deadline import NEVER
from placement.solve.plans.layered import exchanged
from placement.solve.program.aggregate import aggregate
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.problem import build_problem
from placement.solve.settings import DEFAULTS
from tests.solve.instances import brute_force, is_feasible, layered, random_relocation, value_of


@pytest.mark.parametrize("seed", range(8))
def test_a_search_by_exchanges_against_every_plan(seed):
    program = layered(random_relocation(seed), seed)
    most, chosen = brute_force(program)
    reduced = aggregate(program)
    problem = build_problem(reduced)
    found = exchanged(problem, reduced, None, NEVER, seed=seed, settings=DEFAULTS.visits)
    if found is not None:
        assert is_feasible(program, found.chosen)
        assert found.value == value_of(program, found.chosen)
        assert most is not None
        assert found.value <= most
    if most is not None:
        best = Incumbent(np.asarray(chosen, dtype=bool), most)
        again = exchanged(problem, reduced, best, NEVER, seed=seed, settings=DEFAULTS.visits)
        assert again is not None
        assert again.value == most
