"""Totals that nodes are branched by: which there are, and what one of them closes."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from placement.judge import check_certificate
from placement.solve import EngineSettings, maximise_coverage
from placement.solve.program.aggregate import aggregate
from placement.solve.program.problem import build_problem
from placement.solve.program.totals import column_kinds, column_totals, site_groups
from placement.values import CoverageProgram, LinearRow
from placement.values.rows import SITE
from tests.effort import cases
from tests.solve.instances import brute_force
from tests.solve.test_relocate import two_stations
from tests.there import there


def row(coefficients, limit=1):
    """A row from {column: coefficient}."""
    columns, sizes = list(coefficients), list(coefficients.values())
    return LinearRow(name="row", columns=np.array(columns), coefficients=np.array(sizes), limit=limit)


def test_sums_of_a_relocation_program_by_hand():
    keep, give, opened, moved = [0, 1], [2, 3], [4, 5, 6], [7, 8, 9]
    stands = [*keep, *opened, *moved]
    linear = (
        row(dict.fromkeys([0, 2], 1)),
        row(dict.fromkeys(moved, 1) | dict.fromkeys(give, -1)),
        row(dict.fromkeys([*keep, *give], -3) | dict.fromkeys(opened, 80) | dict.fromkeys(moved, 9)),
        row(dict.fromkeys(stands, 1)),
        row(dict(zip(stands, [6, 9, 6, 6, 9, 9, 6, 6], strict=True))),
    )
    kinds = column_kinds(linear, 10)
    assert sorted(kind.tolist() for kind in kinds) == [keep, give, opened, moved]
    totals = sorted(total.tolist() for total in column_totals(linear, kinds))
    # closed for money, all that stands, what stands at either rent, what is spent on
    assert totals == sorted([[*keep, *give], stands, [0, 4, 5, 8, 9], [1, 6, 7], [*opened, *moved]])


def test_what_says_that_one_decision_is_taken_at_a_site_tells_no_kinds_apart():
    """Three ways at each of two sites, priced 11 and up: with the rows of the sites as without."""
    money = row(dict(enumerate(range(11, 17))), 40)
    at_sites = tuple(replace(row(dict.fromkeys(three, 1)), kind=SITE) for three in ([0, 1, 2], [3, 4, 5]))
    alone, beside = column_kinds((money,), 6), column_kinds((money, *at_sites), 6)
    assert [kind.tolist() for kind in beside] == [kind.tolist() for kind in alone] == [list(range(6))]
    assert column_totals((money, *at_sites), beside) == []
    # A limit of the same form is one on what stands there, and does.
    assert len(column_kinds((money, row(dict.fromkeys([0, 1, 2], 1))), 6)) == 2


def test_no_totals_where_there_are_no_kinds_or_only_one_that_costs_much_this_much_that():
    assert column_totals((row({0: 1, 1: 1, 2: 1}),), []) == []
    one = (row(dict(enumerate(range(11, 19)))),)
    kinds = column_kinds(one, 8)
    assert [kind.tolist() for kind in kinds] == [list(range(8))]
    assert column_totals(one, kinds) == []


def two_kinds(prices, weights, budget, most):
    """Six sites before their own people each; three cost the first price, three the second, `most` of these at most."""
    return CoverageProgram(
        covers=sparse.csr_array(np.eye(6)),
        weights=np.array(weights),
        n_sites=6,
        column_site=np.arange(6),
        column_values=np.zeros(6, dtype=np.int64),
        linear=(row(dict(enumerate(np.repeat(prices, 3).tolist())), budget), row({3: 1, 4: 1, 5: 1}, most)),
        required=np.zeros(6, dtype=bool),
        excluded=np.zeros(6, dtype=bool),
    )


WITHOUT_CUTS = EngineSettings.of({"root": {"patience": 0, "short_patience": 0}, "simplex": {"knapsack_rounds": 0}})


def asked_about(solution):
    """The columns of every group that a certificate branches on."""
    certificate = there(solution.certificate)
    for group in np.unique(certificate.node_index[certificate.node_kind == 2]).tolist():
        yield certificate.group_column[slice(*certificate.group_indptr[group : group + 2].tolist())].tolist()


def test_how_many_are_bought_of_both_kinds_is_all_that_has_to_be_asked():
    """The relaxation buys 4/3 of the first kind, 20 people for 4 yuan at 3 each.

    With one of the first kind at most it is worth 19, with one of both kinds together 15, and with two of both kinds
    together 16, as two of the second are.
    """
    program = two_kinds((3, 2), [15, 15, 15, 8, 8, 8], budget=4, most=2)
    solution = maximise_coverage(program, settings=WITHOUT_CUTS)
    certificate = there(solution.certificate)
    assert (solution.objective, solution.bound) == (16, 16)
    assert check_certificate(program, solution.chosen, certificate) == 16
    assert (certificate.node_kind.tolist(), certificate.node_limit.tolist()) == ([0, 2, 2], [0, 1, 1])
    assert list(asked_about(solution)) == [[0, 1, 2, 3, 4, 5]]


@settings(deadline=None, derandomize=True, max_examples=cases(80))
@given(
    st.tuples(st.integers(2, 9), st.integers(2, 9)),
    st.lists(st.integers(1, 20), min_size=6, max_size=6),
    st.integers(2, 40),
    st.integers(1, 3),
)
def test_programs_of_two_kinds_branched_without_cuts_equal_brute_force(prices, weights, budget, most):
    program = two_kinds(prices, weights, budget, most)
    solution = maximise_coverage(program, settings=WITHOUT_CUTS)
    best, _ = brute_force(program)
    assert (solution.objective, solution.bound) == (best, best)
    assert check_certificate(program, solution.chosen, there(solution.certificate)) == best
    known = [group.tolist() for group in build_problem(aggregate(program)).groups()]
    assert all(group in known for group in asked_about(solution))


def listed(groups):
    return sorted(group.tolist() for group in groups)


def test_kinds_are_columns_that_money_treats_alike_and_prices_tell_them_apart():
    """Columns: keep A, B, give A, B, open C, D, move to C, D. Capital pays for 4 to 7, tokens join 2, 3, 6, 7."""
    program = two_stations(capital=100)
    kinds = column_kinds(program.linear, 8)
    # keeps and gives cost nothing; opening and moving cost differently, so that each is a kind
    assert [kind for kind in listed(kinds) if min(kind) > 3] == [[4, 5], [6, 7]]
    assert listed(site_groups(program.column_site)) == [[4, 6], [5, 7]]


def test_columns_without_a_site_are_in_no_group_of_one():
    assert site_groups(np.array([-1, -1, 0, 1])) == []
