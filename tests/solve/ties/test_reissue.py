"""A proof for another plan of the same value: accepted beside that plan, and beside no other."""

import numpy as np
import pytest
from hypothesis import given, settings

from placement.errors import CertificateError
from placement.judge import check_certificate
from placement.solve.engine import solve_engine
from placement.solve.ties.reissue import reissued
from tests.effort import cases
from tests.solve.programs import every_plan, tied_programs
from tests.there import there


@settings(max_examples=cases(60), deadline=None, derandomize=True)
@given(tied_programs(max_sites=4, max_rows=4))
def test_every_equal_plan_gets_a_proof_and_no_worse_plan_does(program):
    solution = solve_engine(program)
    proof = there(solution.certificate)
    for plan, value in every_plan(program):
        chosen = np.array(plan)
        other = reissued(proof, chosen)
        if value == solution.objective:
            assert check_certificate(program, chosen, other) == solution.bound
        else:
            with pytest.raises(CertificateError):
                check_certificate(program, chosen, other)
