import signal
import subprocess
import sys

import numpy as np
import pulp
import pytest
from hypothesis import given, settings
from scipy import sparse

from placement.errors import InputError, RefutedError
from placement.interrupts import hold_interrupts
from placement.solve.backends.cbc_log import read_cbc_log
from placement.solve.backends.claims import safe_bound, trivial_bound
from placement.solve.backends.milp import solve_milp
from placement.solve.program.recount import recount
from placement.values import CoverageProgram, Floor, LinearRow
from tests.effort import cases
from tests.solve.programs import optimum, relocation_programs, value_of
from tests.there import there


def three_sites(budget=1, **options):
    """Sites 0 and 1 overlap on row 1; site 2 stands alone. One station: site 0 wins 5 + 4 = 9."""
    covers = sparse.csr_array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]])
    return CoverageProgram.from_covers(covers, [5, 4, 3, 6], [1, 1, 1], budget, **options)


def hard_program(n_sites=150, n_rows=1500):
    """Large enough that neither solver proves it within a few hundredths of a second."""
    rng = np.random.default_rng(7)
    points, sites = rng.random((n_rows, 2)), rng.random((n_sites, 2))
    near = ((points[:, None, :] - sites[None, :, :]) ** 2).sum(axis=2) < 0.12**2
    return CoverageProgram.from_covers(
        sparse.csr_array(near.astype(np.int8)), rng.integers(1000, 99_000, n_rows), rng.integers(80, 160, n_sites), 1500
    )


@pytest.mark.parametrize("backend", ["highs", "auto", "cbc"])
@pytest.mark.parametrize(
    ("budget", "expected", "chosen"), [(0, 0, []), (1, 9, [0]), (2, 15, [0, 2]), (9, 18, [0, 1, 2])]
)
def test_three_sites_by_hand(backend, budget, expected, chosen):
    solution = solve_milp(three_sites(budget), backend=backend)
    assert (solution.status, solution.objective, solution.bound, solution.proof) == (
        "optimal",
        expected,
        expected,
        "solver",
    )
    assert np.flatnonzero(solution.chosen).tolist() == chosen
    assert solution.solver.startswith("CBC 2" if backend == "cbc" else "HiGHS 1")


@given(program=relocation_programs())
@settings(deadline=None, max_examples=cases(150), derandomize=True)
def test_highs_equals_brute_force(program):
    best = optimum(program)
    solution = solve_milp(program)
    if best is None:
        assert solution.status == "infeasible"
        assert not solution.chosen.any()
    else:
        assert (solution.status, solution.objective, solution.bound) == ("optimal", best, best)
        assert value_of(program, solution.chosen) == best


@given(program=relocation_programs())
@settings(deadline=None, max_examples=cases(40), derandomize=True)
def test_cbc_equals_brute_force(program):
    best = optimum(program)
    solution = solve_milp(program, backend="cbc")
    if best is None:
        assert solution.status == "infeasible"
    else:
        assert (solution.status, solution.objective) == ("optimal", best)
        assert value_of(program, solution.chosen) == best


@given(program=relocation_programs())
@settings(deadline=None, max_examples=cases(60), derandomize=True)
def test_trivial_bound_is_a_bound(program):
    best = optimum(program)
    assert best is None or trivial_bound(program) >= best


def test_rows_in_blocks_give_the_same_answer():
    whole = three_sites(2)
    blocks = [(whole.covers[:3], whole.weights[:3]), (whole.covers[3:], whole.weights[3:])]
    program = CoverageProgram(
        covers=blocks,
        weights=None,
        n_sites=3,
        column_site=whole.column_site,
        column_values=whole.column_values,
        linear=whole.linear,
        floors=(Floor(name="late rows", rows=np.array([2, 3]), minimum=9),),
        required=whole.required,
        excluded=whole.excluded,
    )
    solution = solve_milp(program)
    # rows 2 and 3 both need a station: sites 1 and 2, worth 4 + 3 + 6
    assert (solution.objective, solution.chosen.tolist()) == (13, [False, True, True])


