"""Trees, fixings and dominated columns that a wrong or dishonest solver might write."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from placement.values import CoverageProgram, LinearRow
from placement.values.certificate import SCALE
from tests.judge.by_hand import (
    check,
    group_draft,
    one_station_draft,
    refused,
    tree_draft,
    triangle,
)
from tests.judge.reference import Draft, Prices


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


def twins(**changes):
    """Two columns at one site and one elsewhere; row 0 sees site 0, row 1 both sites."""
    parts = {
        "covers": sparse.csr_array([[1, 0], [1, 1]]),
        "weights": [2, 3],
        "n_sites": 2,
        "column_site": [0, 0, 1],
        "column_values": [0, 0, 0],
        "linear": (LinearRow(name="budget", columns=np.arange(3), coefficients=np.array([2, 1, 1]), limit=1),),
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
        LinearRow(name="tokens", columns=np.array([0, 2]), coefficients=np.array([1, -1]), limit=0, equality=True),
        # column 0 brings money in
        LinearRow(name="income", columns=np.array([0, 1]), coefficients=np.array([-1, -2]), limit=0),
    ],
)
def test_side_rows_forbid_domination(row):
    program = twins(linear=(*twins().linear, row))
    refused(dominated_draft(program, [(0, 1)]), "takes less of a row")
