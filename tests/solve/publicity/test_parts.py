"""Parts of plans that spend on publicity, each on two rows and two sites that can be followed on paper."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy import sparse

from placement.clock import now_s
from placement.solve.deadline import Deadline
from placement.solve.program.aggregate import aggregate
from placement.solve.publicity.programs import at_levels, raised
from placement.solve.publicity.relaxation import PublicityRelaxation
from placement.solve.publicity.spending import best_spend
from placement.values import CoverageProgram
from placement.values.gates import Gates

BUDGET = 5
PROGRAM = CoverageProgram.from_covers(sparse.csr_array(np.eye(2)), [10, 6], [2, 2], BUDGET)
"""Each site covers one row, and costs 2 of 5."""
GATES = Gates(
    area=np.array([0, 1]), gains=np.array([[4], [9]]), cost_fen=np.array([[2], [3]]), whole=np.zeros(2, dtype=bool),
    limits=(("budget", Fraction(1)),),
)  # fmt: skip
"""2 make the first row count 4 more, 3 the second 9 more."""


@pytest.mark.parametrize(
    ("covered", "left", "spend"),
    [
        ([True, True], 3, [0, 3]),  # 9 for 3 before 4 for 2
        ([True, True], 4, [1, 3]),  # what is left buys half of the other level
        ([True, True], 1, [0, 1]),
        ([True, False], 5, [2, 0]),  # nobody gains where nothing is within reach
        ([False, False], 5, [0, 0]),
    ],
)
def test_money_goes_where_it_gains_most(covered, left, spend):
    gained = GATES.gained(np.array(covered))
    assert best_spend(GATES, gained, {"budget": left}, 1, 5.0).tolist() == spend


def test_rows_that_count_more_stand_twice():
    more = raised(PROGRAM, np.array([0, 9]))
    assert more.row_weights().tolist() == [10, 6, 9]
    ((covers, _),) = more.blocks()
    assert covers.toarray().tolist() == [[1, 0], [0, 1], [0, 1]]


def test_what_is_spent_leaves_less_and_a_part_of_a_level_counts_in_part():
    taken = at_levels(PROGRAM, GATES, np.array([1, 3]))
    assert taken.linear[0].limit == BUDGET - 4
    assert sorted(taken.row_weights().tolist()) == [2, 6, 9, 10]


def test_the_relaxation_bounds_every_plan():
    """Both sites for 4 and 1 of publicity, a third of 9: 19. The second alone with all of it: 15."""
    relaxation = PublicityRelaxation(aggregate(PROGRAM), GATES)
    found = relaxation.solve(Deadline(now_s() + 5.0))
    assert found.state == "optimal"
    best = 0
    for opened in np.ndindex(2, 2):
        covered = np.array(opened, dtype=bool)
        left = BUDGET - 2 * covered.sum()
        if left >= 0:
            gained = GATES.gained(covered)
            spend = best_spend(GATES, gained, {"budget": left}, 1, 5.0)
            best = max(best, int(np.array([10, 6]) @ covered) + int(GATES.worth(gained, spend).sum()))
    assert best == 19
    assert best <= found.bound + 1e-6 < 10 + 6 + 4 + 9
    # Nothing may be spent: the two sites, 16.
    assert relaxation.solve(Deadline(now_s() + 5.0), (0, 0)).bound == pytest.approx(16)
