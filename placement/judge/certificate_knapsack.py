r"""The coefficients of knapsack cuts, recomputed from the bases they are made of (``placement.values.certificate``).

A cut is a base, a divisor and the set of columns to complement; whatever these are, the cut that follows is valid for
every plan. Nothing of it is stored but them, so that there is nothing else to believe.

Coefficients of a base are below :math:`2^{60}`, so that :math:`|F(a)| \le |a| + 2 d` fits 64 bits; limits are
Python integers, which have no largest value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.errors import CertificateError
from placement.judge.certificate_bases import Base
from placement.values import Certificate
from placement.values.arrays import IntArray


def knapsack_cuts(bases: list[Base], certificate: Certificate, n_columns: int) -> tuple[sparse.csr_array, list[int]]:
    """Return (coefficients (cuts, columns), limits) of the knapsack cuts.

    Parameters
    ----------
    bases
        What they are made of.
    certificate
        Checked for its shape already.
    n_columns
        Columns of the program.

    Raises
    ------
    CertificateError
        If a divisor is out of range, or a column is complemented that is not in the base.
    """
    limits, indices, values = [], [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    ends = certificate.knapsack_indptr.tolist()
    for number, (at, divisor) in enumerate(
        zip(certificate.knapsack_base.tolist(), certificate.knapsack_divisor.tolist(), strict=True)
    ):
        base = bases[at]
        columns = certificate.knapsack_column[ends[number] : ends[number + 1]]
        complemented = _complemented(number, base, divisor, columns)
        coefficients, limit = _rounding(base, divisor, complemented)
        limits.append(limit)
        indices.append(base.columns)
        values.append(coefficients)
    starts = np.cumsum([0] + [part.size for part in indices[1:]])
    parts = (np.concatenate(values), np.concatenate(indices), starts)
    return sparse.csr_array(parts, shape=(len(limits), n_columns)), limits


def _complemented(number: int, base: Base, divisor: int, columns: IntArray) -> NDArray[np.bool_]:
    """Return which columns of the base are complemented; refuse what the format does not allow."""
    largest = max((abs(size) for size in base.coefficients.tolist()), default=0)
    if not 1 <= divisor <= largest:
        raise CertificateError(f"knapsack cut {number} divides its base by {divisor}")
    if not np.isin(columns, base.columns).all():
        raise CertificateError(f"knapsack cut {number} complements a column that is not in its base")
    return np.isin(base.columns, columns)


def _rounding(base: Base, divisor: int, complemented: NDArray[np.bool_]) -> tuple[IntArray, int]:
    """Return (e, h) of one cut.

    Examples
    --------
    Of costs 3, 4, 5 against 6 all pairs are too dear: 3 and 4 complemented, which leaves -1, and the divisor 4 say so.

    >>> base = Base(columns=np.arange(3), coefficients=np.array([3, 4, 5]), limit=6)
    >>> e, h = _rounding(base, 4, np.array([True, True, False]))
    >>> e.tolist(), h
    ([1, 1, 1], 1)
    """
    sign = np.where(complemented, -1, 1)
    whole, part = np.divmod(sign * base.coefficients, divisor)
    times, rest = divmod(base.limit - sum(base.coefficients[complemented].tolist()), divisor)
    rounded = (divisor - rest) * whole + np.maximum(part - rest, 0)
    limit = (divisor - rest) * times - sum(rounded[complemented].tolist())
    common = int(np.gcd.reduce(rounded)) or 1
    return np.asarray(sign * rounded // common, dtype=np.int64), limit // common
