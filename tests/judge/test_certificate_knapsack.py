"""Knapsack cuts in a certificate: recomputed, valid whatever they are made of, refused where the format forbids."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from placement.errors import CertificateError
from placement.judge import check_certificate
from placement.judge.certificate_bound import Prices as Judged
from placement.judge.certificate_classes import derive_classes
from placement.solve.cuts.bases import Base
from placement.solve.cuts.knapsack import KnapsackRow
from placement.solve.program.aggregate import aggregate
from placement.solve.program.problem import build_problem
from placement.values import CoverageProgram, Floor, LinearRow
from placement.values.certificate import SCALE
from tests.effort import cases
from tests.judge.by_hand import check, refused
from tests.judge.random_programs import random_program
from tests.judge.reference import Draft, Prices, add_random_knapsack, base_row, cut_of, plan_value


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
        bases=[({0: 1}, -1, []), ({1: 1}, -1, []), ({0: 1, 1: 2, 2: -1}, -1, [])],
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
        ((0, 0, [0]), "divides its base by 0"),
        ((0, -4, [0]), "divides its base by -4"),
        ((0, 6, [0]), "divides its base by 6"),
        ((1, 4, [2]), "not in its base"),
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
    draft.bases = [({0: 1}, -1, [])]
    refused(draft, r"coefficients beyond 2\*\*60")


@pytest.mark.parametrize(
    ("base", "message"),
    [
        (({0: 0}, -1, []), "base 0 adds row budget 0 times"),
        (({0: -1}, -1, []), "base 0 adds row budget -1 times"),
        (({2: 0}, -1, []), "base 0 adds row even 0 times"),
        (({3: 1}, -1, []), "outside 0..2"),
        (({-1: 1}, -1, []), "outside 0..2"),
        (({1: 1, 0: 1}, -1, []), "not increasing"),
        (({0: 2**59}, -1, []), r"coefficients beyond 2\*\*60"),
        (({0: 1}, -2, []), "outside 0..0"),
        (({0: 1}, 0, []), "outside 0..0"),
        (({0: 1}, -1, [1]), "sites and no floor"),
        (({0: 1}, -1, [3]), "outside 0..2"),
        (({0: 1}, -1, [1, 0]), "not increasing"),
    ],
)
def test_what_is_no_base(base, message):
    refused(knapsack_draft(bases=[base]), message)


def floor_draft(base=({}, 0, []), cut=(0, 10, []), **changes):
    """Three sites alone before 10 people each, of whom 15 are asked for, a fourth before 100; money for two.

    The base -10 x0 - 10 x1 - 10 x2 <= -15, divided by 10, says x0 + x1 + x2 >= 2. With lambda = weights, theta = 100
    and the cut at 90, rho = 10 - 100 + 90 = 0 for the three, 100 - 100 for the fourth, U = 2 x 100 - 2 x 90 = 20.
    """
    one = CoverageProgram.from_covers(sparse.csr_array(np.eye(4)), [10, 10, 10, 100], [1, 1, 1, 1], 2)
    prices = Prices(
        row={0: 10 * SCALE, 1: 10 * SCALE, 2: 10 * SCALE, 3: 100 * SCALE},
        knapsack={0: 90 * SCALE},
        linear=[100 * SCALE],
        floor=[0],
    )
    draft = Draft(
        program=replace(one, floors=(Floor(name="district", rows=np.arange(3), minimum=15),)),
        bound=20,
        plan=(True, True, False, False),
        objective=20,
        bases=[base],
        knapsack=[cut],
        prices=[prices],
        leaves=[(0, 0)],
    )
    for name, value in changes.items():
        setattr(draft, name, value)
    return draft


def test_a_floor_says_how_many_stations_it_takes():
    assert check(floor_draft()) == 20
    refused(floor_draft(base=({}, 0, [0])), "do not close")  # beside site 0 another one is enough
    refused(floor_draft(base=({}, 0, [3]), cut=(0, 10, [3])), "not in its base")
    assert check(floor_draft(base=({}, 0, [3]))) == 20  # it covers nobody there
    refused(floor_draft(base=({}, 0, [0, 1, 2]), cut=(0, 10, [])), "divides its base by 10")
    refused(floor_draft(base=({}, 1, [])), r"outside 0\.\.1")


def test_changes_without_a_new_digest_are_refused():
    certificate = knapsack_draft().seal()
    plan = np.array([True, False, False])
    for name, value in (
        ("knapsack_base", [1]),
        ("base_row", [1, 1, 0, 1, 2]),
        ("base_times", [2, 1, 1, 2, -1]),
        ("base_floor", [-1, -1, 0]),
        ("knapsack_divisor", [5]),
        ("knapsack_column", [0, 2]),
        ("knapsack_indptr", [0, 1]),
    ):
        with pytest.raises(CertificateError):
            check_certificate(three_singles(), plan, replace(certificate, **{name: value}))


@pytest.mark.parametrize("seed", range(cases(90)))
def test_any_cut_holds_for_every_plan_and_three_ways_to_it_agree(seed):
    rng = np.random.default_rng(seed)
    program = random_program(rng)
    draft = Draft(program=program)
    if not add_random_knapsack(draft, rng):
        return
    judged = Judged(program, derive_classes(program), draft.seal())
    by_text, limit_by_text = cut_of(draft, 0)
    (limit,), coefficients = judged._knapsack_limits, judged._knapsack.toarray()[0].tolist()
    assert (limit, coefficients) == (limit_by_text, [by_text.get(k, 0) for k in range(program.n_columns)])
    (times, floor, sites), (_, divisor, complemented) = draft.bases[0], draft.knapsack[0]
    base = Base(rows=tuple(times.items()), floor=floor, sites=tuple(sites))
    row = KnapsackRow.of(build_problem(aggregate(program)), base)
    solver = row.cut(divisor, np.isin(row.columns, complemented))
    if solver is not None:
        own = {k: a for k, a in by_text.items() if a}
        assert (solver.limit, dict(zip(solver.columns.tolist(), solver.coefficients.tolist(), strict=True))) == (
            limit,
            own,
        )
    base_sizes, base_limit = base_row(program, *draft.bases[0])
    for plan in itertools.product((0, 1), repeat=program.n_columns):
        if plan_value(program, plan) is not None:
            assert sum(a * plan[k] for k, a in base_sizes.items()) <= base_limit
            assert sum(a * plan[k] for k, a in by_text.items()) <= limit
