"""Rows that count in floors alone, against brute force: engine, certificates, other solvers, money as objective."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from placement.errors import CertificateError, InputError
from placement.judge import check_certificate
from placement.solve import maximise_coverage
from placement.solve.program.recount import recount
from placement.solve.settings import DEFAULTS
from placement.values import CoverageProgram, Floor
from tests.effort import cases
from tests.judge.random_programs import random_program
from tests.judge.reference import best_plan
from tests.judge.test_certificate_mutations import differs, mutated, resealed
from tests.solve.instances import brute_force, layered, random_relocation
from tests.there import there

TREE_BY_SIMPLEX = replace(DEFAULTS, root=replace(DEFAULTS.root, patience=0))


def alone(program, rng, share=0.4):
    """Return the program with some of its rows counting in floors alone."""
    return replace(program, floor_only=np.flatnonzero(rng.random(program.row_weights().size) < share))


def least_cost(seed):
    """Return a random program in which all rows count in floors alone, and every column costs something."""
    rng = np.random.default_rng([5, seed])
    program = random_relocation(seed, with_floors=False)
    rows = np.arange(program.row_weights().size)
    target = Floor(name="target", rows=rows, minimum=int(program.row_weights().sum() * rng.uniform(0, 0.7)))
    return replace(program, floors=(target,), floor_only=rows, column_values=-rng.integers(0, 5000, program.n_columns))


def test_people_in_a_floor_by_hand():
    """Two sites, one may open. A is in reach of a row of 10, B of one of 8, but of three more people.

    Without a floor A wins with 10. A floor of 5 people, of whom A reaches 4 and B 7, leaves B with 8: people add
    nothing to what a plan is worth. A floor of 8 people holds in no plan.
    """
    covers = sparse.csr_array([[1, 0], [0, 1], [1, 0], [0, 1]])
    program = CoverageProgram.from_covers(covers, [10, 8, 4, 7], [1, 1], 1)
    for least, worth, stands in ((0, 10, [True, False]), (5, 8, [False, True])):
        floor = Floor(name="people", rows=np.array([2, 3]), minimum=least)
        solution = maximise_coverage(replace(program, floors=(floor,), floor_only=np.array([2, 3])))
        assert (solution.objective, solution.bound, solution.chosen.tolist()) == (worth, worth, stands)
    floor = Floor(name="people", rows=np.array([2, 3]), minimum=8)
    nothing = replace(program, floors=(floor,), floor_only=np.array([2, 3]))
    assert maximise_coverage(nothing).status == "infeasible"


def test_least_cost_by_hand():
    """Rows of 6, 5, 4 at A, at B, at A or C; A costs 7, B 4, C 2; at least 9 of 15 is asked.

    A alone covers 10 for 7. B and C cover 5 + 4 = 9 for 6. B alone covers 5, C alone 4. Least is 6.
    """
    covers = sparse.csr_array([[1, 0, 0], [0, 1, 0], [1, 0, 1]])
    program = CoverageProgram.from_covers(covers, [6, 5, 4], [0, 0, 0], 0)
    target = Floor(name="target", rows=np.arange(3), minimum=9)
    asked = replace(program, column_values=np.array([-7, -4, -2]), floors=(target,), floor_only=np.arange(3))
    solution = maximise_coverage(asked)
    assert (solution.status, solution.objective, solution.bound) == ("optimal", -6, -6)
    assert solution.chosen.tolist() == [False, True, True]


@pytest.mark.parametrize("seed", range(cases(100)))
def test_programs_equal_brute_force(seed):
    """Every other one with layers, and every third in the tree by simplex steps alone."""
    rng = np.random.default_rng([3, seed])
    program = alone(random_relocation(seed), rng)
    program = layered(program, seed) if seed % 2 else program
    best, _ = brute_force(program)
    solution = maximise_coverage(program, settings=DEFAULTS if seed % 3 else TREE_BY_SIMPLEX)
    assert (solution.status == "infeasible") == (best is None)
    chosen = None if best is None else solution.chosen
    bound = check_certificate(program, chosen, there(solution.certificate))
    if best is not None:
        assert (solution.status, solution.objective, bound) == ("optimal", best, best)
        assert recount(program, solution.chosen).objective == best
        assert maximise_coverage(program, backend="highs").objective == best


@pytest.mark.parametrize("seed", range(cases(100)))
def test_least_cost_equals_brute_force(seed):
    program = least_cost(seed)
    best, _ = brute_force(program)
    solution = maximise_coverage(program, settings=DEFAULTS if seed % 2 else TREE_BY_SIMPLEX)
    assert (solution.status == "infeasible") == (best is None)
    bound = check_certificate(program, None if best is None else solution.chosen, there(solution.certificate))
    if best is not None:
        assert (solution.status, solution.objective, bound) == ("optimal", best, best)
        assert maximise_coverage(program, backend="highs").objective == best


@pytest.mark.parametrize("seed", range(cases(60)))
def test_with_everything_a_program_may_have(seed):
    """The checker and the reference of it agree with brute force; altered certificates prove nothing false."""
    rng = np.random.default_rng(80_000 + seed)
    program = alone(random_program(rng, max_sites=8, max_rows=20), rng)
    best, solution = best_plan(program), maximise_coverage(program)
    bound = check_certificate(program, solution.chosen, there(solution.certificate))
    assert there(solution.certificate).infeasible if best is None else (solution.objective, bound) == (best[0], best[0])
    for _ in range(10):
        other = mutated(solution.certificate, rng)
        if not differs(other, solution.certificate):
            continue
        try:
            bound = check_certificate(program, solution.chosen, resealed(other))
        except CertificateError:
            continue
        assert best is None or (not other.infeasible and bound >= best[0])


def test_a_certificate_is_of_one_program():
    """What is proven where rows count in floors alone is nothing where they count in full, nor the other way round."""
    plain = random_relocation(4)
    other = replace(plain, floor_only=np.arange(plain.row_weights().size))
    for one, wrong in ((plain, other), (other, plain)):
        solution = maximise_coverage(one)
        with pytest.raises(CertificateError, match="another program"):
            check_certificate(wrong, solution.chosen, there(solution.certificate))
    assert plain.fingerprint() != other.fingerprint()


def test_rows_that_do_not_increase_are_refused():
    with pytest.raises(InputError, match="floor_only"):
        replace(random_relocation(4), floor_only=np.array([2, 2]))
