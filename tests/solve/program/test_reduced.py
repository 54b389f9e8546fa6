"""What a reduced program is written down with: rows divided as far as whole numbers allow, classes that are frozen."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.solve.program.aggregate import aggregate
from placement.solve.program.reduced import common_divisor, normalised_row, normalised_rows
from placement.values import LinearRow
from tests.effort import cases
from tests.strategies import programs

TERMS = st.lists(st.tuples(st.integers(0, 3), st.integers(-6, 6)), max_size=5)
ROW = st.tuples(TERMS, st.integers(-8, 12), st.booleans())


def row_of(drawn):
    terms, limit, equality = drawn
    return LinearRow(
        name="row", columns=np.array([column for column, _ in terms], dtype=np.int64),
        coefficients=np.array([size for _, size in terms], dtype=np.int64), limit=limit, equality=equality,
    )  # fmt: skip


def holds(row, plan):
    used = sum(int(size) * plan[column] for column, size in zip(row.columns, row.coefficients, strict=True))
    return used == row.limit if row.equality else used <= row.limit


@settings(max_examples=cases(300), deadline=None)
@given(drawn=st.lists(ROW, min_size=1, max_size=3))
def test_a_normalised_row_allows_the_same_plans(drawn):
    rows = tuple(row_of(each) for each in drawn)
    together = normalised_rows(rows)
    for row, other in zip(rows, together, strict=True):
        alone = normalised_row(row)
        assert alone.columns.tolist() == other.columns.tolist() == sorted(set(row.columns.tolist()))
        assert alone.coefficients.tolist() == other.coefficients.tolist()
        assert alone.limit == other.limit == (row.limit // common_divisor(row))
        if not row.equality:
            assert np.gcd.reduce(other.coefficients) <= 1
        for plan in itertools.product((0, 1), repeat=4):
            assert holds(row, plan) == holds(other, plan)


@settings(max_examples=cases(60), deadline=None)
@given(programs())
def test_classes_hold_all_weight_that_somebody_can_cover_and_cannot_be_changed(program):
    classes = aggregate(program).classes
    covered = np.diff(program.covers.indptr) > 0
    assert classes.weights.sum() == program.weights[covered].sum()
    assert classes.total_weight == program.weights.sum()
    assert classes.n_rows == program.weights.size
    assert classes.count == len(set(zip_classes(classes)))
    with pytest.raises(ValueError, match="read-only"):
        classes.weights[:] = 0


def zip_classes(classes):
    """Return (sites, floors) of each class."""
    for number in range(classes.count):
        sites = classes.sites[classes.indptr[number] : classes.indptr[number + 1]]
        floors = classes.floor_index[classes.floor_indptr[number] : classes.floor_indptr[number + 1]]
        assert (np.diff(sites) > 0).all()
        yield tuple(sites.tolist()), tuple(floors.tolist())
