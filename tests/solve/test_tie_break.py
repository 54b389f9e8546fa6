from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from placement.interrupts import hold_interrupts
from placement.judge import check_certificate
from placement.solve.backends.milp import solve_milp
from placement.solve.engine import solve_engine
from placement.solve.settings import EngineSettings
from placement.solve.ties.tie_break import tie_break
from placement.values import CoverageProgram
from placement.values.certificate import SCALE
from tests.effort import cases
from tests.judge.reference import Draft, Prices
from tests.solve.programs import every_plan, relocation_programs, tied_programs
from tests.there import there


def twins(n=4):
    """Every site covers the only row: each is an optimum of a plan with one station."""
    return CoverageProgram.from_covers(sparse.csr_array(np.ones((1, n))), [5], [1] * n, 1)


def test_the_cheapest_twin_wins():
    program = twins()
    assert there(tie_break(program, solve_milp(program), [[3, 2, 1, 4]])).chosen.tolist() == [False, False, True, False]


def test_the_lowest_of_equally_cheap_twins_wins():
    program = twins()
    assert there(tie_break(program, solve_milp(program), [[3, 1, 1, 4]])).chosen.tolist() == [False, True, False, False]


def test_only_proven_optima_are_touched():
    program = twins()
    solution = solve_milp(program)
    open_ended = type(solution)(
        status="feasible",
        chosen=solution.chosen,
        objective=5,
        bound=6,
        asked_gap=0.0,
        proof="none",
        solver="",
    )
    assert tie_break(program, open_ended, [[0, 0, 0, 0]]) is None


def test_many_sites_are_compared_too():
    program = twins(400)
    cost = np.full(400, 3)
    cost[[77, 311]] = 1
    assert np.flatnonzero(there(tie_break(program, solve_milp(program), [cost])).chosen).tolist() == [77]


def test_very_large_programs_are_left_alone():
    small = EngineSettings.of({"bounds": {"large_entries": 3}})
    program = twins()
    assert tie_break(program, solve_milp(program), [[1, 1, 1, 1]], settings=small) is None


def test_the_second_cost_decides_where_the_first_is_equal():
    program = twins()
    broken = tie_break(program, solve_milp(program), [[2, 1, 1, 1], [0, 7, 5, 5]])
    assert there(broken).chosen.tolist() == [False, False, True, False]


def test_another_set_of_sites_may_be_cheaper():
    # Rows 0 and 1 are worth 3 each. One dear site reaches both, or two cheap ones reach one each: 9 against 4 + 4.
    covers = sparse.csr_array([[True, True, False], [True, False, True]])
    program = CoverageProgram.from_covers(covers, [3, 3], [1, 1, 1], 2)
    dear = replace(solve_milp(program), chosen=np.array([True, False, False]))
    assert there(tie_break(program, dear, [[9, 4, 4]])).chosen.tolist() == [False, True, True]
    cheap = replace(dear, chosen=np.array([False, True, True]))
    assert there(tie_break(program, cheap, [[7, 4, 4]])).chosen.tolist() == [True, False, False]


def test_an_interrupt_is_no_answer():
    program = twins()
    solution = solve_milp(program)
    with hold_interrupts() as interrupt:
        interrupt.ask()
        assert tie_break(program, solution, [[1, 1, 1, 1]]) is None


def test_no_time_left_is_no_answer():
    program = twins()
    assert tie_break(program, solve_milp(program), [[1, 1, 1, 1]], time_limit_s=0.0) is None


def first_of_all_optima(program, value, costs):
    """The plan sought, by trying every one."""

    def rank(plan):
        # at the first column in which two plans differ, the one that has it comes first
        return [int(cost[list(plan)].sum()) for cost in costs], [not used for used in plan]

    return min((plan for plan, worth in every_plan(program) if worth == value), key=rank)


@pytest.mark.parametrize("solve", [solve_milp, solve_engine])
@given(program=relocation_programs() | tied_programs(), data=st.data())
@settings(deadline=None, max_examples=cases(60), derandomize=True)
def test_equals_trying_all_optima(solve, program, data):
    solution = solve(program)
    if solution.status == "infeasible":
        return
    n = program.n_columns
    amounts = st.lists(st.integers(-2, 3), min_size=n, max_size=n)
    costs = [np.array(data.draw(amounts), dtype=np.int64) for _ in range(data.draw(st.integers(0, 2)))]
    broken = tie_break(program, solution, costs)
    assert tuple(there(broken).chosen.tolist()) == first_of_all_optima(program, solution.objective, costs)
    assert (there(broken).objective, there(broken).bound) == (solution.objective, solution.bound)


def test_blocks_of_columns_join_up():
    # 20 sites in pairs of twins: the lower of each pair must win, across the border between two blocks of 16 columns
    covers = sparse.csr_array(np.kron(np.eye(10), np.ones((1, 2))))
    program = CoverageProgram.from_covers(covers, np.arange(1, 11), [1] * 20, 10)
    broken = tie_break(program, solve_milp(program), [np.zeros(20, dtype=np.int64)])
    assert np.flatnonzero(there(broken).chosen).tolist() == list(range(0, 20, 2))


def test_the_certificate_follows_the_plan():
    # Twin sites, worth 5: theta = 5 and lambda = 5 give rho = 0 and U = 5.
    program = twins()
    prices = Prices(row={0: 5 * SCALE}, linear=[5 * SCALE])
    draft = Draft(
        program=program, bound=5, plan=(True, False, False, False), objective=5, prices=[prices], leaves=[(0, 0)]
    )
    certificate = draft.seal()
    proven = replace(solve_milp(program), chosen=certificate.chosen, certificate=certificate, proof="certificate")
    broken = tie_break(program, proven, [[3, 2, 1, 4]])
    assert there(broken).chosen.tolist() == [False, False, True, False]
    assert check_certificate(program, there(broken).chosen, there(there(broken).certificate)) == 5


def test_values_too_large_for_a_solver_give_the_right_answer_or_none():
    program = CoverageProgram.from_covers(sparse.csr_array(np.ones((1, 4))), [2**41], [1] * 4, 1)
    broken = tie_break(program, solve_milp(program), [[3, 2, 1, 4]])
    assert broken is None or broken.chosen.tolist() == [False, False, True, False]
