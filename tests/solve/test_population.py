"""Populations of plans: what is near a site, how two plans are crossed, what a new plan displaces, when it is taken."""

import itertools
import threading
import time
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from placement.kernels import kernel
from placement.solve.deadline import Deadline
from placement.solve.plans.background import PlansBeside
from placement.solve.plans.population import Improver
from placement.solve.plans.recombine import ball_ranks, recombined
from placement.solve.plans.swaps import Field, build_field, near_sites
from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.problem import build_problem
from placement.solve.settings import DEFAULTS
from placement.values import CoverageProgram
from tests.there import there


@kernel
def ranks_around(field: Field, centre: int) -> Any:
    """Call the part from Python."""
    return ball_ranks(field, centre)


def row_of_sites(count, budget):
    """Return the field of sites in a row, of which each shares one row with the next and has one of its own."""
    covers = np.zeros((2 * count - 1, count), dtype=bool)
    for site in range(count):
        covers[2 * site, site] = True
        if site:
            covers[2 * site - 1, [site - 1, site]] = True
    ones = np.ones(count, dtype=np.int64)
    program = CoverageProgram.from_covers(sparse.csr_array(covers), np.arange(1, 2 * count), ones, budget)
    problem = build_problem(aggregate(program))
    return problem, build_field(Domain.of(problem).restricted(problem), neighbours=True)


def chosen(count, *sites):
    return np.isin(np.arange(count), sites)


def test_near_sites_come_in_the_order_of_the_rows_they_share():
    # Site 0 covers rows 0 to 3; site 1 shares row 3 with it, site 2 rows 0 to 2, site 3 none.
    rows = [[1, 0, 1, 0], [1, 0, 1, 0], [1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 1]]
    covers = sparse.csr_array(np.array(rows, dtype=bool))
    by_site = sparse.csr_array(covers.T)
    rows_begin, sites_begin = covers.indptr.astype(np.int64), by_site.indptr.astype(np.int64)
    indptr, near = near_sites(
        rows_begin, covers.indices.astype(np.int32), sites_begin, by_site.indices.astype(np.int32)
    )
    assert [near[a:b].tolist() for a, b in itertools.pairwise(indptr)] == [[2, 1], [0], [0], []]


def test_a_ball_grows_along_shared_rows():
    _, ground = row_of_sites(6, 3)
    assert ranks_around(ground, 0).tolist() == [0, 1, 2, 3, 4, 5]
    assert sorted(ranks_around(ground, 3)[[2, 4]].tolist()) == [1, 2]
    assert ranks_around(ground, 3)[0] == 5


def test_a_child_takes_one_plan_around_the_centre_and_the_other_away_from_it():
    _, ground = row_of_sites(6, 3)
    # The nearest two thirds of {0, 2, 4} are 0 and 2; the farthest of {1, 3, 5} is 5, and then the budget is spent.
    child = recombined(ground, 0, 2 / 3, chosen(6, 0, 2, 4), chosen(6, 1, 3, 5))
    assert child.tolist() == chosen(6, 0, 2, 5).tolist()
    # A plan that chooses the same sites again leaves room, which is filled by what gains most: rows weigh 1 to 11, so
    # that beside 0 and 2 site 5 adds 10 + 11, and site 4 adds 8 + 9 + 10.
    child = recombined(ground, 0, 1.0, chosen(6, 0, 2), chosen(6, 0, 2))
    assert child.tolist() == chosen(6, 0, 2, 4).tolist()


@pytest.mark.parametrize("threads", [1, 2])
def test_what_an_improver_returns_is_worth_what_it_says(threads):
    problem, _ = row_of_sites(12, 4)
    every = np.ones(12, dtype=bool)
    improver = Improver(problem, Domain.of(problem), every, 3, threads)
    best = improver.improve(Incumbent(np.zeros(12, dtype=bool), 0), Deadline.after(60.0), epochs=3)
    # Site s covers rows of weight 2s, 2s + 1 and 2s + 2, the last site two rows only. 4, 6, 8 and 10 share none;
    # neither do 5, 7, 9 and 11, which are worth as much.
    assert np.flatnonzero(best.chosen).tolist() in ([4, 6, 8, 10], [5, 7, 9, 11])
    assert best.value == (8 + 9 + 10) + (12 + 13 + 14) + (16 + 17 + 18) + (20 + 21 + 22)
    assert best.value == (10 + 11 + 12) + (14 + 15 + 16) + (18 + 19 + 20) + (22 + 23)
    assert improver.settled


def test_a_new_plan_displaces_the_one_it_is_like_and_else_the_worst():
    problem, _ = row_of_sites(40, 20)
    improver = Improver(problem, Domain.of(problem), np.ones(40, dtype=bool), 0)
    first = tuple(range(20))
    improver._enter((-50, first))
    for k in range(23):
        improver._enter((-100 - k, tuple(range(k % 10, 40, 2))[:12] + tuple(range(30 - k, 38 - k))))
    assert len(improver._pool) == 24
    worst = improver._pool[-1]
    assert worst == (-50, first)
    improver._enter((-60, (*range(19), 39)))
    assert (-60, (*range(19), 39)) in improver._pool  # 19 of 20 are the same
    assert worst not in improver._pool
    improver._enter((-55, tuple(range(20, 40))))
    assert (-55, tuple(range(20, 40))) not in improver._pool  # like none, and worse than the worst
    improver._enter((-200, tuple(range(20, 40))))
    assert improver._pool[0] == (-200, tuple(range(20, 40)))
    assert (-60, (*range(19), 39)) not in improver._pool


class SlowImprover:
    """Finds a plan worth one more in every epoch, and settles at the third."""

    settled, settings = False, DEFAULTS.plans

    def __init__(self, pause_s):
        self._pause_s, self.epochs = pause_s, 0

    def improve(self, plan, deadline, *, epochs):
        assert epochs == 1
        if deadline.passed() or self.settled:
            return plan
        time.sleep(self._pause_s)
        self.epochs += 1
        self.settled = self.epochs == 3
        return Incumbent(plan.chosen, plan.value + 1)


class HeldImprover:
    """Finds a plan worth one more in its first epoch, which lasts until it is called off."""

    settled, settings = False, DEFAULTS.plans

    def __init__(self):
        self.begun, self.epochs = threading.Event(), 0

    def improve(self, plan, deadline, *, epochs):
        if deadline.passed():
            return plan
        self.begun.set()
        while not deadline.passed():
            time.sleep(0.001)
        self.epochs += 1
        return Incumbent(plan.chosen, plan.value + 1)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("pause_s", [0.0, 0.03])
def test_epochs_beside_a_tree_are_taken_up_after_a_given_effort_whenever_they_ended(threads, pause_s):
    beside = PlansBeside(SlowImprover(pause_s), Deadline.after(60.0), threads)
    beside.begin(Incumbent(np.zeros(1, dtype=bool), 10))
    efforts = range(0, 2_500_000_000, 10_000_000)
    taken = {effort: plan.value for effort in efforts if (plan := beside.after(effort)) is not None}
    beside.end()
    assert taken == {150_000_000: 11, 600_000_000: 12, 1_950_000_000: 13}


def test_a_search_beside_a_tree_that_ends_is_called_off_and_hands_over_what_it_has():
    improver = HeldImprover()
    beside = PlansBeside(improver, Deadline.after(60.0), 2)
    beside.begin(Incumbent(np.zeros(1, dtype=bool), 10))
    improver.begun.wait()
    plan = beside.end()
    assert improver.epochs == 1
    assert there(plan).value == 11
    assert PlansBeside(improver, Deadline.after(60.0), 2).end() is None
