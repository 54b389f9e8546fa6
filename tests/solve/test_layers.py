"""Rows that count in layers, against brute force: the engine, its certificates, and bounds of any prices."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from placement.errors import CertificateError, InputError
from placement.judge import check_certificate
from placement.solve import maximise_coverage
from placement.solve.bounds.prices import Prices, scaled_bound
from placement.solve.cuts.arrays import NO_CUTS
from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.problem import build_problem
from placement.solve.program.recount import recount
from placement.values import CoverageProgram
from placement.values.certificate import SCALE
from tests.effort import cases
from tests.judge.test_certificate_mutations import differs, mutated, resealed
from tests.solve.instances import brute_force, is_feasible, layered, random_budgeted, random_relocation, value_of

HALF = 2**19


def instance(seed):
    return layered(random_relocation(seed) if seed % 2 else random_budgeted(seed), seed)


def test_backup_by_hand():
    """Rows of 10 at A and B, 6 at A and 8 at C; two of three sites; half of a weight counts at the second station.

    A, B: 10 + 6 / 2 = 13. A, C: 10 / 2 + 6 / 2 + 8 / 2 = 12. B, C: 10 / 2 + 8 / 2 = 9. Plain: A and C, 24.
    """
    covers = sparse.csr_array([[1, 1, 0], [1, 0, 0], [0, 0, 1]])
    program = CoverageProgram.from_covers(covers, [10, 6, 8], [1, 1, 1], 2)
    assert maximise_coverage(program).objective == 24
    backup = maximise_coverage(replace(program, layers=np.array([HALF, HALF])))
    assert (backup.status, backup.objective, backup.chosen.tolist()) == ("optimal", 13, [True, True, False])


def test_outages_by_hand():
    """A row of 100 in reach of three sites, each out of order a tenth of the time: 90, 99, 99.9, rounded down."""
    shares = np.array([int(SCALE * 0.9 * 0.1**i) for i in range(3)])
    covers = sparse.csr_array([[1, 1, 1]])
    for budget, worth in ((0, 0), (1, 89), (2, 98), (3, 99)):
        program = CoverageProgram.from_covers(covers, [100], [1, 1, 1], budget)
        solution = maximise_coverage(replace(program, layers=shares))
        assert (solution.objective, solution.bound) == (worth, worth), budget


@pytest.mark.parametrize("seed", range(cases(400)))
def test_layered_programs_equal_brute_force(seed):
    program = instance(seed)
    best, _ = brute_force(program)
    solution = maximise_coverage(program)
    assert solution.certificate is not None
    if best is None:
        assert solution.status == "infeasible"
        assert solution.certificate.infeasible
        check_certificate(program, None, solution.certificate)
        return
    assert (solution.status, solution.objective, solution.bound) == ("optimal", best, best)
    assert is_feasible(program, solution.chosen)
    assert value_of(program, solution.chosen) == best == recount(program, solution.chosen).objective
    assert check_certificate(program, solution.chosen, solution.certificate) == best


@pytest.mark.parametrize("seed", range(cases(40)))
def test_the_same_optimum_as_an_integer_program_of_layers(seed):
    program = instance(seed)
    best, _ = brute_force(program)
    solution = maximise_coverage(program, backend="highs")
    assert (solution.status, solution.objective) == (("infeasible", 0) if best is None else ("optimal", best))


@pytest.mark.parametrize("seed", range(cases(200)))
def test_any_prices_of_the_right_sign_bound_all_plans(seed):
    """Nothing is asked of prices but their sign, at the root as where columns are decided."""
    program, rng = instance(seed), np.random.default_rng(seed)
    best, plan = brute_force(program)
    if best is None:
        return
    problem = build_problem(aggregate(program))
    domain = Domain.of(problem)
    known = np.flatnonzero(domain.free & (rng.random(problem.n_columns) < 0.3))
    for where in (domain, domain.fixed(known, plan[known].astype(np.int64))):
        for size in (0, 0.3, 1, 2):
            heaviest = max(1, int(problem.covers.weights.max(initial=0)))
            theta = rng.integers(0, int(size * SCALE) + 1, problem.low.size)
            theta[problem.n_linear :] = 0
            prices = Prices(
                objective=1,
                rows=rng.integers(0, int(size * heaviest * SCALE) + 1, problem.covers.weights.size),
                cuts=np.empty(0, dtype=np.int64),
                theta=theta,
                phi=rng.integers(0, int(size * SCALE) + 1, problem.floors.minimum.size),
            )
            assert scaled_bound(problem, NO_CUTS, prices, where)[0] // SCALE >= best


@pytest.mark.parametrize("seed", range(cases(60)))
def test_changed_certificates_prove_nothing_false(seed):
    program, rng = instance(seed), np.random.default_rng(seed)
    best, _ = brute_force(program)
    solution = maximise_coverage(program)
    for _ in range(20):
        other = mutated(solution.certificate, rng)
        if not differs(other, solution.certificate):
            continue
        with pytest.raises(CertificateError):
            check_certificate(program, solution.chosen, other)
        try:
            bound = check_certificate(program, solution.chosen, resealed(other))
        except CertificateError:
            continue
        assert best is None or (not other.infeasible and bound >= best)


def test_a_certificate_is_of_one_program():
    """The proof of plain coverage is none where half counts at the second station, nor the other way round."""
    plain = random_relocation(4)
    backup = replace(plain, layers=np.array([HALF, HALF]))
    for one, other in ((plain, backup), (backup, plain)):
        solution = maximise_coverage(one)
        assert solution.certificate is not None
        with pytest.raises(CertificateError, match="another program"):
            check_certificate(other, solution.chosen, solution.certificate)
    assert plain.fingerprint() != backup.fingerprint()


@pytest.mark.parametrize("layers", [[], [2**20 + 1], [-1], [1, 2], [2**20, 1], [0.5], [[1]]])
def test_layers_that_cannot_be(layers):
    with pytest.raises(InputError, match="layers"):
        replace(random_budgeted(0), layers=np.array(layers))
