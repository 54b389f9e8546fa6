"""Certificates worked out by hand, plans and types that are not what they say."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from placement.errors import CertificateError
from placement.judge import check_certificate
from placement.values import Certificate, CoverageProgram, Floor, LinearRow
from placement.values.certificate import SCALE
from tests.judge.by_hand import (
    check,
    cut_draft,
    fixing_draft,
    group_draft,
    one_station,
    one_station_draft,
    refused,
    replace_draft,
    tampered,
    tree_draft,
)
from tests.judge.reference import Draft, Prices


@pytest.mark.parametrize(
    ("draft", "bound"),
    [(one_station_draft(), 9), (cut_draft(), 1), (tree_draft(), 1), (group_draft(), 1), (fixing_draft(), 9)],
)
def test_worked_by_hand(draft, bound):
    assert check(draft) == bound
    draft.bound = bound - 1
    draft.plan, draft.objective = None, 0
    with pytest.raises(CertificateError, match=r"do not close it|not proven to be"):
        check(draft)


def test_a_stated_bound_above_the_plan_is_proven_too():
    draft = one_station_draft(bound=12, prices=[Prices(row={}, linear=[0])])
    assert check(draft) == 12


def test_a_certificate_without_plan():
    assert check(one_station_draft(plan=None, objective=0)) == 9


def test_limits_are_divided_and_rounded_down():
    # 2 x0 + 2 x1 <= 3 is x0 + x1 <= 1
    program = CoverageProgram.from_covers(sparse.csr_array([[1, 0], [1, 1], [0, 1]]), [5, 4, 3], [2, 2], 3)
    assert check(one_station_draft(program=program)) == 9


def test_equalities_may_have_negative_prices():
    # x0 + x1 = 2 forces both: worth 12; theta = -10 gives rho = 9 + 10 and 7 + 10 at most 36 - 20 = 16
    row = LinearRow(name="both", columns=np.arange(2), coefficients=np.ones(2, dtype=np.int64), limit=2, equality=True)
    program = replace(one_station(), linear=(row,))
    prices = Prices(row={0: 5 * SCALE, 1: 4 * SCALE, 2: 3 * SCALE}, linear=[-10 * SCALE])
    assert check(one_station_draft(program=program, plan=(True, True), objective=12, bound=16, prices=[prices])) == 16


def test_a_floor_that_cannot_be_met_is_proven_by_a_ray():
    # at most one station: rows 0 and 2 cannot both be covered, 8 is asked of them and 5 is the most
    floor = Floor(name="both ends", rows=np.array([0, 2]), minimum=8)
    program = replace(one_station(), floors=(floor,))
    # phi = 1, lambda = (5, 0, 3) (classes 0 and 2), theta = 5: U = 5 x 1 - 8 + max(0, 5 - 5) + max(0, 3 - 5) = -3
    ray = Prices(objective=0, row={0: 5 * SCALE, 2: 3 * SCALE}, linear=[5 * SCALE], floor=[SCALE])
    draft = Draft(program=program, infeasible=True, prices=[ray], leaves=[(0, 0)])
    check(draft)
    floor = Floor(name="both ends", rows=np.array([0, 2]), minimum=5)
    refused(replace_draft(draft, program=replace(one_station(), floors=(floor,))), "do not close")


def test_required_and_excluded_at_once_needs_no_prices():
    program = replace(one_station(), required=np.array([True, False]), excluded=np.array([True, False]))
    check(Draft(program=program, infeasible=True, leaves=[(0, 0)], prices=[Prices(linear=[0])]))


def test_no_site_no_row_no_column():
    program = CoverageProgram.from_covers(sparse.csr_array((0, 0)), [], [], 0)
    draft = Draft(program=program, plan=(), prices=[Prices(linear=[0])], leaves=[(0, 0)])
    assert check(draft) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"plan": (True, True), "objective": 12, "bound": 12}, "not feasible: row budget holds 2 against 1"),
        ({"objective": 8}, "the plan is worth 9, not 8"),
        ({"objective": 10, "bound": 10}, "the plan is worth 9, not 10"),
        ({"plan": (False, True)}, "the plan is worth 7, not 9"),
        ({"plan": (False, False), "objective": 0, "bound": 0}, "do not close"),
    ],
)
def test_plans_that_are_not_what_they_say(changes, message):
    refused(one_station_draft(**changes), message)


def test_the_plan_may_not_beat_the_bound():
    with pytest.raises(CertificateError, match="worth 9, more than the bound 8"):
        check(one_station_draft(bound=8))


@pytest.mark.parametrize("plan", [[1, 0], [True], np.array([[True, False]])])
def test_a_plan_of_another_type(plan):
    with pytest.raises(CertificateError, match="not 2 times true or false"):
        check_certificate(one_station(), plan, one_station_draft().seal())


def test_a_plan_that_misses_a_floor():
    program = replace(one_station(), floors=(Floor(name="end", rows=np.array([2]), minimum=1),))
    prices = one_station_draft().prices[0]
    prices.floor = [0]
    refused(one_station_draft(program=program, prices=[prices]), "floor end holds 0 against 1")


def test_an_infeasible_claim_with_a_plan_contradicts_itself():
    refused(one_station_draft(infeasible=True), "comes with a plan")


def test_an_infeasible_claim_is_not_proven_by_values():
    refused(one_station_draft(infeasible=True, plan=None, objective=0), "do not close")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bound": 8.5}, "bound is not an integer"),
        ({"bound": True}, "bound is not an integer"),
        ({"infeasible": 1}, "infeasible is not true or false"),
        ({"has_plan": 0}, "has_plan is not true or false"),
        ({"scale": 2**19}, "the scale is 524288"),
        ({"chosen": np.array([1, 0])}, "chosen is not a 1-dimensional array of bool"),
        ({"leaf_node": np.array([0.0])}, "leaf_node is not a 1-dimensional array of int64"),
        ({"leaf_node": np.array([0], dtype=np.int32)}, "leaf_node is not"),
        ({"node_parent": np.array([[-1]])}, "node_parent is not"),
        ({"prices__row_price": np.array([5.0, 4.0, 3.0]) * SCALE}, "prices.row_price is not"),
        ({"prices__linear": np.array([9 * SCALE])}, "prices.linear is not a 2-dimensional"),
        ({"prices__linear": np.array([[9 * SCALE, 0]])}, r"prices.linear has shape \(1, 2\)"),
        ({"prices__row_indptr": np.array([0, 2])}, "prices.row_indptr does not cut"),
        ({"prices__row_indptr": np.array([1, 3])}, "prices.row_indptr does not cut"),
        ({"node_kind": np.array([0, 0])}, "node_kind has 2 entries"),
        ({"node_kind": np.array([1])}, "not a root"),
    ],
)
def test_wrong_types_and_lengths(changes, message):
    with pytest.raises(CertificateError, match=message):
        check_certificate(one_station(), np.array([True, False]), tampered(**changes))


def test_not_a_number_is_refused():
    certificate = one_station_draft().seal()
    object.__setattr__(certificate.prices, "row_price", np.array([np.nan, 0, 0]))
    with pytest.raises(CertificateError, match=r"prices\.row_price is not"):
        check_certificate(one_station(), np.array([True, False]), certificate)


def test_only_a_certificate_is_one():
    class Trusting(Certificate):
        def content_digest(self):
            return self.digest

    parts = one_station_draft().parts()
    trusting = Trusting(**parts, scale=SCALE, digest="as you like")
    for other in (None, trusting, parts):
        with pytest.raises(CertificateError, match="not a certificate"):
            check_certificate(one_station(), np.array([True, False]), other)  # type: ignore[arg-type]  # what is tested
