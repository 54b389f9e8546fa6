"""Cuts as arrays, the form that kernels and bounds take."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class KnapsackRows(NamedTuple):
    """Knapsack cuts over columns (CSR, one row a cut), and what each comes from: row, divisor, columns complemented."""

    indptr: NDArray[Any]
    columns: NDArray[Any]
    coefficients: NDArray[Any]
    limits: NDArray[Any]
    row: NDArray[Any]
    divisor: NDArray[Any]
    complemented_indptr: NDArray[Any]
    complemented: NDArray[Any]


class Cuts(NamedTuple):
    """Odd-set cuts over classes, with their coefficients over sites (CSR, one row a cut), and knapsack cuts."""

    indptr: NDArray[Any]
    classes: NDArray[Any]
    site_indptr: NDArray[Any]
    sites: NDArray[Any]
    coefficients: NDArray[Any]
    knapsack: KnapsackRows


_START, _NOTHING = np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64)


NO_CUTS = Cuts(
    indptr=_START,
    classes=_NOTHING,
    site_indptr=_START,
    sites=np.empty(0, dtype=np.int32),
    coefficients=_NOTHING,
    knapsack=KnapsackRows(_START, _NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING, _START, _NOTHING),
)