def test_stored_zero_counts_as_covered():
    covers = sparse.csr_array((np.zeros(1), [0], [0, 1]), shape=(1, 1))
    assert solve_milp(CoverageProgram.from_covers(covers, [7], [1], 1)).objective == 7


def test_repeated_columns_in_a_row_add_up():
    program = three_sites(9)
    row = LinearRow(name="twice", columns=np.array([0, 0]), coefficients=np.array([1, 1]), limit=1)
    blocked = CoverageProgram(
        covers=program.covers,
        weights=program.weights,
        n_sites=3,
        column_site=program.column_site,
        column_values=program.column_values,
        linear=(*program.linear, row),
        required=program.required,
        excluded=program.excluded,
    )
    assert solve_milp(blocked).objective == 13


@pytest.mark.parametrize("backend", ["highs", "cbc"])
def test_empty_programs(backend):
    nobody = CoverageProgram.from_covers(sparse.csr_array((2, 1)), [5, 5], [1], 1)
    assert solve_milp(nobody, backend=backend).objective == 0
    no_site = CoverageProgram.from_covers(sparse.csr_array((2, 0)), [5, 5], [], 0)
    solution = solve_milp(no_site, backend=backend)
    assert (solution.status, solution.objective, solution.bound) == ("optimal", 0, 0)
    no_row = CoverageProgram.from_covers(sparse.csr_array((0, 2)), [], [1, 1], 1)
    assert solve_milp(no_row, backend=backend).objective == 0


@pytest.mark.parametrize("backend", ["highs", "cbc"])
def test_what_cannot_hold_is_infeasible(backend):
    assert solve_milp(three_sites(1, required=[True, True, False]), backend=backend).status == "infeasible"
    both = three_sites(1, required=[True, False, False], excluded=[True, False, False])
    assert solve_milp(both, backend=backend).status == "infeasible"


@pytest.mark.parametrize("backend", ["highs", "cbc"])
def test_a_limit_never_gives_optimal(backend):
    program = hard_program()
    solution = solve_milp(program, backend=backend, time_limit_s=0.4)
    assert solution.status in {"feasible", "no_solution"}
    assert solution.bound > solution.objective
    if solution.status == "feasible":
        assert solution.gap > 0
        assert value_of(program, solution.chosen) == solution.objective


def test_no_time_means_no_solution_or_an_unproven_plan():
    solution = solve_milp(hard_program(), time_limit_s=0.0)
    assert solution.status in {"no_solution", "feasible"}
    assert solution.bound <= trivial_bound(hard_program())


def test_an_asked_gap_may_be_left_open():
    solution = solve_milp(hard_program(60, 400), gap=0.05)
    exact = solve_milp(hard_program(60, 400))
    assert solution.status == "optimal"
    assert solution.gap <= 0.05
    assert solution.objective <= exact.objective <= solution.bound


def test_a_start_is_used():
    program = hard_program()
    best = solve_milp(program, time_limit_s=3.0)
    again = solve_milp(program, time_limit_s=0.3, start=best.chosen)
    assert again.objective >= best.objective


def test_highs_changes_its_number_of_threads_within_a_process():
    program = hard_program(40, 200)
    objectives = {solve_milp(program, threads=threads).objective for threads in (1, 2, 1)}
    assert len(objectives) == 1


def test_highs_prints_nothing(capfd):
    solve_milp(three_sites())
    assert capfd.readouterr().out == ""


INTERRUPTED = """
import signal

signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background inherits "ignore"

import numpy as np

from placement.solve.backends import highs
from placement.interrupts import hold_interrupts
from placement.solve.backends.milp import solve_milp
from tests.solve.test_milp import hard_program

program, real = hard_program(400, 4000), highs.run

def run(model):
    print("running", flush=True)
    real(model)

highs.run = run
with hold_interrupts(tell=lambda: print("asked", flush=True)):
    solution = solve_milp(program, start=np.arange(400) < 9)
    assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
print(solution.status, solution.interrupted, 0 < solution.objective < solution.bound)
"""


