"""A user's own matrix of times or distances."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from placement.errors import AlignmentError, Fault, InputError
from placement.tables import LARGEST, UNITS, travel_columns, travel_numbers, wide_to_long
from placement.values.row_faults import row_faults

TABLE = "travel"

Unit = Literal["mm", "ms"]
"""What the whole numbers of a matrix are."""


@dataclass(frozen=True, kw_only=True)
class GivenMatrix:
    """A checked matrix; fields as in :class:`placement.travel.TravelTimes`."""

    point_ids: pd.Index
    site_ids: pd.Index
    matrix: sparse.csr_array
    unit: Unit
    mode: str


def long_table(
    frame: pd.DataFrame, *, point_ids: pd.Index | None, site_ids: pd.Index | None, missing: str
) -> GivenMatrix:
    """Return the matrix of a long table; see :meth:`placement.travel.TravelTimes.from_table`."""
    found = travel_columns([str(name) for name in frame.columns])
    if isinstance(found, list):
        raise InputError(found)
    rows, columns = pd.Index(frame[found.start]), pd.Index(frame[found.end])
    unit, scale = UNITS[found.unit]
    values, empty = travel_numbers(frame[found.measure])

    def labels() -> Iterator[str]:
        """Return what names each entry, made only where one is at fault."""
        return (f"{a}, {b}" for a, b in zip(rows, columns, strict=True))

    faults = _value_faults(labels, values, empty, frame[found.measure], measure=found.unit, scale=scale)
    if missing == "error" and found.start == "demand_id":
        remedy = "remove the row, or pass missing='unreachable'"
        faults += row_faults(TABLE, labels(), empty, f"{found.unit} is empty", remedy=remedy)
    repeated = pd.MultiIndex.from_arrays([rows, columns]).duplicated()
    faults += row_faults(TABLE, labels(), repeated, "the pair is repeated", remedy="keep one row a pair")
    if faults:
        raise InputError(faults)
    points = _ids(rows if point_ids is None else point_ids, point_ids is None)
    sites = _ids(columns if site_ids is None else site_ids, site_ids is None)
    i, j = points.get_indexer(rows), sites.get_indexer(columns)
    faults = _mismatches("demand_id", rows, points, i, missing) + _mismatches("site_id", columns, sites, j, missing)
    if faults:
        raise AlignmentError(faults)
    entries = np.rint(values[~empty] * scale).astype(np.int32)
    matrix = sparse.coo_array((entries, (i[~empty], j[~empty])), shape=(len(points), len(sites))).tocsr()
    kept: Unit = "mm" if unit == "mm" else "ms"
    mode = f"given matrix ({found.unit})"
    return GivenMatrix(point_ids=points, site_ids=sites, matrix=matrix, unit=kept, mode=mode)


def melted(frame: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return a dense table as a long one."""
    if unit not in UNITS:
        raise InputError.single(TABLE, f"unit is {unit!r}", remedy=f"use one of {', '.join(UNITS)}")
    return wide_to_long(frame, unit)


def _value_faults(
    labels: Callable[[], Iterator[str]],
    values: NDArray[np.float64],
    empty: NDArray[np.bool_],
    given: pd.Series,
    *,
    measure: str,
    scale: float,
) -> list[Fault]:
    unreadable = ~empty & ~np.isfinite(values)
    faults = row_faults(
        TABLE,
        labels(),
        unreadable,
        f"{measure} is {{}}",
        remedy="give a number; leave out pairs out of reach",
        values=given,
    )
    with np.errstate(invalid="ignore"):
        negative, large = values < 0, np.isfinite(values) & (values * scale > LARGEST)
    faults += row_faults(TABLE, labels(), negative, f"{measure} is {{}}", remedy="must be 0 or more", values=given)
    return faults + row_faults(TABLE, labels(), large, f"{measure} is {{}}", remedy="is it in that unit?", values=given)


def _ids(values: pd.Index, from_table: bool) -> pd.Index:
    index = pd.Index(values)
    return index.unique().sort_values() if from_table else index


def _mismatches(name: str, named: pd.Index, wanted: pd.Index, found: NDArray[np.intp], missing: str) -> list[Fault]:
    only_table = named[found < 0].unique()
    faults = row_faults(
        TABLE, only_table, np.ones(len(only_table), dtype=bool), f"{name} is only in the travel table",
        remedy="remove its rows or add it to the study",
    )  # fmt: skip
    if missing == "error":
        lacking = wanted.difference(named)
        faults += row_faults(
            TABLE, lacking, np.ones(len(lacking), dtype=bool), f"{name} of the study has no row",
            remedy="add its rows, or pass missing='unreachable' if it reaches nothing",
        )  # fmt: skip
    return faults
