r"""Odd-set (zero-half) cuts: what makes the relaxation of a covering program with many sites strong.

For an odd set ``K`` of rows, adding the cover rows and the rows ``z <= 1`` of ``K``, halving and rounding down gives

.. math:: \sum_{r \in K} z_r \le \tfrac{|K|-1}{2} + \sum_j \lceil |K \cap j| / 2 \rceil\, y_j ,

``K ∩ j`` the rows of ``K`` that site ``j`` covers. Three rows that pairwise share a half-open site are the smallest
violated set. They are found by :mod:`placement.solve.cuts.separation`.

Source: Caprara & Fischetti (1996), {0, 1/2}-Chvatal-Gomory cuts, Mathematical Programming 74, 221-235.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.kernels import read_only
from placement.solve.cuts.arrays import Cuts
from placement.solve.cuts.knapsack import KnapsackPool
from placement.solve.program.problem import Covers
from placement.values.arrays import IntArray


class CutPool:
    """Odd sets of classes, each known by its number, and the pool of knapsack cuts.

    Parameters
    ----------
    covers
        The program's classes.

    Attributes
    ----------
    knapsack
        Numbers knapsack cuts in the same way.
    """

    def __init__(self, covers: Covers) -> None:
        self._covers = covers
        self._numbers: dict[tuple[int, ...], int] = {}
        self._sets: list[tuple[int, ...]] = []
        self._coefficients: list[tuple[NDArray[Any], NDArray[Any]]] = []
        self._built: Cuts | None = None
        self.knapsack = KnapsackPool()

    def number(self, classes: tuple[int, ...]) -> int:
        """Return the number of an odd set of classes, given in increasing order; a new one is added."""
        if classes not in self._numbers:
            self._numbers[classes] = len(self._sets)
            self._sets.append(classes)
            self._coefficients.append(odd_set_coefficients(self._covers.indptr, self._covers.sites, classes))
            self._built = None
        return self._numbers[classes]

    def classes_of(self, number: int) -> tuple[int, ...]:
        """Return the classes of a cut."""
        return self._sets[number]

    @property
    def count(self) -> int:
        """Number of cuts."""
        return len(self._sets)

    def cuts(self) -> Cuts:
        """Return all cuts in compressed form."""
        if self._built is None:
            sizes = [len(each) for each in self._sets]
            site_sizes = [sites.size for sites, _ in self._coefficients]
            nothing = np.empty(0, dtype=np.int64)
            self._built = read_only(
                Cuts(
                    np.cumsum([0, *sizes]).astype(np.int64),
                    np.array([each for classes in self._sets for each in classes], dtype=np.int64),
                    np.cumsum([0, *site_sizes]).astype(np.int64),
                    np.concatenate([nothing, *(sites for sites, _ in self._coefficients)]).astype(np.int32),
                    np.concatenate([nothing, *(sizes for _, sizes in self._coefficients)]).astype(np.int64),
                    self.knapsack.rows(),
                )
            )
        return self._built._replace(knapsack=self.knapsack.rows())


def odd_set_coefficients(
    indptr: NDArray[Any], sites: NDArray[Any], rows: tuple[int, ...]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return (sites, ceil of half the number of `rows` each covers)."""
    touched = np.concatenate([sites[indptr[row] : indptr[row + 1]] for row in rows])
    found, counts = np.unique(touched, return_counts=True)
    return found, (counts + 1) // 2


def rows_of_sets(
    row_of_class: NDArray[Any], classes: Sequence[tuple[int, ...]]
) -> tuple[list[tuple[int, ...]], IntArray]:
    """Return odd sets of classes as sets of rows, and which these are.

    Sets that lost a class, or two of whose classes are one row, are left out, and so is what was there already.
    """
    rows = [np.unique(row_of_class[list(each)]) for each in classes]
    whole: dict[tuple[int, ...], int] = {}
    for number, (found, each) in enumerate(zip(rows, classes, strict=True)):
        if found.size == len(each) and found[0] >= 0:
            whole.setdefault(tuple(found.tolist()), number)
    return list(whole), np.array(list(whole.values()), dtype=np.int64)
