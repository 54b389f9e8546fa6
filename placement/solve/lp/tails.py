r"""The layers of rows beyond the first, as variables of the relaxation.

.. math:: \max \sum_r w_r \Bigl(g_1 z_r + \sum_{i \ge 2} g_i y_{ri}\Bigr), \quad
    z_r + \sum_{i \ge 2} y_{ri} \le \sum_{k: j(k) \in N(r)} x_k, \quad 0 \le y \le 1

A row has no more of them than columns that can be chosen within its reach. See :mod:`placement.values.layers`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from placement.values.arrays import BoolArray, FloatArray, IntArray
from placement.values.layers import FULL


@dataclass(frozen=True, kw_only=True, eq=False)
class Tails:
    """The variables of all layers but the first.

    Parameters
    ----------
    row
        (variables,) the row that each belongs to.
    worth
        (variables,) what it counts, in the unit of the weights.
    """

    row: IntArray
    worth: FloatArray

    @classmethod
    def of(cls, layers: IntArray, most: IntArray, weights: FloatArray | IntArray, once: BoolArray) -> Tails:
        """Return those of rows with `weights` in which `most` columns provide at most, (rows,) each, layer by layer.

        Rows that count `once`, (rows,) bool, have none.
        """
        rows, worth = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
        for before, share in enumerate(layers[1:].tolist(), start=1):
            rows.append(np.flatnonzero((most > before) & ~once))
            worth.append(weights[rows[-1]] * (share / FULL))
        return cls(row=np.concatenate(rows), worth=np.concatenate(worth))

    @property
    def count(self) -> int:
        """Number of variables."""
        return int(self.row.size)

    def matrix(self, n_rows: int) -> sparse.csr_array:
        """Return their coefficients in all rows of the model, the cover rows of which are the first."""
        entries = (np.ones(self.count), (self.row, np.arange(self.count)))
        return sparse.csr_array(entries, shape=(n_rows, self.count))
