"""Multipliers of the merged rows of a restricted program from prices of the classes: where steps go on from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.kernels import Floats, Ints, Longs, kernel
from placement.solve.bounds.prices import Prices
from placement.solve.program.problem import Problem, first_layer
from placement.solve.program.restrict import Work


@kernel
def _shared_multipliers(rows: Longs, full: Floats, row_of_class: Ints, n_rows: int) -> Any:
    price, whole = np.zeros(n_rows), np.full(n_rows, 1e-9)
    for row in range(rows.size):
        at = row_of_class[row]
        if at >= 0:
            price[at] += rows[row]
            whole[at] += full[row]
    return np.minimum(1.0, price / whole)


def multipliers(problem: Problem, work: Work, prices: Prices) -> NDArray[Any]:
    """Return (rows,) multipliers in [0, 1] of a restricted program from prices of the whole."""
    floors = problem.floors
    factor = first_layer(problem).astype(np.float64)
    np.add.at(factor, np.repeat(np.arange(factor.size), np.diff(floors.indptr)), prices.phi[floors.floor_index])
    full = problem.covers.weights * factor[floors.label]
    return np.asarray(_shared_multipliers(prices.rows, full, work.row_of_class, work.weights.size))
