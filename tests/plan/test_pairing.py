"""Who moves where: least total distance, ties by site id."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from placement.plan.pairing import first_assignment, pair_moves
from tests.effort import cases
from tests.towns import make_sites


@settings(max_examples=cases(150), deadline=None, derandomize=True)
@given(st.integers(1, 5).flatmap(lambda n: arrays(np.int64, (n, n), elements=st.integers(0, 4))))
def test_first_of_the_least_assignments(lengths):
    n = lengths.shape[0]
    totals = {order: sum(lengths[i, j] for i, j in enumerate(order)) for order in itertools.permutations(range(n))}
    least = min(totals.values())
    expected = min(order for order, total in totals.items() if total == least)
    assert tuple(first_assignment(lengths).tolist()) == expected


def test_pairs_by_straight_line_without_streets():
    # S0 at 0 m, S1 at 1000 m; C0 at 900 m, C1 at 50 m: S0 -> C1, S1 -> C0.
    xy = np.array([[0.0, 0.0], [1000.0, 0.0], [900.0, 0.0], [50.0, 0.0]])
    sites = make_sites(2, 2, xy=xy)
    assert pair_moves(sites.table, np.array([0, 1]), np.array([2, 3]), None) == [(0, 3), (1, 2)]


def test_nothing_moves():
    sites = make_sites(1, 1)
    assert pair_moves(sites.table, np.array([], dtype=int), np.array([], dtype=int), None) == []
