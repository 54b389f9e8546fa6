"""Ctrl-C: the first ends a run with the best plan so far and a bound that holds, the second at once."""

import signal
import threading
import time

import numpy as np
import pytest
from scipy.sparse import csr_array

from placement.clock import now_s
from placement.interrupts import Interrupt, hold_interrupts
from placement.judge import check_certificate
from placement.progress import ENGINE, TREE
from placement.solve import maximise_coverage
from placement.solve.backends.highs import ArrayModel, solve_mip
from placement.solve.deadline import Deadline
from tests.solve.instances import is_feasible, value_of
from tests.solve.test_milp import hard_program
from tests.there import there


def ctrl_c(*_arguments):
    signal.raise_signal(signal.SIGINT)


def test_the_engine_hands_over_its_plan_and_a_certificate_of_its_bound():
    program = hard_program(120, 700)
    calls = []

    def press(step):
        if step.stage == TREE and step.number == len(ENGINE) - 1 and step.solving_s is not None:
            calls.append(step)
            ctrl_c()

    solution = maximise_coverage(program, progress=press)
    assert len(calls) == 1  # the first look at the clock after Ctrl-C ended the tree
    assert solution.interrupted
    assert solution.status == "feasible"
    assert is_feasible(program, solution.chosen)
    assert value_of(program, solution.chosen) == solution.objective > 0
    assert check_certificate(program, solution.chosen, there(solution.certificate)) == solution.bound
    best = maximise_coverage(program)
    assert not best.interrupted
    assert solution.objective <= best.objective <= solution.bound


def test_where_there_is_no_plan_yet_the_interrupt_goes_on():
    with hold_interrupts() as interrupt:
        interrupt.ask()
        with pytest.raises(KeyboardInterrupt):
            maximise_coverage(hard_program(), backend="highs")


def test_the_first_is_noted_and_the_second_raised():
    told = []
    with hold_interrupts(tell=lambda: told.append("once")) as interrupt:
        assert not interrupt.asked
        ctrl_c()
        assert interrupt.asked
        assert told == ["once"]
        with pytest.raises(KeyboardInterrupt):
            ctrl_c()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_until_an_inner_block_holds_an_outer_one_lets_it_through():
    with hold_interrupts(at_once=False) as outer:
        with pytest.raises(KeyboardInterrupt):
            ctrl_c()
        with hold_interrupts() as inner:
            assert inner is outer
        ctrl_c()  # there may be a plan by now: held until the outer block ends
        assert outer.asked


def test_handlers_of_other_programs_and_other_threads_are_left_alone():
    def own(*_arguments):
        raise ZeroDivisionError

    signal.signal(signal.SIGINT, own)
    with hold_interrupts():
        assert signal.getsignal(signal.SIGINT) is own
    signal.signal(signal.SIGINT, signal.default_int_handler)
    seen = []

    def elsewhere():
        with hold_interrupts() as interrupt:
            seen.append((interrupt.asked, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [(False, signal.default_int_handler)]


def test_deadlines_pass_by_the_clock_or_by_an_interrupt():
    now = now_s()
    assert Deadline(now).passed()
    assert Deadline(now - 5).left_s() == 0.0
    assert not Deadline(now + 60).passed(margin_s=30)
    assert Deadline(now + 60).passed(margin_s=61)
    assert not Deadline(now + 60).within(30).passed(margin_s=20)
    assert Deadline(now + 60).within(30).passed(margin_s=31)
    interrupt = Interrupt()
    inner = Deadline(now + 60, interrupt).within(30)
    assert not inner.passed()
    interrupt.ask()
    assert inner.passed()
    assert inner.interrupted


def test_a_deadline_that_is_called_off_takes_with_it_its_parts_and_not_the_whole():
    whole = Deadline.after(60.0)
    part = whole.within(30.0)
    later = part.within(10.0)
    part.call_off()
    assert part.passed()
    assert later.passed()
    assert later.asked
    assert not later.interrupted
    assert not whole.passed()


def test_calling_a_deadline_off_ends_the_run_of_highs_that_heeds_it():
    # 60 items of nearly equal worth in a knapsack: far too many nodes for the time given
    rng = np.random.default_rng(0)
    weights = rng.integers(10**6, 2 * 10**6, (20, 60)).astype(float)
    model = ArrayModel(
        objective=weights.sum(axis=0),
        matrix=csr_array(weights),
        row_lower=np.full(20, -np.inf),
        row_upper=np.floor(weights.sum(axis=1) / 2),
        lower=np.zeros(60),
        upper=np.ones(60),
        integer=np.ones(60, dtype=bool),
    )
    whole = Deadline.after(60.0)
    begun = time.perf_counter()
    threading.Timer(1.0, whole.call_off).start()
    outcome = solve_mip(model, time_limit_s=60.0, threads=1, interrupt=whole.within(30.0))
    assert outcome.state != "optimal"
    assert time.perf_counter() - begun < 20.0
