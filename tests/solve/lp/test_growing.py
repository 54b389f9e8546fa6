"""A program that grows and shrinks: two columns by hand, tried out and put back, and a ray where nothing is left."""

import numpy as np
import pytest
from scipy import sparse

from placement.solve.backends.highs import ArrayModel
from placement.solve.lp.growing import GrowingModel


def model():
    """Return max 3 a + 2 b with a + b <= 1.5: a = 1, b = 1/2, worth 4."""
    return GrowingModel(
        ArrayModel(
            objective=np.array([3.0, 2.0]), matrix=sparse.csr_array([[1.0, 1.0]]), row_lower=np.array([-np.inf]),
            row_upper=np.array([1.5]), lower=np.zeros(2), upper=np.ones(2), integer=np.zeros(2, dtype=bool),
        )
    )  # fmt: skip


def test_rows_and_columns_come_and_go():
    growing = model()
    assert growing.solve().objective == pytest.approx(4.0)
    assert growing.row_values() == pytest.approx([1.5])
    growing.add_columns(np.array([5.0]), sparse.csc_array([[1.0]]))  # c is worth 5: c = 1, a = 1/2
    assert growing.solve().objective == pytest.approx(6.5)
    growing.add_rows(sparse.csr_array([[0.0, 0.0, 1.0]]), [-np.inf], [0.5])  # c <= 1/2: 2.5 + 3
    assert growing.solve().objective == pytest.approx(5.5)
    growing.set_row_limits([1], [-np.inf], [0.0])  # no c
    assert growing.solve().objective == pytest.approx(4.0)
    assert growing.row_count() == 2
    growing.remove_rows(np.array([1]))
    assert growing.row_count() == 1
    assert growing.solve().objective == pytest.approx(6.5)
    growing.set_objective(np.array([0.0, 1.0, 0.0]))
    assert growing.solve().objective == pytest.approx(1.0)


def test_what_is_tried_out_is_put_back():
    growing = model()
    growing.solve()
    basis, value = growing.basis(), growing.row_values()
    growing.set_bounds([0], [0.0], [0.0])
    assert growing.probe(basis, 100) == pytest.approx(2.0)  # b alone
    growing.set_row_limits([0], [2.0], [np.inf])
    assert growing.probe(basis, 100) == -np.inf
    growing.set_row_limits([0], [-np.inf], [1.5])
    growing.set_bounds([0], [0.0], [1.0])
    growing.restore(basis)
    assert growing.solve().objective == pytest.approx(4.0)
    assert growing.iterations() == 0
    assert growing.row_values() == pytest.approx(value)


def test_a_ray_shows_that_nothing_is_left():
    growing = model()
    growing.set_row_limits([0], [2.5], [np.inf])  # a + b is 2 at most
    assert growing.solve().state != "optimal"
    ray = growing.infeasibility_ray()
    assert ray is not None
    # times the row: the multiplier's 2.5 is more than what columns between 0 and 1 can add up to
    assert abs(ray[0]) * 2.5 > abs(ray[0]) * 2.0 > 0
