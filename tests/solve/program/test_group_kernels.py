"""Equal rows grouped, by masks and by hashes, against a dictionary; parts of a matrix; rows taken out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from placement.solve.program.group_kernels import MASK_COLUMNS, group_by_hash, group_by_mask, take_rows
from tests.effort import cases

ROW = st.tuples(st.sets(st.integers(0, 3)), st.integers(0, 3), st.integers(0, 1))


def compressed(rows):
    sets = [sorted(columns) for columns, _, _ in rows]
    indptr = np.cumsum([0] + [len(each) for each in sets]).astype(np.int32)
    indices = np.array([column for each in sets for column in each], dtype=np.int32)
    return indptr, indices


def by_dictionary(rows):
    """Return [(first row, weight)] of rows that are alike, in the order in which they come."""
    groups: dict[object, list[int]] = {}
    for number, (columns, weight, label) in enumerate(rows):
        if columns and weight:
            group = groups.setdefault((frozenset(columns), label), [number, 0])
            group[1] += weight
    return [tuple(each) for each in groups.values()]


@pytest.mark.parametrize("keys", ["random", "all equal"])
@settings(max_examples=cases(200), deadline=None)
@given(rows=st.lists(ROW, max_size=12))
def test_groups_are_those_of_a_dictionary(keys, rows):
    indptr, indices = compressed(rows)
    weights = np.array([weight for _, weight, _ in rows], dtype=np.int64)
    labels = np.array([label for _, _, label in rows], dtype=np.int32)
    drawn = np.random.default_rng(1).integers(0, 2**63, MASK_COLUMNS, dtype=np.uint64)
    of_columns = drawn if keys == "random" else np.zeros_like(drawn)  # keys of different rows may be equal
    for first, total in (
        group_by_mask(indptr, indices, weights, labels),
        group_by_hash(indptr, indices, weights, labels, of_columns),
    ):
        assert list(zip(first.tolist(), total.tolist(), strict=True)) == by_dictionary(rows)


def test_masks_reach_to_the_last_column_and_more_groups_than_room_are_kept():
    rows = [({a, b}, 1, 0) for a in range(MASK_COLUMNS) for b in range(a + 1, MASK_COLUMNS)]
    indptr, indices = compressed([*rows, *rows])
    weights = np.ones(2 * len(rows), dtype=np.int64)
    first, total = group_by_mask(indptr, indices, weights, np.empty(0, dtype=np.int32))
    assert first.tolist() == list(range(len(rows)))
    assert set(total.tolist()) == {2}


def test_a_part_of_a_matrix_is_given_by_its_part_of_indptr():
    covers = sparse.csr_array(np.array([[1, 1, 0], [0, 1, 1], [1, 1, 0], [0, 1, 1], [0, 0, 1]]))
    indptr, indices = covers.indptr.astype(np.int32), covers.indices.astype(np.int32)
    part = indptr[1:]
    first, total = group_by_mask(part, indices[indptr[1] :], np.array([5, 1, 2, 4]), np.empty(0, dtype=np.int32))
    assert (first.tolist(), total.tolist()) == ([0, 1, 3], [7, 1, 4])
    starts, sites = take_rows(part, indices[indptr[1] :], np.array([3, 0]))
    assert (starts.tolist(), sites.tolist()) == ([0, 1, 3], [2, 1, 2])
