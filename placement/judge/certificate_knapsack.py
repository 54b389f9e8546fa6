r"""The coefficients of knapsack cuts, recomputed from the rows they are made of (``placement.values.certificate``).

A cut is a ``<=`` row, a divisor and the set of columns to complement; whatever these are, the cut that follows is
valid for every binary point. Nothing of it is stored but them, so that there is nothing else to believe.

Coefficients of a row are below :math:`2^{60}` here, so that :math:`|F(a)| \le |a| + 2 d` fits 64 bits; limits are
Python integers, which have no largest value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.errors import CertificateError
from placement.values import Certificate, LinearRow
from placement.values.arrays import IntArray

_LARGEST = 2**60


def knapsack_cuts(
    rows: list[LinearRow], certificate: Certificate, n_columns: int
) -> tuple[sparse.csr_array, list[int]]:
    """Return (coefficients (cuts, columns), limits) of the knapsack cuts.

    Parameters
    ----------
    rows
        The linear rows as the format normalises them, columns increasing.
    certificate
        Checked for its shape already.
    n_columns
        Columns of the program.

    Raises
    ------
    CertificateError
        If a cut is made of an equality, a divisor is out of range, or a column is complemented that is not in the row.
    """
    limits, indices, values = [], [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    ends = certificate.knapsack_indptr.tolist()
    for number, (at, divisor) in enumerate(
        zip(certificate.knapsack_row.tolist(), certificate.knapsack_divisor.tolist(), strict=True)
    ):
        row = rows[at]
        complemented = _complemented(number, row, divisor, certificate.knapsack_column[ends[number] : ends[number + 1]])
        coefficients, limit = _rounding(row, divisor, complemented)
        limits.append(limit)
        indices.append(row.columns)
        values.append(coefficients)
    starts = np.cumsum([0] + [part.size for part in indices[1:]])
    parts = (np.concatenate(values), np.concatenate(indices), starts)
    return sparse.csr_array(parts, shape=(len(limits), n_columns)), limits


def _complemented(number: int, row: LinearRow, divisor: int, columns: IntArray) -> NDArray[np.bool_]:
    """Return which columns of the row are complemented; refuse what the format does not allow."""
    if row.equality:
        raise CertificateError(f"knapsack cut {number} is made of row {row.name}, which is an equality")
    largest = max((abs(size) for size in row.coefficients.tolist()), default=0)
    if not 1 <= divisor <= largest < _LARGEST:
        raise CertificateError(f"knapsack cut {number} divides row {row.name} by {divisor}")
    if not np.isin(columns, row.columns[row.coefficients != 0]).all():
        raise CertificateError(f"knapsack cut {number} complements a column that is not in row {row.name}")
    return np.isin(row.columns, columns)


def _rounding(row: LinearRow, divisor: int, complemented: NDArray[np.bool_]) -> tuple[IntArray, int]:
    """Return (e, h) of one cut.

    Examples
    --------
    Of costs 3, 4, 5 against 6 all pairs are too dear: 3 and 4 complemented, which leaves -1, and the divisor 4 say so.

    >>> row = LinearRow(name="budget", columns=[0, 1, 2], coefficients=[3, 4, 5], limit=6)
    >>> e, h = _rounding(row, 4, np.array([True, True, False]))
    >>> e.tolist(), h
    ([1, 1, 1], 1)
    """
    sign = np.where(complemented, -1, 1)
    whole, part = np.divmod(sign * row.coefficients, divisor)
    times, rest = divmod(row.limit - sum(row.coefficients[complemented].tolist()), divisor)
    rounded = (divisor - rest) * whole + np.maximum(part - rest, 0)
    limit = (divisor - rest) * times - sum(rounded[complemented].tolist())
    common = int(np.gcd.reduce(rounded)) or 1
    return np.asarray(sign * rounded // common, dtype=np.int64), limit // common
