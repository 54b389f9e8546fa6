"""Odd-set cuts: valid by enumeration, violated where found, and what a triangle needs."""

import itertools

import numpy as np
from scipy import sparse

from placement.solve.odd_sets import CutPool, odd_set_coefficients
from placement.solve.problem import Covers, transposed
from placement.solve.separation import violated_odd_sets
from tests.solve.instances import random_covers


def test_a_triangle_is_cut_off():
    # three rows, each covered by two of three half-open sites: the relaxation covers all with 1.5 sites, a plan cannot
    covers = sparse.csr_array([[1, 1, 0], [0, 1, 1], [1, 0, 1]])
    y, z = np.full(3, 0.5), np.ones(3)
    found = violated_odd_sets(covers.indptr, covers.indices, np.ones(3), y, z, seed=1)
    assert found == [(0, 1, 2)]
    sites, sizes = odd_set_coefficients(covers.indptr, covers.indices, (0, 1, 2))
    assert (sites.tolist(), sizes.tolist()) == ([0, 1, 2], [1, 1, 1])
    assert z.sum() > (3 - 1) / 2 + sizes @ y


def test_rows_that_share_no_site_give_no_set_and_an_end():
    covers = sparse.csr_array(np.kron(np.eye(3), np.ones((1, 2))))
    found = violated_odd_sets(covers.indptr, covers.indices, np.ones(3), np.full(6, 0.5), np.ones(3), seed=1)
    assert found == []


def test_every_odd_set_holds_for_every_plan():
    rng = np.random.default_rng(3)
    for _ in range(20):
        covers = random_covers(rng, 7, 5, 0.4)
        for rows in itertools.chain(itertools.combinations(range(7), 3), itertools.combinations(range(7), 5)):
            sites, sizes = odd_set_coefficients(covers.indptr, covers.indices, rows)
            for bits in itertools.product((0, 1), repeat=5):
                plan = np.array(bits)
                covered = (covers.astype(np.int64) @ plan > 0).astype(int)
                assert covered[list(rows)].sum() <= (len(rows) - 1) // 2 + sizes @ plan[sites]


def test_found_sets_are_violated_odd_and_few_through_a_row():
    rng = np.random.default_rng(5)
    covers = sparse.csr_array(rng.random((60, 25)) < 0.12)
    y = rng.choice([0.0, 0.3, 0.5], 25)
    z = np.minimum(1.0, covers.astype(float) @ y)
    found = violated_odd_sets(covers.indptr, covers.indices, np.ones(60), y, z, seed=2)
    assert found
    for rows in found:
        sites, sizes = odd_set_coefficients(covers.indptr, covers.indices, rows)
        assert len(rows) % 2 == 1
        assert z[list(rows)].sum() > (len(rows) - 1) / 2 + sizes @ y[sites]
    counts = np.bincount([row for rows in found for row in rows])
    assert counts.max() <= 4
    assert found == violated_odd_sets(covers.indptr, covers.indices, np.ones(60), y, z, seed=2)


def test_a_pool_numbers_equal_sets_once():
    covers = sparse.csr_array([[1, 1, 0], [0, 1, 1], [1, 0, 1]])
    indptr, sites = covers.indptr.astype(np.int64), covers.indices.astype(np.int32)
    site_indptr, site_rows, _ = transposed(indptr, sites, np.empty(0, dtype=np.int8), 3)
    pool = CutPool(Covers(indptr, sites, site_indptr, site_rows, np.ones(3, dtype=np.int64)))
    assert (pool.number((0, 1, 2)), pool.number((0, 1, 2)), pool.count) == (0, 0, 1)
    cuts = pool.cuts()
    assert (cuts.classes.tolist(), cuts.coefficients.tolist()) == ([0, 1, 2], [1, 1, 1])


def test_rows_that_share_nothing_end_the_search():
    covers = sparse.csr_array(np.repeat(np.eye(4, dtype=int), 2, axis=1))
    assert violated_odd_sets(covers.indptr, covers.indices, np.ones(4), np.full(8, 0.5), np.ones(4), seed=1) == []
