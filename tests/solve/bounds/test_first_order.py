"""First-order steps end where they should: at the value of the relaxation, or as soon as a node is closed."""

import numpy as np
import pytest

from placement.solve.bounds.first_order import CONVERGED, FIXABLE, PRUNED, RUNNING, run
from placement.solve.bounds.saddle import BEST_DUAL, start_state
from placement.solve.program.domain import Domain
from tests.solve.tools import three_singles, triangle

NO_PLAN = -(2.0**61)


def steps(tools, iterations, *, allowed=NO_PLAN, tolerance=1e-6, fix_share=2.0):
    work = Domain.of(tools.problem).restricted(tools.problem)
    start = np.zeros(work.columns.size), np.zeros(work.weights.size), np.zeros(work.side_rows.size)
    state = start_state(work, *start, np.zeros(work.minimum.size))
    return run(work, state, iterations, allowed, tolerance, fix_share, 0.0), state


@pytest.mark.parametrize(("tools", "value"), [(three_singles(), 17.5), (triangle(), 30.0)])
def test_the_bound_falls_to_the_value_of_the_relaxation_and_no_further(tools, value):
    """Money of 6 buys the site for 3 and three quarters of that for 4; half of each site covers three rows of ten."""
    outcome, state = steps(tools, 20_000)
    assert outcome == CONVERGED
    assert state.scalars[BEST_DUAL] == pytest.approx(value, rel=1e-4)
    assert state.scalars[BEST_DUAL] >= value - 1e-9


def test_a_node_is_closed_as_soon_as_its_bound_is_low_enough():
    outcome, state = steps(three_singles(), 20_000, allowed=20.0)
    assert outcome == PRUNED
    assert 17.5 <= state.scalars[BEST_DUAL] < 21.0


def test_steps_stop_where_columns_are_decided_or_where_none_are_left():
    assert steps(three_singles(), 20_000, allowed=15.0, fix_share=0.3)[0] == FIXABLE
    assert steps(three_singles(), 1)[0] == RUNNING
