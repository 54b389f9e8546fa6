"""What is left of a program once columns are decided is worth, plan by plan, what the whole is worth."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.problem import FREE, ONE, ZERO, build_problem
from placement.solve.program.restrict import COVERED, FOLDED, LOST, restrict
from tests.effort import cases
from tests.solve.programs import every_plan, relocation_programs
from tests.solve.tools import triangle
from tests.strategies import programs


def worth(work, chosen):
    """Return the value of a plan from what is left: columns, rows, what was folded, covered or chosen before."""
    taken = chosen[work.columns]
    sites = np.unique(work.column_site[taken & (work.column_site >= 0)])
    rows = np.repeat(np.arange(work.weights.size), np.diff(work.indptr))
    covered = np.unique(rows[np.isin(work.sites, sites)])
    total = work.constant + work.covered.sum() + work.values[taken].sum()
    return total + work.fold[:, sites].sum() + work.weights[covered].sum()


@settings(max_examples=cases(100), deadline=None)
@given(program=programs(max_sites=4, max_rows=6, max_columns=6) | relocation_programs(max_sites=3), drawn=st.data())
def test_every_plan_that_agrees_is_worth_the_same(program, drawn):
    problem = build_problem(aggregate(program))
    wish = drawn.draw(
        st.lists(st.sampled_from([FREE, FREE, ONE, ZERO]), min_size=program.n_columns, max_size=program.n_columns)
    )
    status = np.where(problem.status == FREE, np.array(wish, dtype=np.int8), problem.status)
    work = restrict(problem, status, problem.low, problem.high)
    assert work.columns.tolist() == np.flatnonzero(status == FREE).tolist()
    for plan, value in every_plan(program):
        chosen = np.array(plan)
        if chosen[status == ONE].all() and not chosen[status == ZERO].any():
            assert worth(work, chosen) == value


def test_what_becomes_of_rows_by_hand():
    """Site 0 of the triangle open: rows 0 and 2 are covered, row 1 has sites 1 and 2 left; row 3 goes with its site."""
    problem = triangle().problem
    domain = Domain.of(problem).fixed(np.array([0]), np.array([1]))
    work = restrict(problem, domain.status, problem.low, problem.high)
    assert sorted(work.row_of_class.tolist()) == sorted([COVERED, COVERED, FOLDED, 0])
    assert (work.covered.tolist(), work.weights.tolist(), work.fold.sum()) == ([20], [10], 1)
    shut = Domain.of(problem).fixed(np.array([0, 1, 3]), np.array([0, 0, 0]))
    rest = restrict(problem, shut.status, problem.low, problem.high)
    # rows 1 and 2 have site 2 alone, rows 0 and 3 none
    assert sorted(rest.row_of_class.tolist()) == sorted([LOST, LOST, FOLDED, FOLDED])
    assert (rest.fold.sum(), rest.weights.size) == (20, 0)
