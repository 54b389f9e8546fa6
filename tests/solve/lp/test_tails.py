"""Layers beyond the first as variables: those that some plan can fill, each worth its share of the row."""

import numpy as np

from placement.solve.lp.tails import Tails
from placement.values.layers import FULL


def test_by_hand():
    """A second station counts half, a third a quarter; three columns provide in row 0, two in row 1, one in row 2."""
    layers = np.array([FULL, FULL // 2, FULL // 4], dtype=np.int64)
    tails = Tails.of(layers, np.array([3, 2, 1]), np.array([8, 20, 100]), np.zeros(3, dtype=bool))
    assert (tails.row.tolist(), tails.worth.tolist(), tails.count) == ([0, 1, 0], [4.0, 10.0, 2.0], 3)
    assert tails.matrix(4).toarray().tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0], [0, 0, 0]]
    once = Tails.of(layers, np.array([3, 2, 1]), np.array([8, 20, 100]), np.array([True, False, False]))
    assert (once.row.tolist(), once.worth.tolist()) == ([1], [10.0])


def test_where_a_second_station_counts_nothing_more_there_are_none():
    tails = Tails.of(np.array([FULL], dtype=np.int64), np.array([3, 2]), np.array([8, 20]), np.zeros(2, dtype=bool))
    assert tails.count == 0
    assert tails.matrix(2).shape == (2, 0)
