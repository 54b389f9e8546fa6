"""Sums of columns that a node may be branched by, found in the program's own rows whatever the model is.

What a budget leaves open in the relaxation are lumps: 0.4 of a station, or half a move. A branching on one column only
hands the lump on to the next; one on how many are bought, moved, closed or kept in all takes it away.
"""

from __future__ import annotations

import itertools

import numpy as np

from placement.values import LinearRow
from placement.values.arrays import IntArray

_LONG_ROW = 3
"""Rows of fewer columns than this tie the decisions at one site together: they say nothing about kinds of decisions.

It is a matter of how programs are built, not of how much time is spent."""

_FEW_PRICES = 6
"""Rows of more different coefficients have no prices that many columns share."""


def column_kinds(linear: tuple[LinearRow, ...], n_columns: int) -> list[IntArray]:
    """Return groups of columns that stand in the same long rows with the same signs: keeps, moves, openings ...

    Branching on how many of a group are chosen turns a budget row with unequal costs almost into a cardinality. Where
    that is so already, with all coefficients of a group equal in every long row, the group is left out.
    """
    signature = np.zeros(n_columns, dtype=np.int64)
    uneven = np.zeros(n_columns, dtype=bool)
    for row in linear:
        if _is_of_one_site(row):
            continue
        sign = np.zeros(n_columns, dtype=np.int64)
        sign[row.columns] = np.sign(row.coefficients)
        _, signature = np.unique(signature * 3 + sign + 1, return_inverse=True)
        size = np.abs(row.coefficients)
        if size.max() > size.min():
            uneven[row.columns] = True
    groups = [np.flatnonzero(signature == label) for label in np.unique(signature)]
    return [group for group in groups if group.size > 1 and uneven[group].any()]


def column_totals(linear: tuple[LinearRow, ...], kinds: list[IntArray]) -> list[IntArray]:
    """Return further sums where there are kinds: what adds to a long row, what takes from it, and what costs the same.

    Of a count of stations that is how many stand, of a row of tokens how many come and go, of a budget how many are
    closed for money, and how many stand at hosts of each rent. A sum that is a kind is not named again.
    """
    if not kinds:
        return []
    found = {kind.tobytes(): kind for kind in kinds}
    for row in linear:
        if _is_of_one_site(row):
            continue
        parts = [row.coefficients > 0, row.coefficients < 0]
        prices = np.unique(row.coefficients[row.coefficients != 0])
        if 1 < prices.size <= _FEW_PRICES:
            parts += [row.coefficients == price for price in prices.tolist()]
        for part in parts:
            columns = np.unique(row.columns[part])
            if columns.size > 1:
                found.setdefault(columns.tobytes(), columns)
    return list(found.values())[len(kinds) :]


def _is_of_one_site(row: LinearRow) -> bool:
    """Return whether a row ties the decisions at one site together: it is short, or says of many that one is taken."""
    return row.columns.size < _LONG_ROW or (row.kind.structural and bool((row.coefficients == 1).all()))


def site_groups(column_site: IntArray) -> list[IntArray]:
    """Return the columns of every site that has several: branching on whether a site is open, however it is opened."""
    placed = np.flatnonzero(column_site >= 0)
    order = placed[np.argsort(column_site[placed], kind="stable")]
    cuts = (np.flatnonzero(np.diff(column_site[order])) + 1).tolist()
    return [order[begin:end] for begin, end in itertools.pairwise([0, *cuts, order.size]) if end - begin > 1]
