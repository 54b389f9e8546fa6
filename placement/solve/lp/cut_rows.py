"""Cuts as rows of a linear program over a restricted program: odd sets of its rows, and knapsack cuts of columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.solve.cuts.knapsack import KnapsackCut
from placement.solve.cuts.pool import odd_set_coefficients
from placement.solve.program.problem import ONE
from placement.solve.program.restrict import Work
from placement.values.arrays import IntArray

Cut = tuple[int, ...] | KnapsackCut
"""An odd set of rows, increasing, or a knapsack cut."""


class CutRows:
    """Writes cuts over the rows and columns of a restricted program.

    Knapsack cuts are divided by their scale, so that all cuts are of a size and one tolerance serves both.

    Parameters
    ----------
    work
        The restricted program.
    status
        (columns,) what was decided when it was restricted.
    """

    def __init__(self, work: Work, status: NDArray[np.int8]) -> None:
        self._work = work
        self._chosen = status == ONE

    def limits(self, cuts: list[Cut]) -> NDArray[Any]:
        """Return the right-hand sides, less what the chosen columns use."""
        return np.array([self._limit(cut) for cut in cuts], dtype=np.float64)

    def _limit(self, cut: Cut) -> float:
        if isinstance(cut, KnapsackCut):
            return (cut.limit - int(cut.coefficients[self._chosen[cut.columns]].sum())) / cut.scale
        return (len(cut) - 1) / 2

    def over_rows(self, cuts: list[Cut]) -> sparse.csr_array:
        """Return which rows stand in which odd sets, (cuts, rows)."""
        sets = [() if isinstance(cut, KnapsackCut) else cut for cut in cuts]
        rows = np.array([row for each in sets for row in each], dtype=np.int64)
        return _stacked([len(each) for each in sets], rows, np.ones(rows.size), self._work.weights.size)

    def over_columns(self, cuts: list[Cut], positions: IntArray) -> sparse.csr_array:
        """Return the coefficients of the columns at some positions of the work, (cuts, positions)."""
        work, n_sites = self._work, self._work.fold.shape[1]
        nothing = (np.empty(0, dtype=np.int64), np.empty(0))
        at_site, at_column = [nothing], [nothing]
        for cut in cuts:
            if isinstance(cut, KnapsackCut):
                at_site.append(nothing)
                at_column.append((cut.columns, cut.coefficients / cut.scale))
            else:
                sites, sizes = odd_set_coefficients(work.indptr, work.sites, cut)
                at_site.append((sites, -sizes))
                at_column.append(nothing)
        at = work.column_site[positions]
        by_site = _of_parts(at_site, n_sites + 1)[:, np.where(at >= 0, at, n_sites)]
        return sparse.csr_array(by_site + _of_parts(at_column, self._chosen.size)[:, work.columns[positions]])


def _of_parts(parts: list[tuple[NDArray[Any], NDArray[Any]]], width: int) -> sparse.csc_array:
    """Return the matrix whose rows are the parts but the first, which gives the type alone."""
    index = np.concatenate([index for index, _ in parts]).astype(np.int64)
    values = np.concatenate([values for _, values in parts])
    return sparse.csc_array(_stacked([index.size for index, _ in parts[1:]], index, values, width))


def _stacked(sizes: list[int], index: NDArray[Any], values: NDArray[Any], width: int) -> sparse.csr_array:
    return sparse.csr_array((values, index, np.cumsum([0, *sizes])), shape=(len(sizes), width))
