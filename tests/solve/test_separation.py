"""Separation of odd sets: by hand, against all triples, and what a round returns."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from placement.solve.cuts.pool import odd_set_coefficients
from placement.solve.cuts.separation import violated_odd_sets
from tests.effort import cases


def violation(covers, y, z, rows):
    sites, sizes = odd_set_coefficients(covers.indptr, covers.indices, rows)
    return z[list(rows)].sum() - (len(rows) - 1) / 2 - sizes @ y[sites]


def separate(covers, y, z, *, weights=None, seed=1, **options):
    weights = np.ones(covers.shape[0]) if weights is None else weights
    return violated_odd_sets(covers.indptr, covers.indices, weights, y, z, seed=seed, **options)


def test_a_triangle_is_cut_off():
    # three rows, each covered by two of three half-open sites: the relaxation covers all with 1.5 sites, a plan cannot
    covers = sparse.csr_array([[1, 1, 0], [0, 1, 1], [1, 0, 1]])
    y, z = np.full(3, 0.5), np.ones(3)
    assert separate(covers, y, z) == [(0, 1, 2)]
    assert violation(covers, y, z, (0, 1, 2)) == 3 - 1 - 3 * 0.5


def test_a_ring_of_five_is_cut_off_where_no_three_rows_are():
    # row r is covered by sites r and r + 1 of a ring: three rows in line touch four sites, 3 - 1 - 4/2 = 0;
    # all five touch five, each twice: 5 - 2 - 5/2 = 1/2
    covers = sparse.csr_array(np.eye(5, dtype=int) + np.roll(np.eye(5, dtype=int), 1, axis=1))
    y, z = np.full(5, 0.5), np.ones(5)
    assert separate(covers, y, z) == [(0, 1, 2, 3, 4)]
    assert violation(covers, y, z, (0, 1, 2, 3, 4)) == 0.5


@settings(max_examples=cases(60), deadline=None)
@given(seed=st.integers(0, 10**6), n_sites=st.integers(4, 14))
def test_the_most_violated_three_rows_are_found(seed, n_sites):
    rng = np.random.default_rng(seed)
    covers = sparse.csr_array(rng.random((25, n_sites)) < rng.uniform(0.15, 0.6))
    y = np.round(rng.dirichlet(np.ones(n_sites)) * n_sites * 0.3, 3)
    reach = covers.astype(float) @ y
    z = np.minimum(1.0, reach)
    opened = covers.astype(int) @ (y >= 1.0)
    eligible = np.flatnonzero((z > 0.5) & (reach < 1.4) & (opened == 0))
    most = max((violation(covers, y, z, rows) for rows in itertools.combinations(eligible.tolist(), 3)), default=0.0)
    found = [violation(covers, y, z, rows) for rows in separate(covers, y, z, most=10**6)]
    if most > 0.011:
        assert max(found) >= most - 1e-9
    assert min(found, default=1.0) > 0.01 - 1e-9  # none is returned that holds already


def test_of_rows_over_the_same_open_sites_the_heaviest_stands_for_all():
    # row 3 differs from row 0 by a closed site only, and weighs more
    covers = sparse.csr_array([[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 1]])
    y, z = np.array([0.5, 0.5, 0.5, 0.0]), np.ones(4)
    assert separate(covers, y, z, weights=np.array([1, 1, 1, 2])) == [(1, 2, 3)]
    assert separate(covers, y, z, weights=np.array([2, 1, 1, 1])) == [(0, 1, 2)]


def test_rows_of_a_wholly_open_site_are_left_alone():
    covers = sparse.csr_array([[1, 1, 0, 1], [0, 1, 1, 0], [1, 0, 1, 0]])
    assert separate(covers, np.array([0.5, 0.5, 0.5, 1.0]), np.ones(3)) == []


def test_rows_that_share_no_site_give_no_set_and_an_end():
    for count in (3, 4):
        covers = sparse.csr_array(np.kron(np.eye(count), np.ones((1, 2))))
        assert separate(covers, np.full(2 * count, 0.5), np.ones(count)) == []


def test_found_sets_are_violated_odd_few_through_a_row_and_the_deepest_where_few_are_asked_for():
    rng = np.random.default_rng(5)
    covers = sparse.csr_array(rng.random((120, 25)) < 0.12)
    y = rng.choice([0.0, 0.3, 0.5], 25)
    z = np.minimum(1.0, covers.astype(float) @ y)
    found = separate(covers, y, z, seed=2)
    assert len(found) > 5
    for rows in found:
        assert len(rows) % 2 == 1
        assert violation(covers, y, z, rows) > 0
    counts = np.bincount([row for rows in found for row in rows])
    assert counts.max() <= 4
    assert found == separate(covers, y, z, seed=2)
    assert separate(covers, y, z, seed=2, most=5) == found[:5]


def test_where_very_many_rows_are_near_a_sample_still_finds_a_set_around_most():
    # 600 points around three half-open sites, 200 under each pair: far more near each other than are looked at
    rng = np.random.default_rng(1)
    pairs = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]])[np.repeat(np.arange(3), 200)]
    extra = rng.random((600, 40)) < 0.05  # tells them apart: sites that are open a little
    covers = sparse.csr_array(np.hstack([pairs, extra]))
    y = np.concatenate([np.full(3, 0.48), np.full(40, 0.01)])
    z = np.minimum(1.0, covers.astype(float) @ y)
    found = separate(covers, y, z, most=10**6)
    assert len(found) > 100
    assert all(violation(covers, y, z, rows) > 0.01 for rows in found)
