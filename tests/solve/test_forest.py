"""Rows coded by their differences: the same sums as row by row, and fewer additions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from placement.kernels import Floats, OutFloats, kernel
from placement.solve.program.forest import Forest, build_forest, reach_rows, spread_prices
from placement.solve.settings import DEFAULTS
from tests.effort import cases


@kernel
def reached(forest: Forest, y: Floats) -> Floats:
    """Call the part from Python."""
    reach: Floats = reach_rows(forest, y)
    return reach


@kernel
def spread(forest: Forest, prices: Floats, site_price: OutFloats) -> None:
    """Call the part from Python."""
    spread_prices(forest, prices, site_price)


def distinct_rows(seed: int, rows: int, sites: int, share: float) -> sparse.csr_array:
    """Return distinct rows that each hold a site."""
    covers = np.unique(np.random.default_rng(seed).random((rows, sites)) < share, axis=0)
    return sparse.csr_array(covers[covers.any(axis=1)])


def forest_of(covers: sparse.csr_array) -> tuple[np.ndarray, Forest]:
    """Return the forest of a matrix."""
    return build_forest(covers.indptr.astype(np.int64), covers.indices.astype(np.int32), covers.shape[1])


def check(covers: sparse.csr_array, seed: int) -> Forest:
    """Compare both products with those of scipy."""
    order, forest = forest_of(covers)
    rng = np.random.default_rng(seed)
    y, prices = rng.random(covers.shape[1]), rng.random(covers.shape[0])
    assert sorted(order.tolist()) == list(range(covers.shape[0]))
    assert (forest.parent[1:] < np.arange(1, forest.parent.size)).all()
    np.testing.assert_allclose(reached(forest, y), (covers @ y)[order], atol=1e-12)
    found = np.full(covers.shape[1], np.nan)
    spread(forest, prices[order], found)
    np.testing.assert_allclose(found, covers.T @ prices, atol=1e-9)
    return forest


@given(seed=st.integers(0, 10**6), rows=st.integers(1, 60), sites=st.integers(1, 12), share=st.floats(0.05, 0.95))
@settings(max_examples=cases(60), deadline=None)
def test_small_programs_have_the_same_sums(seed: int, rows: int, sites: int, share: float) -> None:
    """Below the size at which parents are looked for."""
    covers = distinct_rows(seed, rows, sites, share)
    if covers.shape[0]:
        check(covers, seed)


@pytest.mark.parametrize(("rows", "sites", "share"), [(400, 12, 0.5), (300, 40, 0.3), (900, 300, 0.02)])
def test_large_programs_have_the_same_sums(rows: int, sites: int, share: float) -> None:
    """With parents of either kind."""
    covers = distinct_rows(3, rows, sites, share)
    assert covers.nnz >= DEFAULTS.program.forest_entries
    check(covers, 5)


def test_intervals_cost_one_node_each() -> None:
    """All intervals of 40 sites in a line: each lacks one site of a longer one, so that a row is one node.

    820 intervals hold 11,480 sites between them; row by row that is as many additions.
    """
    intervals = [(begin, end) for begin in range(40) for end in range(begin + 1, 41)]
    covers = np.zeros((len(intervals), 40), dtype=bool)
    for row, (begin, end) in enumerate(intervals):
        covers[row, begin:end] = True
    forest = check(sparse.csr_array(covers), 1)
    assert covers.sum() == 11_480
    assert forest.parent.size - 1 == 820


def test_rows_of_one_site() -> None:
    """Rows that have no smaller relative hang from the empty row."""
    forest = check(sparse.csr_array(np.eye(5, dtype=bool)), 2)
    assert forest.parent.tolist() == [0] * 6