def interrupted(times):
    """Send Ctrl-C to a run of HiGHS that would take many minutes; inside HiGHS Python hears no signal."""
    command = [sys.executable, "-c", INTERRUPTED]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert there(process.stdout).readline() == "running\n"
            process.send_signal(signal.SIGINT)
            assert there(process.stdout).readline() == "asked\n"
            if times == 2:
                process.send_signal(signal.SIGINT)
            said, complaint = process.communicate(timeout=120)
        except BaseException:
            process.kill()
            raise
    return process.returncode, said, complaint


def test_an_interrupt_ends_highs_with_the_best_plan_so_far():
    assert interrupted(1) == (0, "feasible True True\n", "")


def test_a_second_interrupt_ends_the_run():
    code, said, complaint = interrupted(2)
    # HiGHS may have ended between the two; then the second one meets the handler that was there before.
    assert (code, said) in {(-signal.SIGINT, ""), (-signal.SIGINT, "feasible True True\n")}
    assert complaint.endswith("KeyboardInterrupt\n")


def test_an_interrupt_noted_before_highs_runs_keeps_the_start():
    program = hard_program()
    start = np.arange(program.n_columns) < 5
    with hold_interrupts() as interrupt:
        interrupt.ask()
        solution = solve_milp(program, start=start)
    assert solution.interrupted
    assert recount(program, solution.chosen).objective == solution.objective >= recount(program, start).objective
    assert solution.bound >= solution.objective


def test_unknown_solver_lists_those_that_exist():
    with pytest.raises(InputError, match=r"'glop' is unknown or not available -> use one of highs, cbc"):
        solve_milp(three_sites(), backend="glop")


class Liar(pulp.LpSolver):  # type: ignore[misc]  # PuLP has no types
    """Says what it is told to say."""

    name = "liar"

    def __init__(self, values, status=pulp.LpStatusOptimal, sol_status=pulp.LpSolutionOptimal):
        super().__init__(msg=False)
        self.values, self.says = values, (status, sol_status)

    def available(self):
        return True

    def actualSolve(self, lp):  # noqa: N802 - PuLP's name
        lp.assignVarsVals({f"x{k}": value for k, value in enumerate(self.values) if value is not None})
        lp.assignStatus(*self.says)
        return self.says[0]


def test_a_claimed_optimum_without_a_bound_is_only_feasible():
    solution = solve_milp(three_sites(1), backend=Liar([0, 0, 1]))
    # the plan is worth 6, and all that is known of the optimum is that it is at most 5 + 4 + 3 + 6
    assert (solution.status, solution.objective, solution.bound, solution.proof) == ("feasible", 6, 18, "none")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, 1, 0], "row budget: 2 where at most 1 is allowed"),
        ([0.5, 0.5, 0], "column 0 has the value 0.5, not 0 or 1"),
        ([2, 0, 0], "column 0 has the value 2"),
        ([None, None, None], "column 0 has the value nan"),
        ([0, 0, float("inf")], "column 2 has the value inf"),
    ],
)
def test_a_wrong_plan_is_refuted(values, message):
    with pytest.raises(RefutedError, match=message):
        solve_milp(three_sites(1), backend=Liar(values))


def test_rounding_noise_is_no_lie():
    assert solve_milp(three_sites(1), backend=Liar([1 - 1e-7, 1e-9, 0])).objective == 9


