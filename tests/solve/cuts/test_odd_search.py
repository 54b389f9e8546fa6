"""The two searches for odd sets and their arrays: triangles and rings by hand, every set that is found recounted."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from placement.kernels import read_only
from placement.solve.cuts.arrays import NO_CUTS, Support
from placement.solve.cuts.odd_growth import Growth, grown_sets
from placement.solve.cuts.odd_triples import best_triples
from placement.solve.cuts.pool import CutPool
from tests.effort import cases
from tests.solve.tools import triangle

GROWTH = Growth(largest=7, candidates=50, noise=0.0, little_noise=0.0)


def support_of(covers, y):
    """Return all rows of a 0-1 matrix as a support, each covered as far as its sites are open."""
    rows = sparse.csr_array(covers)
    columns = sparse.csr_array(sparse.csc_array(rows).T)
    reach = rows.astype(float) @ y
    z = np.minimum(1.0, reach)
    return read_only(
        Support(
            rows=np.arange(rows.shape[0]),
            indptr=rows.indptr.astype(np.int64),
            sites=rows.indices.astype(np.int64),
            site_indptr=columns.indptr.astype(np.int64),
            site_rows=columns.indices.astype(np.int64),
            y=y,
            z=z,
            excess=reach - z,
            weights=np.ones(rows.shape[0]),
        )
    )


def violation(covers, y, rows):
    """z over the set, less (|set| - 1) / 2, less y times half the rows that a site covers, rounded up."""
    z = np.minimum(1.0, covers @ y)
    return z[list(rows)].sum() - (len(rows) - 1) / 2 - ((covers[list(rows)].sum(axis=0) + 1) // 2) @ y


def ring(n):
    return np.eye(n, dtype=int) + np.roll(np.eye(n, dtype=int), 1, axis=1)


def test_a_triangle_is_a_triple_and_a_ring_of_five_is_none():
    for n, triples in ((3, [[0, 1, 2]]), (5, [])):
        support = support_of(ring(n), np.full(n, 0.5))
        found = best_triples(support, np.arange(1), 0.01, 10**6, 1, 100, 1)
        assert np.sort(found, axis=1).tolist() == triples


def test_a_ring_grows_until_it_closes():
    for n in (3, 5, 7):
        sizes, members = grown_sets(support_of(ring(n), np.full(n, 0.5)), np.arange(1), 0.01, 10**6, 1, GROWTH)
        assert sizes.tolist() == [n]
        assert sorted(members[0, :n].tolist()) == list(range(n))
    sizes, _ = grown_sets(support_of(ring(9), np.full(9, 0.5)), np.arange(1), 0.01, 10**6, 1, GROWTH)
    assert sizes.tolist() == []  # seven rows at most


def test_rows_that_share_closed_sites_alone_are_met_once_or_not_at_all():
    """Eight rows, all at eight sites of which one is open: met once a site they would not fit where they are listed."""
    support = support_of(np.ones((8, 8), dtype=int), np.eye(8)[0] * 0.5)
    for _ in range(100):
        assert best_triples(support, np.arange(8), 0.01, 10**6, 1, 100, 1).shape == (0, 3)


@settings(max_examples=cases(100), deadline=None)
@given(
    pattern=st.lists(st.lists(st.booleans(), min_size=5, max_size=5).filter(any), min_size=3, max_size=7),
    tenths=st.lists(st.integers(0, 9), min_size=5, max_size=5),
)
def test_what_is_found_is_violated_and_the_best_triple_of_a_row_is_among_it(pattern, tenths):
    covers, y = np.array(pattern, dtype=int), np.array(tenths) / 10
    support, starts = support_of(covers, y), np.arange(len(pattern))
    triples = best_triples(support, starts, 0.01, 10**6, 1, 10**6, 1)
    sizes, members = grown_sets(support, starts, 0.01, 10**6, 1, GROWTH)
    sets = [*triples.tolist(), *(members[k, : sizes[k]].tolist() for k in range(sizes.size))]
    for rows in sets:
        assert len(set(rows)) == len(rows)
        assert violation(covers, y, rows) > 0.01 - 1e-9
    best = max(violation(covers, y, rows) for rows in itertools.combinations(range(len(pattern)), 3))
    if best > 0.011:
        assert max(violation(covers, y, rows) for rows in triples.tolist()) >= best - 1e-9


def test_no_cuts_are_what_an_empty_pool_has():
    pool = CutPool(triangle().problem.covers)
    empty = pool.cuts()
    for name in ("indptr", "classes", "site_indptr", "sites", "coefficients"):
        assert getattr(NO_CUTS, name).tolist() == getattr(empty, name).tolist()
        assert not getattr(NO_CUTS, name).flags.writeable
    arrays = [part for part in NO_CUTS.knapsack if isinstance(part, np.ndarray)]
    assert all(not part.sum() for part in (*arrays, *NO_CUTS.knapsack.bases))
