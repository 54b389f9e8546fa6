"""Odd-set cuts: valid by enumeration, numbered once, carried from classes to rows."""

import itertools

import numpy as np
from scipy import sparse

from placement.solve.cuts.pool import CutPool, odd_set_coefficients, rows_of_sets
from placement.solve.program.problem import Covers, transposed
from tests.solve.instances import random_covers


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


def test_a_pool_numbers_equal_sets_once():
    covers = sparse.csr_array([[1, 1, 0], [0, 1, 1], [1, 0, 1]])
    indptr, sites = covers.indptr.astype(np.int64), covers.indices.astype(np.int32)
    site_indptr, site_rows, _ = transposed(indptr, sites, np.empty(0, dtype=np.int8), 3)
    pool = CutPool(Covers(indptr, sites, site_indptr, site_rows, np.ones(3, dtype=np.int64)))
    assert (pool.number((0, 1, 2)), pool.number((0, 1, 2)), pool.count) == (0, 0, 1)
    cuts = pool.cuts()
    assert (cuts.classes.tolist(), cuts.coefficients.tolist()) == ([0, 1, 2], [1, 1, 1])


def test_sets_of_classes_become_sets_of_rows_where_nothing_of_them_is_lost():
    # classes 0..5 are rows 2, 0, 1, none, 1, 3: sets with class 3, or with classes 2 and 4, say nothing any more
    row_of_class = np.array([2, 0, 1, -1, 1, 3])
    sets, kept = rows_of_sets(row_of_class, [(0, 1, 2), (0, 1, 3), (1, 2, 4), (0, 1, 4), (1, 2, 5)])
    assert sets == [(0, 1, 2), (0, 1, 3)]
    assert kept.tolist() == [0, 4]
