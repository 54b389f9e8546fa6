"""Certificates of the engine on random programs, checked, compared with brute force, and altered."""

from dataclasses import replace

import numpy as np
import pytest

from placement.errors import CertificateError
from placement.judge import check_certificate
from placement.solve import maximise_coverage
from placement.values import Certificate
from tests.effort import cases
from tests.judge.random_programs import random_program
from tests.judge.reference import best_plan
from tests.judge.test_certificate_mutations import differs, mutated, resealed


def solved(seed):
    rng = np.random.default_rng(70_000 + seed)
    program = random_program(rng, max_sites=8, max_rows=20)
    return rng, program, best_plan(program), maximise_coverage(program, time_limit_s=30.0, seed=seed)


@pytest.mark.parametrize("seed", range(cases(100)))
def test_the_engine_proves_the_optimum(seed):
    _, program, best, solution = solved(seed)
    bound = check_certificate(program, solution.chosen, solution.certificate)
    if best is None:
        assert solution.status == "infeasible"
        assert solution.certificate.infeasible
    else:
        assert (solution.status, solution.objective, solution.bound, bound) == ("optimal", best[0], best[0], best[0])


@pytest.mark.parametrize("seed", range(cases(40)))
def test_changes_to_the_engines_certificates(seed):
    rng, program, best, solution = solved(seed)
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
        assert best is None or (not other.infeasible and bound >= best[0])


@pytest.mark.parametrize("seed", range(20))
def test_a_certificate_survives_its_file(seed, tmp_path):
    _, program, _, solution = solved(seed)
    solution.certificate.save(tmp_path / "certificate.npz")
    read = Certificate.load(tmp_path / "certificate.npz")
    check_certificate(program, solution.chosen, read)
    if not read.infeasible:
        forged = resealed(replace(read, bound=read.bound - 1))
        with pytest.raises(CertificateError):
            check_certificate(program, solution.chosen, forged)
