"""What knapsack cuts are made of, made again from the linear rows and floors (``placement.values.certificate``).

A certificate stores of a base only which rows are added how often, a floor, and a set of sites. The sums are taken
here, in Python integers where they could leave 64 bits; bases whose numbers reach :math:`2^{60}` are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement.errors import CertificateError
from placement.values import Certificate, LinearRow
from placement.values.arrays import IntArray

LARGEST = 2**60
"""Coefficients of bases stay below, so that what a cut makes of them fits 64 bits."""

Beside = Callable[[int, IntArray], tuple[int, IntArray]]
"""What some sites cover of a floor, and (columns,) what each column covers of it beside."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Base:
    """A row ``coefficients @ x[columns] <= limit``; columns increasing, no coefficient 0."""

    columns: IntArray
    coefficients: IntArray
    limit: int


def base_rows(
    rows: list[LinearRow], minima: list[int], certificate: Certificate, beside: Beside, n_columns: int
) -> list[Base]:
    """Return the bases of a certificate whose shape is checked already.

    Parameters
    ----------
    rows
        The linear rows as the format normalises them, columns increasing.
    minima
        Of the floors.
    beside
        Counts a floor over a set of sites.

    Raises
    ------
    CertificateError
        If a row is added no times, or a ``<=`` row a negative number of times; if sites stand where there is no floor;
        if numbers are too large.
    """
    made = []
    for number, floor in enumerate(certificate.base_floor.tolist()):
        of_rows, of_sites = (
            slice(*indptr[number : number + 2].tolist())
            for indptr in (certificate.base_indptr, certificate.base_site_indptr)
        )
        sums, limit = np.zeros(n_columns, dtype=np.int64), 0
        size = np.zeros(n_columns)
        for at, times in zip(
            certificate.base_row[of_rows].tolist(), certificate.base_times[of_rows].tolist(), strict=True
        ):
            row = rows[at]
            if times == 0 or (times < 0 and not row.equality):
                raise CertificateError(f"base {number} adds row {row.name} {times} times")
            _grow(number, size, row.columns, float(times) * row.coefficients.astype(np.float64))
            sums[row.columns] += times * row.coefficients
            limit += times * row.limit
        sites = certificate.base_site[of_sites]
        if floor >= 0:
            reached, gains = beside(floor, sites)
            _grow(number, size, np.arange(n_columns), gains.astype(np.float64))
            sums -= gains
            limit += reached - minima[floor]
        elif sites.size:
            raise CertificateError(f"base {number} has sites and no floor")
        columns = np.flatnonzero(sums)
        made.append(Base(columns=columns, coefficients=sums[columns], limit=limit))
    return made


def _grow(number: int, size: NDArray[np.float64], columns: IntArray, more: NDArray[np.float64]) -> None:
    """Add to the size that coefficients may have, in place; refuse a base where one could be too large."""
    size[columns] += np.abs(more)
    if size.max(initial=0.0) >= LARGEST:
        raise CertificateError(f"base {number} has coefficients beyond 2**60")
