"""Cuts as arrays, the form that kernels and bounds take."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from placement.kernels import Floats, Ints, Longs, read_only


class KnapsackRows(NamedTuple):
    """Knapsack cuts over columns (CSR, one row a cut), and what each comes from: row, divisor, columns complemented."""

    indptr: Longs
    columns: Longs
    coefficients: Longs
    limits: Longs
    row: Longs
    divisor: Longs
    complemented_indptr: Longs
    complemented: Longs


class Cuts(NamedTuple):
    """Odd-set cuts over classes, with their coefficients over sites (CSR, one row a cut), and knapsack cuts."""

    indptr: Longs
    classes: Longs
    site_indptr: Longs
    sites: Ints
    coefficients: Longs
    knapsack: KnapsackRows


class Support(NamedTuple):
    """The rows worth cutting, over the sites that are open at least a little.

    Attributes
    ----------
    rows
        Their numbers in the program.
    indptr, sites, site_indptr, site_rows
        Rows over sites, and the same transposed.
    y, z
        (sites,) and (rows,) the point to cut off.
    excess
        (rows,) how much further than ``z`` the sites of a row are open.
    weights
        (rows,) weights.
    """

    rows: Longs
    indptr: Longs
    sites: Longs
    site_indptr: Longs
    site_rows: Longs
    y: Floats
    z: Floats
    excess: Floats
    weights: Floats


_START, _NOTHING = np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64)


NO_CUTS = read_only(
    Cuts(
        indptr=_START,
        classes=_NOTHING,
        site_indptr=_START,
        sites=np.empty(0, dtype=np.int32),
        coefficients=_NOTHING,
        knapsack=KnapsackRows(_START, _NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING, _START, _NOTHING),
    )
)
