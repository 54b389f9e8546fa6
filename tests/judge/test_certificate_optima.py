"""What the judge takes from a certificate about all optima, against all optima; and what it spares its own run."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.errors import CertificateError
from placement.judge import check_certificate
from placement.judge.certificate_classes import derive_classes
from placement.judge.certificate_optima import agreed
from placement.judge.resolve import Resolver
from placement.solve.engine import solve_engine
from placement.values import CoverageProgram
from tests.effort import cases
from tests.judge.test_certificate_mutations import mutated, resealed
from tests.solve.programs import every_plan, relocation_programs, tied_programs
from tests.solve.test_ties_evidence import all_optima, random_program
from tests.strategies import Drawn
from tests.there import there


def holds_for(state, optima):
    return bool(optima[:, state == 1].all() and not optima[:, state == 0].any())


@given(program=tied_programs() | relocation_programs(max_sites=4), data=st.data())
@settings(deadline=None, max_examples=cases(60), derandomize=True)
def test_what_is_said_of_all_optima_is_true_whoever_made_the_certificate(program, data):
    solution = solve_engine(program)
    if solution.status == "infeasible":
        return
    optima = np.array([plan for plan, value in every_plan(program) if value == solution.objective])
    classes, rng = derive_classes(program), Drawn(data.draw)
    assert holds_for(agreed(program, classes, there(solution.certificate)), optima)
    for _ in range(5):
        other = resealed(mutated(solution.certificate, rng))
        try:
            check_certificate(program, solution.chosen, other)
        except CertificateError:
            continue
        if other.objective == other.bound:
            assert holds_for(agreed(program, classes, other), optima)


@pytest.mark.parametrize("seed", [5, 7, 15, 34, 37, 57])
def test_trees_with_branches_say_what_is_true(seed):
    program = random_program(seed)
    certificate = solve_engine(program).certificate
    assert there(certificate).node_parent.size > 1
    state = agreed(program, derive_classes(program), there(certificate))
    assert holds_for(state, all_optima(program))
    assert (state >= 0).any()


@pytest.mark.parametrize("seed", [7, 15, 36, 57])
def test_the_judges_own_run_says_the_same_among_what_is_open(seed):
    program = random_program(seed)
    solution = solve_engine(program)
    whole = Resolver(program, derive_classes(program))
    narrow = whole.narrowed(agreed(program, whole.classes, there(solution.certificate)))
    assert narrow.entries < whole.entries
    amounts = np.random.default_rng(seed).integers(-3, 4, program.n_columns)
    least = -min(int(amounts[plan].sum()) for plan in all_optima(program))
    for resolver in (whole, narrow):
        found = resolver.least(amounts, 60.0, worth=solution.objective, within=())
        assert (found.best, found.bound) == (least, least)


def test_required_and_excluded_columns_are_decided_from_the_first():
    program = random_program(15)
    optimum = all_optima(program)[0]
    decided: CoverageProgram = replace(program, required=optimum, excluded=~optimum)
    solution = solve_engine(decided)
    np.testing.assert_array_equal(agreed(decided, derive_classes(decided), there(solution.certificate)), optimum)
    assert Resolver(decided, derive_classes(decided)).entries == 0
