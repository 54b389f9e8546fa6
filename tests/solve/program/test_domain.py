"""What is decided at a node: new values at every change, what rows decide, what a branch narrows."""

import numpy as np
import pytest
from scipy import sparse

from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.limits import Branch
from placement.solve.program.problem import FREE, ONE, ZERO, build_problem
from placement.values import CoverageProgram, LinearRow
from tests.solve.tools import three_singles


def fixed(problem, *columns):
    return Domain.of(problem).fixed(np.array(columns), np.ones(len(columns), dtype=np.int64))


def test_the_budget_decides_against_what_no_longer_fits():
    problem = three_singles().problem
    first = fixed(problem, 0)
    assert first.status.tolist() == [ONE, FREE, FREE]
    assert Domain.of(problem).n_free == 3, "the domain it was made from is as it was"
    after, found = first.propagated(problem)  # three of six are left for four and five
    assert after.status.tolist() == [ONE, ZERO, ZERO]
    assert (found.columns.tolist(), found.values.tolist(), found.rows.tolist()) == ([1, 2], [0, 0], [0, 0])
    assert found.above.all()
    assert found.broken == -1
    assert first.status.tolist() == [ONE, FREE, FREE]


def test_a_row_that_cannot_hold_is_told():
    _, found = fixed(three_singles().problem, 0, 1).propagated(three_singles().problem)  # 3 + 4 > 6
    assert (found.broken, found.broken_above) == (0, True)


def test_where_rows_decide_nothing_the_domain_is_the_same():
    problem = three_singles().problem
    domain = Domain.of(problem)
    assert domain.propagated(problem)[0] is domain


def test_what_is_outside_is_decided_against_unless_it_is_chosen():
    problem = three_singles(budget=12).problem
    domain = fixed(problem, 0).within(np.array([False, True, False]))
    assert domain.status.tolist() == [ONE, FREE, ZERO]
    assert domain.chosen.tolist() == [True, False, False]
    assert domain.free.tolist() == [False, True, False]
    assert domain.restricted(problem).columns.tolist() == [1]


def two_ways():
    """One site that two columns open, of which one may be chosen, and a second site."""
    rows = (LinearRow(name="once", columns=np.array([0, 1]), coefficients=np.array([1, 1]), limit=1),)
    program = CoverageProgram(
        covers=sparse.csr_array(np.eye(2, dtype=bool)),
        weights=np.array([4, 5]),
        n_sites=2,
        column_site=np.array([0, 0, 1]),
        column_values=np.array([0, 0, 0]),
        linear=rows,
        required=np.zeros(3, dtype=bool),
        excluded=np.zeros(3, dtype=bool),
    )
    return build_problem(aggregate(program))


def test_a_branch_on_a_group_narrows_its_row_and_names_the_node():
    problem = two_ways()
    assert [group.tolist() for group in problem.groups()] == [[0, 1]]
    whole, row = Domain.of(problem), problem.n_linear
    shut = whole.branched(problem, Branch(group=True, index=0, value=0, limit=0), 7)
    assert (shut.limits.high[row], shut.limits.high_node.tolist()) == (0, [7])
    assert shut.limits.low_node.tolist() == [-1]
    assert shut.propagated(problem)[0].status.tolist() == [ZERO, ZERO, FREE]
    opened = whole.branched(problem, Branch(group=True, index=0, value=1, limit=0), 8)
    assert (opened.limits.low[row], opened.limits.low_node.tolist()) == (1, [8])
    assert opened.limits.high_node.tolist() == [-1]
    assert (whole.limits.low[row], whole.limits.high[row]) == (0, 2)
    assert whole.limits.high_node.tolist() == [-1]


@pytest.mark.parametrize(("value", "status"), [(0, ZERO), (1, ONE)])
def test_a_branch_on_a_column_decides_it(value, status):
    problem = two_ways()
    child = Domain.of(problem).branched(problem, Branch(group=False, index=2, value=value), 3)
    assert child.status.tolist() == [FREE, FREE, status]
    assert child.limits.high_node.tolist() == [-1]


def test_the_better_of_two_plans_and_of_equal_ones_the_first():
    some, more, as_much = (Incumbent(np.zeros(1, dtype=bool), value) for value in (3, 5, 5))
    assert some.or_better(None) is some
    assert some.or_better(more) is more
    assert more.or_better(as_much) is more
    assert more.or_better(some) is more
