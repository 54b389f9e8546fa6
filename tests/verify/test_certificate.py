"""Certificates worked out by hand, and what a wrong or dishonest solver might write instead."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from placement.errors import CertificateError
from placement.values import Certificate, CoverageProgram, Floor, LinearRow
from placement.values.certificate import SCALE
from placement.verify import check_certificate
from placement.verify.certificate_bound import Prices as CheckerPrices
from placement.verify.certificate_classes import derive_classes
from tests.verify.reference import Draft, Prices, classes_of, fingerprint_of


def one_station():
    """Row 0 sees site 0, row 1 both, row 2 site 1; weights 5, 4, 3; money for one. Best: site 0, worth 9."""
    return CoverageProgram.from_covers(sparse.csr_array([[1, 0], [1, 1], [0, 1]]), [5, 4, 3], [1, 1], 1)


def one_station_draft(**changes):
    """lambda = (5, 4, 3), theta = 9: rho = (9 - 9, 7 - 9), so that U = 9 x 1 + 0."""
    prices = Prices(row={0: 5 * SCALE, 1: 4 * SCALE, 2: 3 * SCALE}, linear=[9 * SCALE])
    draft = Draft(program=one_station(), bound=9, plan=(True, False), objective=9, prices=[prices], leaves=[(0, 0)])
    for name, value in changes.items():
        setattr(draft, name, value)
    return draft


def triangle(**changes):
    """Three rows of weight 1, each seen by two of three sites; a station costs 1. Best: any one station, 2 - 1 = 1.

    Half of each station gives the linear program 3 - 3/2 = 1.5, so that a cut or a branching is needed.
    """
    parts = {
        "covers": sparse.csr_array([[1, 1, 0], [0, 1, 1], [1, 0, 1]]),
        "weights": [1, 1, 1],
        "n_sites": 3,
        "column_site": [0, 1, 2],
        "column_values": [-1, -1, -1],
        "required": np.zeros(3, dtype=bool),
        "excluded": np.zeros(3, dtype=bool),
    }
    return CoverageProgram(**(parts | changes))


def cut_draft(**changes):
    """nu = 1 on the cut of all three rows: every site covers 2 of them, so that rho = -1 + ceil(2 / 2) = 0, U = 1."""
    draft = Draft(
        program=triangle(),
        bound=1,
        plan=(False, True, False),
        objective=1,
        cuts=[[0, 1, 2]],
        prices=[Prices(cut={0: SCALE})],
        leaves=[(0, 0)],
    )
    for name, value in changes.items():
        setattr(draft, name, value)
    return draft


def tree_draft(**changes):
    """Branch on column 0.

    x0 = 0: lambda = (1, 0, 1): U = 1 (row 1) + max(0, 1 - 1) + max(0, 1 - 1) = 1.
    x0 = 1: lambda = (0, 1, 0): U = 2 (rows 0 and 2) - 1 (column 0) + 0 + 0 = 1.
    """
    draft = Draft(
        program=triangle(),
        bound=1,
        plan=(False, True, False),
        objective=1,
        nodes=[(-1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 1, 0, 1, 0)],
        prices=[Prices(row={0: SCALE, 2: SCALE}), Prices(row={1: SCALE})],
        leaves=[(1, 0), (2, 1)],
    )
    for name, value in changes.items():
        setattr(draft, name, value)
    return draft


def group_draft(**changes):
    """Branch on x0 + x1 + x2 <= 1 (node 1) or >= 2 (node 2).

    <= 1: lambda = (1, 1, 1), kappa = 1: rho_k = -1 + 2 - 1 = 0, U = kappa x 1 = 1.
    >= 2: lambda = 0, kappa = 1: rho_k = -1 + 1 = 0, U = 3 - kappa x 2 = 1.
    """
    draft = Draft(
        program=triangle(),
        bound=1,
        plan=(False, True, False),
        objective=1,
        groups=[[0, 1, 2]],
        nodes=[(-1, 0, 0, 0, 0), (0, 2, 0, 0, 1), (0, 2, 0, 1, 1)],
        prices=[Prices(row={0: SCALE, 1: SCALE, 2: SCALE}, branch={1: SCALE}), Prices(branch={2: SCALE})],
        leaves=[(1, 0), (2, 1)],
    )
    for name, value in changes.items():
        setattr(draft, name, value)
    return draft


def fixing_draft(**changes):
    """One station, bound 9: theta = 7 and lambda = (5, 4, 3) give U = 7 + 2 with rho = (2, 0).

    Forcing column 0 to 0 leaves 7 <= 9, so that it may be fixed to 1; then U is still 9 and closes the root.
    """
    prices = Prices(row={0: 5 * SCALE, 1: 4 * SCALE, 2: 3 * SCALE}, linear=[7 * SCALE])
    return one_station_draft(prices=[prices], fixings=[(0, 0, [(0, 1)])], **changes)


def check(draft):
    return check_certificate(
        draft.program, None if draft.plan is None else np.array(draft.plan, dtype=bool), draft.seal()
    )


def refused(draft, message):
    with pytest.raises(CertificateError, match=message):
        check(draft)


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
    row = LinearRow(name="both", columns=np.arange(2), coefficients=np.ones(2), limit=2, equality=True)
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


def replace_draft(draft, **changes):
    for name, value in changes.items():
        setattr(draft, name, value)
    return draft


def test_required_and_excluded_at_once_needs_no_prices():
    program = replace(one_station(), required=np.array([True, False]), excluded=np.array([True, False]))
    check(Draft(program=program, infeasible=True, leaves=[(0, 0)], prices=[Prices(linear=[0])]))


def test_no_site_no_row_no_column():
    program = CoverageProgram.from_covers(sparse.csr_array((0, 0)), [], [], 0)
    draft = Draft(program=program, plan=(), prices=[Prices(linear=[0])], leaves=[(0, 0)])
    assert check(draft) == 0


# --- the tree ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        # a child is missing: the half of the tree with x0 = 1 is never looked at
        ({"nodes": [(-1, 0, 0, 0, 0), (0, 1, 0, 0, 0)], "leaves": [(1, 0)]}, "node 0 has 1 children"),
        # one half twice
        ({"nodes": [(-1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 1, 0, 0, 0)], "leaves": [(1, 0), (2, 0)]}, "do not split"),
        # halves of different questions
        ({"nodes": [(-1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 1, 1, 1, 0)]}, "do not split"),
        # three children
        (
            {
                "nodes": [(-1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 1, 0, 1, 0), (0, 1, 0, 1, 0)],
                "leaves": [(1, 0), (2, 1), (3, 1)],
            },
            "node 0 has 3 children",
        ),
        # a leaf that nobody closes
        ({"leaves": [(1, 0)]}, "node 2 has 0 children and 0 leaf entries"),
        # a leaf closed twice, so that a bad set could hide behind a good one
        ({"leaves": [(1, 0), (2, 0), (2, 1)]}, "node 2 has 0 children and 2 leaf entries"),
        # an inner node closed as if it were a leaf
        ({"leaves": [(0, 0), (1, 0), (2, 1)]}, "node 0 has 2 children and 1 leaf entries"),
        # the prices of the other child
        ({"leaves": [(1, 1), (2, 1)]}, "prices of leaf 1"),
        ({"leaves": [(1, 0), (2, 0)]}, "prices of leaf 2"),
        # a circle, a node before its parent, two roots, no root
        ({"nodes": [(-1, 0, 0, 0, 0), (2, 1, 0, 0, 0), (1, 1, 0, 1, 0)]}, "come after its parent"),
        ({"nodes": [(1, 0, 0, 0, 0), (-1, 1, 0, 0, 0), (0, 1, 0, 1, 0)]}, "not a root"),
        ({"nodes": [(-1, 0, 0, 0, 0), (-1, 1, 0, 0, 0), (0, 1, 0, 1, 0)]}, "come after its parent"),
        ({"nodes": []}, "outside 0|not a root"),
        # what the format does not know: kind 0 or 3 below the root, a limit on a column, a column that is not there
        ({"nodes": [(-1, 0, 0, 0, 0), (0, 3, 0, 0, 0), (0, 3, 0, 1, 0)]}, "nothing the format knows"),
        ({"nodes": [(-1, 0, 0, 0, 0), (0, 0, 0, 0, 0), (0, 0, 0, 1, 0)]}, "nothing the format knows"),
        ({"nodes": [(-1, 0, 0, 0, 0), (0, 1, 0, 0, 1), (0, 1, 0, 1, 1)]}, "nothing the format knows"),
        ({"nodes": [(-1, 0, 0, 0, 0), (0, 1, -3, 0, 0), (0, 1, -3, 1, 0)]}, "nothing the format knows"),
        ({"nodes": [(-1, 0, 0, 0, 0), (0, 1, 3, 0, 0), (0, 1, 3, 1, 0)]}, "nothing the format knows"),
        # values other than 0 and 1: -1 would mean "free"
        ({"nodes": [(-1, 0, 0, 0, 0), (0, 1, 0, -1, 0), (0, 1, 0, 1, 0)]}, "do not split"),
        # leaves and prices outside the lists; -1 is the last in Python
        ({"leaves": [(1, 0), (-1, 1)]}, "leaf_node has an index outside"),
        ({"leaves": [(1, -2), (2, 1)]}, "leaf_prices has an index outside"),
    ],
)
def test_a_tree_that_is_none(changes, message):
    refused(tree_draft(**changes), message)


def test_a_column_is_not_branched_on_twice():
    nodes = [(-1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 1, 0, 1, 0), (1, 1, 0, 0, 0), (1, 1, 0, 1, 0)]
    refused(tree_draft(nodes=nodes, leaves=[(2, 1), (3, 0), (4, 0)]), "node 3 branches on column 0, which is fixed")


def test_a_required_column_is_not_branched_on():
    program = triangle(required=np.array([True, False, False]))
    draft = tree_draft(program=program, plan=(True, False, False))
    refused(draft, "node 1 branches on column 0, which is fixed already")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        # a gap between the halves: sum <= 0 or sum >= 2 leaves out sum = 1
        ({"nodes": [(-1, 0, 0, 0, 0), (0, 2, 0, 0, 0), (0, 2, 0, 1, 1)]}, "do not split"),
        ({"groups": [[0, 1, 1]]}, "not increasing"),
        ({"groups": [[0, 1, 3]]}, "outside 0..2"),
        ({"groups": [[-1, 0, 1]]}, "outside 0..2"),
        ({"nodes": [(-1, 0, 0, 0, 0), (0, 2, 1, 0, 1), (0, 2, 1, 1, 1)]}, "nothing the format knows"),
    ],
)
def test_group_branchings_that_are_none(changes, message):
    refused(group_draft(**changes), message)


def test_a_branching_is_only_priced_below_it():
    good, other = group_draft().prices
    refused(group_draft(prices=[replace(good, branch={2: SCALE}), other]), "prices the branching of node 2 at node 1")
    refused(group_draft(prices=[replace(good, branch={0: SCALE}), other]), "prices the branching of node 0")
    refused(group_draft(prices=[replace(good, branch={1: -SCALE}), other]), "branch_price is negative")


def test_a_fixing_at_the_root_may_not_use_a_branching_below():
    good, other = group_draft().prices
    draft = group_draft(prices=[good, other], fixings=[(0, 0, [(0, 0)])])
    refused(draft, "prices the branching of node 1 at node 0")


# --- fixings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fixings", "message"),
    [
        ([(0, 0, [(0, 0)])], "column 0 is not proven to be 0"),
        ([(0, 0, [(1, 0)])], "column 1 is not proven to be 0"),
        ([(0, 0, [(0, 1), (0, 1)])], "names a column that is fixed already"),
        ([(0, 0, [(0, 1)]), (0, 0, [(0, 1)])], "names a column that is fixed already"),
        ([(0, 0, [(2, 1)])], "outside 0..1"),
        ([(0, 0, [(-1, 1)])], "outside 0..1"),
        ([(0, 0, [(0, 2)])], "outside 0..1"),
        ([(0, 0, [(0, -1)])], "outside 0..1"),
        ([(1, 0, [(0, 1)])], "fixing_node has an index outside"),
        ([(-1, 0, [(0, 1)])], "fixing_node has an index outside"),
        ([(0, 1, [(0, 1)])], "fixing_prices has an index outside"),
    ],
)
def test_a_fixing_that_is_not_justified(fixings, message):
    prices = Prices(row={0: 5 * SCALE, 1: 4 * SCALE, 2: 3 * SCALE}, linear=[6 * SCALE])
    # U = 6 + 3 + 1 = 10: forcing column 1 to 1 leaves 10, forcing column 0 to 1 leaves 10, neither closes at 9
    refused(one_station_draft(prices=[prices], fixings=fixings), message)


def test_a_fixing_proven_in_one_branch_does_not_hold_in_the_other():
    # In the branch x0 = 1 the prices (0, 1, 0) fix column 1 to 0 (U = 1 = bound, forcing x1 = 1 leaves 1: it closes).
    honest = tree_draft(fixings=[(2, 1, [(1, 0)])])
    assert check(honest) == 1
    # At the root U is 2 + 0 = 2 with the same prices, and x1 = 1 is not excluded.
    refused(tree_draft(fixings=[(0, 1, [(1, 0)])]), "entry 0 at node 0: column 1 is not proven to be 0")


def test_a_fixing_does_not_outlive_its_branch():
    # Both subtrees branch on column 1 again; were the fixing below node 1 kept, node 4 could not branch on it.
    nodes = [(-1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 1, 0, 1, 0), (2, 1, 1, 0, 0), (2, 1, 1, 1, 0)]
    draft = tree_draft(nodes=nodes, leaves=[(1, 0), (3, 1), (4, 1)], fixings=[(1, 0, [(1, 0)])])
    assert check(draft) == 1


# --- dominated columns ------------------------------------------------------------------------------------------


def twins(**changes):
    """Two columns at one site and one elsewhere; row 0 sees site 0, row 1 both sites."""
    parts = {
        "covers": sparse.csr_array([[1, 0], [1, 1]]),
        "weights": [2, 3],
        "n_sites": 2,
        "column_site": [0, 0, 1],
        "column_values": [0, 0, 0],
        "linear": (LinearRow(name="budget", columns=np.arange(3), coefficients=[2, 1, 1], limit=1),),
        "required": np.zeros(3, dtype=bool),
        "excluded": np.zeros(3, dtype=bool),
    }
    return CoverageProgram(**(parts | changes))


def dominated_draft(program, pairs):
    prices = Prices(row={0: 2 * SCALE, 1: 3 * SCALE}, linear=[5 * SCALE] + [0] * (len(program.linear) - 1))
    prices.floor = [0] * len(program.floors)
    return Draft(program=program, bound=20, prices=[prices], leaves=[(0, 0)], dominated=pairs)


def test_dominated_columns():
    assert check(dominated_draft(twins(), [(0, 1), (2, 1)])) == 20


@pytest.mark.parametrize(
    ("program", "pairs", "message"),
    [
        (twins(), [(1, 1)], "not free"),
        (twins(), [(0, 1), (0, 2)], "not free"),
        # each "replaces" the other, so that both would go
        (twins(linear=()), [(0, 1), (1, 0)], "not free"),
        (twins(), [(1, 0)], "takes less of a row"),
        (twins(), [(1, 2)], "covers what 2 does not"),
        (twins(column_values=[0, -1, 0]), [(0, 1)], "worth more"),
        (twins(column_values=[1, 2, 0]), [(0, 1)], "worth more"),
        (twins(excluded=np.array([False, True, False])), [(0, 1)], "not free"),
        (twins(required=np.array([True, False, False])), [(0, 1)], "not free"),
        (twins(column_site=[0, -1, 1]), [(0, 1)], "covers what 1 does not"),
    ],
)
def test_columns_that_are_not_dominated(program, pairs, message):
    if not program.linear:
        draft = dominated_draft(program, pairs)
        draft.prices[0].linear = []
    else:
        draft = dominated_draft(program, pairs)
    refused(draft, message)


@pytest.mark.parametrize(
    "row",
    [
        # dropping column 0 would break the equality
        LinearRow(name="tokens", columns=[0, 2], coefficients=[1, -1], limit=0, equality=True),
        # column 0 brings money in
        LinearRow(name="income", columns=[0, 1], coefficients=[-1, -2], limit=0),
    ],
)
def test_side_rows_forbid_domination(row):
    program = twins(linear=(*twins().linear, row))
    refused(dominated_draft(program, [(0, 1)]), "takes less of a row")


# --- prices and cuts --------------------------------------------------------------------------------------------


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
        LinearRow(name="a", columns=np.arange(2), coefficients=np.ones(2), limit=number(2**40)),
        LinearRow(name="b", columns=np.arange(2), coefficients=np.ones(2), limit=number(1)),
    )
    program = replace(one_station(), linear=rows)
    draft = one_station_draft(program=program, prices=[Prices(linear=[2**40, 0])], bound=12, plan=None, objective=0)
    refused(draft, "do not close it")


def test_a_limit_that_is_no_integer_is_refused():
    row = LinearRow(name="budget", columns=np.arange(2), coefficients=np.ones(2), limit=1.5)
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


# --- types ------------------------------------------------------------------------------------------------------


def tampered(**changes):
    """A sealed certificate with attributes overwritten behind its constructor's back, its digest renewed."""
    certificate = one_station_draft().seal()
    for name, value in changes.items():
        target, _, inner = name.partition("__")
        object.__setattr__(certificate.prices if inner else certificate, inner or target, value)
    object.__setattr__(certificate, "digest", certificate.content_digest())
    return certificate


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
            check_certificate(one_station(), np.array([True, False]), other)


