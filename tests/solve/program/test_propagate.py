"""What side rows alone decide: by hand, and against every choice of what is open."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.solve.program.problem import FREE, NO_LIMIT, ONE, ZERO, side_rows
from placement.solve.program.propagate import propagate
from tests.effort import cases

N = 4
ROW = st.tuples(
    st.lists(st.integers(-3, 4), min_size=N, max_size=N),
    st.integers(-2, 4) | st.just(-NO_LIMIT),
    st.integers(-1, 6) | st.just(NO_LIMIT),
)


def decided(rows, status):
    """Return (statuses, what was decided) of rows given as (coefficients, low, high)."""
    columns = [np.flatnonzero(coefficients) for coefficients, _, _ in rows]
    side = side_rows([(at, np.array(row)[at]) for (row, _, _), at in zip(rows, columns, strict=True)], N)
    low, high = (np.array([row[part] for row in rows], dtype=np.int64) for part in (1, 2))
    after = np.array(status, dtype=np.int8)
    return after, propagate(side, low, high, after)


def test_money_decides_and_a_minimum_decides():
    # 5 a + 2 b <= 4 forbids a; then a + b + c >= 2 wants b and c, and says nothing of d
    after, found = decided([([5, 2, 0, 0], -NO_LIMIT, 4), ([1, 1, 1, 0], 2, NO_LIMIT)], [FREE] * 4)
    assert after.tolist() == [ZERO, ONE, ONE, FREE]
    assert found.columns.tolist() == [0, 1, 2]
    assert found.values.tolist() == [0, 1, 1]
    assert (found.rows.tolist(), found.above.tolist()) == ([0, 1, 1], [True, False, False])
    assert found.broken == -1


def test_the_row_that_cannot_hold_is_named():
    _, found = decided([([1, 1, 1, 1], -NO_LIMIT, 4), ([1, 1, 0, 0], 2, NO_LIMIT)], [ZERO, FREE, FREE, FREE])
    assert (found.broken, found.broken_above) == (1, False)


@settings(max_examples=cases(300), deadline=None)
@given(
    rows=st.lists(ROW, min_size=1, max_size=3),
    status=st.lists(st.sampled_from([FREE, FREE, ONE, ZERO]), min_size=N, max_size=N),
)
def test_no_choice_that_keeps_the_rows_is_lost(rows, status):
    after, found = decided(rows, status)
    kept = [
        plan
        for plan in itertools.product((0, 1), repeat=N)
        if all(state == FREE or (state == ONE) == bool(chosen) for state, chosen in zip(status, plan, strict=True))
        and all(low <= int(np.dot(row, plan)) <= high for row, low, high in rows)
    ]
    if found.broken >= 0:
        assert kept == []
        return
    for column, state in enumerate(after.tolist()):
        assert state == FREE or all((state == ONE) == bool(plan[column]) for plan in kept)
    assert [column for column in range(N) if after[column] != status[column]] == sorted(found.columns.tolist())
