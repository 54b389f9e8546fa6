"""What the side rows alone decide: columns that no longer fit, columns that must be chosen, rows that cannot hold."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from placement.kernels import Longs, OutBytes, inner, kernel
from placement.solve.program.problem import FREE, NO_LIMIT, ONE, ZERO, Side


class Decided(NamedTuple):
    """Columns decided by side rows, in order; ``broken`` is a row that cannot hold any more, or -1.

    Each entry names the row and whether its upper limit (``above``) or its lower one decided the column.
    """

    rows: NDArray[Any]
    above: NDArray[Any]
    columns: NDArray[Any]
    values: NDArray[Any]
    broken: int
    broken_above: bool


@inner
def _activity(side: Any, row: Any, status: Any, sign: Any) -> Any:
    """Return the least value that ``sign`` times the row can take."""
    least = 0
    for entry in range(side.indptr[row], side.indptr[row + 1]):
        size = sign * side.coefficients[entry]
        state = status[side.columns[entry]]
        if state == ONE:
            least += size
        elif state == FREE:
            least += min(size, 0)
    return least


@kernel
def propagate(side: Side, low: Longs, high: Longs, status: OutBytes) -> Any:
    """Decide columns in `status` (changed in place) until the side rows say no more."""
    rows, above = np.empty(status.size, np.int64), np.empty(status.size, np.bool_)
    columns, values = np.empty(status.size, np.int64), np.empty(status.size, np.int64)
    count = 0
    again = True
    while again:
        again = False
        for row in range(low.size):
            for sign in (1, -1):
                limit = high[row] if sign == 1 else -low[row]
                if limit >= NO_LIMIT:
                    continue
                slack = limit - _activity(side, row, status, sign)
                if slack < 0:
                    return Decided(rows[:count], above[:count], columns[:count], values[:count], row, sign == 1)
                for entry in range(side.indptr[row], side.indptr[row + 1]):
                    column, size = side.columns[entry], sign * side.coefficients[entry]
                    if status[column] == FREE and abs(size) > slack:
                        status[column] = ZERO if size > 0 else ONE
                        rows[count], above[count], columns[count] = row, sign == 1, column
                        values[count] = 0 if size > 0 else 1
                        count += 1
                        again = True
    return Decided(rows[:count], above[:count], columns[:count], values[:count], -1, False)