# --- the plan ---------------------------------------------------------------------------------------------------


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


# --- classes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("chunk", [1, 7, 2**23])
def test_classes_equal_a_dictionary(seed, chunk, monkeypatch):
    monkeypatch.setattr("placement.verify.certificate_classes._CHUNK_ENTRIES", chunk)
    rng = np.random.default_rng(seed)
    rows = 60
    covers = sparse.csr_array((rng.random((rows, 4)) < 0.4).astype(np.int8))
    floors = tuple(Floor(name=str(f), rows=np.flatnonzero(rng.random(rows) < 0.4), minimum=0) for f in range(seed % 3))
    program = replace(CoverageProgram.from_covers(covers, rng.integers(0, 5, rows), [1, 1, 1, 1], 2), floors=floors)
    found, expected = derive_classes(program), classes_of(program)
    assert [tuple(found.sites[a:b]) for a, b in itertools.pairwise(found.indptr)] == [each.sites for each in expected]
    assert found.weights.tolist() == [each.weight for each in expected]
    of_class = [tuple(found.floor_index[a:b]) for a, b in itertools.pairwise(found.floor_indptr)]
    assert of_class == [each.floors for each in expected]


def test_two_sets_that_meet_in_one_sum_stay_apart(monkeypatch):
    real, seeds = np.random.default_rng, []

    class Colliding:
        def __init__(self, seed):
            seeds.append(seed)
            self.seed = seed

        def integers(self, low, high, size, dtype):
            return np.ones(size, dtype=dtype) if self.seed == 0 else real(self.seed).integers(low, high, size, dtype)

    program = CoverageProgram.from_covers(sparse.csr_array([[1, 0], [0, 1], [1, 0]]), [1, 2, 4], [1, 1], 1)
    monkeypatch.setattr("placement.verify.certificate_classes.np.random.default_rng", Colliding)
    assert derive_classes(program).weights.tolist() == [5, 2]
    assert 1 in seeds


