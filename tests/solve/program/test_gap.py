"""The largest bound that a gap allows, against trying every bound."""

from hypothesis import given, settings
from hypothesis import strategies as st

from placement.solve.program.gap import within_gap


def test_by_hand():
    assert within_gap(90, 0.1) == 100  # (100 - 90) / 100
    assert within_gap(90, 0.0) == 90
    assert within_gap(0, 0.5) == 0
    assert within_gap(-7, 0.5) == -4  # a cost of 7, at least 4: 3 of 7
    assert within_gap(-7, 0.0) == -7


@settings(deadline=None, derandomize=True)
@given(objective=st.integers(1, 300), percent=st.integers(0, 60))
def test_it_is_the_largest_of_all_that_are_within(objective, percent):
    gap = percent / 100
    allowed = [bound for bound in range(objective, 3 * objective + 2) if bound - objective <= gap * bound]
    assert within_gap(objective, gap) == max(allowed)
