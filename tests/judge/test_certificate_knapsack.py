"""Knapsack cuts in a certificate: recomputed, valid whatever they are made of, refused where the format forbids."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from placement.errors import CertificateError
from placement.judge import check_certificate
from placement.judge.certificate_bound import normalised
from placement.judge.certificate_knapsack import knapsack_cuts
from placement.solve.cuts.knapsack import KnapsackRow
from placement.values import CoverageProgram, LinearRow
from placement.values.certificate import SCALE
from tests.effort import cases
from tests.judge.by_hand import check, refused
from tests.judge.random_programs import random_program
from tests.judge.reference import Draft, Prices, knapsack_cut, random_knapsack


def three_singles(**changes):
    """Three sites, each alone before 10 people, for 3, 4 and 5 with 6 to spend; a count and an equality idle."""
    parts = {
        "covers": sparse.csr_array(np.eye(3)),
        "weights": [10, 10, 10],
        "n_sites": 3,
        "column_site": [0, 1, 2],
        "column_values": [0, 0, 0],
        "linear": (
            LinearRow(name="budget", columns=np.array([0, 1, 2]), coefficients=np.array([3, 4, 5]), limit=6),
            LinearRow(name="two", columns=np.array([0, 1]), coefficients=np.array([1, 4]), limit=5),
            LinearRow(
                name="even", columns=np.array([0, 1, 2]), coefficients=np.array([0, 0, 0]), limit=0, equality=True
            ),
        ),
        "required": np.zeros(3, dtype=bool),
        "excluded": np.zeros(3, dtype=bool),
    }
    return CoverageProgram(**(parts | changes))


def knapsack_draft(cut=(0, 4, [0, 1]), price=10 * SCALE, **changes):
    """The cut x0 + x1 + x2 <= 1 at the price 10 with lambda = 10 everywhere: rho = 0 and U = 10."""
    draft = Draft(
        program=three_singles(),
        bound=10,
        plan=(True, False, False),
        objective=10,
        knapsack=[cut],
        prices=[Prices(row=dict.fromkeys(range(3), 10 * SCALE), knapsack={0: price}, linear=[0, 0, 0])],
        leaves=[(0, 0)],
    )
    for name, value in changes.items():
        setattr(draft, name, value)
    return draft


def test_the_cut_closes_what_the_relaxation_leaves_open():
    assert check(knapsack_draft()) == 10
    draft = knapsack_draft(price=0)
    draft.prices[0].linear = [2 * SCALE, 0, 0]  # without the cut no theta does better than 17.5
    refused(draft, "do not close")


@pytest.mark.parametrize("price", [9 * SCALE, 12 * SCALE])
def test_another_price_does_not_close(price):
    refused(knapsack_draft(price=price), "do not close")


def test_cuts_from_other_columns_are_other_cuts():
    # nothing complemented: x0 + 2 x1 + 2 x2 <= 2; all three: 2 x0 + 2 x1 + 3 x2 <= 3; the other row: x0 + x1 <= 2
    for cut in ((0, 4, []), (0, 4, [0, 1, 2]), (0, 1, []), (1, 4, [0, 1])):
        refused(knapsack_draft(cut=cut), "do not close")


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        ((2, 1, []), "is made of row even, which is an equality"),
        ((0, 0, [0]), "divides row budget by 0"),
        ((0, -4, [0]), "divides row budget by -4"),
        ((0, 6, [0]), "divides row budget by 6"),
        ((1, 4, [2]), "not in row two"),
        ((3, 1, []), "outside 0..2"),
        ((-1, 1, []), "outside 0..2"),
        ((0, 4, [1, 0]), "not increasing"),
        ((0, 4, [0, 0]), "not increasing"),
        ((0, 4, [0, 3]), "outside 0..2"),
    ],
)
def test_what_is_no_cut(cut, message):
    refused(knapsack_draft(cut=cut), message)


@pytest.mark.parametrize(("price", "message"), [(-1, "knapsack_price is negative"), (2**63 - 1, "could leave 64 bits")])
def test_prices_that_are_none(price, message):
    refused(knapsack_draft(price=price), message)


def test_a_price_of_no_cut_is_refused():
    certificate = knapsack_draft().seal()
    other = replace(certificate, prices=replace(certificate.prices, knapsack_index=[1]))
    other = replace(other, digest=other.content_digest())
    with pytest.raises(CertificateError, match=r"outside 0\.\.0"):
        check_certificate(three_singles(), np.array([True, False, False]), other)


def test_rows_of_huge_numbers_are_refused():
    huge = LinearRow(name="huge", columns=np.array([0, 1, 2]), coefficients=np.array([2**60, 3, 4]), limit=7)
    program = three_singles(linear=(huge,))
    draft = knapsack_draft(program=program, cut=(0, 4, []), plan=(False, True, False))
    draft.prices[0].linear = [0]
    refused(draft, "divides row huge")


def test_changes_without_a_new_digest_are_refused():
    certificate = knapsack_draft().seal()
    plan = np.array([True, False, False])
    for name, value in (
        ("knapsack_row", [1]),
        ("knapsack_divisor", [5]),
        ("knapsack_column", [0, 2]),
        ("knapsack_indptr", [0, 1]),
    ):
        with pytest.raises(CertificateError):
            check_certificate(three_singles(), plan, replace(certificate, **{name: value}))


@pytest.mark.parametrize("seed", range(cases(60)))
def test_any_cut_holds_for_every_plan_and_three_ways_to_it_agree(seed):
    rng = np.random.default_rng(seed)
    program = random_program(rng)
    cut = random_knapsack(program, rng)
    if cut is None:
        return
    number, divisor, columns = cut
    draft = Draft(program=program, knapsack=[cut])
    rows = [normalised(row) for row in program.linear]
    matrix, (limit,) = knapsack_cuts(rows, draft.seal(), program.n_columns)
    coefficients = matrix.toarray()[0].astype(np.int64)
    by_text, limit_by_text = knapsack_cut(program, number, divisor, columns)
    assert (limit, [by_text.get(k, 0) for k in range(program.n_columns)]) == (limit_by_text, coefficients.tolist())
    row = rows[number]
    own = KnapsackRow(row=number, columns=row.columns, sizes=row.coefficients, limit=row.limit)
    solver = own.cut(divisor, np.isin(row.columns, columns))
    if solver is not None:
        dense = np.zeros(program.n_columns, dtype=np.int64)
        dense[solver.columns] = solver.coefficients
        assert (solver.limit, dense.tolist()) == (limit, coefficients.tolist())
    for plan in itertools.product((0, 1), repeat=program.n_columns):
        if row.coefficients @ np.array(plan)[row.columns] <= row.limit:
            assert coefficients @ np.array(plan) <= limit
