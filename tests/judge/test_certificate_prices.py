"""Prices and cuts that a wrong or dishonest solver might write."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from placement.judge import check_certificate
from placement.judge.certificate_bound import Prices as CheckerPrices
from placement.judge.certificate_classes import derive_classes
from placement.values import CoverageProgram, Floor, LinearRow
from placement.values.certificate import SCALE
from tests.judge.by_hand import (
    check,
    cut_draft,
    group_draft,
    one_station,
    one_station_draft,
    refused,
    tampered,
    triangle,
)
from tests.judge.reference import Draft, Prices, classes_of


@pytest.mark.parametrize(
    ("cuts", "message"),
    [
        ([[0, 1]], "cut 0 has 2 classes"),
        ([[0]], "cut 0 has 1 classes"),
        ([[]], "cut 0 has 0 classes"),
        ([[0, 1, 2], [0, 1]], "cut 1 has 2 classes"),
        ([[0, 1, 1]], "not increasing"),
        ([[1, 0, 2]], "not increasing"),
        ([[0, 1, 3]], "outside 0..2"),
        ([[-1, 0, 1]], "outside 0..2"),
    ],
)
def test_cuts_that_are_none(cuts, message):
    refused(cut_draft(cuts=cuts), message)


def test_an_even_set_would_prove_something_false():
    # Rows seen by one site each, stations for free: all are covered, worth 3. Rounding the right side of the even set
    # {0, 1} down to 0 would still be true; taking it at |K|/2 - 1/2 in halves would prove 2.5. Neither is a cut here.
    program = triangle(covers=sparse.csr_array(np.eye(3)), column_values=[0, 0, 0])
    draft = Draft(program=program, bound=1, cuts=[[0, 1]], prices=[Prices(cut={0: SCALE})], leaves=[(0, 0)])
    refused(draft, "cut 0 has 2 classes")


@pytest.mark.parametrize("seed", range(30))
def test_the_cut_coefficients_are_valid_for_every_plan(seed):
    rng = np.random.default_rng(seed)
    covers = sparse.csr_array((rng.random((7, 5)) < 0.5).astype(np.int8))
    program = CoverageProgram.from_covers(covers, np.ones(7, dtype=int), np.ones(5, dtype=int), 5)
    classes = classes_of(program)
    size = len(classes) - (len(classes) + 1) % 2
    if size < 3:
        return
    cut = sorted(rng.choice(len(classes), size, replace=False).tolist())
    draft = Draft(program=program, bound=7, cuts=[cut], prices=[Prices(cut={0: 1}, linear=[0])], leaves=[(0, 0)])
    # with nu = 1 and the ray flag, rho is the coefficient of the cut
    draft.prices[0].objective = 0
    prices = CheckerPrices(program, derive_classes(program), draft.seal())
    coefficient = prices.terms(0).reduced.tolist()
    for plan in itertools.product([0, 1], repeat=5):
        left = sum(any(plan[s] for s in classes[c].sites) for c in cut)
        assert left <= (len(cut) - 1) // 2 + sum(a * x for a, x in zip(coefficient, plan, strict=True))


@pytest.mark.parametrize(
    ("prices", "message"),
    [
        (Prices(row={0: -1}, linear=[0]), "row_price is negative"),
        (Prices(row={0: 5 * SCALE}, linear=[-1]), "price of a <= row is negative"),
        (Prices(objective=2, linear=[0]), "neither 0 nor 1"),
        (Prices(objective=-1, linear=[0]), "neither 0 nor 1"),
        (Prices(row={3: SCALE}, linear=[0]), "outside 0..2"),
        (Prices(row={-1: SCALE}, linear=[0]), "outside 0..2"),
        (Prices(cut={0: SCALE}, linear=[0]), "outside 0..-1"),
        (Prices(branch={0: SCALE}, linear=[0]), "prices the branching of node 0"),
        # a ray that does not go below zero proves nothing
        (Prices(objective=0, linear=[0]), "do not close"),
    ],
)
def test_prices_of_the_wrong_kind(prices, message):
    refused(one_station_draft(prices=[prices]), message)


def test_prices_may_come_in_any_order_and_in_parts():
    certificate = tampered(
        prices__row_index=np.array([2, 0, 1, 1]),
        prices__row_price=np.array([3, 5, 1, 3]) * SCALE,
        prices__row_indptr=np.array([0, 4]),
    )
    assert check_certificate(one_station(), np.array([True, False]), certificate) == 9


def test_a_negative_floor_price_is_refused():
    program = replace(one_station(), floors=(Floor(name="f", rows=np.array([0]), minimum=100),))
    prices = Prices(row={0: 5 * SCALE}, linear=[0], floor=[-SCALE])
    refused(Draft(program=program, bound=0, prices=[prices], leaves=[(0, 0)]), "floor is negative")


@pytest.mark.parametrize(
    ("program", "prices"),
    [
        # four prices of 2**62 add up to 0 in 64 bits
        (one_station(), Prices(row={0: 2**62, 1: 2**62, 2: 2**62}, linear=[9 * SCALE])),
        (one_station(), Prices(row={0: 2**62, 1: 2**62}, linear=[0])),
        (one_station(), Prices(linear=[2**63 - 1])),
        # 2**40 x 2**40 is 0 in 64 bits
        (
            CoverageProgram.from_covers(sparse.csr_array([[1, 0], [1, 1], [0, 1]]), [5, 4, 3], [2**40, 1], 2**41),
            Prices(row={0: 5 * SCALE, 1: 4 * SCALE, 2: 3 * SCALE}, linear=[2**40]),
        ),
        (
            replace(one_station(), column_values=np.array([2**62, 0])),
            Prices(row={0: 5 * SCALE, 1: 4 * SCALE, 2: 3 * SCALE}, linear=[9 * SCALE]),
        ),
    ],
)
def test_prices_that_overflow_are_refused_before_they_are_used(program, prices):
    draft = one_station_draft(program=program, prices=[prices], plan=None, objective=0)
    refused(draft, "could leave 64 bits")


@pytest.mark.parametrize("number", [int, np.int64])
def test_prices_times_limits_do_not_wrap(number):
    # 2**40 x 2**40 is 0 in 64 bits: U would be 12 instead of 12 + 2**60 in units
    rows = (
        LinearRow(name="a", columns=np.arange(2), coefficients=np.ones(2, dtype=np.int64), limit=number(2**40)),
        LinearRow(name="b", columns=np.arange(2), coefficients=np.ones(2, dtype=np.int64), limit=number(1)),
    )
    program = replace(one_station(), linear=rows)
    draft = one_station_draft(program=program, prices=[Prices(linear=[2**40, 0])], bound=12, plan=None, objective=0)
    refused(draft, "do not close it")


def test_a_limit_that_is_no_integer_is_refused():
    row = LinearRow(name="budget", columns=np.arange(2), coefficients=np.ones(2, dtype=np.int64), limit=1)
    object.__setattr__(row, "limit", 1.5)  # the value refuses it; the checker must not rely on that
    draft = one_station_draft(program=replace(one_station(), linear=(row,)))
    refused(draft, "the limit of row budget is not a whole number")


def test_floor_and_branch_prices_may_not_overflow():
    floor = Floor(name="f", rows=np.array([0, 1, 2]), minimum=0)
    program = replace(one_station(), floors=(floor,))
    prices = Prices(linear=[0], floor=[2**62])
    refused(Draft(program=program, bound=12, prices=[prices], leaves=[(0, 0)]), "could leave 64 bits")
    good, other = group_draft().prices
    refused(group_draft(prices=[replace(good, branch={1: 2**63 - 1}), other]), "could leave 64 bits")


def test_large_weights_are_counted_exactly():
    weights = [2**41, 2**41 - 1, 0]
    program = CoverageProgram.from_covers(sparse.csr_array([[1, 0], [0, 1], [0, 1]]), weights, [1, 1], 2)
    prices = Prices(linear=[0])
    draft = Draft(
        program=program, bound=2**42 - 1, plan=(True, True), objective=2**42 - 1, prices=[prices], leaves=[(0, 0)]
    )
    assert check(draft) == 2**42 - 1
