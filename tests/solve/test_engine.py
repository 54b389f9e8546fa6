"""The engine against brute force: value, bound, feasibility, status."""

import numpy as np
import pytest
from scipy import sparse

from placement.errors import InputError
from placement.judge import check_certificate
from placement.solve import maximise_coverage
from placement.values import CoverageProgram, Floor, LinearRow
from tests.solve.instances import brute_force, is_feasible, random_budgeted, random_relocation, value_of


def assert_solved(program, solution):
    best, _ = brute_force(program)
    if best is None:
        assert solution.status == "infeasible"
        assert solution.certificate.infeasible
        check_certificate(program, None, solution.certificate)
        return
    assert (solution.status, solution.objective, solution.bound, solution.gap) == ("optimal", best, best, 0.0)
    assert is_feasible(program, solution.chosen)
    assert value_of(program, solution.chosen) == best
    assert check_certificate(program, solution.chosen, solution.certificate) == best


@pytest.mark.parametrize("batch", range(10))
def test_budgeted_programs_equal_brute_force(batch):
    for seed in range(20 * batch, 20 * batch + 20):
        program = random_budgeted(seed)
        assert_solved(program, maximise_coverage(program))


@pytest.mark.parametrize("batch", range(10))
def test_relocation_programs_equal_brute_force(batch):
    for seed in range(20 * batch, 20 * batch + 20):
        program = random_relocation(seed)
        assert_solved(program, maximise_coverage(program))


def plain(covers, weights, costs, budget, **kwargs):
    return CoverageProgram.from_covers(sparse.csr_array(np.atleast_2d(covers)), weights, costs, budget, **kwargs)


def test_edges_of_the_input():
    covers = [[1, 0, 0], [0, 1, 0], [0, 0, 0]]
    nothing = maximise_coverage(plain(covers, [5, 7, 9], [1, 1, 1], 0))
    assert (nothing.status, nothing.objective, nothing.bound) == ("optimal", 0, 0)
    everything = maximise_coverage(plain(covers, [5, 7, 9], [1, 1, 1], 10**9))
    assert (everything.status, everything.objective, everything.bound) == ("optimal", 12, 12)
    free = maximise_coverage(plain(covers, [5, 7, 9], [0, 0, 0], 0))
    assert (free.status, free.objective) == ("optimal", 12)
    weightless = maximise_coverage(plain(covers, [0, 0, 0], [1, 1, 1], 1))
    assert (weightless.status, weightless.objective, weightless.bound) == ("optimal", 0, 0)
    with pytest.raises(InputError, match="2\\*\\*42"):
        plain(covers, [2**41, 2**41, 0], [1, 1, 1], 1)
    with pytest.raises(InputError, match="gap"):
        maximise_coverage(plain(covers, [5, 7, 9], [1, 1, 1], 1), gap=1.0)
    with pytest.raises(InputError, match="time_limit_s"):
        maximise_coverage(plain(covers, [5, 7, 9], [1, 1, 1], 1), time_limit_s=0)


def test_required_columns_beyond_the_budget_are_infeasible():
    # fixing a site open may overrun the budget: such a node must be closed, not branched
    program = plain([[1, 1]], [5], [3, 4], 6, required=[True, True])
    assert maximise_coverage(program).status == "infeasible"


def test_weights_near_the_limit_stay_exact():
    heavy = 2**42 - 5
    program = plain([[1, 0], [0, 1]], [heavy, 3], [1, 1], 1)
    solution = maximise_coverage(program)
    assert (solution.status, solution.objective, solution.bound) == ("optimal", heavy, heavy)


def test_a_floor_changes_the_plan_and_an_unreachable_one_is_infeasible():
    def program(minimum):
        none = np.zeros(2, dtype=bool)
        row = LinearRow(name="count", columns=np.array([0, 1]), coefficients=np.array([1, 1]), limit=1)
        return CoverageProgram(
            covers=sparse.csr_array([[1, 0], [0, 1]]),
            weights=np.array([10, 4]),
            n_sites=2,
            column_site=np.array([0, 1]),
            column_values=np.array([0, 0]),
            linear=(row,),
            floors=(Floor(name="old town", rows=np.array([1]), minimum=minimum),),
            required=none,
            excluded=none,
        )

    assert maximise_coverage(program(0)).objective == 10
    assert maximise_coverage(program(4)).objective == 4
    assert maximise_coverage(program(5)).status == "infeasible"


def test_same_seed_same_plan_whatever_the_threads():
    program = random_relocation(7)
    plans = [maximise_coverage(program, threads=threads).chosen.tolist() for threads in (1, 2, 2)]
    assert plans[0] == plans[1] == plans[2]
