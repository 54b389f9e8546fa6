"""Dominated columns: by hand, and against brute force."""

import numpy as np
import pytest
from scipy import sparse

from placement.solve.program.aggregate import aggregate
from placement.solve.program.dominate import dominated_columns, without
from placement.solve.program.problem import ZERO, build_problem
from placement.values import CoverageProgram
from tests.effort import cases
from tests.solve.instances import brute_force, random_budgeted, random_relocation


def pairs(covers, costs):
    program = CoverageProgram.from_covers(sparse.csr_array(covers), np.arange(1, len(covers) + 1), costs, 5)
    return dominated_columns(build_problem(aggregate(program))).tolist()


def test_a_subset_that_costs_no_less_is_dominated():
    covers = [[1, 1], [0, 1]]
    assert pairs(covers, [1, 1]) == [[0, 1]]
    assert pairs(covers, [2, 1]) == [[0, 1]]
    assert pairs(covers, [1, 2]) == []


def test_of_equal_sites_one_stays():
    assert pairs([[1, 1, 1], [1, 1, 1]], [1, 1, 1]) == [[0, 1], [1, 2]]
    assert pairs([[1, 1], [1, 1]], [2, 1]) == [[0, 1]]


@pytest.mark.parametrize("seed", range(cases(60)))
def test_the_optimum_stays(seed):
    program = random_relocation(seed) if seed % 2 else random_budgeted(seed)
    problem = build_problem(aggregate(program))
    status = without(problem, dominated_columns(problem)).status
    thinner = CoverageProgram(
        covers=program.covers, weights=program.weights, n_sites=program.n_sites, column_site=program.column_site,
        column_values=program.column_values, linear=program.linear, floors=program.floors,
        required=program.required, excluded=program.excluded | (status == ZERO),
    )  # fmt: skip
    assert brute_force(thinner)[0] == brute_force(program)[0]