@pytest.mark.parametrize(
    ("status", "sol_status", "expected"),
    [
        (pulp.LpStatusOptimal, pulp.LpSolutionIntegerFeasible, "feasible"),
        (pulp.LpStatusOptimal, pulp.LpSolutionNoSolutionFound, "no_solution"),
        # PuLP itself pairs "not solved" with "infeasible": that is no proof of anything
        (pulp.LpStatusNotSolved, pulp.LpSolutionInfeasible, "no_solution"),
        (pulp.LpStatusUndefined, pulp.LpSolutionInfeasible, "no_solution"),
        (pulp.LpStatusInfeasible, pulp.LpSolutionInfeasible, "infeasible"),
    ],
)
def test_values_are_read_only_where_the_state_says_so(status, sol_status, expected):
    solution = solve_milp(three_sites(1), backend=Liar([1, 0, 0], status, sol_status))
    assert solution.status == expected
    assert solution.objective == (9 if expected == "feasible" else 0)
    assert solution.chosen.any() == (expected == "feasible")


def test_a_bound_below_the_plan_is_dropped_and_the_plan_kept(monkeypatch):
    monkeypatch.setattr("placement.solve.backends.milp.read_cbc_log", lambda text: ("optimal", 8.0))
    solution = solve_milp(three_sites(1), backend="cbc")
    assert (solution.status, solution.objective, solution.bound, solution.proof) == ("feasible", 9, 18, "none")
    assert solution.details["refuted"].endswith("lies below the plan's own value 9")


@pytest.mark.parametrize("values", [[1, 1, 0], [None, None, None]])
def test_a_plan_that_a_run_begins_with_outlives_a_lie(values):
    solution = solve_milp(three_sites(1), backend=Liar(values), start=np.array([False, False, True]))
    assert (solution.status, solution.objective, solution.proof) == ("feasible", 6, "none")


def test_infeasible_is_refuted_by_the_plan_that_a_run_begins_with():
    liar = Liar([0, 0, 0], pulp.LpStatusInfeasible, pulp.LpSolutionInfeasible)
    solution = solve_milp(three_sites(1), backend=liar, start=np.array([False, False, True]))
    assert (solution.status, solution.objective) == ("feasible", 6)
    assert solution.details["refuted"].endswith(": infeasible")


def test_negative_values_leave_no_false_gap():
    # one column that must be chosen and costs 5: the optimum is -5
    program = CoverageProgram(
        covers=sparse.csr_array((1, 1)),
        weights=np.array([1]),
        n_sites=1,
        column_site=np.array([0]),
        column_values=np.array([-5]),
        required=np.array([True]),
        excluded=np.array([False]),
    )
    solution = solve_milp(program)
    assert (solution.status, solution.objective, solution.bound) == ("optimal", -5, -5)


def test_weights_near_the_limit_stay_exact():
    weights = [2**41 - 1, 2**40 + 1, 3]
    program = CoverageProgram.from_covers(sparse.csr_array(np.eye(3)), weights, [1, 1, 1], 2)
    solution = solve_milp(program)
    assert solution.objective == weights[0] + weights[1]


def test_safe_bound_rounds_towards_the_larger_claim():
    assert safe_bound(17.9999999999) == 18
    assert safe_bound(17.99) == 17
    assert safe_bound(-5.0000000001) == -5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Problem is infeasible - 0.00 seconds", ("infeasible", -np.inf)),
        ("Result - Optimal solution found\n\nObjective value:  144385130.00000000", ("optimal", 144385130.0)),
        (
            "Result - Optimal solution found (within gap tolerance)\n\nObjective value: 90.0\nUpper bound: 92.5",
            ("optimal", 92.5),
        ),
        (
            "Result - Stopped on time limit\n\nNo feasible solution found\nUpper bound:  1892286078.732",
            ("no_solution", 1892286078.732),
        ),
        ("Result - Stopped on node limit\n\nObjective value: 9.0", ("feasible", np.inf)),
        ("", ("no_solution", np.inf)),
    ],
)
def test_cbc_log(text, expected):
    assert read_cbc_log(text) == expected
