"""Lists of faults that stay readable, and bounded in memory, when a million rows share one mistake."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from placement.errors import Fault

LISTED_FAULTS = 20
"""Rows of one kind of fault that are named; the rest are counted in one closing fault."""


def row_faults(
    table: str, rows: Iterable[object], bad: NDArray[np.bool_], problem: str, *, remedy: str, values: object = None
) -> list[Fault]:
    """Return one fault for each row where `bad` holds, at most :data:`LISTED_FAULTS` and then a count.

    Parameters
    ----------
    table
        Name of the table.
    rows
        Ids of its rows, in order.
    bad
        (rows,) which of them are at fault.
    problem
        What is wrong; ``{}`` is replaced by the row's entry of `values`.
    remedy
        What to do about it.
    values
        (rows,) offending values, where the message shows them.
    """
    positions = np.flatnonzero(bad)
    if positions.size == 0:
        return []
    ids = np.asarray(list(rows), dtype=object)
    shown = np.asarray(values, dtype=object) if values is not None else ids
    faults = [
        Fault(table=table, row=str(ids[at]), problem=problem.format(shown[at]), remedy=remedy)
        for at in positions[:LISTED_FAULTS]
    ]
    more = positions.size - len(faults)
    if more > 0:
        faults.append(Fault(table=table, problem=f"{more} more rows with the same fault", remedy=remedy))
    return faults
