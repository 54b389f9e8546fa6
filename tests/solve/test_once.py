"""Rows that count once beside rows in layers, against brute force: engine, certificates, bounds of any prices."""

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
from placement.solve.settings import DEFAULTS
from placement.values import CoverageProgram
from placement.values.certificate import SCALE
from tests.effort import cases
from tests.judge.random_programs import random_program
from tests.judge.reference import best_plan
from tests.judge.test_certificate_mutations import differs, mutated, resealed
from tests.solve.instances import brute_force, layered, random_budgeted, random_relocation
from tests.there import there

TREE_BY_SIMPLEX = replace(DEFAULTS, root=replace(DEFAULTS.root, patience=0))


def with_once(program, rng, share=0.4):
    """Return the program with some of its rows counting once, whatever that counts."""
    once = np.flatnonzero(rng.random(program.row_weights().size) < share)
    once = once[~np.isin(once, program.floor_only)]
    return replace(program, once=once, once_worth=int(rng.integers(0, SCALE + 1)))


def instance(seed):
    program = layered(random_relocation(seed) if seed % 2 else random_budgeted(seed), seed)
    return with_once(program, np.random.default_rng([11, seed]))


def test_a_station_and_its_second_machine_by_hand():
    """Weights of 100 and 60 at A and B; a machine is out of order a fifth of the time; a station has up to two.

    One machine counts 0.8, two 0.96. A station's row counts once, 0.8 - 0.16; a row of its machines 0.16, 0.16. With
    two machines to place: both at A 96, one each 80 + 48 = 128. With three: two at A 96 + 48 = 144, two at B 80 + 57.6.
    """
    share = SCALE // 5 * 4 - SCALE * 4 // 25
    covers = sparse.csr_array([[1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1]])
    for budget, worth, stands in ((2, 127, [True, True, False, False]), (3, 143, [True, True, True, False])):
        program = CoverageProgram.from_covers(covers, [100, 60, 100, 60], [1, 1, 1, 1], budget)
        each = SCALE * 4 // 25
        asked = replace(program, layers=np.array([each, each]), once=np.array([0, 1]), once_worth=share)
        solution = maximise_coverage(asked)
        assert (solution.objective, solution.bound, solution.chosen.tolist()) == (worth, worth, stands)


@pytest.mark.parametrize("seed", range(cases(160)))
def test_programs_equal_brute_force(seed):
    """Every third one in the tree by simplex steps alone; every second one also by another solver."""
    program = instance(seed)
    best, _ = brute_force(program)
    solution = maximise_coverage(program, settings=DEFAULTS if seed % 3 else TREE_BY_SIMPLEX)
    assert (solution.status == "infeasible") == (best is None)
    bound = check_certificate(program, None if best is None else solution.chosen, there(solution.certificate))
    if best is not None:
        assert (solution.status, solution.objective, bound) == ("optimal", best, best)
        assert recount(program, solution.chosen).objective == best
        assert seed % 2 or maximise_coverage(program, backend="highs").objective == best


@pytest.mark.parametrize("seed", range(cases(80)))
def test_any_prices_of_the_right_sign_bound_all_plans(seed):
    program, rng = instance(seed), np.random.default_rng(seed)
    best, _ = brute_force(program)
    if best is None:
        return
    problem = build_problem(aggregate(program))
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
        assert scaled_bound(problem, NO_CUTS, prices, Domain.of(problem))[0] // SCALE >= best


@pytest.mark.parametrize("seed", range(cases(60)))
def test_changed_certificates_prove_nothing_false(seed):
    rng = np.random.default_rng(90_000 + seed)
    program = with_once(random_program(rng, max_sites=8, max_rows=20), rng)
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
    """What is proven where rows count once is nothing where they count in full, or once by another share."""
    plain = random_relocation(4)
    once = replace(plain, once=np.arange(plain.row_weights().size), once_worth=SCALE // 2)
    less = replace(once, once_worth=SCALE // 2 - 1)
    for one, wrong in ((plain, once), (once, plain), (once, less)):
        solution = maximise_coverage(one)
        with pytest.raises(CertificateError, match="another program"):
            check_certificate(wrong, solution.chosen, there(solution.certificate))
    assert len({each.fingerprint() for each in (plain, once, less)}) == 3


@pytest.mark.parametrize(
    "wrong",
    [{"once": np.array([2, 2])}, {"once_worth": SCALE + 1}, {"once": np.array([1]), "floor_only": np.array([1])}],
)
def test_rows_that_cannot_count_once(wrong):
    with pytest.raises(InputError, match="once"):
        replace(random_relocation(4), **wrong)
