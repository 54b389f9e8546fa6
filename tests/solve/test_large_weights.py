"""Weights up to the stated limit: the same plans, proven, whatever unit they are counted in."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from placement.errors import InputError
from placement.judge import check_certificate
from placement.solve import maximise_coverage
from placement.values import CoverageProgram, Floor
from placement.values.program import WEIGHT_LIMIT
from tests.judge.random_programs import random_program
from tests.solve.instances import brute_force
from tests.there import there


def times(program, factor):
    """Return the program with everything that is weighed so many times as heavy."""
    return replace(
        program.with_weights(program.row_weights() * factor),
        column_values=program.column_values * factor,
        floors=tuple(replace(floor, minimum=floor.minimum * factor) for floor in program.floors),
    )


def heaviest(program):
    return (WEIGHT_LIMIT - 1) // max(1, int(program.row_weights().sum()))


def test_small_programs_of_the_largest_weights_are_settled_as_by_brute_force():
    rng = np.random.default_rng(11)
    for _ in range(25):
        program = random_program(rng)
        program = replace(program, column_values=np.zeros_like(program.column_values))
        factor = heaviest(program)
        best, _plan = brute_force(program)
        heavy = times(program, factor)
        solution = maximise_coverage(heavy, time_limit_s=20)
        assert solution.status == ("infeasible" if best is None else "optimal")
        assert best is None or solution.objective == best * factor
        check_certificate(heavy, solution.chosen, there(solution.certificate))


@pytest.mark.parametrize("floors", [False, True])
def test_a_city_of_the_largest_weights_is_proven(floors):
    rng = np.random.default_rng(5)
    covers = sparse.csr_array((rng.random((700, 270)) < 0.02).astype(np.int8))
    weights = rng.integers(1, 1000, 700)
    program = CoverageProgram.from_covers(covers, weights, rng.integers(3, 9, 270), 60)
    if floors:
        floor = Floor(name="half", rows=np.arange(350), minimum=int(weights[:350].sum()) // 4)
        program = replace(program, floors=(floor,))
    light = maximise_coverage(program, time_limit_s=60)
    factor = heaviest(program)
    heavy = maximise_coverage(times(program, factor), time_limit_s=60)
    assert (light.status, heavy.status) == ("optimal", "optimal")
    assert heavy.objective == heavy.bound == light.objective * factor
    assert check_certificate(times(program, factor), heavy.chosen, there(heavy.certificate)) == heavy.bound
    with pytest.raises(InputError, match=r"the total reaches 2\*\*42"):
        times(program, factor + 1)
