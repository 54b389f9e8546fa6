"""What a certificate says of every optimum, against all optima."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import sparse

from placement.solve.deadline import NEVER, Deadline
from placement.solve.engine import solve_engine
from placement.solve.program.aggregate import aggregate
from placement.solve.program.problem import FREE, ONE, ZERO, build_problem
from placement.solve.ties.evidence import agreed
from placement.solve.ties.tie_break import tie_break
from placement.values import CoverageProgram, LinearRow
from tests.effort import cases
from tests.solve.programs import every_plan, relocation_programs, tied_programs
from tests.there import there


def agreed_on(program, certificate, deadline=NEVER):
    return agreed(build_problem(aggregate(program)), certificate, deadline)


def holds_for(found, optima):
    """Whether every one of some plans has what all optima are said to have in common."""
    chosen = optima[:, found.status == ONE].all() and not optima[:, found.status == ZERO].any()
    counts = [(optima[:, columns].sum(axis=1), least, most) for columns, least, most in found.groups]
    return chosen and all(((least <= count) & (count <= most)).all() for count, least, most in counts)


@given(program=tied_programs() | relocation_programs(max_sites=4))
@settings(deadline=None, max_examples=cases(100), derandomize=True)
def test_what_is_said_of_all_optima_is_true(program):
    solution = solve_engine(program)
    if solution.status == "infeasible":
        return
    optima = np.array([plan for plan, value in every_plan(program) if value == solution.objective])
    assert holds_for(agreed_on(program, solution.certificate), optima)


def random_program(seed, n_sites=11, n_rows=30):
    """Random covers, three sites with two ways to open, weights of 1 and 2, one budget."""
    rng = np.random.default_rng(seed)
    twice = rng.permutation(n_sites)[:3]
    column_site = np.concatenate([np.arange(n_sites), twice])
    n_columns, ones = column_site.size, np.ones(2, dtype=np.int64)
    money = LinearRow(
        name="money",
        columns=np.arange(n_columns),
        coefficients=rng.integers(2, 5, n_columns),
        limit=int(rng.integers(8, 16)),
    )
    pairs = [
        LinearRow(name=f"one {site}", columns=np.array([site, n_sites + at]), coefficients=ones, limit=1)
        for at, site in enumerate(twice.tolist())
    ]
    return CoverageProgram(
        covers=sparse.csr_array((rng.random((n_rows, n_sites)) < 0.3).astype(np.int8)),
        weights=rng.integers(1, 3, n_rows),
        n_sites=n_sites,
        column_site=column_site,
        column_values=np.zeros(n_columns, dtype=np.int64),
        linear=(*pairs, money),
        floors=(),
        required=np.zeros(n_columns, dtype=bool),
        excluded=np.zeros(n_columns, dtype=bool),
    )


def all_optima(program):
    n = program.n_columns
    plans = (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(bool)
    for row in program.linear:
        plans = plans[plans[:, row.columns] @ row.coefficients <= row.limit]
    stands = plans @ (program.column_site[:, None] == np.arange(program.n_sites))
    values = (stands.astype(np.int64) @ program.covers.toarray().T.astype(np.int64) > 0) @ program.weights
    return plans[values == values.max()]


@pytest.mark.parametrize("seed", [5, 7, 8, 15, 34, 37, 50, 57])
def test_trees_with_branches_on_groups_and_columns_say_what_is_true(seed):
    program = random_program(seed)
    certificate = solve_engine(program).certificate
    assert there(certificate).node_parent.size > 1
    assert holds_for(agreed_on(program, certificate), all_optima(program))


def test_one_optimum_alone_can_be_settled_without_a_question():
    program = random_program(7)
    (optimum,) = all_optima(program)
    found = agreed_on(program, solve_engine(program).certificate)
    np.testing.assert_array_equal(found.status, np.where(optimum, ONE, ZERO))
    assert found.groups


def test_columns_that_only_some_optima_have_stay_open():
    program = CoverageProgram.from_covers(sparse.csr_array(np.eye(3)), [5, 5, 1], [1] * 3, 1)
    status = agreed_on(program, solve_engine(program).certificate).status
    assert status[:2].tolist() == [FREE, FREE]


def test_dominated_columns_may_be_in_an_optimum():
    # Site 1 covers what site 0 covers: the certificate does without one of them, an optimum need not.
    program = CoverageProgram.from_covers(sparse.csr_array([[1, 1, 0], [0, 0, 1]]), [5, 3], [1] * 3, 2)
    certificate = solve_engine(program).certificate
    assert there(certificate).dominated.size
    assert agreed_on(program, certificate).status[:2].tolist() == [FREE, FREE]


def test_a_certificate_that_contradicts_its_plan_says_nothing():
    program = random_program(57)
    certificate = solve_engine(program).certificate
    assert agreed_on(program, replace(there(certificate), objective=there(certificate).objective + 1)) is None
    found = agreed_on(program, certificate)
    other = there(certificate).chosen ^ (found.status != FREE)
    assert agreed_on(program, replace(there(certificate), chosen=other)) is None


def test_no_time_left_says_nothing():
    program = random_program(57)
    assert agreed_on(program, solve_engine(program).certificate, Deadline.after(0.0)) is None


def test_questions_are_asked_of_what_is_open_alone(monkeypatch):
    from placement.solve.ties import tie_break as module

    free: list[int] = []
    real = vars(module)["solve_mip"]

    def counted(model, **options):
        free.append(int((model.integer & (model.lower < model.upper)).sum()))
        return real(model, **options)

    monkeypatch.setattr(module, "solve_mip", counted)
    monkeypatch.setattr(module._Search, "_fix_what_is_settled", lambda _search: None)
    program = random_program(15)
    solution = solve_engine(program)
    costs = [np.ones(program.n_columns, dtype=np.int64)]
    narrow, by_evidence = tie_break(program, solution, costs), max(free)
    free.clear()
    wide = tie_break(program, replace(solution, certificate=None), costs)
    np.testing.assert_array_equal(there(narrow).chosen, there(wide).chosen)
    assert by_evidence < max(free) / 2
