"""Cuts as arrays, the form that kernels and bounds take."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from placement.kernels import Floats, Ints, Longs, read_only


class BaseRows(NamedTuple):
    """What bases are made of: side rows and how many times each (CSR), a floor or -1, and sites (CSR)."""

    indptr: Longs
    row: Longs
    times: Longs
    floor: Longs
    site_indptr: Longs
    site: Longs


class KnapsackRows(NamedTuple):
    """Knapsack cuts over columns (CSR, one row a cut), and of what: base, divisor, complemented columns."""

    indptr: Longs
    columns: Longs
    coefficients: Longs
    limits: Longs
    base: Longs
    divisor: Longs
    complemented_indptr: Longs
    complemented: Longs
    bases: BaseRows


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
        knapsack=KnapsackRows(
            indptr=_START,
            columns=_NOTHING,
            coefficients=_NOTHING,
            limits=_NOTHING,
            base=_NOTHING,
            divisor=_NOTHING,
            complemented_indptr=_START,
            complemented=_NOTHING,
            bases=read_only(BaseRows(_START, _NOTHING, _NOTHING, _NOTHING, _START, _NOTHING)),
        ),
    )
)
