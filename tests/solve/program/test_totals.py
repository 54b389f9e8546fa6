"""Sums of columns to branch by, named by hand for two stations and two candidates."""

import numpy as np

from placement.solve.program.totals import column_kinds, column_totals, site_groups
from placement.values import LinearRow
from tests.solve.test_relocate import two_stations


def listed(groups):
    return sorted(group.tolist() for group in groups)


def test_kinds_are_columns_that_money_treats_alike_and_prices_tell_them_apart():
    """Columns: keep A, B, give A, B, open C, D, move to C, D. Capital pays for 4 to 7, tokens join 2, 3, 6, 7."""
    program = two_stations(capital=100)
    kinds = column_kinds(program.linear, 8)
    # keeps and gives cost nothing; opening and moving cost differently, so that each is a kind
    assert listed(kinds) == [[4, 5], [6, 7]]
    # what comes (tokens > 0) and what costs 9 are the moves again; what goes, and all that is paid for, are new
    assert listed(column_totals(program.linear, kinds)) == [[2, 3], [4, 5, 6, 7]]
    assert listed(site_groups(program.column_site)) == [[4, 6], [5, 7]]


def test_where_all_cost_the_same_nothing_is_added_to_what_the_row_says():
    row = LinearRow(name="count", columns=np.arange(4), coefficients=np.ones(4, dtype=np.int64), limit=2)
    assert column_kinds((row,), 4) == []
    assert column_totals((row,), []) == []
    assert site_groups(np.array([-1, -1, 0, 1])) == []
