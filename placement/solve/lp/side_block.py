"""Side rows of a linear program over the undecided columns, those of groups included, whatever their limits are now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.solve.program.domain import Domain
from placement.solve.program.problem import FREE, ONE, Problem
from placement.values.arrays import IntArray


@dataclass(frozen=True, kw_only=True, eq=False)
class SideBlock:
    """Side rows that can bind now or once branching has tightened them.

    Parameters
    ----------
    rows
        (rows,) numbers of the side rows in the program.
    matrix
        (rows, undecided columns) CSR of coefficients.
    chosen
        (rows,) what the columns already chosen use.
    least, most
        (rows,) what the undecided columns can use.
    """

    rows: IntArray
    matrix: sparse.csr_array
    chosen: IntArray
    least: IntArray
    most: IntArray

    def limits(self, domain: Domain) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return (lower, upper) for the undecided columns at `domain`; infinite where none binds."""
        low, high = domain.limits.low, domain.limits.high
        lower, upper = low[self.rows] - self.chosen, high[self.rows] - self.chosen
        return (
            np.where(lower > self.least, lower.astype(np.float64), -np.inf),
            np.where(upper < self.most, upper.astype(np.float64), np.inf),
        )


def side_block(problem: Problem, domain: Domain) -> SideBlock:
    """Return the rows that bind at these limits, and all groups of several undecided columns."""
    side, status = problem.side, domain.status
    low, high = domain.limits.low, domain.limits.high
    matrix = sparse.csr_array((side.coefficients, side.columns, side.indptr), shape=(low.size, status.size))
    chosen = np.asarray(matrix @ (status == ONE).astype(np.int64), dtype=np.int64)
    free = sparse.csr_array(sparse.csc_array(matrix)[:, np.flatnonzero(status == FREE)])
    free.sort_indices()
    least = np.asarray(free.minimum(0).sum(axis=1), dtype=np.int64)
    most = np.asarray(free.maximum(0).sum(axis=1), dtype=np.int64)
    group = (np.arange(low.size) >= problem.n_linear) & (np.diff(free.indptr) > 1)
    rows = np.flatnonzero((low - chosen > least) | (high - chosen < most) | group)
    return SideBlock(rows=rows, matrix=free[rows], chosen=chosen[rows], least=least[rows], most=most[rows])
