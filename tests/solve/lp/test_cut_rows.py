"""Cuts as rows over what is left of a program: an odd set and a knapsack cut by hand, before and after a decision."""

import numpy as np

from placement.solve.cuts.bases import Base
from placement.solve.cuts.knapsack import KnapsackCut
from placement.solve.lp.cut_rows import CutRows
from placement.solve.program.domain import Domain
from tests.solve.tools import triangle

NO_COLUMNS_OUT = ()


def knapsack():
    """Return 2 a + b + c <= 2 over the columns of the three sites, as large as 2."""
    return KnapsackCut(
        base=Base(rows=((0, 1),)), divisor=2, complemented=NO_COLUMNS_OUT, columns=np.array([0, 1, 2]),
        coefficients=np.array([2, 1, 1]), limit=2, scale=2.0,
    )  # fmt: skip


def test_an_odd_set_and_a_knapsack_cut_beside_each_other():
    problem = triangle().problem
    domain = Domain.of(problem)
    work = domain.restricted(problem)
    written = CutRows(work, domain.status)
    cuts = [(0, 1, 2), knapsack()]
    assert written.limits(cuts).tolist() == [1.0, 1.0]
    assert written.over_rows(cuts).toarray().tolist() == [[1, 1, 1], [0, 0, 0]]
    # z0 + z1 + z2 - y0 - y1 - y2 <= 1; a + b / 2 + c / 2 <= 1; the fourth site covers no row of the three
    everywhere = np.arange(work.columns.size)
    assert work.columns.tolist() == [0, 1, 2, 3]
    assert written.over_columns(cuts, everywhere).toarray().tolist() == [[-1, -1, -1, 0], [1, 0.5, 0.5, 0]]
    assert written.over_columns(cuts, np.array([2, 3])).toarray().tolist() == [[-1, 0], [0.5, 0]]


def test_what_is_chosen_is_taken_from_the_limit():
    problem = triangle().problem
    domain = Domain.of(problem).fixed(np.array([1]), np.array([1]))
    work = domain.restricted(problem)
    assert CutRows(work, domain.status).limits([knapsack()]).tolist() == [0.5]
