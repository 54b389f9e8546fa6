r"""What a row counts by how many chosen columns provide within its reach: less for each further one.

.. math:: h_r(n) = w_r \sum_{i \le n} g_i, \qquad g_1 \ge g_2 \ge \dots \ge 0, \quad \sum_i g_i \le 1

with :math:`n` the number of chosen columns whose site covers the row. Plain coverage is :math:`g = (1)`; a part of the
weight that counts only where two stations are within reach is :math:`g = (1 - s, s)`, :math:`s \le 1/2`; expected
coverage with machines that are out of order with probability :math:`q` is :math:`g_i = (1 - q) q^{i-1}`.

For every price :math:`\lambda \ge 0` and every :math:`n`

.. math:: h_r(n) \le \sum_i \max(0, w_r g_i - \lambda) + \lambda n ,

since each of the first :math:`n` terms is at most its own maximum plus :math:`\lambda`. That is all that a proof needs:
a layered row has one price, as a plain one has, and one constant more a layer. Where :math:`g` falls, some
:math:`\lambda` makes it an equation at any :math:`n`.

Sources: Hogan & ReVelle (1986), Concepts and applications of backup coverage, Management Science 32, 1434-1444; Daskin
(1983), A maximum expected covering location model, Transportation Science 17, 48-70.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from placement.errors import InputError
from placement.values.arrays import IntArray, frozen_array

FULL = 2**20
"""Units of a row's weight: layers are whole numbers of these."""

PLAIN: IntArray = frozen_array(np.array([FULL], dtype=np.int64))
"""The layers of plain coverage: one."""


def checked_layers(layers: ArrayLike) -> IntArray:
    """Return layers as a frozen array.

    Raises
    ------
    InputError
        If there are none, they are no whole numbers, rise, are negative, or add up to more than :data:`FULL`.
    """
    array = np.asarray(layers)
    if array.dtype.kind not in "iu" or array.ndim != 1 or not array.size:
        raise InputError.single("layers", f"are {array.dtype} of shape {array.shape}", remedy="give whole numbers")
    if int(array.min()) < 0 or int(array.max()) > FULL or sum(array.tolist()) > FULL:
        raise InputError.single("layers", f"are not all 0 to {FULL} or add up to more", remedy="give shares of it")
    if (np.diff(array.astype(np.int64)) > 0).any():
        problem = "a later layer counts more than an earlier one"
        raise InputError.single("layers", problem, remedy="order them, the largest first")
    return frozen_array(array, np.int64)


def is_plain(layers: IntArray) -> bool:
    """Return whether layers are those of plain coverage."""
    return layers.size == 1 and int(layers[0]) == FULL


def layer_table(layers: IntArray, once_worth: int) -> IntArray:
    """Return (2, layers): the layers, and those of rows that count once.

    Examples
    --------
    >>> layer_table(np.array([3, 2, 1]), 5).tolist()
    [[3, 2, 1], [5, 0, 0]]
    """
    once = np.zeros_like(layers)
    once[0] = once_worth
    return np.stack([layers, once])


def worth_by_count(layers: IntArray) -> IntArray:
    """Return (layers + 1,) what a unit of weight counts, in units of :data:`FULL`, with 0, 1, ... within reach.

    Examples
    --------
    >>> worth_by_count(np.array([2**19, 2**19])).tolist()
    [0, 524288, 1048576]
    """
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(layers)])