def in_blocks(program, sizes):
    edges = np.concatenate([[0], np.cumsum(sizes)])
    blocks = [(program.covers[a:b], program.weights[a:b]) for a, b in itertools.pairwise(edges.tolist())]
    return replace(program, covers=blocks, weights=None)


def test_blocks_give_the_same_proof():
    whole = one_station_draft()
    program = in_blocks(one_station(), [2, 0, 1])
    assert check_certificate(program, np.array([True, False]), whole.seal()) == 9


def test_blocks_with_repeated_unsorted_entries():
    covers = sparse.csr_array((np.ones(3), [1, 0, 1], [0, 3]), shape=(1, 2))
    program = replace(one_station(), covers=[(covers, np.array([4]))], weights=None)
    assert derive_classes(program).sites.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ((sparse.csr_array((1, 3)), np.array([1])), "does not fit"),
        ((sparse.csr_array((1, 2)), np.array([1, 2])), "does not fit"),
        ((sparse.csr_array((1, 2)), np.array([1.5])), "does not fit"),
        ((sparse.csr_array((1, 2)), np.array([-1])), "weight outside"),
        ((sparse.csr_array((1, 2)), np.array([2**42])), "weight outside"),
        ((sparse.csr_array((2, 2)), np.array([2**41, 2**41])), "reach 2\\*\\*42"),
    ],
)
def test_blocks_no_certificate_can_speak_about(block, message):
    program = replace(one_station(), covers=[block], weights=None)
    with pytest.raises(CertificateError, match=message):
        derive_classes(program)


def test_the_fingerprint_is_that_of_the_classes():
    program = one_station()
    other = CoverageProgram.from_covers(sparse.csr_array([[1, 0], [1, 1], [0, 1]]), [5, 4, 2], [1, 1], 1)
    assert fingerprint_of(program) != fingerprint_of(other)
    with pytest.raises(CertificateError, match="another program"):
        check_certificate(other, np.array([True, False]), one_station_draft().seal())
